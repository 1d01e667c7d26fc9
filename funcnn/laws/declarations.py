"""Declarations: what an implementation says of its arithmetic, and what that lets it return."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any, Final, Literal

from funcnn.algebra.bounds import Bound, NoInformation, bound
from funcnn.algebra.dyadics import Dyadic, dyadic, top
from funcnn.algebra.elementary import TRANSCENDENTAL
from funcnn.algebra.formats import (
    Format,
    bfloat16,
    binary16,
    binary32,
    binary64,
    float8_e4m3fn,
    float8_e5m2,
)
from funcnn.algebra.grids import Grid, grid
from funcnn.algebra.profiles import Profile

type Nan = Literal["propagates", "ignored"]
"""What becomes of a NaN."""

type NegativeZero = Literal["kept", "positive"]
"""What relu makes of −0.0."""

type Masked = Literal["zeros", "nan"]
"""What a row gets that sees nothing."""

type Empty = Literal["zero", "raises", "nan"]
"""What the sum of nothing is."""

type Mismatch = Literal["raises"]
"""What becomes of lengths that do not fit."""

type Grade = Literal["componentwise", "normwise"]
"""Whether each entry is within its own bound, or only the whole within that of its norm."""

ROLES: Final = ("inputs", "sums", "outputs")

NAMES: Final[Mapping[str, Format]] = {
    "float64": binary64,
    "float32": binary32,
    "float16": binary16,
    "bfloat16": bfloat16,
    "float8_e4m3fn": float8_e4m3fn,
    "float8_e5m2": float8_e5m2,
    "binary64": binary64,
    "binary32": binary32,
    "binary16": binary16,
    "half": binary16,
}
"""What the formats are called; the first name of each is the one that is printed."""

CONVENTIONS: Final[Mapping[str, tuple[str, Any]]] = {
    "nan": ("NaN", Nan),
    "negative_zero": ("−0.0", NegativeZero),
    "masked": ("masked rows", Masked),
    "empty": ("empty sums", Empty),
    "mismatch": ("lengths that differ", Mismatch),
}
"""What each convention is about, and what there is to choose from."""

FUNCTIONS: Final = tuple(function.__name__ for function in TRANSCENDENTAL)

WORDS: Final[Mapping[str, tuple[str, Any]]] = {
    **{name: ("formats", number_format) for name, number_format in NAMES.items()},
    "flush": ("flush", True),
    "gradual": ("flush", False),
    "fused": ("fused", True),
    "unfused": ("fused", False),
    "componentwise": ("grade", "componentwise"),
    "normwise": ("grade", "normwise"),
}
"""The words that stand alone, and what they set."""

VALUES: Final[Mapping[str, Mapping[str, Any]]] = {
    **dict.fromkeys(ROLES, NAMES),
    **{
        name: {**{value: value for value in kind.__value__.__args__}, "any": None}
        for name, (_, kind) in CONVENTIONS.items()
    },
}
"""What may stand after a name and a sign of equality, and what it sets."""


@dataclass(frozen=True)
class Declaration:
    """What an implementation declares: its formats, its library's errors, and its conventions.

    It reads numbers of the format `inputs`, computes in `sums` all that is in between, and casts
    what it returns to `outputs`, once. A convention that is None is not asked for.

    Errors
        ValueError   `ulps` is negative, or of another function; there is no such convention

    >>> print(described(Declaration(bfloat16, binary32, bfloat16)))
    bfloat16 in, summed in float32, bfloat16 out; exp within 3 ulps, sigmoid 8; not asked: NaN, ...
    """

    inputs: Format = binary64
    sums: Format = binary64
    outputs: Format = binary64
    ulps: Mapping[str, int | Fraction] = field(default_factory=dict)
    fused: bool | None = None
    """Whether multiply-adds are fused, for the reader: bounds and grids hold with and without."""
    nan: Nan | None = None
    negative_zero: NegativeZero | None = None
    masked: Masked | None = None
    empty: Empty | None = None
    mismatch: Mismatch | None = None
    grade: Grade = "componentwise"

    def __post_init__(self) -> None:
        Profile(self.sums, self.ulps)
        known = {name: (None, *kind.__value__.__args__) for name, (_, kind) in CONVENTIONS.items()}
        for name, values in {**known, "grade": Grade.__value__.__args__}.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} is {getattr(self, name)!r}: use one of {values}")

    def __hash__(self) -> int:
        return hash((self.inputs, self.profile, self.outputs, self.grade))

    @cached_property
    def profile(self) -> Profile:
        """The arithmetic of all that is in between, as a bound knows it."""
        return Profile(self.sums, self.ulps)

    @cached_property
    def _ends(self) -> tuple[Profile, Profile]:
        """the arithmetic of the inputs' format, and of the outputs'"""
        return Profile(self.inputs, self.ulps), Profile(self.outputs, self.ulps)

    def read(self, number: float) -> Bound:
        """A number's bound, once it is cast to the inputs' format, and is read.

        >>> str(Declaration(inputs=replace(binary16, flush_inputs=True)).read(2.0**-20))
        '9.5367431640625e-07 ± 9.5e-07'
        """
        return _cast(bound(number, self._ends[0]), self.profile)

    def read_exactly(self, number: float) -> Grid:
        """An input as a grid's number.

        Errors
            Inexact      the inputs' format does not hold it, or the sums', or it may be flushed

        >>> float(Declaration(inputs=bfloat16).read_exactly(0.5))
        0.5
        """
        return grid(grid(number, self.inputs).value, self.sums)

    def returned(self, certificate: Bound) -> Bound:
        """A result's bound, once it is cast to the outputs' format.

        Maths
            let ŷ, the number that is cast, be within r of y, so that |ŷ| ≤ s = |y| + r. The cast
            gives a number within r + l of y, where l is the larger of
                ½·ulp(s) to nearest, else ulp(s)   for ulp(ŷ) ≤ ulp(s), as η ≤ ulp nowhere falls;
                                                   0 if it is sure that outputs hold ŷ
                min(s, 2^emin)                     if a ŷ below 2^emin may be flushed, to 0, and
                                                   there is one within r of y
        Errors
            NoInformation    the cast may overflow, or nothing was known before

        >>> rounded = Declaration(outputs=bfloat16)
        >>> third, half = rounded.read(1 / 3), rounded.read(0.5)
        >>> str(rounded.returned(third)), str(rounded.returned(half))
        ('0.3333333333333333 ± 0.00098', '0.5 ± 0')
        """
        return _cast(certificate, self._ends[1])

    def admits(self, certificate: Bound, number: float) -> bool:
        """Whether a number may have been returned for a result of such a bound."""
        return self.returned(certificate).admits(number)

    def share(self, certificate: Bound, number: float) -> float:
        """How much of the radius a returned number uses: 0 if exact, ∞ if it is not finite."""
        return self.returned(certificate).share(number)

    def expected(self, exact: Grid) -> float:
        """The one number that may be returned for a result without a rounding: it, cast once.

        Errors
            NoInformation    the cast overflows, or may flush

        >>> declaration = Declaration(outputs=bfloat16)
        >>> declaration.expected(declaration.read_exactly(257.0))
        256.0
        """
        number = self.outputs.round(exact.value)
        cast = f"a cast of {exact} to {named(self.outputs)}"
        if not isfinite(number):
            raise NoInformation(f"{cast} overflows")
        if 0 < abs(exact.value) < self._ends[1].flush:
            raise NoInformation(f"{cast} may be flushed")
        return number


def _cast(certificate: Bound, profile: Profile) -> Bound:
    before, after = certificate.profile, profile.format
    if before.format == after:
        return replace(certificate, profile=profile)
    value, radius = certificate.value, certificate.radius
    size = abs(value) + radius
    if size > dyadic(after.largest):
        raise NoInformation(f"a cast to {named(after)} may overflow")
    kept = _contains(after, before.format) or (not radius and value in after)
    ulp = max(Dyadic(1, top(size) - after.precision), profile.quantum)
    rounded = Dyadic(0) if kept else ulp * profile.loss
    least = max(before.flush, profile.flush)
    flushed = min(size, least) if abs(value) - radius < least else Dyadic(0)
    radius += max(rounded, flushed)
    return Bound(value, radius, abs(value) + radius, profile)


def _contains(wide: Format, narrow: Format) -> bool:
    """whether a format has all numbers of another, but for those that are too large"""
    finer = wide.emin - wide.precision <= narrow.emin - narrow.precision
    return finer and wide.precision >= narrow.precision


DECLARATION: Final = Declaration()
"""Plain Python: float64, and no convention is asked for."""

OURS: Final = Declaration(
    fused=False,
    nan="propagates",
    negative_zero="positive",
    masked="zeros",
    empty="raises",
    mismatch="raises",
)
"""What funcnn's own definitions declare, of floats."""


