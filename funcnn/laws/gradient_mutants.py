"""Gradient mutants: wrong cotangents."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.elementary import sigmoid, tanh
from funcnn.algebra.folds import zip_with
from funcnn.algebra.formats import bfloat16
from funcnn.algebra.scalars import divide, lift, multiply, total
from funcnn.algebra.trees import tree_map, tree_zip_with
from funcnn.algebra.vectors import Matrix, Vector, dot, transpose
from funcnn.blocks.activations import softmax
from funcnn.blocks.norms import moments, reciprocal_root
from funcnn.blocks.positions import rotary
from funcnn.laws.gradient_subjects import SUBJECTS
from funcnn.laws.mutations import Definition, Mutant, computing, zero
from funcnn.laws.values import EXACT, WITHIN

RIGHT: Final = {subject.name: subject.definition for subject in SUBJECTS}

type Change = Callable[[Any], Any]
"""What becomes of cotangents."""


def _changed(name: str, *changes: Change) -> Definition:
    """the right cotangents, those of each argument changed"""

    def wrong(*arguments: Any, **settings: Any) -> Any:
        bars = RIGHT[name](*arguments, **settings)
        if len(changes) == 1:
            return changes[0](bars)
        return tuple(change(bar) for change, bar in zip(changes, bars, strict=True))

    return wrong


def _same(bars: Any) -> Any:
    return bars


def _of_each(change: Change) -> Change:
    return lambda bars: tree_map(change, bars)


_negative = _of_each(lambda bar: -bar)
_twice = _of_each(lambda bar: 2 * bar)
_none = _of_each(zero)


def _transposed(matrix: Matrix[Any]) -> Any:
    """if it is square"""
    return transpose(matrix) if len(matrix) == len(matrix[0]) else matrix


def _averaged(bars: Vector[Any]) -> Any:
    return [divide(bar, lift(len(bars), bar)) for bar in bars]


def _of_all_but_one(bars: Vector[Any]) -> Any:
    return [bar * lift(Fraction(len(bars) - 1, len(bars)), bar) for bar in bars]


def _with(name: str, change: Callable[..., tuple[Any, ...]]) -> Definition:
    """the right cotangents, of other arguments"""
    return lambda *arguments, **settings: RIGHT[name](*change(*arguments), **settings)


def _times(slope: Change) -> Definition:
    """ȳ times the slope at x, of one number"""

    def wrong(x: Any, y_bar: Any, **settings: Any) -> Any:
        return tree_zip_with(lambda one, bar: bar * slope(one), x, y_bar)

    return wrong


def _in_part(name: str, *others: Definition | None) -> Definition:
    """the cotangents of each argument from another function, if one is given"""

    def wrong(*arguments: Any, **settings: Any) -> Any:
        bars = RIGHT[name](*arguments, **settings)
        pairs = zip(others, bars, strict=True)
        return tuple(other(*arguments, **settings) if other else bar for other, bar in pairs)

    return wrong


def _kernel_not_turned(x: Any, w: Any, y_bar: Any, **settings: Any) -> Any:
    kernels = [[row[::-1] for row in kernel] for kernel in w]
    return RIGHT["conv1d_vjp"](x, kernels, y_bar, **settings)[0]


def _to_all_of_a_window(x: Any, y_bar: Any, *, size: int, **settings: Any) -> Any:
    bars = RIGHT["average_pool1d_vjp"](x, y_bar, size=size, **settings)
    return tree_map(lambda bar: bar * size, bars)


def _layer_norm(centered: bool, scaled: bool) -> Definition:
    """the inputs' cotangent, as if their mean or their variance did not depend on them"""

    def wrong(x: Vector[Any], weights: Any, y_bar: Vector[Any], *, epsilon: Any = 1e-5) -> Any:
        middle, variance = moments(x)
        inverse = reciprocal_root(variance, epsilon)
        normal = [(one - middle) * inverse for one in x]
        h = zip_with(multiply, y_bar, weights[0])
        count = lift(len(x), inverse)
        mean = divide(total(h), count) if centered else zero(inverse)
        along = divide(dot(h, normal), count) if scaled else zero(inverse)
        return [inverse * (g - mean - one * along) for g, one in zip(h, normal, strict=True)]

    return wrong


