"""Redundancy: a convolution is a redundant matmul."""

from collections.abc import Generator, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from funcnn.algebra.keys import normal, split, uniform
from funcnn.algebra.trees import tree_map
from funcnn.algebra.vectors import matvec
from funcnn.blocks.combinators import layer
from funcnn.blocks.convolution_matrices import Redundancy, conv_matrix, conv_redundancy
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.forms import Form
from funcnn.blocks.layouts import flatten, reshape
from funcnn.blocks.linears import linear
from funcnn.diagnostics.costs import cost_of
from funcnn.fast.batching import vmap
from funcnn.fast.sparse import to_sparse
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.timings import interleaved, ratio

type Sizes = tuple[int, ...]

WAYS: Final[tuple[tuple[Sizes, Sizes, dict[str, Any]], ...]] = (
    ((4, 1, 3, 3), (1, 8, 8), {"padding": 1}),
    ((4, 1, 3, 3), (1, 8, 8), {"stride": 2}),
    ((2, 1, 3, 3), (1, 8, 8), {"dilation": 2, "padding": ((2, 1), 0)}),
    ((4, 1, 3, 3), (2, 4, 8), {"groups": 2, "padding": 1}),
    ((3, 4, 2, 2), (4, 4, 4), {"stride": (1, 2)}),
)
"""Kernels, the channels that a digit's 64 pixels are taken as, and the settings."""

KERNEL: Final = (1, 1, 3, 3)
LENET: Final = (16, 6, 5, 5), (14, 14)
"""LeNet's second convolution: its kernels, and the size of what it sees."""


class Beside(NamedTuple):
    """A kernel on an image with so many pixels a side, as a convolution and as its matrix."""

    side: int
    matrix: Redundancy
    multiply_adds: Fraction
    """The matrix's, by the convolution's."""
    seconds: float
    """The matrix's, by the convolution's, over a batch; then those of the definitions."""
    seconds_of_definitions: float
    without_zeros: float
    """The seconds of the matrix without its zeros, by the convolution's, over a batch."""


def agreeing(images: Sequence[Sequence[float]], key: int) -> tuple[int, int]:
    """On how many images, in all WAYS, a convolution equals its matrix exactly; and of how many.

    >>> agreeing([[0.5] * 64], key=0)
    (5, 5)
    """
    equal = [
        flatten(conv2d(reshape(image, shape=channels), kernels, **settings))
        == matvec(conv_matrix(kernels, channels[1:], **settings), image)
        for (sizes, channels, settings), own in zip(WAYS, split(key, len(WAYS)), strict=True)
        for kernels in [_eighths(own, sizes)]
        for image in tree_map(Fraction, images)
    ]
    return sum(equal), len(equal)


def _eighths(key: int, sizes: Sizes) -> Any:
    """weights that are exact"""
    draws = uniform(key, Form(sizes).size)
    return reshape([Fraction(int(16 * draw) - 8, 8) for draw in draws], shape=sizes)


def _beside(side: int, key: int, batch: int, rounds: int) -> Generator[float, None, Beside]:
    """A kernel of 3×3, its zeros around it, on random images, timed in both ways."""
    of_kernel, *of_images = split(key, batch + 1)
    kernels = reshape(normal(of_kernel, 9), shape=KERNEL)
    flat = [normal(own, side * side) for own in of_images]
    images = [reshape(image, shape=(1, side, side)) for image in flat]
    matrix = conv_matrix(kernels, (side, side), padding=1)
    sparse, convolution = to_sparse(matrix), layer(conv2d, padding=1)
    runs = {
        "convolution": lambda: vmap(convolution)(images, kernels),
        "matrix": lambda: vmap(layer(linear))(flat, matrix),
        "without zeros": lambda: vmap(layer(linear))(flat, sparse),
        "convolution, defined": lambda: convolution(images[0], kernels),
        "matrix, defined": lambda: linear(flat[0], matrix),
    }
    seconds = yield from interleaved(runs, rounds)
    return Beside(
        side,
        conv_redundancy(KERNEL, (side, side), padding=1),
        Fraction(_multiply_adds(linear, (side * side,), (side * side, side * side)))
        / _multiply_adds(conv2d, (1, side, side), KERNEL, padding=1),
        ratio(seconds["matrix"], seconds["convolution"]),
        ratio(seconds["matrix, defined"], seconds["convolution, defined"]),
        ratio(seconds["without zeros"], seconds["convolution"]),
    )


def _multiply_adds(definition: Any, inputs: Sizes, weights: Sizes, **settings: Any) -> int:
    return cost_of(layer(definition, **settings), Form(inputs), Form(weights)).multiply_adds


def decided(equal: bool, free: Sequence[Fraction], seconds: Sequence[float]) -> Verdict:
    """The verdict, from whether both gave the same, the shares of free entries, and the times.

    >>> decided(True, [Fraction(9, 4096)], [1.5])
    'holds'
    >>> decided(True, [Fraction(9, 4096)], [1.5, 0.5]), decided(False, [Fraction(9, 4096)], [1.5])
    ('holds with limits', 'false')
    """
    if not equal or max(free) >= 1:
        return "false"
    return "holds" if min(seconds) > 1 else "holds with limits"


