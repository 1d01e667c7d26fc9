"""Equations: learning is solving A·x = b where the network is linear, and more where it is not."""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from fractions import Fraction
from itertools import batched, repeat
from math import inf
from statistics import median
from time import process_time
from typing import Any, Final, NamedTuple

from funcnn.algebra.duals import Dual
from funcnn.algebra.elementary import tanh
from funcnn.algebra.keys import split
from funcnn.algebra.trees import Tree, leaves, tree_map
from funcnn.blocks.combinators import Network, layer
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.linears import linear
from funcnn.blocks.models import Model, activation, in_series, project_to
from funcnn.blocks.pooling import average_pool2d
from funcnn.calculus import training
from funcnn.calculus.batches import Batch
from funcnn.calculus.optimizers import Adam, Sgd
from funcnn.calculus.pullbacks import mean_loss
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.regression import least_squares
from funcnn.calculus.second_order import NewtonKrylov
from funcnn.calculus.states import State
from funcnn.calculus.training import Objective, Optimizer
from funcnn.fast.optimizers import STEPS
from funcnn.fast.training import objective
from funcnn.studies.findings import Experiment, Finding, Measurement, Study, Verdict
from funcnn.studies.linear_systems import (
    ERROR,
    NEAR,
    Exact,
    Slope,
    descended_to_inverse,
    exactly,
    regression,
    residual_left,
)
from funcnn.studies.materials import digit_batches, within
from funcnn.studies.plots import Axis, Plot, Series

HILBERT: Final = [[Fraction(1, i + j + 1) for j in range(8)] for i in range(8)]
"""Of which float has lost all that conjugate gradients live on."""

NEWTON: Final = "Newton–Krylov"

METHODS: Final[Mapping[str, Optimizer]] = {
    NEWTON: NewtonKrylov(0.1, tolerance=0.1),
    "L-BFGS": Lbfgs(),
    "Adam 0.01": Adam(0.01),
    "Adam 0.03": Adam(0.03),
    "Adam 0.1": Adam(0.1),
    "descent": Sgd(5 / 16),
}
"""Adam at three rates, of which the best counts; descent at that of the words on newton_krylov."""


def _loss(network: Network, weights: Tree, examples: Batch) -> Any:
    return mean_loss(network, ERROR, weights, *examples)


def pooled_digits(count: int) -> Batch:
    """Digits averaged 2×2, and their labels, from 0 to 1.

    >>> len(pooled_digits(3).inputs[0]), len(pooled_digits(3).targets)
    (16, 3)
    """
    images, labels = digit_batches(count)[0]
    squares = [[[*batched(image, 8)]] for image in images]
    inputs = [[*leaves(average_pool2d(x, size=(2, 2), stride=(2, 2)))] for x in squares]
    return Batch(inputs, [[label / 9] for label in labels])


class Descent(NamedTuple):
    """How a loss fell: by steps, gradients and the processor's seconds, until it was low enough."""

    reached: bool
    steps: int
    gradients: int
    seconds: float
    path: list[tuple[float, float]]


def descended(
    model: Model, optimizer: Optimizer, weights: Tree, examples: Batch, goal: float, limit: int
) -> Generator[float, None, Descent]:
    """How an optimizer brings a loss down to a goal, in so many steps at most.

    A gradient of duals counts as three, since a product of duals is three products; a loss as one.

    >>> one = Batch([[1.0]], [[1.0]])
    >>> run = descended(project_to(1, 1, bias=False), Sgd(0.5), [[3.0]], one, 0.5, 9)
    >>> next(run)
    0.1
    """
    counts, path, start = Counter[str](), list[tuple[float, float]](), process_time()

    def counted(network: Network, loss: Network, batch: Batch) -> Objective:
        value, value_and_grad = objective(network, loss, batch)

        def counting(function: Callable[[Tree], Any]) -> Callable[[Tree], Any]:
            def call(weights: Tree) -> Any:
                counts["all"] += 3 if isinstance(next(leaves(weights)), Dual) else 1
                return function(weights)

            return call

        return Objective(counting(value), counting(value_and_grad))

    batches = repeat(examples, limit + 1)
    states = training.train(
        model.network, ERROR, optimizer, State(weights), batches, objective=counted, steps=STEPS
    )
    next(states)
    for step, state in enumerate(states):
        path.append((counts["all"], state.loss))
        yield (step + 1) / (limit + 1)
        if state.loss <= goal:
            break
    return Descent(state.loss <= goal, step, counts["all"], process_time() - start, path)


