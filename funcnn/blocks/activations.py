"""Activations: functions of one number, for `elementwise`; and softmax, a layer of no weights.

So are `relu`, `sigmoid` and `tanh`, which stand among the elementary functions.
"""

from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.elementary import (
    absolute,
    erf,
    exp,
    greater,
    log,
    maximum,
    relu,
    sigmoid,
    sqrt,
    tanh,
)
from funcnn.algebra.folds import bool_of, foldl1, length_of
from funcnn.algebra.scalars import (
    Constant,
    Num,
    add,
    alike,
    divide,
    lift,
    multiply,
    subtract,
    total,
)
from funcnn.algebra.vectors import Vector

ROOT_TWO_OVER_PI: Final = Fraction(
    "0.797884560802865355879892119868763736951717262329869315331851659"
)
"""√(2/π), so near that it is lifted as the number itself would be."""


def leaky_relu[T: Num](x: T, *, slope: Constant = 0.01) -> T:
    """The number where it is positive, else a small multiple of it.

    Maths
        max(0, x) − slope·max(−x, 0)               at 0 the derivative is the slope
    Settings
        slope   the multiple; 0.01 in PyTorch and ONNX (there alpha) as well, 0.3 in Keras
    Source
        A. Maas, A. Hannun, A. Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic
        Models", ICML 2013 Workshop on Deep Learning for Audio, Speech and Language Processing

    >>> leaky_relu(3.0), leaky_relu(-2.0, slope=0.25)
    (3.0, -0.5)
    >>> leaky_relu(Fraction(-2), slope=Fraction(1, 3))
    Fraction(-2, 3)
    """
    below = maximum(-x, lift(0, x))
    return subtract(relu(x), multiply(lift(slope, x), below))


def silu[T: Num](x: T) -> T:
    """The number, as far as its sigmoid lets it through. PyTorch's SiLU, ONNX's Swish of alpha 1.

    Maths
        x·σ(x)                                     in float: NaN at −∞
    Source
        S. Elfwing, E. Uchibe, K. Doya, "Sigmoid-Weighted Linear Units for Neural Network Function
        Approximation in Reinforcement Learning", Neural Networks 107 (2018)

    >>> silu(0.0), silu(100.0)
    (0.0, 100.0)
    """
    gate: T = sigmoid(x)
    return multiply(x, gate)


def gelu[T: Num](x: T, *, approximate: str = "none") -> T:
    """The number times the share of the normal distribution below it. PyTorch's GELU, ONNX's Gelu.

    Maths
        x·Φ(x) = x·½·(1 + erf(x/√2))               in float: NaN at −∞
        x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³)))   where approximate is "tanh"
    Settings
        approximate   "none" or "tanh", as in PyTorch and ONNX
    Errors
        ValueError   approximate is neither "none" nor "tanh"
    Source
        D. Hendrycks, K. Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415 (2016)

    >>> gelu(0.0), gelu(100.0), gelu(-100.0, approximate="tanh")
    (0.0, 100.0, -0.0)
    >>> gelu(0.0, approximate="sigmoid")
    Traceback (most recent call last):
    ValueError: approximate is 'sigmoid', neither 'none' nor 'tanh'
    """
    match approximate:
        case "none":
            balance: T = erf(divide(x, sqrt(lift(2, x))))
        case "tanh":
            cube = multiply(multiply(x, x), x)
            bent = add(x, multiply(lift(Fraction("0.044715"), x), cube))
            balance = tanh(multiply(lift(ROOT_TWO_OVER_PI, x), bent))
        case _:
            raise ValueError(f"approximate is {approximate!r}, neither 'none' nor 'tanh'")
    return multiply(x, multiply(lift(Fraction(1, 2), x), add(lift(1, x), balance)))


def hardshrink[T: Num](x: T, *, threshold: Constant = Fraction(1, 2), inclusive: bool = False) -> T:
    """The number where it is larger than a threshold, of either sign, else zero.

    PyTorch's Hardshrink, there lambd; ONNX's Shrink of bias 0.

    Maths
        x·[|x| > λ]                                or x·[|x| ≥ λ], which is the derivative's too
    Settings
        threshold   λ; 0.5 in PyTorch and ONNX (there lambd) as well
        inclusive   whether the threshold itself is kept: in PyTorch and ONNX it is not, but where
                    underflow is flushed to zero, the smallest normal number is (`down_and_up`)
    Errors
        TypeError    inclusive is no bool
    Source
        D. Donoho, I. Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage", Biometrika 81
        (1994)

    >>> hardshrink(0.75), hardshrink(-0.25), hardshrink(0.5), hardshrink(0.5, inclusive=True)
    (0.75, -0.0, 0.0, 0.5)
    >>> hardshrink(Fraction(-2, 3), threshold=Fraction(1, 3))
    Fraction(-2, 3)
    """
    size, limit = absolute(x), lift(threshold, x)
    if bool_of(inclusive, "inclusive"):
        return multiply(subtract(lift(1, x), greater(limit, size)), x)
    return multiply(greater(size, limit), x)


