"""The same functions, over packed weights and over a batch.

Measured, and left out because it does not pay: Strassen's and Winograd's product of packed
matrices, up to 1024×1024; and convolution by decimal's number-theoretic transform, for kernels
smaller than 64×64.
"""

from funcnn.fast.exact import absolute_matmul, exact_matmul, FixedRows, Packed, to_lanes
from funcnn.fast.bits import Binarized, binarized, Signs, SignVector, to_sign_vector, to_signs
from funcnn.fast.sparse import Sparse, to_sparse
from funcnn.fast.floats import affine, dense, linear, matmul, relu
from funcnn.fast.batching import KERNELS, vmap
from funcnn.fast.pullbacks import BATCH_RULES, batched_vjp
from funcnn.fast.losses import batched_loss
from funcnn.fast.gradients import grad, mean_loss, value_and_grad
from funcnn.fast.derivatives import hessian, hvp, jacobian, jvp
from funcnn.fast.optimizers import adam, momentum, sgd
from funcnn.fast.training import objective, train

__all__ = [
    "absolute_matmul",
    "adam",
    "affine",
    "BATCH_RULES",
    "batched_loss",
    "batched_vjp",
    "Binarized",
    "binarized",
    "dense",
    "exact_matmul",
    "FixedRows",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "KERNELS",
    "linear",
    "matmul",
    "mean_loss",
    "momentum",
    "objective",
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
    "train",
    "value_and_grad",
    "vmap",
]