def experiment(
    *,
    key: int = 0,
    problems: int = 20,
    digits: int = 40,
    starts: int = 3,
    part: float = 4,
    limit: int = 1500,
) -> Experiment:
    """Linear networks solved exactly, and one with tanh whose loss comes to a part of the least
    linear one, by several methods.

    >>> next(experiment(problems=1))
    0.1
    """
    asked, descending, *keys = split(key, starts + 2)
    regressions = [regression(part) for part in split(asked, problems)]
    exact = [exactly(problem) for problem in regressions]
    yield 0.1
    slope = yield from within(descended_to_inverse(descending, regressions[0]), 0.1, 0.15)
    examples = pooled_digits(digits)
    homogeneous = [[*row, 1.0] for row in examples.inputs]
    solved = least_squares(tree_map(Fraction, homogeneous), tree_map(Fraction, examples.targets))
    best = float(
        _loss(layer(linear), tree_map(float, solved), Batch(homogeneous, examples.targets))
    )
    model = in_series(project_to(3, 16), activation(tanh), project_to(1, 3))
    found: dict[str, list[Descent]] = {name: [] for name in METHODS}
    done, share = 0.15, 0.85 / starts / len(METHODS)
    for start in keys:
        weights = initial_weights(start, model.weights)
        for name, optimizer in METHODS.items():
            run = descended(model, optimizer, weights, examples, best / part, limit)
            found[name].append((yield from within(run, done, min(done + share, 1.0))))
            done += share
    return _finding(exact, slope, best, found, digits, part)


def _finding(
    exact: Sequence[Exact],
    slope: Slope,
    best: float,
    found: Mapping[str, Sequence[Descent]],
    digits: int,
    part: float,
) -> Finding:
    count = len(exact)
    solved = {
        "pseudo-inverses that meet Penrose's equations": sum(one.penrose for one in exact),
        "solved by one step of Newton–Krylov": sum(one.newton for one in exact),
        "solved by conjugate gradients, residual 0": sum(one.residual_is_0 for one in exact),
        "conjugate gradients, in no more steps than the rank": sum(
            one.steps <= one.rank for one in exact
        ),
    }
    hilbert = residual_left(HILBERT, Fraction), residual_left(HILBERT, float)
    adam = min((name for name in found if "Adam" in name), key=lambda name: _steps(found[name]))
    newton, others = found[NEWTON], {"Adam": found[adam], "L-BFGS": found["L-BFGS"]}
    seconds = {name: _ratio(newton, runs, lambda run: run.seconds) for name, runs in others.items()}
    gradients = _ratio(newton, found[adam], lambda run: run.gradients)
    fewer = _steps(found[adam]) / _steps(newton)
    longest = max(runs[0].path[-1][0] for runs in found.values())
    is_exact = min(solved.values()) == count and slope.left <= NEAR and slope.excess >= 0
    measurements = (
        *(
            Measurement(what, figure, f"of {count}", f"{count}, exactly", figure == count)
            for what, figure in solved.items()
        ),
        Measurement(
            f"distance to A⁺·b after {slope.steps} steps of gradient descent",
            slope.left,
            "of its length",
            "at most 1e-10, by the spectrum",
            slope.left <= NEAR,
        ),
        Measurement(
            "loss of two linear layers above the least",
            slope.excess,
            "of the least",
            "at least 0",
            slope.excess >= 0,
        ),
        Measurement(
            "residual after 8 steps on Hilbert's matrix, rationals",
            hilbert[0],
            "",
            "0, exactly",
            hilbert[0] == 0,
        ),
        Measurement("residual after 8 steps on Hilbert's matrix, floats", hilbert[1]),
        Measurement(f"least squared error of A·x = b on {digits} digits", best),
        *(
            Measurement(f"{name}: {what}", figure, unit)
            for name, runs in found.items()
            for what, figure, unit in (
                (
                    f"starts that reach 1/{part:g} of that",
                    sum(r.reached for r in runs),
                    f"of {len(runs)}",
                ),
                ("steps until then or the end, median", median(r.steps for r in runs), ""),
                ("gradients until then or the end, median", median(r.gradients for r in runs), ""),
            )
        ),
        *(
            Measurement(f"{NEWTON}: seconds until then or the end", figure, f"times {name}'s")
            for name, figure in seconds.items()
        ),
    )
    return Finding(
        run=(
            f"{count} linear systems over rationals; a tanh network fitted to {digits} digits by"
            f" {len(found)} methods from {len(newton)} starts"
        ),
        figure=f"Newton–Krylov: {seconds['Adam']:.1f} times Adam's seconds",
        verdict=verdict(is_exact, fewer, max(seconds.values())),
        why=(
            f"Where the network is linear, learning is solving A·x = b: {min(solved.values())} of"
            f" {count} problems over rationals are solved exactly by the pseudo-inverse, by one"
            " step of Newton–Krylov and by conjugate gradients in no more steps than the rank."
            f" Gradient descent from 0 comes within {slope.left:.0e} of the pseudo-inverse's"
            f" weights in {slope.steps} steps, as many as the spectrum asks for. Two linear layers"
            f" come within {slope.excess:.0e} of the least loss. In float, conjugate gradients"
            f" leave a residual of {hilbert[1]:.0e} on Hilbert's matrix, where exactly there is"
            f" none. Past that, a tanh network is to reach 1/{part:g} of the least loss of"
            f" A·x = b. Newton–Krylov solves {_counted(newton)} such systems for it, where {adam},"
            f" the best of Adam's rates here, takes {_counted(found[adam])} steps. But each system"
            f" takes many products: {gradients:.1f} times Adam's gradients,"
            f" {seconds['Adam']:.1f} times its seconds and {seconds['L-BFGS']:.1f} times those of"
            f" L-BFGS, which reached it from {sum(r.reached for r in found['L-BFGS'])} of"
            f" {len(newton)} starts."
        ),
        measurements=measurements,
        plot=Plot(
            f"To go past A·x = b, {NEWTON} takes {gradients:.1f} times the gradients of Adam",
            Axis("gradients", log=True),
            Axis("squared error", log=True),
            (
                *(
                    Series(name, thinned(found[full][0].path))
                    for name, full in (
                        (NEWTON, NEWTON),
                        ("L-BFGS", "L-BFGS"),
                        ("Adam", adam),
                        ("descent", "descent"),
                    )
                ),
                Series("least of A·x = b", [(1, best), (longest, best)], "dashes"),
            ),
        ),
    )


