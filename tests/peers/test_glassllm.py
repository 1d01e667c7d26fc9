"""glassllm's trained network of four layers, run from its weights by our blocks.

A Llama of grouped queries, whose rotary positions turn neighbors, and whose head is the embedding's
table. The package multiplies rows by matrices: ours are its transposed.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import glassllm
import numpy as np
from llamas import filled, greedy, greedy_by_cache

from funcnn import Model, Rotary, Serial, Tied, bound, llama, transpose, tree_map
from funcnn.exchange import npz
from funcnn.fast import vmap
from onnx_operators import admits

WEIGHTS: Final = Path(glassllm.__file__).parent / "weights"
COUNT: Final = 6
PROMPT: Final = "Once upon a time there was a little girl"
ROTARY: Final = Rotary(pairing="neighbors")


@cache
def arrays() -> dict[str, Any]:
    return npz.decode((WEIGHTS / "en.npz").read_bytes())


@cache
def model() -> Model:
    """Of the sizes that the file says."""
    config = json.loads(arrays()["__config__"])
    assert (config["rope_base"], config["eps"]) == (ROTARY.base, 1e-6)
    width, hidden = config["d_model"], len(arrays()["blocks.0.ffn.W1"][0])
    heads = config["n_heads"], config["n_kv_heads"]
    sizes = config["vocab_size"], width, *heads, hidden, config["n_layers"]
    return llama(*sizes, rotary=ROTARY, tied_head=True)


def names_of(block: int) -> list[str]:
    attention = ["norm1.gamma", *(f"attn.W_{part}" for part in "QKVO")]
    gated = ["norm2.gamma", *(f"ffn.W{part}" for part in (1, 3, 2))]
    return [f"blocks.{block}.{name}" for name in attention + gated]


@cache
def weights() -> Any:
    names = ["E", *(name for block in range(4) for name in names_of(block)), "norm_f.gamma"]
    assert {*names} == {*arrays()} - {"__config__"}
    tensors = {name: arrays()[name] for name in names}
    turned = {name: transpose(x) if "W" in name else x for name, x in tensors.items()}
    return filled(model(), turned.values())


@cache
def package() -> Any:
    """The package's own network, in float64."""
    return glassllm.GlassLM.load(WEIGHTS / "en.npz", dtype=np.float64)


@cache
def prompt() -> list[int]:
    tokens: list[int] = glassllm.load_pretrained("en")[1].encode(PROMPT)
    return tokens


def test_its_logits_are_those_of_the_package_to_four_decimals() -> None:
    """Of its float32, and of its float64, which a batch of ours is as near to."""
    single, tokenizer = glassllm.load_pretrained("en")
    ours = np.array(model().network(prompt(), weights()))
    fast = np.array(vmap(model().network)([prompt()], weights())[0])
    assert ours.shape == (len(prompt()), tokenizer.vocab_size)
    for theirs in (single(prompt()).data[0], package()(prompt()).data[0]):
        assert abs(ours - theirs).max() < 0.5e-4 and abs(fast - theirs).max() < 0.5e-4


def test_a_block_lies_within_the_bounds() -> None:
    """The first, on what the package's embedding gives it."""
    trace = glassllm.Tracer()
    package()(prompt()[:2], trace=trace)
    rows, network = trace.get("embed").value.tolist(), model().network
    assert isinstance(network, Tied) and isinstance(network.network, Serial)
    block = network.network.layers[1]
    outputs = block(*tree_map(bound, (rows, weights()[1])))
    assert admits(outputs, trace.get("resid.ffn", 0).value)


def test_it_goes_on_with_the_tokens_of_the_package() -> None:
    expected = [step.token for step in package().generate(prompt(), COUNT, greedy=True)]
    untied = [*weights(), weights()[0]]
    assert greedy(model().network, weights(), prompt(), COUNT) == expected
    settings: dict[str, Any] = {"heads": 4, "key_value_heads": 2, "rotary": ROTARY}
    assert greedy_by_cache(untied, prompt(), COUNT, **settings) == expected
