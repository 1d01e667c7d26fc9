"""Positions: rows turn without growing, products know distances alone, and every reading of the
formula that others have lies within the bounds."""

from collections.abc import Callable
from fractions import Fraction
from math import cos, nan, sin
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from block_cases import Case, over, tensor
from cases_positions import turning
from funcnn import Interval, add, dot
from funcnn.algebra.bounds import Bound, bound
from funcnn.blocks.positions import (
    learned_positions,
    position_angles,
    rotary,
    rotate,
    sinusoidal_positions,
    sinusoids,
)
from onnx_operators import admits, admitted, onnx_outputs
from strategies import fractions, matrices

SEEDS = range(60)
ONNX_SEEDS = range(200)
pairings = st.sampled_from(["neighbors", "halves"])


def meet(one: Bound, other: Bound) -> bool:
    """Whether two bounds may be of one number."""
    return abs(one.value - other.value) <= one.radius + other.radius


def angles_of(pairs: int) -> st.SearchStrategy[list[list[Fraction]]]:
    """What may stand for cosines and for sines."""
    return matrices(2, pairs, fractions)


def turned_rows(draw: Random) -> tuple[list[list[float]], dict[str, Any]]:
    width = 2 * draw.randint(1, 3)
    return tensor(draw, draw.randint(1, 4), width), turning(draw, width)


@given(st.data(), st.integers(1, 3), st.integers(0, 2))
def test_neighbors_are_complex_numbers_times_a_unit(data: Any, pairs: int, rest: int) -> None:
    row = data.draw(st.lists(fractions, min_size=2 * pairs + rest, max_size=2 * pairs + rest))
    c, s = data.draw(angles_of(pairs))
    (turned,) = rotate(([row], [c], [s]), pairing="neighbors")
    for i in range(pairs):
        a, b = row[2 * i : 2 * i + 2]
        assert turned[2 * i : 2 * i + 2] == [c[i] * a - s[i] * b, s[i] * a + c[i] * b]
    assert turned[2 * pairs :] == row[2 * pairs :]


@given(st.data(), st.integers(1, 3))
def test_halves_are_neighbors_in_another_order(data: Any, pairs: int) -> None:
    (row,), (c, s) = data.draw(matrices(1, 2 * pairs, fractions)), data.draw(angles_of(pairs))
    apart = [*row[::2], *row[1::2]]
    (one,), (other,) = rotate(([row], [c], [s]), pairing="neighbors"), rotate(([apart], [c], [s]))
    assert other == [*one[::2], *one[1::2]]


@given(st.data(), st.integers(1, 3), pairings)
def test_a_turn_back_undoes_a_turn(data: Any, pairs: int, pairing: Any) -> None:
    row = data.draw(matrices(1, 2 * pairs + 1, fractions))
    tangents = data.draw(st.lists(fractions, min_size=pairs, max_size=pairs))
    c = [[(1 - t * t) / (1 + t * t) for t in tangents]]
    s = [[2 * t / (1 + t * t) for t in tangents]]
    turned = rotate((row, c, s), pairing=pairing)
    assert rotate((turned, c, [[-x for x in s[0]]]), pairing=pairing) == row
    assert dot(turned[0], turned[0]) == dot(row[0], row[0])


def test_a_turn_by_position_keeps_lengths_within_the_bounds() -> None:
    for seed in SEEDS:
        rows, settings = turned_rows(draw := Random(seed))
        case = Case(rotary, settings | {"start": draw.randint(-9, 99)}, rows)
        for row, turned in zip(rows, over(bound, case).run(), strict=True):
            assert dot(turned, turned).admits(sum(Fraction(x) ** 2 for x in row))


def test_the_product_of_a_query_and_a_key_says_how_far_apart_they_are_and_nothing_else() -> None:
    for seed in SEEDS:
        draw = Random(seed)
        rows, settings = turned_rows(draw)
        apart, i, j = draw.randint(1, 5), draw.randint(0, 50), draw.randint(51, 99)

        def product(query: int, key: int) -> Any:
            q, k = ([[bound(x) for x in rows[0]]] for _ in range(2))
            ((q_turned,), (k_turned,)) = (
                rotary(part, **settings, start=start) for part, start in ((q, query), (k, key))
            )
            return dot(q_turned, k_turned)

        assert meet(product(i, i + apart), product(j, j + apart)), seed
        if settings["width"] is None and any(rows[0]):
            length = sum(Fraction(x) ** 2 for x in rows[0])
            assert not product(i, i + apart).admits(length), seed


