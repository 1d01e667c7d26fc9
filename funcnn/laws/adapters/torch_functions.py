"""PyTorch by our names: its own functions, and their gradients by its autograd."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

ARRAYS = "torch"

dot = torch.dot
matmul = torch.matmul
outer = torch.outer
matvec = torch.mv
relu = torch.relu
sigmoid = torch.sigmoid
erf = torch.erf
absolute = torch.absolute
exp = torch.exp
log = torch.log
sqrt = torch.sqrt
tanh = torch.tanh
sin = torch.sin
cos = torch.cos
silu = functional.silu
gelu = functional.gelu
linear = functional.linear


def transpose(matrix: Any) -> Any:
    """The columns as rows."""
    return matrix.T


def affine(inputs: Any, weights: Any) -> Any:
    """The weights times the inputs, and a bias."""
    return functional.linear(inputs, *weights)


def dense(inputs: Any, weights: Any) -> Any:
    """The relu of linear."""
    return torch.relu(functional.linear(inputs, weights))


def leaky_relu(x: Any, *, slope: float = 0.01) -> Any:
    """The number, or if it is negative a small multiple."""
    return functional.leaky_relu(x, slope)


def softmax(inputs: Any) -> Any:
    """Shares of one, in proportion to the exponentials."""
    return torch.softmax(inputs, -1)


def log_softmax(inputs: Any) -> Any:
    """The logarithms of softmax."""
    return torch.log_softmax(inputs, -1)


def _pads(padding: Any, rank: int) -> list[tuple[int, int]]:
    """how many before and after, for each axis"""
    pads = (padding,) * rank if isinstance(padding, int) else padding
    return [(pad, pad) if isinstance(pad, int) else tuple(pad) for pad in pads]


def _padded(inputs: Any, padding: Any, value: float = 0.0) -> tuple[Any, Any]:
    """the inputs, and PyTorch's padding, which is as much after an axis as before it; if it is not,
    the inputs are padded"""
    pads = _pads(padding, inputs.ndim - 1)
    if all(before == after for before, after in pads):
        return inputs, [before for before, _ in pads]
    around = [side for pad in reversed(pads) for side in pad]
    return functional.pad(inputs, around, value=value), 0


def _conv(function: Callable[..., Any]) -> Callable[..., Any]:
    def conv(inputs: Any, weights: Any, *, padding: Any = 0, **settings: Any) -> Any:
        padded, rest = _padded(inputs, padding)
        return function(padded, weights, padding=rest, **settings)

    return conv


conv1d = _conv(functional.conv1d)
conv2d = _conv(functional.conv2d)


def _max_pool(function: Callable[..., Any]) -> Callable[..., Any]:
    def pool(inputs: Any, *, size: Any, padding: Any = 0, **settings: Any) -> Any:
        padded, rest = _padded(inputs, padding, -torch.inf)
        return function(padded, size, padding=rest, **settings)

    return pool


def _average_pool(function: Callable[..., Any]) -> Callable[..., Any]:
    def pool(inputs: Any, *, size: Any, dilation: Any = 1, **settings: Any) -> Any:
        """PyTorch has no dilation, and pads alike on both sides"""
        if dilation not in (1, [1], [1, 1]):
            raise NotImplementedError("PyTorch's average pooling has no dilation")
        return function(inputs, size, **settings)

    return pool


max_pool1d = _max_pool(functional.max_pool1d)
max_pool2d = _max_pool(functional.max_pool2d)
average_pool1d = _average_pool(functional.avg_pool1d)
average_pool2d = _average_pool(functional.avg_pool2d)


def global_max_pool(inputs: Any) -> Any:
    """The largest of each channel."""
    return inputs.amax([*range(1, inputs.ndim)])


def global_average_pool(inputs: Any) -> Any:
    """The mean of each channel."""
    return inputs.mean([*range(1, inputs.ndim)])


def layer_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Moved to mean 0 and scaled to variance 1, then by weights."""
    return functional.layer_norm(inputs, inputs.shape, *weights, epsilon)


def rms_norm(inputs: Any, weights: Any = (), *, epsilon: float = 1e-5) -> Any:
    """Divided by the root mean square, then scaled, if there are weights."""
    scale = None if isinstance(weights, tuple) else weights
    return functional.rms_norm(inputs, inputs.shape, scale, epsilon)


def batch_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved and scaled by the moments seen, then by weights."""
    scale, bias, *moments = weights
    seen = [moment.detach() for moment in moments]
    return functional.batch_norm(inputs[None], *seen, scale, bias, eps=epsilon)[0]


def batch_norm_training(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """A batch, each channel moved to mean 0 and scaled to variance 1, then by weights."""
    return functional.batch_norm(inputs, None, None, *weights, training=True, eps=epsilon)


def group_norm(inputs: Any, weights: Any, *, groups: int, epsilon: float = 1e-5) -> Any:
    """Each group of channels moved to mean 0 and scaled to variance 1, then by weights."""
    return functional.group_norm(inputs[None], groups, *weights, epsilon)[0]


def instance_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved to mean 0 and scaled to variance 1, then by weights."""
    scale, bias = weights
    return functional.instance_norm(inputs[None], weight=scale, bias=bias, eps=epsilon)[0]


def scaled_dot_product_attention(
    inputs: Any, *, causal: bool = False, scale: float | None = None
) -> Any:
    """The means of the values, weighted by how well the keys match the queries."""
    queries, keys, values, *mask = inputs
    return functional.scaled_dot_product_attention(
        queries, keys, values, *mask, is_causal=causal, scale=scale
    )


