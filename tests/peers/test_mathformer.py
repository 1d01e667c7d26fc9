"""mathformer's four trained networks, run from their weights by our blocks.

Each is a Llama of one layer, which answers what two digits give. Its rotary positions turn halves.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import mathformer
import pytest
from llamas import filled, greedy, greedy_by_cache, largest

from funcnn import Rotary, bound, llama, tree_map
from funcnn.exchange import safetensors
from funcnn.fast import vmap

SIGNS: Final = {"addformer": "+", "subformer": "-", "mulformer": "*", "divformer": "/"}
NAMES: Final = [
    "model.embed_tokens",
    "model.layers.0.input_layernorm",
    *(f"model.layers.0.self_attn.{part}_proj" for part in "qkvo"),
    "model.layers.0.post_attention_layernorm",
    *(f"model.layers.0.mlp.{part}_proj" for part in ("gate", "up", "down")),
    "model.norm",
    "lm_head",
]
END: Final = 2
LONGEST: Final = 8

each_network = pytest.mark.parametrize("name", SIGNS)


@cache
def weights_of(name: str) -> Any:
    file = Path(mathformer.__file__).parent / name / "model.safetensors"
    tensors = safetensors.decode(file.read_bytes())
    assert {*tensors} == {f"{part}.weight" for part in NAMES}
    return filled(llama(), [tensors[f"{part}.weight"] for part in NAMES])


@cache
def package(name: str) -> Any:
    """The package's own network, with its tokenizer."""
    return mathformer.MathFormer(Path(mathformer.__file__).parent / name).load()


def prompts(name: str) -> list[tuple[int, int, list[int]]]:
    """Two digits and the tokens that ask for what they give."""
    pairs, encode = product(range(10), repeat=2), package(name)._tokenizer
    texts = [(a, b, f"{a}{SIGNS[name]}{b}=") for a, b in pairs]
    return [(a, b, encode(text, padding=False)["input_ids"][0]) for a, b, text in texts]


def text_of(name: str, tokens: Sequence[int]) -> str:
    text: str = package(name)._tokenizer.decode(tokens, skip_special_tokens=True)
    return text


@each_network
def test_it_answers_as_the_package_does(name: str) -> None:
    for a, b, tokens in prompts(name):
        answer = text_of(name, greedy(llama().network, weights_of(name), tokens, LONGEST, END))
        assert answer == package(name).predict(f"{a}{SIGNS[name]}{b}"), (a, b)


@pytest.mark.parametrize(
    ("name", "right"), [("addformer", int.__add__), ("mulformer", int.__mul__)]
)
def test_its_sums_and_products_are_right(name: str, right: Any) -> None:
    for a, b, tokens in prompts(name):
        answer = greedy(llama().network, weights_of(name), tokens, LONGEST, END)
        assert text_of(name, answer) == str(right(a, b)), (a, b)


@each_network
def test_it_goes_on_with_the_same_tokens_by_a_cache(name: str) -> None:
    weights = weights_of(name)
    for a, b, tokens in prompts(name):
        expected = greedy(llama().network, weights, tokens, LONGEST, END)
        found = greedy_by_cache(weights, tokens, LONGEST, END, heads=2, rotary=Rotary())
        assert found == expected, (a, b)


@each_network
def test_its_logits_lie_within_the_bounds_which_prove_the_token(name: str) -> None:
    """Both the package's, whose norms are multiplied into its matrices, and those of a batch."""
    weights, network = weights_of(name), llama().network
    asked = [tokens for _, _, tokens in prompts(name)][::9]
    batch = vmap(network)(asked, weights)
    on_bounds = tree_map(bound, weights)
    for tokens, fast in zip(asked, batch, strict=True):
        bounds, (theirs, _) = network(tokens, on_bounds)[-1], package(name)._model.forward(tokens)
        for logits in (theirs, fast[-1], network(tokens, weights)[-1]):
            assert all(one.admits(x) for one, x in zip(bounds, logits, strict=True))
        first = bounds[largest(theirs)]
        others = [one for token, one in enumerate(bounds) if token != largest(theirs)]
        assert all(one < first for one in others)
