"""Formats: the floating-point numbers that hardware keeps, and the rounding of any number to them.

A format is a value: `replace(binary32, flush_results=True)`, of dataclasses, is another one.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import copysign, frexp, inf, isfinite, isinf, isnan, ldexp, nan
from typing import Final, Literal

from funcnn.algebra.dyadics import Dyadic, Rounding, dyadic, rounded, shifted, to_odd, top

NEAREST: Final = ("nearest even", "nearest away")
type Overflow = Literal["infinity", "nan", "saturate"]
"""What stands for a number that is too large."""

type Tininess = Literal["before rounding", "after rounding"]
"""When a number is compared to 2^emin, to flush it."""

HELD_BY_FLOATS: Final = "2 ≤ precision ≤ 53, emin - precision ≥ -1075, emin ≤ emax ≤ 1023"


@dataclass(frozen=True)
class Format:
    """The numbers ±m·2^(e − p + 1) of integers m < 2^p and e from emin to emax, kept as floats.

    Those with m < 2^(p − 1), which only emin needs, are subnormal. A sign is kept of zero too.
    Without infinities, the largest m at emax is NaN.

    Maths
        p = precision         u = 2^−p             |x| ≤ largest = (2 − 2^(1 − p))·2^emax
    Errors
        ValueError   a float cannot hold each of its numbers; it has no infinity to overflow to;
                     a setting is none of those there are
    Source
        IEEE 754-2019, 3.3 and 4.3; P. Micikevicius et al., "FP8 Formats for Deep Learning",
        arXiv:2209.05433 (2022)

    >>> toy = Format("toy", precision=3, emin=-1, emax=2)
    >>> toy.round(2.7), toy.largest, toy.smallest_subnormal, toy.round(100)
    (2.5, 7.0, 0.125, inf)
    """

    name: str
    precision: int
    emin: int
    emax: int
    infinities: bool = True
    rounding: Rounding = "nearest even"
    overflow: Overflow = "infinity"
    flush_results: bool = False
    flush_inputs: bool = False
    tininess: Tininess = "after rounding"

    def __post_init__(self) -> None:
        quantum = self.emin - self.precision + 1
        if not (2 <= self.precision <= 53 and -1074 <= quantum and self.emin <= self.emax <= 1023):
            raise ValueError(f"a float cannot hold {self.name}: {HELD_BY_FLOATS}")
        if not self.infinities and self.overflow == "infinity":
            raise ValueError(f'{self.name} has no infinity: let overflow be "nan" or "saturate"')
        for setting, known in (
            (self.rounding, Rounding),
            (self.overflow, Overflow),
            (self.tininess, Tininess),
        ):
            if setting not in known.__value__.__args__:
                raise ValueError(f"no {known} {setting!r}: use one of {known.__value__.__args__}")

    @cached_property
    def largest(self) -> float:
        """The largest finite number."""
        unused = 1 if self.infinities else 2
        return ldexp(2**self.precision - unused, self.emax - self.precision + 1)

    @cached_property
    def smallest_normal(self) -> float:
        """2^emin, the least positive number that is not subnormal."""
        return ldexp(1.0, self.emin)

    @cached_property
    def smallest_subnormal(self) -> float:
        """η, the least positive number, and the distance between subnormal ones."""
        return ldexp(1.0, self.emin - self.precision + 1)

    def round(self, number: int | float | Fraction | Dyadic) -> float:
        """The number of the format that any real number is rounded to, once.

        Maths
            the nearest, of two as near the even one; else as `rounding` says
            beyond the largest, after rounding to p bits: as `overflow` says, unless `rounding`
            leads back to the largest
            below 2^emin: 0 if `flush_results`, before or after rounding to p bits (`tininess`)
            NaN to NaN; ±∞ as `overflow` says

        >>> binary16.round(Fraction(1, 3)), bfloat16.round(1 + 2**-8 + 2**-40)
        (0.333251953125, 1.0078125)
        >>> float8_e4m3fn.round(464), float8_e4m3fn.round(465), binary16.round(-1e-30)
        (448.0, nan, -0.0)
        """
        if isinstance(number, float) and (number == 0 or not isfinite(number)):
            return self.special(number)
        if isinstance(number, Fraction):
            number = to_odd(number.numerator, number.denominator, self.precision + 2)
        return self.round_dyadic(dyadic(number))

    def round_dyadic(self, x: Dyadic) -> float:
        """What `round` does with a dyadic; 0 has no sign.

        >>> binary16.round_dyadic(Dyadic(2**12 + 1, 0))
        4096.0
        """
        if not x:
            return 0.0
        quantum = max(top(x), self.emin + 1) - self.precision
        integer = shifted(x.integer, quantum - x.exponent, self.rounding)
        if integer.bit_length() + quantum > self.emax + 1:
            return self._overflowed(x)
        value = ldexp(integer, quantum)
        if not self.infinities and abs(value) > self.largest:
            return self._overflowed(x)
        if not integer or (self.flush_results and self._is_tiny(x)):
            return -0.0 if x.integer < 0 else 0.0
        return value

    def special(self, value: float) -> float:
        """What `round` does with ±0, ±∞ and NaN.

        >>> float8_e4m3fn.special(inf), float8_e5m2.special(inf), binary16.special(-0.0)
        (nan, inf, -0.0)
        """
        if not isinf(value) or self.overflow == "infinity":
            return value
        return nan if self.overflow == "nan" else copysign(self.largest, value)

    def _overflowed(self, x: Dyadic) -> float:
        outward = "up" if x.integer > 0 else "down"
        leaves = self.rounding in (*NEAREST, "away from zero", outward)
        limit = self.special(inf) if leaves else self.largest
        return limit if x.integer > 0 else -limit

    def _is_tiny(self, x: Dyadic) -> bool:
        after = self.tininess == "after rounding"
        return top(rounded(x, self.precision, self.rounding) if after else x) <= self.emin

    def flushed(self, value: float) -> float:
        """A number as an operation reads it: 0 for a subnormal one, if inputs are flushed.

        >>> replace(binary16, flush_inputs=True).flushed(2.0**-20), binary16.flushed(2.0**-20)
        (0.0, 9.5367431640625e-07)
        """
        tiny = self.flush_inputs and abs(value) < self.smallest_normal
        return copysign(0.0, value) if tiny else value

    def holds(self, x: Dyadic) -> bool:
        """Whether a dyadic is one of the numbers, and none that is flushed.

        >>> binary16.holds(Dyadic(2049)), binary16.holds(Dyadic(2050))
        (False, True)
        """
        return self._fits(x) and not (self.flush_results and x and top(x) <= self.emin)

    def __contains__(self, value: int | float | Dyadic) -> bool:
        if isinstance(value, float) and not isfinite(value):
            return isnan(value) or self.infinities
        return self._fits(dyadic(value))

    def _fits(self, x: Dyadic) -> bool:
        if not x:
            return True
        above, last = top(x), x.exponent + (x.integer & -x.integer).bit_length() - 1
        if above - last > self.precision or last < self.emin - self.precision + 1:
            return False
        return above <= self.emax or abs(x) <= dyadic(self.largest)

    def ulp(self, value: float) -> float:
        """The distance to the next number away from zero, at any float. ∞ at ±∞.

        >>> binary16.ulp(1.0), binary16.ulp(0.0) == binary16.smallest_subnormal
        (0.0009765625, True)
        """
        if not isfinite(value):
            return abs(value)
        return ldexp(1.0, self._exponent(value) - self.precision + 1)

    def _exponent(self, value: float) -> int:
        return max(frexp(value)[1] - 1, self.emin) if value else self.emin

    def next_up(self, value: float) -> float:
        """The next larger number. Above the largest: as `overflow` says.

        Errors
            ValueError   the value is no number of the format
        Source
            IEEE 754-2019, 5.3.1, nextUp

        >>> binary16.next_up(1.0), binary16.next_up(65504.0), float8_e4m3fn.next_up(448.0)
        (1.0009765625, inf, nan)
        """
        self._demand(value)
        if isnan(value) or value == inf:
            return value
        if value == -inf:
            return -self.largest
        half_step = Dyadic(1, self.emin - self.precision)
        upward = replace(self, rounding="up", flush_results=False)
        return upward.round_dyadic(dyadic(value) + half_step)

    def next_down(self, value: float) -> float:
        """The next smaller number.

        >>> bfloat16.next_down(1.0), binary16.next_down(-65504.0)
        (0.99609375, -inf)
        """
        return -self.next_up(-value)

    def _demand(self, value: float) -> None:
        if value not in self:
            raise ValueError(f"{value} is no number of {self.name}: round it first")

    @property
    def bits(self) -> int:
        """How many bits a number takes: a sign, the exponent, and p − 1.

        >>> [number_format.bits for number_format in FORMATS]
        [64, 32, 16, 16, 8, 8]
        """
        return self.precision + (self.emax - self.emin + 1 + self.infinities).bit_length()

    @property
    def _past(self) -> int:
        """the pattern after those of all finite numbers that are not negative"""
        return (self.emax - self.emin + 2) << (self.precision - 1)

    def decode(self, pattern: int) -> float:
        """The number that a bit pattern stands for.

        Errors
            ValueError   it has too many bits

        >>> binary16.decode(0x3555), float8_e4m3fn.decode(0x7F), float8_e4m3fn.decode(0xFE)
        (0.333251953125, nan, -448.0)
        """
        if not 0 <= pattern < 1 << self.bits:
            raise ValueError(f"{pattern:#x} is no pattern of {self.bits} bits")
        trailing = self.precision - 1
        negative, size = divmod(pattern, 1 << (self.bits - 1))
        sign = -1.0 if negative else 1.0
        if size >= self._past:
            return copysign(inf if self.infinities and size == self._past else nan, sign)
        field, fraction = divmod(size, 1 << trailing)
        integer = fraction + (1 << trailing if field else 0)
        value = ldexp(integer, max(field, 1) - 1 + self.emin - trailing)
        return copysign(value if value <= self.largest else nan, sign)

    def encode(self, value: float) -> int:
        """The bit pattern of a number; of NaN the positive quiet one.

        Errors
            ValueError   the value is no number of the format

        >>> hex(binary16.encode(-2.0)), hex(bfloat16.encode(nan)), hex(float8_e4m3fn.encode(nan))
        ('0xc000', '0x7fc0', '0x7f')
        """
        self._demand(value)
        trailing = self.precision - 1
        sign = (copysign(1.0, value) < 0) << (self.bits - 1)
        if isnan(value):
            return self._past | 1 << (trailing - 1) if self.infinities else self._past - 1
        if isinf(value):
            return sign | self._past
        exponent = self._exponent(value)
        integer = int(ldexp(abs(value), trailing - exponent))
        return sign | (((exponent - self.emin) << trailing) + integer)


binary64: Final = Format("binary64", 53, -1022, 1023)
binary32: Final = Format("binary32", 24, -126, 127)
binary16: Final = Format("binary16", 11, -14, 15)
bfloat16: Final = Format("bfloat16", 8, -126, 127)
float8_e4m3fn: Final = Format("float8_e4m3fn", 4, -6, 8, infinities=False, overflow="nan")
float8_e5m2: Final = Format("float8_e5m2", 3, -14, 15)

FORMATS: Final = (binary64, binary32, binary16, bfloat16, float8_e4m3fn, float8_e5m2)