def _biased(weights: Any) -> tuple[Any, Any]:
    """a matrix, and a bias if there is one"""
    return weights if isinstance(weights, tuple) else (weights, None)


def _of_cell(weights: Any) -> tuple[Any, ...]:
    """two matrices, then two biases; none, or both"""
    (of_input, bias), (of_state, other) = map(_biased, weights)
    if (bias is None) != (other is None):
        zeros = of_input.new_zeros(len(of_input))
        bias, other = (zeros if one is None else one for one in (bias, other))
    return of_input, of_state, bias, other


def _name(function: Any) -> str:
    """of a function, or of one that is told by it"""
    return str(getattr(function, "__name__", function))


def rnn_step(inputs: Any, weights: Any, *, activation: Any = "tanh") -> Any:
    """The hidden state after one more input, twice."""
    hidden, x = inputs
    cell = torch.rnn_relu_cell if _name(activation) == "relu" else torch.rnn_tanh_cell
    hidden = cell(x[None], hidden[None], *_of_cell(weights))[0]
    return hidden, hidden


def _reordered(weights: Any, order: list[int]) -> Any:
    """the gates in another order"""
    if isinstance(weights, tuple):
        return tuple(_reordered(part, order) for part in weights)
    parts = weights.chunk(len(order))
    return torch.cat([parts[place] for place in order])


def lstm_step(inputs: Any, weights: Any, *, gates: str = "iofc") -> Any:
    """The state (hidden, memory) after one more input, and the hidden state."""
    (hidden, memory), x = inputs
    ordered = _reordered(weights, [gates.index(gate) for gate in "ifco"])
    state = torch.lstm_cell(x[None], (hidden[None], memory[None]), *_of_cell(ordered))
    hidden, memory = (part[0] for part in state)
    return (hidden, memory), hidden


def gru_step(inputs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Any:
    """The hidden state after one more input, twice. PyTorch's resets after the state's matrix."""
    hidden, x = inputs
    ordered = _reordered(weights, [gates.index(gate) for gate in "rzh"])
    if reset == "after":
        hidden = torch.gru_cell(x[None], hidden[None], *_of_cell(ordered))[0]
        return hidden, hidden
    (r_x, z_x, h_x), (r_h, z_h, _) = (
        functional.linear(value, *_biased(part)).chunk(3)
        for value, part in zip((x, hidden), ordered, strict=True)
    )
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    seen = functional.linear(r * hidden, *_biased(ordered[1])).chunk(3)[2]
    hidden = (1 - z) * torch.tanh(h_x + seen) + z * hidden
    return hidden, hidden


def _reduced(terms: Any, reduction: str) -> Any:
    return getattr(terms, reduction)()


def squared_error(outputs: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The sum of the squared differences."""
    return _reduced(functional.mse_loss(outputs, target, reduction="none"), reduction)


def cross_entropy(logits: Any, target: Any) -> Any:
    """The negative logarithm of what softmax gives to the target."""
    return functional.cross_entropy(logits, target)


def binary_cross_entropy(logits: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The same of answers that are yes or no."""
    losses = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return _reduced(losses, reduction)


def hinge(logits: Any, target: Any, *, margin: float = 1, reduction: str = "sum") -> Any:
    """By how much other classes' logits do not stay below the target's by a margin."""
    excesses = torch.relu(margin - logits[target] + logits)
    return _reduced(excesses.masked_fill(torch.arange(len(logits)) == target, 0), reduction)


def kl_divergence(logits: Any, target: Any) -> Any:
    """How far the logits' softmax is from the target."""
    return functional.kl_div(torch.log_softmax(logits, -1), target, reduction="sum")


def embedding(inputs: Any, weights: Any) -> Any:
    """The rows of a table."""
    return functional.embedding(inputs, weights)


def _floats(tree: Any) -> list[Any]:
    """the tensors of floats, from the left"""
    if isinstance(tree, tuple):
        return [tensor for part in tree for tensor in _floats(part)]
    return [tree] if tree.is_floating_point() else []


def _gradients(tree: Any, like: Any) -> Any:
    """of each tensor, its gradient: zeros if it has none"""
    if isinstance(tree, tuple):
        return tuple(_gradients(part, like) for part in tree)
    return like.new_zeros(tree.shape) if tree.grad is None else tree.grad


_LOSSES = ["squared_error", "cross_entropy", "binary_cross_entropy", "hinge", "kl_divergence"]
_PARTS = {**dict.fromkeys(_LOSSES, 0), "batch_norm": 0, "embedding": 1}
"""Which of inputs and weights alone have a cotangent: targets, statistics and tokens have none."""


def _vjp(function: Callable[..., Any], part: int | None) -> Callable[..., Any]:
    """from inputs, weights if there are any, and the outputs' cotangent to those of the former"""

    def pulled(*given: Any, **settings: Any) -> Any:
        *values, cotangent = given
        for tensor in _floats(tuple(values)):
            tensor.requires_grad_()
        outputs, bars = _floats(function(*values, **settings)), _floats(cotangent)
        torch.autograd.backward(outputs, bars)
        of_values = _gradients(tuple(values), bars[0])
        return of_values if part is None and len(values) > 1 else of_values[part or 0]

    return pulled


_FUNCTIONS = {
    name: value
    for name, value in vars().items()
    if callable(value) and not name.startswith("_") and not isinstance(value, type)
}
vars().update({f"{name}_vjp": _vjp(f, _PARTS.get(name)) for name, f in _FUNCTIONS.items()})
