"""What a number is, and a list of numbers."""

from funcnn.algebra.folds import foldl, foldl1, foldr, map_accum_l, map_accum_r, scanl, zip_with
from funcnn.algebra.trees import filled, leaves, Tree, tree_map, tree_zip_with
from funcnn.algebra.keys import fold_in, normal, shuffled, split, uniform
from funcnn.algebra.scalars import add, Constant, divide, lift, multiply, Num, subtract, total
from funcnn.algebra.elementary import (
    absolute,
    cos,
    erf,
    exceeds,
    exp,
    greater,
    log,
    maximum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from funcnn.algebra.dyadics import Dyadic, dyadic
from funcnn.algebra.formats import (
    bfloat16,
    binary16,
    binary32,
    binary64,
    float8_e4m3fn,
    float8_e5m2,
    Format,
)
from funcnn.algebra.intervals import around, Interval, interval, Undecided
from funcnn.algebra.enclosures import correctly_rounded, enclosure
import funcnn.algebra.ranges
from funcnn.algebra.grids import Grid, grid, Inexact
from funcnn.algebra.roundings import cast, fma, Rounded
from funcnn.algebra.quantization import int8, int32, IntegerFormat, quantize, Quantized
from funcnn.algebra.surds import enclosed, power, Surd, surd
from funcnn.algebra.duals import derivative, Dual
from funcnn.algebra.traces import cotangents, Traced
from funcnn.algebra.profiles import Profile
from funcnn.algebra.bounds import Bound, bound, NoInformation
from funcnn.algebra.vectors import dot, matmul, Matrix, matvec, outer, shape, transpose, Vector

__all__ = [
    "absolute",
    "add",
    "around",
    "bfloat16",
    "binary16",
    "binary32",
    "binary64",
    "Bound",
    "bound",
    "cast",
    "Constant",
    "correctly_rounded",
    "cos",
    "cotangents",
    "derivative",
    "divide",
    "dot",
    "Dual",
    "Dyadic",
    "dyadic",
    "enclosed",
    "enclosure",
    "erf",
    "exceeds",
    "exp",
    "filled",
    "float8_e4m3fn",
    "float8_e5m2",
    "fma",
    "fold_in",
    "foldl",
    "foldl1",
    "foldr",
    "Format",
    "greater",
    "Grid",
    "grid",
    "Inexact",
    "int32",
    "int8",
    "IntegerFormat",
    "Interval",
    "interval",
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
    "NoInformation",
    "normal",
    "Num",
    "outer",
    "power",
    "Profile",
    "quantize",
    "Quantized",
    "relu",
    "Rounded",
    "scanl",
    "shape",
    "shuffled",
    "sigmoid",
    "sin",
    "split",
    "sqrt",
    "subtract",
    "Surd",
    "surd",
    "tanh",
    "total",
    "Traced",
    "transpose",
    "Tree",
    "tree_map",
    "tree_zip_with",
    "Undecided",
    "uniform",
    "Vector",
    "zip_with",
]
