"""NumPy by our names: what it has, and the formulas as its users write them."""

from math import erf as erf_of_number
from typing import Any, Final

import numpy as np

ARRAYS: Final = "numpy"

_views = np.lib.stride_tricks.sliding_window_view

dot = np.dot
matmul = np.matmul
outer = np.outer
transpose = np.transpose
absolute = np.absolute
exp = np.exp
log = np.log
sqrt = np.sqrt
tanh = np.tanh
sin = np.sin
cos = np.cos


def matvec(matrix: Any, vector: Any) -> Any:
    """The matrix times the vector."""
    return matrix @ vector


def linear(inputs: Any, weights: Any) -> Any:
    """The weights times the inputs."""
    return weights @ inputs


def affine(inputs: Any, weights: Any) -> Any:
    """The same, and a bias."""
    matrix, bias = weights
    return matrix @ inputs + bias


def dense(inputs: Any, weights: Any) -> Any:
    """The relu of linear."""
    return relu(weights @ inputs)


def relu(x: Any) -> Any:
    """The larger of the number and 0."""
    return np.maximum(x, 0)


def leaky_relu(x: Any, *, slope: float = 0.01) -> Any:
    """The number, or if it is negative a small multiple."""
    return np.where(x > 0, x, slope * x)


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(−x)), by the exponential that does not overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def silu(x: Any) -> Any:
    """The number times its sigmoid."""
    return x * sigmoid(x)


def erf(x: Any) -> Any:
    """The error function, which NumPy has not: of one number after another."""
    return np.vectorize(erf_of_number, otypes=[x.dtype])(x)


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """The number times the share of the normal distribution below it."""
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / 1.4142135623730951))


def softmax(inputs: Any) -> Any:
    """Shares of one, in proportion to the exponentials."""
    exponentials = np.exp(inputs - inputs.max())
    return exponentials / exponentials.sum()


def log_softmax(inputs: Any) -> Any:
    """The logarithms of softmax."""
    shifted = inputs - inputs.max()
    return shifted - np.log(np.exp(shifted).sum())


def _each(setting: Any, rank: int) -> tuple[int, ...]:
    """one for each axis"""
    return (setting,) * rank if isinstance(setting, int) else tuple(setting)


def _pads(padding: Any, rank: int) -> list[tuple[int, int]]:
    """how many before and after, for each axis"""
    pads = (padding,) * rank if isinstance(padding, int) else padding
    return [(pad, pad) if isinstance(pad, int) else tuple(pad) for pad in pads]


def _windows(padded: Any, sizes: Any, strides: Any, dilations: Any) -> Any:
    """what windows see: channels, places, then sizes"""
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(sizes, dilations, strict=True)]
    views = _views(padded, spans, axis=(*range(1, padded.ndim),))
    steps = [slice(None, None, step) for step in (*strides, *dilations)]
    return views[(slice(None), *steps)]


