"""Depth: without activations, any number of layers is one matrix."""

from collections.abc import Generator, Sequence
from fractions import Fraction
from itertools import pairwise, product
from statistics import median
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import foldl1
from funcnn.algebra.keys import fold_in, split
from funcnn.algebra.trees import Tree, tree_map
from funcnn.algebra.vectors import Matrix, matmul, matvec, transpose
from funcnn.blocks.combinators import layer, run
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import AffineWeights, affine
from funcnn.blocks.models import Model, activation, in_series, project_to
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import squared_error
from funcnn.calculus.optimizers import Adam
from funcnn.calculus.pullbacks import mean_loss
from funcnn.calculus.regression import least_squares
from funcnn.diagnostics.confidence import binomial_interval
from funcnn.diagnostics.spectra import rank
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.linear_systems import rational_matrix
from funcnn.studies.materials import learned, within
from funcnn.studies.plots import Axis, Plot, Series

CORNERS: Final = [[Fraction(x), Fraction(y)] for x, y in product((0, 1), repeat=2)]
XOR: Final = [Fraction(0), Fraction(1), Fraction(1), Fraction(0)]

WIDTHS: Final = (6, 5, 3, 5, 6)
"""Of a network whose collapse is exact; the least is a bottleneck."""

ALTERNATING: Final = [Fraction(1), Fraction(-1), Fraction(-1), Fraction(1)]
"""Weights of the corners with which every affine function sums to 0: it cannot tell XOR."""

BY_RELU: Final = [
    AffineWeights([[Fraction(1)] * 2] * 2, [Fraction(0), Fraction(-1)]),
    (),
    AffineWeights([[Fraction(1), Fraction(-2)]], [Fraction(0)]),
]
"""Weights of 2 hidden units: XOR is relu(x + y) − 2·relu(x + y − 1)."""


def deep(sizes: Sequence[int], *, activated: bool) -> Model:
    """Affine layers of some sizes, with relu between them or with nothing.

    >>> from funcnn.blocks.shapes import render
    >>> render(deep((2, 8, 1), activated=True).network)
    'affine >>> relu >>> affine'
    >>> render(deep((2, 8, 1), activated=False).network)
    'affine >>> affine'
    """
    first, *others = [project_to(gives, takes) for takes, gives in pairwise(sizes)]
    between = [activation(relu)] if activated else []
    return in_series(first, *(model for other in others for model in (*between, other)))


def collapsed(weights: Sequence[AffineWeights[Any]]) -> AffineWeights[Any]:
    """The weights of the one layer that affine layers one after another are.

    Haskell
        foldl1 (\\one next -> (next * one, next * bias one + bias next))

    >>> double, increment = AffineWeights([[2.0]], [0.0]), AffineWeights([[1.0]], [1.0])
    >>> collapsed([double, increment, double])
    AffineWeights(matrix=[[4.0]], bias=[2.0])
    """
    return foldl1(
        lambda one, after: AffineWeights(matmul(after.matrix, one.matrix), affine(one.bias, after)),
        weights,
    )


def separable_labelings(points: Matrix[Fraction]) -> set[tuple[bool, ...]]:
    """The labelings of some corners of the square that affine functions of small weights make.

    >>> len(separable_labelings([[Fraction(0), Fraction(0)], [Fraction(1), Fraction(1)]]))
    4
    """
    slopes, shifts = range(-1, 2), [Fraction(n, 2) for n in range(-5, 6)]
    return {
        tuple(a * x + b * y + c > 0 for x, y in points)
        for a, b, c in product(slopes, slopes, shifts)
    }


class Collapse(NamedTuple):
    """Of a deep network over rationals: outputs equal to those of one layer, and its rank."""

    layers: int
    equal: int
    inputs: int
    rank: int
    narrowest: int


def collapse(key: int, sizes: Sequence[int], count: int) -> Collapse:
    """How many outputs of a network without activations are those of its collapse, exactly.

    >>> collapse(0, (3, 1, 2), 5)
    Collapse(layers=2, equal=5, inputs=5, rank=1, narrowest=1)
    """
    drawn, asked = split(key)
    weights = [
        AffineWeights(
            rational_matrix(part, gives, takes), *rational_matrix(fold_in(part, 0), 1, gives)
        )
        for part, (takes, gives) in zip(split(drawn, len(sizes) - 1), pairwise(sizes), strict=True)
    ]
    network, one = deep(sizes, activated=False).network, collapsed(weights)
    inputs = rational_matrix(asked, count, sizes[0])
    equal = sum(run(network, x, weights) == affine(x, one) for x in inputs)
    return Collapse(len(weights), equal, count, rank(one.matrix), min(sizes))


