"""The referee: whether somebody's functions are right."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from funcnn.algebra.formats import binary32
from funcnn.laws.all_laws import LAWS
from funcnn.laws.calls import Answer, Broken, Call, Implementation, Refused
from funcnn.laws.declarations import DECLARATION, Declaration, named, parse
from funcnn.laws.deviations import Deviation, read_deviations, reason, unmatched
from funcnn.laws.exhibits import Exhibit, exact_result
from funcnn.laws.findings import Ask, Fails, Law
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.implementations import Local, implementation
from funcnn.laws.judging import EXAMPLES, Verdict, verdict
from funcnn.laws.mistakes import MISTAKES, behaves_like
from funcnn.laws.outcomes import Judged
from funcnn.laws.reports import Report, listed
from funcnn.laws.signatures import names
from funcnn.laws.subjects import Subject

ARRAYS: Final = Declaration(binary32, binary32, binary32)
"""What is taken for granted of functions of arrays."""

SEARCHED, ENOUGH = 60, 8
"""Among how many calls such are looked for that fail, to tell a mistake by, and how many do."""

PATIENCE: Final = 20
"""How many calls of a function may crash, or bring rubbish, until it is asked no more."""


@dataclass(frozen=True)
class Check:
    """What is judged, and how. The judging is done when it is first asked for, and only once.

    At the top level of a test file it is a test for each of its functions, if its name begins as
    tests do: test_kernels[matmul].

    >>> import funcnn
    >>> ours = check(funcnn, functions=["affine"], examples=20)
    >>> ours.names, ours.report.ok
    (('affine',), True)
    """

    target: Any
    functions: tuple[str, ...] = ()
    profile: str = ""
    examples: int = EXAMPLES
    key: int = 0
    known: tuple[Deviation, ...] = ()

    @cached_property
    def implementation(self) -> Implementation:
        """What is judged: what a path or a name stands for, or the functions of a namespace."""
        form = named(parse(self.profile, ARRAYS).inputs)
        if isinstance(self.target, (str, Path)):
            return implementation(str(self.target), format_name=form)
        if all(hasattr(self.target, name) for name in ("answer", "snippet", "functions", "arrays")):
            made: Implementation = self.target
            return made
        return Local(_name(self.target), self.target, format_name=form)

    @cached_property
    def declaration(self) -> Declaration:
        """The profile: its words; of the rest, those of the implementation itself; and of what they
        leave out, float64 for lists, float32 for arrays."""
        plain = self.implementation.arrays == "lists"
        taken = DECLARATION if plain else ARRAYS
        return parse(self.profile, parse(self.implementation.profile, taken))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The functions that are judged.

        Errors
            ValueError   it has none of them, or not that which is named
        """
        offered, name = self.implementation.functions, self.implementation.name
        for function in self.functions:
            if subject(function).name not in offered:
                raise ValueError(f"{name} has no function {function!r}: it has {_some(offered)}")
        found = tuple(name for name in SUBJECTS if name in (self.functions or offered))
        if not found:
            how = "funcnn check --list lists those that there are laws about"
            raise ValueError(f"{name} has no function to judge, but {_some(offered)}: {how}")
        return found

    def judged(self, function: str) -> Judged:
        """What each law says of one of the functions."""
        if function not in self._judged:
            how = self.declaration, self.key, self.examples
            told = judged(self.implementation, subject(function), *how, self.known)
            self._judged[function] = told
        return self._judged[function]

    @cached_property
    def _judged(self) -> dict[str, Judged]:
        return {}

    @property
    def is_done(self) -> bool:
        """Whether all functions are judged."""
        return len(self._judged) == len(self.names)

    @cached_property
    def report(self) -> Report:
        """What is found of all of them."""
        return reported(self)

    def __str__(self) -> str:
        return str(self.report)


def check(
    target: Any,
    *,
    functions: Iterable[str] = (),
    profile: str = "",
    examples: int = EXAMPLES,
    key: int = 0,
    known: str | Path | None = None,
) -> Check:
    """Somebody's functions, to be held to all laws: of a module, a class, a mapping by name; or of
    what `implementation` takes, FILE.py or mypkg.kernels, in a process of its own.

    Settings
        functions   which of them; all that there are laws about, by default
        profile     the arithmetic that is declared: words as "float32,exp=1"
        examples    how many calls a law asks
        key         decides every draw
        known       a file of deviations
    Errors
        ValueError   the profile has no such words, or `known` a pattern without a reason

    >>> from math import exp
    >>> naive = check({"sigmoid": lambda x: 1 / (1 + exp(-x))}, examples=50)
    >>> naive.report.code
    1
    """
    parse(profile)
    if examples < 1:
        raise ValueError(f"{examples} examples: at least one is needed")
    deviations = read_deviations(Path(known)) if known else ()
    return Check(target, tuple(functions), profile, examples, key, deviations)


def reported(check: Check, along: Callable[[Sequence[str]], Iterable[str]] = iter) -> Report:
    """What is found of functions, along their names; of all, what is known in vain.

    >>> ours = check({"relu": lambda x: max(x, 0.0)}, examples=20)
    >>> reported(ours, lambda names: names[:1]).functions[0].outcome
    'right'
    """
    begin = perf_counter()
    functions = tuple(check.judged(name) for name in along(check.names))
    wrong = [(one.function, law) for one in functions for law in one.exhibits]
    return Report(
        check.implementation.name,
        check.declaration,
        functions,
        tuple(name for name in check.implementation.functions if name not in SUBJECTS),
        unmatched(check.known, wrong) if len(functions) == len(check.names) else (),
        check.examples,
        check.key,
        perf_counter() - begin,
        {one.function: caught(one) for one in functions} if check.examples >= EXAMPLES else {},
    )


