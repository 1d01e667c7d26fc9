"""JAX by our names: its own functions, and their gradients by its vjp."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax, nn

ARRAYS = "jax"
PROFILE = "flush,tanh=8"
"""Its compiler reads subnormal numbers as 0 on CPUs, and returns none; its tanh, a quotient of
polynomials, errs by more than the 3 ulps of C libraries."""

dot = jnp.dot
matmul = jnp.matmul
matvec = jnp.matmul
outer = jnp.outer
transpose = jnp.transpose
absolute = jnp.absolute
exp = jnp.exp
log = jnp.log
sqrt = jnp.sqrt
tanh = jnp.tanh
sin = jnp.sin
cos = jnp.cos
erf = lax.erf
relu = nn.relu
sigmoid = nn.sigmoid
silu = nn.silu
softmax = nn.softmax
log_softmax = nn.log_softmax


def linear(inputs: Any, weights: Any) -> Any:
    """The weights times the inputs."""
    return weights @ inputs


def affine(inputs: Any, weights: Any) -> Any:
    """The same, and a bias."""
    matrix, bias = weights
    return matrix @ inputs + bias


def dense(inputs: Any, weights: Any) -> Any:
    """The relu of linear."""
    return nn.relu(weights @ inputs)


def leaky_relu(x: Any, *, slope: float = 0.01) -> Any:
    """The number, or if it is negative a small multiple."""
    return nn.leaky_relu(x, slope)


def gelu(x: Any, *, approximate: str = "none") -> Any:
    """The number times the share of the normal distribution below it."""
    return nn.gelu(x, approximate=approximate == "tanh")


def _each(setting: Any, rank: int) -> tuple[int, ...]:
    """one for each axis"""
    return (setting,) * rank if isinstance(setting, int) else tuple(setting)


def _pads(padding: Any, rank: int) -> list[tuple[int, int]]:
    """how many before and after, for each axis"""
    pads = (padding,) * rank if isinstance(padding, int) else padding
    return [(pad, pad) if isinstance(pad, int) else tuple(pad) for pad in pads]


def conv1d(
    inputs: Any,
    weights: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """The kernels at every place of the inputs."""
    rank = inputs.ndim - 1
    return lax.conv_general_dilated(
        inputs[None],
        weights,
        _each(stride, rank),
        _pads(padding, rank),
        rhs_dilation=_each(dilation, rank),
        feature_group_count=groups,
    )[0]


conv2d = conv1d


def _overhang(length: int, span: int, stride: int, before: int, after: int) -> int:
    """how many places one window more needs at the end, if it does not begin in the padding"""
    rest = (length + before + after - span) % stride
    begins = length + before + after - span - rest + stride
    return stride - rest if rest and begins < length + before else 0


def _folded(
    inputs: Any,
    function: Callable[..., Any],
    start: float,
    outside: float,
    size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """what each window sees, folded: in the padding `outside`, beyond it the start"""
    rank = inputs.ndim - 1
    sizes, dilations, pads = _each(size, rank), _each(dilation, rank), _pads(padding, rank)
    strides = sizes if stride is None else _each(stride, rank)
    spans = [(k - 1) * d + 1 for k, d in zip(sizes, dilations, strict=True)]
    axes = zip(inputs.shape[1:], spans, strides, pads, strict=True)
    beyond = [(0, _overhang(n, span, s, *pad) if ceil_mode else 0) for n, span, s, pad in axes]
    padded = jnp.pad(inputs, [(0, 0), *pads], constant_values=outside)
    windows = (1, *sizes), (1, *strides), ((0, 0), *beyond), (1,) * (1 + rank), (1, *dilations)
    return lax.reduce_window(padded, inputs.dtype.type(start), function, *windows)


def max_pool1d(inputs: Any, **settings: Any) -> Any:
    """The largest of each window."""
    return _folded(inputs, lax.max, -jnp.inf, -jnp.inf, **settings)


def average_pool1d(inputs: Any, *, count_include_pad: bool = True, **settings: Any) -> Any:
    """The mean of each window."""
    ones, counted = jnp.ones_like(inputs), float(count_include_pad)
    counts = _folded(ones, lax.add, 0.0, counted, **settings)
    return _folded(inputs, lax.add, 0.0, 0.0, **settings) / counts


max_pool2d = max_pool1d
average_pool2d = average_pool1d


def global_max_pool(inputs: Any) -> Any:
    """The largest of each channel."""
    return inputs.max(axis=(*range(1, inputs.ndim),))


def global_average_pool(inputs: Any) -> Any:
    """The mean of each channel."""
    return inputs.mean(axis=(*range(1, inputs.ndim),))


def layer_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Moved to mean 0 and scaled to variance 1, then by weights."""
    scale, bias = weights
    return nn.standardize(inputs, axis=None, epsilon=epsilon) * scale + bias


