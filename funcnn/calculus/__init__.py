"""How a network learns."""

from funcnn.calculus.losses import cross_entropy, squared_error
from funcnn.calculus.tracing import Pullback, Rule, traced
from funcnn.calculus.rules import RULES
from funcnn.calculus.pullbacks import grad, value_and_grad, vjp
from funcnn.calculus.optimizers import sgd
from funcnn.calculus.training import Batch, epoch, State, train

__all__ = [
    "Batch",
    "cross_entropy",
    "epoch",
    "grad",
    "Pullback",
    "Rule",
    "RULES",
    "sgd",
    "squared_error",
    "State",
    "traced",
    "train",
    "value_and_grad",
    "vjp",
]
