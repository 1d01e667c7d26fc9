"""Draws: the calls that a law asks, from a key."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import count, product
from math import ldexp
from typing import Any, Final

from funcnn.algebra.formats import Format
from funcnn.algebra.keys import fold_in
from funcnn.algebra.trees import Tree, filled, leaves, tree_map
from funcnn.algebra.vectors import shape
from funcnn.laws.calls import Call
from funcnn.laws.magnitudes import STYLES, below, signs, sparse
from funcnn.laws.signatures import Tensor, arranged, names, tensor
from funcnn.laws.subjects import LIKE, Subject, Variant

type Numbers = Callable[[int, int, Tensor, Mapping[str, int]], Sequence[float]]
"""The numbers of a tensor: of a key, its place among the arguments, its axes and their lengths."""

LENGTHS: Final = (
    *range(1, 65),
    *(2**power + by for power in range(7, 17) for by in (-1, 0, 1)),
)
"""The lengths of a sum that is asked at lengths to 65,537."""


VERY_LONG: Final = (65, 129, 257)
"""Lengths just beyond those of the blocks that kernels work in."""


def call_of(
    subject: Subject, variant: Variant, sizes: Mapping[str, int], key: int, numbers: Numbers
) -> Call | None:
    """A call of such sizes and numbers; None if the definition takes no such sizes.

    >>> from funcnn.algebra.vectors import matmul
    >>> once = Variant(("m k", "k n"))
    >>> ones = lambda key, place, axes, sizes: [1.0] * axes.count(sizes)
    >>> call_of(Subject("matmul", matmul, (once,)), once, {"m": 1, "k": 2, "n": 1}, 0, ones)
    matmul([[1.0, 1.0]], [[1.0], [1.0]])
    """
    places = count()

    def drawn(template: str, lengths: Mapping[str, int]) -> Sequence[Any]:
        place = next(places)
        return entries(fold_in(key, place), place, tensor(template), lengths, numbers)

    given = tuple(template for template in variant.templates if template != LIKE)
    arguments = arranged(given, lambda template: drawn(template, sizes), sizes)
    forward = subject.forward or subject.definition
    try:
        form = forward(*ones_like(arguments), **variant.settings)
        if subject.forward:
            bars = drawn(LIKE, {LIKE: sum(1 for _ in leaves(form))})
            arguments = (*arguments, filled(form, bars))
            form = subject.definition(*arguments, **variant.settings)
    except ValueError:
        return None
    lengths = () if isinstance(form, tuple) else shape(form)
    return Call(subject.name, arguments, variant.settings, variant.templates, sizes, lengths)


def entries(
    key: int, place: int, axes: Tensor, sizes: Mapping[str, int], numbers: Numbers
) -> Sequence[Any]:
    """The entries of a tensor, of the sort that the sign behind its axes says.

    In each row of truth values at least one is true.

    >>> ones = lambda key, place, axes, sizes: [0.0] * axes.count(sizes)
    >>> [entries(0, 0, tensor(x), {"n": 3}, ones) for x in ("n > 0", "n = 1")]
    [[1.0, 1.0, 1.0], [0.75, 0.0, 0.25]]
    """
    size = axes.count(sizes)
    match axes.sign:
        case "<":
            return below(key, size, sizes[axes.limit])
        case "?":
            row = axes.lengths(sizes)[-1]
            seen = below(fold_in(key, 0), size, row)
            draws = enumerate(below(key, size, 4))
            return [draw > 0 or place % row == seen[place // row] for place, draw in draws]
        case "=":
            cuts = sorted(below(key, size - 1, 9))
            pairs = zip([0, *cuts], [*cuts, 8], strict=True)
            return [(high - low) / 8 for low, high in pairs]
        case ">":
            return [abs(x) or 1.0 for x in numbers(key, place, axes, sizes)]
        case _:
            return numbers(key, place, axes, sizes)


def sizes_of(subject: Subject, variant: Variant, key: int) -> dict[str, int]:
    """Lengths of the axes: short ones; but in one call of eight a single axis is long, and in half
    of these the others are 1 or 2.

    >>> from funcnn.algebra.vectors import dot
    >>> sizes_of(Subject("dot", dot, (), sums="k"), Variant(("k", "k")), 5)
    {'k': 1}
    """
    axes = [axis for axis in names(variant.templates) if axis != LIKE]
    long = axes and below(fold_in(key, 0), 1, 8) == [0]
    others = dict.fromkeys(axes, 2) if below(fold_in(key, -2), 1, 2) == [0] else {}
    usual = {axis: 4 for axis in axes} | dict.fromkeys(subject.sums.split(), 8)
    most = usual | {**subject.sizes} | (others if long else {})
    sizes = {
        axis: 1 + below(fold_in(key, 1 + at), 1, most[axis])[0] for at, axis in enumerate(axes)
    }
    if long:
        [at, choice] = below(fold_in(key, -1), 2, 1000)
        drawn = [1 + choice % 40, 1 + choice % 40, *VERY_LONG][choice % 5]
        sizes[axes[at % len(axes)]] = min(drawn, subject.longest)
    return sizes


def calls(
    subject: Subject, key: int, size: int, numbers: Callable[[int, int], Numbers]
) -> Iterator[Call]:
    """So many calls, its variants in turn, of numbers that are made for each index and key.

    >>> from funcnn.algebra.elementary import exp
    >>> subject = Subject("exp", exp, (Variant(("",)),))
    >>> [*calls(subject, 0, 2, lambda index, key: lambda *_: [float(index)])]
    [exp(0.0), exp(1.0)]
    """
    for index in range(size):
        variant = subject.variants[index % len(subject.variants)]
        for attempt in range(100):
            new = fold_in(fold_in(key, index), attempt)
            sizes = sizes_of(subject, variant, fold_in(new, 0))
            call = call_of(subject, variant, sizes, fold_in(new, 1), numbers(index, new))
            if call:
                yield call
                break


def styled(index: int, key: int, styles: Sequence[str], number_format: Format) -> Numbers:
    """Numbers of any size: a style for each tensor. Each style is first drawn for all tensors.

    >>> from funcnn.algebra.formats import binary16
    >>> len({*styled(0, 5, ["tied"], binary16)(5, 0, tensor("n"), {"n": 50})})
    3
    """

    def numbers(new: int, place: int, axes: Tensor, sizes: Mapping[str, int]) -> list[float]:
        several = below(fold_in(key, place), 1, len(styles))[0]
        style = STYLES[styles[index if index < len(styles) else several]]
        return style(new, axes.count(sizes), number_format)

    return numbers


def summable(
    index: int, subject: Subject, bits: int, places: int, scale: int, inputs: Format
) -> Numbers:
    """Numbers of an exact sum: those of one tensor of many bits, of the others 1 and −1.

    Each tensor is in turn the one of many bits, a cotangent the third: it is multiplied with all
    others. What is summed over no axis, as a bias, is a term.

    >>> from funcnn.algebra.formats import binary32
    >>> subject, sizes = Subject("dot", sum, (), sums="k"), {"k": 40}
    >>> numbers = summable(0, subject, 23, 32, 0, binary32)
    >>> [max(map(abs, numbers(0, place, tensor("k"), sizes))) > 2**16 for place in (0, 1)]
    [True, False]
    """
    sums, turn = subject.sums.split(), index % (3 if subject.forward else 2)

    @cache
    def number(term: int) -> float:
        return inputs.round(ldexp(term, scale))

    def line(key: int, length: int) -> list[float]:
        return [*map(number, sparse(key, length, bits, places))]

    def numbers(key: int, place: int, axes: Tensor, sizes: Mapping[str, int]) -> list[float]:
        is_full = turn == (2 if axes.among([LIKE]) else place % 2)
        if sums and not is_full and axes.among(sums):
            return [*map(float, signs(key, axes.count(sizes)))]
        return along(axes, sizes, sums, lambda at, length: line(fold_in(key, at), length))

    return numbers


def along(
    axes: Tensor, sizes: Mapping[str, int], sums: Sequence[str], line: Callable[[int, int], Any]
) -> list[Any]:
    """The entries of a tensor that is made of lines along the axes that are summed over.

    >>> along(tensor("k n"), {"k": 2, "n": 3}, ["k"], lambda line, length: [(line, 0), (line, 1)])
    [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]
    """
    lengths = axes.lengths(sizes)
    summed = [axis.name in sums for axis in axes.axes]
    lines: dict[tuple[int, ...], Iterator[Any]] = {}
    length = 1
    for size, inside in zip(lengths, summed, strict=True):
        length *= size if inside else 1
    if length == axes.count(sizes):
        return [*line(0, length)]

    def term(at: tuple[int, ...]) -> Any:
        name = tuple(x for x, inside in zip(at, summed, strict=True) if not inside)
        if name not in lines:
            lines[name] = iter(line(len(lines), length))
        return next(lines[name])

    return [term(at) for at in product(*map(range, lengths))]


def ones_like(tree: Tree) -> Any:
    """The tree with every float 1.

    >>> ones_like(([0.5, 2.0], 3))
    ([1.0, 1.0], 3)
    """
    return tree_map(lambda leaf: 1.0 if isinstance(leaf, float) else leaf, tree)