class Trained(NamedTuple):
    """What training found: the exact loss of its weights, and how many corners they get right."""

    loss: Fraction
    right: int


type Results = dict[tuple[int, bool], list[Trained]]
"""Of each depth, with relu or without, what each start leads to."""


def trained(
    key: int, sizes: Sequence[int], *, activated: bool, steps: int
) -> Generator[float, None, Trained]:
    """What Adam finds for XOR from a key; on the way, how much is done.

    >>> from funcnn.studies.findings import found
    >>> found(trained(0, (2, 1), activated=False, steps=1)).loss >= Fraction(1, 4)
    True
    """
    model = deep(sizes, activated=activated)
    examples = Batch(tree_map(float, CORNERS), [[float(label)] for label in XOR])
    weights = initial_weights(key, model.weights)
    state = yield from learned(
        model.network,
        Adam(0.03),
        weights,
        examples,
        key=key,
        size=len(CORNERS),
        rounds=steps,
        loss=layer(squared_error),
    )
    return judged(model, tree_map(Fraction, state.weights))


def judged(model: Model, weights: Tree) -> Trained:
    """The loss of rational weights on XOR, and how many corners they put on the right side of ½.

    >>> judged(deep((2, 2, 1), activated=True), BY_RELU)
    Trained(loss=Fraction(0, 1), right=4)
    """
    outputs = [run(model.network, corner, weights)[0] for corner in CORNERS]
    right = sum((y > Fraction(1, 2)) == (t == 1) for y, t in zip(outputs, XOR, strict=True))
    targets = [[label] for label in XOR]
    loss = mean_loss(model.network, layer(squared_error), weights, CORNERS, targets)
    return Trained(loss, right)


def experiment(
    *,
    key: int = 0,
    inputs: int = 200,
    depths: Sequence[int] = (1, 2, 3, 4),
    starts: int = 20,
    hidden: int = 8,
    steps: int = 300,
) -> Experiment:
    """Deep networks collapsed exactly, and XOR learned with and without relu, at several depths.

    >>> next(experiment(inputs=1, starts=1))
    0.05
    """
    drawn, learnt = split(key)
    collapses = [
        collapse(fold_in(drawn, layers), [*WIDTHS[:layers], WIDTHS[0]], inputs)
        for layers in range(1, len(WIDTHS) + 1)
    ]
    yield 0.05
    results, done = dict[tuple[int, bool], list[Trained]](), 0.05
    total = starts * 2 * sum(depths)
    for depth, activated in product(depths, (False, True)):
        sizes = (2, *[hidden] * (depth - 1), 1)
        results[depth, activated] = []
        for start in split(fold_in(learnt, depth), starts):
            part = trained(start, sizes, activated=activated, steps=steps)
            end = done + 0.95 * depth / total
            results[depth, activated].append((yield from within(part, done, min(end, 1.0))))
            done = end
    return _finding(collapses, results, starts, hidden, steps)


