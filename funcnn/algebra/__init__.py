"""What a number is, and a list of numbers."""

from funcnn.algebra.folds import foldl, foldl1, foldr, map_accum_l, map_accum_r, scanl, zip_with
from funcnn.algebra.trees import leaves, Tree, tree_map, tree_zip_with
from funcnn.algebra.keys import normal, shuffled, split, uniform
from funcnn.algebra.scalars import add, Constant, divide, lift, multiply, Num, subtract, total
from funcnn.algebra.elementary import (
    absolute,
    erf,
    exp,
    log,
    maximum,
    relu,
    sigmoid,
    sqrt,
    tanh,
)
from funcnn.algebra.duals import depth, derivative, Dual
from funcnn.algebra.vectors import dot, matmul, Matrix, matvec, outer, shape, transpose, Vector

__all__ = [
    "absolute",
    "add",
    "Constant",
    "depth",
    "derivative",
    "divide",
    "dot",
    "Dual",
    "erf",
    "exp",
    "foldl",
    "foldl1",
    "foldr",
    "leaves",
    "lift",
    "log",
    "map_accum_l",
    "map_accum_r",
    "matmul",
    "Matrix",
    "matvec",
    "maximum",
    "multiply",
    "normal",
    "Num",
    "outer",
    "relu",
    "scanl",
    "shape",
    "shuffled",
    "sigmoid",
    "split",
    "sqrt",
    "subtract",
    "tanh",
    "total",
    "transpose",
    "Tree",
    "tree_map",
    "tree_zip_with",
    "uniform",
    "Vector",
    "zip_with",
]
