"""Small models: three architectures of as many weights for digits, and how one came of another.

Each sees a digit as a grid of 4×4 patches, 6 numbers of each, and reads what becomes of them alike:
by an affine layer of all. No norm follows the patches: it would make the blank ones as loud as the
others.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any, Final

from funcnn.algebra.elementary import relu
from funcnn.blocks.activations import gelu
from funcnn.blocks.combinators import branch, layer, serial
from funcnn.blocks.forms import form
from funcnn.blocks.image_models import EPSILON, convnext_block
from funcnn.blocks.layouts import channels_first, channels_last, concatenate, flatten, reshape
from funcnn.blocks.linears import layer_scale
from funcnn.blocks.models import (
    Model,
    activation,
    at_each,
    convolve,
    in_series,
    normalize,
    project_to,
    residually,
)
from funcnn.blocks.norms import NormWeights, batch_norm_training
from funcnn.blocks.pooling import average_pool2d, max_pool2d
from funcnn.blocks.positions import learned_positions
from funcnn.blocks.sequence_models import transformer_block

PIXELS: Final = 8
SIDE: Final = 4
"""Of the grid of patches."""
WIDTH: Final = 6
"""How many numbers there are of a patch."""
HEARING: Final = 13
"""How many numbers a graph network makes of what is heard: so many that its weights are as many."""
CLASSES: Final = 10


def convnext() -> Model:
    """ConvNeXt of one block: a convolution of 7×7 of each channel, then two layers at each place.

    Source
        Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(convnext().weights)
    1636
    """
    return _of_patches(_inner(convnext_block(WIDTH, SIDE)))


def attention() -> Model:
    """A vision transformer of one block, of two heads, over the patches and their positions.

    Source
        A. Dosovitskiy et al., "An Image is Worth 16×16 Words: Transformers for Image Recognition at
        Scale", ICLR 2021

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(attention().weights)
    1606
    """
    block = _inner(transformer_block(WIDTH, 2, 4 * WIDTH))
    return _of_patches(*_in_a_row(_positions(), block))


def graph() -> Model:
    """A graph network of two rounds: each patch hears the mean of those around it and of itself.

    Of what it is and what it hears, two affine layers make what is added to it.

    Source
        J. Gilmer et al., "Neural Message Passing for Quantum Chemistry", ICML 2017; W. Hamilton,
        R. Ying, J. Leskovec, "Inductive Representation Learning on Large Graphs", NeurIPS 2017,
        algorithm 1: the mean, and beside it what the node is

    >>> from funcnn.blocks.shapes import parameters
    >>> parameters(graph().weights)
    1626
    """
    beside = Model(branch(serial(), hearing().network), [[], ()])
    inner, outer = project_to(HEARING, 2 * WIDTH), project_to(WIDTH, HEARING)
    update = in_series(inner, activation(gelu), outer)
    heard = [beside, Model(layer(concatenate))]
    norm = at_places(normalize(WIDTH, epsilon=EPSILON))
    turn = residually(in_series(*norm, *heard, *at_places(update)))
    return _of_patches(*_in_a_row(_positions()), turn, turn)


def hearing() -> Model:
    """The mean, at each place of an image, of what is there and around it, as a model.

    Laws
        the mean of message_passing over the edges of a grid, each place's to itself among them

    >>> hearing().network([[[1.0, 2.0], [3.0, 4.0]]], ())
    [[[2.5, 2.5], [2.5, 2.5]]]
    """
    window: dict[str, Any] = {"size": 3, "stride": 1, "padding": 1, "count_include_pad": False}
    return Model(layer(average_pool2d, **window))


def at_places(model: Model) -> list[Model]:
    """A model of a vector, on the vector at each place of an image, as models.

    >>> network, weights = in_series(*at_places(activation(abs))).network, [(), (), ()]
    >>> network([[[-3.0]], [[4.0]]], weights)
    [[[3.0]], [[4.0]]]
    """
    return [Model(layer(channels_last)), at_each(at_each(model)), Model(layer(channels_first))]


def _of_patches(*body: Model) -> Model:
    """a model of a digit, whose body is one of the image of its patches"""
    return in_series(*_patches(), *body, *_readout(), inputs=form(PIXELS**2))


def _inner(model: Model) -> Model:
    """a model within another, which says what comes in"""
    return replace(model, inputs=())


def _image() -> Model:
    return Model(layer(reshape, shape=(1, PIXELS, PIXELS)))


def _patches() -> list[Model]:
    """of each 2×2 pixels so many weighted sums"""
    return [_image(), *convolve(WIDTH, 1, 2, stride=2)]


def _positions() -> Model:
    return Model(layer(learned_positions), form(SIDE**2, WIDTH, fill="zeros"))


def _in_a_row(*models: Model) -> list[Model]:
    """models of a sequence, on the places of an image in a row"""
    rows = [Model(layer(reshape, shape=(WIDTH, SIDE**2))), Model(layer(channels_last))]
    image = [Model(layer(channels_first)), Model(layer(reshape, shape=(WIDTH, SIDE, SIDE)))]
    return [*rows, *models, *image]


def _readout() -> list[Model]:
    """from all numbers of an image to the logits"""
    return [Model(layer(flatten)), project_to(CLASSES, SIDE**2 * WIDTH)]


@dataclass(frozen=True, slots=True)
class Design:
    """A residual network of one block for digits, on the way from ResNet to ConvNeXt."""

    hidden: int = 7
    """How many channels there are within the block."""
    patchify: bool = False
    """Whether it begins with patches, and not with a convolution of 3×3, relu and pooling."""
    depthwise: bool = False
    """Whether each channel is convolved alone."""
    kernel: int = 3
    """Of a larger one, the convolution is the block's first layer, not its second."""
    bend: Callable[..., Any] = relu
    sparing: bool = False
    """Whether there is one norm in the block, after its first layer, and one activation, after its
    second, and none after the block."""
    layer_norm: bool = False
    """Whether a norm is that of a place, and not that of a channel in the whole batch."""
    scaled: bool = False


