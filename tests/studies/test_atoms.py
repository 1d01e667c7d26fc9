"""The study of atoms: its arrays of bits are rule arrays, and each learner is judged rightly."""

from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import foldl
from funcnn.blocks.combinators import layer
from funcnn.blocks.rule_arrays import rule_array, rule_row
from funcnn.calculus.batches import Batch
from funcnn.calculus.losses import cross_entropy
from funcnn.calculus.mutations import PointMutation
from funcnn.fast.bits import Signs
from funcnn.studies.atoms import (
    NAMES,
    NETWORK,
    STUDY,
    interleaved,
    network_learned,
    pile,
    straight_through,
    verdict,
)
from funcnn.studies.cell_atoms import RULES, array_learned, cells_of, climbed, next_cells, votes
from funcnn.studies.findings import Finding
from funcnn.studies.plots import Plot
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_networks_beat_chance_even_with_few_digits(finding: Finding) -> None:
    shares = {m.what: m.value for m in finding.measurements if m.what.endswith("digits right")}
    perceptron, signs, _ = (shares[f"{name}, odd or even: digits right"] for name in NAMES)
    assert min(perceptron, signs) > shares["always the same answer: digits right"]


def test_memory_is_the_bits_of_the_weights(finding: Finding) -> None:
    bits = [m.value for m in finding.measurements if m.unit == "bits"]
    assert bits == [64 * (64 * 64 + 2 * 64), 64 * 64 + 2 * 64, 2 * 64 * 16]
    assert isinstance(finding.plot, Plot)
    *piles, chance = finding.plot.series
    assert [series.points[0][0] for series in piles] == bits == [x for x, _ in chance.points]


def test_the_verdict_follows_from_what_is_told() -> None:
    assert verdict(0.5, 0.8, False) == "holds"
    assert verdict(0.5, 0.8, True) == "holds with limits"
    assert verdict(0.5, 0.5, True) == verdict(0.5, 0.5, False) == "false"


@st.composite
def arrays(draw: st.DrawFn) -> tuple[list[list[float]], list[list[int]]]:
    width = draw(st.integers(1, 6))
    rows = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=width, max_size=width)
    choices = st.lists(st.integers(0, len(RULES) - 1), min_size=width, max_size=width)
    return draw(st.lists(rows, min_size=1, max_size=5)), draw(st.lists(choices, max_size=4))


def cells(image: list[float]) -> list[int]:
    return [int(pixel >= 0.5) for pixel in image]


@given(arrays())
def test_many_arrays_at_once_are_each_the_rule_array(drawn: Any) -> None:
    images, array = drawn
    ends = [rule_array(cells(image), array, rules=[*RULES])[-1] for image in images]
    assert votes(array, images) == [sum(end) for end in ends]
    last = foldl(next_cells, cells_of(images), array)
    assert last == cells_of([[float(cell) for cell in end] for end in ends])


def test_each_rule_is_the_one_of_its_number() -> None:
    """Over all eight cases."""
    for choice, (rule, function) in enumerate(RULES.items()):
        for case in range(8):
            around = [case >> 2 & 1, case >> 1 & 1, case & 1]
            assert function(*around) == rule >> case & 1
            assert next_cells(around, [choice] * 3)[1] == rule_row(around, [0] * 3, rules=[rule])[1]


def test_a_climb_never_falls_and_knows_its_losses() -> None:
    target = [1, 0, 1, 1, 0, 0, 1, 0]

    def loss(weights: Any) -> int:
        return sum(w != t for w, t in zip(weights, target, strict=True))

    points = climbed(PointMutation(), [0] * 8, loss)
    found_points = [next(points) for _ in range(200)]
    values = [value for _, value in found_points]
    assert values == sorted(values, reverse=True) and values[-1] == 0
    assert all(loss(weights) == value for weights, value in found_points)


def ended(run: Generator[float, None, Any]) -> Any:
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


def test_runs_are_interleaved_and_keep_their_results() -> None:
    order = list[str]()

    def run(name: str, steps: int) -> Generator[float, None, str]:
        for step in range(steps):
            order.append(name)
            yield (step + 1) / steps
        return name

    (one, first), (other, second) = ended(interleaved([run("a", 2), run("b", 4)]))
    assert (one, other, first > 0, second > 0) == ("a", "b", True, True)
    assert order == ["a", "b", "b", "a", "b", "b"]


def test_a_network_of_signs_is_one_and_its_gradient_is_that_of_the_signs() -> None:
    examples = Batch([[float(i == j) for j in range(64)] for i in range(4)], [0, 1, 0, 1])
    learned = ended(network_learned(0, examples, 2, 1, signs=True))
    assert all(isinstance(matrix, Signs) for matrix in learned)
    weights = [[[0.3, -0.01]] * 2, [[-0.5, 0.2], [0.1, 0.9]]]
    louder = [[[3.0, -1.0]] * 2, [[-7.0, 0.1], [0.4, 0.2]]]
    of = straight_through(NETWORK, layer(cross_entropy), Batch([[1.0, 0.5]], [1]))
    assert of.value_and_grad(weights) == of.value_and_grad(louder)
    assert of.value(weights) == of.value_and_grad(weights)[0]


def test_an_array_learns_what_a_cell_tells() -> None:
    """Whether the first of four cells is 1, of all sixteen rows of four."""
    images = [[float(n >> k & 1) for k in range(4)] for n in range(16)]
    targets = [int(image[0]) for image in images]
    array = ended(array_learned(0, Batch(images, targets), 4, 400))
    assert pile("array", array, 0.0, Batch(images, targets), 2).told.right == [True] * 16
