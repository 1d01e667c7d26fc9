"""The GPT of names beside one of scalars, of the same 4,192 weights: the same gradient, sooner."""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any, Final

from funcnn import calculus, fast, layer, leaves, microgpt, tree_map
from funcnn.algebra.bounds import bound
from funcnn.algebra.dyadics import fraction
from funcnn.blocks.initializers import initial_weights
from funcnn.calculus.losses import cross_entropy, sequence_loss
from funcnn.exchange.first_names import name_examples, split_names
from onnx_operators import admits
from scalar_gpt import value_and_grad as by_scalars

HEADS: Final = 4
MODEL: Final = microgpt(27, 16, heads=HEADS)
LOSS: Final = layer(sequence_loss, loss=layer(cross_entropy))
WEIGHTS: Final = tree_map(lambda weight: weight / 8, initial_weights(0, MODEL.weights))
NAMES: Final = split_names().training


def ours(value_and_grad: Callable[..., Any], weights: Any, batch: Any) -> Any:
    return value_and_grad(MODEL.network, LOSS, weights, *batch)


def test_loss_and_gradient_lie_within_the_bounds_of_the_definition() -> None:
    """These lie within 10⁻¹⁰ of the largest slope: that is how near all three are to the truth."""
    batch = name_examples(["anna", "jo"])
    loss, gradient = ours(calculus.value_and_grad, tree_map(bound, WEIGHTS), batch)
    bounds = [loss, *leaves(gradient)]
    assert len(bounds) == 1 + 4_192
    widest = max(fraction(one.radius) for one in bounds)
    assert widest < 1e-10 * max(abs(fraction(one.value)) for one in bounds[1:])
    for found in (
        by_scalars(WEIGHTS, *batch, HEADS),
        ours(calculus.value_and_grad, WEIGHTS, batch),
        ours(fast.value_and_grad, WEIGHTS, batch),
    ):
        assert admits(bounds, [*leaves(found)])


def test_it_learns_from_twenty_times_as_many_tokens_a_second() -> None:
    batch, few = name_examples(NAMES[:32]), name_examples(NAMES[:2])

    def rate(learn: Callable[[], Any], examples: Any) -> float:
        start = process_time()
        learn()
        return sum(map(len, examples.inputs)) / (process_time() - start)

    ratios = [
        rate(lambda: ours(fast.value_and_grad, WEIGHTS, batch), batch)
        / rate(lambda: by_scalars(WEIGHTS, *few, HEADS), few)
        for _ in range(7)
    ]
    print(f"{median(ratios):.1f} times the tokens a second")
    assert median(ratios) >= 20
