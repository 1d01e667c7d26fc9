"""Optimizers: exact steps over Fraction and Surd, in the form of the weights."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.elementary import sqrt
from funcnn.algebra.intervals import interval
from funcnn.algebra.surds import Surd, surd
from funcnn.algebra.trees import leaves, tree_map, tree_zip_with
from funcnn.algebra.vectors import dot, matmul, matvec, outer
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus.optimizers import (
    STEPS,
    Adam,
    Curvature,
    Lbfgs,
    Momentum,
    Sgd,
    adam,
    curvatures,
    inverse_product,
    lbfgs,
    momentum,
    sgd,
)
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.states import State
from strategies import fractions, matrices, vectors

HALF = Fraction(1, 2)
PARTS = st.sampled_from([Fraction(0), Fraction(1, 3), HALF, Fraction(3, 4)])
TREES = st.tuples(
    matrices(1, 2, fractions),
    st.just(()),
    st.builds(AffineWeights[Fraction], matrices(1, 2, fractions), vectors(2, fractions)),
).map(list)
GRADIENTS = st.lists(TREES, min_size=1, max_size=3)
EXACT: list[Any] = [
    Sgd(HALF),
    Sgd(ExponentialDecay(HALF, HALF)),
    Momentum(HALF, Fraction(1, 3)),
    Momentum(HALF, Fraction(1, 3), nesterov=True),
    Adam(surd(HALF), surd(HALF), surd(Fraction(3, 4)), surd(1), surd(Fraction(1, 3))),
    Lbfgs(HALF, 2),
]


def down(rate: Any, weights: Any, gradient: Any) -> Any:
    return sgd(Sgd(rate), State(weights), gradient).weights


def run(hyper: Any, weights: Any, gradients: list[Any]) -> State:
    """The state after a step for each of the gradients."""
    return reduce(lambda state, g: STEPS[type(hyper)](hyper, state, g), gradients, State(weights))


def kind(hyper: Any) -> str:
    return type(hyper).__name__


def points_for(hyper: Any) -> tuple[Any, list[Any]]:
    """Weights and three gradients, of numbers that have what the optimizer needs."""
    number = surd if isinstance(hyper, Adam) else Fraction
    rows = [[Fraction(1, 3), HALF], [Fraction(-2), Fraction(5, 4)]]
    weights = [rows, (), AffineWeights(rows, rows[0])]
    trees = [tree_map(lambda x: number(x * x - k * x), weights) for k in range(4)]
    return trees[0], trees[1:]


@given(fractions, TREES, TREES)
def test_each_weight_goes_down_by_the_rate_times_its_slope(
    rate: Fraction, weights: Any, gradient: Any
) -> None:
    pairs = zip(leaves(weights), leaves(gradient), strict=True)
    assert list(leaves(down(rate, weights, gradient))) == [w - rate * g for w, g in pairs]


@pytest.mark.parametrize("hyper", EXACT, ids=kind)
def test_a_step_keeps_the_form_its_arguments_and_the_loss(hyper: Any) -> None:
    weights, gradients = points_for(hyper)
    before = repr((weights, gradients))
    after = run(hyper, weights, gradients)._replace(loss=7)
    step = STEPS[type(hyper)](hyper, after, gradients[0])
    form = repr(tree_map(lambda _: 0, weights))
    trees = [tree for tree in after.memory if isinstance(tree, list)]
    assert {repr(tree_map(lambda _: 0, tree)) for tree in (after.weights, *trees)} == {form}
    assert (after.step, step.step, step.loss) == (3, 4, 7)
    assert repr((weights, gradients)) == before


@pytest.mark.parametrize("hyper", EXACT, ids=kind)
def test_what_a_step_needs_of_those_before_is_in_the_state(hyper: Any) -> None:
    """Three steps from the start are one step from the state after two."""
    weights, gradients = points_for(hyper)
    halfway = State(*run(hyper, weights, gradients[:2]))
    assert STEPS[type(hyper)](hyper, halfway, gradients[2]) == run(hyper, weights, gradients)


@given(fractions, fractions, TREES, TREES)
def test_two_steps_down_one_slope_are_one_of_both_rates(
    rate: Fraction, other: Fraction, weights: Any, gradient: Any
) -> None:
    both = down(rate, down(other, weights, gradient), gradient)
    assert both == down(rate + other, weights, gradient)
    assert down(Fraction(0), weights, gradient) == weights


@given(fractions)
def test_on_a_parabola_a_step_of_a_half_reaches_the_bottom(x: Fraction) -> None:
    assert down(HALF, [x], [2 * (x - 3)]) == [3]


@given(TREES, GRADIENTS)
def test_a_schedule_gives_each_step_its_rate(weights: Any, gradients: list[Any]) -> None:
    after = weights
    for step, gradient in enumerate(gradients):
        after = down(HALF ** (step + 1), after, gradient)
    assert run(Sgd(ExponentialDecay(HALF, HALF)), weights, gradients).weights == after


@given(fractions, TREES, GRADIENTS)
def test_without_momentum_it_is_gradient_descent(
    rate: Fraction, weights: Any, gradients: list[Any]
) -> None:
    expected = run(Sgd(rate), weights, gradients).weights
    for nesterov in (False, True):
        assert run(Momentum(rate, 0, nesterov), weights, gradients).weights == expected


@given(fractions, PARTS, fractions, st.lists(fractions, min_size=1, max_size=5))
def test_the_velocity_is_the_sum_of_gradients_that_die_down(
    rate: Fraction, kept: Fraction, weight: Fraction, slopes: list[Fraction]
) -> None:
    """Sutskever's too, with a rate that stays: v ← μ·v − rate·g, w ← w + v."""
    velocities = [
        sum((kept ** (t - i) * slopes[i] for i in range(t + 1)), Fraction(0))
        for t in range(len(slopes))
    ]
    onward = [kept * v + g for v, g in zip(velocities, slopes, strict=True)]
    gradients = [[slope] for slope in slopes]
    plain, nesterov = (
        run(Momentum(rate, kept, nesterov), [weight], gradients) for nesterov in (False, True)
    )
    assert plain.memory == nesterov.memory == ([velocities[-1]],)
    assert plain.weights == [weight - rate * sum(velocities)]
    assert nesterov.weights == [weight - rate * sum(onward)]
    velocity = Fraction(0)
    for slope in slopes:
        velocity = kept * velocity - rate * slope
        weight += velocity
    assert plain.weights == [weight]


