"""Cosine: whether the cosine of two learned embeddings says how similar they are.

Of names the users, of letters the items: X has how often each letter stands in each name. All that
the objectives see of it is S = XᵀX, a matrix of ints.
"""

from collections.abc import Generator, Sequence
from fractions import Fraction
from itertools import combinations
from math import copysign, sqrt
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import zip_with
from funcnn.algebra.keys import normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import Matrix, matmul, transpose
from funcnn.calculus.regression import plus_identity, row_echelon, solve
from funcnn.diagnostics.eigenvalues import symmetric_eigen
from funcnn.diagnostics.geometry import cosine_similarity, signed_squared_cosine
from funcnn.diagnostics.rotations import unit_matrix
from funcnn.exchange.first_names import LETTERS, names
from funcnn.fast import floats
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import within
from funcnn.studies.plots import Axis, Plot, Series

SHRINKAGE: Final = 1000
"""λ of the first objective, beside S."""

PENALTY: Final = 5.0
"""λ of the second, beside the singular values of X, which are the roots of S's eigenvalues."""


class Embeddings(NamedTuple):
    """A row for each item: of A, so that users have X·A, and of B, by which these predict items."""

    users: Matrix[Any]
    items: Matrix[Any]


def gram(letters: str, some: Sequence[str]) -> list[list[int]]:
    """XᵀX, of how often letters stand in names.

    >>> gram("an", ["anna", "jan"])
    [[5, 5], [5, 5]]
    """
    rows = [[name.count(letter) for letter in letters] for name in some]
    return floats.matmul(transpose(rows), rows)


def predictor(square: Matrix[Fraction]) -> list[list[Fraction]]:
    """What A·Bᵀ is at every optimum of the first objective.

    Maths
        (S + λ·I)⁻¹·S                              min ‖X − X·A·Bᵀ‖² + λ·‖A·Bᵀ‖²

    >>> predictor([[Fraction(1000)]])
    [[Fraction(1, 2)]]
    """
    return solve(plus_identity(square, SHRINKAGE), square)


def is_optimal(square: Matrix[Fraction], found: Embeddings) -> bool:
    """Whether the first objective, which is convex in A·Bᵀ, has derivative 0 there.

    >>> is_optimal([[Fraction(1000)]], Embeddings([[Fraction(1)]], [[Fraction(1, 2)]]))
    True
    """
    product = matmul(found.users, transpose(found.items))
    return matmul(plus_identity(square, SHRINKAGE), product) == square


def rescaled(found: Embeddings, scales: Sequence[Any]) -> Embeddings:
    """A·D and B·D⁻¹, which predict the same.

    >>> rescaled(Embeddings([[1.0, 3.0]], [[1.0, 3.0]]), [2.0, 1.0])
    Embeddings(users=[[2.0, 3.0]], items=[[0.5, 3.0]])
    """
    users = [zip_with(lambda x, scale: x * scale, row, scales) for row in found.users]
    return Embeddings(users, [zip_with(lambda x, scale: x / scale, r, scales) for r in found.items])


def squared_cosines(rows: Matrix[Fraction]) -> list[Fraction]:
    """cos·|cos| of each pair of rows: exact.

    >>> squared_cosines([[Fraction(1), Fraction(0)], [Fraction(-1), Fraction(1)]])
    [Fraction(-1, 2)]
    """
    return [signed_squared_cosine(x, y) for x, y in combinations(rows, 2)]


def cosines(rows: Matrix[float]) -> list[float]:
    """The cosine of each pair of rows.

    >>> cosines([[1.0, 0.0], [3.0, 4.0]])
    [0.6]
    """
    return [cosine_similarity(x, y) for x, y in combinations(rows, 2)]


