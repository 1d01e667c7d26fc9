"""Arithmetics: funcnn run --number. The digits, or one's own rows, over any kind of number."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import accumulate
from math import inf, isfinite, isinf, isnan, nan
from time import perf_counter
from typing import Any, Final, NamedTuple

from rich.console import Console

from funcnn.algebra.bounds import bound
from funcnn.algebra.duals import Dual
from funcnn.algebra.dyadics import dyadic, fraction
from funcnn.algebra.folds import foldl, zipped
from funcnn.algebra.formats import FORMATS, Format
from funcnn.algebra.intervals import interval, midpoint, width
from funcnn.algebra.quantization import IntegerFormat, Quantized, int8, quantize
from funcnn.algebra.roundings import cast
from funcnn.algebra.surds import surd
from funcnn.algebra.trees import leaves, tree_map
from funcnn.blocks.combinators import layer
from funcnn.blocks.linears import dense
from funcnn.diagnostics.scores import predicted
from funcnn.exchange.datasets import Split
from funcnn.fast.batching import vmap
from funcnn.terminal.models import Matrices, as_float, network_of
from funcnn.terminal.reports import Report, tracked

type Images = Sequence[Sequence[float]]


class Prepared(NamedTuple):
    """A network over a kind of number: its weights, and how each layer reads its inputs."""

    weights: list[Any]
    reads: list[Callable[[Iterable[Any]], list[Any]]]


def each(number: Callable[[float], Any]) -> Callable[[Matrices, Images], Prepared]:
    """Every weight and every input as a number.

    >>> each(Fraction)([[[0.5]]], []).weights
    [[[Fraction(1, 2)]]]
    """

    def prepare(weights: Matrices, images: Images) -> Prepared:
        later = [list] * (len(weights) - 1)
        matrices = [tree_map(number, matrix) for matrix in weights]
        return Prepared(matrices, [lambda xs: [number(x) for x in xs], *later])

    return prepare


def quantized(weights: Matrices, images: Images) -> Prepared:
    """Weights in int8, the largest of each matrix at 127, and so what each layer reads."""
    run_layer = vmap(layer(dense))
    read = accumulate(weights[:-1], run_layer, initial=images)
    return Prepared(
        [tree_map(partial(quantize, number_format=scaled(matrix)), matrix) for matrix in weights],
        [partial(requantized, scaled(xs)) for xs in read],
    )


def scaled(numbers: Any) -> IntegerFormat:
    """The int8 in which the largest of some numbers is 127.

    >>> scaled([[0.5, -1.0]]).scale
    Fraction(1, 127)
    """
    largest = max(abs(Fraction(number)) for number in leaves(numbers))
    return replace(int8, scale=(largest or 1) / int8.largest)


def requantized(number_format: IntegerFormat, numbers: Iterable[Any]) -> list[Quantized]:
    """Numbers as a layer reads them that takes int8.

    >>> requantized(int8, [1.5, 200.0])
    [Quantized(integer=2, format=...), Quantized(integer=127, format=...)]
    """
    return [quantize(number, number_format) for number in numbers]


class Arithmetic(NamedTuple):
    """How a network is run over a kind of number, and what its outputs say."""

    what: str
    prepare: Callable[[Matrices, Images], Prepared]
    """A network of floats over this arithmetic; the images show how large numbers become."""
    value: Callable[[Any], Any]
    """The number that an output stands for; of an interval, the one in its middle."""
    radius: Callable[[Any], Fraction | float] | None = None
    """How far from that the exact number, or another implementation's, may lie."""


def rounding(number_format: Format) -> Arithmetic:
    """The arithmetic of a machine that keeps every result in a format.

    >>> from funcnn.algebra.formats import bfloat16
    >>> rounding(bfloat16).what
    '16 bits, 8 of them precision; every operation rounds'
    """
    bits, precision = number_format.bits, number_format.precision
    what = f"{bits} bits, {precision} of them precision; every operation rounds"
    return Arithmetic(what, each(partial(cast, number_format=number_format)), lambda y: y.value)


def half_width(x: Any) -> Fraction | float:
    """How far the ends of an interval of floats lie from its middle.

    >>> half_width(interval(0.5))
    Fraction(0, 1)
    """
    if isinf(width(x)):
        return inf
    middle = fraction(midpoint(x))
    return max(fraction(x.high) - middle, middle - fraction(x.low))


ARITHMETICS: Final = {
    "float": Arithmetic("Python's own, binary64", each(float), float),
    "fraction": Arithmetic(
        "exact: two integers without a common divisor", each(Fraction), Fraction
    ),
    "dyadic": Arithmetic("exact: an integer and a power of two", each(dyadic), fraction),
    "surd": Arithmetic("exact, roots too", each(surd), lambda y: y.rational),
    "dual": Arithmetic(
        "float, with the derivative by a change of all inputs alike",
        each(lambda x: Dual(x, 1.0)),
        lambda y: y.value,
    ),
    "interval": Arithmetic(
        "two floats, rounded outward, that hold the exact number",
        each(interval),
        midpoint,
        half_width,
    ),
    "bounds": Arithmetic(
        "exact, with the radius of any implementation in binary64",
        each(bound),
        lambda y: fraction(y.value),
        lambda y: fraction(y.radius),
    ),
    **{number_format.name: rounding(number_format) for number_format in FORMATS},
    "int8": Arithmetic(
        "8 bits, a scale for each matrix and layer; summed in int32",
        quantized,
        lambda y: y.value,
    ),
}


