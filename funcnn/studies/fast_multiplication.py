"""Fast multiplication: whether seven products for eight pay at the sizes of real layers."""

from collections.abc import Callable, Generator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from math import isfinite, log2
from typing import Any, Final, NamedTuple

from funcnn.algebra import vectors
from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.blocks.layouts import reshape
from funcnn.fast.floats import matmul
from funcnn.laws.algorithms import strassen, winograd
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.seven_products import (
    STRASSEN,
    WINOGRAD,
    Error,
    counted,
    crossover,
    crossover_of_48,
    error_of,
    graded,
    in_seven,
    least_operations,
    operations,
    operations_in_seven,
    recursive_crossover,
    without_rows,
)
from funcnn.studies.timings import interleaved, ratio

KINDS: Final[Mapping[str, Callable[[float], Any]]] = {
    "floats": lambda draw: 2 * draw - 1,
    "24-bit ints": lambda draw: int((2 * draw - 1) * 2**24),
    "int8": lambda draw: int(256 * draw) - 128,
}
"""Kinds of numbers, made of a draw between 0 and 1. Those of 24 bits are binary32's, exactly."""


class Times(NamedTuple):
    """By seven products of quarters, and by one product: how long the one takes by the other."""

    kind: str
    size: int
    seven: float
    addition: float
    """How long adding two numbers takes, by a multiply-add of the one product."""