def parse(words: str, base: Declaration = DECLARATION) -> Declaration:
    """The declaration that words say, with commas between them; of the rest, `base`.

    A format's name alone is that of inputs, sums and outputs, unless another word says otherwise.

    Errors
        ValueError   there is no such word, or two say the same, or the contrary
    Laws
        parse(spelled(d)) == d

    >>> parse("bfloat16,sums=float32,exp=1/2") == Declaration(
    ...     bfloat16, binary32, bfloat16, {"exp": Fraction(1, 2)}
    ... )
    True
    >>> parse("masked=zero")
    Traceback (most recent call last):
    ValueError: masked is 'zero': use zeros, nan or any
    """
    found: dict[str, Any] = {}
    for word in filter(None, map(str.strip, words.split(","))):
        name, value = _setting(word)
        if name in found:
            raise ValueError(f"{word!r} comes after a word of the same matter: leave one out")
        found[name] = value
    alone, flush = found.pop("formats", None), found.pop("flush", None)
    for role in ROLES:
        before: Format = getattr(base, role)
        results = before.flush_results if flush is None else flush
        inputs = before.flush_inputs if flush is None else flush
        chosen = found.get(role, alone or before)
        found[role] = replace(chosen, flush_results=results, flush_inputs=inputs)
    errors = {name: found.pop(name) for name in FUNCTIONS if name in found}
    return replace(base, ulps={**base.ulps, **errors}, **found)


