"""Seven products: matrices multiplied in quarters, what that counts, and how far it strays."""

from fractions import Fraction
from math import inf, log2
from operator import add, sub
from typing import Any, Final, NamedTuple

from funcnn.algebra.traces import Traced
from funcnn.algebra.trees import leaves
from funcnn.algebra.vectors import Matrix
from funcnn.diagnostics.operation_counts import operations_of
from funcnn.fast.exact import FixedRows, absolute_matmul, exact_matmul
from funcnn.laws.algorithms import Product, quarters, side_by_side

STRASSEN: Final = 18
WINOGRAD: Final = 15
"""The additions of quarters that go with their seven products."""

UNIT: Final = Fraction(1, 2**53)
"""A float's unit roundoff."""


def in_seven(times: Product, left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    """The product of two matrices of even sides, by seven products of quarters and 15 additions.

    Laws
        in_seven(matmul, A, B) == matmul(A, B)                       over exact numbers
    Source
        S. Winograd, "On Multiplication of 2×2 Matrices", Linear Algebra and its Applications 4
        (1971)

    >>> from funcnn.algebra.vectors import matmul
    >>> in_seven(matmul, [[1, 2], [3, 4]], [[5, 6], [7, 8]])
    [[19, 22], [43, 50]]
    """
    (a, b, c, d), (e, f, g, h) = quarters(left), quarters(right)
    s1, t1 = _plus(c, d), _minus(f, e)
    s2, t2 = _minus(s1, a), _minus(h, t1)
    s4, t4 = _minus(b, s2), _minus(t2, g)
    first, middle = times(a, e), times(s1, t1)
    shared = _plus(first, times(s2, t2))
    lower = _plus(shared, times(_minus(a, c), _minus(h, f)))
    upper = _plus(_plus(shared, middle), times(s4, h))
    return [
        *side_by_side(_plus(first, times(b, g)), upper),
        *side_by_side(_minus(lower, times(d, t4)), _plus(lower, middle)),
    ]


def _plus(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    return [[*map(add, xs, ys)] for xs, ys in zip(left, right, strict=True)]


def _minus(left: Matrix[Any], right: Matrix[Any]) -> list[list[Any]]:
    return [[*map(sub, xs, ys)] for xs, ys in zip(left, right, strict=True)]


def operations(size: int) -> int:
    """The multiplications and additions of the product of two square matrices.

    Maths
        2n³ − n²

    >>> operations(2)
    12
    """
    return 2 * size**3 - size**2


def operations_in_seven(size: int, additions: int = WINOGRAD) -> int:
    """Those by seven products of quarters, and so many additions of them.

    Maths
        7·(2(n/2)³ − (n/2)²) + a·(n/2)²

    >>> [operations_in_seven(n) - operations(n) for n in (10, 12, 14)]
    [50, 0, -98]
    """
    half = size // 2
    return 7 * operations(half) + additions * half**2


def crossover(additions: int) -> int:
    """The least even size at which seven products and so many additions are fewer operations.

    >>> crossover(STRASSEN), crossover(WINOGRAD)
    (16, 14)
    """
    size = 2
    while operations_in_seven(size, additions) >= operations(size):
        size += 2
    return size


def counted(product: Product, size: int) -> int:
    """The operations of a product of square matrices of two or more rows, counted as it is done.

    >>> from funcnn.algebra.vectors import matmul
    >>> counted(matmul, 4) == operations(4)
    True
    """
    left, right = ([[Traced(1.0) for _ in range(size)] for _ in range(size)] for _ in range(2))
    return operations_of([*leaves(product(left, right))])


def recursive_crossover() -> float:
    """The size from which on Winograd's form, recursive to single numbers, has fewer operations
    than 2n³.

    Maths
        6·n^log₂7 − 5n² = 2n³

    >>> round(recursive_crossover())
    286
    """
    low, high = 2.0, 2.0**20
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        is_less = 6 * middle ** log2(7) - 5 * middle**2 < 2 * middle**3
        low, high = (low, middle) if is_less else (middle, high)
    return high


def least_operations(size: int) -> int:
    """The operations of a product whose side is a power of two, in quarters while these are fewer.

    >>> least_operations(8) == operations(8), least_operations(16) == operations_in_seven(16)
    (True, True)
    """
    if size == 1:
        return 1
    return min(operations(size), 7 * least_operations(size // 2) + WINOGRAD * (size // 2) ** 2)


class Error(NamedTuple):
    """How far a product strays at worst, in what one of each kind may stray."""

    by_entry: float
    """Each number by n·u·(|A|·|B|): at most 1 of sums of products, in any order."""
    by_norm: float
    """All by Higham's bound of Winograd's form, once quartered."""
    zeros: int
    """How many numbers that are 0 come out as 0."""


def error_of(product: Product, left: Matrix[float], right: Matrix[float]) -> Error:
    """How far the product of two square matrices strays from the exact one.

    Maths
        |ĉ − c| ≤ n·u·Σ|a|·|b|                     of each entry
        max|ĉ − c| ≤ (18·(m² + 6m) − 6n)·u·max|a|·max|b|             m = n/2
    Source
        N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, chapter
        23, to the first order in u; the other, C. Jeannerod, S. Rump, "Improved Error Bounds for
        Inner Products in Floating-Point Arithmetic", SIAM J. Matrix Analysis 34 (2013)

    >>> from funcnn.algebra.vectors import matmul
    >>> error_of(matmul, [[0.5, 0.0], [0.0, 0.5]], [[1.0, 0.0], [0.0, 1.0]])
    Error(by_entry=0.0, by_norm=0.0, zeros=2)
    """
    exact, sizes = _numbers(exact_matmul(left, right)), _numbers(absolute_matmul(left, right))
    found = [*map(Fraction, leaves(product(left, right)))]
    off = [abs(one - other) for one, other in zip(found, exact, strict=True)]
    size, half = len(left), len(left) // 2
    largest = Fraction(max(map(abs, leaves(left)))) * Fraction(max(map(abs, leaves(right))))
    bound = (18 * (half**2 + 6 * half) - 6 * size) * UNIT * largest
    by_entry = [_part(error, size * UNIT * whole) for error, whole in zip(off, sizes, strict=True)]
    zeros = sum(one == other == 0 for one, other in zip(found, exact, strict=True))
    return Error(max(by_entry), float(max(off) / bound), zeros)


def _numbers(rows: FixedRows) -> list[Fraction]:
    """the numbers of a matrix, one after another"""
    pairs = zip(rows.integers, rows.exponents, strict=True)
    return [Fraction(2) ** exponent * integer for row, exponent in pairs for integer in row]


def _part(error: Fraction, bound: Fraction) -> float:
    if not bound:
        return inf if error else 0.0
    return float(error / bound)


def graded(matrix: Matrix[float]) -> list[list[float]]:
    """The matrix, each row half as large as if it stood one higher.

    >>> graded([[1.0], [1.0], [1.0]])
    [[1.0], [0.5], [0.25]]
    """
    return [[2.0**-index * number for number in row] for index, row in enumerate(matrix)]


def without_rows(matrix: Matrix[float]) -> list[list[float]]:
    """The matrix, the numbers of the last quarter of its rows all 0.

    >>> without_rows([[1.0], [1.0], [1.0], [1.0]])
    [[1.0], [1.0], [1.0], [0.0]]
    """
    kept = len(matrix) - len(matrix) // 4
    return [[number * (index < kept) for number in row] for index, row in enumerate(matrix)]


FORTY_EIGHT: Final = 11.65625
"""What n^log₄48 is multiplied by in the operations of 4×4 blocks by 48 products."""


def crossover_of_48(leading: float, exponent: float) -> float:
    """The size from which on 48 products of 4×4 blocks, over the rationals and recursive, are fewer
    operations than so many times a power of the size: by their leading terms.

    Maths
        11.65625·n^log₄48 = c·n^e
    Source
        J.-G. Dumas, C. Pernet, A. Sedoglavic, "A Non-Commutative Algorithm for Multiplying 4×4
        Matrices Using 48 Non-Complex Multiplications", arXiv:2506.13242 (2025)

    >>> f"{crossover_of_48(6, log2(7)):.1e}, {crossover_of_48(2, 3):.0f}"
    '2.5e+19, 4886'
    """
    return float((FORTY_EIGHT / leading) ** (1 / (exponent - log2(48) / 2)))
