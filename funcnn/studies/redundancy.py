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
    free = f"{last.matrix.free} of {last.matrix.entries:,} entries"
    return Finding(
        run=f"kernels of 3×3 on images of {sides}; {asked} digits exactly; {how}",
        figure=f"{free} free",
        verdict=decided(equal == asked, shares, [one.seconds for one in found]),
        why=_why(found, agreed),
        measurements=(
            Measurement("equal to their matrices' products", equal, "", f"{asked}", equal == asked),
            *[part for one in found for part in _of_side(one)],
            *_of_layer(*known),
        ),
        plot=Plot(
            f"Of images of {sides}, no more than {last.matrix.free} entries of the matrix are free",
            Axis("side of the image", "pixels", log=True),
            Axis("entries of the matrix", log=True),
            (
                Series("entries", [(one.side, one.matrix.entries) for one in found]),
                Series("not 0", [(one.side, one.matrix.filled) for one in found]),
                Series("free", [(one.side, one.matrix.free) for one in found]),
            ),
        ),
    )


def _why(found: Sequence[Beside], agreed: tuple[int, int]) -> str:
    last, cheaper = found[-1], [f"{one.side}×{one.side}" for one in found if one.seconds <= 1]
    equal = f"{agreed[0]} of {agreed[1]} convolutions of digits equal the product with their matrix"
    size = f"{last.matrix.free} of {last.matrix.entries:,} entries are free"
    work = f"it multiplies {last.multiply_adds:.0f} times as often, in {last.seconds:.1f} times"
    bare = f"Without its zeros the matrix takes {last.without_zeros:.1f} of the convolution's time"
    told = [
        f"{equal}, over fractions.",
        f"At {last.side}×{last.side} pixels {size}; {work} the time.",
        f"{bare}: what it wastes is its zeros.",
    ]
    if cheaper:
        told.append(f"On {' and '.join(cheaper)} the whole matrix takes no more time all the same.")
    return " ".join(told)


def _of_layer(sizes: tuple[Sizes, Sizes], matrix: Redundancy, products: int) -> list[Measurement]:
    kernels, lengths = ("×".join(map(str, part)) for part in sizes)
    weights = Form(sizes[0]).size
    name = f"{kernels} on {lengths}: of {matrix.entries:,} entries"
    is_filled, is_free = matrix.filled == products, matrix.free == weights
    return [
        Measurement(f"{name}, not 0", matrix.filled, "", f"{products:,} multiply-adds", is_filled),
        Measurement(f"{name}, free", matrix.free, "", f"{weights:,} weights", is_free),
    ]


def _of_side(one: Beside) -> list[Measurement]:
    side, counts, name = one.side, tuple(one.matrix), f"{one.side}×{one.side}"
    formula, share = (side**4, (3 * side - 2) ** 2, 9), Fraction(side**2, 9)
    told, expected = (", ".join(f"{number:,}" for number in part) for part in (counts, formula))
    expected = f"n⁴, (3n − 2)², 9 = {expected}"
    work = f"{name}: multiply-adds, matrix ÷ convolution"
    is_share = one.multiply_adds == share
    return [
        Measurement(f"{name}: entries, not 0, free", told, "", expected, counts == formula),
        Measurement(work, float(one.multiply_adds), "×", f"n²/9 = {share:.3f}", is_share),
        Measurement(f"{name}: time, matrix ÷ convolution", one.seconds, "×"),
        Measurement(f"{name}: time of the definitions, alike", one.seconds_of_definitions, "×"),
        Measurement(f"{name}: time, without zeros ÷ convolution", one.without_zeros, "×"),
    ]


STUDY: Final = Study(
    "convolution",
    "A convolution is a redundant matmul",
    'V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning",'
    ' arXiv:1603.07285 (2016), 4.1; I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning",'
    " MIT Press 2016, 9.1, where it is a matrix many of whose entries must be equal, or 0",
    experiment,
    reduced={"sides": (4, 8), "images": 2, "rounds": 1, "real": ((2, 1, 3, 3), (6, 6))},
)