def test_the_angles_admit_all_ways_in_which_others_write_the_formula() -> None:
    ways: list[Callable[[float, int, int, int], float]] = [
        lambda base, p, i, d: p * base ** (-2 * i / d),
        lambda base, p, i, d: p * (1.0 / base ** (2 * i / d)),
        lambda base, p, i, d: p / base ** (2 * i / d),
        lambda base, p, i, d: p * np.float64(base) ** -np.float64(2 * i / d),
        lambda base, p, i, d: p * np.exp(2 * i * (-np.log(base) / d)),
    ]
    for seed in SEEDS:
        draw = Random(seed)
        base, width = draw.choice([2.0, 100.0, 10000.0, 500000.0]), draw.randint(1, 128)
        start, count = draw.choice([0, 7, 1000, 30000]), 2
        angles = position_angles(count, width, bound(0), base=int(base), start=start)
        for way in ways:
            expected = [
                [way(base, p, i, width) for i in range((width + 1) // 2)]
                for p in range(start, start + count)
            ]
            assert admits(angles, expected), seed


def test_of_two_positions_the_sinusoids_differ_by_a_turn() -> None:
    for width in (2, 4, 6):
        rows = sinusoids(9, width, bound(0), base=100)
        for p in range(5):
            for k in range(4):
                cosines, sines = rows[k][1::2], [-x for x in rows[k][::2]]
                (turned,) = rotate(([rows[p]], [cosines], [sines]), pairing="neighbors")
                assert all(map(meet, turned, rows[p + k]))


def test_sinusoids_are_the_paper_s() -> None:
    for width in (1, 4, 7):
        expected = [
            [(cos if c % 2 else sin)(p / 10000 ** (2 * (c // 2) / width)) for c in range(width)]
            for p in range(3, 8)
        ]
        assert admits(sinusoids(5, width, bound(0), start=3), expected)
        zeros = [[bound(0)] * width for _ in range(5)]
        assert admits(sinusoidal_positions(zeros, start=3), expected)


@given(st.integers(0, 3), st.integers(1, 3), st.integers(0, 3), st.data())
def test_learned_positions_are_rows_of_a_table(
    count: int, width: int, start: int, data: Any
) -> None:
    inputs = data.draw(matrices(count, width, fractions))
    table = data.draw(matrices(6, width, fractions))
    outputs = learned_positions(inputs, table, start=start)
    assert outputs == [
        [*map(add, row, other)]
        for row, other in zip(inputs, table[start : start + count], strict=True)
    ]


def test_without_rows_there_are_no_outputs() -> None:
    assert rotary([]) == rotate(([], [], [])) == learned_positions([], [[1]]) == []
    assert sinusoidal_positions([]) == sinusoids(0, 3) == []


def test_over_intervals_a_turn_holds_every_turn() -> None:
    (row,) = rotary([[Interval(1.0, 2.0), Interval(0.0, 0.5)]], start=2)
    for a in (1.0, 1.5, 2.0):
        for b in (0.0, 0.5):
            assert cos(2) * a - sin(2) * b in row[0] and sin(2) * a + cos(2) * b in row[1]


def test_an_int_beside_other_numbers_is_lifted() -> None:
    assert rotary([[1, 2.0]], start=1) == rotary([[1.0, 2.0]], start=1)
    assert sinusoidal_positions([[1, 2.0]]) == [[1.0, 3.0]]


def test_onnx_s_rotary_embedding_is_rotate_of_each_head() -> None:
    for seed in ONNX_SEEDS:
        draw = Random(seed)
        heads, n, pairs, rest = (draw.randint(1, high) for high in (3, 4, 3, 3))
        width = 2 * pairs + draw.choice([0, rest])
        rows, tables = tensor(draw, heads, n, width), tensor(draw, 2, n, pairs)
        neighbors, flat = draw.random() < 0.5, draw.random() < 0.5
        attributes: dict[str, Any] = {"interleaved": int(neighbors)}
        if width != 2 * pairs or draw.random() < 0.5:
            attributes["rotary_embedding_dim"] = 2 * pairs
        inputs = {"X": [rows], "cos": [tables[0]], "sin": [tables[1]]}
        if flat:
            inputs["X"] = [[sum(parts, []) for parts in zip(*rows, strict=True)]]
            attributes["num_heads"] = heads
        (found,) = onnx_outputs("RotaryEmbedding", inputs, **attributes)
        per_head = np.reshape(found[0], (n, heads, width)).transpose(1, 0, 2) if flat else found[0]
        settings = {"pairing": "neighbors" if neighbors else "halves"}
        for part, expected in zip(rows, per_head, strict=True):
            assert admitted(Case(rotate, settings, (part, *tables)), expected), seed


def test_onnx_s_rotary_embedding_by_tables_of_the_angles_is_rotary() -> None:
    for seed in ONNX_SEEDS:
        rows, settings = turned_rows(draw := Random(seed))
        start, turning_width = draw.randint(0, 99), settings["width"] or len(rows[0])
        exponents = np.arange(0, turning_width, 2) / turning_width
        angles = np.outer(np.arange(100 + len(rows)), 1.0 / settings["base"] ** exponents)
        inputs = {
            "X": [[rows]],
            "cos": np.cos(angles),
            "sin": np.sin(angles),
            "positions": [[*range(start, start + len(rows))]],
        }
        (found,) = onnx_outputs(
            "RotaryEmbedding",
            inputs,
            interleaved=int(settings["pairing"] == "neighbors"),
            rotary_embedding_dim=turning_width,
        )
        assert admitted(Case(rotary, settings | {"start": start}, rows), found[0, 0]), seed


ROWS = [[1.0, 2.0], [3.0, 4.0]]
ONE = [[1.0], [1.0]]
BOTH: Any = "both"
HALF: Any = 0.5
GENERATOR: Any = iter(ROWS)
PAIR: Any = (ROWS, ONE)
TEXT: Any = "10000"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rotary([[1.0, 2.0, 3.0]]), ValueError, "3 numbers are to turn in pairs"),
        (lambda: rotary(ROWS, width=1), ValueError, "width is 1: give 2 or more"),
        (lambda: rotary(ROWS, width=4), ValueError, "4 numbers are to turn, a row has 2"),
        (lambda: rotary(ROWS, width=2**70), ValueError, "numbers are to turn, a row has 2"),
        (lambda: rotary(ROWS, base=0), ValueError, "base is 0: give more than 0"),
        (lambda: rotary(ROWS, base=nan), ValueError, "base is nan: give more than 0"),
        (lambda: rotary(ROWS, base=TEXT), TypeError, "base is a str, not a number"),
        (lambda: rotary([[1.0, 2.0], [3.0]]), ValueError, "row 1 has length 1, row 0 has length 2"),
        (lambda: rotary(ROWS, start=HALF), TypeError, "start is a float, not an int"),
        (lambda: rotary([[1, 2]]), TypeError, "log has no instance for int"),
        (lambda: rotary([[Fraction(1), Fraction(2)]]), TypeError, "log has no instance for Frac"),
        (lambda: rotary(ROWS, pairing=BOTH), ValueError, "pairing is 'both': give 'neighbors'"),
        (lambda: rotary(GENERATOR), TypeError, "inputs is a list_iterator, not a list"),
        (lambda: rotate(PAIR), TypeError, r"inputs \(rows, cosines, sines\) are 3, not 2"),
        (lambda: rotate((ROWS, ONE, ONE[:1])), ValueError, "differ in length: 2, 2 and 1"),
        (lambda: rotate((ROWS, ONE, ROWS)), ValueError, "1 cosines beside 2 sines"),
        (lambda: rotate((ONE, ONE, ONE)), ValueError, "1 angles turn 2 numbers, a row has 1"),
        (lambda: position_angles(-1, 2, 0.0), ValueError, "count is -1: give 0 or more"),
        (lambda: position_angles(1, 0, 0.0), ValueError, "width is 0: give 1 or more"),
        (lambda: sinusoids(1, 2, 1), TypeError, "log has no instance for int"),
        (lambda: sinusoidal_positions([[1.0], []]), ValueError, "row 1 is empty"),
        (
            lambda: learned_positions(ROWS, ROWS, start=1),
            ValueError,
            "on to position 2",
        ),
        (
            lambda: learned_positions(ROWS, ROWS, start=-1),
            ValueError,
            "start is -1: give 0 or more",
        ),
        (
            lambda: learned_positions(ROWS, ONE),
            ValueError,
            "a row and its position differ",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^.*{message}"):
        call()
