"""Linear layers: every output a weighted sum of all inputs. And the sketch's `dense`."""

from collections.abc import Callable
from typing import Any, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.folds import length_of, pair_of, zip_with
from funcnn.algebra.scalars import Num, alike, multiply, total
from funcnn.algebra.vectors import Matrix, Vector, matvec, transpose


def linear[T: Num](inputs: Vector[T], weights: Matrix[T]) -> list[T]:
    """The weighted sums of the inputs, one for each row of weights.

    Haskell
        linear x w = map sum $ map (zipWith (*) x) w
    Maths
        yᵢ = Σⱼ wᵢⱼ·xⱼ                             y = W·x
    Shapes
        inputs n, weights m×n  →  m                n ≥ 1
    Order
        One rounding a product, then one an addition, from the left.
    Errors
        ValueError   a row is longer or shorter than the inputs, or empty
        TypeError    numbers mix, or an entry is not a number, or a row is not a list
    Laws
        linear(a·x + y, W) == a·linear(x, W) + linear(y, W)          over Fraction
    Source
        F. Rosenblatt, "The Perceptron: A Probabilistic Model for Information Storage and
        Organization in the Brain", Psychological Review 65 (1958)

    >>> linear([1.0, 2.0], [[0.5, 0.25], [1.0, -1.0]])
    [1.0, -1.0]
    >>> linear([1.0, 2.0], [[0.5]])
    Traceback (most recent call last):
    ValueError: row 0 has length 1, the vector has length 2
    """
    return matvec(weights, inputs)


class AffineWeights[T](NamedTuple):
    """The weights of `affine`: a matrix m×n and a bias m."""

    matrix: Matrix[T]
    bias: Vector[T]


type Projection[T] = Matrix[T] | AffineWeights[T]
"""The weights of `project`: a matrix, with a bias or without."""


def affine[T: Num](inputs: Vector[T], weights: AffineWeights[T]) -> list[T]:
    """The weighted sums of the inputs, each with a bias added.

    Haskell
        affine x (w, b) = zipWith (+) (linear x w) b
    Maths
        yᵢ = Σⱼ wᵢⱼ·xⱼ + bᵢ                        y = W·x + b
    Shapes
        inputs n, weights (m×n, m)  →  m           n ≥ 1
    Order
        The bias is added last.
    Errors
        ValueError   a row is longer or shorter than the inputs, or empty; or the bias has not a
                     number for each row
        TypeError    numbers mix, or an entry is not a number, or a row is not a list, or the
                     weights are not a pair
    Laws
        affine(x, (W, 0)) == linear(x, W)
    Source
        PyTorch's Linear, ONNX's Gemm

    >>> affine([1.0, 2.0], AffineWeights([[0.5, 0.25], [1.0, -1.0]], [10.0, 0.0]))
    [11.0, -1.0]
    """
    matrix, bias = pair_of(weights, "weights (matrix, bias)")
    return biased(linear(inputs, matrix), bias)


def project[T: Num](inputs: Vector[T], weights: Projection[T]) -> list[T]:
    """The weighted sums of the inputs: `affine` if the weights are AffineWeights, else `linear`.

    So a block says nothing of whether its projections have a bias: their weights do.

    Maths
        W·x + b, or W·x
    Shapes
        inputs n, weights (m×n, m) or m×n  →  m    n ≥ 1
    Errors
        those of `affine` and of `linear`

    >>> project([1.0, 2.0], [[0.5, 0.25]])
    [1.0]
    >>> project([1.0, 2.0], AffineWeights([[0.5, 0.25]], [10.0]))
    [11.0]
    """
    if isinstance(weights, AffineWeights):
        return affine(inputs, weights)
    return linear(inputs, weights)


def named[R](name: str, function: Callable[..., R], *values: Any, **settings: Any) -> R:
    """What a function gives, its errors beginning with a name: that of its weights among several.

    Errors
        the function's

    >>> named("gate", project, [1.0], [[2.0]])
    [2.0]
    >>> named("gate", project, [1.0], [[2.0, 3.0]])
    Traceback (most recent call last):
    ValueError: gate: row 0 has length 2, the vector has length 1
    """
    try:
        return function(*values, **settings)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}: {error}") from error


