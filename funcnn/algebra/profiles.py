"""Profiles: the arithmetic that an implementation declares, and what an operation may lose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.dyadics import Dyadic
from funcnn.algebra.elementary import TRANSCENDENTAL
from funcnn.algebra.formats import NEAREST, Format, binary64

LIBRARY: Final = {"sigmoid": 8}
"""The errors, in ulps, of functions that are no function of C."""


@dataclass(frozen=True)
class Profile:
    """What an implementation declares: its format, and by how many ulps its functions may err.

    + − × ÷ and the square root are rounded once, as the format says. Of exp, log, tanh, erf, sin
    and cos the error is at most 3 ulps of the result, as of C libraries, and of sigmoid 8, which is
    made of an exp, a sum and a quotient, unless `ulps` says otherwise.

    Errors
        ValueError   `ulps` is negative, or of another function
    Source
        B. Gladman, V. Innocente, P. Zimmermann, "Accuracy of Mathematical Functions in Single,
        Double, Extended Double and Quadruple Precision", hal-03141101 (2021)

    >>> from funcnn.algebra.elementary import exp, log
    >>> Profile(binary64, {"exp": Fraction(1, 2)}).error(exp), Profile().error(log)
    (Fraction(1, 2), 3)
    """

    format: Format = binary64
    ulps: Mapping[str, int | Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [function.__name__ for function in TRANSCENDENTAL]
        for name, error in self.ulps.items():
            if name not in known or error < 0:
                names = ", ".join(known)
                raise ValueError(f"{error} ulps of {name}: give 0 or more of one of {names}")

    def error(self, function: Callable[..., Any]) -> int | Fraction:
        """The error of a function, in ulps of its result."""
        return self.ulps.get(function.__name__, LIBRARY.get(function.__name__, 3))

    def __hash__(self) -> int:
        return hash((self.format, frozenset(self.ulps.items())))

    @property
    def quantum(self) -> Dyadic:
        """η, the least positive number."""
        return Dyadic(1, self.format.emin - self.format.precision + 1)

    @property
    def loss(self) -> Dyadic:
        """What one rounding may lose, in ulps: ½ to nearest, else 1."""
        return Dyadic(1, -1 if self.format.rounding in NEAREST else 0)

    @property
    def unit(self) -> Dyadic:
        """The share of a number that one rounding may lose: u to nearest, else 2u."""
        return Dyadic(1, 1 - self.format.precision) * self.loss

    @property
    def flush(self) -> Dyadic:
        """What one operation may lose by flushing to zero."""
        flushes = self.format.flush_results or self.format.flush_inputs
        return Dyadic(1, self.format.emin) if flushes else Dyadic(0)


PROFILE: Final = Profile()
"""Plain Python: binary64."""
