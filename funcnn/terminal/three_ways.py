"""The main job of funcnn run: real digits through one fold, by definition, fast and exactly."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from math import ulp
from time import perf_counter
from typing import Any, NamedTuple

from rich.columns import Columns
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table

from funcnn.algebra.bounds import Bound, bound
from funcnn.algebra.dyadics import dyadic, fraction
from funcnn.algebra.folds import foldl, zipped
from funcnn.algebra.trees import tree_map
from funcnn.blocks.linears import dense
from funcnn.blocks.shapes import parameters
from funcnn.diagnostics.scores import predicted
from funcnn.exchange.datasets import Digits
from funcnn.fast.batching import vmap
from funcnn.terminal.models import Matrices, described, network_of
from funcnn.terminal.pictures import digit_lines, scores
from funcnn.terminal.reports import Report, tracked


class Way(NamedTuple):
    """A way of running the network over the digits: what came out, and how long it took."""

    name: str
    how: str
    outputs: list[list[Any]]
    seconds: float


def digits_three_ways(digits: Digits, weights: Matrices, console: Console) -> Report:
    """What the three ways give for the digits, and how they agree."""
    ways = three_ways(digits, weights, console)
    exact = [[fraction(y) for y in outputs] for outputs in ways[-1].outputs]
    bounds = bounds_of(digits, weights, console)
    figures = [figure(way, digits.labels, exact, bounds) for way in ways]
    choices = zip(*[map(predicted, way.outputs) for way in ways], strict=True)
    agreeing = sum(len({*classes}) == 1 for classes in choices)
    summary = {"digits": len(digits.labels), "weights": parameters(weights), "agree": agreeing}
    return Report(
        {**summary, "ways": figures}, partial(show, digits, weights, ways, figures, agreeing)
    )


def three_ways(digits: Digits, weights: Matrices, console: Console) -> tuple[Way, Way, Way]:
    """The network over the digits by the definition, by vmap, and by the definition exactly."""
    network = network_of(weights)
    exact_images, exact_weights = tree_map(dyadic, digits.images), tree_map(dyadic, weights)
    tracked_images = tracked(exact_images, "exactly …", console)
    return (
        timed("definition", "foldl over float", lambda: by_fold(digits.images, weights)),
        timed("fast", "vmap, Σ by sumprod", lambda: vmap(network)(digits.images, weights)),
        timed("exact", "foldl over Dyadic", lambda: by_fold(tracked_images, exact_weights)),
    )


def bounds_of(digits: Digits, weights: Matrices, console: Console) -> list[list[Bound]]:
    """How far any implementation in binary64 may stray, in any order of summation."""
    images = tracked(tree_map(bound, digits.images), "proving …", console)
    return by_fold(images, tree_map(bound, weights))


def by_fold(images: Iterable[Sequence[Any]], weights: Matrices) -> list[list[Any]]:
    """The outputs of foldl(dense, image, weights) for each image."""
    return [foldl(dense, [*image], weights) for image in images]


def timed(name: str, how: str, compute: Callable[[], list[list[Any]]]) -> Way:
    """A way, run once."""
    start = perf_counter()
    return Way(name, how, compute(), perf_counter() - start)


def figure(
    way: Way,
    labels: Sequence[int],
    exact: Sequence[Sequence[Fraction]],
    bounds: Sequence[Sequence[Bound]],
) -> dict[str, Any]:
    """What is told of a way: how many classes are right, its time, and its worst error."""
    classes = zipped([*map(predicted, way.outputs)], labels)
    correct = sum(cls == label for cls, label in classes)
    return {
        "name": way.name,
        "how": way.how,
        "correct": correct,
        "accuracy": correct / len(labels),
        "microseconds_per_digit": way.seconds / len(labels) * 1e6,
        "worst_error_ulp": max(
            error_in_ulps(outputs, truth) for outputs, truth in zipped(way.outputs, exact)
        ),
        "share_of_bound": max(
            radius.share(output)
            for outputs, radii in zipped(way.outputs, bounds)
            for output, radius in zipped(outputs, radii)
        ),
    }


def error_in_ulps(outputs: Sequence[Any], exact: Sequence[Fraction]) -> float:
    """The largest error of one digit's outputs, in ulps of its largest exact output.

    >>> error_in_ulps([1.0 + 2**-52, 0.0], [Fraction(1), Fraction(0)])
    1.0
    """
    unit = Fraction(ulp(float(max(exact))))
    return float(max(abs(fraction(y) - truth) for y, truth in zipped(outputs, exact)) / unit)


def show(
    digits: Digits,
    weights: Matrices,
    ways: Sequence[Way],
    figures: Sequence[dict[str, Any]],
    agreeing: int,
    console: Console,
) -> None:
    """Print what a person wants to see of the digits and the ways."""
    count = len(digits.labels)
    say = partial(console.print, highlight=False)
    say("[bold]A network is a fold:[/bold]   foldl(dense, digit, weights)")
    say(f"{described(weights)}, kept as hex words")
    say(f"{count} handwritten digits it was not trained on\n")
    right, wrong = examples(ways[0].outputs, digits.labels)
    pictures = [picture(digits, ways[0].outputs, right, "")]
    pictures += [picture(digits, ways[0].outputs, index, " (the worst mistake)") for index in wrong]
    say(Padding(Columns(pictures, padding=(0, 6)), (0, 0, 1, 3)))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column("the same weights, three ways")
    for heading in ("correct", "µs/digit", "error"):
        table.add_column(heading, justify="right")
    for way, told in zipped(ways, figures):
        error = told["worst_error_ulp"]
        table.add_row(
            f"{way.name:<11} {way.how}",
            f"{told['correct']}/{count}",
            f"{told['microseconds_per_digit']:,.0f}",
            f"{error:.2f} ulp" if error else "none",
        )
    say(table)
    say("(error: the worst, in ulps of a digit's largest output)\n")
    share = f"all {count}" if agreeing == count else f"{agreeing} of {count}"
    say(f"All three choose the same class for {share} digits.")
    used = figures[1]["share_of_bound"]
    say(f"The fast way differs from exact by at most {used:.1%} of its proven bound.")
    say("Next   funcnn spec dense      read the definition")
    say("       funcnn train           train these weights again")


def examples(outputs: Sequence[Sequence[Any]], labels: Sequence[int]) -> tuple[int, list[int]]:
    """The digit told most surely, and the one mistaken by most, if any is."""
    margins = [
        values[label] - max(value for cls, value in enumerate(values) if cls != label)
        for values, label in zipped(outputs, labels)
    ]
    worst = margins.index(min(margins))
    return margins.index(max(margins)), [worst] if margins[worst] < 0 else []


def picture(digits: Digits, outputs: Sequence[Sequence[Any]], index: int, note: str) -> Group:
    """A digit beside the classes with the largest outputs, under its label and a note."""
    grid = Table.grid(padding=(0, 2))
    drawn, lines = digit_lines(digits.images[index]), scores(outputs[index], digits.labels[index])
    for left, right in zipped(drawn, lines):
        grid.add_row(left, right)
    return Group(f"labeled {digits.labels[index]}{note}", grid)
