"""The same functions over a batch."""

from funcnn.fast.floats import affine, dense, linear, matmul, relu, sgd
from funcnn.fast.batching import KERNELS, MAPS, vmap
from funcnn.fast.gradients import batched_vjp, RULES, value_and_grad

__all__ = [
    "affine",
    "batched_vjp",
    "dense",
    "KERNELS",
    "linear",
    "MAPS",
    "matmul",
    "relu",
    "RULES",
    "sgd",
    "value_and_grad",
    "vmap",
]