def _rms_norm_as_if_constant(x: Vector[Any], *others: Any, epsilon: Any = 1e-5) -> Any:
    *scale, y_bar = others
    square = divide(dot(x, x), lift(len(x), x[0]))
    h = zip_with(multiply, y_bar, *scale) if scale else y_bar
    bars = [bar * reciprocal_root(square, epsilon) for bar in h]
    return (bars, RIGHT["rms_norm_vjp"](x, *others, epsilon=epsilon)[1]) if scale else bars


def _last_of_a_token(tokens: Sequence[int], table: Matrix[Any], y_bar: Matrix[Any]) -> Any:
    last = dict(zip(tokens, y_bar, strict=True))
    return [last.get(place, [*map(zero, row)]) for place, row in enumerate(table)]


def _without_memory(inputs: Any, weights: Any, y_bar: Any) -> tuple[Any, ...]:
    (hidden, memory), outputs = y_bar
    return inputs, weights, ((hidden, [*map(zero, memory)]), outputs)


def _output_alone(inputs: Any, weights: Any, y_bar: Any) -> tuple[Any, ...]:
    state, outputs = y_bar
    return inputs, weights, (_none(state), outputs)


def _mutant(function: str, name: str, wrong: Definition, law: str = WITHIN.name) -> Mutant:
    return Mutant(f"{function}_vjp", name, wrong, law)


def _softmax(wrong: Callable[[Vector[Any], Vector[Any]], Any]) -> Definition:
    return lambda x, y_bar: wrong(softmax(x), y_bar)


