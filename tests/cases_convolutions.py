"""Cases of convolutions: of one to three axes, with strides, padding, dilation and groups."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple

from block_cases import Case, Cases, tensor
from funcnn.blocks.convolutions import channel_bias, conv, conv1d, conv2d, conv3d
from funcnn.blocks.transposed_convolutions import (
    conv_transpose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)

CONVS: Final[tuple[Callable[..., Any], ...]] = (conv1d, conv2d, conv3d)
TRANSPOSED: Final[tuple[Callable[..., Any], ...]] = (
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)


class Axis(NamedTuple):
    """How kernels lie along an axis."""

    size: int
    stride: int
    pads: tuple[int, int]
    dilation: int

    @property
    def reach(self) -> int:
        return (self.size - 1) * self.dilation

    def length(self, draw: Random) -> int:
        """Of inputs on which a kernel has one place or two, or more where there is padding."""
        last, rest = draw.randrange(2) * self.stride, draw.randrange(self.stride)
        return max(1, 1 + self.reach + last + rest - sum(self.pads))

    def places(self, draw: Random) -> int:
        """So many that the padding leaves something of what the kernels reach from there."""
        missing = sum(self.pads) - self.reach
        return 1 + max(0, -(-missing // self.stride)) + draw.randrange(2)


def drawn_axes(draw: Random, rank: int) -> list[Axis]:
    """As many as the rank, at times all alike."""

    most = 3 if rank == 1 else 2

    def axis() -> Axis:
        before, after = draw.randrange(most), draw.randrange(most)
        pads = (before, draw.choice([before, after]))
        return Axis(draw.randint(1, most), draw.randint(1, most), pads, draw.randint(1, most))

    return [axis()] * rank if draw.random() < 0.3 else [axis() for _ in range(rank)]


def drawn_groups(draw: Random, rank: int) -> tuple[int, int, int]:
    """How many groups, and how many channels and kernels in each: fewer, the more there is else."""
    groups = draw.choice([1, 1, 2, 3] if rank < 3 else [1, 1, 2])
    most = 2 if groups * rank < 3 else 1
    return groups, draw.randint(1, 2 if groups * rank < 5 else 1), draw.randint(1, most)


def short(values: Sequence[Any]) -> Any:
    """One for all axes, if they are alike, else one for each."""
    return tuple(values) if {*values} - {values[0]} else values[0]


def each_axis(setting: Any, rank: int) -> tuple[Any, ...]:
    """A setting for each axis."""
    return (setting,) * rank if isinstance(setting, int) else setting


def settings_of(axes: Sequence[Axis], groups: int) -> dict[str, Any]:
    """The settings, without those that are as they are if not given."""
    pads = [axis.pads for axis in axes]
    even = all(before == after for before, after in pads)
    settings = {
        "stride": short([axis.stride for axis in axes]),
        "padding": short([b for b, _ in pads]) if even else tuple(pads),
        "dilation": short([axis.dilation for axis in axes]),
        "groups": groups,
    }
    return {name: value for name, value in settings.items() if value != int(name != "padding")}


def conv_case(draw: Random, rank: int) -> Case:
    axes = drawn_axes(draw, rank)
    groups, channels, kernels = drawn_groups(draw, rank)
    inputs = tensor(draw, groups * channels, *(axis.length(draw) for axis in axes))
    weights = tensor(draw, groups * kernels, channels, *(axis.size for axis in axes))
    return Case(CONVS[rank - 1], settings_of(axes, groups), inputs, weights)


def transposed_case(draw: Random, rank: int) -> Case:
    axes = drawn_axes(draw, rank)
    groups, channels, kernels = drawn_groups(draw, rank)
    inputs = tensor(draw, groups * channels, *(axis.places(draw) for axis in axes))
    weights = tensor(draw, groups * channels, kernels, *(axis.size for axis in axes))
    more = short([draw.randrange(max(axis.stride, axis.dilation)) for axis in axes])
    settings = settings_of(axes, groups) | ({"output_padding": more} if more else {})
    return Case(TRANSPOSED[rank - 1], settings, inputs, weights)


def bias_case(draw: Random) -> Case:
    lengths = [draw.randint(1, 3) for _ in range(draw.randint(1, 4))]
    return Case(channel_bias, {}, tensor(draw, *lengths), tensor(draw, lengths[0]))


def ranked(case: Callable[[Random, int], Case], definition: Any, rank: int) -> Any:
    """The case of one rank, as one of a definition that is told the rank."""

    def drawn(draw: Random) -> Case:
        found = case(draw, rank)
        return found._replace(definition=definition, settings={"rank": rank, **found.settings})

    return drawn


CASES: Cases = {
    **{f"conv{rank}d": partial(conv_case, rank=rank) for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": partial(transposed_case, rank=rank) for rank in (1, 2, 3)},
    "conv": ranked(conv_case, conv, 1),
    "conv_transpose": ranked(transposed_case, conv_transpose, 1),
    "channel_bias": bias_case,
}
