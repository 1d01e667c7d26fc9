"""Atoms: any pile of simple parts learns, if changes that do not harm it are kept."""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import islice, repeat
from math import ceil, log2
from time import process_time
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import foldl, scanl, zipped
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import Tree, is_leaf, leaves, tree_map
from funcnn.algebra.vectors import transpose
from funcnn.blocks.combinators import Network, layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense, linear
from funcnn.blocks.rule_arrays import lifetime, rule_array
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.mutations import PointMutation, point_mutation
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from funcnn.calculus.training import Objective, train
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.fast.bits import binarized
from funcnn.fast.optimizers import sgd
from funcnn.fast.training import objective
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import digit_batches, share_right, within
from funcnn.studies.plots import Axis, Plot, Series

type Running[A] = Generator[float, None, A]
type Bits = Sequence[int]
"""A row of cells of many arrays: each cell an int, with a bit for each array."""

NETWORK: Final = serial(layer(dense), layer(linear))
WIDTH: Final = 64
"""Pixels, and hidden units."""

SIZE: Final = 32
"""Of a batch."""

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
NAMES: Final = ("perceptron", "±1 network", "rule array")
BITS: Final = (64, 1, ceil(log2(len(RULES))))
"""Of a weight of each."""

CONFIDENCE: Final = 0.99


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


def network_learned(
    key: int, examples: Batch, outputs: int, rounds: int, *, signs: bool
) -> Running[Tree]:
    """The weights of a network of floats, or such whose signs are one of ±1.

    For ±1 the gradient is that by the signs, of a constant size; it goes straight through to the
    weights, which are kept in [−1, 1].

    Source
        M. Courbariaux, Y. Bengio, J.-P. David, "BinaryConnect: Training Deep Neural Networks with
        Binary Weights during Propagations", NIPS 2015

    >>> next(network_learned(0, Batch([[0.5] * 64], [1]), 2, 1, signs=True))
    1.0
    """
    hidden, output, order = split(key, 3)
    start = State([he_normal(hidden, WIDTH, WIDTH), he_normal(output, outputs, WIDTH)])
    count = batches_per_epoch(examples, SIZE)
    rate = ExponentialDecay(1.0 if signs else 0.5, 0.8, count)
    batches = epochs(order, examples, SIZE, rounds)
    of, step = (straight_through, clipped) if signs else (objective, sgd)
    states = train(
        NETWORK, layer(cross_entropy), Sgd(rate), start, batches, objective=of, steps={Sgd: step}
    )
    next(states)
    for done, state in enumerate(states, 1):
        yield done / (count * rounds)
    return [binarized(matrix).signs for matrix in state.weights] if signs else state.weights


def straight_through(network: Network, loss: Network, batch: Batch) -> Objective:
    """The objective of a batch by the signs of the weights, each of size n^−½ for n inputs.

    >>> batch, weights = Batch([[1.0] * 4], [0]), [[[0.3] * 4], [[0.2], [0.1]]]
    >>> straight_through(NETWORK, layer(cross_entropy), batch).value(weights)
    0.6931471805599453
    """
    value, value_and_grad = objective(network, loss, batch)
    return Objective(lambda w: value(_signed(w)), lambda w: value_and_grad(_signed(w)))


def _signed(weights: Tree) -> Tree:
    """their signs, of the size n^−½ for n inputs"""
    sizes = [len(matrix[0]) ** -0.5 for matrix in weights]
    pairs = zipped(sizes, weights)
    return [[[-a if w < 0 else a for w in row] for row in matrix] for a, matrix in pairs]


def clipped(hyper: Sgd, state: State, gradient: Tree) -> State:
    """The state one step down the gradient, no weight beyond 1 or −1.

    >>> clipped(Sgd(1.0), State([0.5, 0.5]), [1.0, -1.0]).weights
    [-0.5, 1.0]
    """
    after = sgd(hyper, state, gradient)
    return after._replace(weights=tree_map(lambda w: max(-1.0, min(1.0, w)), after.weights))


def interleaved(runs: Sequence[Running[Any]]) -> Running[list[tuple[Any, float]]]:
    """What each of some runs returns, and its seconds. The one that is least far goes on.

    >>> def one():
    ...     yield 1.0
    ...     return "done"
    >>> next(interleaved([one()]))
    1.0
    """
    done, seconds, ended = [0.0 for _ in runs], [0.0 for _ in runs], dict[int, Any]()
    while len(ended) < len(runs):
        index = min((i for i in range(len(runs)) if i not in ended), key=done.__getitem__)
        start = process_time()
        try:
            done[index] = next(runs[index])
        except StopIteration as end:
            ended[index] = end.value
        seconds[index] += process_time() - start
        yield sum(done) / len(runs)
    return [(ended[index], seconds[index]) for index in range(len(runs))]


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


class Pile(NamedTuple):
    """How many digits held out a pile of atoms tells, and what it took to learn that."""

    right: int
    seconds: float
    bits: int
    """Of memory, for its weights."""