def _timed(kind: str, size: int, rounds: int, key: int) -> Generator[float, None, Times]:
    left, right = (tree_map(KINDS[kind], _drawn(uniform, own, size)) for own in split(key, 2))
    runs = {
        "one": lambda: matmul(left, right),
        "seven": lambda: in_seven(matmul, left, right),
        "additions": lambda: in_seven(lambda one, other: one, left, right),
    }
    seconds = yield from interleaved(runs, rounds)
    additions = ratio(seconds["additions"], seconds["one"])
    an_addition = additions * size**3 / (WINOGRAD * (size // 2) ** 2)
    return Times(kind, size, ratio(seconds["seven"], seconds["one"]), an_addition)


def _drawn(draw: Callable[[int, int], list[float]], key: int, size: int) -> list[list[float]]:
    matrix: list[list[float]] = reshape(draw(key, size * size), shape=(size, size))
    return matrix


def pays_from(sizes: Sequence[int], ratios: Sequence[float]) -> int | None:
    """The size from which on what is in the ratios is less than 1; none, if at the last it is not.

    >>> pays_from([16, 32, 64], [1.5, 0.9, 0.8]), pays_from([16, 32], [0.9, 1.1])
    (32, None)
    """
    first = None
    for size, part in zipped(sizes, ratios):
        first = (first or size) if part < 1 else None
    return first


def decided(last: Mapping[str, float]) -> Verdict:
    """The verdict, from how long seven products take by one at the largest size, for each kind.

    >>> decided({"floats": 0.9}), decided({"floats": 0.9, "int8": 1.5}), decided({"int8": 1.5})
    ('holds', 'holds with limits', 'false')
    """
    paying = [part < 1 for part in last.values()]
    return "holds" if all(paying) else "holds with limits" if any(paying) else "false"


class Exactly(NamedTuple):
    """What needs no clock: counts, products that are equal, and errors."""

    fewer_from: int
    """The least size at which seven products, as they are done, are fewer operations."""
    as_formulas: bool
    """Whether all operations counted are those of the formulas."""
    equal: list[bool]
    """Whether products of ints by seven are equal to those by eight."""
    errors: dict[str, tuple[Error, Error]]
    """By eight products, and by seven, of left factors of several kinds."""


def _exactly(key: int, sizes: Sequence[int], error_size: int) -> Generator[float, None, Exactly]:
    seven, fast = partial(in_seven, vectors.matmul), partial(in_seven, matmul)
    counts = [(counted(vectors.matmul, size), counted(seven, size)) for size in sizes]
    formulas = [(operations(size), operations_in_seven(size)) for size in sizes]
    yield 0.3
    left, right = (_drawn(normal, own, error_size) for own in split(key, 2))
    factors = {"drawn": left, "graded": graded(left), "a quarter 0": without_rows(left)}
    errors = {}
    for name, factor in factors.items():
        errors[name] = error_of(matmul, factor, right), error_of(fast, factor, right)
        yield 0.3 + 0.6 * len(errors) / len(factors)
    ints = [tree_map(KINDS["24-bit ints"], _drawn(uniform, own, 8)) for own in split(key, 8)]
    pairs = [*zip(ints[::2], ints[1::2], strict=True)]
    equal = [
        product(one, other) == vectors.matmul(one, other)
        for product in (seven, strassen, winograd)
        for one, other in pairs
    ]
    first = next(size for size, (one, other) in zipped(sizes, counts) if other < one)
    return Exactly(first, counts == formulas, equal, errors)


ROUNDS: Final = {16: 9, 32: 9, 64: 9, 128: 5, 256: 3, 512: 2}
"""How often each size is timed; 512 is the width of the layers of the first Transformer."""

TOUCHED: Final = Fraction(3 * WINOGRAD, 3 * 4)
"""The numbers that the additions take and give, by those of the factors and the product."""


def experiment(
    *,
    key: int = 0,
    rounds: Mapping[int, int] = ROUNDS,
    counts: Sequence[int] = (8, 10, 12, 14, 16, 18),
    error_size: int = 64,
) -> Experiment:
    """Products of matrices by seven products of quarters beside one: counts, errors, and times.

    >>> next(experiment(rounds={16: 1}, counts=[14], error_size=4))
    0.03
    """
    of_exact, *of_kinds = split(key, len(KINDS) + 1)
    exactly = yield from within(_exactly(of_exact, counts, error_size), 0.0, 0.1)
    found, at = list[Times](), 0.1
    whole = len(KINDS) * sum(size**3 * (1 + times) for size, times in rounds.items())
    for size, times in rounds.items():
        for kind, own in zip(KINDS, of_kinds, strict=True):
            end = at + 0.9 * size**3 * (1 + times) / whole
            found.append((yield from within(_timed(kind, size, times, own), at, min(end, 1.0))))
            at = end
    return _told(found, exactly, error_size, key)


def _told(found: Sequence[Times], exactly: Exactly, error_size: int, key: int) -> Finding:
    by_kind = {kind: [one for one in found if one.kind == kind] for kind in KINDS}
    sizes = [one.size for one in by_kind["floats"]]
    last = {kind: times[-1].seven for kind, times in by_kind.items()}
    lines = [Series(k, [(one.size, one.seven) for one in times]) for k, times in by_kind.items()]
    theory = [(size, operations_in_seven(size) / operations(size)) for size in sizes]
    start = pays_from(sizes, [one.seven for one in by_kind["floats"]])
    since = f"from n = {start} on" if start else f"at no n up to {sizes[-1]}"
    return Finding(
        run=f"one level of Winograd's form, n = {sizes[0]} to {sizes[-1]}, as {', '.join(KINDS)};"
        f" errors at n = {error_size}; key {key}",
        figure=f"floats {last['floats']:.2f}×, int8 {last['int8']:.2f}× at n = {sizes[-1]}",
        verdict=decided(last),
        why=_why(by_kind, exactly, sizes),
        measurements=(*_of_counts(exactly), *_of_errors(exactly), *_of_times(by_kind, sizes)),
        plot=Plot(
            f"Seven products are fewer operations from n = {exactly.fewer_from} on; of floats, less"
            f" time {since}",
            Axis("side of the matrices, n", log=True),
            Axis("seven products ÷ one product", "×"),
            (
                *lines,
                Series("operations", theory, "dashes"),
                Series("as much", [(sizes[0], 1.0), (sizes[-1], 1.0)], "dashes"),
            ),
        ),
    )


def _why(by_kind: Mapping[str, Sequence[Times]], exactly: Exactly, sizes: Sequence[int]) -> str:
    told = [f"Seven products of quarters are fewer operations from n = {exactly.fewer_from} on."]
    for kind, times in by_kind.items():
        start, last = pays_from(sizes, [one.seven for one in times]), times[-1]
        since = f"from n = {start} on" if start else f"at no n up to {last.size}"
        told.append(
            f"Of {kind} they take less time {since}, {last.seven:.2f} of it at n = {last.size}:"
            f" an addition takes as long as {last.addition:.0f} multiply-adds."
        )
    (one, seven), (_, off) = exactly.errors["a quarter 0"], exactly.errors["graded"]
    return " ".join(
        [
            *told,
            f"At 8192×8192, halved while operations fall, they would be {_least(8192):.2f} of"
            f" 2n³ − n²; 48 products of 4×4 for 49 are fewer from n = {_of_48():.1e} on.",
            f"Floats then err by {off.by_entry:.1g} times what an entry may by any order of its"
            f" sum, if rows halve; of {one.zeros} entries that are 0, {seven.zeros} come out as 0.",
        ]
    )


def _least(size: int) -> float:
    return least_operations(size) / operations(size)


def _of_48() -> float:
    return crossover_of_48(6, log2(7))


def _of_counts(exactly: Exactly) -> list[Measurement]:
    first, small, equal = exactly.fewer_from, crossover(STRASSEN), sum(exactly.equal)
    whole, naive, galactic = recursive_crossover(), crossover_of_48(2, 3), f"{_of_48():.1e}"
    known, asked = exactly.as_formulas, len(exactly.equal)
    return [
        Measurement("operations are those of the formulas", known, "", "True", known),
        Measurement("fewer, with 15 additions, from", first, "n", "n > 12, even", first == 14),
        Measurement("fewer, with 18 additions, from", small, "n", "n > 15, even", small == 16),
        Measurement("fewer, down to 1×1, from", whole, "n", "about 300", round(whole, -2) == 300),
        Measurement("least operations at n = 8192", _least(8192), "of 2n³ − n²"),
        Measurement("numbers that additions take and give", float(TOUCHED), "of the product's"),
        Measurement("48 of 4×4: fewer from", naive, "n", "about 4,900", round(naive, -2) == 4900),
        Measurement("48 for 49: fewer from", galactic, "n", "2.5e+19", galactic == "2.5e+19"),
        Measurement("products of ints that are equal", equal, "", f"{asked}", equal == asked),
    ]


def _of_errors(exactly: Exactly) -> list[Measurement]:
    told, bound, norm = [], "error ÷ n·u·|A|·|B|", "error ÷ Higham's bound of all"
    for name, (one, seven) in exactly.errors.items():
        strays = seven.by_entry if isfinite(seven.by_entry) else "∞"
        is_near, is_bounded = one.by_entry <= 1, seven.by_norm <= 1
        told += [
            Measurement(f"{name}: one product, {bound}", one.by_entry, "×", "at most 1", is_near),
            Measurement(f"{name}: seven, {bound}", strays, "×"),
            Measurement(f"{name}: seven, {norm}", seven.by_norm, "×", "at most 1", is_bounded),
        ]
    one, seven = exactly.errors["a quarter 0"]
    zeros = [
        Measurement(f"a quarter 0: zeros by {way}", kept.zeros)
        for way, kept in (("one product", one), ("seven", seven))
    ]
    return [*told, *zeros]


def _of_times(by_kind: Mapping[str, Sequence[Times]], sizes: Sequence[int]) -> list[Measurement]:
    told = []
    for kind, times in by_kind.items():
        start, last = pays_from(sizes, [one.seven for one in times]), times[-1]
        since = Measurement(f"{kind}: less time from", start, "n")
        if not start:
            what = f"{kind}: less time from, extrapolated, what is above ⅞ falling as 1/n"
            since = Measurement(what, 8 * last.size * (last.seven - 7 / 8), "n")
        sums = f"{kind}: an addition at n = {last.size}"
        told += [
            *(Measurement(f"{kind}: time at n = {one.size}", one.seven, "×") for one in times),
            Measurement(sums, last.addition, "multiply-adds"),
            since,
        ]
    return told


STUDY: Final = Study(
    "strassen",
    "Fast matmul pays at the sizes of real layers",
    'V. Strassen, "Gaussian Elimination is not Optimal", Numerische Mathematik 13 (1969);'
    ' S. Winograd, "On Multiplication of 2×2 Matrices", Linear Algebra and its Applications 4'
    ' (1971); N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002,'
    " chapter 23; 48 products of 4×4 over the rationals: J.-G. Dumas, C. Pernet, A. Sedoglavic,"
    " arXiv:2506.13242 (2025)",
    experiment,
    reduced={"rounds": {16: 1, 32: 1}, "counts": (10, 12, 14), "error_size": 16},
)
