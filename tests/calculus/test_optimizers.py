"""Optimizers: exact steps over Fraction and Surd, in the form of the weights."""

import pickle
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.duals import Dual
from funcnn.algebra.elementary import sqrt
from funcnn.algebra.intervals import interval
from funcnn.algebra.surds import Surd, surd
from funcnn.algebra.trees import leaves, tree_map
from funcnn.blocks.linears import AffineWeights
from funcnn.calculus.optimizers import Adam, Momentum, Sgd, adam, momentum, sgd
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.schedules import ExponentialDecay
from funcnn.calculus.second_order import NewtonKrylov, newton_krylov
from funcnn.calculus.states import State
from funcnn.calculus.training import STEPS
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


@given(fractions, PARTS, fractions, st.integers(0, 4))
def test_nesterov_s_weights_are_where_sutskever_takes_his_gradients(
    rate: Fraction, kept: Fraction, start: Fraction, steps: int
) -> None:
    """Of w²; his v ← μ·v − rate·g(θ + μ·v), θ ← θ + v, and ours the θ + μ·v."""
    hyper, state = Momentum(rate, kept, nesterov=True), State([start])
    theta, velocity = start, Fraction(0)
    for _ in range(steps):
        velocity = kept * velocity - rate * 2 * (theta + kept * velocity)
        theta += velocity
        state = momentum(hyper, state, [2 * state.weights[0]])
    assert state.weights == [theta + kept * velocity]


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
@pytest.mark.parametrize("beta", [1.0, 1, 1.5, -0.5, -1, float("nan")])
def test_a_weight_that_makes_no_mean_is_refused(name: str, beta: float) -> None:
    settings: dict[str, Any] = {name: beta}
    with pytest.raises(ValueError, match=f"^{name} is {beta}: give 0 or more, but less than 1$"):
        run(Adam(**settings), [1.0], [[1.0]])


def test_fractions_have_no_root_for_adam() -> None:
    hyper = Adam(HALF, HALF, HALF, HALF)
    with pytest.raises(TypeError, match="^sqrt has no instance for Fraction: .* or Surd$"):
        run(hyper, [HALF], [[HALF]])


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


KINDS: list[Any] = [Momentum(0.5), Adam(0.5), Lbfgs(0.5), NewtonKrylov(1.0)]


@pytest.mark.parametrize("hyper", KINDS, ids=kind)
@pytest.mark.parametrize("other", KINDS, ids=kind)
def test_another_optimizer_s_memory_is_refused(hyper: Any, other: Any) -> None:
    def after(hyper: Any, state: State) -> State:
        if isinstance(hyper, NewtonKrylov):
            return newton_krylov(hyper, state, lambda w: w, lambda w: w[0] * w[0])
        return STEPS[type(hyper)](hyper, state, [1.0])

    state = after(other, after(other, State([1.0])))
    if hyper is other:
        assert after(hyper, state).step == 3
    else:
        with pytest.raises(
            ValueError, match="^the memory is another optimizer's: the trees differ"
        ):
            after(hyper, state)


@pytest.mark.parametrize("hyper", KINDS[:3], ids=kind)
def test_a_memory_that_is_no_list_is_refused(hyper: Any) -> None:
    with pytest.raises(TypeError, match="^the memory is a NoneType, not a list$"):
        STEPS[type(hyper)](hyper, State([1.0], memory=None), [1.0])


def test_settings_are_checked_when_they_are_given() -> None:
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
