"""Positions: where in a sequence a row stands, told by what is added to it or by how it turns."""

from fractions import Fraction
from itertools import chain
from math import inf
from typing import Any, Literal

from funcnn.algebra.elementary import cos, exp, log, sin
from funcnn.algebra.folds import int_of, parts_of, zip_with, zipped
from funcnn.algebra.scalars import Constant, Num, add, alike, lift, multiply, subtract
from funcnn.algebra.vectors import Matrix, Vector, rectangle

type Pairing = Literal["neighbors", "halves"]
"""Which two numbers turn together: 2i and 2i + 1, or i and i + d/2."""


def position_angles[T: Num](
    count: int, width: int, like: T, *, base: Constant = 10000, start: int = 0
) -> list[list[T]]:
    """The angles of positions: each is a hand of a clock, and every hand slower than the last.

    Maths
        θ[p,i] = p·base^(−2i/d)                    base^x = exp(x·ln base), p from start on
    Shapes
        count n, width d, like a number  →  n×⌈d/2⌉
    Settings
        base    the hands turn once in 2π positions up to nearly base·2π
        start   the position of the first row
    Order
        −2i/d, times ln base, the exponential, times p: all in numbers like the given one, so that
        other ways to raise to a power lie within the bounds.
    Units
        radians
    Errors
        ValueError   the count is below 0, the width below 1, or the base not above 0 and finite
        TypeError    of numbers that have no exponential, or the base is not a number, or another
                     argument is not an int
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, 3.5

    >>> position_angles(3, 4, 0.0, base=100)
    [[0.0, 0.0], [1.0, 0.09999999999999998], [2.0, 0.19999999999999996]]
    """
    exponents = [Fraction(-2 * i, width) for i in range((int_of(width, "width", 1) + 1) // 2)]
    logarithm = log(lift(positive(base, "base"), like))
    frequencies = [exp(multiply(lift(exponent, like), logarithm)) for exponent in exponents]
    places = range(int_of(start, "start"), start + int_of(count, "count", 0))
    return [[multiply(lift(p, like), frequency) for frequency in frequencies] for p in places]


def positive(value: Constant, name: str) -> Constant:
    """The value of a setting that is a number above 0, and finite.

    Errors
        ValueError   it is not above 0, or not finite
        TypeError    it is not an int, a float or a Fraction, or is a bool

    >>> positive(10000, "base")
    10000
    >>> positive(-1, "scale")
    Traceback (most recent call last):
    ValueError: scale is -1: give more than 0, less than infinity
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise TypeError(f"{name} is a {type(value).__name__}, not a number")
    if not 0 < value < inf:
        raise ValueError(f"{name} is {value}: give more than 0, less than infinity")
    return value


def sinusoids(
    count: int, width: int, like: Any = 0.0, *, base: Constant = 10000, start: int = 0
) -> list[list[Any]]:
    """The sines and cosines of the angles of positions, in turn: a row for each position.

    They are numbers like the given one.

    Maths
        y[p,2i] = sin θ[p,i],  y[p,2i+1] = cos θ[p,i]               θ of `position_angles`
    Shapes
        count n, width d  →  n×d                   of an odd width, the last cosine is left out
    Settings
        those of `position_angles`
    Errors
        those of `position_angles`
    Laws
        each row p + k is the row p, its pairs turned by angles that k alone says
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, 3.5

    >>> sinusoids(2, 3)
    [[0.0, 1.0, 0.0], [0.8414709848078965, 0.5403023058681398, 0.002154...]]
    """
    angles = position_angles(count, width, like, base=base, start=start)
    return [[wave(angle) for angle in row for wave in (sin, cos)][:width] for row in angles]


def sinusoidal_positions[T: Num](
    inputs: Matrix[T], weights: Any = (), *, base: Constant = 10000, start: int = 0
) -> list[list[T]]:
    """The rows of a sequence, each with the sines and cosines of its position added.

    Maths
        y[p] = x[p] + sinusoid[start + p]
    Shapes
        inputs n×d, weights ()  →  n×d
    Settings
        base    the wavelengths rise from 2π towards base·2π
        start   the position of the first row
    Errors
        ValueError   the sequence is ragged
        and those of `position_angles`
    Source
        A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, 3.5

    >>> sinusoidal_positions([[10.0, 10.0], [20.0, 20.0]])
    [[10.0, 11.0], [20.841470984807895, 20.54030230586814]]
    """
    rows = alike(rectangle(inputs, "row {}".format, "inputs"), "row {}".format)
    if not rows:
        return []
    shape = len(rows), len(rows[0])
    positions = sinusoids(*shape, rows[0][0], base=base, start=start)
    return [zip_with(add, row, position) for row, position in zipped(rows, positions)]


def learned_positions[T: Num](
    inputs: Matrix[T], weights: Matrix[T], *, start: int = 0
) -> list[list[T]]:
    """The rows of a sequence, each with the row of a table that its position names added.

    Maths
        y[p] = x[p] + w[start + p]
    Shapes
        inputs n×d, weights m×d  →  n×d            start + n ≤ m
    Settings
        start   the position of the first row
    Errors
        ValueError   the table ends before the sequence, or the rows of sequence and table differ in
                     width, or start is below 0
        TypeError    numbers mix, or start is not an int
    Source
        J. Gehring et al., "Convolutional Sequence to Sequence Learning", ICML 2017

    >>> learned_positions([[1, 2], [3, 4]], [[10, 10], [20, 20], [30, 30]], start=1)
    [[21, 22], [33, 34]]
    >>> learned_positions([[1, 2], [3, 4]], [[10, 10]])
    Traceback (most recent call last):
    ValueError: the sequence goes on to position 1, the table has 1 position
    """
    rows = rectangle(inputs, "row {}".format, "inputs")
    table = rectangle(weights, "row {} of weights".format, "weights")
    end = int_of(start, "start", 0) + len(rows)
    if rows and end > len(table):
        known = f"{len(table)} position{'s' * (len(table) != 1)}"
        raise ValueError(f"the sequence goes on to position {end - 1}, the table has {known}")
    names = ("a row", "its position")
    return [zip_with(add, row, table[start + p], names) for p, row in enumerate(rows)]


def rotate[T: Num](
    inputs: tuple[Matrix[T], Matrix[T], Matrix[T]],
    weights: Any = (),
    *,
    pairing: Pairing = "halves",
) -> list[list[T]]:
    """The rows with pairs of numbers turned, by angles whose cosines and sines are inputs too.

    If there are fewer angles than pairs, the numbers at the end of a row stay as they are.

    Maths
        (a, b) ↦ (c·a − s·b, s·a + c·b)            a + ib ↦ (c + is)·(a + ib)
        neighbors: a = x[2i], b = x[2i+1]          halves: a = x[i], b = x[i + h]
    Shapes
        inputs (n×d, n×h, n×h), weights ()  →  n×d                   2h ≤ d
    Settings
        pairing   "halves" or "neighbors": which two numbers turn together; ONNX's interleaved = 0
                  (its default) or 1
    Order
        Two products, then their sum or difference.
    Errors
        ValueError   the three differ in rows, the cosines and sines in length, or have more than
                     half the numbers of a row; or the pairing is neither of the two
        TypeError    the inputs are not three, or numbers mix
    Laws
        turning back, by (c, −s), undoes it where c² + s² = 1        over Fraction
    Source
        ONNX's RotaryEmbedding, whose rotary_embedding_dim is 2h

    >>> rows = [[1.0, 2.0, 3.0, 4.0, 5.0]]
    >>> rotate((rows, [[0.0, 1.0]], [[1.0, 0.0]]), pairing="neighbors")
    [[-2.0, 1.0, 3.0, 4.0, 5.0]]
    >>> rotate((rows, [[0, 1]], [[1, 0]]), pairing="halves")
    [[-3.0, 2.0, 1.0, 4.0, 5.0]]
    >>> rotate(([[1.0, 2.0]], [[0.0, 1.0]], [[1.0, 0.0]]))
    Traceback (most recent call last):
    ValueError: 2 angles turn 4 numbers, a row has 2
    """
    rows, cosines, sines = _rows_and_angles(inputs)
    outputs = list[list[T]]()
    for row, cosine, sine in zip(rows, cosines, sines, strict=True):
        firsts, seconds = pairs_of(row, len(cosine), pairing)
        turned = [
            (subtract(multiply(c, a), multiply(s, b)), add(multiply(s, a), multiply(c, b)))
            for a, b, c, s in zip(firsts, seconds, cosine, sine, strict=True)
        ]
        in_order = turned if pairing == "neighbors" else zip(*turned, strict=True)
        outputs.append([*chain.from_iterable(in_order), *row[2 * len(cosine) :]])
    return outputs


def pairs_of[T](row: Vector[T], count: int, pairing: Pairing) -> tuple[Vector[T], Vector[T]]:
    """Of a row's pairs of numbers, so many of them, the first numbers and the second ones.

    Errors
        ValueError   the pairing is neither "neighbors" nor "halves"

    >>> pairs_of("abcde", 2, "neighbors"), pairs_of("abcde", 2, "halves")
    (('ac', 'bd'), ('ab', 'cd'))
    """
    if pairing == "neighbors":
        return row[: 2 * count : 2], row[1 : 2 * count : 2]
    if pairing == "halves":
        return row[:count], row[count : 2 * count]
    raise ValueError(f"pairing is {pairing!r}: give 'neighbors' or 'halves'")


def _rows_and_angles(inputs: Any) -> Any:
    """the inputs of `rotate`, once they are known to go together"""
    parts = parts_of(inputs, "inputs (rows, cosines, sines)", 3)
    names = ("row {}", "cosines {}", "sines {}")
    rows, cosines, sines = (rectangle(part, n.format) for part, n in zipped(parts, names))
    if not len(rows) == len(cosines) == len(sines):
        counts = f"{len(rows)}, {len(cosines)} and {len(sines)}"
        raise ValueError(f"rows, cosines and sines differ in length: {counts}")
    if rows and len(cosines[0]) != len(sines[0]):
        raise ValueError(f"{len(cosines[0])} cosines beside {len(sines[0])} sines")
    if rows and 2 * len(cosines[0]) > len(rows[0]):
        turned, width = f"{len(cosines[0])} angles turn {2 * len(cosines[0])}", len(rows[0])
        raise ValueError(f"{turned} numbers, a row has {width}")
    return rows, cosines, sines


def rotary[T: Num](
    inputs: Matrix[T],
    weights: Any = (),
    *,
    base: Constant = 10000,
    pairing: Pairing = "halves",
    start: int = 0,
    width: int | None = None,
) -> list[list[T]]:
    """The rows of a sequence, pairs of their numbers turned by the angles of their positions.

    Of a query and a key so turned, the product says how far they are apart, and nothing else of
    where they stand.

    Haskell
        rotary x = zipWith (zipWith (*)) (map (map (mkPolar 1)) angles) x   (of pairs as complex)
    Maths
        rotate(x, cos θ, sin θ)                    θ[p,i] = (start + p)·base^(−2i/d)
    Shapes
        inputs n×d, weights ()  →  n×d             d even
    Settings
        base      the pairs turn once in 2π positions up to nearly base·2π
        pairing   "halves" or "neighbors": which two numbers turn together
        start     the position of the first row
        width     how many numbers of each row turn, the others at its end stay; by default all
    Order
        `position_angles`', its cosine and sine, then `rotate`'s: all in the numbers of the inputs.
        Where others take the angles in a wider format than the rows, give `rotate` their tables.
    Errors
        ValueError   the width is odd or above a row's, or the sequence is ragged, or the pairing
                     is neither of the two
        TypeError    of numbers that have no exponential
        and those of `position_angles`
    Laws
        Σⱼ x[p,j]² stays                           but for rounding
        rotary(q, start=i)·rotary(k, start=j) depends on i − j alone, but for rounding
    Source
        J. Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding",
        arXiv:2104.09864 (2021), and GPT-J: neighbors; GPT-NeoX and Llama in Hugging Face's
        transformers: halves

    >>> rotary([[1.0, 0.0], [1.0, 0.0]])
    [[1.0, 0.0], [0.5403023058681398, 0.8414709848078965]]
    >>> rotary([[1.0, 0.0, 0.0]])
    Traceback (most recent call last):
    ValueError: 3 numbers are to turn in pairs: give an even width
    """
    rows = alike(rectangle(inputs, "row {}".format, "inputs"), "row {}".format)
    if not rows:
        return []
    turning = len(rows[0]) if width is None else int_of(width, "width", 2)
    if turning % 2:
        raise ValueError(f"{turning} numbers are to turn in pairs: give an even width")
    if turning > len(rows[0]):
        raise ValueError(f"{turning} numbers are to turn, a row has {len(rows[0])}")
    angles = position_angles(len(rows), turning, rows[0][0], base=base, start=start)
    cosines, sines = ([[wave(angle) for angle in row] for row in angles] for wave in (cos, sin))
    return rotate((rows, cosines, sines), pairing=pairing)
