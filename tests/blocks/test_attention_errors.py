"""What attention cannot read is refused in one line that names it and both sizes."""

from collections.abc import Callable
from fractions import Fraction
from math import inf, nan
from random import Random
from typing import Any

import pytest

from block_cases import tensor
from cases_attention import (
    unit_weights,
)
from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.caches import KeyValueCache, attention_step
from funcnn.blocks.heads import (
    MultiHeadWeights,
    Rotary,
    grouped_query_attention,
    join_heads,
    multi_head_attention,
    self_attention,
    split_heads,
)

INPUTS: Any = [[1.0, 2.0]], [[1.0, 0.0], [0.0, 1.0]], [[3.0], [4.0]]
THIRDS: Any = [[Fraction(1, 3)] * 2] * 2
WEIGHTS: Any = unit_weights(4)
ROWS: Any = tensor(Random(0), 2, 4)
CACHE: Any = KeyValueCache([], [])
SHORT: Any = KeyValueCache([[1.0] * 2], [[1.0] * 2])
HALF: Any = 0.5
NOTHING: Any = None
RAGGED: Any = [[[1.0]], [[]]]
GENERATOR: Any = iter(ROWS)


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (INPUTS[:2], TypeError, r"inputs \(queries, keys, values\[, mask\]\) are 3 or 4, not 2"),
        (None, TypeError, "inputs .* is a NoneType, not a list"),
        (([[1.0], []], [], []), ValueError, "row 1 of queries is empty"),
        (([[1.0]], *INPUTS[1:]), ValueError, "queries and keys differ in width: 1 and 2"),
        ((*INPUTS[:2], [[1.0]]), ValueError, "keys and values differ in length: 2 and 1"),
        ((INPUTS[0], [], []), ValueError, "keys is empty"),
        (
            (INPUTS[0], THIRDS, INPUTS[2]),
            TypeError,
            "row 0 of keys, entry 0: float be",
        ),
        (([[1]], [[1]], [[1]]), TypeError, "sqrt has no instance for int"),
        ((*INPUTS, [[True] * 3]), ValueError, "the mask is 1×3, queries and keys ask for 1×2"),
        ((*INPUTS, []), ValueError, "the mask is 0×2, queries and keys ask for 1×2"),
        ((*INPUTS, [[True] * 2, [True]]), ValueError, "row 1 of the mask has length 1, row 0"),
        ((*INPUTS, [[True, 1.0]]), TypeError, "the mask holds a float, not bools alone"),
    ],
)
def test_what_no_head_can_read_is_refused(
    inputs: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        scaled_dot_product_attention(inputs)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"scale": 0}, ValueError, "scale is 0: give more than 0"),
        ({"scale": nan}, ValueError, "scale is nan: give more than 0"),
        ({"scale": "1"}, TypeError, "scale is a str, not a number"),
        ({"scale": inf}, ValueError, "scale is inf: give more than 0, less than infinity"),
        ({"scale": True}, TypeError, "scale is a bool, not a number"),
        ({"causal": "False"}, TypeError, "causal is a str, not a bool"),
        ({"unseen": 0}, ValueError, "unseen is 0: give 'zeros' or 'nan'"),
        ({"window": (-1, None)}, ValueError, "a side of the window is -1: give 0 or more"),
        ({"window": (None, 0.5)}, TypeError, "a side of the window is a float, not an int"),
        ({"window": 1}, TypeError, "window .* are a pair, not a int"),
        ({"start": 0.0}, TypeError, "start is a float, not an int"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    for inputs in (INPUTS, ([], *INPUTS[1:])):
        with pytest.raises(error, match=f"^{message}"):
            scaled_dot_product_attention(inputs, **settings)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: split_heads(ROWS, heads=HALF), TypeError, "heads is a float, not an int"),
        (lambda: split_heads(ROWS, heads=3), ValueError, "3 heads do not divide a width of 4"),
        (lambda: join_heads([ROWS[:1], ROWS]), ValueError, "heads differ in length: 1, 2"),
        (lambda: join_heads([]), ValueError, "inputs is empty: give one head or more"),
        (
            lambda: grouped_query_attention(([], [ROWS], [ROWS])),
            ValueError,
            "queries is empty: give one head or more",
        ),
        (lambda: Rotary(base=0), ValueError, "base is 0: give more than 0"),
        (lambda: Rotary(pairing=NOTHING), ValueError, "pairing is None: give 'neighbors' or"),
        (lambda: Rotary(width=HALF), TypeError, "width is a float, not an int"),
        (
            lambda: attention_step((CACHE._replace(values=HALF), ROWS[0]), WEIGHTS, heads=1),
            TypeError,
            "the cache's values is a float, not a list",
        ),
        (
            lambda: attention_step((CACHE, ROWS[0]), WEIGHTS, heads=1, start=1),
            TypeError,
            "start is how many rows the cache has: give none",
        ),
        (lambda: join_heads(RAGGED), ValueError, "row 1 of all heads is empty"),
        (
            lambda: grouped_query_attention(([ROWS], [ROWS], [ROWS, ROWS])),
            ValueError,
            "keys and values differ in heads: 1 and 2",
        ),
        (
            lambda: grouped_query_attention(([ROWS], [], [])),
            ValueError,
            "0 heads of keys do not divide 1 heads of queries",
        ),
        (
            lambda: multi_head_attention((ROWS,), WEIGHTS, heads=1),
            TypeError,
            r"inputs \(sequence, memory\[, mask\]\) are 2 or 3, not 1",
        ),
        (
            lambda: attention_step((NOTHING, ROWS[0]), WEIGHTS, heads=1),
            TypeError,
            "the cache .* are a pair, not a NoneType",
        ),
        (
            lambda: attention_step((CACHE._replace(keys=ROWS), ROWS[0]), WEIGHTS, heads=1),
            ValueError,
            "keys and values differ in length: 3 and 1",
        ),
        (
            lambda: attention_step((SHORT, ROWS[0]), WEIGHTS, heads=1),
            ValueError,
            "row 1 has length 4, row 0 has length 2",
        ),
    ],
)
def test_heads_that_do_not_go_together_are_refused(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        call()


@pytest.mark.parametrize(
    ("inputs", "weights", "settings", "error", "message"),
    [
        (ROWS, WEIGHTS, {"heads": 0}, ValueError, "heads is 0: give 1 or more"),
        (ROWS, WEIGHTS, {"heads": 3}, ValueError, "query: 3 heads do not divide a width of 4"),
        (
            ROWS,
            WEIGHTS,
            {"heads": 1, "key_value_heads": 2},
            ValueError,
            "2 heads of keys do not divide 1 heads of queries",
        ),
        (
            ROWS,
            WEIGHTS,
            {"heads": 1, "key_value_heads": 0},
            ValueError,
            "key_value_heads is 0: give 1 or more",
        ),
        (ROWS, WEIGHTS[:3], {"heads": 1}, TypeError, "weights .* are 4, not 3"),
        ([[1.0], []], WEIGHTS, {"heads": 1}, ValueError, "query: row 1 of the sequence is empty"),
        *(
            (
                ROWS,
                WEIGHTS._replace(**{name: [[1.0]]}),
                {"heads": 1},
                ValueError,
                f"{name}: row 0 has length 1, the vector has length 4",
            )
            for name in MultiHeadWeights._fields
        ),
        (
            ROWS,
            WEIGHTS,
            {"heads": 4, "rotary": Rotary()},
            ValueError,
            "query: 1 numbers are to turn in pairs: give an even width",
        ),
        (GENERATOR, WEIGHTS, {"heads": 1}, TypeError, "query: the sequence is a list_iterator"),
        (ROWS, WEIGHTS, {"heads": 1, "masked": 1}, TypeError, ".*unexpected keyword .*'masked'"),
    ],
)
def test_what_is_no_self_attention_is_refused(
    inputs: Any, weights: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^{message}"):
        self_attention(inputs, weights, **settings)
