"""Atoms: any pile of simple parts learns, if changes that do not harm it are kept."""

from collections.abc import Sequence
from math import ceil, log2
from time import process_time
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import zipped
from funcnn.algebra.keys import split
from funcnn.algebra.trees import Tree, is_leaf, leaves, tree_map
from funcnn.blocks.combinators import Network, layer, serial
from funcnn.blocks.initializers import he_normal
from funcnn.blocks.linears import dense, linear
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.optimizers import Sgd
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from funcnn.calculus.training import Objective, train
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.fast.batching import vmap
from funcnn.fast.bits import binarized
from funcnn.fast.optimizers import sgd
from funcnn.fast.training import objective
from funcnn.studies.cell_atoms import RULES, TARGET, Running, array_learned, lived, votes
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.materials import TRAINING, digit_batches, share_right, within
from funcnn.studies.plots import Axis, Plot, Series
from funcnn.studies.shrinkage import Told, is_ahead, told

NETWORK: Final = serial(layer(dense), layer(linear))
WIDTH: Final = 64
"""Pixels, and hidden units."""

SIZE: Final = 32
"""Of a batch."""

NAMES: Final = ("perceptron", "±1 network", "rule array")
BITS: Final = (64, 1, ceil(log2(len(RULES))))
"""Of a weight of each."""

CONFIDENCE: Final = 0.99


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


class Pile(NamedTuple):
    """Which digits held out a pile of atoms tells, and what it took to learn that."""

    told: Told
    seconds: float
    bits: int
    """Of memory, for its weights."""


def experiment(
    *,
    key: int = 0,
    training: int = TRAINING,
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
    piles = [
        pile(name, *run, asked, bits) for name, run, bits in zip(NAMES, learned, BITS, strict=True)
    ]
    ten = yield from within(network_learned(two, digits[0], 10, rounds, signs=True), 0.5, 0.6)
    lives = yield from within(lived(cells, keys, mutations), 0.6, 1.0)
    run = (
        f"odd or even, {training:,} digits: networks 64–64–2 of floats and of ±1, {rounds} epochs;"
        f" a rule array of {rows} rows, {steps:,} mutations; a black cell's life, {keys} keys,"
        f" {mutations:,} mutations"
    )
    return _finding(run, piles, share_right(NETWORK, ten, digits[1]), asked.targets, keys, lives)


def pile(name: str, weights: Tree, seconds: float, asked: Batch, bits: int) -> Pile:
    """What was learned in so many seconds, of so many bits a weight, judged by examples held out.

    A rule array goes by the majority of its last row.

    >>> pile("array", [[0], [0]], 1.0, Batch([[1.0], [0.0]], [0, 0]), 2)
    Pile(told=Told(name='array', right=[True, True]), seconds=1.0, bits=4)
    """
    if is_leaf(weights[0][0]):
        width = len(weights[0])
        outputs = [[width - count, count] for count in votes(weights, asked.inputs)]
    else:
        outputs = vmap(NETWORK)([*asked.inputs], weights)
    return Pile(told(name, outputs, asked.targets), seconds, bits * sum(1 for _ in leaves(weights)))


def verdict(chance: float, least: float, behind: bool) -> Verdict:
    """What follows from the least share that a pile is right, with confidence, and from whether one
    is behind the perceptron.

    >>> verdict(0.5, 0.8, False), verdict(0.5, 0.8, True), verdict(0.5, 0.4, False)
    ('holds', 'holds with limits', 'false')
    """
    if least <= chance:
        return "false"
    return "holds with limits" if behind else "holds"


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
    shares = [pile.told.share for pile in piles]
    least = [binomial_interval(sum(p.told.right), count, CONFIDENCE)[0] for p in piles]
    behind = [one.told.name for one in piles[1:] if is_ahead(piles[0].told, one.told)]
    slower = [pile.seconds / piles[0].seconds for pile in piles]
    smaller = [piles[0].bits / pile.bits for pile in piles]
    return Finding(
        run=run,
        figure=f"±1 {shares[1]:.1%}, rules {shares[2]:.1%}, chance {chance:.1%}",
        verdict=verdict(chance, min(least[1:]), bool(behind)),
        why=(
            f"Asked whether a digit is odd, the perceptron is right on {shares[0]:.1%} of {count}"
            f" held-out digits, the ±1 network on {shares[1]:.1%} and the rule array on"
            f" {shares[2]:.1%}; always giving the same answer is right on {chance:.1%}."
            f" {_behind(behind)} Training took {slower[1]:.1f} and {slower[2]:.1f} times as long as"
            f" the perceptron's; once trained, the weights take {smaller[1]:.0f} and"
            f" {smaller[2]:.0f} times less memory than its floats of {BITS[0]} bits. On which of"
            f" ten digits it is, ±1 is right on {ten:.1%}. A black cell comes to live exactly"
            f" {TARGET} steps from {moved} of {keys} keys with neutral mutations, and from"
            f" {unmoved} without. The array's four rules were chosen in view of these held-out"
            " digits, so its share is somewhat too high."
        ),
        measurements=(
            *(
                Measurement(
                    f"{name}, odd or even: digits right",
                    100 * share,
                    f"% of {count}; with {CONFIDENCE:.0%} confidence {low:.0%} or more",
                )
                for name, share, low in zip(NAMES, shares, least, strict=True)
            ),
            *(
                Measurement(f"{name}, {what}", value, unit)
                for name, pile, ratio in zip(NAMES, piles, slower, strict=True)
                for what, value, unit in (
                    ("weights", pile.bits, "bits"),
                    ("training time", ratio, "times the perceptron's"),
                )
            ),
            Measurement("always the same answer: digits right", 100 * chance, f"% of {count}"),
            Measurement("±1 network, ten classes: digits right", 100 * ten, f"% of {count}"),
            Measurement(
                f"a cell lives {TARGET} steps, neutral mutations", moved, f"of {keys} keys"
            ),
            Measurement(f"a cell lives {TARGET} steps, none neutral", unmoved, f"of {keys} keys"),
        ),
        plot=Plot(
            f"Odd or even: ±1 weights are right on {shares[1]:.0%} and a rule array on"
            f" {shares[2]:.0%}, a perceptron of floats on {shares[0]:.0%}",
            Axis("memory of the weights", "bits", log=True),
            Axis("held-out digits right", "%"),
            (
                *(
                    Series(name, [(pile.bits, 100 * share)], "dots")
                    for name, pile, share in zip(NAMES, piles, shares, strict=True)
                ),
                Series("always the same", [(pile.bits, 100 * chance) for pile in piles], "dashes"),
            ),
        ),
    )


def _behind(names: Sequence[str]) -> str:
    if not names:
        return "Neither is shown to be behind the perceptron, by exact tests at 5%."
    return f"Behind the perceptron, by exact tests at 5%: {' and '.join(names)}."


STUDY: Final = Study(
    "atoms",
    "Any pile of atoms learns",
    'S. Wolfram, "What\'s Really Going On in Machine Learning? Some Minimal Models" (2024);\n'
    'M. Rastegari et al., "XNOR-Net: ImageNet Classification Using Binary Convolutional Neural\n'
    'Networks", ECCV 2016, arXiv:1603.05279: 32 times less memory than of 32-bit floats',
    experiment,
    {"training": 400, "rounds": 3, "steps": 1500, "keys": 1, "mutations": 100},
)
