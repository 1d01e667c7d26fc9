"""Duals: products of matrices of duals of floats, a value and a tangent by math.sumprod each."""

from math import sumprod
from typing import Any

from funcnn.algebra.duals import Dual
from funcnn.algebra.vectors import Matrix
from funcnn.fast.rows import kind_of


def products(xs: Matrix[Any], rows: Matrix[Any]) -> list[list[Dual[float]]] | None:
    """The products of each of some vectors with each of some rows, if they are of floats and duals
    of floats, and of one length.

    Maths
        v·w + (v·ẇ + v̇·w)ε                        v·ẇ + v̇·w = (v, v̇)·(ẇ, w), one sum

    >>> products([[3.0, 1.0]], [[Dual(2.0, 1.0), Dual(0.0, 10.0)]])
    [[Dual(value=6.0, tangent=13.0, depth=1)]]
    """
    parts = _parts(xs), _parts(rows)
    if parts[0] is None or parts[1] is None or len(xs[0]) != len(rows[0]):
        return None
    left = [(value, [*value, *tangent]) for value, tangent in zip(*parts[0], strict=True)]
    right = [(value, [*tangent, *value]) for value, tangent in zip(*parts[1], strict=True)]
    return [[Dual(sumprod(v, w), sumprod(x, y)) for w, y in right] for v, x in left]


def _parts(rows: Matrix[Any]) -> tuple[Matrix[float], Matrix[float]] | None:
    """the values and the tangents of a matrix, if they are floats; a float has the tangent 0"""
    kind = kind_of(rows)
    if kind is float:
        return rows, [[0.0] * len(row) for row in rows]
    if kind is not Dual or {x.depth for row in rows for x in row} != {1}:
        return None
    values = [[x.value for x in row] for row in rows]
    tangents = [[x.tangent for x in row] for row in rows]
    return (values, tangents) if kind_of(values, tangents) is float else None
