"""Linear subjects: products of matrices and vectors, and the layers made of them."""

from typing import Final

from funcnn.algebra.vectors import dot, matmul, matvec, outer, transpose
from funcnn.blocks.linears import affine, dense, linear
from funcnn.laws.algorithms import strassen, winograd
from funcnn.laws.subjects import Algorithm, Subject, Variant

SUBJECTS: Final = (
    Subject("dot", dot, (Variant(("k", "k")),), sums="k", at_lengths=True),
    Subject("matvec", matvec, (Variant(("o i", "i")),), sums="i", at_lengths=True),
    Subject(
        "matmul",
        matmul,
        (Variant(("m k", "k n")),),
        sums="k",
        at_lengths=True,
        algorithms=(
            Algorithm("Strassen's", strassen, "normwise"),
            Algorithm("Strassen's, in Winograd's form", winograd, "normwise"),
        ),
    ),
    Subject("outer", outer, (Variant(("m", "n")),), sums="m n"),
    Subject("transpose", transpose, (Variant(("m n",)),)),
    Subject("linear", linear, (Variant(("i", "o i")),), sums="i", at_lengths=True),
    Subject("affine", affine, (Variant(("i", ("o i", "o"))),), sums="i"),
    Subject("dense", dense, (Variant(("i", "o i")),), sums="i"),
)
