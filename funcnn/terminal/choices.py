"""Choices: the networks and the optimizers of funcnn train by name, and the settings of a run."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from math import inf
from typing import Any, Final, NamedTuple

from funcnn.algebra.elementary import relu
from funcnn.algebra.trees import Tree, tree_map
from funcnn.blocks.combinators import layer
from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.forms import form
from funcnn.blocks.initializers import initial_weights
from funcnn.blocks.layouts import flatten, reshape
from funcnn.blocks.models import Model, activation, in_series, perceptron, project_to
from funcnn.blocks.pooling import max_pool2d
from funcnn.blocks.sequence_models import microgpt, recurrent_network
from funcnn.calculus.batches import Batch
from funcnn.calculus.evolution import EvolutionStrategies
from funcnn.calculus.optimizers import Adam, Momentum, Sgd
from funcnn.calculus.quasi_newton import Lbfgs
from funcnn.calculus.schedules import ExponentialDecay, Schedule
from funcnn.calculus.second_order import NewtonKrylov
from funcnn.calculus.training import Optimizer
from funcnn.terminal.augmentations import half_shifted


class Recipe(NamedTuple):
    """How a network is trained where nothing else is asked for.

    The rate is multiplied by the decay after each epoch.
    """

    optimizer: str
    rate: float
    decay: float
    batch: int
    epochs: int


class Choice(NamedTuple):
    """A network by name."""

    build: Callable[[Sequence[int]], Model]
    """From its sizes: what it takes, what its hidden layers give, and what it gives."""
    recipe: Recipe
    hidden: tuple[int, ...] | None = None
    """What its hidden layers give, where that can be chosen."""
    start: Callable[[int, Tree], Tree] = initial_weights
    """From a key and the forms of its weights to those that it starts from."""
    reads: Callable[[Any], Any] = list
    """What it takes for an input: recurrence takes a state too."""
    augment: Callable[[int, Batch], Batch] | None = None
    """How a batch is changed before its step, by a key."""


def with_biases(sizes: Sequence[int]) -> Model:
    """Affine layers with relu between them; of two sizes softmax regression, up to the softmax.

    >>> from funcnn.blocks.shapes import render
    >>> render(with_biases((64, 32, 10)).network), render(with_biases((64, 10)).network)
    ('affine >>> relu >>> affine', 'affine')
    """
    first, *others = [project_to(gives, takes) for takes, gives in pairwise(sizes)]
    after = [model for other in others for model in (activation(relu), other)]
    return in_series(first, *after, inputs=form(sizes[0]))


def convolutional(sizes: Sequence[int]) -> Model:
    """Two convolutions of 3×3 over a square image, the first pooled by 2×2, and an affine layer.

    >>> from funcnn.blocks.shapes import parameters, render
    >>> parameters(convolutional((64, 10)).weights)
    3666
    """
    pixels, classes = sizes[0], sizes[-1]
    side = round(pixels**0.5)
    return in_series(
        Model(layer(reshape, shape=(1, side, side))),
        Model(layer(conv2d, padding=1), form(8, 1, 3, 3)),
        Model(layer(max_pool2d, size=2)),
        activation(relu),
        Model(layer(conv2d), form(32, 8, 3, 3)),
        activation(relu),
        Model(layer(flatten)),
        project_to(classes, 32 * (side // 2 - 2) ** 2),
        inputs=form(pixels),
    )


def with_open_outputs(key: int, forms: Tree) -> Tree:
    """Weights to start from whose last matrix is positive.

    An output that relu keeps at zero for every example learns nothing.

    >>> _, [row] = with_open_outputs(0, [form(2, 3), form(1, 2)])
    >>> min(row) >= 0
    True
    """
    *hidden, output = initial_weights(key, forms)
    return [*hidden, tree_map(abs, output)]


def with_small_weights(key: int, forms: Tree) -> Tree:
    """Weights to start from such that logits are small, and no token is thought likelier.

    >>> with_small_weights(0, form(2, fill="ones"))
    [0.3, 0.3]
    """
    return tree_map(lambda weight: 0.3 * weight, initial_weights(key, forms))


ONE_HIDDEN: Final = Recipe("momentum", 0.2, 0.9, 32, 20)
"""Chosen by the validation digits, for networks of one hidden layer or none."""

DIGITS: Final = {
    "dense": Choice(perceptron, ONE_HIDDEN, (32,), start=with_open_outputs),
    "softmax": Choice(with_biases, ONE_HIDDEN),
    "perceptron": Choice(with_biases, ONE_HIDDEN, (32,)),
    "convolutional": Choice(
        convolutional, Recipe("adam", 0.01, 0.85, 32, 20), augment=half_shifted
    ),
}
"""The networks of digits."""

NAMES: Final = {
    "gpt": Choice(
        lambda sizes: microgpt(sizes[0]),
        Recipe("adam", 0.02, 0.75, 32, 10),
        start=with_small_weights,
    ),
    "recurrent": Choice(
        lambda sizes: recurrent_network(sizes[0]),
        Recipe("adam", 0.02, 0.75, 32, 10),
        reads=lambda tokens: ([0.0] * 24, tokens),
    ),
}
"""The networks of names."""

TABLES: Final = {
    "perceptron": Choice(with_biases, Recipe("momentum", 0.03, 0.97, 16, 60), (32,)),
    "softmax": Choice(with_biases, Recipe("momentum", 0.03, 0.97, 16, 60)),
}
"""The networks of a table."""


def evolution(rate: Schedule, key: int) -> Optimizer:
    """Evolution strategies, the draws decided by the key."""
    return EvolutionStrategies(rate, 0.05, 20, key)


OPTIMIZERS: Final[Mapping[str, Callable[[Schedule, int], Optimizer]]] = {
    "sgd": lambda rate, key: Sgd(rate),
    "momentum": lambda rate, key: Momentum(rate),
    "adam": lambda rate, key: Adam(rate),
    "lbfgs": lambda rate, key: Lbfgs(rate),
    "newton-krylov": lambda rate, key: NewtonKrylov(rate, 20, 0.1),
    "evolution": evolution,
}
"""From a rate and a key to the optimizer. The rate of newton-krylov is its damping."""

RATES: Final = {
    "sgd": 0.1,
    "momentum": 0.03,
    "adam": 0.005,
    "lbfgs": 0.5,
    "newton-krylov": 0.01,
    "evolution": 0.05,
}

WIDEST: Final = 100_000
"""Of a hidden layer, how many numbers it gives."""

WHOLE: Final = ("lbfgs", "newton-krylov")
"""The optimizers that want the gradient of one function: of all examples."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides a training, but for its examples; that of a table names the file."""

    task: str
    regress: bool
    network: str
    hidden: tuple[int, ...]
    optimizer: str
    rate: float
    decay: float
    batch: int
    epochs: int
    key: int


