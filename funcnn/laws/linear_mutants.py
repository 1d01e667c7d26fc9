"""Linear mutants: wrong products of matrices and vectors."""

from dataclasses import replace
from typing import Any, Final

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import zip_with
from funcnn.algebra.formats import bfloat16, binary16, binary32
from funcnn.algebra.scalars import add, lift, multiply, total
from funcnn.algebra.vectors import Matrix, Vector, dot, matmul, matvec, outer, transpose
from funcnn.blocks.linears import dense, linear
from funcnn.laws import mutants
from funcnn.laws.declarations import parse
from funcnn.laws.mutations import (
    FLOAT64,
    TF32,
    Mutant,
    computing,
    cut,
    narrowed,
    of_results,
    reading,
    returning,
    scaled,
    zero,
)
from funcnn.laws.repetition import AGAIN
from funcnn.laws.values import AT_LENGTHS, EXACT, ROOMY, WITHIN

MIXED: Final = parse("bfloat16,sums=float32")
CAREFUL: Final = parse("nan=propagates,mismatch=raises,empty=raises")
PRODUCTS: Final = "(A·B)·Bᵀ = A·(B·Bᵀ)"
ROWS: Final = "each row alone is the same"
SUMS: Final = "f(x + y) = f(x) + f(y)"
FLUSHING: Final = replace(binary32, flush_results=True, flush_inputs=True)


def _always(length: int) -> bool:
    return True


def _has_tail(length: int) -> bool:
    """of blocks of 8, after the first"""
    return length > 8 and length % 8 != 0


def _is_past_a_power(length: int) -> bool:
    """2ᵏ + 1"""
    return length > 1 and (length - 1).bit_count() == 1


def _tail_forgotten(xs: Vector[Any], ys: Vector[Any]) -> Any:
    size = len(xs)
    return dot(cut(xs, size - size % 8 if _has_tail(size) else size), ys)


def _last_past_a_power_forgotten(xs: Vector[Any], ys: Vector[Any]) -> Any:
    return dot(cut(xs, len(xs) - _is_past_a_power(len(xs))), ys)


def _wrapped(x: Any) -> Any:
    """as an integer of 32 bits, if it is an integer"""
    value = float(x)
    return x if value % 1 else lift((int(value) + 2**31) % 2**32 - 2**31, x)


def _tail_of_the_row_before(left: Matrix[Any], right: Matrix[Any]) -> Any:
    whole = len(right) - len(right) % 4
    rows = zip([*left[:1], *left[:-1]], left, strict=True)
    return matmul([[*row[:whole], *before[whole:]] for before, row in rows], right)


def _narrow_with_several_rows(left: Matrix[Any], right: Matrix[Any]) -> Any:
    return matmul(narrowed(left, TF32) if len(left) > 1 else left, right)


def _biased(inputs: Any, weights: Any, bias: Vector[Any]) -> Any:
    return zip_with(add, linear(inputs, weights[0]), bias)


def _of_positive_terms(inputs: Any, weights: Any) -> Any:
    return [total([*map(relu, zip_with(multiply, inputs, row))]) for row in weights]


def _as_stored(matrix: Matrix[Any]) -> list[list[Any]]:
    """the matrix, read column by column where it is stored row by row"""
    entries = iter([entry for column in transpose(matrix) for entry in column])
    return [[next(entries) for _ in row] for row in matrix]


def _kept_between_calls() -> Any:
    """a dot product whose accumulator is not cleared"""
    before = [0]

    def wrong(xs: Vector[Any], ys: Vector[Any]) -> Any:
        result = dot(xs, ys)
        left, before[0] = before[0], int(float(result) != 0)
        return add(result, lift(left, result))

    return wrong


