"""Landscapes: where a loss is level, and whether it rises from there or falls."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import batched
from math import comb
from typing import Any, Final, NamedTuple

from funcnn.algebra.duals import derivative
from funcnn.algebra.elementary import absolute, cos, exceeds, sin, sqrt
from funcnn.algebra.folds import foldl, int_of, zip_with, zipped
from funcnn.algebra.intervals import Interval, interval, midpoint, width
from funcnn.algebra.keys import normal
from funcnn.algebra.scalars import add, divide, lift, multiply, shown, subtract, total
from funcnn.algebra.trees import Tree, leaves
from funcnn.algebra.vectors import Matrix, Vector, dot, matvec, transpose
from funcnn.blocks.combinators import Network
from funcnn.calculus.derivatives import hessian
from funcnn.diagnostics.eigenvalues import inertia, symmetric_eigen

PI: Final = Fraction("3.14159265358979323846264338327950288419716939937510582097494459")
"""π, so near that it is lifted as the number itself would be."""

ROOT_TWO: Final = sqrt(2.0)

NEAREST: Final = 2.0**-30
"""How near two zeros may lie to each other, or to where the derivative is 0 too."""


def hessian_matrix(
    network: Network,
    loss: Network,
    weights: Tree,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    hessian: Callable[..., Tree] = hessian,
) -> list[list[Any]]:
    """The Hessian of a batch's mean loss as a matrix: the weights in one list, from the left.

    Maths
        Hᵢⱼ = ∂²L/∂wᵢ∂wⱼ
    Settings
        hessian   what makes the tree of trees: calculus' `hessian`, or the one of fast
    Order
        Hᵢⱼ and Hⱼᵢ are computed apart, and in float differ: each becomes the mean of the two.
    Errors
        ValueError   there are no weights
        and those of `hessian`
    Laws
        Hᵢⱼ is the tangent of the tangent of the loss along wᵢ and wⱼ            over Fraction

    >>> from funcnn.blocks.combinators import layer
    >>> from funcnn.blocks.linears import linear
    >>> from funcnn.calculus.losses import squared_error
    >>> hessian_matrix(layer(linear), layer(squared_error), [[3.0, 4.0]], [[1.0, 2.0]], [[1.0]])
    [[2.0, 4.0], [4.0, 8.0]]
    """
    size = int_of(sum(1 for _ in leaves(weights)), "the number of weights", 1)
    numbers = leaves(hessian(network, loss, weights, inputs, targets))
    rows = [*batched(numbers, size)]
    sums = [zip_with(add, row, column) for row, column in zipped(rows, transpose(rows))]
    return [[divide(number, 2) for number in row] for row in sums]


def critical_index(matrix: Matrix[Any]) -> int:
    """The number of directions in which a loss with this Hessian falls from a critical point.

    0 is a minimum's, the number of weights a maximum's, and what is between, a saddle's.

    Maths
        |{i : λᵢ < 0}|                             Sylvester's law of inertia: no λ is computed
    Order
        In float an eigenvalue that is nearly 0 may be taken for one of the other sign.
    Errors
        those of `inertia`
    Laws
        critical_index(−H) == n − critical_index(H) − the nullity of H           over Fraction
    Source
        J. Milnor, "Morse Theory", Princeton 1963, § 2

    >>> critical_index([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(0)]])
    1
    """
    return inertia(matrix).negative


def saddle_free_newton(
    gradient: Vector[Any], hessian: Matrix[Any], *, damping: Any = 0
) -> list[Any]:
    """The step that Newton's method would take if each curvature were positive.

    Newton's step leads to the critical point that is near, even to a saddle or a maximum; along an
    eigenvector of a negative eigenvalue this one leads away from it, as far.

    Maths
        −|H|⁻¹·g = −Σᵢ vᵢ·(vᵢ·g)/(|λᵢ| + d)        H = Σᵢ λᵢ·vᵢ·vᵢᵀ
    Shapes
        gradient n, hessian n×n  →  n              n ≥ 1
    Settings
        damping   d, added to the size of each eigenvalue: the step is shorter
    Errors
        ValueError   the Hessian is singular and there is no damping; or the gradient has not as
                     many numbers as it has rows; or the damping is negative
        and those of `symmetric_eigen`
    Laws
        its inner product with the gradient is negative, unless that is 0
        Newton's step, where the Hessian is positive definite
    Source
        Y. Dauphin et al., "Identifying and Attacking the Saddle Point Problem in High-Dimensional
        Non-Convex Optimization", NIPS 2014 (arXiv:1406.2572), algorithm 1, in all directions

    >>> saddle_free_newton([4.0, 4.0], [[2.0, 0.0], [0.0, -2.0]])
    [-2.0, -2.0]
    """
    zipped(gradient, hessian, ("the gradient", "the Hessian"))
    if exceeds(0, damping):
        raise ValueError(f"the damping is {shown(damping)}: give 0 or more")
    values, vectors = symmetric_eigen(hessian)
    sizes = [add(absolute(value), damping) for value in values]
    if not all(exceeds(size, 0) for size in sizes):
        raise ValueError("the Hessian is singular: give a damping > 0")
    shares = zip_with(lambda vector, size: divide(-dot(vector, gradient), size), vectors, sizes)
    return matvec(transpose(vectors), shares)


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
        nearer = Interval(max(where.low, step.low), min(where.high, step.high))
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
