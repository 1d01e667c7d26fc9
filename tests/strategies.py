"""What the tests draw, small so that they are quick, and what they may blame on rounding."""

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

fractions = st.builds(Fraction, st.integers(-9, 9), st.integers(1, 6))
finite_floats = st.floats(-1e6, 1e6)


def vectors[T](length: int, numbers: SearchStrategy[T]) -> SearchStrategy[list[T]]:
    return st.lists(numbers, min_size=length, max_size=length)


def matrices[T](
    rows: int, columns: int, numbers: SearchStrategy[T]
) -> SearchStrategy[list[list[T]]]:
    return vectors(rows, vectors(columns, numbers))


LIBM: Final = 6
"""Roundings in one exp, log, tanh, erf or cos: C libraries keep within three last places
(B. Gladman et al., "Accuracy of Mathematical Functions in Single, Double … Precision",
hal-03141101)."""

PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def true_erf(x: Decimal) -> Decimal:
    """2/√π · Σ (−1)ⁿ·x²ⁿ⁺¹/(n!·(2n + 1)), whose terms have vanished after 200 if |x| < 6."""
    with localcontext(prec=80):
        term, series = x, x
        for n in range(1, 200):
            term = -term * x * x / n
            series += term / (2 * n + 1)
        return 2 * series / PI.sqrt()


def roundings(count: float) -> float:
    """γ = nu/(1 − nu): relative to the truth, what n roundings of a float can do.

    N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, lemma 3.1
    """
    units = count * 2.0**-53
    return units / (1 - units)