def settings_of(
    given: Mapping[str, Any], networks: Mapping[str, Choice], examples: int
) -> Settings:
    """The settings that are given, and the recipe's for the others.

    Errors
        ValueError   one is none that there is, or the network has none such

    >>> given = {"task": "digits", "regress": False, "key": 0, "network": "softmax", "epochs": 3}
    >>> settings_of(given, DIGITS, 1300)
    Settings(task='digits', regress=False, network='softmax', hidden=(), optimizer='momentum', ...)
    >>> settings_of(given | {"hidden": (32,)}, DIGITS, 1300)
    Traceback (most recent call last):
    ValueError: --hidden: a softmax network has no hidden layers to choose; leave it out
    """
    network = given.get("network", next(iter(networks)))
    choice = named(networks, network, "network")
    recipe = choice.recipe
    optimizer = given.get("optimizer", recipe.optimizer)
    named(OPTIMIZERS, optimizer, "optimizer")
    if optimizer != recipe.optimizer:
        recipe = recipe._replace(optimizer=optimizer, rate=RATES[optimizer])
    if optimizer in WHOLE:
        recipe = recipe._replace(decay=1.0, batch=examples)
    if choice.hidden is None and given.get("hidden"):
        why = "has no hidden layers to choose; leave it out"
        raise ValueError(f"--hidden: a {network} network {why}")
    own = {"network": network, "hidden": choice.hidden or (), **recipe._asdict()}
    return checked(Settings(**{**own, **given}))