OF_PRODUCTS: Final = (
    _mutant("dot", "the second with the wrong sign", _changed("dot_vjp", _same, _negative)),
    _mutant(
        "matmul",
        "the left one transposed if it is square",
        _changed("matmul_vjp", _transposed, _same),
    ),
    Mutant(
        "matmul_vjp", "summed in bfloat16", computing(bfloat16, RIGHT["matmul_vjp"]), WITHIN.name
    ),
    _mutant("linear", "the inputs' with the wrong sign", _changed("linear_vjp", _negative, _same)),
    _mutant("linear", "the weights' twice", _changed("linear_vjp", _same, _twice)),
    _mutant(
        "linear",
        "the weights' transposed if they are square",
        _changed("linear_vjp", _same, _transposed),
    ),
    _mutant(
        "linear",
        "weights not transposed if they are square",
        _with("linear_vjp", lambda x, w, y: (x, _transposed(w), y)),
    ),
    _mutant(
        "affine",
        "the bias's forgotten",
        _changed("affine_vjp", _same, lambda w: (w[0], _none(w[1]))),
    ),
    _mutant(
        "affine",
        "the bias's averaged",
        _changed("affine_vjp", _same, lambda w: (w[0], _averaged(w[1]))),
    ),
    _mutant("dense", "slope 1 everywhere", lambda x, w, y_bar: RIGHT["linear_vjp"](x, w, y_bar)),
    _mutant(
        "dense",
        "the weights' not multiplied by the slopes",
        _in_part("dense_vjp", None, lambda x, w, y: RIGHT["linear_vjp"](x, w, y)[1]),
    ),
    _mutant("conv1d", "the kernel turned around", _in_part("conv1d_vjp", _kernel_not_turned, None)),
    _mutant(
        "conv2d",
        "the last kernel's forgotten",
        _changed("conv2d_vjp", _same, lambda w: [*w[:-1], _none(w[-1])]),
    ),
    _mutant("max_pool1d", "to all places of a window", _to_all_of_a_window),
    _mutant("average_pool2d", "twice", _changed("average_pool2d_vjp", _twice)),
    _mutant("embedding", "of equal tokens the last alone", _last_of_a_token, EXACT.name),
)
OF_ACTIVATIONS: Final = (
    _mutant("relu", "slope 1 everywhere", _times(lambda x: 1), EXACT.name),
    _mutant("absolute", "slope 1 everywhere", _times(lambda x: 1), EXACT.name),
    _mutant("leaky_relu", "none below 0", lambda x, y, **settings: RIGHT["relu_vjp"](x, y)),
    _mutant("sigmoid", "1 − σ forgotten", _times(sigmoid)),
    _mutant(
        "sigmoid",
        "of the result in place of x",
        _times(lambda x: sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x)))),
    ),
    _mutant("tanh", "1 − tanh, not squared", _times(lambda x: 1 - tanh(x))),
    _mutant("silu", "the gate's alone", _times(sigmoid)),
    _mutant(
        "gelu",
        "of the other formula",
        lambda x, y, approximate="none": RIGHT["gelu_vjp"](
            x, y, approximate="tanh" if approximate == "none" else "none"
        ),
    ),
    _mutant("softmax", "the sum of all forgotten", _softmax(lambda p, y: zip_with(multiply, p, y))),
    _mutant(
        "softmax",
        "each from its own result alone",
        _softmax(lambda p, y: [one * (1 - one) * bar for one, bar in zip(p, y, strict=True)]),
    ),
    _mutant(
        "log_softmax",
        "as if all cotangents added up to 1",
        lambda x, y: [bar - p for bar, p in zip(y, softmax(x), strict=True)],
    ),
)
OF_NORMS: Final = (
    _mutant(
        "layer_norm",
        "the mean as if constant",
        _in_part("layer_norm_vjp", _layer_norm(False, True), None),
    ),
    _mutant(
        "layer_norm",
        "the variance as if constant",
        _in_part("layer_norm_vjp", _layer_norm(True, False), None),
    ),
    _mutant(
        "layer_norm",
        "mean and variance as if constant",
        _in_part("layer_norm_vjp", _layer_norm(False, False), None),
    ),
    _mutant("rms_norm", "the mean square as if constant", _rms_norm_as_if_constant),
    _mutant(
        "batch_norm",
        "the scale forgotten",
        _with(
            "batch_norm_vjp", lambda x, w, y: (x, (tree_map(lambda s: lift(1, s), w[0]), *w[1:]), y)
        ),
    ),
    _mutant(
        "group_norm",
        "the scale's and the bias's exchanged",
        _changed("group_norm_vjp", _same, lambda w: (w[1], w[0])),
    ),
)
OF_SEQUENCES: Final = (
    _mutant(
        "scaled_dot_product_attention",
        "the keys' with the wrong sign",
        _changed(
            "scaled_dot_product_attention_vjp", lambda bars: (bars[0], _negative(bars[1]), bars[2])
        ),
    ),
    _mutant(
        "scaled_dot_product_attention",
        "the queries' forgotten",
        _changed("scaled_dot_product_attention_vjp", lambda bars: (_none(bars[0]), *bars[1:])),
    ),
    _mutant(
        "rotary", "turned on, not back", lambda rows, y_bar, **settings: rotary(y_bar, **settings)
    ),
    _mutant("rnn_step", "of the output alone", _with("rnn_step_vjp", _output_alone)),
    _mutant("lstm_step", "the memory's forgotten", _with("lstm_step_vjp", _without_memory)),
    _mutant(
        "gru_step",
        "the state's forgotten",
        _changed("gru_step_vjp", lambda x: (_none(x[0]), x[1]), _same),
    ),
)
OF_LOSSES: Final = (
    _mutant(
        "squared_error",
        "2 forgotten",
        _changed("squared_error_vjp", lambda y: [divide(bar, lift(2, bar)) for bar in y]),
    ),
    _mutant("squared_error", "times (n − 1)/n", _changed("squared_error_vjp", _of_all_but_one)),
    _mutant(
        "cross_entropy",
        "1 not subtracted at the target",
        lambda z, t, loss_bar: [p * loss_bar for p in softmax(z)],
    ),
    _mutant("cross_entropy", "averaged over the classes", _changed("cross_entropy_vjp", _averaged)),
    _mutant(
        "cross_entropy",
        "the cotangent of the loss ignored",
        lambda z, t, loss_bar: RIGHT["cross_entropy_vjp"](z, t, lift(1, loss_bar)),
    ),
    _mutant(
        "binary_cross_entropy", "the wrong sign", _changed("binary_cross_entropy_vjp", _negative)
    ),
    _mutant(
        "hinge",
        "the target's own forgotten",
        lambda z, t, loss_bar: [
            zero(bar) if i == t else bar for i, bar in enumerate(RIGHT["hinge_vjp"](z, t, loss_bar))
        ],
    ),
    _mutant(
        "kl_divergence",
        "the target forgotten",
        lambda z, t, loss_bar: [p * loss_bar for p in softmax(z)],
    ),
)
MUTANTS: Final = (*OF_PRODUCTS, *OF_ACTIVATIONS, *OF_NORMS, *OF_SEQUENCES, *OF_LOSSES)
"""All of them."""
