"""Training reads nothing that is held out, is decided by its key, and tells how it went."""

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest

from funcnn.__main__ import main
from funcnn.exchange import datasets
from funcnn.exchange.datasets import Digits, digits, split_digits
from funcnn.exchange.safetensors import decode
from funcnn.terminal import courses, tasks, train
from funcnn.terminal.choices import DIGITS, OPTIMIZERS
from funcnn.terminal.models import read_weights
from trainings import table, words

TRAIN = "funcnn.terminal.courses.train"

type Captured = pytest.CaptureFixture[str]


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


def test_no_digit_that_is_held_out_is_read_until_all_is_saved(tmp_path: Path, saved: str) -> None:
    path = tmp_path / "weights.hex"
    assert len([image for image in POISONED.images if image is POISON]) == 360
    with pytest.raises(HeldOutRead):
        trained(POISONED, path)
    assert path.read_text() == saved and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("part", ["training", "validation"])
def test_reading_a_digit_that_is_held_out_would_be_noticed(part: str, tmp_path: Path) -> None:
    course, start = courses.begun({"epochs": 1, "batch": 1000})
    poisoned = getattr(course.task.parts, part)._replace(inputs=[POISON] * 137)
    parts = course.task.parts._replace(**{part: poisoned._replace(targets=[0] * 137)})
    other = course._replace(task=course.task._replace(parts=parts), steps=1)
    with pytest.raises(HeldOutRead):
        courses.followed(other, start, None, None, lambda checkpoint: None)


def test_another_key_gives_other_words(tmp_path: Path, saved: str) -> None:
    others = trained(FEW, tmp_path / "weights.hex", "--key", "1")
    assert others != saved and len(others) == len(saved)


