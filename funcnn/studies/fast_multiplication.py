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
        run=f"one level of Winograd's form beside one product, {sizes[0]}×{sizes[0]} to"
        f" {sizes[-1]}×{sizes[-1]}, of {', '.join(KINDS)}; errors at n = {error_size}; key {key}",
        figure=f"n = {sizes[-1]}: {last['floats']:.2f} of the time, int8 {last['int8']:.2f}",
        verdict=decided(last),
        why=_why(by_kind, exactly, sizes),
        measurements=(*_of_counts(exactly), *_of_errors(exactly), *_of_times(by_kind, sizes)),
        plot=Plot(
            f"Winograd's form saves operations from n = {exactly.fewer_from} on, but time of floats"
            f" {since}",
            Axis("side of the matrices, n", log=True),
            Axis("time of seven products", "times that of one product"),
            (*lines, Series("operations", theory, "dashes")),
        ),
    )


def _why(by_kind: Mapping[str, Sequence[Times]], exactly: Exactly, sizes: Sequence[int]) -> str:
    told = [
        f"Winograd's form, seven products of half the size and {WINOGRAD} additions, needs fewer"
        f" operations than one product from n = {exactly.fewer_from} on."
    ]
    for kind, times in by_kind.items():
        start, last = pays_from(sizes, [one.seven for one in times]), times[-1]
        since = f"from n = {start} on" if start else f"at no size up to n = {last.size}"
        told.append(
            f"For {kind} it takes less time {since}; at n = {last.size} it takes {last.seven:.2f}"
            f" times the time, as adding two numbers costs as much as {last.addition:.0f}"
            " multiply-adds of the one product."
        )
    (one, seven), (_, off) = exactly.errors["a quarter 0"], exactly.errors["graded"]
    return " ".join(
        [
            *told,
            "An 8,192×8,192 product is not a 2×2 one: halved only while that saves operations, it"
            f" still needs {_least(8192):.0%} of them by the formulas; and 48 products of 4×4"
            f" blocks, for 49, would save none before n = {_of_48():.1e}.",
            "Fast products also stray further. If each row is half of the one above, an entry errs"
            f" by up to {off.by_entry:.1g} times the bound of an ordinary product; of {one.zeros:,}"
            f" entries that must be 0, {seven.zeros:,} come out as 0.",
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
        Measurement(
            "operations counted as they are done", _are(known), "", "those of the formulas", known
        ),
        Measurement(
            "least n with fewer operations, 15 additions", first, "", "n > 12, even", first == 14
        ),
        Measurement(
            "least n with fewer operations, 18 additions", small, "", "n > 15, even", small == 16
        ),
        Measurement(
            "n with fewer operations, recursive to 1×1, from",
            whole,
            "",
            "about 300",
            round(whole, -2) == 300,
        ),
        Measurement("least operations at n = 8,192", 100 * _least(8192), "% of 2n³ − n²"),
        Measurement(
            "numbers that the additions take and give",
            float(TOUCHED),
            "times those of factors and product",
        ),
        Measurement(
            "n with fewer operations, 48 products of 4×4, from",
            naive,
            "",
            "about 4,900",
            round(naive, -2) == 4900,
        ),
        Measurement(
            "n with fewer operations, 48 products for 49, from",
            galactic,
            "",
            "2.5e+19",
            galactic == "2.5e+19",
        ),
        Measurement(
            "fast products of ints that equal the product",
            equal,
            f"of {asked}",
            f"{asked}, exactly",
            equal == asked,
        ),
    ]


def _are(known: bool) -> str:
    return "those of the formulas" if known else "others"


def _of_errors(exactly: Exactly) -> list[Measurement]:
    told, bound, norm = [], "times n·u·|A|·|B|", "times Higham's bound"
    for name, (one, seven) in exactly.errors.items():
        strays = seven.by_entry if isfinite(seven.by_entry) else "∞"
        is_near, is_bounded = one.by_entry <= 1, seven.by_norm <= 1
        by_one, by_seven = (f"{name}: error of {way}" for way in ("one product", "seven products"))
        told += [
            Measurement(by_one, one.by_entry, bound, "at most 1", is_near),
            Measurement(by_seven, strays, bound),
            Measurement(by_seven, seven.by_norm, norm, "at most 1", is_bounded),
        ]
    one, seven = exactly.errors["a quarter 0"]
    zeros = [
        Measurement(f"a quarter 0: entries that come out as 0, {way}", kept.zeros)
        for way, kept in (("one product", one), ("seven products", seven))
    ]
    return [*told, *zeros]


def _of_times(by_kind: Mapping[str, Sequence[Times]], sizes: Sequence[int]) -> list[Measurement]:
    told = []
    for kind, times in by_kind.items():
        start, last = pays_from(sizes, [one.seven for one in times]), times[-1]
        since = Measurement(f"{kind}: least n measured from which on it takes less time", start)
        if not start:
            what = f"{kind}: n with less time, if what is above 7/8 falls as 1/n, from"
            since = Measurement(what, 8 * last.size * (last.seven - 7 / 8))
        sums = f"{kind}: time of an addition at n = {last.size}"
        told += [
            *(
                Measurement(f"{kind}: time at n = {one.size}", one.seven, "times that of one")
                for one in times
            ),
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
