"""Sequence subjects: attention, positions, recurrent steps, and embedding."""

from functools import partial
from typing import Final

from funcnn.blocks.attention import scaled_dot_product_attention
from funcnn.blocks.embeddings import embedding
from funcnn.blocks.heads import self_attention
from funcnn.blocks.positions import rotary
from funcnn.blocks.recurrence import gru_step, lstm_step, rnn_step
from funcnn.laws.sequence_algorithms import (
    centered_lstm_step,
    early,
    late,
    moving_gru_step,
    online,
    read_by,
)
from funcnn.laws.subjects import Algorithm, Subject, Variant

READ: Final = ("q d", "k d", "k v")
"""Queries, keys and values."""

BOUNDED: Final = ("normal", "positive", "cancelling", "tiny", "small", "tied", "spread", "zeros")
"""Magnitudes whose products are no such exponents that all is lost."""

GENTLE: Final = ("normal", "cancelling", "tiny", "small", "zeros")
"""The same where they are multiplied again and again."""


SUBJECTS: Final = (
    Subject(
        "scaled_dot_product_attention",
        scaled_dot_product_attention,
        (
            Variant((READ,)),
            Variant((READ,), {"causal": True}),
            Variant(((*READ, "q k ?"),)),
            Variant((READ,), {"scale": 0.25}),
        ),
        sums="d k",
        longest=129,
        styles=BOUNDED,
        algorithms=(
            Algorithm("shares by the reciprocal", partial(read_by, early)),
            Algorithm("divided at the end", partial(read_by, late)),
            Algorithm("one key after another", partial(read_by, online)),
        ),
    ),
    Subject(
        "self_attention",
        self_attention,
        (
            Variant(("n 2d", ("2d 2d",) * 4), {"heads": 2}),
            Variant(("n 2d", ("2d 2d",) * 4), {"heads": 2, "causal": True}),
        ),
        longest=16,
        styles=GENTLE,
        sizes={"d": 2},
    ),
    Subject(
        "rotary",
        rotary,
        (Variant(("n 2d",), {"pairing": "halves"}), Variant(("n 2d",), {"pairing": "neighbors"})),
    ),
    Subject("rnn_step", rnn_step, (Variant((("m", "n"), ("m n", "m m"))),), sums="m n", longest=8),
    Subject(
        "lstm_step",
        lstm_step,
        tuple(
            Variant(((("m", "m"), "n"), ("4m n", "4m m")), {"gates": gates})
            for gates in ("iofc", "ifco")
        ),
        longest=24,
        sizes={"m": 3, "n": 3},
        algorithms=(Algorithm("sigmoids by tanh", centered_lstm_step),),
    ),
    Subject(
        "gru_step",
        gru_step,
        tuple(
            Variant((("m", "n"), ("3m n", "3m m")), settings)
            for settings in ({}, {"gates": "rzh", "reset": "after"})
        ),
        longest=24,
        sizes={"m": 3, "n": 3},
        algorithms=(Algorithm("moved from the candidate", moving_gru_step),),
    ),
    Subject("embedding", embedding, (Variant(("n < v", "v w")),)),
)