def test_the_saved_words_can_be_run(tmp_path: Path, saved: str, capsys: Captured) -> None:
    weights, rows = tmp_path / "weights.hex", tmp_path / "rows.csv"
    weights.write_text(saved)
    rows.write_text("\n".join(",".join(map(str, image)) for image in FEW.images[:9]))
    assert main(["run", str(weights), str(rows)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 9


@pytest.fixture
def figures(tmp_path: Path, capsys: Captured) -> dict[str, Any]:
    """What a training tells other programs."""
    assert (
        main(
            [
                *words(tmp_path, "--epochs", "20", "--save", str(tmp_path / "a.safetensors")),
                "--json",
            ]
        )
        == 0
    )
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_programs_are_told_all_of_it(figures: dict[str, Any], tmp_path: Path) -> None:
    settings = {
        "task": str(tmp_path / "pets.csv"),
        "regress": False,
        "network": "softmax",
        "hidden": [],
        "optimizer": "momentum",
        "rate": 0.03,
        "decay": 0.97,
        "batch": 7,
        "epochs": 20,
        "key": 0,
    }
    assert {name: figures.pop(name) for name in settings} == settings
    assert figures.pop("sizes") == [2, 2] and figures.pop("weights") == 6
    assert figures.pop("examples") == [28, 4, 8] and figures.pop("steps") == 80
    assert figures.pop("seconds") > 0
    assert figures.pop("saved") == str(tmp_path / "a.safetensors")
    losses, validation = figures.pop("losses"), figures.pop("validation")
    assert len(losses) == len(validation) == 20 and losses[0] > losses[-1] > 0
    assert figures.pop("judged_by") == "accuracy"
    assert figures.pop("held_out") > figures.pop("baselines")["the commonest class"] > 0
    assert figures == {}


def test_a_checkpoint_has_the_weights_and_how_they_came_about(
    figures: dict[str, Any], tmp_path: Path
) -> None:
    tensors = decode((tmp_path / "a.safetensors").read_bytes())
    losses = tensors["curves.losses"]
    assert [sum(losses[i : i + 4]) / 4 for i in range(0, 80, 4)] == pytest.approx(figures["losses"])
    assert tensors["curves.validation"] == figures["validation"]
    assert [*tensors] == [
        "step",
        "curves.losses",
        "curves.validation",
        "loss",
        "memory.0.0.bias",
        "memory.0.0.matrix",
        "weights.0.bias",
        "weights.0.matrix",
    ]


def test_what_is_told_while_it_learns(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "a.safetensors"
    assert main(words(tmp_path, "--epochs", "11", "--save", str(file))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:5] == [
        "softmax on rows of pets.csv",
        "2 → 2; 6 weights to learn",
        "28 to learn from, 4 to check by, 8 held out",
        "momentum, rate 0.03 × 0.97 each epoch, batches of 7",
        "",
    ]
    told = [line.split() for line in lines if line.startswith("epoch")]
    assert [int(line[1]) for line in told] == [1, 2, 4, 6, 8, 10, 11]
    assert all(0 < float(line[3]) < 5 and line[5][-1] == "%" for line in told)
    assert [line[:11] for line in lines[-5:]] == [
        "loss       ",
        "held out   ",
        "           ",
        "saved in '/",
        "Next   func",
    ]
    assert lines[-1] == f"Next   funcnn run {file} ROWS.csv"


def test_weights_like_those_that_come_with_funcnn_are_called_the_same(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["train", "--epochs", "1"]) == 0
    assert "\nother than the weights that come with funcnn\n" in capsys.readouterr().out
    monkeypatch.setattr(train, "digit_weights", lambda: [])
    monkeypatch.setattr(train, "words", lambda weights: "0x")
    assert main(["train", "--epochs", "1"]) == 0
    assert "\nthe same as the weights that come with funcnn\n" in capsys.readouterr().out


@pytest.mark.parametrize("network", DIGITS)
def test_everything_fits_60_columns(
    network: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = datasets.picked(FEW, range(500))
    monkeypatch.setattr(datasets, "digits", lambda: few)
    monkeypatch.setattr(tasks, "VALIDATION", 130)
    monkeypatch.setattr(courses, "checkpoints", at_once)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--network", network, "--save", "w.safetensors"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 15 and max(map(len, lines)) <= 60


def at_once(course: courses.Course, start: Any) -> Iterator[Any]:
    """A training that takes no time: its weights stay as they are."""
    yield start
    for epoch in range(1, course.settings.epochs + 1):
        state = start.state._replace(step=epoch * course.steps)
        losses = [1 / step for step in range(1, state.step + 1)]
        yield start._replace(state=state, curves={"losses": losses, "validation": [0.5] * epoch})


def test_a_perceptron_learns_the_digits(capsys: Captured) -> None:
    assert main(["train", "--network", "perceptron", "--epochs", "6", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["held_out"] >= 0.95 and figures["losses"][-1] < 0.1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--epochs", "0"], "--epochs 0: at least one is needed"),
        (["--epochs", "-3"], "--epochs -3: at least one is needed"),
        (["--epochs", "x"], "argument --epochs: invalid int value: 'x'; see funcnn train --help"),
        (["--batch", "0"], "--batch 0: at least one is needed"),
        (["--rate", "nan"], "--rate nan: give a finite number above 0"),
        (["--rate", "inf"], "--rate inf: give a finite number above 0"),
        (["--rate", "0"], "--rate 0.0: give a finite number above 0"),
        (["--decay", "1.5"], "--decay 1.5: give a number above 0, and no more than 1"),
        (["--hidden", "8,0"], "--hidden 0: a layer gives at least one number"),
        (["--hidden", "8,100001"], "--hidden 100001: a layer gives at most 100,000"),
        (["--hidden", "8,x"], "argument --hidden: invalid sizes value: '8,x'; see funcnn train"),
        (
            ["--hidden", "8", "--network", "softmax"],
            "--hidden: a softmax network has no hidden layers to choose; leave it out",
        ),
        (
            ["--network", "gpt"],
            "--network 'gpt': there are dense, softmax, perceptron, convolutional",
        ),
        (["--optimizer", "x"], f"--optimizer 'x': there are {', '.join(OPTIMIZERS)}"),
        (["names", "--network", "dense"], "--network 'dense': there are gpt, recurrent"),
        (["letters"], "'letters' is nothing to learn: give digits, names, or a .csv file"),
        (["names", "--regress"], "--regress is for a table, a CSV file, not for names"),
        (["missing.csv"], "missing.csv: No such file or directory"),
        (
            ["--save", "w.pt"],
            "--save w.pt: name a file that ends in .safetensors or .hex",
        ),
        (
            ["--save", "w.hex", "--network", "softmax"],
            "--save w.hex: hex words are for matrices alone, softmax has biases too; "
            "name a file that ends in .safetensors",
        ),
        (["--plot", "curve.txt"], "--plot curve.txt: name a file that ends in ."),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else "",
)
def test_what_cannot_be_done_is_refused_before_the_training(
    options: list[str],
    why: str,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(TRAIN, None)
    assert main(["train", *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"funcnn: {why}") and err.count("\n") == 1
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.{}", "not a file; name one that can be written"),
        ("missing/w.{}", "No such file or directory; name a file that can be written"),
        ("file/w.{}", "Not a directory; name a file that can be written"),
        (f"{'x' * 300}.{{}}", "File name too long; name a file that can be written"),
    ],
)
@pytest.mark.parametrize("option", ["--save hex", "--save safetensors", "--plot png"])
def test_a_file_that_cannot_be_written_is_refused_before_the_training(
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    why: str,
    option: str,
) -> None:
    option, suffix = option.split()
    (tmp_path / f"a.{suffix}").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / name.format(suffix)
    monkeypatch.setattr(TRAIN, None)
    assert main(["train", option, str(path)]) == 2
    assert capsys.readouterr() == ("", f"funcnn: {option} {path}: {why}\n")
    assert {file.name for file in tmp_path.iterdir()} == {f"a.{suffix}", "file"}


@pytest.mark.parametrize("name", ["[bold].hex", "new.hex", "old.hex", "link.hex"])
def test_words_are_saved_to_the_file_that_is_named_and_nothing_beside_it(
    tmp_path: Path, capsys: Captured, name: str
) -> None:
    (tmp_path / "old.hex").write_text("old")
    (tmp_path / "link.hex").symlink_to(tmp_path / "old.hex")
    path = tmp_path / name
    assert main(["train", "--epochs", "1", "--batch", "400", "--save", str(path)]) == 0
    assert [len(matrix) for matrix in read_weights(path)] == [32, 10]
    assert f"saved in '{path}'\n" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"old.hex", "link.hex", name}
    assert (tmp_path / "link.hex").is_symlink()


def test_weights_too_large_for_words_leave_the_checkpoint(
    tmp_path: Path, capsys: Captured
) -> None:
    path, kept = tmp_path / "w.hex", tmp_path / "w.hex.safetensors"
    options = "--optimizer sgd --rate 1e60 --hidden 4 --epochs 1 --batch 2000".split()
    assert main(["train", *options, "--save", str(path)]) == 2
    why = f"a weight is too large for 32 bits; the checkpoint stands in {str(kept)!r}"
    assert capsys.readouterr().err == f"funcnn: --save {path}: {why}\n"
    assert [*tmp_path.iterdir()] == [kept]


def test_a_name_that_looks_like_a_formula_is_drawn_as_it_is(tmp_path: Path) -> None:
    path, curve = table(tmp_path / "a$\\frac$b.csv"), tmp_path / "curve.png"
    assert main(["train", str(path), "--epochs", "1", "--plot", str(curve)]) == 0
    assert curve.read_bytes().startswith(b"\x89PNG")


def test_a_table_that_has_moved_is_asked_for(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "pets.safetensors"
    assert main(words(tmp_path, "--save", str(path))) == 0
    (tmp_path / "pets.csv").unlink()
    assert main(["train", "--resume", str(path)]) == 2
    why = f"{path} learns from {tmp_path / 'pets.csv'}: No such file or directory; go where "
    assert f"funcnn: {why}" in capsys.readouterr().err


def test_a_number_is_learned_from_a_table(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "heights.csv"
    rows = table(tmp_path / "pets.csv").read_text().splitlines()
    pairs = [row.split(",")[:2] for row in rows]
    path.write_text("\n".join(f"{x},{y},{1000 + 3 * float(x) - float(y)}" for x, y in pairs))
    assert main(["train", str(path), "--regress", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["judged_by"] == "root_mean_square_error"
    assert figures["held_out"] < 0.2 * figures["baselines"]["their mean"]
