"""Multimodal: Rastrigin's function of many minima, whose critical points are all known."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb
from typing import Any, Final, NamedTuple

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import cos, exceeds, sin
from funcnn.algebra.folds import int_of
from funcnn.algebra.intervals import Interval, intersection, interval, midpoint, width
from funcnn.algebra.scalars import add, divide, lift, multiply, subtract, total
from funcnn.algebra.vectors import Vector

PI: Final = Fraction("3.14159265358979323846264338327950288419716939937510582097494459")
"""π, so near that it is lifted as the number itself would be."""


NEAREST: Final = 2.0**-30
"""How near two zeros may lie to each other, or to where the derivative is 0 too."""


def rastrigin(xs: Vector[Any]) -> Any:
    """Rastrigin's function: a bowl with a local minimum near each point of a lattice, 0 the least.

    Maths
        10·n + Σᵢ (xᵢ² − 10·cos(2π·xᵢ))
    Order
        Σᵢ xᵢ² + (10 − 10·cos(2π·xᵢ)), from the left
    Errors
        ValueError   there are no numbers
        TypeError    the numbers have no cosine, as exact ones
    Source
        L. Rastrigin, "Systems of Extremal Control", Nauka 1974 (in Russian), in two dimensions;
        H. Mühlenbein, M. Schomisch, J. Born, "The Parallel Genetic Algorithm as Function
        Optimizer", Parallel Computing 17 (1991), in any number

    >>> rastrigin([0.0, 0.0]), rastrigin([0.5, 1.0])
    (0.0, 21.25)
    """
    return total([_dented(x) for x in xs])


def _dented(x: Any) -> Any:
    """Rastrigin's function of one number"""
    wave = multiply(10, cos(multiply(lift(2 * PI, x), x)))
    return add(multiply(x, x), subtract(10, wave))


def rastrigin_gradient(xs: Vector[Any]) -> list[Any]:
    """The gradient of Rastrigin's function.

    Maths
        ∂f/∂xᵢ = 2·xᵢ + 20π·sin(2π·xᵢ)
    Errors
        TypeError    the numbers have no sine, as exact ones
    Laws
        it is the tangent of rastrigin

    >>> rastrigin_gradient([0.0, 0.25])
    [0.0, 63.33185307179586]
    """
    return [_slope(x) for x in xs]


def _slope(x: Any) -> Any:
    """the derivative of Rastrigin's function of one number"""
    wave = sin(multiply(lift(2 * PI, x), x))
    return add(multiply(2, x), multiply(lift(20 * PI, x), wave))


def zeros(function: Callable[[Any], Any], where: Interval[float]) -> list[Interval[float]]:
    """All the zeros of a function in an interval, from the left, each enclosed.

    Where the function's range has no 0, it has none there. Where the range of its derivative has no
    0, it has one if its signs at the ends differ: Newton's method, in intervals, encloses it, until
    that gains nothing. What is neither is cut in two, not in the middle, where a zero may lie.

    Maths
        X ← X ∩ (m − f(m)/f′(X))                   m the middle of X
    Errors
        ValueError   a zero is not told from two in less than NEAREST, or between two floats, as
                     where the derivative is 0 too; or whether an end is one
        TypeError    the interval is none of floats, or the function is not of duals of intervals
    Laws
        f changes its sign in each, and nowhere else
    Source
        R. Moore, "Interval Analysis", Prentice-Hall 1966, 7.1; E. Hansen, "Global Optimization
        Using Interval Analysis", Dekker 1992, chapter 7

    >>> from math import pi
    >>> [zero.low <= k * pi <= zero.high for k, zero in enumerate(zeros(sin, Interval(-1.0, 7.0)))]
    [True, True, True]
    >>> zeros(lambda x: x * x, Interval(-1.0, 1.0))
    Traceback (most recent call last):
    ValueError: near -... a zero is not told from two
    """
    if not isinstance(getattr(where, "low", None), float):
        raise TypeError(f"{where} is no interval of floats")
    found, pending = list[Interval[float]](), [where]
    while pending:
        part = pending.pop()
        if 0 not in function(part):
            continue
        if 0 in derivative(function, part):
            pending += _cut(part)
        elif len({_sign(function(interval(end)), end) for end in (part.low, part.high)}) == 2:
            found.append(_narrowed(function, part))
    return found


