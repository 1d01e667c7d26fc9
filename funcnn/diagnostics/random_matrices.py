"""Random matrices: symmetric ones, drawn, and how likely they are positive definite."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, Final

from funcnn.algebra.elementary import sqrt
from funcnn.algebra.folds import foldl, int_of, zipped
from funcnn.algebra.intervals import Interval, interval
from funcnn.algebra.keys import normal
from funcnn.algebra.scalars import lift, multiply, total
from funcnn.diagnostics.multimodal import PI

ROOT_TWO: Final = sqrt(2.0)


def gaussian_orthogonal_matrices(key: int, size: int, count: int = 1) -> list[list[list[float]]]:
    """Random symmetric matrices of the Gaussian orthogonal ensemble, as the key decides.

    Maths
        Hᵢᵢ ~ N(0, 2),  Hᵢⱼ = Hⱼᵢ ~ N(0, 1)        its density is as e^(−tr H²/4)
    Shapes
        count × size × size
    Errors
        ValueError   the size is not positive, or the count negative
    Laws
        each is symmetric; Q·H·Qᵀ is distributed as H, for any orthogonal Q
    Source
        M. Mehta, "Random Matrices", 3rd ed., Elsevier 2004, 2.3

    >>> ((a, b), (c, d)), _ = gaussian_orthogonal_matrices(0, 2, 2)
    >>> b == c
    True
    """
    entries = int_of(size, "the size", 1) * (size + 1) // 2
    draws = batched(normal(key, int_of(count, "the count", 0) * entries), entries)
    return [_symmetric(triangle, size) for triangle in draws]


def _symmetric(triangle: Sequence[float], size: int) -> list[list[float]]:
    """the matrix of the draws of its lower triangle, those of the diagonal √2 times as large"""
    starts = [row * (row + 1) // 2 for row in range(size)]
    lower = [[*triangle[start : start + row + 1]] for row, start in enumerate(starts)]
    for row, numbers in enumerate(lower):
        numbers[row] *= ROOT_TWO
    return [[lower[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]


def positive_definite_probability(size: int) -> Interval[float]:
    """How likely a matrix of the Gaussian orthogonal ensemble is positive definite, enclosed.

    Maths
        Pf(A)·∏ⱼ j/(4√2·∫₀^∞ y^(j + 1)·e^(−y²) dy)                 j = 1 … n
        Aᵢⱼ = ∫₀^∞ ∫₀^∞ sgn(y − x)·xⁱ·yʲ·e^(−(x² + y²)/2) dx dy      i, j = 0 … n − 1
        for odd n, with one more row and column, of ± ∫₀^∞ yⁱ·e^(−y²/2) dy
        ½, (2 − √2)/4, (π − 2√2)/4π for n = 1, 2, 3; and as n grows e^(−n²·ln 3/4), in leading order
    Order
        (n − 1)!! products for even n, n!! for odd. The ends are the farther apart the larger n is:
        of 8, two digits agree.
    Errors
        ValueError   the size is not positive
    Source
        N. de Bruijn, "On Some Multiple Integrals Involving Determinants", J. Indian Mathematical
        Society 19 (1955); M. Mehta, "Random Matrices", 3rd ed., Elsevier 2004, chapter 17; D. Dean,
        S. Majumdar, "Large Deviations of Extreme Eigenvalues of Random Matrices", Phys. Rev.
        Letters 97 (2006), for large n

    >>> [f"{positive_definite_probability(size).high:.3g}" for size in (1, 2, 3, 4, 5, 6)]
    ['0.5', '0.146', '0.0249', '0.00246', '0.00014', '4.62e-06']
    """
    places = range(int_of(size, "the size", 1))
    rows = [[_ordered(i, j) - _ordered(j, i) for j in places] for i in places]
    if size % 2:
        border = [_moment(i) for i in places]
        rows = [[*row, x] for row, x in zipped(rows, border)]
        rows.append([*(-x for x in border), interval(0.0)])
    scale = 4 * sqrt(interval(2.0))
    factors = [j / (scale * _moment(j + 1, 2)) for j in range(1, size + 1)]
    return foldl(multiply, _pfaffian(rows), factors)


def _moment(power: int, rate: int = 1) -> Any:
    """∫₀^∞ yᵏ·e^(−r·y²/2) dy"""
    if power > 1:
        return (power - 1) * _moment(power - 2, rate) / rate
    one = interval(1.0)
    return one / rate if power else sqrt(lift(PI, one) / (2 * rate))


def _ordered(i: int, j: int) -> Any:
    """∫₀^∞ ∫₀^y xⁱ·yʲ·e^(−(x² + y²)/2) dx dy, by parts in x"""
    if i > 1:
        return (i - 1) * _ordered(i - 2, j) - _moment(i + j - 1, 2)
    if i:
        return _moment(j) - _moment(j, 2)
    return _moment(0) * _moment(j) - _ordered(j, 0) if j else _moment(0) * _moment(0) / 2


def _pfaffian(rows: list[list[Any]]) -> Any:
    """the Pfaffian of an antisymmetric matrix of even size, along its first row"""
    if not rows:
        return 1
    terms = []
    for place, entry in enumerate(rows[0][1:], 1):
        minor = [[*row[1:place], *row[place + 1 :]] for row in [*rows[1:place], *rows[place + 1 :]]]
        terms.append(multiply(entry if place % 2 else -entry, _pfaffian(minor)))
    return total(terms)