def conv1d(
    inputs: Any,
    weights: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The kernels at every place of a sequence."""
    return _conv(inputs, weights, stride, padding, dilation, groups)


def conv2d(
    inputs: Any,
    weights: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The kernels at every place of an image."""
    return _conv(inputs, weights, stride, padding, dilation, groups)


def _conv(inputs: Any, weights: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    rank = inputs.ndim - 1
    padded = np.pad(inputs, [(0, 0), *_pads(padding, rank)])
    sizes, settings = weights.shape[2:], (_each(stride, rank), _each(dilation, rank))
    views = _windows(padded, sizes, *settings)
    summed = (1, *range(2, 2 + rank)), (0, *range(1 + rank, 1 + 2 * rank))
    pairs = zip(np.split(weights, groups), np.split(views, groups), strict=True)
    return np.concatenate([np.tensordot(*pair, axes=summed) for pair in pairs])


def _pooled(
    inputs: Any,
    outside: float,
    beyond: float,
    size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """what the windows of a pooling see; what they see in the padding, and what beyond it"""
    rank = inputs.ndim - 1
    sizes, dilations, pads = _each(size, rank), _each(dilation, rank), _pads(padding, rank)
    strides = sizes if stride is None else _each(stride, rank)
    padded = np.pad(inputs, [(0, 0), *pads], constant_values=outside)
    more = [(0, 0)]
    axes = zip(inputs.shape[1:], sizes, strides, dilations, pads, strict=True)
    for length, k, s, d, (before, after) in axes:
        rest = length + before + after - (k - 1) * d - 1
        places = rest // s + 1
        if ceil_mode and rest % s and places * s < length + before:
            places += 1
        more.append((0, max(0, (places - 1) * s - rest)))
    wide = np.pad(padded, more, constant_values=beyond)
    return _windows(wide, sizes, strides, dilations)


def _max_pool(inputs: Any, **settings: Any) -> Any:
    rank = inputs.ndim - 1
    return _pooled(inputs, -np.inf, -np.inf, **settings).max(axis=(*range(-rank, 0),))


def _average_pool(inputs: Any, *, count_include_pad: bool = True, **settings: Any) -> Any:
    axes = (*range(1 - inputs.ndim, 0),)
    counted = _pooled(np.ones_like(inputs), float(count_include_pad), 0.0, **settings)
    return _pooled(inputs, 0.0, 0.0, **settings).sum(axis=axes) / counted.sum(axis=axes)


def max_pool1d(inputs: Any, **settings: Any) -> Any:
    """The largest of each window of a sequence."""
    return _max_pool(inputs, **settings)


def max_pool2d(inputs: Any, **settings: Any) -> Any:
    """The largest of each window of an image."""
    return _max_pool(inputs, **settings)


def average_pool1d(inputs: Any, **settings: Any) -> Any:
    """The mean of each window of a sequence."""
    return _average_pool(inputs, **settings)


def average_pool2d(inputs: Any, **settings: Any) -> Any:
    """The mean of each window of an image."""
    return _average_pool(inputs, **settings)


def global_max_pool(inputs: Any) -> Any:
    """The largest of each channel."""
    return inputs.max(axis=(*range(1, inputs.ndim),))


def global_average_pool(inputs: Any) -> Any:
    """The mean of each channel."""
    return inputs.mean(axis=(*range(1, inputs.ndim),))


def layer_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Moved to mean 0 and scaled to variance 1, then by weights."""
    scale, bias = weights
    return (inputs - inputs.mean()) / np.sqrt(inputs.var() + epsilon) * scale + bias


def rms_norm(inputs: Any, weights: Any = (), *, epsilon: float = 1e-5) -> Any:
    """Divided by the root mean square, then scaled, if there are weights."""
    normal = inputs / np.sqrt((inputs * inputs).mean() + epsilon)
    return normal if isinstance(weights, tuple) else normal * weights


def _columns(weights: Any, like: Any) -> list[Any]:
    """a number for each channel, beside its places"""
    return [part.reshape(-1, *[1] * (like.ndim - 1)) for part in weights]


def batch_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved and scaled by the moments seen, then by weights."""
    scale, bias, mean, variance = _columns(weights, inputs)
    return scale * (inputs - mean) / np.sqrt(variance + epsilon) + bias


def group_norm(inputs: Any, weights: Any, *, groups: int, epsilon: float = 1e-5) -> Any:
    """Each group of channels moved to mean 0 and scaled to variance 1, then by weights."""
    rows = inputs.reshape(groups, -1)
    mean, variance = rows.mean(axis=1, keepdims=True), rows.var(axis=1, keepdims=True)
    normal = ((rows - mean) / np.sqrt(variance + epsilon)).reshape(inputs.shape)
    scale, bias = _columns(weights, inputs)
    return scale * normal + bias


def instance_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved to mean 0 and scaled to variance 1, then by weights."""
    return group_norm(inputs, weights, groups=len(inputs), epsilon=epsilon)


def _visible(count: int, keys: int, start: int, back: int | None, ahead: int | None) -> Any:
    """which keys each query may see"""
    offsets = np.arange(keys) - np.arange(start, start + count)[:, None]
    near = offsets <= (keys - start if ahead is None else ahead)
    return near if back is None else near & (offsets >= -back)


def scaled_dot_product_attention(
    inputs: Any,
    *,
    causal: bool = False,
    start: int = 0,
    window: Any = (None, None),
    scale: float | None = None,
) -> Any:
    """The means of the values, weighted by how well the keys match the queries."""
    queries, keys, values, *mask = inputs
    scores = queries @ keys.T * (queries.shape[1] ** -0.5 if scale is None else scale)
    back, ahead = window
    visible = _visible(len(queries), len(keys), start, back, 0 if causal else ahead)
    hidden = np.where(visible & mask[0] if mask else visible, scores, -np.inf)
    largest = np.maximum(hidden.max(axis=1, keepdims=True), np.finfo(hidden.dtype).min)
    shares = np.exp(hidden - largest)
    whole = shares.sum(axis=1, keepdims=True)
    return shares / np.where(whole == 0, 1, whole) @ values


def _projected(x: Any, weights: Any) -> Any:
    return affine(x, weights) if isinstance(weights, tuple) else linear(x, weights)


def _sums(inputs: Any, weights: Any, gates: str) -> dict[str, Any]:
    """what each gate gets of the input and of the state"""
    hidden, x = inputs
    sums = _projected(x, weights[0]) + _projected(hidden, weights[1])
    return dict(zip(gates, np.split(sums, len(gates)), strict=True))


def _name(function: Any) -> str:
    """of a function, or of one that is told by it"""
    return str(getattr(function, "__name__", function))


def rnn_step(inputs: Any, weights: Any, *, activation: Any = "tanh") -> Any:
    """The hidden state after one more input, twice."""
    sums = _sums(inputs, weights, "h")["h"]
    hidden = relu(sums) if _name(activation) == "relu" else np.tanh(sums)
    return hidden, hidden


def lstm_step(inputs: Any, weights: Any, *, gates: str = "iofc") -> Any:
    """The state (hidden, memory) after one more input, and the hidden state."""
    (hidden, memory), x = inputs
    sums = _sums((hidden, x), weights, gates)
    memory = sigmoid(sums["f"]) * memory + sigmoid(sums["i"]) * np.tanh(sums["c"])
    hidden = sigmoid(sums["o"]) * np.tanh(memory)
    return (hidden, memory), hidden


def _rows(weights: Any, gate: int) -> Any:
    """the weights of one of three gates"""
    if isinstance(weights, tuple):
        return tuple(_rows(part, gate) for part in weights)
    return np.split(weights, 3)[gate]


def gru_step(inputs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Any:
    """The hidden state after one more input, twice."""
    hidden, x = inputs
    sums, h = _sums(inputs, weights, gates), gates.index("h")
    z, r = sigmoid(sums["z"]), sigmoid(sums["r"])
    of_input, of_state = _rows(weights[0], h), _rows(weights[1], h)
    if reset == "after":
        seen = r * _projected(hidden, of_state)
    else:
        seen = _projected(r * hidden, of_state)
    hidden = (1 - z) * np.tanh(_projected(x, of_input) + seen) + z * hidden
    return hidden, hidden


def squared_error(outputs: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The sum of the squared differences."""
    return _reduced((outputs - target) ** 2, reduction)


def _reduced(terms: Any, reduction: str) -> Any:
    return getattr(terms, reduction)()


def cross_entropy(logits: Any, target: Any) -> Any:
    """The negative logarithm of what softmax gives to the target."""
    return -log_softmax(logits)[target]


def binary_cross_entropy(logits: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The same of answers that are yes or no."""
    losses = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    return _reduced(losses, reduction)


def hinge(logits: Any, target: Any, *, margin: float = 1, reduction: str = "sum") -> Any:
    """By how much other classes' logits do not stay below the target's by a margin."""
    excesses = np.maximum(margin - logits[target] + logits, 0)
    excesses[target] = 0
    return _reduced(excesses, reduction)


def kl_divergence(logits: Any, target: Any) -> Any:
    """How far the logits' softmax is from the target."""
    known = np.where(target > 0, target, 1)
    return (target * (np.log(known) - log_softmax(logits))).sum()


def embedding(inputs: Any, weights: Any) -> Any:
    """The rows of a table."""
    return weights[inputs]
