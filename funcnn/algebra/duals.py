"""Duals: a value with its tangent, so that running a function also differentiates it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exp,
    greater,
    greater_instance,
    log,
    maximum,
    maximum_instance,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.scalars import (
    Constant,
    Num,
    add,
    beside,
    divide,
    lift,
    lift_instance,
    multiply,
    subtract,
    total,
    total_instance,
)

TWO_OVER_ROOT_PI: Final = Fraction(
    "1.12837916709551257389615890312154517168810125865799771368817144"
)
"""2/√π, so near that it is lifted as the number itself would be."""


@dataclass(frozen=True)
class Dual[T: Num]:
    """A number v + v̇·ε, where ε² = 0: a value and its tangent.

    A dual of duals has one more ε. Each carries its depth, so that beside a deeper dual a shallower
    one is a constant.

    Maths
        (v + v̇ε)·(w + ẇε) = vw + (vẇ + v̇w)ε       f(v + v̇ε) = f(v) + f′(v)·v̇ε
    Laws
        over Fraction the tangent of f(Dual(x, 1)) == f′(x), exactly, for f of + − × ÷
    Source
        W. Clifford, "Preliminary Sketch of Biquaternions", Proc. London Math. Soc. 4 (1873);
        R. Wengert, "A Simple Automatic Derivative Evaluation Program", CACM 7 (1964)

    >>> Dual(3.0, 1.0) * Dual(3.0, 1.0)
    Dual(value=9.0, tangent=6.0, depth=1)
    """

    value: T
    tangent: T
    depth: int = 1

    def __add__(self, other: Any) -> "Dual[T]":
        x, y = _level(self, other)
        return Dual(add(x.value, y.value), add(x.tangent, y.tangent), x.depth)

    def __sub__(self, other: Any) -> "Dual[T]":
        x, y = _level(self, other)
        return Dual(subtract(x.value, y.value), subtract(x.tangent, y.tangent), x.depth)

    def __mul__(self, other: Any) -> "Dual[T]":
        x, y = _level(self, other)
        tangent = add(multiply(x.value, y.tangent), multiply(x.tangent, y.value))
        return Dual(multiply(x.value, y.value), tangent, x.depth)

    def __truediv__(self, other: Any) -> "Dual[T]":
        x, y = _level(self, other)
        quotient = divide(x.value, y.value)
        tangent = divide(subtract(x.tangent, multiply(quotient, y.tangent)), y.value)
        return Dual(quotient, tangent, x.depth)

    def __abs__(self) -> "Dual[T]":
        return absolute(self)

    def __neg__(self) -> "Dual[T]":
        return Dual(-self.value, -self.tangent, self.depth)

    def __radd__(self, other: Any) -> "Dual[Any]":
        return _constant(self, other) + self

    def __rsub__(self, other: Any) -> "Dual[Any]":
        return _constant(self, other) - self

    def __rmul__(self, other: Any) -> "Dual[Any]":
        return _constant(self, other) * self

    def __rtruediv__(self, other: Any) -> "Dual[Any]":
        return _constant(self, other) / self


def depth(number: object) -> int:
    """How many ε a number has: 0 for one that is no dual.

    >>> depth(1.0), depth(Dual(1.0, 0.0))
    (0, 1)
    """
    return number.depth if isinstance(number, Dual) else 0


def derivative[T: Num](function: Callable[[Any], Any], x: T) -> Any:
    """The derivative of a function of one number.

    The function runs twice. What it returns for x itself shows the depth of every dual it has
    captured, and the second run goes one deeper: no perturbation is confused with another's.

    Maths
        f′(x)
    Laws
        derivative(λx. x · derivative(λy. x + y, 1), 1) == 1

    >>> derivative(lambda x: x * x, Fraction(1, 3))
    Fraction(2, 3)
    >>> derivative(lambda x: derivative(lambda y: y * y * y, x), 2.0)
    12.0
    >>> derivative(lambda x: x * derivative(lambda y: x + y, 1.0), 1.0)
    1.0
    """
    y = function(x)
    deeper = 1 + max(depth(x), depth(y))
    result = function(Dual(x, lift(1, x), deeper))
    return result.tangent if depth(result) == deeper else lift(0, y)


def _level(x: Dual[Any], y: Any) -> tuple[Dual[Any], Dual[Any]]:
    return _constant(y, x), _constant(x, y)


def _constant(like: Any, x: Any) -> Dual[Any]:
    return Dual(x, lift(0, x), like.depth) if depth(x) < depth(like) else x


def _lift(like: Dual[Any], constant: Constant) -> Dual[Any]:
    return Dual(lift(constant, like.value), lift(0, like.value), like.depth)


def _instance(
    function: Callable[[Any], Any], slope: Callable[[Any, Any], Any]
) -> Callable[[Dual[Any]], Dual[Any]]:
    """The instance of a function whose derivative at x, where it is y, is slope(x, y)."""

    def instance(x: Dual[Any]) -> Dual[Any]:
        y = function(x.value)
        return Dual(y, multiply(slope(x.value, y), x.tangent), x.depth)

    return instance


def _maximum(x: Dual[Any], y: Any) -> Dual[Any]:
    """its tangent is that of the larger; of two as large, the first's"""
    one, other = _level(x, y)
    second = greater(other.value, one.value)
    return Dual(maximum(one.value, other.value), _between(one, other, second), one.depth)


def _between(one: Dual[Any], other: Dual[Any], share: Any) -> Any:
    """the tangent of one or of the other, or of both where an interval is not told from another"""
    if share == lift(0, share):
        return one.tangent
    if share == lift(1, share):
        return other.tangent
    return add(multiply(subtract(1, share), one.tangent), multiply(share, other.tangent))


def _greater(x: Dual[Any], y: Any) -> Dual[Any]:
    one, other = _level(x, y)
    return _constant(one, greater(one.value, other.value))


def _total(like: Dual[Any], terms: Sequence[Any]) -> Dual[Any]:
    deepest = max(terms, key=depth)
    duals = [_constant(deepest, term) for term in terms]
    value, tangent = total([dual.value for dual in duals]), total([dual.tangent for dual in duals])
    return Dual(value, tangent, deepest.depth)


def _relu_slope(x: Any, y: Any) -> Any:
    return greater(x, lift(0, x))


def _absolute_slope(x: Any, y: Any) -> Any:
    zero = lift(0, x)
    return subtract(greater(x, zero), greater(zero, x))


def _erf_slope(x: Any, y: Any) -> Any:
    return multiply(exp(-multiply(x, x)), lift(TWO_OVER_ROOT_PI, x))


lift_instance.register(Dual, _lift)
total_instance.register(Dual, _total)
beside.register(Dual, _constant)
relu.register(Dual, _instance(relu, _relu_slope))
maximum_instance.register(Dual, _maximum)
greater_instance.register(Dual, _greater)
absolute.register(Dual, _instance(absolute, _absolute_slope))
exp.register(Dual, _instance(exp, lambda x, y: y))
log.register(Dual, _instance(log, lambda x, y: divide(lift(1, x), x)))
sqrt.register(Dual, _instance(sqrt, lambda x, y: divide(lift(Fraction(1, 2), x), y)))
tanh.register(Dual, _instance(tanh, lambda x, y: subtract(1, multiply(y, y))))
sigmoid.register(Dual, _instance(sigmoid, lambda x, y: multiply(y, subtract(1, y))))
erf.register(Dual, _instance(erf, _erf_slope))
sin.register(Dual, _instance(sin, lambda x, y: cos(x)))
cos.register(Dual, _instance(cos, lambda x, y: -sin(x)))
