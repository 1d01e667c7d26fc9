"""Mutations: a step never makes the loss worse, the change map is its definition, and rule arrays
and networks of ±1 learn."""

from collections.abc import Callable
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcnn.algebra.folds import scanl
from funcnn.algebra.keys import split, uniform
from funcnn.algebra.trees import Tree, leaves
from funcnn.blocks.combinators import Network, layer, serial
from funcnn.blocks.linears import dense, linear
from funcnn.blocks.rule_arrays import lifetime, rule_array
from funcnn.calculus.mutations import PointMutation, change_map, mutated, point_mutation
from funcnn.calculus.states import State
from funcnn.fast import to_signs, vmap

type Loss = Callable[[Tree], int]

TARGET: Final = 6
"""How many steps a black cell is to survive."""

VALUES: Final = ("a", "b", "c")
BLANK: Final = str.maketrans("abc", "...")

keys = st.integers(0, 2**64 - 1)
choices = st.sampled_from(VALUES)
trees = st.recursive(choices, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner))
weights = trees.filter(lambda tree: any(True for _ in leaves(tree)))


def drawn(key: int, rows: int, columns: int, values: tuple[int, int] = (0, 1)) -> list[list[int]]:
    return [[values[draw < 0.5] for draw in uniform(part, columns)] for part in split(key, rows)]