def _cut(where: Interval[float]) -> list[Interval[float]]:
    """the two parts of an interval, the right one first"""
    cut = where.low + (where.high - where.low) * 7 / 16
    if width(where) < NEAREST or not where.low < cut < where.high:
        raise ValueError(f"near {where.low} a zero is not told from two")
    return [Interval(cut, where.high), Interval(where.low, cut)]


def _sign(value: Interval[float], place: float) -> int:
    """the sign of what a function gives at a place"""
    if 0 in value:
        raise ValueError(f"whether {place} is a zero is not decided: take another end")
    return 1 if value.low > 0 else -1


def _narrowed(function: Callable[[Any], Any], where: Interval[float]) -> Interval[float]:
    """what Newton's method leaves of an interval with one zero"""
    while True:
        middle = interval(midpoint(where))
        step = middle - function(middle) / derivative(function, where)
        nearer = intersection(where, step)
        if width(nearer) >= width(where):
            return nearer
        where = nearer


class CriticalPoint(NamedTuple):
    """Where the slope of a function of one number is 0, its value there, and of which kind it is:
    a maximum, whose index is 1, or a minimum, whose index is 0."""

    place: Interval[float]
    value: Interval[float]
    is_maximum: bool


def rastrigin_critical_points(most: float = 5.12) -> list[CriticalPoint]:
    """The critical points of Rastrigin's function of one number, all that lie from −most to most.

    In n dimensions a point is critical where all of its coordinates are, and its index is how many
    of them are maxima.

    Source
        those of `rastrigin`, in whose domain they are

    >>> points = rastrigin_critical_points(1.0)
    >>> [(round(point.place.low, 6), point.is_maximum) for point in points][2:]
    [(0.0, False), (0.502546, True), (0.994959, False)]
    """
    return [
        CriticalPoint(place, _dented(place), exceeds(0, derivative(_slope, place)))
        for place in zeros(_slope, Interval(-most, most))
    ]


def critical_points_of_index(points: Sequence[CriticalPoint], dimensions: int, index: int) -> int:
    """How many critical points of an index a sum of one function of each coordinate has.

    Maths
        C(n, k)·bᵏ·aⁿ⁻ᵏ                            a minima and b maxima in one dimension
    Errors
        ValueError   the index is not one of 0 … n; or TypeError, if a number is no int
    Laws
        Σₖ C(n, k)·bᵏ·aⁿ⁻ᵏ == (a + b)ⁿ

    >>> critical_points_of_index(rastrigin_critical_points(), 2, 1)
    220
    """
    maxima = sum(point.is_maximum for point in points)
    minima = len(points) - maxima
    rest = int_of(dimensions - int_of(index, "index", 0), "dimensions - index", 0)
    count: int = comb(dimensions, index) * maxima**index * minima**rest
    return count


def mean_loss_line(points: Sequence[CriticalPoint]) -> tuple[Any, Any]:
    """The mean loss of a dimension over all critical points of an index, as a line in its share of
    the dimensions: where it begins, and how much it rises.

    Maths
        ȳ(α) = m₀ + (m₁ − m₀)·α                    m₀ the minima's mean, m₁ the maxima's
        Σ over the k coordinates that are maxima and the n − k that are minima, α = k/n
    Errors
        ValueError   there is no minimum, or no maximum

    >>> start, rise = mean_loss_line(rastrigin_critical_points())
    >>> round(start.low, 4), round(start.high, 4), round(rise.low, 4), round(rise.high, 4)
    (9.9495, 9.9495, 18.3425, 18.3425)
    """
    kinds = ([one.value for one in points if one.is_maximum == kind] for kind in (False, True))
    start, end = (divide(total(values), len(values)) for values in kinds)
    return start, subtract(end, start)
