"""How a network learns."""

from funcnn.calculus.losses import (
    binary_cross_entropy,
    cross_entropy,
    hinge,
    kl_divergence,
    sequence_loss,
    squared_error,
)
from funcnn.calculus.tracing import Pullback, Rule, traced
from funcnn.calculus.rules import RULES
from funcnn.calculus.pullbacks import grad, mean_loss, value_and_grad, vjp
from funcnn.calculus.derivatives import hessian, hvp, jacobian, jvp
from funcnn.calculus.states import State
from funcnn.calculus.schedules import (
    CosineDecay,
    ExponentialDecay,
    LinearDecay,
    Piecewise,
    Schedule,
    WarmUp,
)
from funcnn.calculus.optimizers import Adam, adam, Momentum, momentum, Sgd, sgd
from funcnn.calculus.krylov import conjugate_gradients
from funcnn.calculus.definite_systems import positive_definite_solve
from funcnn.calculus.regression import least_squares, pseudo_inverse, ridge
from funcnn.calculus.second_order import newton_krylov, NewtonKrylov
from funcnn.calculus.evolution import evolution_strategies, EvolutionStrategies
from funcnn.calculus.mutations import change_map, point_mutation, PointMutation
from funcnn.calculus.ngrams import (
    best_smoothing,
    ngram_counts,
    ngram_cross_entropy,
    ngram_likelihood,
    ngram_probability,
    Ngrams,
)
from funcnn.calculus.sampling import rereading_step, sampled, sampled_sequence
from funcnn.calculus.batches import Batch, epoch, epochs
from funcnn.calculus.quasi_newton import Lbfgs, lbfgs
from funcnn.calculus.training import (
    Diverged,
    early_stopped,
    Objective,
    objective,
    Optimizer,
    train,
    training_step,
)

__all__ = [
    "Adam",
    "adam",
    "Batch",
    "best_smoothing",
    "binary_cross_entropy",
    "change_map",
    "conjugate_gradients",
    "CosineDecay",
    "cross_entropy",
    "Diverged",
    "early_stopped",
    "epoch",
    "epochs",
    "evolution_strategies",
    "EvolutionStrategies",
    "ExponentialDecay",
    "grad",
    "hessian",
    "hinge",
    "hvp",
    "jacobian",
    "jvp",
    "kl_divergence",
    "Lbfgs",
    "lbfgs",
    "least_squares",
    "LinearDecay",
    "mean_loss",
    "Momentum",
    "momentum",
    "newton_krylov",
    "NewtonKrylov",
    "ngram_counts",
    "ngram_cross_entropy",
    "ngram_likelihood",
    "ngram_probability",
    "Ngrams",
    "Objective",
    "objective",
    "Optimizer",
    "Piecewise",
    "point_mutation",
    "PointMutation",
    "positive_definite_solve",
    "pseudo_inverse",
    "Pullback",
    "rereading_step",
    "ridge",
    "Rule",
    "RULES",
    "sampled",
    "sampled_sequence",
    "Schedule",
    "sequence_loss",
    "Sgd",
    "sgd",
    "squared_error",
    "State",
    "traced",
    "train",
    "training_step",
    "value_and_grad",
    "vjp",
    "WarmUp",
]
