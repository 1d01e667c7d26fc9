"""Courses: a training from its settings to its end, kept in a checkpoint from which it goes on."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import Any, Final, NamedTuple

from funcnn.algebra.folds import scanl
from funcnn.algebra.keys import fold_in, split
from funcnn.algebra.trees import Tree, leaves
from funcnn.blocks.models import Model
from funcnn.blocks.shapes import render
from funcnn.calculus.batches import Batch, batches_per_epoch, epochs
from funcnn.calculus.states import State
from funcnn.calculus.training import Diverged, Optimizer
from funcnn.exchange.checkpoints import AGAIN, Checkpoint, load, load_metadata, save
from funcnn.fast.batching import vmap
from funcnn.fast.training import train
from funcnn.terminal.choices import (
    Choice,
    Settings,
    from_text,
    named,
    optimizer_of,
    resumed,
    settings_of,
    to_text,
)
from funcnn.terminal.tasks import Task, task_of

SECONDS: Final = 2.0
"""How long an epoch may last before a checkpoint is kept within it."""


class Course(NamedTuple):
    """What is trained on what, and how."""

    settings: Settings
    task: Task
    choice: Choice
    model: Model
    optimizer: Optimizer
    steps: int
    """How many an epoch has."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """What the network takes, what its hidden layers give, and what it gives."""
        takes, gives = self.task.sizes
        return takes, *self.settings.hidden, gives

    @property
    def metadata(self) -> dict[str, str]:
        """What its checkpoints say of it."""
        return {
            "settings": to_text(self.settings),
            "sizes": ",".join(map(str, self.sizes)),
            "wiring": render(self.model.network),
            "optimizer": f"{self.optimizer}",
            **self.task.facts,
        }

    def figure(self, weights: Tree, examples: Batch) -> float:
        """How good the weights are on some examples."""
        outputs = vmap(self.model.network)([*map(self.choice.reads, examples.inputs)], weights)
        return self.task.merit.figure(outputs, examples.targets)


def course_of(settings: Settings, task: Task) -> Course:
    """The course of settings and a task.

    Errors
        ValueError   the task has no such network
    """
    choice = named(task.networks, settings.network, "network")
    takes, gives = task.sizes
    steps = batches_per_epoch(task.parts.training, settings.batch)
    return Course(
        settings,
        task,
        choice,
        choice.build((takes, *settings.hidden, gives)),
        optimizer_of(settings, steps),
        steps,
    )


def begun(given: Mapping[str, Any]) -> tuple[Course, Checkpoint]:
    """A new course by what is given, and its start.

    Errors
        ValueError   something given is none that there is
        OSError      the table cannot be read
    """
    whole = {"task": "digits", "regress": False, "key": 0, **given}
    task = task_of(whole["task"], whole["key"], whole["regress"])
    course = course_of(settings_of(whole, task.networks, len(task.parts.training.targets)), task)
    start, *_ = split(course.settings.key)
    weights = course.choice.start(start, course.model.weights)
    return course, Checkpoint(State(weights), course.metadata, {"losses": [], "validation": []})


def reopened(path: Path, given: Mapping[str, Any]) -> tuple[Course, Checkpoint]:
    """The course of a checkpoint, and how far it came. Only more epochs may be asked for.

    Errors
        ValueError   the file is no checkpoint, a corrupt one, or one of other examples; or other
                     settings are given than it has
        OSError      it cannot be read, or the table that it learns from
    """
    metadata = load_metadata(path)
    try:
        settings = from_text(metadata.get("settings", ""))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; {AGAIN}") from None
    asked = resumed(settings, given, path)
    try:
        task = task_of(settings.task, settings.key, settings.regress)
    except OSError as error:
        why = f"{error.strerror}; go where that file is, or bring it here"
        raise ValueError(f"{path} learns from {settings.task}: {why}") from None
    if task.facts.get("content") != metadata.get("content"):
        raise ValueError(f"{task.name} has changed since {path} was begun; train anew")
    course = course_of(settings, task)
    checkpoint = load(path, course.model.weights, course.metadata)
    check_progress(course, checkpoint, path)
    course = course_of(asked, task)
    return course, checkpoint._replace(metadata=course.metadata)


def check_progress(course: Course, checkpoint: Checkpoint, path: Path) -> None:
    """Nothing, if a checkpoint's curves are as long as its steps say, and its weights finite.

    Errors
        ValueError   they are not
    """
    (weights, step, *_), _, curves = checkpoint
    counts = {name: len(curve) for name, curve in curves.items()}
    if step > course.settings.epochs * course.steps or counts != {
        "losses": step,
        "validation": step // course.steps,
    }:
        raise ValueError(f"{path}: step {step} has curves of {counts}; {AGAIN}")
    if not all(map(isfinite, leaves(weights))):
        raise ValueError(f"{path}: a weight is not finite; {AGAIN}")


def checkpoints(course: Course, start: Checkpoint) -> Iterator[Checkpoint]:
    """The checkpoints that a course passes through, the start first, which need not be step 0.

    Haskell
        scanl
    """
    settings, training = course.settings, course.task.parts.training
    _, order, _, changes = split(settings.key, 4)
    examples = training._replace(inputs=[*map(course.choice.reads, training.inputs)])
    taken = start.state.step
    batches = epochs(order, examples, settings.batch, settings.epochs, start=taken)
    if augment := course.choice.augment:
        steps = enumerate(batches, taken)
        batches = (augment(fold_in(changes, step), batch) for step, batch in steps)
    states = train(course.model.network, course.task.loss, course.optimizer, start.state, batches)

    def after(before: Checkpoint, state: State) -> Checkpoint:
        losses, checked = [*before.curves["losses"], state.loss], before.curves["validation"]
        if state.step % course.steps == 0:
            checked = [*checked, course.figure(state.weights, course.task.parts.validation)]
        return before._replace(state=state, curves={"losses": losses, "validation": checked})

    return scanl(after, start, islice(states, 1, None))


class End(NamedTuple):
    """How far a course came, the step that its file has, and whether it was stopped on the way."""

    checkpoint: Checkpoint
    kept: int | None
    stopped: bool = False


def followed(
    course: Course,
    start: Checkpoint,
    path: Path | None,
    kept: int | None,
    show: Callable[[Checkpoint], None],
) -> End:
    """The end of a course. Each of its checkpoints is shown, and some are kept, if a file is named.

    One is kept after each epoch, every few seconds within one, and when the course is stopped.

    Errors
        ValueError   the loss or a weight is not finite, or the file cannot be written; the
                     checkpoint that was kept last stands
    """
    latest, time = start, monotonic()
    try:
        for latest in islice(checkpoints(course, start), 1, None):
            show(latest)
            if latest.state.step % course.steps == 0 or monotonic() - time > SECONDS:
                kept, time = keep(path, latest, kept), monotonic()
        return End(latest, keep(path, latest, kept))
    except ArithmeticError as error:
        epoch, batch = divmod(latest.state.step, course.steps)
        place = f"after {latest.state.step} steps, at batch {batch + 1} of epoch {epoch + 1}"
        loss = error.loss if isinstance(error, Diverged) else "too large for a float"
        why = f"the loss is {loss}; give a lower --rate than {course.settings.rate}"
        raise ValueError(f"{place}, {why}; {told(path, kept)}") from None
    except KeyboardInterrupt:
        return End(latest, keep(path, latest, kept), stopped=True)


def keep(path: Path | None, checkpoint: Checkpoint, kept: int | None) -> int | None:
    """Save a checkpoint where another is kept, or nothing is; the step of that which is there now.

    Errors
        ValueError   a weight is not finite, or the file cannot be written to its end
    """
    step = checkpoint.state.step
    if not all(map(isfinite, leaves(checkpoint.state.weights))):
        why = f"after {step} steps a weight is not finite; give a lower --rate"
        raise ValueError(f"{why}; {told(path, kept)}")
    if path is None or step in (0, kept):
        return kept
    try:
        save(path, checkpoint)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; {told(path, kept)}") from None
    return step


def told(path: Path | None, kept: int | None) -> str:
    """What is saved.

    >>> told(None, None), told(Path("run.safetensors"), 400)
    ('nothing is saved', "the checkpoint of step 400 stands in 'run.safetensors'")
    """
    if path is None or kept is None:
        return "nothing is saved"
    return f"the checkpoint of step {kept} stands in {str(path)!r}"