TRICKS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("ResNet", {}),
    ("patchify stem", {"patchify": True}),
    ("depthwise, wider", {"depthwise": True, "hidden": 4 * WIDTH}),
    ("larger kernel", {"kernel": 7}),
    ("GELU", {"bend": gelu}),
    ("fewer activations, norms", {"sparing": True}),
    ("layer norm", {"layer_norm": True}),
    ("layer scale", {"scaled": True}),
)
"""ConvNeXt's, in its order: what is changed in the design before."""


def designs() -> dict[str, Design]:
    """Designs by the trick that is the last of theirs.

    >>> designs()["patchify stem"] == Design(patchify=True)
    True
    """
    start, *tricks = TRICKS
    changed = accumulate(
        tricks, lambda design, trick: replace(design, **trick[1]), initial=Design()
    )
    return dict(zip([start[0], *(name for name, _ in tricks)], changed, strict=True))


def of_design(design: Design) -> Model:
    """The model of a design: of a batch of digits, as a batch norm is.

    Source
        Z. Liu et al., "A ConvNet for the 2020s", CVPR 2022, 2.2 to 2.6; of ResNet, K. He et al.,
        "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5

    >>> from funcnn.blocks.shapes import parameters
    >>> [parameters(of_design(design).weights) for design in designs().values()]
    [1601, 1565, 1612, 1654, 1654, 1624, 1630, 1636]
    """
    bend = activation(design.bend)
    return in_series(
        *_stem(design),
        residually(in_series(*_block(design))),
        *([] if design.sparing else [bend]),
        *_of_each(*_readout()),
        inputs=form(1, PIXELS**2),
    )


def _of_each(*models: Model) -> list[Model]:
    """models of a digit, for each of a batch"""
    return [at_each(in_series(*models))]


def _stem(design: Design) -> list[Model]:
    if design.patchify:
        return _of_each(*_patches())
    convolution = convolve(WIDTH, 1, 3, padding=1, bias=False)
    norm, pool = _norm(design, WIDTH), Model(layer(max_pool2d, size=2))
    return [*_of_each(_image(), *convolution), *norm, activation(relu), *_of_each(pool)]


def _block(design: Design) -> list[Model]:
    """three convolutions, each with a bias unless a batch norm follows, its norm and activation"""
    hidden, spatial = design.hidden, 0 if design.kernel > 3 else 1
    channels = [WIDTH, hidden if spatial else WIDTH, hidden, WIDTH]
    bent = {1} if design.sparing else {0, 1}
    parts = list[Model]()
    for place, (takes, gives) in enumerate(pairwise(channels)):
        normed, size = place == 0 or not design.sparing, design.kernel if place == spatial else 1
        groups, bias = gives if design.depthwise else 1, design.layer_norm or not normed
        parts += _of_each(*_convolution(gives, takes, size, groups=groups, bias=bias))
        parts += _norm(design, gives) if normed else []
        parts += [activation(design.bend)] if place in bent else []
    return [*parts, *_scale(design)]


def _convolution(gives: int, takes: int, size: int, *, groups: int, bias: bool) -> list[Model]:
    """with a padding that keeps the size; one of 1×1 is a layer at each place"""
    if size == 1:
        return at_places(project_to(gives, takes, bias=bias))
    return convolve(gives, takes, size, padding=size // 2, groups=groups, bias=bias)


def _norm(design: Design, width: int) -> list[Model]:
    if design.layer_norm:
        return _of_each(*at_places(normalize(width, epsilon=EPSILON)))
    weights = NormWeights(form(width, fill="ones"), form(width, fill="zeros"))
    return [Model(layer(batch_norm_training), weights)]


def _scale(design: Design) -> list[Model]:
    scale = Model(layer(layer_scale), form(WIDTH, fill="ones"))
    return _of_each(*at_places(scale)) if design.scaled else []
