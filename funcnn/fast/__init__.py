"""The same functions over a batch."""

from funcnn.fast.floats import affine, dense, linear, matmul, relu, sgd
from funcnn.fast.batching import KERNELS, vmap
from funcnn.fast.losses import batched_loss
from funcnn.fast.gradients import BATCH_RULES, batched_vjp, value_and_grad

__all__ = [
    "affine",
    "BATCH_RULES",
    "batched_loss",
    "batched_vjp",
    "dense",
    "KERNELS",
    "linear",
    "matmul",
    "relu",
    "sgd",
    "value_and_grad",
    "vmap",
]
