"""Kills: which law kills which mutant, and what guessed tolerances make of the same calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import starmap, takewhile
from typing import Any, Final, NamedTuple

from funcnn.algebra.bounds import Bound
from funcnn.algebra.formats import Format
from funcnn.algebra.trees import leaves
from funcnn.laws.all_laws import LAWS
from funcnn.laws.calls import Answer, Call, Returned
from funcnn.laws.declarations import Declaration, named, spelled
from funcnn.laws.findings import Fails, Law
from funcnn.laws.functions import subject
from funcnn.laws.judging import EXAMPLES, verdict
from funcnn.laws.machines import machine
from funcnn.laws.mistakes import MISTAKES
from funcnn.laws.mutations import FLOAT32, Mutant
from funcnn.laws.subjects import Subject
from funcnn.laws.values import run

COMPARED: Final = 60
"""How many calls of a law the tolerances are given; or more, if the law itself needs more."""

LONGEST: Final = 300
"""The longest axis of such a call."""

WIDTH: Final = 100
"""How many characters of a call the table shows."""


class Tolerance(NamedTuple):
    """A test by a guessed tolerance, whatever the function: what it admits of each format.

    Maths
        |a − e| ≤ atol + rtol·|e|                  a the actual number, e the expected
    """

    name: str
    limits: Callable[[str], tuple[float, float]]
    """rtol and atol, of the name of a format."""

    def rejects(self, actual: Sequence[Any], expected: Sequence[Any], outputs: Format) -> bool:
        """Whether it rejects numbers.

        >>> from funcnn.algebra.formats import binary64
        >>> TOLERANCES[0].rejects([1.0 + 1e-6], [1.0], binary64)
        True
        >>> TOLERANCES[1].rejects([1.0 + 1e-6], [1.0], binary64)
        False
        """
        rtol, atol = self.limits(named(outputs))
        pairs = zip(actual, expected, strict=True)
        return not all(a == e or abs(a - e) <= atol + rtol * abs(e) for a, e in pairs)


TOLERANCES: Final = (
    Tolerance("numpy.testing.assert_allclose", lambda _: (1e-7, 0.0)),
    Tolerance("numpy.allclose", lambda _: (1e-5, 1e-8)),
    Tolerance(
        "torch.testing.assert_close",
        {
            "float64": (1e-7, 1e-7),
            "float32": (1.3e-6, 1e-5),
            "float16": (1e-3, 1e-5),
            "bfloat16": (1.6e-2, 1e-5),
        }.__getitem__,
    ),
    Tolerance("ONNX's backend tests", lambda _: (1e-3, 1e-7)),
)
"""The defaults of what the field tests with."""


def law_of(mutant: Mutant) -> Law:
    """The law that must kill a mutant.

    Errors
        ValueError   it names none that is about its function, declared as it is

    >>> law_of(MISTAKES[0]).name
    'exact on integers, any order'
    """
    judged = subject(mutant.function)
    for law in LAWS:
        if law.name == mutant.law and law.applies(judged, mutant.declaration):
            return law
    raise ValueError(f"no law {mutant.law!r} is about {mutant.function}: name another")


def kills(mutant: Mutant, calls: Iterable[Call]) -> Iterator[Call]:
    """Those of some calls on which its law kills a mutant.

    >>> next(kills(MISTAKES[0], asked(MISTAKES[0]))).function
    'matmul'
    """
    law, judged = law_of(mutant), subject(mutant.function)
    ask = machine(mutant.wrong, mutant.declaration)
    for call in calls:
        if isinstance(law.finding(judged, mutant.declaration, ask, call), Fails):
            yield call


def asked(
    mutant: Mutant, key: int = 0, size: int = EXAMPLES, longest: int = LONGEST
) -> Iterator[Call]:
    """The calls of its law, until an axis is longer than the longest.

    >>> len([*asked(MISTAKES[0], size=7)])
    7
    """
    calls = law_of(mutant).calls(subject(mutant.function), mutant.declaration, key, size)
    return takewhile(lambda call: max(call.sizes.values(), default=0) <= longest, calls)


def is_killed(mutant: Mutant, key: int = 0) -> bool:
    """Whether its law kills a mutant, on the calls that are asked by default.

    >>> is_killed(MISTAKES[0])
    True
    """
    return any(True for _ in kills(mutant, asked(mutant, key)))


def lengths_survived(mutant: Mutant, key: int = 0, longest: int = LONGEST) -> list[int]:
    """The lengths of a sum at which a mutant is not killed, though it is one.

    >>> dropped = next(mutant for mutant in MISTAKES if mutant.at_lengths)
    >>> dropped.name, lengths_survived(dropped, longest=20)
    ('last term dropped', [])
    """
    axis, wanted = subject(mutant.function).sums, mutant.at_lengths or (lambda length: False)
    calls = [call for call in asked(mutant, key, longest=longest) if wanted(call.sizes[axis])]
    killed = {call.sizes[axis] for call in kills(mutant, calls)}
    return [call.sizes[axis] for call in calls if call.sizes[axis] not in killed]


def bite(mutant: Mutant, key: int = 0, size: int = COMPARED) -> float:
    """The share of its law's calls on which a mutant is killed.

    >>> bite(MISTAKES[0]) > 0.9
    True
    """
    calls = [*asked(mutant, key, size)]
    return sum(1 for _ in kills(mutant, calls)) / len(calls)


def machines(mutant: Mutant) -> tuple[Callable[[Call], Answer], Callable[[Call], Answer]]:
    """The mutant, and the definition: both computed as the mutant declares.

    >>> call = Call("matmul", ([[3.0]], [[2.0]]))
    >>> [ask(call).value for ask in machines(MISTAKES[0])]
    [[[0.0]], [[6.0]]]
    """
    definition, declaration = subject(mutant.function).definition, mutant.declaration
    return machine(mutant.wrong, declaration), machine(definition, declaration)


def rounded(judged: Subject, declaration: Declaration, call: Call) -> list[Any] | None:
    """The exact numbers of a result, each rounded once; None if they are not known.

    >>> from funcnn.laws.declarations import parse
    >>> rounded(subject("dot"), parse("bfloat16"), Call("dot", ([256.0, 1.0], [1.0, 1.0])))
    [256.0]
    """
    try:
        numbers = [*leaves(run(judged.definition, declaration.read, call))]
    except (ValueError, TypeError, ArithmeticError):
        return None
    outputs = declaration.outputs
    return [outputs.round(x.value) if isinstance(x, Bound) else x for x in numbers]


class Comparison(NamedTuple):
    """What a test makes of a mutant, and of the definition, on the same calls."""

    kills: bool
    calls: int
    false_alarms: int
    """On how many of the calls it rejects the definition."""

    def __str__(self) -> str:
        if not self.calls:
            return "–"
        return f"({MARKS[self.kills]})" if self.false_alarms else MARKS[self.kills]


MARKS: Final = {True: "✓", False: "✗"}


def comparisons(mutant: Mutant, key: int = 0) -> list[Comparison]:
    """What its law makes of a mutant, and what each tolerance does on the same calls.

    The tolerances are given the exact results, correctly rounded, where they are known.

    >>> [found.kills for found in comparisons(MISTAKES[0])]
    [True, True, True, True, True]
    """
    judged, declaration = subject(mutant.function), mutant.declaration
    calls = [*_enough(mutant, key)]
    exact = [(call, rounded(judged, declaration, call)) for call in calls]
    known = [(call, numbers) for call, numbers in exact if numbers is not None]
    wrong, right = ([(ask(call), e) for call, e in known] for ask in machines(mutant))
    honest = replace(mutant, wrong=judged.definition)
    alarms = sum(1 for _ in kills(honest, calls))
    ours = Comparison(any(True for _ in kills(mutant, calls)), len(calls), alarms)

    def of(tolerance: Tolerance) -> Comparison:
        rejects = partial(_rejects, tolerance, declaration.outputs)
        found = any(starmap(rejects, wrong))
        return Comparison(found, len(known), sum(starmap(rejects, right)))

    return [ours, *map(of, TOLERANCES)]


def _enough(mutant: Mutant, key: int) -> Iterator[Call]:
    """so many calls, and on until one kills"""
    killed = False
    for count, call in enumerate(asked(mutant, key)):
        if killed and count >= COMPARED:
            return
        yield call
        killed = killed or any(True for _ in kills(mutant, [call]))


def _rejects(
    tolerance: Tolerance, outputs: Format, answer: Answer, expected: Sequence[Any]
) -> bool:
    if not isinstance(answer, Returned):
        return True
    numbers = [*leaves(answer.value)]
    return len(numbers) != len(expected) or tolerance.rejects(numbers, expected, outputs)


def smallest_call(mutant: Mutant, key: int = 0) -> str:
    """The smallest call found on which its law kills a mutant, as far as it is shown.

    >>> smallest_call(MISTAKES[0])
    'matmul([[1.0]], [[1.0]])'
    """
    judged, declaration = subject(mutant.function), mutant.declaration
    found = verdict(machine(mutant.wrong, declaration), judged, declaration, law_of(mutant), key)
    text = repr(found.counterexample.call) if found.counterexample else "none"
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"


def row(mutant: Mutant, key: int = 0) -> str:
    """What the table says of a mutant, but for what the tolerances make of it.

    >>> row(MISTAKES[0])
    '| matmul | last term dropped | exact on integers, any order | `matmul([[1.0]], [[1.0]])` |'
    """
    plain = mutant.declaration == FLOAT32
    declared = "" if plain else f" ({spelled(mutant.declaration)})"
    call = smallest_call(mutant, key)
    return f"| {mutant.function} | {mutant.name}{declared} | {mutant.law} | `{call}` |"


HEAD: Final = """# Which law kills which mistake

