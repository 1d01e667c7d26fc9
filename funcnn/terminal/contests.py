"""Contests of products: ours beside what others make of the same matrices."""

from array import array
from collections.abc import Callable
from fractions import Fraction
from math import ldexp, sumprod
from typing import Any, Final

from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, matvec, transpose
from funcnn.fast.exact import exact_matmul, matmul
from funcnn.laws.properties import admits
from funcnn.terminal.timing import Contest, Contestant, Figure, Peers, taking_part

UNIT: Final = "multiply-accumulate"
ENOUGH: Final = 2**24
"""The multiply-accumulates after which sumprod has had rows enough."""
FEW: Final = 32
"""The columns that are enough, beside one row, for numbers which take microseconds."""


def exact(size: int, peers: Peers) -> Contest:
    """The exact product of two square matrices of float32 values."""
    left, right = (float32_values(key, size) for key in split(0))
    contestants = {
        "funcnn": exactly(left, right),
        "sumprod": by_sumprod(left, right),
        "Fraction": over(Fraction, Fraction, sumprod, left, right),
    }
    beside = {
        "mpmath": lambda mpmath: by_mpmath(mpmath, left, right),
        "sympy": lambda sympy: by_sympy(sympy, left, right),
        "python-flint": lambda flint: by_flint(flint, left, right),
        "NumPy": lambda numpy: by_numpy(numpy, left, right),
    }
    figures = [
        Figure("funcnn", "sumprod", {128: "≤ 1.2", 256: "≤ 0.8"}.get(size, "")),
        Figure("Fraction", "funcnn", "≥ 300"),
        Figure("mpmath", "funcnn", "≥ 80"),
        Figure("sympy", "funcnn"),
        Figure("funcnn", "python-flint", "≤ 15"),
        Figure("funcnn", "NumPy"),
    ]
    title = f"exact matmul of float32 values, {size}×{size}"
    return Contest(title, UNIT, contestants | taking_part(peers, beside), figures)


def wide(size: int, peers: Peers) -> Contest:
    """The exact product of two square matrices of floats whose exponents are far apart."""
    left, right = (floats_far_apart(key, size) for key in split(1))
    contestants = {"funcnn": exactly(left, right), "sumprod": by_sumprod(left, right)}
    title = f"exact matmul of floats 2⁻³² … 2³², {size}×{size}"
    return Contest(title, UNIT, contestants, [Figure("funcnn", "sumprod")])


def int8(size: int, peers: Peers) -> Contest:
    """The product of two square matrices of ints from −127 to 127."""
    left, right = (int8_values(key, size) for key in split(2))
    is_right, few = is_product(left, right), left[: rows_of(size)]
    rows, columns = tree_map(float, (few, transpose(right)))
    are_right = is_product(few, right)
    contestants = {
        "funcnn": Contestant(lambda: matmul(left, right), is_right, size**3),
        "sumprod": Contestant(
            lambda: products(rows, columns, sumprod),
            lambda product: are_right(tree_map(int, product)),
            work(few, right),
        ),
    }

    def numpy(module: Any) -> Contestant:
        one, other = (module.array(matrix, module.int64) for matrix in (left, right))
        return Contestant(lambda: one @ other, lambda product: is_right(product.tolist()), size**3)

    figures = [
        Figure("sumprod", "funcnn", {256: "≥ 5"}.get(size, "")),
        Figure("funcnn", "NumPy", {256: "≤ 2.5", 512: "≤ 1.3"}.get(size, "")),
    ]
    title = f"matmul of int8 values, {size}×{size}"
    return Contest(title, UNIT, contestants | taking_part(peers, {"NumPy": numpy}), figures)


def exactly(left: Matrix[float], right: Matrix[float]) -> Contestant:
    """exact_matmul of floats."""
    probe = split(3, len(right[0]))
    truth = matvec(tree_map(dyadic, left), matvec(tree_map(dyadic, right), probe))

    def is_right(product: tuple[Matrix[int], list[int]]) -> bool:
        integers, exponents = product
        return [Dyadic(*sums) for sums in zipped(matvec(integers, probe), exponents)] == truth

    return Contestant(lambda: exact_matmul(left, right), is_right, work(left, right))


def by_sumprod(left: Matrix[float], right: Matrix[float]) -> Contestant:
    """math.sumprod of floats and nothing else."""
    rows, columns = left[: rows_of(len(left))], transpose(right)
    return Contestant(
        lambda: products(rows, columns, sumprod),
        lambda product: are_admitted(rows, columns, product),
        work(rows, right),
    )


def over(
    number: Callable[[Any], Any],
    back: Callable[[Any], Fraction],
    dot: Callable[[Any, Any], Any],
    left: Matrix[float],
    right: Matrix[float],
) -> Contestant:
    """A row times a few columns, over numbers of a kind that is exact, and that turns back."""
    rows, columns = left[:1], transpose(right)[:FEW]
    truth = products(tree_map(Fraction, rows), tree_map(Fraction, columns), sumprod)
    factors = tree_map(number, rows), tree_map(number, columns)
    return Contestant(
        lambda: products(*factors, dot),
        lambda product: bool(tree_map(back, product) == truth),
        work(rows, transpose(columns)),
    )