def _setting(word: str) -> tuple[str, Any]:
    """what a word sets, and to what"""
    name, sign, text = word.partition("=")
    if not sign and word in WORDS:
        return WORDS[word]
    if name in FUNCTIONS:
        if not re.fullmatch(r"\d+([.]\d+|/0*[1-9]\d*)?", text, re.ASCII):
            raise ValueError(f"{name} is {text!r}: give its error in ulps, as 2 or 1/2")
        return name, Fraction(text)
    if name in VALUES:
        if text not in VALUES[name]:
            raise ValueError(f"{name} is {text!r}: use {_listed(VALUES[name])}")
        return name, VALUES[name][text]
    names = _listed([f"{name}=" for name in (*VALUES, *FUNCTIONS)])
    raise ValueError(f"no word {word!r}: use {', '.join(WORDS)}; or, with a value, {names}")


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def named(number_format: Format) -> str:
    """What a format is called where people read it.

    >>> named(binary32), named(bfloat16)
    ('float32', 'bfloat16')
    """
    calls = [name for name, known in NAMES.items() if known.name == number_format.name]
    return calls[0] if calls else number_format.name


def spelled(declaration: Declaration) -> str:
    """The words that `parse` makes the declaration of.

    Errors
        ValueError   a format is none of those that have names

    >>> spelled(Declaration(binary32, binary32, bfloat16, {"exp": 1}, masked="nan"))
    'float32,outputs=bfloat16,exp=1,masked=nan'
    """
    flush = declaration.sums.flush_results
    for role in ROLES:
        _demand_name(getattr(declaration, role), flush)
    first, *others = _formats(declaration)
    roles = zip(ROLES[1:], others, strict=True)
    errors = {name: declaration.ulps.get(name) for name in FUNCTIONS}
    asked = {name: getattr(declaration, name) for name in CONVENTIONS}
    words = [
        first,
        *[f"{role}={name}" for role, name in roles if name != first],
        *[f"{name}={error}" for name, error in errors.items() if error is not None],
        *_flags(declaration),
        *[f"{name}={value}" for name, value in asked.items() if value is not None],
    ]
    return ",".join(words)


def described(declaration: Declaration) -> str:
    """The declaration as a line of a report.

    >>> print(described(Declaration(fused=True, masked="nan")))
    float64 in, summed and out; exp within 3 ulps, sigmoid 8; fused; masked rows: nan; not ...
    """
    inputs, sums, outputs = _formats(declaration)
    apart = f"{inputs} in, summed in {sums}, {outputs} out"
    errors = {function.__name__: declaration.profile.error(function) for function in TRANSCENDENTAL}
    others = [f", {name} {error}" for name, error in errors.items() if error != errors["exp"]]
    asked = {about: getattr(declaration, name) for name, (about, _) in CONVENTIONS.items()}
    silent = [about for about, value in asked.items() if value is None]
    parts = [
        f"{inputs} in, summed and out" if inputs == sums == outputs else apart,
        f"exp within {errors['exp']} ulp{'s' * (errors['exp'] > 1)}{''.join(others)}",
        ", ".join(_flags(declaration)),
        ", ".join(f"{about}: {value}" for about, value in asked.items() if value is not None),
        f"not asked: {', '.join(silent)}" if silent else "",
    ]
    return "; ".join(filter(None, parts))


def _demand_name(number_format: Format, flush: bool) -> None:
    known = NAMES.get(named(number_format))
    if not known or number_format != replace(known, flush_results=flush, flush_inputs=flush):
        raise ValueError(f"{number_format} is a format of your own: use one that has a name")


def _formats(declaration: Declaration) -> list[str]:
    return [named(getattr(declaration, role)) for role in ROLES]


def _flags(declaration: Declaration) -> list[str]:
    """the words that stand alone, of what is otherwise in plain Python"""
    plain = {"flush": False, "fused": None, "grade": "componentwise"}
    said = {name: getattr(declaration, name, declaration.sums.flush_results) for name in plain}
    return [
        word
        for word, (name, value) in WORDS.items()
        if name in plain and plain[name] != value == said[name]
    ]