Each row is a wrong implementation: its function, its mistake, what it declares if that is not \
float32, the law that must kill it, and the smallest call found that does. Behind that, what tests \
by the default tolerances of others make of it on the same calls: ✓ killed, ✗ not killed; in \
parentheses if the test also rejects the definition itself, computed as declared, on one of these \
calls, which makes it no proof; – if there is no exact result to compare. A tolerance is given the \
correctly rounded exact results, and calls drawn to hurt: both are more than most tests have.

Made by `python -c "from funcnn.laws.kills import table; print(table())" > funcnn/laws/KILLS.md`.
"""


def table(mutants: Sequence[Mutant] = MISTAKES, key: int = 0) -> str:
    """The kill table, in Markdown.

    >>> table(MISTAKES[:1]).splitlines()[-1].endswith("| ✓ | ✓ | ✓ | ✓ |")
    True
    """
    names = ["the law that is named", *[tolerance.name for tolerance in TOLERANCES]]
    found = [comparisons(mutant, key) for mutant in mutants]
    columns = zip(names, zip(*found, strict=True), strict=True)
    rows = [
        f"{row(mutant, key)} {' | '.join(map(str, compared[1:]))} |"
        for mutant, compared in zip(mutants, found, strict=True)
    ]
    return "\n".join(
        [
            HEAD,
            "| test | mutants killed | … and no false alarm | false alarms |",
            "|---|---|---|---|",
            *[_summary(name, [one for one in column if one.calls]) for name, column in columns],
            "",
            f"| function | mistake | law | smallest call | {' | '.join(names[1:])} |",
            f"|{'---|' * (4 + len(TOLERANCES))}",
            *rows,
        ]
    )


def _summary(name: str, column: Sequence[Comparison]) -> str:
    killed = sum(one.kills for one in column)
    proven = sum(one.kills and not one.false_alarms for one in column)
    alarms, calls = sum(one.false_alarms for one in column), sum(one.calls for one in column)
    return f"| {name} | {killed} of {len(column)} | {proven} | {alarms:,} of {calls:,} calls |"
