"""Llamas that others have trained: their tensors as our weights, and the tokens they go on with."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from funcnn import (
    KeyValueCache,
    Model,
    add,
    attention_step,
    embedding,
    leaves,
    linear,
    map_accum_l,
    rms_norm,
    swiglu,
    tree_map,
    zip_with,
)
from funcnn.blocks.forms import form_of


def filled(model: Model, tensors: Iterable[Any]) -> Any:
    """A model's weights: for each of its forms, in order, the next tensor, and of that form."""
    parts = [*tensors]
    assert [*map(form_of, parts)] == [*leaves(model.weights)]
    rest = iter(parts)
    return tree_map(lambda _: next(rest), model.weights)


def largest(logits: Sequence[float]) -> int:
    return max(range(len(logits)), key=logits.__getitem__)


def greedy(
    network: Callable[..., Any],
    weights: Any,
    prompt: Sequence[int],
    count: int,
    end: int | None = None,
) -> list[int]:
    """So many tokens, each the likeliest to follow those before it; the end is the last."""
    tokens = [*prompt]
    while len(tokens) < len(prompt) + count and tokens[-1] != end:
        tokens.append(largest(network(tokens, weights)[-1]))
    return tokens[len(prompt) :]


def greedy_by_cache(
    weights: Any, prompt: Sequence[int], count: int, end: int | None = None, **attention: Any
) -> list[int]:
    """The same, each token one step, which reads those before from caches."""
    _, *blocks, _, _ = weights
    empty = [KeyValueCache[float]([], [])] * len(blocks)

    def after(caches: Any, token: int) -> tuple[Any, Any]:
        return step(caches, token, weights, **attention)

    caches, (*_, logits) = map_accum_l(after, empty, prompt)
    tokens = [largest(logits)]
    while len(tokens) < count and tokens[-1] != end:
        caches, logits = after(caches, tokens[-1])
        tokens.append(largest(logits))
    return tokens


def step(caches: Sequence[Any], token: int, weights: Any, **attention: Any) -> tuple[Any, Any]:
    """A llama's caches and logits after one more token; the weights of its head are not tied."""
    table, *blocks, norm, head = weights
    x, after = map_accum_l(
        lambda x, layer: block_step(x, *layer, **attention),
        embedding(token, table),
        zip(caches, blocks, strict=True),
    )
    return after, linear(rms_norm(x, norm, epsilon=1e-6), head)


def block_step(x: Any, cache: Any, weights: Any, **attention: Any) -> tuple[Any, Any]:
    """What a block makes of a row, and its cache."""
    ([_, [norm, projections]], _), ([_, [other_norm, gated]], _) = weights
    cache, read = attention_step((cache, rms_norm(x, norm, epsilon=1e-6)), projections, **attention)
    x = zip_with(add, x, read)
    return zip_with(add, x, swiglu(rms_norm(x, other_norm, epsilon=1e-6), gated)), cache