def caught(judged: Judged) -> tuple[int, int]:
    """How many of the known mistakes in a function the laws catch that said something of it, each
    in the arithmetic that it is a mistake in; and how many there are.

    >>> found, known = caught(Judged("dot", (Verdict("dot", LAWS[3].name, "right", 200),)))
    >>> 0 < found < known
    True
    """
    spoke = {one.law for one in judged.verdicts if one.word != "no information"}
    laws = [mutant.law for mutant in MISTAKES if mutant.function == judged.function]
    return sum(law in spoke for law in laws), len(laws)


def judged(
    made: Implementation,
    subject: Subject,
    declaration: Declaration,
    key: int,
    examples: int,
    known: Sequence[Deviation] = (),
) -> Judged:
    """What each law says of a function. Once it does not answer in time, it is asked no more.

    >>> from math import sqrt
    >>> made = Local("mine", {"sqrt": sqrt})
    >>> judged(made, SUBJECTS["sqrt"], Declaration(), 0, 20).outcome
    'right'
    """
    ask, verdicts = _Patient(made), list[Verdict]()
    subject = of_one_rank(subject) if made.arrays == "c" else of_what_it_takes(subject, ask)
    laws = [law for law in LAWS if law.applies(subject, declaration)]
    for law in laws:
        if ask.gave_up:
            why = f"not asked: {ask.gave_up}"
            verdicts.append(Verdict(subject.name, law.name, "no information", 0, reason=why))
        else:
            verdicts.append(verdict(ask, subject, declaration, law, key, examples))
    exhibits = {
        one.law: Exhibit(
            made.snippet(one.counterexample.call),
            one.counterexample,
            exact_result(subject, one.counterexample.call),
        )
        for one in verdicts
        if one.counterexample
    }
    reasons = {law: reason(known, subject.name, law) for law in exhibits}
    excused = {law: why for law, why in reasons.items() if why}
    shown = [one.counterexample for one in verdicts if one.counterexample]
    like = None
    if shown and not ask.broken:
        law = next(law for law in laws if law.name in exhibits)
        found = [(one.call, one.answer) for one in shown]
        like = behaves_like(
            subject, declaration, found + failures(ask, subject, declaration, law, key)
        )
    return Judged(subject.name, tuple(verdicts), exhibits, excused, like or "")


def failures(
    ask: Ask, subject: Subject, declaration: Declaration, law: Law, key: int
) -> list[tuple[Call, Answer]]:
    """Some of the calls on which a law does not hold, and what is answered.

    >>> from funcnn.laws.machines import machine
    >>> zero = machine(lambda xs, ys: 0.0, Declaration())
    >>> len(failures(zero, SUBJECTS["dot"], Declaration(), LAWS[0], 0))
    8
    """
    calls = islice(law.calls(subject, declaration, key, SEARCHED), SEARCHED)

    def fails(call: Call) -> bool:
        return isinstance(law.finding(subject, declaration, ask, call), Fails)

    return [(call, ask(call)) for call in islice(filter(fails, calls), ENOUGH)]


def of_what_it_takes(subject: Subject, ask: Ask) -> Subject:
    """The function of single numbers alone, if it takes no lists of them.

    >>> from funcnn.laws.machines import machine
    >>> of_numbers = machine(lambda x: max(x, 0.0), Declaration())
    >>> [one.templates for one in of_what_it_takes(SUBJECTS["relu"], of_numbers).variants]
    [('',)]
    """
    alone = tuple(one for one in subject.variants if not any(map(names, one.templates)))
    of_one = Call(subject.name, ([1.0],), {}, ("n",), {"n": 1}, (1,))
    match ask(of_one) if alone else None:
        case Refused("TypeError"):
            return replace(subject, variants=alone)
        case _:
            return subject


def of_one_rank(subject: Subject) -> Subject:
    """The function of a vector alone, if it is one of each number of any list: a C function takes
    one form of arguments.

    >>> [one.templates for one in of_one_rank(SUBJECTS["relu"]).variants]
    [('n',)]
    >>> of_one_rank(SUBJECTS["transpose"]) == SUBJECTS["transpose"]
    True
    """
    ranks = [len(names(one.templates)) for one in subject.variants]
    vectors = [one for one, rank in zip(subject.variants, ranks, strict=True) if rank == 1]
    return replace(subject, variants=tuple(vectors)) if 0 in ranks else subject


@dataclass
class _Patient:
    """what asks an implementation, until it does not answer in time, or not too often"""

    made: Implementation
    broken: list[Broken] = field(default_factory=list)

    @property
    def gave_up(self) -> str:
        hung = bool(self.broken) and self.broken[-1].why.startswith("no answer within")
        return self.broken[-1].why if hung or len(self.broken) >= PATIENCE else ""

    def __call__(self, call: Call) -> Answer:
        if self.gave_up:
            return self.broken[-1]
        answer = self.made.answer(call)
        if isinstance(answer, Broken):
            self.broken.append(answer)
        return answer


def _name(namespace: Any) -> str:
    """of a module or a class, or of the module of the first function in a mapping"""
    if isinstance(namespace, Mapping):
        namespace = next(iter(namespace.values()), None)
        return str(getattr(namespace, "__module__", "functions"))
    return str(getattr(namespace, "__name__", type(namespace).__name__))


def _some(names: Sequence[str]) -> str:
    return listed(names, 8) or "nothing"