def experiment(
    *,
    key: int = 0,
    sides: Sequence[int] = (4, 6, 8, 12, 16, 24),
    images: int = 20,
    batch: int = 16,
    rounds: int = 15,
    real: tuple[Sizes, Sizes] = LENET,
) -> Experiment:
    """Convolutions beside their matrices: whether equal, how many entries are free, the times.

    >>> next(experiment(sides=[4], images=1))
    0.05
    """
    of_kernels, *of_sides = split(key, len(sides) + 1)
    equal, asked = agreeing(digit_batches(images, 0)[0].inputs, of_kernels)
    yield 0.05
    kernels, lengths = real
    matrix = conv_redundancy(kernels, lengths)
    products = _multiply_adds(conv2d, (kernels[1], *lengths), kernels)
    yield 0.1
    found, whole = [], sum(side**2 for side in sides)
    for index, (side, own) in enumerate(zip(sides, of_sides, strict=True)):
        before = sum(earlier**2 for earlier in sides[:index])
        shares = [0.1 + 0.9 * part / whole for part in (before, before + side**2)]
        found.append((yield from within(_beside(side, own, batch, rounds), *shares)))
    return _told(found, (equal, asked), (real, matrix, products), f"key {key}, {rounds} rounds")


def _told(
    found: Sequence[Beside],
    agreed: tuple[int, int],
    known: tuple[tuple[Sizes, Sizes], Redundancy, int],
    how: str,
) -> Finding:
    (equal, asked), last = agreed, found[-1]
    shares = [Fraction(one.matrix.free, one.matrix.entries) for one in found]
    sides = f"{found[0].side}×{found[0].side} to {last.side}×{last.side}"
    free = f"{last.matrix.free} of {last.matrix.entries:,} matrix entries"
    return Finding(
        run=f"kernels of 3×3 on images of {sides}; {asked} convolutions of digits, exactly; {how}",
        figure=f"{free} are free",
        verdict=decided(equal == asked, shares, [one.seconds for one in found]),
        why=_why(found, agreed),
        measurements=(
            _of_equal(equal, asked),
            *[part for one in found for part in _of_side(one)],
            *_of_layer(*known),
        ),
        plot=Plot(
            f"However large the image, {last.matrix.free} entries of the matrix are free",
            Axis("side of the image", "pixels", log=True),
            Axis("entries of the matrix", log=True),
            (
                Series("all", [(one.side, one.matrix.entries) for one in found]),
                Series("not 0", [(one.side, one.matrix.filled) for one in found]),
                Series("free", [(one.side, one.matrix.free) for one in found]),
            ),
        ),
    )


def _why(found: Sequence[Beside], agreed: tuple[int, int]) -> str:
    last, cheaper = found[-1], [f"{one.side}×{one.side}" for one in found if one.seconds <= 1]
    told = [
        f"Over fractions, {agreed[0]} of {agreed[1]} convolutions of digits equal the product with"
        " their matrix.",
        f"For an image of {last.side}×{last.side} pixels, {last.matrix.free} of"
        f" {last.matrix.entries:,} entries of the matrix are free. Its product takes"
        f" {last.multiply_adds:.0f} times the multiply-adds and {last.seconds:.1f} times the time.",
        f"With its zeros left out, the matrix takes {last.without_zeros:.1f} times the"
        " convolution's time"
        + (": the waste is in multiplying zeros." if last.without_zeros < last.seconds else "."),
    ]
    if cheaper:
        told.append(
            f"The limit: at {' and '.join(cheaper)} pixels even the whole matrix takes no more"
            " time, in Python."
        )
    return " ".join(told)


def _of_equal(equal: int, asked: int) -> Measurement:
    what = "convolutions of digits that equal the product with their matrix"
    return Measurement(what, equal, f"of {asked}", f"{asked}, exactly", equal == asked)


def _of_layer(sizes: tuple[Sizes, Sizes], matrix: Redundancy, products: int) -> list[Measurement]:
    kernels, lengths = ("×".join(map(str, part)) for part in sizes)
    weights = Form(sizes[0]).size
    name, unit = f"kernels {kernels} on {lengths}", f"of {matrix.entries:,}"
    is_filled, is_free = matrix.filled == products, matrix.free == weights
    not_0, free = f"{name}: entries not 0", f"{name}: entries free"
    return [
        Measurement(not_0, matrix.filled, unit, f"{products:,} multiply-adds", is_filled),
        Measurement(free, matrix.free, unit, f"{weights:,} weights", is_free),
    ]


def _of_side(one: Beside) -> list[Measurement]:
    side, counts, name = one.side, tuple(one.matrix), f"{one.side}×{one.side}"
    formula, share = (side**4, (3 * side - 2) ** 2, 9), Fraction(side**2, 9)
    told, expected = (", ".join(f"{number:,}" for number in part) for part in (counts, formula))
    expected = f"n⁴, (3n − 2)², 9 = {expected}"
    work, unit = f"{name}: multiply-adds of the matrix", "times the convolution's"
    is_share, plain = one.multiply_adds == share, one.seconds_of_definitions
    return [
        Measurement(f"{name}: entries in all, not 0, free", told, "", expected, counts == formula),
        Measurement(work, float(one.multiply_adds), unit, f"n²/9 = {share:.3f}", is_share),
        Measurement(f"{name}: time of the matrix, batch", one.seconds, unit),
        Measurement(f"{name}: time of the matrix, definition", plain, unit),
        Measurement(f"{name}: time of the matrix without zeros, batch", one.without_zeros, unit),
    ]


STUDY: Final = Study(
    "convolution",
    "A convolution is a redundant matmul",
    'V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning",'
    ' arXiv:1603.07285 (2016); I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning", MIT Press'
    " 2016, chapter 9, where it is a matrix many of whose entries must be equal, or 0",
    experiment,
    reduced={"sides": (4, 8), "images": 2, "rounds": 1, "real": ((2, 1, 3, 3), (6, 6))},
)
