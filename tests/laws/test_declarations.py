"""What a declaration lets an implementation return, and the words that say it."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import copysign, inf, isnan, nan
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.bounds import Bound, NoInformation, bound
from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.elementary import TRANSCENDENTAL, exp, log, relu
from funcnn.algebra.formats import (
    FORMATS,
    NEAREST,
    Format,
    bfloat16,
    binary16,
    binary32,
    binary64,
)
from funcnn.algebra.grids import Inexact, grid
from funcnn.algebra.profiles import Profile
from funcnn.algebra.scalars import total
from funcnn.algebra.vectors import dot
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.laws.declarations import (
    CONVENTIONS,
    DECLARATION,
    OURS,
    VALUES,
    Declaration,
    described,
    named,
    parse,
    spelled,
)

SUMS: Final = Format("sums", 4, -3, 3)
FLUSHES: Final[dict[str, Any]] = {"flush_results": True, "flush_inputs": True}
CASTS: Final = (
    (SUMS, Format("narrow", 2, -2, 3)),
    (SUMS, Format("narrow", 2, -2, 3, rounding="toward zero")),
    (SUMS, Format("narrow", 2, -2, 3, rounding="nearest away")),
    (SUMS, Format("short", 4, -1, 3)),
    (SUMS, Format("small", 4, -3, 1)),
    (SUMS, Format("coarse", 3, -5, 4)),
    (SUMS, Format("wide", 5, -5, 4)),
    (replace(SUMS, **FLUSHES), Format("narrow", 2, -2, 3, **FLUSHES)),
    (replace(SUMS, **FLUSHES), Format("late", 2, -2, 3, tininess="before rounding", **FLUSHES)),
    (replace(SUMS, **FLUSHES), Format("wide", 5, -5, 4, **FLUSHES)),
)


def numbers(form: Format) -> list[float]:
    """All that are finite, but for −0.0."""
    decoded = {form.decode(pattern) for pattern in range(1 << form.bits)}
    return sorted(number for number in decoded if abs(number) <= form.largest)


def casts(before: Format, after: Format, number: float) -> set[float]:
    """What a cast may give: where flushing is declared, it is done or is not."""
    read = (number, before.flushed(number))
    ways = (after, replace(after, flush_results=False))
    return {way.round(value) for value, way in product(read, ways)}


@pytest.mark.parametrize(("sums", "outputs"), CASTS, ids=lambda form: form.name)
def test_a_bound_holds_after_the_cast_and_no_smaller_one_does(
    sums: Format, outputs: Format
) -> None:
    declaration, every, largest_share = Declaration(sums, sums, outputs), numbers(sums), 0.0
    for value, radius in product(every, (0.0, 0.0625, 0.25, 1.0)):
        y, r = dyadic(value), dyadic(radius)
        certificate = Bound(y, r, abs(y) + r, declaration.profile)
        if abs(value) + radius > outputs.largest:
            with pytest.raises(NoInformation, match=f"^a cast to {outputs.name} may overflow$"):
                declaration.admits(certificate, value)
            continue
        near = [number for number in every if abs(number - value) <= radius]
        for number in {cast for number in near for cast in casts(sums, outputs, number)}:
            assert declaration.admits(certificate, number), (value, radius, number)
            largest_share = max(largest_share, declaration.share(certificate, number))
    step = sums.smallest_subnormal / outputs.smallest_subnormal
    assert largest_share >= (1 if outputs.rounding in NEAREST else 1 - step)


@pytest.mark.parametrize(("inputs", "sums"), CASTS, ids=lambda form: form.name)
def test_an_input_is_within_its_bound_however_it_is_cast_and_read(
    inputs: Format, sums: Format
) -> None:
    declaration = Declaration(inputs, sums, sums, {"exp": 2})
    for eighths in range(-28, 29):
        number = eighths / 8 + 1 / 64
        certificate = declaration.read(number)
        assert certificate.profile == declaration.profile
        for value in casts(binary64, inputs, number):
            assert all(certificate.admits(cast) for cast in casts(inputs, sums, value))


def test_what_needs_no_cast_is_left_as_it_is() -> None:
    declaration = parse("float32,exp=2,flush")
    certificate = bound(0.1, declaration.profile)
    tiny = bound(2.0**-126, declaration.profile) + certificate * 0
    assert declaration.read(0.1) == certificate and declaration.returned(certificate) == certificate
    assert declaration.returned(tiny) == tiny
    assert declaration.share(certificate, nan) == declaration.share(certificate, inf) == inf
    mixed = parse("bfloat16,sums=float32")
    half = relu(mixed.read(0.5))
    assert (mixed.share(half, 0.5), mixed.admits(half, 0.501953125)) == (0, False)


def test_bfloat16_summed_in_float32_is_cast_once() -> None:
    mixed = parse("bfloat16,sums=float32")
    ones = [mixed.read(1.0)] * 300
    certificate = dot(ones, ones)
    assert not certificate.admits(301.0)
    assert [x for x in (298.0, 299.0, 301.0, 302.0) if mixed.admits(certificate, x)] == [299, 301]
    assert mixed.expected(total([mixed.read_exactly(1.0)] * 257)) == 256


def test_an_exact_result_is_rounded_once_from_its_value() -> None:
    declaration, twice = Declaration(outputs=bfloat16), 1 + 2.0**-8 + 2.0**-40
    assert declaration.expected(declaration.read_exactly(twice)) == 1.0078125
    assert bfloat16.round(binary32.round(twice)) == 1
    assert DECLARATION.expected(grid(-0.1, binary64)) == -0.1


def test_a_cast_that_overflows_or_may_flush_tells_nothing() -> None:
    narrow = Declaration(outputs=binary16)
    assert narrow.expected(grid(65519, binary64)) == 65504
    with pytest.raises(NoInformation, match="^a cast of 65520.0 to float16 overflows$"):
        narrow.expected(grid(65520, binary64))
    tiny, flushing = grid(2.0**-15, binary64), parse("float16,sums=float64,flush")
    assert narrow.expected(tiny) == 2.0**-15
    assert (flushing.expected(tiny * 2), flushing.expected(tiny * 0)) == (2.0**-14, 0)
    with pytest.raises(NoInformation, match="^a cast of .* to float16 may be flushed$"):
        flushing.expected(tiny)


def test_an_exact_input_is_one_that_both_formats_hold_and_neither_flushes() -> None:
    assert parse("float16,sums=float32").read_exactly(2.0**-24) == grid(2.0**-24, binary32)
    for words, number in (
        ("float16,sums=float32,flush", 2.0**-24),
        ("float16,sums=float32", 2049.0),
        ("float32,sums=float16", 2049.0),
    ):
        with pytest.raises(Inexact):
            parse(words).read_exactly(number)


def test_our_own_definitions_do_what_we_declare() -> None:
    assert isnan(relu(nan)) and OURS.nan == "propagates"
    assert copysign(1.0, relu(-0.0)) == 1 and OURS.negative_zero == "positive"
    query, unseen = [[1.0]], [[False]]
    attended = scaled_dot_product_attention((query, query, query, unseen))
    assert attended == [[0.0]] and OURS.masked == "zeros"
    with pytest.raises(ValueError, match="at least one term"):
        total([])
    with pytest.raises(ValueError, match="length"):
        dot([1.0], [1.0, 2.0])
    assert OURS.empty == OURS.mismatch == "raises"
    assert (OURS.inputs, OURS.sums, OURS.outputs, OURS.fused) == (binary64,) * 3 + (False,)


def flushed(form: Format) -> Format:
    return replace(form, **FLUSHES)


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    flush = draw(st.sampled_from([flushed, lambda form: form]))
    one, two, three = [flush(draw(st.sampled_from(FORMATS))) for _ in range(3)]
    names = st.sampled_from([function.__name__ for function in TRANSCENDENTAL])
    errors = st.integers(0, 9) | st.fractions(0, 9)
    asked = {name: draw(st.sampled_from([*VALUES[name].values()])) for name in CONVENTIONS}
    asked["fused"] = draw(st.sampled_from([None, False, True]))
    asked["grade"] = draw(st.sampled_from(["componentwise", "normwise"]))
    return Declaration(one, two, three, draw(st.dictionaries(names, errors)), **asked)


@given(declarations())
def test_what_is_spelled_is_parsed_to_the_same(declaration: Declaration) -> None:
    again = parse(spelled(declaration))
    assert again == declaration and hash(again) == hash(declaration)
    assert spelled(again) == spelled(declaration)
    assert "\n" not in described(declaration)


@given(declarations())
def test_words_change_what_they_name_and_nothing_else(base: Declaration) -> None:
    assert parse("", base) == parse(" , ", base) == base
    changed = parse("nan=any, exp=2,normwise,unfused", base)
    ulps = {**base.ulps, "exp": 2}
    assert changed == replace(base, ulps=ulps, nan=None, fused=False, grade="normwise")
    assert parse("gradual,float64", base).profile == Profile(binary64, base.ulps)
    assert parse("flush,sums=half", base).sums == flushed(binary16)
    reading = replace(base, sums=replace(binary32, flush_inputs=True))
    assert parse("", reading) == reading


def test_a_format_alone_is_that_of_all_that_no_other_word_names() -> None:
    for name, form in VALUES["sums"].items():
        assert parse(name) == Declaration(form, form, form)
    assert parse("sums=float32,bfloat16") == Declaration(bfloat16, binary32, bfloat16)
    assert parse("outputs=half", parse("float32,flush")) == Declaration(
        flushed(binary32), flushed(binary32), flushed(binary16)
    )
    assert [named(form) for form in FORMATS[:3]] == ["float64", "float32", "float16"]
    assert named(SUMS) == "sums"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("flaot32", "no word 'flaot32': use float64, .*, flush, .*; or, with a value, inputs=, "),
        ("fused=yes", "no word 'fused=yes': use "),
        ("sums", "sums is '': use float64, "),
        ("sums=float31", "sums is 'float31': use float64, .* or half"),
        ("masked=zero", "masked is 'zero': use zeros, nan or any"),
        ("mismatch=", "mismatch is '': use raises or any"),
        ("float32,half", "'half' comes after a word of the same matter: leave one out"),
        ("fused,unfused", "'unfused' comes after"),
        ("exp=1,exp=1", "'exp=1' comes after"),
        ("exp=1/0", "exp is '1/0': give its error in ulps, as 2 or 1/2"),
        ("exp=-1", "exp is '-1': give"),
        ("exp=1e999999999", "exp is '1e999999999': give"),
        ("exp", "exp is '': give"),
    ],
)
def test_a_word_that_says_nothing_is_told_with_those_that_do(words: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        parse(words)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_declared_or_spelled_is_an_error() -> None:
    wrong: tuple[dict[str, Any], ...] = ({"nan": "any"}, {"grade": None}, {"ulps": {"relu": 1}})
    for settings in wrong:
        with pytest.raises(ValueError, match=": use one of|: give 0 or more"):
            Declaration(**settings)
    for form in (SUMS, replace(binary32, rounding="up"), replace(binary32, flush_inputs=True)):
        with pytest.raises(ValueError, match="is a format of your own: use one that has a name$"):
            spelled(Declaration(form, form, form))


def test_a_declaration_is_described_in_one_line() -> None:
    silent = "not asked: NaN, −0.0, masked rows, empty sums, lengths that differ"
    plain = "float64 in, summed and out; exp within 3 ulps, sigmoid 8"
    assert described(DECLARATION) == f"{plain}; {silent}"
    assert described(OURS) == (
        f"{plain}; unfused; NaN: propagates, −0.0: positive, masked rows: zeros, "
        "empty sums: raises, lengths that differ: raises"
    )
    words = "bfloat16,sums=float32,exp=1,log=1/2,tanh=1,sigmoid=1,erf=1,sin=1,cos=1,flush,normwise"
    assert described(parse(words)) == (
        f"bfloat16 in, summed in float32, bfloat16 out; exp within 1 ulp, log 1/2; "
        f"flush, normwise; {silent}"
    )
    errors = parse(words).profile
    assert (errors.error(exp), errors.error(log)) == (1, Fraction(1, 2))