def rms_norm(inputs: Any, weights: Any = (), *, epsilon: float = 1e-5) -> Any:
    """Divided by the root mean square, then scaled, if there are weights."""
    normal = inputs * lax.rsqrt((inputs * inputs).mean() + epsilon)
    return normal if isinstance(weights, tuple) else normal * weights


def _columns(weights: Any, like: Any) -> list[Any]:
    """a number for each channel, beside its places"""
    return [part.reshape(-1, *[1] * (like.ndim - 1)) for part in weights]


def batch_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved and scaled by the moments seen, then by weights."""
    scale, bias, mean, variance = _columns(weights, inputs)
    return scale * (inputs - mean) * lax.rsqrt(variance + epsilon) + bias


def group_norm(inputs: Any, weights: Any, *, groups: int, epsilon: float = 1e-5) -> Any:
    """Each group of channels moved to mean 0 and scaled to variance 1, then by weights."""
    rows = inputs.reshape(groups, -1)
    centered = rows - rows.mean(axis=1, keepdims=True)
    variance = (centered * centered).mean(axis=1, keepdims=True)
    scale, bias = _columns(weights, inputs)
    return scale * (centered * lax.rsqrt(variance + epsilon)).reshape(inputs.shape) + bias


def instance_norm(inputs: Any, weights: Any, *, epsilon: float = 1e-5) -> Any:
    """Each channel moved to mean 0 and scaled to variance 1, then by weights."""
    return group_norm(inputs, weights, groups=len(inputs), epsilon=epsilon)


def scaled_dot_product_attention(
    inputs: Any, *, causal: bool = False, start: int = 0, scale: float | None = None
) -> Any:
    """The means of the values, weighted by how well the keys match the queries."""
    queries, keys, values, *mask = inputs
    scores = queries @ keys.T * (queries.shape[1] ** -0.5 if scale is None else scale)
    visible = mask[0] if mask else jnp.ones(scores.shape, bool)
    visible = jnp.tril(visible, start) if causal else visible
    seeing = visible.any(axis=1, keepdims=True)
    shares = nn.softmax(scores, axis=1, where=visible | ~seeing)
    return jnp.where(seeing, shares, 0) @ values


def _projected(x: Any, weights: Any) -> Any:
    return affine(x, weights) if isinstance(weights, tuple) else linear(x, weights)


def _sums(inputs: Any, weights: Any, gates: str) -> dict[str, Any]:
    """what each gate gets of the input and of the state"""
    hidden, x = inputs
    sums = _projected(x, weights[0]) + _projected(hidden, weights[1])
    return dict(zip(gates, jnp.split(sums, len(gates)), strict=True))


def _name(function: Any) -> str:
    """of a function, or of one that is told by it"""
    return str(getattr(function, "__name__", function))


def rnn_step(inputs: Any, weights: Any, *, activation: Any = "tanh") -> Any:
    """The hidden state after one more input, twice."""
    sums = _sums(inputs, weights, "h")["h"]
    hidden = nn.relu(sums) if _name(activation) == "relu" else jnp.tanh(sums)
    return hidden, hidden


def lstm_step(inputs: Any, weights: Any, *, gates: str = "iofc") -> Any:
    """The state (hidden, memory) after one more input, and the hidden state."""
    (hidden, memory), x = inputs
    sums = _sums((hidden, x), weights, gates)
    memory = nn.sigmoid(sums["f"]) * memory + nn.sigmoid(sums["i"]) * jnp.tanh(sums["c"])
    hidden = nn.sigmoid(sums["o"]) * jnp.tanh(memory)
    return (hidden, memory), hidden


def gru_step(inputs: Any, weights: Any, *, gates: str = "zrh", reset: str = "before") -> Any:
    """The hidden state after one more input, twice."""
    hidden, x = inputs
    sums, h = _sums(inputs, weights, gates), gates.index("h")
    z, r = nn.sigmoid(sums["z"]), nn.sigmoid(sums["r"])
    of_input, of_state = jax.tree.map(lambda part: jnp.split(part, 3)[h], weights)
    if reset == "after":
        seen = r * _projected(hidden, of_state)
    else:
        seen = _projected(r * hidden, of_state)
    hidden = (1 - z) * jnp.tanh(_projected(x, of_input) + seen) + z * hidden
    return hidden, hidden


def _reduced(terms: Any, reduction: str) -> Any:
    return getattr(terms, reduction)()


def squared_error(outputs: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The sum of the squared differences."""
    return _reduced((outputs - target) ** 2, reduction)