def test_a_rate_is_multiplied_with_the_whole_velocity() -> None:
    hyper = Momentum(ExponentialDecay(Fraction(1), HALF), HALF)
    assert run(hyper, [Fraction(0)], [[Fraction(1)], [Fraction(1)]]).weights == [-1 - HALF * 3 / 2]


def paper_s_adam(hyper: tuple[Fraction, ...], weight: Fraction, slopes: list[Fraction]) -> Surd:
    """Algorithm 1 of Kingma and Ba, with AdamW's decay, for one weight."""
    alpha, beta1, beta2, epsilon, decay = hyper
    m = v = Fraction(0)
    theta = surd(weight)
    for t, g in enumerate(slopes, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        adapted = surd(m_hat) / (sqrt(surd(v_hat)) + surd(epsilon))
        theta = theta - surd(alpha) * (adapted + surd(decay) * theta)
    return theta


@given(
    st.tuples(PARTS, PARTS, PARTS, PARTS.map(lambda part: part + 1), PARTS),
    fractions,
    st.lists(fractions, max_size=3),
)
def test_adam_is_the_paper_s_exactly(
    hyper: tuple[Fraction, ...], weight: Fraction, slopes: list[Fraction]
) -> None:
    after = run(Adam(*map(surd, hyper)), [surd(weight)], [[surd(slope)] for slope in slopes])
    assert after.weights == [paper_s_adam(hyper, weight, slopes)]


@given(fractions, PARTS, PARTS, fractions, st.integers(1, 4))
def test_of_one_slope_again_and_again_each_step_of_adam_is_as_long(
    rate: Fraction, beta1: Fraction, beta2: Fraction, slope: Fraction, steps: int
) -> None:
    """rate·g/(|g| + ε), whatever the βs are, and where they change too: the means are unbiased."""
    fixed: list[Any] = [surd(beta1), surd(beta2)]
    for one, other in (fixed, [ExponentialDecay(beta, surd(HALF)) for beta in fixed]):
        hyper = Adam(surd(rate), one, other, epsilon=surd(1))
        after = run(hyper, [surd(0)], [[surd(slope)]] * steps)
        assert after.weights == [surd(-steps * rate * slope / (abs(slope) + 1))]


def test_a_decay_of_weights_is_in_neither_mean() -> None:
    hyper = Adam(surd(HALF), surd(HALF), surd(HALF), surd(1), weight_decay=surd(HALF))
    after = run(hyper, [surd(16)], [[surd(0)]] * 2)
    assert (after.weights, after.memory[:2]) == ([9], ([0], [0]))


@pytest.mark.parametrize("name", ["beta1", "beta2"])
@pytest.mark.parametrize("beta", [1.0, 1, 1.5, float("nan")])
def test_a_mean_that_never_changes_is_refused(name: str, beta: float) -> None:
    settings: dict[str, Any] = {name: beta}
    with pytest.raises(ValueError, match=f"^{name} is {beta}: give less than 1$"):
        run(Adam(**settings), [1.0], [[1.0]])


def test_fractions_have_no_root_for_adam() -> None:
    hyper = Adam(HALF, HALF, HALF, HALF)
    with pytest.raises(TypeError, match="^sqrt has no instance for Fraction: .* or Surd$"):
        run(hyper, [HALF], [[HALF]])


@st.composite
def curved_pairs(draw: st.DrawFn, size: int = 3) -> list[Curvature]:
    """Steps and changes with a positive inner product."""
    pairs = draw(
        st.lists(st.tuples(vectors(size, fractions), vectors(size, fractions)), max_size=3)
    )
    return [Curvature(s, y, dot(s, y)) for s, y in pairs if dot(s, y) > 0]


def dense_inverse(pairs: list[Curvature], size: int) -> list[list[Fraction]]:
    """BFGS' formula, with matrices."""
    identity = [[Fraction(i == j) for j in range(size)] for i in range(size)]
    if not pairs:
        return identity
    last = pairs[-1]
    scale = last.product / dot(last.change, last.change)
    inverse = tree_map(lambda entry: scale * entry, identity)
    for s, y, product in pairs:
        left = tree_zip_with(lambda i, sy: i - sy / product, identity, outer(s, y))
        right = tree_zip_with(lambda i, ys: i - ys / product, identity, outer(y, s))
        middle = matmul(matmul(left, inverse), right)
        inverse = tree_zip_with(lambda h, ss: h + ss / product, middle, outer(s, s))
    matrix: list[list[Fraction]] = inverse
    return matrix


@given(curved_pairs(), vectors(3, fractions))
def test_two_loops_are_the_dense_inverse_of_bfgs(
    pairs: list[Curvature], gradient: list[Fraction]
) -> None:
    assert inverse_product(pairs, gradient) == matvec(dense_inverse(pairs, 3), gradient)
    if pairs:
        assert inverse_product(pairs, pairs[-1].change) == pairs[-1].step


@given(st.lists(st.tuples(vectors(2, fractions), vectors(2, fractions)), min_size=2, max_size=6))
def test_lbfgs_knows_the_last_points_and_leaves_out_what_is_not_curved_upwards(
    points: list[tuple[Any, Any]],
) -> None:
    pairs = [
        ([b - a for a, b in zip(w, v, strict=True)], [b - a for a, b in zip(g, h, strict=True)])
        for (w, g), (v, h) in pairwise(points[-3:])
    ]
    curved = [Curvature(s, y, dot(s, y)) for s, y in pairs if dot(s, y) > 0]
    assert curvatures(points[-3:]) == curved
    *before, (weights, gradient) = points
    memory = tuple(tree for point in before[-2:] for tree in point)
    after = lbfgs(Lbfgs(HALF, 2), State(weights, 5, memory), gradient)
    size = max(Fraction(1), sum(map(abs, gradient)))
    direction = inverse_product(curved, gradient)
    shorter = HALF if curved else HALF / size
    assert after.weights == [w - shorter * d for w, d in zip(weights, direction, strict=True)]
    assert after.memory == tuple(tree for point in points[-2:] for tree in point)


@given(matrices(3, 3, fractions), vectors(3, fractions), vectors(3, fractions))
def test_lbfgs_with_the_best_rates_ends_on_a_quadratic(
    root: Any, target: list[Fraction], weights: list[Fraction]
) -> None:
    """After three steps, as conjugate gradients do: ½·w·A·w − b·w, A = RᵀR + I."""
    square = matmul([[row[i] for row in root] for i in range(3)], root)
    matrix = [[entry + (i == j) for j, entry in enumerate(row)] for i, row in enumerate(square)]

    def slope(w: Any) -> Any:
        return [a - b for a, b in zip(matvec(matrix, w), target, strict=True)]

    state = State(weights)
    for _ in range(3):
        gradient = slope(state.weights)
        whole = lbfgs(Lbfgs(Fraction(1)), state, gradient).weights
        way = [after - before for after, before in zip(whole, state.weights, strict=True)]
        curvature = dot(way, matvec(matrix, way))
        rate = -dot(gradient, way) / curvature if curvature else Fraction(1)
        state = lbfgs(Lbfgs(rate), state, gradient)
    assert slope(state.weights) == [0, 0, 0]


@given(fractions, PARTS, st.booleans(), fractions)
def test_a_step_is_differentiated_by_its_rate(
    rate: Fraction, kept: Fraction, nesterov: bool, start: Fraction
) -> None:
    """Of w²: by the rate, the end after two steps of momentum is a parabola, and so is exact."""

    def end(rate: Any) -> Any:
        hyper, state = Momentum(rate, kept, nesterov), State([start])
        for _ in range(2):
            state = momentum(hyper, state, [2 * state.weights[0]])
        return state.weights[0]

    slope = (end(rate + HALF) - end(rate - HALF)) / (2 * HALF)
    assert end(Dual(rate, Fraction(1))) == Dual(end(rate), slope)


@pytest.mark.parametrize("steps", [sgd, momentum, adam])
@given(data=st.data())
def test_a_float_lies_in_the_interval_of_its_step(
    steps: Callable[..., State], data: st.DataObject
) -> None:
    numbers = st.integers(-16, 16).map(lambda n: n / 8)
    weights, *gradients = (data.draw(vectors(3, numbers)) for _ in range(3))
    settings = {sgd: (0.3,), momentum: (0.3, 0.9), adam: (0.3, 0.9, 0.999, 1e-8, 0.1)}[steps]
    optimizer = {sgd: Sgd, momentum: Momentum, adam: Adam}[steps]

    def after(number: Callable[[float], Any]) -> Any:
        state, hyper = State([*map(number, weights)]), optimizer(*map(number, settings))
        for gradient in gradients:
            state = steps(hyper, state, [*map(number, gradient)])
        return state.weights

    assert all(w in box for w, box in zip(after(float), after(interval), strict=True))


@pytest.mark.parametrize(
    ("rate", "weight", "slope", "after"),
    [
        (0.5, 1.0, 4.0, "-1.0"),
        (0.5, 1, 4, "-1.0"),
        (2, 1.5, 0.25, "1.0"),
        (HALF, 1, 3, "Fraction(-1, 2)"),
        (2, 3, 4, "-5"),
        (0.1, 0.3, 1.0, repr(0.3 - 0.1)),
    ],
)
def test_ints_are_lifted(rate: Any, weight: Any, slope: Any, after: str) -> None:
    assert repr(down(rate, weight, slope)) == after


def test_numbers_do_not_mix() -> None:
    for weights, gradient in (([0.5], [HALF]), ([HALF], [0.5]), ([HALF], [1])):
        for hyper in (Sgd(0.5), Momentum(0.5), Lbfgs(0.5)):
            with pytest.raises(TypeError, match=r"numbers do not mix, convert one of them$"):
                run(hyper, weights, [gradient])


@pytest.mark.parametrize("hyper", [Sgd(0.5), Momentum(0.5), Adam(0.5), Lbfgs(0.5)], ids=kind)
@pytest.mark.parametrize(
    ("gradient", "reason"),
    [
        ([[1.0]], "2 branches beside 1"),
        ([[1.0, 2.0], [3.0], ()], "2 branches beside 3"),
        ([1.0, [3.0]], "list beside float|float beside list"),
        ([[1.0, [2.0]], [3.0]], "list beside float|float beside list"),
        (1.0, "list beside float|float beside list"),
    ],
)
def test_a_gradient_of_another_form_is_refused(hyper: Any, gradient: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^the trees differ in form: ({reason})$"):
        run(hyper, [[1.0, 2.0], [3.0]], [gradient])


@pytest.mark.parametrize(("hyper", "parts"), [(Momentum(0.5), 4), (Adam(0.5), 1)], ids=kind)
def test_another_optimizer_s_memory_is_refused(hyper: Any, parts: int) -> None:
    wrong = State([1.0], memory=([0.0],) * parts)
    with pytest.raises(ValueError, match=f"^the memory has length {parts}, not {5 - parts}: it is"):
        STEPS[type(hyper)](hyper, wrong, [1.0])


def test_settings_are_checked_when_they_are_given() -> None:
    with pytest.raises(ValueError, match="^history is 0: give 1 or more$"):
        Lbfgs(0.5, 0)
    wrong: Any = "no"
    with pytest.raises(TypeError, match="^nesterov is a str, not a bool$"):
        Momentum(0.5, nesterov=wrong)


def test_optimizers_are_values() -> None:
    for hyper in EXACT:
        again = pickle.loads(pickle.dumps(hyper))
        assert again == hyper and hash(again) == hash(hyper)


def test_weights_that_are_none_stay_so() -> None:
    for hyper in EXACT:
        assert run(hyper, (), [(), ()]).weights == ()
