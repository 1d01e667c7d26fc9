"""Training reads no digit that is held out, is decided by its key, and saves all or nothing."""

import os
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest

from funcnn import dense, foldl
from funcnn.__main__ import main
from funcnn.exchange import datasets
from funcnn.exchange.datasets import Digits, digits, split_digits
from funcnn.terminal import train
from funcnn.terminal.models import chosen, read_weights
from funcnn.terminal.train import Epoch, Model, epochs, replaced, words

TRAINING, HELD_OUT = split_digits()
MODEL = [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]


class HeldOutRead(AssertionError):
    """Training has looked at a digit that it is to be judged by."""


class Poison(list[float]):
    """In the place of an image or a label: it can be handed on, and not be read."""

    def _read(self, *_: object) -> NoReturn:
        raise HeldOutRead

    __getitem__ = __iter__ = __len__ = __reversed__ = __contains__ = _read
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __index__ = __int__ = _read


def poisoned() -> Digits:
    """All digits, with poison for those held out."""
    images: list[list[float]] = []
    labels: list[Any] = []
    for image, label in zip(*digits(), strict=True):
        held_out = image in HELD_OUT.images
        images.append(Poison() if held_out else image)
        labels.append(Poison() if held_out else label)
    return Digits(images, labels)


POISONED = poisoned()


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "digits", lambda: POISONED)


def trained(path: Path, *options: str) -> list[str]:
    """The lines that a training of two epochs prints; it saves its weights."""
    with redirect_stdout(StringIO()) as printed:
        assert main(["train", "--epochs", "2", "--save", str(path), *options]) == 0
    return printed.getvalue().splitlines()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "weights.hex"
    trained(path)
    return path


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Training that takes no time; the list tells how often it was begun."""
    begun: list[int] = []

    def epochs_at_once(digits: Digits, key: int, count: int) -> Iterator[Epoch]:
        begun.append(count)
        yield from [Epoch(MODEL, 1 / index) for index in range(1, count + 1)]

    monkeypatch.setattr(train, "epochs", epochs_at_once)
    return begun


@pytest.mark.usefixtures("poison")
def test_training_reads_no_digit_that_is_held_out(tmp_path: Path, saved: Path) -> None:
    trained(tmp_path / "weights.hex")
    assert (tmp_path / "weights.hex").read_text() == saved.read_text()


@pytest.mark.usefixtures("poison")
@pytest.mark.parametrize(
    "digits_of",
    [lambda: split_digits().held_out, lambda: POISONED],
    ids=["held out alone", "all digits"],
)
def test_training_on_a_digit_that_is_held_out_would_be_noticed(
    digits_of: Callable[[], Digits],
) -> None:
    with pytest.raises(HeldOutRead):
        next(epochs(digits_of(), 0, 1))


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_glance_at_one_image_or_one_label_would_be_noticed(part: str) -> None:
    place = HELD_OUT_PLACES[0]
    few = datasets.picked(POISONED, [place, *TRAINING_PLACES[:15]])
    clean = datasets.picked(digits(), [place])
    halves = {"images": clean.images, "labels": clean.labels}
    del halves[part]
    [(name, [healed])] = halves.items()
    getattr(few, name)[0] = healed
    with pytest.raises(HeldOutRead):
        next(epochs(few, 0, 1))
