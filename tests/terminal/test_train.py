"""Training reads no digit that is held out, is decided by its key, and saves all or nothing."""

import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest

from funcnn import State
from funcnn.__main__ import main
from funcnn.exchange import datasets
from funcnn.exchange.datasets import Digits, digits, split_digits
from funcnn.terminal import train
from funcnn.terminal.models import read_weights
from funcnn.terminal.reports import replaced
from funcnn.terminal.train import epochs

MODEL = [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]]


class HeldOutRead(AssertionError):
    """Training has looked at a digit that it is to be judged by."""


class Poison(list[float]):
    """It stands for an image or a label, and can be handed on, but not read."""

    def _read(self, *_: object) -> NoReturn:
        raise HeldOutRead

    __getitem__ = __iter__ = __len__ = __reversed__ = __contains__ = _read
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __index__ = __int__ = _read


POISON: Any = Poison()
FEW = datasets.picked(digits(), range(600))


def trained(source: Digits, path: Path, *options: str) -> str:
    """The words that two epochs on a source of digits, split as the command does it, save."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
        patch.setattr(datasets, "digits", lambda: source)
        assert main(["train", "--epochs", "2", "--save", str(path), *options]) == 0
    return path.read_text()


def poisoned(source: Digits) -> Digits:
    """A source of digits with poison in the place of those held out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets, "digits", lambda: source)
        held_out = split_digits().held_out.images
    pairs = zip(*source, strict=True)
    safe = [(POISON, POISON) if pair[0] in held_out else pair for pair in pairs]
    return Digits([image for image, _ in safe], [label for _, label in safe])


POISONED = poisoned(FEW)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    return trained(FEW, tmp_path_factory.mktemp("trained") / "weights.hex")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For each training that is begun, which takes no time, its number of epochs."""
    counts: list[int] = []

    def epochs_at_once(digits: Digits, key: int, count: int) -> Iterator[State]:
        counts.append(count)
        yield from [State(MODEL, 1 / index) for index in range(1, count + 1)]

    monkeypatch.setattr(train, "epochs", epochs_at_once)
    return counts


def test_training_reads_no_digit_that_is_held_out(tmp_path: Path, saved: str) -> None:
    assert len([image for image in POISONED.images if image is POISON]) == 360
    assert trained(POISONED, tmp_path / "weights.hex") == saved


@pytest.mark.parametrize(
    "poisoned_digits",
    [POISONED, Digits([POISON], [0]), Digits([[0.5] * 64], [POISON])],
    ids=["among all", "an image", "a label"],
)
def test_reading_a_digit_that_is_held_out_would_be_noticed(poisoned_digits: Digits) -> None:
    with pytest.raises((HeldOutRead, TypeError)):
        next(epochs(poisoned_digits, 0, 1))


def test_another_key_gives_other_words(tmp_path: Path, saved: str) -> None:
    others = trained(FEW, tmp_path / "weights.hex", "--key", "1")
    assert others != saved and len(others) == len(saved)


def test_the_saved_weights_can_be_run(tmp_path: Path, saved: str) -> None:
    weights, rows = tmp_path / "weights.hex", tmp_path / "rows.csv"
    weights.write_text(saved)
    rows.write_text("\n".join(",".join(map(str, image)) for image in FEW.images[:9]))
    with redirect_stdout(StringIO()) as printed:
        assert main(["run", str(weights), str(rows)]) == 0
    assert len(printed.getvalue().splitlines()) == 9


def test_the_loss_falls_from_epoch_to_epoch() -> None:
    first, second = epochs(datasets.picked(FEW, range(160)), 0, 2)
    assert first.loss > second.loss > 0 and first.weights != second.weights


def test_the_first_the_last_and_every_fifth_epoch_are_told(
    begun: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--epochs", "11"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = [(int(line[5:9]), float(line[-6:])) for line in lines if line.startswith("epoch")]
    assert told == [(1, 1.0), (5, 0.2), (10, 0.1), (11, 0.0909)]
    assert lines[-1].endswith("other than those that come with funcnn")


def test_weights_like_those_that_come_with_funcnn_are_called_the_same(
    begun: list[int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "digit_weights", lambda: MODEL)
    assert main(["train"]) == 0
    assert "the same as those that come with funcnn" in capsys.readouterr().out
    assert begun == [train.EPOCHS]


def test_everything_fits_60_columns(
    begun: list[int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["train", "--epochs", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5 and max(map(len, lines)) <= 60


@pytest.mark.parametrize("name", ["[bold].hex", "new.hex", "old.hex", "link.hex"])
def test_weights_are_saved_to_the_file_that_is_named_and_nothing_beside_it(
    tmp_path: Path, begun: list[int], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "old.hex").write_text("old")
    (tmp_path / "link.hex").symlink_to(tmp_path / "old.hex")
    path = tmp_path / name
    assert main(["train", "--save", str(path)]) == 0
    assert read_weights(path) == MODEL
    assert f"written to '{path}'\n" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"old.hex", "link.hex", name}
    assert (tmp_path / "link.hex").is_symlink()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".", "not a file; name one that can be written"),
        ("missing/weights.hex", "No such file or directory; name a file that can be written"),
        ("file/weights.hex", "Not a directory; name a file that can be written"),
        ("x" * 300, "File name too long; name a file that can be written"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_cannot_be_written_is_refused_before_the_training(
    tmp_path: Path, begun: list[int], capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / name
    assert main(["train", "--save", str(path)]) == 2
    assert capsys.readouterr() == ("", f"funcnn: --save {path}: {why}\n")
    assert begun == [] and [file.name for file in tmp_path.iterdir()] == ["file"]


def test_what_is_no_file_is_not_replaced_by_one(
    tmp_path: Path, begun: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main(["train", "--save", str(pipe)]) == 2
    why = f"--save {pipe}: not a file; name one that can be written"
    assert capsys.readouterr() == ("", f"funcnn: {why}\n")
    assert begun == [] and pipe.is_fifo()


@pytest.mark.parametrize("old", [{}, {"weights.hex": "old"}], ids=["new", "old"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_all_as_it_was(
    tmp_path: Path, old: dict[str, str], stop: type[BaseException]
) -> None:
    for name, content in old.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(stop), replaced(tmp_path / "weights.hex", "--save") as beside:
        beside.write_text("half a ")
        raise stop
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == old


def test_until_all_is_written_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "weights.hex"
    path.write_text("old")
    with replaced(path, "--save") as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize(
    ("count", "why"),
    [
        ("0", "--epochs 0: at least one is needed"),
        ("-3", "--epochs -3: at least one is needed"),
        ("x", "argument --epochs: invalid int value: 'x'; see funcnn train --help"),
        ("1.5", "argument --epochs: invalid int value: '1.5'; see funcnn train --help"),
    ],
)
def test_a_number_of_epochs_that_is_none_is_refused(
    begun: list[int], capsys: pytest.CaptureFixture[str], count: str, why: str
) -> None:
    assert main(["train", "--epochs", count]) == 2
    assert capsys.readouterr() == ("", f"funcnn: {why}\n") and begun == []