def thinned[A](path: Sequence[A], count: int = 60) -> list[A]:
    """At most so many of the points of a path, ever farther apart; the first and the last.

    >>> thinned([*range(100)], 5)
    [0, 2, 9, 31, 99]
    """
    places = {round(len(path) ** (step / (count - 1))) - 1 for step in range(count)}
    return [path[place] for place in sorted(places)]


def _counted(runs: Sequence[Descent]) -> str:
    """the median of the steps, or that more are needed"""
    steps = _steps(runs)
    return f"{steps:.0f}" if steps < inf else f"more than {max(run.steps for run in runs)}"


def _steps(runs: Sequence[Descent]) -> float:
    """the median of the steps, where the goal was reached"""
    return median(run.steps if run.reached else inf for run in runs)


def _ratio(
    runs: Sequence[Descent], others: Sequence[Descent], figure: Callable[[Descent], float]
) -> float:
    """of a figure of one and of the other, from the same start: the median"""
    return median(figure(one) / figure(other) for one, other in zip(runs, others, strict=True))


def verdict(is_exact: bool, fewer_steps: float, seconds: float) -> Verdict:
    """What follows from whether the linear case is exact, how many times fewer steps Newton–Krylov
    takes than Adam, and how many times the seconds of the quickest beside it.

    >>> verdict(True, 20.0, 0.5), verdict(True, 20.0, 5.0), verdict(True, 0.5, 5.0)
    ('holds', 'holds with limits', 'false')
    >>> verdict(False, 20.0, 0.5)
    'false'
    """
    if not (is_exact and fewer_steps > 1):
        return "false"
    return "holds" if seconds <= 1 else "holds with limits"


STUDY: Final = Study(
    "equations",
    "Learning is solving A·x = b, and then some",
    'R. Penrose, "On Best Approximate Solutions of Linear Matrix Equations", Math. Proc. Cambridge '
    "Philosophical Society 52 (1956);\n"
    'J. Martens, "Deep Learning via Hessian-Free Optimization", ICML 2010',
    experiment,
    {"problems": 4, "digits": 20, "starts": 1, "part": 1, "limit": 100},
)