def alternated(key: int, square: Matrix[float], sweeps: int) -> Generator[float, None, Embeddings]:
    """An optimum of the second objective, from a start drawn from a key, A and B in turn.

    Maths
        A ← B·(BᵀB + λ·I)⁻¹                        min ‖X − X·A·Bᵀ‖² + λ·(‖X·A‖² + ‖B‖²)
        B ← S·A·(AᵀS·A + λ·I)⁻¹

    >>> next(alternated(0, [[4.0]], 2))
    0.5
    """
    size = len(square)
    users, items = square, [normal(part, size) for part in split(key, size)]
    for sweep in range(1, sweeps + 1):
        users = _divided(items, floats.matmul(transpose(items), items))
        seen = floats.matmul(square, users)
        items = _divided(seen, floats.matmul(transpose(users), seen))
        yield sweep / sweeps
    return Embeddings(users, items)


def _divided(rows: Matrix[float], square: Matrix[float]) -> list[list[float]]:
    """R·(M + λ·I)⁻¹, M symmetric"""
    return transpose(solve(plus_identity(square, PENALTY), transpose(rows)))


def closed_form(square: Matrix[float]) -> list[list[float]]:
    """B at the optimum of the second objective, but for a rotation.

    Maths
        V·diag √(σᵢ − λ)₊                          S = V·diag(σᵢ²)·Vᵀ

    >>> closed_form([[36.0]])
    [[1.0]]
    """
    values, vectors = symmetric_eigen(square)
    roots = [sqrt(max(sqrt(max(value, 0.0)) - PENALTY, 0.0)) for value in values]
    return transpose([[root * x for x in row] for root, row in zip(roots, vectors, strict=True)])


def experiment(
    *, key: int = 0, letters: str = LETTERS, some: int = 5163, sweeps: int = 160
) -> Experiment:
    """Embeddings of letters, from how often each stands in a name, by two objectives.

    >>> 0 < next(experiment(letters="ae", some=10, sweeps=2)) < 1
    True
    """
    counts = gram(letters, names()[:some])
    exact, square = tree_map(Fraction, counts), tree_map(float, counts)
    product = predictor(exact)
    yield 0.05
    one = Embeddings(unit_matrix(len(letters), Fraction(1)), product)
    two = rescaled(one, [Fraction(2) ** (int(7 * draw) - 3) for draw in uniform(key, len(letters))])
    optimal = is_optimal(exact, one) and is_optimal(exact, two)
    squares = squared_cosines(one.items), squared_cosines(two.items)
    yield 0.1
    rank = len(row_echelon([[x * x for x in row] for row in product]).pivots)
    yield 0.2
    ends = list[list[float]]()
    for part in split(key):
        begin = 0.2 + 0.4 * len(ends)
        run = within(alternated(part, square, sweeps), begin, begin + 0.4)
        ends.append(cosines((yield from run).items))
    return _finding(letters, some, sweeps, optimal, squares, rank, ends, square)


def farthest(one: Sequence[float], other: Sequence[float]) -> float:
    """By how much two lists of cosines differ where they do most.

    >>> farthest([0.0, 1.0], [0.0, -1.0])
    2.0
    """
    return max(abs(x - y) for x, y in zip(one, other, strict=True))


def most_similar(pairs: Sequence[float], count: int) -> list[int]:
    """For each of so many items, the other whose cosine with it is largest.

    >>> most_similar([0.1, 0.5, 0.2], 3)
    [2, 2, 0]
    """
    of = {frozenset(pair): x for pair, x in zip(combinations(range(count), 2), pairs, strict=True)}
    others = [[j for j in range(count) if j != i] for i in range(count)]
    return [max(own, key=lambda j: of[frozenset((i, j))]) for i, own in enumerate(others)]


def verdict(optimal: bool, apart: float, second: float) -> Verdict:
    """What follows from how far apart cosines are: at two optima of one objective, and of another.

    The other counts as having one answer if it leaves open no more than a thousandth of what the
    first one does.

    >>> verdict(True, 0.5, 1e-9), verdict(True, 0.5, 0.1), verdict(True, 0.0, 0.0)
    ('holds with limits', 'false', 'holds')
    """
    if not optimal or not apart:
        return "holds"
    return "holds with limits" if second <= apart / 1000 else "false"


