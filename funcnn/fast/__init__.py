"""The same functions, over packed weights and over a batch.

Measured, and left out because it does not pay: Strassen's and Winograd's product of packed
matrices, up to 1024×1024; and convolution by decimal's number-theoretic transform, for kernels
smaller than 64×64.
"""

from funcnn.fast.exact import absolute_matmul, exact_matmul, FixedRows, Packed, to_lanes
from funcnn.fast.bits import Binarized, binarized, Signs, SignVector, to_sign_vector, to_signs
from funcnn.fast.sparse import Sparse, to_sparse
from funcnn.fast.floats import affine, dense, linear, matmul, relu, sgd
from funcnn.fast.batching import KERNELS, vmap
from funcnn.fast.losses import batched_loss
from funcnn.fast.gradients import BATCH_RULES, batched_vjp, value_and_grad

__all__ = [
    "absolute_matmul",
    "affine",
    "BATCH_RULES",
    "batched_loss",
    "batched_vjp",
    "Binarized",
    "binarized",
    "dense",
    "exact_matmul",
    "FixedRows",
    "KERNELS",
    "linear",
    "matmul",
    "Packed",
    "relu",
    "sgd",
    "Signs",
    "SignVector",
    "Sparse",
    "to_lanes",
    "to_sign_vector",
    "to_signs",
    "to_sparse",
    "value_and_grad",
    "vmap",
]