def named[T](choices: Mapping[str, T], name: str, kind: str) -> T:
    """What a name stands for.

    Errors
        ValueError   nothing has that name

    >>> named(OPTIMIZERS, "adagrad", "optimizer")
    Traceback (most recent call last):
    ValueError: --optimizer 'adagrad': there are sgd, momentum, adam, lbfgs, newton-krylov, ...
    """
    if name not in choices:
        raise ValueError(f"--{kind} {name!r:.40}: there are {', '.join(choices)}")
    return choices[name]


def checked(settings: Settings) -> Settings:
    """The settings, once their numbers are known to be such as can be trained by.

    Errors
        ValueError   one is not
    """
    for name in ("epochs", "batch"):
        if getattr(settings, name) < 1:
            raise ValueError(f"--{name} {getattr(settings, name)}: at least one is needed")
    if not 0 < settings.rate < inf:
        raise ValueError(f"--rate {settings.rate}: give a finite number above 0")
    if not 0 < settings.decay <= 1:
        raise ValueError(f"--decay {settings.decay}: give a number above 0, and no more than 1")
    if any(size < 1 for size in settings.hidden):
        raise ValueError(f"--hidden {min(settings.hidden)}: a layer gives at least one number")
    if any(size > WIDEST for size in settings.hidden):
        raise ValueError(f"--hidden {max(settings.hidden)}: a layer gives at most {WIDEST:,}")
    return settings


def optimizer_of(settings: Settings, steps: int) -> Optimizer:
    """The optimizer of a run of so many steps an epoch.

    >>> given = {"task": "digits", "regress": False, "key": 0, "optimizer": "sgd"}
    >>> optimizer_of(settings_of(given, DIGITS, 1300), 82)
    Sgd(rate=ExponentialDecay(start=0.1, factor=0.9, every=82))
    """
    rate, decay = settings.rate, settings.decay
    schedule = rate if decay == 1 else ExponentialDecay(rate, decay, steps)
    return OPTIMIZERS[settings.optimizer](schedule, settings.key)


def to_text(settings: Settings) -> str:
    """The settings as a checkpoint keeps them."""
    return json.dumps(asdict(settings))


def from_text(text: str) -> Settings:
    """The settings that a text spells.

    Errors
        ValueError   it spells none

    >>> given = {"task": "digits", "regress": False, "key": 0, "hidden": (8, 4)}
    >>> settings = settings_of(given, DIGITS, 1300)
    >>> from_text(to_text(settings)) == settings
    True
    >>> from_text('{"task": "digits"}')
    Traceback (most recent call last):
    ValueError: its settings do not say what 'regress' is
    """
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    hidden = told.get("hidden")
    if isinstance(hidden, list) and {*map(type, hidden)} <= {int}:
        told["hidden"] = tuple(hidden)
    for field in fields(Settings):
        if type(told.get(field.name)) is not (tuple if field.name == "hidden" else field.type):
            raise ValueError(f"its settings do not say what {field.name!r} is")
    return checked(Settings(**{field.name: told[field.name] for field in fields(Settings)}))


def resumed(kept: Settings, given: Mapping[str, Any], path: object) -> Settings:
    """The settings of a run that goes on: the file's; of those given, only more epochs differ.

    Errors
        ValueError   another setting is given than the file has

    >>> kept = settings_of({"task": "digits", "regress": False, "key": 0}, DIGITS, 1300)
    >>> resumed(kept, {"epochs": 60}, "run.safetensors").epochs
    60
    >>> resumed(kept, {"rate": 0.5}, "run.safetensors")
    Traceback (most recent call last):
    ValueError: --rate 0.5: run.safetensors was begun with 0.2; leave it out, or train anew
    """
    for name, value in given.items():
        began = getattr(kept, name)
        if value != began and not (name == "epochs" and value > began):
            option = name if name == "task" else f"--{name}"
            why = f"{path} was begun with {spelled(began)}; leave it out, or train anew"
            raise ValueError(f"{option} {spelled(value)}: {why}")
    return replace(kept, epochs=given.get("epochs", kept.epochs))


def spelled(value: Any) -> str:
    """A setting as the command line has it.

    >>> spelled((32, 16)), spelled(0.5)
    ('32,16', '0.5')
    """
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