def outputs(network: Prepared, image: Sequence[float]) -> list[Any]:
    """The outputs of foldl(dense, image, weights), each layer's inputs read as its kind of number.

    >>> outputs(each(dyadic)([[[0.5, 0.25]]], []), [1.0, 2.0]) == [dyadic(1.0)]
    True
    """
    layers = zipped(network.reads, network.weights)
    return foldl(lambda xs, step: dense(step[0](xs), step[1]), [*image], layers)


def error(arithmetic: Arithmetic, results: Sequence[Any], exact: Sequence[Fraction]) -> float:
    """How far results may be from the exact ones, as a share of the largest exact one.

    >>> error(ARITHMETICS["float"], [1.0, 2.5], [Fraction(1), Fraction(2)])
    0.25
    """
    values = [arithmetic.value(result) for result in results]
    if any(isinstance(value, float) and not isfinite(value) for value in values):
        return nan
    radii = map(arithmetic.radius or (lambda _: Fraction(0)), results)
    strays = [
        abs(fraction(value) - truth) + radius
        for value, radius, truth in zip(values, radii, exact, strict=True)
    ]
    return as_float(max(strays) / (max(map(abs, exact)) or 1))


def digits_over(name: str, digits: Split, weights: Matrices, console: Console) -> Report:
    """What the network over a kind of number gives for the digits held out, beside the exact."""
    arithmetic, held_out = ARITHMETICS[name], digits.held_out
    network = arithmetic.prepare(weights, digits.training.images)
    tracked_images = tracked(held_out.images, f"{name} …", console)
    start = perf_counter()
    found = [outputs(network, image) for image in tracked_images]
    seconds = perf_counter() - start
    dyadics = each(dyadic)(weights, held_out.images)
    exact = [[*map(fraction, outputs(dyadics, image))] for image in held_out.images]
    errors = [error(arithmetic, ys, truth) for ys, truth in zipped(found, exact)]
    classes = [predicted([arithmetic.value(y) for y in results]) for results in found]
    correct = sum(cls == label for cls, label in zipped(classes, held_out.labels))
    figures = {
        "number": name,
        "what": arithmetic.what,
        "digits": len(held_out.labels),
        "correct": correct,
        "accuracy": correct / len(held_out.labels),
        "as_exact": sum(cls == predicted(ys) for cls, ys in zipped(classes, exact)),
        "worst_error": nan if any(map(isnan, errors)) else max(errors),
        "microseconds_per_digit": seconds / len(held_out.labels) * 1e6,
    }
    return Report(figures, partial(show_digits, figures))


def show_digits(figures: dict[str, Any], console: Console) -> None:
    """Print the figures of the digits over a kind of number."""
    count, worst = figures["digits"], figures["worst_error"]
    for name, told in (
        (figures["number"], figures["what"]),
        ("correct", f"{figures['correct']} of {count} digits it was not trained on"),
        (
            "as exact",
            f"{figures['as_exact']} of {count} are in the class that exact numbers choose",
        ),
        ("error", f"{worst:.2g} of a digit's largest output, at worst" if worst else "none"),
        ("time", f"{figures['microseconds_per_digit']:,.0f} µs a digit"),
    ):
        console.print(f"{name:<15}{told}", highlight=False)


def rows_over(name: str | None, inputs: Images, weights: Matrices) -> Report:
    """What a network gives for rows: fast over floats, or over another kind of number."""
    arithmetic = ARITHMETICS[name or "float"]
    if name is None:
        found = vmap(network_of(weights))(inputs, weights)
    else:
        network = arithmetic.prepare(weights, inputs)
        found = [outputs(network, row) for row in inputs]
    results = [row_told(arithmetic, ys) for ys in found]
    return Report({"rows": results}, partial(show_rows, results))


def row_told(arithmetic: Arithmetic, results: Sequence[Any]) -> dict[str, Any]:
    """The class of a row, its outputs as floats, and how far from them the exact ones may lie.

    >>> row_told(ARITHMETICS["interval"], [interval(0.5)])
    {'class': 0, 'outputs': [0.5], 'radii': [0.0]}
    """
    values = [arithmetic.value(result) for result in results]
    told = {"class": predicted(values), "outputs": [*map(as_float, values)]}
    if arithmetic.radius:
        told["radii"] = [as_float(arithmetic.radius(result)) for result in results]
    return told


def show_rows(results: Sequence[dict[str, Any]], console: Console) -> None:
    """Print the class and the outputs of each row."""
    for number, result in enumerate(results, 1):
        values = [f"{value:.6g}" for value in result["outputs"]]
        if "radii" in result:
            values = [f"{y} ± {r:.2g}" for y, r in zipped(values, result["radii"])]
        line = f"row {number}   class {result['class']}   {'  '.join(values)}"
        console.out(line, highlight=False)
