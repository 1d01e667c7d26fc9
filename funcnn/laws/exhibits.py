"""Exhibits: what shows a person that a function is wrong: a call to run, and the exact result."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, Final

from funcnn.algebra.bounds import Bound, bound
from funcnn.algebra.trees import Tree, is_leaf, leaves, tree_map
from funcnn.laws.calls import Broken, Call, Refused, Returned
from funcnn.laws.findings import fits
from funcnn.laws.judging import Counterexample
from funcnn.laws.subjects import Subject
from funcnn.laws.values import run

COLUMN: Final = 40
"""Where it stands whose result it is."""

LONGEST: Final = 60
"""How many characters a result may have that is shown whole."""

FIRST: Final = 500
"""How many characters of a call are shown, if it is longer than twice as many."""


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact result, of fractions; or one of numbers that have none, to about 20 digits."""

    result: Tree
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A call as a person would run it, its answer, and what is exact."""

    snippet: str
    found: Counterexample
    exact: Exact | None

    def __str__(self) -> str:
        lines = [cut(line) for line in self.snippet.splitlines()]
        return "\n".join([*lines, *results(self.found, self.exact)])


def exact_result(subject: Subject, call: Call) -> Exact | None:
    """What is exact: as fractions if the definition has them, else nearly; None if it is nothing.

    >>> from funcnn.algebra.elementary import exp
    >>> from funcnn.algebra.vectors import dot
    >>> exact_result(Subject("dot", dot, ()), Call("dot", ([0.5], [0.5]))).result
    Fraction(1, 4)
    >>> nearly = exact_result(Subject("exp", exp, ()), Call("exp", (1.0,)))
    >>> decimal(nearly.result, 20), nearly.is_near
    ('2.7182818284590452354', True)
    """
    if not all(map(isfinite, leaves(call.arguments))):
        return None
    for number, is_near in ((Fraction, False), (bound, True)):
        try:
            result = run(subject.definition, number, call)
            return Exact(tree_map(_value, result), is_near)
        except (TypeError, ValueError, ArithmeticError):
            pass
    return None


def _value(leaf: Any) -> Any:
    if isinstance(leaf, Bound):
        return Fraction(*leaf.value.as_integer_ratio())
    return leaf if isinstance(leaf, int) else Fraction(leaf)


def decimal(number: Any, digits: int = 17) -> str:
    """A number in decimals: as the nearest float is written, or to so many digits.

    >>> decimal(Fraction(1, 10)), decimal(Fraction(1, 3), 20), decimal(Fraction(10) ** 400)
    ('0.1', '0.33333333333333333333', '1.0000000000000000E+400')
    """
    if isinstance(number, (int, float)):
        return str(number)
    if digits == 17 and _is_float_sized(number):
        return repr(float(number))
    return str(Context(digits).divide(Decimal(number.numerator), Decimal(number.denominator)))


def _is_float_sized(number: Fraction) -> bool:
    size = number.numerator.bit_length() - number.denominator.bit_length()
    return not number or -1000 < size < 1000


def results(found: Counterexample, exact: Exact | None) -> list[str]:
    """Lines: what was answered, and what is exact; of what is long the number that is wrong.

    >>> from funcnn.laws.findings import Fails
    >>> call, exact = Call("dot", ([1.0], [0.5])), Exact([Fraction(1, 2), Fraction(1, 3)])
    >>> found = Counterexample(call, Returned([0.5, 0.75]), Fails("", place=1))
    >>> print(*results(found, exact), sep="\\n")
    [0.5, 0.75]                             yours
    [0.5, 0.3333333333333333]               exact: 1/3 at [1]
    """
    place = None
    match found.answer:
        case Returned(value):
            place = found.failure.place if not exact or fits(value, exact.result) else None
            mine = shown(value, place)
        case Refused(kind, message):
            told = f"{kind}: {message}".removesuffix(": ")
            mine = told if len(told) <= LONGEST else f"{told[:LONGEST]}…"
        case Broken(why):
            mine = f"({why})"
    if not exact:
        return [beside(mine, "yours")]
    return [beside(mine, "yours"), beside(shown(exact.result, place), whose(exact, place))]


def shown(tree: Tree, place: int | None) -> str:
    """A result as Python writes it, or if that is long the number at a place of it alone.

    >>> shown([Fraction(1, 2), 0.25], 1), shown([[0.5] * 3] * 9, 25)
    ('[0.5, 0.25]', '…[8][1]: 0.5')
    """
    text = written(tree)
    if len(text) <= LONGEST:
        return text
    if place is None:
        return f"{text[:LONGEST]}…"
    return f"…{path(tree, place)}: {decimal([*leaves(tree)][place])}"


def written(tree: Tree) -> str:
    """A result as Python writes it, its numbers in decimals.

    >>> written(([Fraction(1, 2)], 3))
    '([0.5], 3)'
    """
    if is_leaf(tree):
        return decimal(tree)
    first, last = "()" if isinstance(tree, tuple) else "[]"
    return f"{first}{', '.join(map(written, tree))}{last}"


def whose(exact: Exact, place: int | None) -> str:
    """What is said beside an exact result.

    >>> whose(Exact([Fraction(1, 3), Fraction(1, 2**150)]), 1)
    'exact: 0x1.0000000000000p-150 at [1]'
    """
    numbers = [*leaves(exact.result)]
    if len(numbers) == 1:
        return f"exact: {spelled(numbers[0], exact.is_near)}"
    if place is None:
        return "exact"
    return f"exact: {spelled(numbers[place], exact.is_near)} at {path(exact.result, place)}"


def spelled(number: Any, is_near: bool) -> str:
    """A number as a fraction; if that is long, as a float in hexadecimals; if near, in decimals.

    >>> spelled(Fraction(1), False), spelled(3, False), spelled(Fraction(1, 3), True)
    ('1/1', '3', '≈ 0.33333333333333333333')
    """
    if isinstance(number, int):
        return str(number)
    if is_near:
        return f"≈ {decimal(number, 20)}"
    text = f"{number.numerator}/{number.denominator}"
    if len(text) <= COLUMN:
        return text
    return float(number).hex() if _is_float_sized(number) else decimal(number)


def path(tree: Tree, place: int) -> str:
    """The indices that lead to the leaf at a place, counted from the left.

    >>> path([[1, 2], [3, 4]], 2), path(5, 0)
    ('[1][0]', '')
    """
    if is_leaf(tree):
        return ""
    for index, branch in enumerate(tree):
        count = sum(1 for _ in leaves(branch))
        if place < count:
            return f"[{index}]{path(branch, place)}"
        place -= count
    return ""


def beside(text: str, remark: str) -> str:
    """A result, and what is said of it.

    >>> beside("1.0", "yours")
    '1.0                                     yours'
    """
    return f"{text:<{COLUMN - 1}} {remark}" if len(text) < COLUMN else f"{text}  {remark}"


def why(found: Counterexample) -> str:
    """What is wrong, in a few words.

    >>> from funcnn.laws.findings import Fails
    >>> why(Counterexample(Call("dot", ()), Returned([float("nan")] * 2), Fails("nan for 1.0")))
    'NaN everywhere'
    """
    match found.answer:
        case Returned(value) if _is_nan([*leaves(value)]):
            return "NaN everywhere"
        case _:
            return found.failure.why


def _is_nan(numbers: Sequence[Any]) -> bool:
    return bool(numbers) and all(number != number for number in numbers)


def cut(line: str) -> str:
    """A line, without its middle if it is very long.

    >>> cut("x" * 12345)[495:]
    'xxxxx … 11,845 characters more: --json has all'
    """
    more = len(line) - FIRST
    return f"{line[:FIRST]} … {more:,} characters more: --json has all" if more > FIRST else line
