"""Scalars: what a number is, and the arithmetic in which numbers of two kinds do not mix.

A function of numbers dispatches on their kind; what a kind registers there is its instance, as in
Haskell. Of two numbers, the public function brings them `together`, and `…_instance` does the rest.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch, wraps
from math import copysign, inf, isfinite
from typing import Any, Never, Protocol, Self

from funcnn.algebra.folds import foldl1, length_of

type Constant = int | float | Fraction
"""A number that stands in a formula: 0, ½, ε."""


class Num(Protocol):
    """What every number can do: be added, multiplied, subtracted and negated."""

    def __add__(self, other: Self, /) -> Self: ...
    def __mul__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __neg__(self) -> Self: ...


@dataclass(frozen=True)
class NoInstance:
    """What a function registers for a kind of number that it has no instance for, and why.

    >>> NoInstance("log", "the logarithm of a Surd is no Surd")(2)
    Traceback (most recent call last):
    TypeError: log has no instance for int: the logarithm of a Surd is no Surd
    """

    function: str
    reason: str

    def __call__(self, number: object, *others: object) -> Never:
        kind = type(number).__name__
        raise TypeError(f"{self.function} has no instance for {kind}: {self.reason}")


def refuse(kind: type, functions: Iterable[Any], reason: str) -> None:
    """Declare that a kind of number has no instance of some functions, and why.

    >>> @singledispatch
    ... def half(x):
    ...     return x / 2
    >>> refuse(int, [half], "the half of an int need not be an int; use float")
    >>> half(3)
    Traceback (most recent call last):
    TypeError: half has no instance for int: the half of an int need not be an int; use float
    """
    for function in functions:
        function.register(kind, NoInstance(function.__name__, reason))


def unknown_kind(function: str, number: object, registry: Mapping[Any, Any]) -> TypeError:
    """The error for a function that knows nothing of a kind of number.

    >>> unknown_kind("exp", "1", {object: None, float: float, int: NoInstance("exp", "not an int")})
    TypeError('exp has no instance for str; it has for float')
    """
    known = ", ".join(
        kind.__name__
        for kind, instance in registry.items()
        if kind is not object and not isinstance(instance, NoInstance)
    )
    return TypeError(f"{function} has no instance for {type(number).__name__}; it has for {known}")


def shown(number: object) -> str:
    """A number as an error names it, in full if it is short.

    >>> shown(Fraction(1, 3)), shown(10**5000)
    ('1/3', 'an int of many digits')
    """
    try:
        text = str(number)
    except ValueError:
        text = ""
    kind = type(number).__name__
    article = "an" if kind == "int" else "a"
    return text if 0 < len(text) <= 60 else f"{article} {kind} of many digits"


@singledispatch
def lift_instance(like: Any, constant: Constant) -> Any:
    """`lift`, dispatched on the number to be like. New numbers register here.

    >>> lift_instance(1.5, 2)
    2.0
    """
    raise unknown_kind("lift", like, lift_instance.registry)


def lift[T](constant: Constant, like: T) -> T:
    """A formula's constant as a number of the kind of `like`.

    Errors
        TypeError    the kind cannot hold the constant (½ as an int), or has no instance

    >>> lift(2, 1.5), lift(Fraction(1, 2), Fraction(3))
    (2.0, Fraction(1, 2))
    >>> lift(0.5, 3)
    Traceback (most recent call last):
    TypeError: 0.5 is no int; use float or Fraction numbers
    """
    if not isinstance(constant, (int, float, Fraction)):
        raise TypeError(f"a {type(constant).__name__} is no constant; use int, float or Fraction")
    number: T = lift_instance(like, constant)
    return number


def _int(like: int, constant: Constant) -> int:
    if constant % 1 != 0:
        raise TypeError(f"{shown(constant)} is no int; use float or Fraction numbers")
    return int(constant)


def _fraction(like: Fraction, constant: Constant) -> Fraction:
    if isinstance(constant, float) and not isfinite(constant):
        raise TypeError(f"{constant} is no Fraction; use float numbers")
    return Fraction(constant)


def _float(like: float, constant: Constant) -> float:
    try:
        return float(constant)
    except OverflowError:
        raise TypeError("a constant too large for a float; use Fraction numbers") from None


lift_instance.register(int, _int)
lift_instance.register(float, _float)
lift_instance.register(Fraction, _fraction)


@singledispatch
def beside(like: Any, number: Any) -> Any:
    """A number of another kind as one that may stand beside `like`, or else itself.

    New numbers register here.

    >>> beside(1.5, Fraction(1, 3))
    Fraction(1, 3)
    """
    return number


def together[T](x: T, y: T) -> tuple[T, T]:
    """Two numbers as one kind: an int is lifted to the other's.

    Errors
        TypeError    the numbers would mix: Python turns `1.0 * Fraction(1, 3)` into a float

    >>> together(2, 0.5)
    (2.0, 0.5)
    >>> together(0.5, Fraction(1, 3))
    Traceback (most recent call last):
    TypeError: float beside Fraction: numbers do not mix, convert one of them
    """
    if isinstance(x, type(y)) or isinstance(y, type(x)):
        return x, y
    if isinstance(x, int):
        return lift(x, y), y
    if isinstance(y, int):
        return x, lift(y, x)
    one, other = beside(y, x), beside(x, y)
    if type(one) is type(other):
        return one, other
    kinds = f"{type(x).__name__} beside {type(y).__name__}"
    raise TypeError(f"{kinds}: numbers do not mix, convert one of them")


def lifting[X, R](operation: Callable[[X, X], R]) -> Callable[[X, Any], R]:
    """The operator of a class of numbers, from what it does with two of them: an int is lifted.

    >>> class Length(float):
    ...     __add__ = lifting(lambda x, y: Length(float(x) + float(y)))
    >>> Length(0.5) + Length(0.25), Length(0.5).__add__(2), Length(0.5).__add__("2")
    (0.75, 2.5, NotImplemented)
    """

    @wraps(operation)
    def lifted(x: X, y: Any) -> R:
        if type(y) is type(x):
            return operation(x, y)
        return operation(x, lift(y, x)) if isinstance(y, int) else NotImplemented

    return lifted


def ordered[X](
    order: Callable[[X, X], Any],
) -> tuple[
    Callable[[X, Any], bool],
    Callable[[X, Any], bool],
    Callable[[X, Any], bool],
    Callable[[X, Any], bool],
]:
    """The operators < <= > >= of a class of numbers, from the sign of their order.

    >>> class Length(float):
    ...     __lt__, __le__, __gt__, __ge__ = ordered(lambda x, y: float(x) - float(y))
    >>> Length(1.0) < Length(2.0), Length(1.0) >= 1, Length(1.0) > 1
    (True, True, False)
    """

    def decided(holds: Callable[[Any, Any], bool]) -> Callable[[X, Any], bool]:
        @lifting
        def compared(x: X, y: X) -> bool:
            return holds(order(x, y), 0)

        return compared

    return decided(operator.lt), decided(operator.le), decided(operator.gt), decided(operator.ge)


class Reflected:
    """A number that takes an int on its left: 1 + x is lift(1, x) + x."""

    __slots__ = ()

    def __radd__(self: Any, other: Any) -> Any:
        return lift(other, self) + self if isinstance(other, int) else NotImplemented

    def __rsub__(self: Any, other: Any) -> Any:
        return lift(other, self) - self if isinstance(other, int) else NotImplemented

    def __rmul__(self: Any, other: Any) -> Any:
        return lift(other, self) * self if isinstance(other, int) else NotImplemented

    def __rtruediv__(self: Any, other: Any) -> Any:
        return lift(other, self) / self if isinstance(other, int) else NotImplemented


def add[T: Num](x: T, y: T) -> T:
    """The sum of two numbers of one kind.

    >>> add(Fraction(1, 3), 1)
    Fraction(4, 3)
    """
    one, other = together(x, y)
    return one + other


def subtract[T: Num](x: T, y: T) -> T:
    """The difference of two numbers of one kind.

    >>> subtract(1, 0.25)
    0.75
    """
    one, other = together(x, y)
    return one - other


def multiply[T: Num](x: T, y: T) -> T:
    """The product of two numbers of one kind.

    >>> multiply(2, Fraction(1, 3))
    Fraction(2, 3)
    """
    one, other = together(x, y)
    return one * other


def divide[T: Num](x: T, y: T) -> T:
    """The quotient of two numbers of one kind.

    Maths
        x/y                                        in float: x/0 = ±∞, 0/0 = NaN (IEEE 754)
    Errors
        TypeError            two ints, whose quotient need not be one
        ZeroDivisionError    by zero, but for floats

    >>> divide(Fraction(1), 3)
    Fraction(1, 3)
    >>> divide(1, 3)
    Traceback (most recent call last):
    TypeError: the quotient of two ints need not be an int: use Fraction or float
    """
    one: Any
    other: Any
    one, other = together(x, y)
    if isinstance(one, int):
        raise TypeError("the quotient of two ints need not be an int: use Fraction or float")
    by_zero = other == 0 and isinstance(one, float)
    result: T = one * copysign(inf, other) if by_zero else one / other
    return result


def alike[T](
    vectors: Sequence[Sequence[T]], place: Callable[[int], str] = "vector {}".format
) -> Sequence[Sequence[T]]:
    """The vectors with their ints lifted, so that all numbers in them are of one kind.

    Errors
        TypeError    numbers mix, or an entry is no number; `place` names its vector

    >>> alike([[1, 0.5], [2]])
    [[1.0, 0.5], [2.0]]
    >>> alike([[0.5], [1, Fraction(1, 3)]])
    Traceback (most recent call last):
    TypeError: vector 1, entry 1: float beside Fraction: numbers do not mix, convert one of them
    """
    kinds = {type(number) for vector in vectors for number in vector}
    if len(kinds) == 1 and kinds <= lift_instance.registry.keys():
        return vectors
    zero: Any = 0
    for index, vector in enumerate(vectors):
        for entry, number in enumerate(vector):
            try:
                before, zero = together(zero, lift(0, number))
                add(before, zero)
            except TypeError as error:
                raise TypeError(f"{place(index)}, entry {entry}: {error}") from None
    return [[together(zero, number)[1] for number in vector] for vector in vectors]


@singledispatch
def total_instance(like: Any, terms: Sequence[Any]) -> Any:
    """`total` of terms of one kind, dispatched on one like them: the left fold.

    Kinds of number for which a sum is more than its steps register here.

    >>> total_instance(0.0, [0.1] * 3)
    0.30000000000000004
    """
    return foldl1(operator.add, terms)


def total[T: Num](terms: Sequence[T]) -> T:
    """The sum of one or more numbers.

    Haskell
        foldl1 (+)   (Haskell's sum starts from 0, so that nothing has a sum; here it has none)
    Order
        From the left, one rounding an addition. Never the builtin sum, which since Python 3.12
        compensates floats and so is not a fold.
    Errors
        ValueError   there is no term
        TypeError    the terms mix numbers

    >>> total([0.1] * 10), sum([0.1] * 10)
    (0.9999999999999999, 1.0)
    >>> total([])
    Traceback (most recent call last):
    ValueError: a sum needs at least one term
    """
    if not length_of(terms, "terms"):
        raise ValueError("a sum needs at least one term")
    (terms,) = alike([terms], lambda _: "terms")
    result: T = total_instance(terms[0], terms)
    return result