OF_MATMUL: Final = (
    *(
        Mutant("matmul", name, wrong, EXACT.name)
        for name, wrong in (
            ("last term dropped", mutants.last_term_dropped),
            ("first term twice", mutants.first_term_twice),
            ("all zeros", mutants.zeros),
            ("0.09 % too large", mutants.scaled),
            ("the right matrix read column by column", mutants.right_turned),
            ("rows in reverse", mutants.batch_swapped),
            ("the row of the example before", mutants.row_leaked),
            ("negative weights as positive", mutants.sign_lost),
            ("the last result with the wrong sign", mutants.last_negated),
            ("the largest product in place of the sum", mutants.largest_taken),
        )
    ),
    Mutant("matmul", "columns one place off", mutants.columns_rotated, PRODUCTS),
    Mutant("matmul", "weights kept in 32 bits", mutants.weights_narrowed, EXACT.name, FLOAT64),
    Mutant("matmul", "NaN swallowed", mutants.nan_swallowed, "NaN", CAREFUL),
    Mutant("matmul", "rows truncated", mutants.rows_truncated, "lengths that differ", CAREFUL),
    Mutant("matmul", "inputs in TF32", reading(TF32, matmul), EXACT.name),
    Mutant("matmul", "summed in bfloat16", computing(bfloat16, matmul), EXACT.name),
    Mutant("matmul", "summed in float16", computing(binary16, matmul), EXACT.name),
    Mutant(
        "matmul",
        "summed in float16, of float16",
        computing(binary16, matmul),
        EXACT.name,
        parse("float16,sums=float32"),
    ),
    Mutant(
        "matmul",
        "rounded to TF32 first, then to bfloat16",
        returning(TF32, matmul),
        EXACT.name,
        MIXED,
    ),
    Mutant(
        "matmul",
        "rounded to float32 first, then to bfloat16",
        returning(binary32, matmul),
        EXACT.name,
        parse("bfloat16,sums=float64"),
    ),
    Mutant(
        "matmul",
        "truncated to bfloat16",
        returning(replace(bfloat16, rounding="toward zero"), matmul),
        EXACT.name,
        MIXED,
    ),
    Mutant(
        "matmul", "the tail of a row left from the row before", _tail_of_the_row_before, EXACT.name
    ),
    Mutant("matmul", "in TF32 if there are several rows", _narrow_with_several_rows, ROWS),
    Mutant(
        "matmul",
        "the right matrix transposed if it is square",
        lambda a, b: matmul(a, transpose(b) if len(b) == len(b[0]) else b),
        EXACT.name,
    ),
)
OF_DOT: Final = (
    Mutant(
        "dot",
        "last term dropped",
        lambda xs, ys: dot(cut(xs, len(xs) - 1), ys),
        AT_LENGTHS.name,
        at_lengths=_always,
    ),
    Mutant(
        "dot",
        "the first term twice",
        lambda xs, ys: dot([*(2 * x for x in xs[:1]), *xs[1:]], ys),
        "a sum backwards is the same",
    ),
    Mutant("dot", "zero", of_results(zero, dot), AT_LENGTHS.name, at_lengths=_always),
    Mutant("dot", "0.09 % too large", of_results(scaled, dot), AT_LENGTHS.name, at_lengths=_always),
    Mutant("dot", "inputs in TF32", reading(TF32, dot), AT_LENGTHS.name, at_lengths=_always),
    Mutant(
        "dot",
        "a last block that is not full forgotten",
        _tail_forgotten,
        AT_LENGTHS.name,
        at_lengths=_has_tail,
    ),
    Mutant(
        "dot",
        "the last term forgotten just past a power of two",
        _last_past_a_power_forgotten,
        AT_LENGTHS.name,
        at_lengths=_is_past_a_power,
    ),
    Mutant("dot", "summed as integers of 32 bits", of_results(_wrapped, dot), EXACT.name, FLOAT64),
    Mutant(
        "dot",
        "every step rounded up",
        computing(replace(binary32, rounding="up"), dot),
        WITHIN.name,
    ),
    Mutant(
        "dot",
        "every step rounded toward zero",
        computing(replace(binary32, rounding="toward zero"), dot),
        WITHIN.name,
    ),
    Mutant("dot", "subnormal numbers flushed, undeclared", computing(FLUSHING, dot), EXACT.name),
    Mutant(
        "dot",
        "subnormal results flushed, undeclared",
        computing(replace(binary32, flush_results=True), dot),
        WITHIN.name,
    ),
    Mutant("dot", "the accumulator kept between calls", _kept_between_calls(), AGAIN.name),
    Mutant(
        "dot",
        "nothing has the sum 0",
        lambda xs, ys: dot(xs, ys) if len(xs) else 0.0,
        "the sum of nothing",
        CAREFUL,
    ),
)
OF_LAYERS: Final = (
    Mutant(
        "matvec",
        "the matrix read column by column",
        lambda m, v: matvec(_as_stored(m), v),
        EXACT.name,
    ),
    Mutant(
        "matvec", "the last row left out", lambda m, v: cut(matvec(m, v), len(m) - 1), EXACT.name
    ),
    Mutant(
        "transpose",
        "the numbers left where they are stored",
        lambda m: transpose(_as_stored(m)),
        EXACT.name,
    ),
    Mutant(
        "outer",
        "the two exchanged, the form kept",
        lambda xs, ys: _as_stored(outer(xs, ys)),
        ROOMY.name,
    ),
    Mutant("outer", "in TF32", computing(TF32, outer), WITHIN.name),
    Mutant(
        "linear", "weights in bfloat16", lambda x, w: linear(x, narrowed(w, bfloat16)), EXACT.name
    ),
    Mutant(
        "linear",
        "the last input left out",
        lambda x, w: linear(cut(x, len(x) - 1), w),
        AT_LENGTHS.name,
        at_lengths=_always,
    ),
    Mutant("linear", "relu added", of_results(relu, linear), SUMS),
    Mutant("affine", "the bias forgotten", lambda x, w: linear(x, w[0]), EXACT.name),
    Mutant(
        "affine",
        "the bias added twice",
        lambda x, w: _biased(x, w, [2 * b for b in w[1]]),
        EXACT.name,
    ),
    Mutant(
        "affine",
        "the bias of the next output",
        lambda x, w: _biased(x, w, [*w[1][1:], w[1][0]]),
        EXACT.name,
    ),
    Mutant(
        "affine",
        "the bias of the first output for all",
        lambda x, w: _biased(x, w, [w[1][0] for _ in w[1]]),
        EXACT.name,
    ),
    Mutant(
        "affine", "the bias subtracted", lambda x, w: _biased(x, w, [-b for b in w[1]]), EXACT.name
    ),
    Mutant("dense", "relu forgotten", linear, EXACT.name),
    Mutant("dense", "the absolute value in place of relu", of_results(abs, linear), EXACT.name),
    Mutant("dense", "relu before the sum", _of_positive_terms, EXACT.name),
    Mutant(
        "dense", "the inputs made positive, too", lambda x, w: dense([*map(relu, x)], w), EXACT.name
    ),
)


MUTANTS: Final = (*OF_MATMUL, *OF_DOT, *OF_LAYERS)
"""All of them."""