def by_mpmath(mpmath: Any, left: Matrix[float], right: Matrix[float]) -> Contestant:
    """mpmath's fdot, with as many bits as an exact sum needs."""
    context = mpmath.mp.clone()
    context.prec = 256

    def back(number: Any) -> Fraction:
        return Fraction(*mpmath.libmp.to_rational(number._mpf_))

    return over(context.convert, back, context.fdot, left, right)


def by_sympy(sympy: Any, left: Matrix[float], right: Matrix[float]) -> Contestant:
    """sympy's product of matrices of rationals, a row and a few columns."""
    factors = tree_map(sympy.Rational, (left[:1], [row[:FEW] for row in right]))
    row, columns = map(sympy.Matrix, factors)
    truth = sympy.Matrix(products(factors[0], transpose(factors[1]), sumprod))
    return Contestant(lambda: row * columns, truth.__eq__, work(*factors))


def by_flint(flint: Any, left: Matrix[float], right: Matrix[float]) -> Contestant:
    """FLINT's product of the same matrices times powers of two, which are integers."""
    factors = [*map(scaled, (left, right))]
    one, other = map(flint.fmpz_mat, factors)
    is_right = is_product(*factors)
    return Contestant(
        lambda: one * other,
        lambda product: is_right(tree_map(int, product.tolist())),
        work(left, right),
    )


def by_numpy(numpy: Any, left: Matrix[float], right: Matrix[float]) -> Contestant:
    """NumPy's product of arrays of floats; it rounds."""
    one, other = map(numpy.array, (left, right))
    columns = transpose(right)
    return Contestant(
        lambda: one @ other,
        lambda product: are_admitted(left, columns, product.tolist()),
        work(left, right),
    )


def products(
    rows: Matrix[Any], columns: Matrix[Any], dot: Callable[[Any, Any], Any]
) -> list[list[Any]]:
    """Each row's dot products with the columns.

    >>> products([[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]], sumprod)
    [[11.0, 17.0]]
    """
    return [[dot(row, column) for column in columns] for row in rows]


def is_product(left: Matrix[int], right: Matrix[int]) -> Callable[[Matrix[int]], bool]:
    """Whether a matrix is the product of two, as far as its product with 64 random bits tells.

    Source
        R. Freivalds, "Probabilistic Machines Can Use Less Running Time", IFIP Congress 1977

    >>> is_right = is_product([[1, 2]], [[3], [4]])
    >>> is_right([[11]]), is_right([[12]])
    (True, False)
    """
    probe = split(3, len(right[0]))
    truth = matvec(left, matvec(right, probe))
    return lambda product: matvec(product, probe) == truth


def are_admitted(rows: Matrix[float], columns: Matrix[float], product: Matrix[float]) -> bool:
    """Whether rounding explains a product of floats: one entry of each of about sixteen rows.

    >>> are_admitted([[0.1, 0.2]], [[0.3, 0.4]], [[0.11]])
    True
    >>> are_admitted([[0.1, 0.2]], [[0.3, 0.4]], [[0.1100001]])
    False
    """
    places = range(0, len(rows), len(rows) // 16 or 1)
    pairs = [(i, i % len(columns)) for i in places]
    return all(admits(rows[i], columns[j], product[i][j]) for i, j in pairs)


def work(left: Matrix[Any], right: Matrix[Any]) -> int:
    """The multiply-accumulates of a product.

    >>> work([[1, 2]], [[3, 4, 5], [6, 7, 8]])
    6
    """
    return len(left) * len(right) * len(right[0])


def rows_of(size: int) -> int:
    """How many rows of a square matrix sumprod takes.

    >>> rows_of(256), rows_of(512)
    (256, 64)
    """
    return min(size, ENOUGH // size**2)


def scaled(matrix: Matrix[float]) -> list[list[int]]:
    """The matrix times the least power of two that makes all entries integers.

    >>> scaled([[3.0, 0.5]])
    [[6, 1]]
    """
    power = max(x.as_integer_ratio()[1] for row in matrix for x in row)
    return [[int(x * power) for x in row] for row in matrix]


def float32_values(key: int, size: int) -> list[list[float]]:
    """A square matrix of normal draws, each rounded to float32."""
    return [array("f", normal(row, size)).tolist() for row in split(key, size)]


def floats_far_apart(key: int, size: int) -> list[list[float]]:
    """A square matrix of draws from 1 to 2, each times a power of two from 2⁻³² to 2³¹."""
    return [
        [ldexp(1 + u, int(64 * v) - 32) for u, v in zipped(uniform(one, size), uniform(two, size))]
        for one, two in map(split, split(key, size))
    ]


def int8_values(key: int, size: int) -> list[list[int]]:
    """A square matrix of ints from −127 to 127."""
    return [[int(255 * u) - 127 for u in uniform(row, size)] for row in split(key, size)]