def biased[T: Num](sums: Vector[T], bias: Vector[T]) -> list[T]:
    """The sums, each with its bias.

    Errors
        ValueError   there are more or fewer sums than biases
        TypeError    numbers mix, or an entry is not a number

    >>> biased([1.0, 2.0], [10, 20])
    [11.0, 22.0]
    """
    names = ("rows of weights", "bias")
    length_of(bias, "bias")
    sums, bias = alike([sums, bias], names.__getitem__)
    return totals(sums, bias, names)


def totals[T: Num](xs: Vector[T], ys: Vector[T], names: tuple[str, str] = ("xs", "ys")) -> list[T]:
    """The sums of the pairs of two vectors' numbers, each the same sum that its terms are.

    Order
        None: where the numbers are sums, all their terms may be added in any order.
    Errors
        ValueError   the lengths differ; `names` says whose

    >>> totals([1.0, 2.0], [10.0, 20.0])
    [11.0, 22.0]
    """
    return zip_with(lambda x, y: total([x, y]), xs, ys, names)


def weighted_sum[T: Num](rows: Matrix[T], shares: Vector[T]) -> list[T]:
    """The sum of the rows of a matrix, each times its share.

    Haskell
        weightedSum rows p = map (dot p) (transpose rows)
    Maths
        y = Σⱼ pⱼ·rowⱼ
    Shapes
        rows m×e, shares m  →  e                   m ≥ 1
    Errors
        those of `transpose` and `matvec`

    >>> weighted_sum([[1.0, 2.0], [3.0, 4.0]], [0.5, 0.25])
    [1.25, 2.0]
    """
    return matvec(transpose(rows), shares)


def layer_scale[T: Num](inputs: Vector[T], weights: Vector[T]) -> list[T]:
    """The inputs, each times a weight of its own: a linear layer whose matrix is diagonal.

    Haskell
        layerScale = zipWith (*)
    Maths
        yᵢ = wᵢ·xᵢ                                 y = diag(w)·x
    Shapes
        inputs n, weights n  →  n
    Errors
        ValueError   there are more or fewer inputs than weights
        TypeError    numbers mix, or an entry is not a number, or one of the two is not a list
    Laws
        layer_scale(x, w) == linear(x, diag(w))                      over Fraction, n ≥ 1
    Source
        H. Touvron et al., "Going Deeper with Image Transformers", ICCV 2021, equation 3

    >>> layer_scale([1.0, 2.0], [0.5, -1.0])
    [0.5, -2.0]
    >>> layer_scale([1.0, 2.0], [0.5])
    Traceback (most recent call last):
    ValueError: inputs and weights differ in length: 2 and 1
    """
    names = ("inputs", "weights")
    length_of(inputs, "inputs")
    length_of(weights, "weights")
    inputs, weights = alike([inputs, weights], names.__getitem__)
    return zip_with(multiply, inputs, weights, names)


def dense[T: Num](inputs: Vector[T], weights: Matrix[T]) -> list[T]:
    """The weighted sums of the inputs, each kept where it is positive: the sketch, no bias.

    Haskell
        layer x w = map relu $ map sum $ map (zipWith (*) x) w
        network   = foldl layer
    Maths
        yᵢ = max(0, Σⱼ wᵢⱼ·xⱼ)                     y = relu(W·x)
    Shapes
        inputs n, weights m×n  →  m                n ≥ 1
    Order
        One rounding a product, then one an addition, from the left; relu rounds nothing.
    Errors
        ValueError   a row is longer or shorter than the inputs (Haskell would truncate), or empty
        TypeError    numbers mix, or an entry is not a number, or a row is not a list
    Laws
        dense(k·x, W) == k·dense(x, W) for k ≥ 0                     over Fraction
    Source
        V. Nair, G. Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines",
        ICML 2010

    >>> dense([1.0, 2.0], [[0.5, 0.25], [1.0, -1.0]])
    [1.0, 0.0]
    >>> from fractions import Fraction
    >>> dense([Fraction(1, 3)], [[Fraction(3)], [Fraction(-3)]])
    [Fraction(1, 1), Fraction(0, 1)]

    Folded over a list of weights, it is a network:

    >>> from funcnn.algebra.folds import foldl
    >>> foldl(dense, [1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
    [2.0]
    """
    return [relu(weighted_sum) for weighted_sum in linear(inputs, weights)]