def missed_lifetime(array: Tree) -> int:
    """By how many steps a single black cell lives longer, or shorter, than the target."""
    width = len(array[0])
    seed = [int(place == width // 2) for place in range(width)]
    return abs(lifetime(rule_array(seed, array)) - TARGET)


def steps_until_zero(hyper: PointMutation, start: Tree, loss: Loss, most: int) -> int | None:
    """How many mutations it takes, if no more than so many."""
    states = scanl(lambda state, _: point_mutation(hyper, state, loss), State(start), range(most))
    return next((state.step for state in states if not loss(state.weights)), None)


def distance(target: Tree, tree: Tree) -> int:
    return sum(x != y for x, y in zip(leaves(target), leaves(tree), strict=True))


@given(keys, weights)
def test_a_mutation_changes_one_weight_to_another_value(key: int, tree: Tree) -> None:
    after = mutated(key, tree, VALUES)
    assert distance(tree, after) == 1 and {*leaves(after)} <= {*"abc"}
    assert repr(tree).translate(BLANK) == repr(after).translate(BLANK)
    assert after == mutated(key, tree, VALUES)


def test_every_weight_and_every_other_value_is_drawn() -> None:
    found = {repr(mutated(key, [["a"], ("b", [])], VALUES)) for key in range(100)}
    assert found == {
        *(repr([[value], ("b", [])]) for value in "bc"),
        *(repr([["a"], (value, [])]) for value in "ac"),
    }


@settings(max_examples=25)
@given(
    keys, st.lists(st.lists(st.integers(0, 1), min_size=13, max_size=13), min_size=1, max_size=9)
)
def test_the_change_map_is_the_loss_cell_by_cell(key: int, array: list[list[int]]) -> None:
    found = change_map(missed_lifetime, array)
    for t, x in product(range(len(array)), range(13)):
        changed = [[*row] for row in array]
        changed[t][x] = 1 - changed[t][x]
        assert found[t][x] == missed_lifetime(changed)


@given(weights)
def test_of_several_values_the_change_map_has_the_lowest_loss(tree: Tree) -> None:
    order = "bca"

    def loss(tree: Tree) -> int:
        return sum(3**place * order.index(leaf) for place, leaf in enumerate(leaves(tree)))

    before, found = loss(tree), [*leaves(change_map(loss, tree, VALUES))]
    assert found == [
        before + 3**place * ((leaf == "b") - order.index(leaf))
        for place, leaf in enumerate(leaves(tree))
    ]


@pytest.mark.parametrize("neutral", [True, False])
def test_a_step_never_makes_the_loss_worse_and_gives_what_the_change_map_says(
    neutral: bool,
) -> None:
    for key in range(4):
        state, hyper = State(drawn(key, 8, 13)), PointMutation((0, 1), neutral, key)
        for _ in range(10):
            possible = [*leaves(change_map(missed_lifetime, state.weights))]
            after = point_mutation(hyper, state, missed_lifetime)
            before, reached = missed_lifetime(state.weights), missed_lifetime(after.weights)
            assert reached <= before and after.step == state.step + 1
            if after.weights == state.weights:
                assert max(possible) > before or not neutral
            else:
                assert reached in possible and (neutral or reached < before)
            state = after


@given(keys, weights)
def test_a_neutral_move_is_kept_unless_it_is_not_to_be(key: int, tree: Tree) -> None:
    kept, refused = (
        point_mutation(PointMutation(VALUES, neutral, key), State(tree), lambda _: 0).weights
        for neutral in (True, False)
    )
    assert distance(tree, kept) == 1 and refused == tree


def test_a_move_up_is_refused_and_so_is_a_loss_that_is_no_number() -> None:
    for loss in (sum, lambda weights: float("nan") if any(weights) else 0.0):
        assert point_mutation(PointMutation(), State([0, 0, 0]), loss).weights == [0, 0, 0]


def test_a_loss_that_is_known_is_not_computed_again() -> None:
    seen = list[Tree]()

    def loss(tree: Tree) -> int:
        seen.append(tree)
        return sum(tree)

    after = point_mutation(PointMutation(), State([1]), loss, 1)
    assert seen == [[0]] and after == State([0], 1)


def test_the_steps_of_a_key_are_its_own_and_may_be_resumed() -> None:
    def walk(state: State, key: int, count: int) -> list[State]:
        hyper = PointMutation(key=key)
        step: Any = lambda state, _: point_mutation(hyper, state, lambda _: 0)
        return [*scanl(step, state, range(count))]

    start = State([0] * 50, memory="kept", loss=1)
    whole = walk(start, 0, 20)
    assert walk(whole[7], 0, 13) == whole[7:]
    assert (whole[-1].step, whole[-1].memory, whole[-1].loss) == (20, "kept", 1)
    ends = {tuple(walk(start, key, 20)[-1].weights) for key in range(20)}
    assert len(ends) == 20


def test_a_black_cell_learns_to_survive_and_needs_neutral_moves() -> None:
    """For exactly 6 steps, in 12 rows of 13 cells, at first all of rule 4, by which it never dies:
    12 of 12 keys reach it in 400 mutations, and 5 without neutral moves."""
    start = [[0] * 13] * 12
    for neutral, count in ((True, 12), (False, 5)):
        hypers = [PointMutation((0, 1), neutral, key) for key in range(12)]
        steps = [steps_until_zero(hyper, start, missed_lifetime, 400) for hyper in hypers]
        assert len(steps) - steps.count(None) == count


type Example = tuple[tuple[int, ...], int]


def examples(count: int, right: Callable[[tuple[int, ...]], bool]) -> list[Example]:
    """All inputs of so many bits ±1, and the sign that is right for each."""
    return [(bits, 1 if right(bits) else -1) for bits in product((1, -1), repeat=count)]


def wrong_signs(network: Network, of: list[Example]) -> Loss:
    """How many outputs have not the sign that they should; 0 has none."""
    outputs = vmap(network)
    return lambda weights: sum(
        y * sign <= 0
        for [y], (_, sign) in zip(outputs([bits for bits, _ in of], weights), of, strict=True)
    )


def test_a_network_of_signs_learns_exclusive_or_by_flips() -> None:
    """Two inputs, five hidden units, no bias: all weights are 1 or −1. 10 of 10 keys learn it in
    100 flips, and 5 without neutral moves."""
    network = serial(layer(dense), layer(linear))
    loss = wrong_signs(network, examples(2, lambda bits: bits[0] != bits[1]))
    for neutral, count in ((True, 10), (False, 5)):
        hypers = [PointMutation((1, -1), neutral, key) for key in range(10)]
        starts = [[drawn(key, 5, 2, (1, -1)), drawn(key + 100, 1, 5, (1, -1))] for key in range(10)]
        steps = [
            steps_until_zero(hyper, start, loss, 100)
            for hyper, start in zip(hypers, starts, strict=True)
        ]
        assert len(steps) - steps.count(None) == count


@pytest.mark.parametrize("bits", [3, 5, 7])
def test_a_neuron_of_signs_learns_the_majority_by_flips(bits: int) -> None:
    of = examples(bits, lambda bits: sum(bits) > 0)
    loss = wrong_signs(layer(linear), of)
    for key in range(5):
        start = drawn(key, 1, bits, (1, -1))
        hyper = PointMutation((1, -1), key=key)
        states = scanl(
            lambda state, _: point_mutation(hyper, state, loss), State(start), range(300)
        )
        state = next(state for state in states if not loss(state.weights))
        assert loss(to_signs(state.weights)) == 0


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: mutated(0, [[], ()]), ValueError, "there are no weights to mutate"),
        (lambda: mutated(0, [2]), ValueError, "a weight is 2: give two or more values, that"),
        (lambda: mutated(0, [1], (1, 1)), ValueError, "a weight is 1: give two or more values"),
        (lambda: change_map(sum, [1], ()), ValueError, "a weight is 1: give two or more values"),
        (lambda: mutated(0, [1], wrongly), TypeError, "values is a int, not a list"),
        (lambda: PointMutation(wrongly), TypeError, "values is a int, not a list"),
        (lambda: PointMutation(neutral=wrongly), TypeError, "neutral is a int, not a bool"),
        (lambda: PointMutation(key=half), TypeError, "key is a float, not an int"),
    ],
)
def test_what_cannot_be_mutated_is_refused(wrong: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        wrong()
    assert str(caught.value).startswith(message)


wrongly: Any = 1
half: Any = 0.5