def down_and_up[T: Num](x: T, *, scale: Constant = 2**125) -> T:
    """The number divided by a scale and multiplied by it: itself, where nothing underflows.

    Between linear layers it makes a network that is linear over exact numbers, and nearly so where
    underflow is gradual. Where it is flushed to zero, the network is no more linear, and learns
    what linear ones cannot; duals do not see it, as they differentiate the formula.

    Maths
        x/s·s
    Settings
        scale   s; of 2¹²⁵, binary32's smallest normal number, 2⁻¹²⁶, is reached from ½
    Order
        One rounding of the quotient, one of the product.
    Errors
        ValueError   the scale is 0
    Laws
        down_and_up(x) == x                                          over Fraction
        down_and_up(x) == hardshrink(x, inclusive=True), over binary32 with its results flushed to
            zero, whether before or after rounding they are tiny
    Source
        J. Foerster, "Nonlinear Computation in Deep Linear Networks", OpenAI (2017), where numbers
        stay small from the first layer to the last

    >>> from dataclasses import replace
    >>> from funcnn.algebra.formats import binary32
    >>> from funcnn.algebra.roundings import cast
    >>> flushing = replace(binary32, flush_results=True)
    >>> [down_and_up(cast(x, flushing)).value for x in (0.75, 0.5, 0.25)]
    [0.75, 0.5, 0.0]
    >>> down_and_up(0.25), down_and_up(Fraction(1, 3))
    (0.25, Fraction(1, 3))
    """
    if scale == 0:
        raise ValueError("scale is 0: give another number")
    factor = lift(scale, x)
    return multiply(divide(x, factor), factor)


def softmax[T: Num](inputs: Vector[T], weights: Any = ()) -> list[T]:
    """The inputs as shares of one, in proportion to their exponentials.

    Haskell
        softmax x = map (/ sum e) e where e = map (exp . subtract (maximum x)) x
    Maths
        exp(xᵢ − m)/Σⱼ exp(xⱼ − m)                 m = maxⱼ xⱼ, which cancels; NaN if all are −∞
    Shapes
        inputs n, weights ()  →  n                 n ≥ 1
    Errors
        ValueError   there is no input
        TypeError    numbers mix, or an entry is not a number
    Laws
        softmax(x) sums to 1, and softmax(x + c) is softmax(x), but for rounding
    Source
        J. Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs, with
        Relationships to Statistical Pattern Recognition", Neurocomputing, NATO ASI F68 (1990)

    >>> softmax([0.0, 0.0, 1000.0])
    [0.0, 0.0, 1.0]
    """
    exponentials = [exp(x) for x in _shifted(inputs)]
    whole = total(exponentials)
    return [divide(exponential, whole) for exponential in exponentials]


def log_softmax[T: Num](inputs: Vector[T], weights: Any = ()) -> list[T]:
    """The logarithms of the softmax.

    Maths
        xᵢ − m − ln Σⱼ exp(xⱼ − m)                 m = maxⱼ xⱼ
    Shapes
        inputs n, weights ()  →  n                 n ≥ 1
    Errors
        ValueError   there is no input
        TypeError    numbers mix, or an entry is not a number
    Laws
        exp of each is softmax's, but for rounding
    Source
        PyTorch's and ONNX's LogSoftmax

    >>> log_softmax([0.0, 1000.0])
    [-1000.0, 0.0]
    """
    shifted = _shifted(inputs)
    log_whole = log(total([exp(x) for x in shifted]))
    return [subtract(x, log_whole) for x in shifted]


def _shifted[T: Num](inputs: Vector[T]) -> list[T]:
    """xᵢ − m: the largest is 0, so that no exponential overflows"""
    if not length_of(inputs, "inputs"):
        raise ValueError("inputs is empty")
    (numbers,) = alike([inputs], lambda _: "inputs")
    largest = foldl1(maximum, numbers)
    return [subtract(x, largest) for x in numbers]