def experiment(
    *,
    key: int = 0,
    training: int = 1437,
    rounds: int = 5,
    rows: int = 16,
    steps: int = 10_000,
    keys: int = 10,
    mutations: int = 1000,
) -> Experiment:
    """A perceptron, a network of ±1 and a rule array on one task; then the black cell's life.

    >>> 0 < next(experiment(training=32, rounds=1, steps=1)) < 1
    True
    """
    one, two, three, cells = split(key, 4)
    digits = digit_batches(training)
    odd, asked = (Batch(batch.inputs, [t % 2 for t in batch.targets]) for batch in digits)
    runs = [
        network_learned(one, odd, 2, rounds, signs=False),
        network_learned(two, odd, 2, rounds, signs=True),
        array_learned(three, odd, rows, steps),
    ]
    learned = yield from within(interleaved(runs), 0.0, 0.5)
    piles = [pile(*run, asked, bits) for run, bits in zip(learned, BITS, strict=True)]
    ten = yield from within(network_learned(two, digits[0], 10, rounds, signs=True), 0.5, 0.6)
    lives = yield from within(lived(cells, keys, mutations), 0.6, 1.0)
    run = (
        f"odd or even, {training:,} digits: 64→64→2 of floats and of ±1, {rounds} epochs; {rows}"
        f" rows of 64 cells, {steps:,} mutations; a cell's life, {keys} keys, {mutations:,}"
    )
    return _finding(run, piles, share_right(NETWORK, ten, digits[1]), asked.targets, keys, lives)


def pile(weights: Tree, seconds: float, asked: Batch, bits: int) -> Pile:
    """What was learned in so many seconds, of so many bits a weight, judged by examples held out.

    A rule array goes by the majority of its last row.

    >>> pile([[0], [0]], 1.0, Batch([[1.0], [0.0]], [0, 0]), 2)
    Pile(right=2, seconds=1.0, bits=4)
    """
    if is_leaf(weights[0][0]):
        pairs = zipped(votes(weights, asked.inputs), asked.targets)
        right = sum((2 * count > len(weights[0])) == target for count, target in pairs)
    else:
        right = round(share_right(NETWORK, weights, asked) * len(asked.targets))
    return Pile(right, seconds, bits * sum(1 for _ in leaves(weights)))


def verdict(chance: float, perceptron: float, intervals: Sequence[tuple[float, float]]) -> Verdict:
    """What follows from the shares that piles are right: the intervals in which they lie.

    >>> verdict(0.5, 0.9, [(0.8, 0.95)]), verdict(0.5, 0.9, [(0.7, 0.8)])
    ('holds', 'holds with limits')
    >>> verdict(0.5, 0.9, [(0.8, 0.95), (0.4, 0.6)])
    'false'
    """
    if min(low for low, _ in intervals) <= chance:
        return "false"
    return "holds" if min(high for _, high in intervals) >= perceptron else "holds with limits"


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


def _finding(
    run: str,
    piles: Sequence[Pile],
    ten: float,
    targets: Sequence[int],
    keys: int,
    lives: tuple[int, int],
) -> Finding:
    count, (moved, unmoved) = len(targets), lives
    chance = max(targets.count(0), targets.count(1)) / count
    intervals = [binomial_interval(pile.right, count, CONFIDENCE) for pile in piles]
    shares = [pile.right / count for pile in piles]
    slower = [pile.seconds / piles[0].seconds for pile in piles]
    smaller = [piles[0].bits / pile.bits for pile in piles]
    return Finding(
        run=run,
        figure=" · ".join(f"{share:.1%}" for share in shares) + f" (chance {chance:.0%})",
        verdict=verdict(chance, shares[0], intervals[1:]),
        why=(
            f"Odd digits from even ones the perceptron tells with {shares[0]:.1%} of {count} right,"
            f" the network of ±1 with {shares[1]:.1%}, the rule array with {shares[2]:.1%}; always"
            f" to say the same, {chance:.1%}. Beside the perceptron's training that of ±1 took"
            f" {slower[1]:.1f} times as long, the array's {slower[2]:.1f} times; their weights take"
            f" {smaller[1]:.0f} and {smaller[2]:.0f} times less memory. Of ten digits ±1 tells"
            f" {ten:.1%}. A black cell learns to live exactly {TARGET} steps by {moved} of {keys}"
            f" keys with neutral moves, by {unmoved} without."
        ),
        measurements=(
            *(
                Measurement(
                    f"{name}, odd or even",
                    share,
                    "told rightly",
                    f"> {chance:.3f}, chance, with {CONFIDENCE:.0%} confidence",
                    low > chance,
                )
                for name, share, (low, _) in zip(NAMES, shares, intervals, strict=True)
            ),
            *(
                Measurement(f"{name}, {what}", value, unit)
                for name, pile, ratio in zip(NAMES, piles, slower, strict=True)
                for what, value, unit in (
                    ("weights", pile.bits, "bits"),
                    ("training time", ratio, "of the perceptron's"),
                )
            ),
            Measurement("±1 network, which of ten digits", ten, "told rightly"),
            Measurement(f"a cell lives {TARGET} steps, neutral moves", moved, f"of {keys} keys"),
            Measurement(f"a cell lives {TARGET} steps, none neutral", unmoved, f"of {keys} keys"),
        ),
        plot=Plot(
            f"With {smaller[1]:.0f} times less memory than a perceptron ±1 tells {shares[1]:.0%} of"
            f" digits, a rule array with {smaller[2]:.0f} times less {shares[2]:.0%}",
            Axis("memory of the weights", "bits", log=True),
            Axis("odd or even, told rightly", "of digits held out"),
            (
                *(
                    Series(name, [(pile.bits, share)], "dots")
                    for name, pile, share in zip(NAMES, piles, shares, strict=True)
                ),
                Series("always the same", [(pile.bits, chance) for pile in piles], "dashes"),
            ),
        ),
    )


STUDY: Final = Study(
    "atoms",
    "Any pile of atoms learns",
    'S. Wolfram, "What\'s Really Going On in Machine Learning? Some Minimal Models" (2024);\n'
    'M. Rastegari et al., "XNOR-Net: ImageNet Classification Using Binary Convolutional Neural\n'
    'Networks", ECCV 2016, arXiv:1603.05279: 32 times less memory than of 32-bit floats',
    experiment,
    {"training": 400, "rounds": 3, "steps": 1500, "keys": 1, "mutations": 100},
)