def _finding(
    letters: str,
    some: int,
    sweeps: int,
    optimal: bool,
    squares: tuple[list[Fraction], list[Fraction]],
    rank: int,
    ends: list[list[float]],
    square: Matrix[float],
) -> Finding:
    one, two = ([copysign(sqrt(abs(x)), x) for x in found] for found in squares)
    count, pairs = len(letters), len(one)
    apart, agree = farthest(one, two), farthest(*ends)
    by_formula = max(farthest(end, cosines(closed_form(square))) for end in ends)
    differ = sum(x != y for x, y in zip(*squares, strict=True))
    widest = max(range(pairs), key=lambda place: abs(one[place] - two[place]))
    pair = " and ".join(letters[i] for i in [*combinations(range(count), 2)][widest])
    changed = [
        sum(i != j for i, j in zip(*(most_similar(x, count) for x in both), strict=True))
        for both in ((one, two), ends)
    ]
    return Finding(
        run=(
            f"embeddings of {count} letters from {some:,} names: two optima of one objective over"
            f" rationals, and two of another from two starts, {sweeps} sweeps each"
        ),
        figure=f"cosines of two optima: up to {apart:.2f} apart",
        verdict=verdict(optimal, apart, max(agree, by_formula)),
        why=(
            f"Objective 1 penalizes A·Bᵀ: then A·D and B·D⁻¹ predict exactly what A and B predict"
            f" and are {'equally' if optimal else 'not'} optimal. Between two such optima,"
            f" {differ} of {pairs} cosines differ, that of {pair} by {apart:.2f}, and {changed[0]}"
            f" of {count} letters get another most similar letter. Objective 2 penalizes X·A and B:"
            f" from two starts the cosines come within {agree:.0e} of each other and within"
            f" {by_formula:.0e} of the closed form's, and {changed[1]} letters get another most"
            " similar one. So a cosine says only what the objective fixes. If the rows of B had to"
            f" have length 1, {'no D but ±1' if rank == count else 'more than ±1'} would be left."
        ),
        measurements=(
            Measurement(
                "objective 1: both points are optima",
                "yes" if optimal else "no",
                "",
                "yes, exactly",
                optimal,
            ),
            Measurement("objective 1: cosines that differ", differ, f"of {pairs} pairs"),
            Measurement("objective 1: largest difference of a cosine", apart),
            Measurement("objective 1: most similar letters changed", changed[0], f"of {count}"),
            Measurement("objective 2: largest difference of a cosine", agree),
            Measurement("objective 2: largest difference from the closed form", by_formula),
            Measurement("objective 2: most similar letters changed", changed[1], f"of {count}"),
            Measurement(
                "rank of the squared entries of B",
                rank,
                "",
                f"{count}: with rows of length 1 no D but ±1",
                rank == count,
            ),
        ),
        plot=Plot(
            f"One objective leaves cosines open by up to {apart:.2f}; another fixes them",
            Axis("cosine of two letters at one optimum"),
            Axis("cosine at another optimum"),
            (
                Series("the same", [(-1.0, -1.0), (1.0, 1.0)], "dashes"),
                Series("objective 1", [*zip(one, two, strict=True)], "dots"),
                Series("objective 2", [*zip(*ends, strict=True)], "dots"),
            ),
        ),
    )


STUDY: Final = Study(
    "cosine",
    "The cosine of two learned embeddings says how similar they are",
    'H. Steck, C. Ekanadham, N. Kallus, "Is Cosine-Similarity of Embeddings Really About '
    'Similarity?", WWW 2024 Companion, arXiv:2403.05440, that it need not;\n'
    'T. Bouhsine, "In Defense of Cosine Similarity: Normalization Eliminates the Gauge Freedom", '
    "arXiv:2602.19393 (2026), that it does of rows of length 1",
    experiment,
    {"letters": "abcdefgh", "sweeps": 120},
)