def _finding(
    collapses: Sequence[Collapse],
    results: Results,
    starts: int,
    hidden: int,
    steps: int,
) -> Finding:
    homogeneous = [[*corner, Fraction(1)] for corner in CORNERS]
    best = least_squares(homogeneous, [[label] for label in XOR])
    least = judged(deep((2, 1), activated=False), [AffineWeights([best[0][:2]], best[0][2:])])
    labelings = separable_labelings(CORNERS)
    most = max(
        sum(one == (label == 1) for one, label in zip(labeling, XOR, strict=True))
        for labeling in labelings
    )
    signed = matvec(transpose(homogeneous), ALTERNATING)
    by_hand = judged(deep((2, 2, 1), activated=True), BY_RELU)
    depths = sorted({depth for depth, _ in results})
    linear = [found for (_, activated), row in results.items() if not activated for found in row]
    lowest, most_right = min(found.loss for found in linear), max(found.right for found in linear)
    solved = {d: sum(found.right == 4 for found in results[d, True]) for d in depths}
    equal, asked = sum(c.equal for c in collapses), sum(c.inputs for c in collapses)
    bottleneck = all(c.rank <= c.narrowest for c in collapses)
    best_share = max(solved.values()) / starts
    linear_share = sum(found.right == 4 for found in linear) / len(linear)
    measurements = (
        Measurement(
            "outputs that equal those of one layer",
            equal,
            f"of {asked:,}",
            f"{asked:,}, exactly",
            equal == asked,
        ),
        *(
            Measurement(
                f"rank of the product of {c.layers} matri{'ces' if c.layers > 1 else 'x'}",
                c.rank,
                "",
                f"at most {c.narrowest}",
                c.rank <= c.narrowest,
            )
            for c in collapses
        ),
        Measurement(
            "least squared error of an affine map on XOR",
            str(least.loss),
            "",
            "1/4, exactly",
            least.loss == Fraction(1, 4),
        ),
        Measurement(
            "labelings of the 4 corners that an affine map can make",
            len(labelings),
            "of 16",
            "14 (T. Cover 1965)",
            len(labelings) == 14,
        ),
        Measurement(
            "f(0,0) − f(0,1) − f(1,0) + f(1,1) of any affine f",
            str(max(map(abs, signed))),
            "",
            "0, exactly",
            not any(signed),
        ),
        Measurement("most corners that an affine map gets right", most, "of 4", "3", most == 3),
        Measurement(
            "lowest squared error learned without relu",
            float(lowest),
            "",
            "at least 1/4, exactly",
            lowest >= Fraction(1, 4),
        ),
        Measurement(
            "most corners right without relu", most_right, "of 4", "at most 3", most_right <= 3
        ),
        Measurement(
            "squared error with 2 hidden relu units, weights set by hand",
            str(by_hand.loss),
            "",
            "0, exactly",
            by_hand.loss == 0,
        ),
        *(_solved(depth, solved[depth], starts, hidden) for depth in depths),
    )
    return Finding(
        run=(
            f"{asked:,} inputs to networks of 1 to {len(WIDTHS)} layers over rationals; XOR learned"
            f" at {len(depths)} depths from {starts} starts each, with relu and without"
        ),
        figure=f"XOR solved: linear {linear_share:.0%}, relu {best_share:.0%}",
        verdict=verdict(equal == asked and bottleneck, most_right, max(solved.values())),
        why=(
            f"Over rationals, {equal:,} of {asked:,} outputs of networks of up to {len(WIDTHS)}"
            f" linear layers equal those of one layer, the product of the matrices. Its rank is"
            f" {'at most' if bottleneck else 'not always at most'} the width of the narrowest"
            f" layer. One layer cannot solve XOR: its squared error is at least {least.loss}, and"
            f" it gets at most {most} of 4 corners right. Trained linear networks of {depths[0]} to"
            f" {depths[-1]} layers reached {float(lowest):.6f} and {most_right} of 4. With relu and"
            f" {hidden} hidden units, these starts solved XOR: {_shares(solved, starts)}."
        ),
        measurements=measurements,
        plot=Plot(
            f"Without relu no depth gets below {least.loss}, the least error of one matrix",
            Axis("layers"),
            Axis("squared error on XOR, median start"),
            (
                Series("linear", _medians(results, depths, activated=False), "dots"),
                Series("relu", _medians(results, depths, activated=True)),
                Series("least of one matrix", [(d, float(least.loss)) for d in depths], "dashes"),
            ),
        ),
    )


def _medians(
    results: Results, depths: Sequence[int], *, activated: bool
) -> list[tuple[float, float]]:
    """the squared error of the median start, at each depth"""
    return [(d, median(float(found.loss) for found in results[d, activated])) for d in depths]


def _shares(solved: dict[int, int], starts: int) -> str:
    """how many starts solve it, at each depth but 1, where there is no place for relu"""
    counts = [f"{count} at {depth} layers" for depth, count in solved.items() if depth > 1]
    return f"{', '.join(counts)}, of {starts} starts each"


def _solved(depth: int, count: int, starts: int, hidden: int) -> Measurement:
    low, high = binomial_interval(count, starts, 0.95)
    network = f"{depth} layers, {hidden} hidden units, relu" if depth > 1 else "1 layer"
    return Measurement(
        f"starts that solve XOR, {network}",
        count,
        f"of {starts}; 95% interval {low:.0%} to {high:.0%}",
        *(("0: a layer alone is affine", count == 0) if depth == 1 else ()),
    )


def verdict(collapses: bool, linear: int, solved: int) -> Verdict:
    """What follows from whether depth is one matrix, how many corners of XOR are right without
    relu, and how many starts solve it with relu.

    Without a task that relu solves, nothing would be shown of what is missing.

    >>> verdict(True, 3, 20), verdict(True, 3, 0), verdict(True, 4, 20), verdict(False, 3, 20)
    ('holds', 'holds with limits', 'false', 'false')
    """
    if not collapses or linear == len(XOR):
        return "false"
    return "holds" if solved else "holds with limits"


STUDY: Final = Study(
    "depth",
    "Without activations, depth is one matrix",
    'M. Minsky, S. Papert, "Perceptrons", MIT Press 1969, for XOR;\n'
    'T. Cover, "Geometrical and Statistical Properties of Systems of Linear Inequalities", IEEE '
    "Trans. on Electronic Computers 14 (1965), for the labelings",
    experiment,
    {"inputs": 20, "depths": (1, 2, 3), "starts": 4, "steps": 150},
)
