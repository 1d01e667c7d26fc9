"""Cell atoms: rule arrays that learn, the same array of many rows of cells at once."""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice, repeat
from typing import Final

from funcnn.algebra.folds import foldl, scanl
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import Tree, tree_map
from funcnn.algebra.vectors import transpose
from funcnn.blocks.rule_arrays import lifetime, rule_array
from funcnn.calculus.batches import Batch
from funcnn.calculus.mutations import PointMutation, point_mutation
from funcnn.calculus.states import State

type Running[A] = Generator[float, None, A]
type Bits = Sequence[int]
"""A row of cells of many arrays: each cell an int, with a bit for each array."""

RULES: Final[dict[int, Callable[[int, int, int], int]]] = {
    136: lambda _, own, right: own & right,
    238: lambda _, own, right: own | right,
    60: lambda left, own, _: left ^ own,
    102: lambda _, own, right: own ^ right,
}
"""Of a cell and its neighbors, and what they are of many arrays at once."""

TARGET: Final = 15
"""Steps that a black cell is to survive."""

CELLS: Final = 31


def next_cells(cells: Bits, choices: Sequence[int]) -> list[int]:
    """The next row of cells of many rule arrays of the same choices: `rule_row` of each, at once.

    >>> next_cells([0b01, 0b11, 0b10], [0, 1, 2])
    [1, 3, 1]
    """
    rules = [*RULES.values()]
    around = zip([0, *cells[:-1]], cells, [*cells[1:], 0], choices, strict=True)
    return [rules[k](left, own, right) for left, own, right, k in around]


def cells_of(images: Sequence[Sequence[float]]) -> list[int]:
    """The pixels of images as cells: each has a bit for each image, 1 where it is ½ or more.

    >>> cells_of([[0.0, 1.0], [0.5, 0.25]])
    [1, 2]
    """
    return [packed([pixel >= 0.5 for pixel in column]) for column in transpose(images)]


def packed(bits: Sequence[bool]) -> int:
    """The number with such bits, the highest first.

    >>> packed([True, True, False])
    6
    """
    return int("".join("01"[bit] for bit in bits), 2)


def votes(array: Tree, images: Sequence[Sequence[float]]) -> list[int]:
    """For each image how many cells of an array's last row are 1.

    >>> votes([[2, 2]], [[1.0, 1.0], [0.0, 1.0]])
    [1, 1]
    """
    last = foldl(next_cells, cells_of(images), array)
    rows = [f"{cell:0{len(images)}b}" for cell in last]
    return [bits.count("1") for bits in zip(*rows, strict=True)]


def array_learned(key: int, examples: Batch, rows: int, steps: int) -> Running[Tree]:
    """A rule array whose last row is to be all ones for targets of 1, and all zeros for those of 0.

    >>> run = array_learned(0, Batch([[1.0, 0.0], [0.0, 1.0]], [0, 1]), 1, 2)
    >>> next(run), next(run)
    (0.5, 1.0)
    """
    (first, other), cells = split(key), cells_of(examples.inputs)
    wanted = packed([target == 1 for target in examples.targets])

    def loss(array: Tree) -> int:
        return sum((cell ^ wanted).bit_count() for cell in foldl(next_cells, cells, array))

    hyper = PointMutation(range(len(RULES)), key=first)
    draws = [uniform(part, len(cells)) for part in split(other, rows)]
    start = tree_map(lambda draw: int(draw * len(RULES)), draws)
    for step, (array, _) in enumerate(islice(climbed(hyper, start, loss), 1, steps + 1), 1):
        yield step / steps
    return array


def climbed(
    hyper: PointMutation, start: Tree, loss: Callable[[Tree], int]
) -> Iterator[tuple[Tree, int]]:
    """The weights that mutations pass through, and the loss of each, without end.

    >>> [value for _, value in islice(climbed(PointMutation(), [1, 1], sum), 8)]
    [2, 1, 1, 1, 0, 0, 0, 0]
    """

    def step(point: tuple[State, int], _: None) -> tuple[State, int]:
        state, value = point
        after = point_mutation(hyper, state, loss, value)
        return after, value if after.weights is state.weights else loss(after.weights)

    points = scanl(step, (State(start), loss(start)), repeat(None))
    return ((state.weights, value) for state, value in points)


def comes_to_live(key: int, mutations: int, *, neutral: bool) -> bool:
    """Whether so many mutations make an array in which a black cell dies after 15 steps exactly.

    >>> comes_to_live(0, 1, neutral=True)
    False
    """
    seed = [int(place == CELLS // 2) for place in range(CELLS)]

    def loss(array: Tree) -> int:
        return abs(lifetime(rule_array(seed, array)) - TARGET)

    start = [[0] * CELLS for _ in range(2 * TARGET)]
    points = climbed(PointMutation(key=key, neutral=neutral), start, loss)
    return any(not value for _, value in islice(points, mutations + 1))


def lived(key: int, keys: int, mutations: int) -> Running[tuple[int, int]]:
    """By how many keys a black cell comes to live so long: with neutral moves, and without.

    >>> next(lived(0, 1, 1))
    0.5
    """
    found = list[bool]()
    for part in split(key, keys):
        for neutral in (True, False):
            found.append(comes_to_live(part, mutations, neutral=neutral))
            yield len(found) / (2 * keys)
    return sum(found[::2]), sum(found[1::2])