def cross_entropy(logits: Any, target: Any) -> Any:
    """The negative logarithm of what softmax gives to the target."""
    return -nn.log_softmax(logits)[target]


def binary_cross_entropy(logits: Any, target: Any, *, reduction: str = "sum") -> Any:
    """The same of answers that are yes or no."""
    losses = -target * nn.log_sigmoid(logits) - (1 - target) * nn.log_sigmoid(-logits)
    return _reduced(losses, reduction)


def hinge(logits: Any, target: Any, *, margin: float = 1, reduction: str = "sum") -> Any:
    """By how much other classes' logits do not stay below the target's by a margin."""
    excesses = nn.relu(margin - logits[target] + logits)
    return _reduced(excesses.at[target].set(0), reduction)


def kl_divergence(logits: Any, target: Any) -> Any:
    """How far the logits' softmax is from the target."""
    known = jnp.where(target > 0, target, 1)
    return (target * (jnp.log(known) - nn.log_softmax(logits))).sum()


def embedding(inputs: Any, weights: Any) -> Any:
    """The rows of a table."""
    return weights[inputs]


_LOSSES = ["squared_error", "cross_entropy", "binary_cross_entropy", "hinge", "kl_divergence"]
_PARTS = {**dict.fromkeys(_LOSSES, 0), "batch_norm": 0, "embedding": 1}
"""Which of inputs and weights alone have a cotangent: targets, statistics and tokens have none."""


def _vjp(function: Callable[..., Any], part: int | None) -> Callable[..., Any]:
    """from inputs, weights if there are any, and the outputs' cotangent to those of the former"""

    def pulled(*given: Any, **settings: Any) -> Any:
        *values, cotangent = given
        _, back = jax.vjp(lambda *values: function(*values, **settings), *values)
        bars = jax.tree.map(_bar, back(cotangent), tuple(values))
        return bars if part is None and len(bars) > 1 else bars[part or 0]

    return pulled


def _bar(bar: Any, value: Any) -> Any:
    """a cotangent; of what is no float, zeros"""
    return jnp.zeros(value.shape) if bar.dtype == jax.dtypes.float0 else bar


_FUNCTIONS = {
    name: value
    for name, value in vars().items()
    if callable(value) and not name.startswith("_") and not isinstance(value, type)
}
vars().update({f"{name}_vjp": _vjp(f, _PARTS.get(name)) for name, f in _FUNCTIONS.items()})
