"""What funcnn train has saved, funcnn run runs: on rows as they are, classes by their names."""

import json
from pathlib import Path
from typing import Any

import pytest

from funcnn import State, dense, foldl
from funcnn.__main__ import main
from funcnn.algebra.keys import shuffled, split
from funcnn.diagnostics.scores import predicted
from funcnn.exchange.checkpoints import Checkpoint, load_metadata, save
from funcnn.exchange.datasets import digits
from funcnn.exchange.first_names import LETTERS
from funcnn.exchange.safetensors import decode
from funcnn.terminal import courses, trained
from funcnn.terminal.trained import is_checkpoint, read_trained
from trainings import words

type Captured = pytest.CaptureFixture[str]


def told(capsys: Captured, *options: str) -> Any:
    """What a command tells other programs."""
    capsys.readouterr()
    assert main([*options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def begun(path: Path, **given: Any) -> Path:
    """The checkpoint of a course that has only begun."""
    _, start = courses.begun(given)
    save(path, start)
    return path


@pytest.fixture
def pets(tmp_path: Path, capsys: Captured) -> Path:
    """A network that tells pets apart."""
    path = tmp_path / "pets.safetensors"
    assert main(words(tmp_path, "--network", "perceptron", "--save", str(path))) == 0
    capsys.readouterr()
    return path


def held_out(folder: Path) -> tuple[Path, list[str]]:
    """The rows held out of a table by the key 0, and their classes."""
    lines = (folder / "pets.csv").read_text().splitlines()
    rows = [lines[index].rsplit(",", 1) for index in shuffled(split(0, 3)[2], range(40))[:8]]
    (folder / "rows.csv").write_text("\n".join(row for row, _ in rows))
    return folder / "rows.csv", [name for _, name in rows]


def test_rows_as_they_are_get_the_classes_that_training_told(
    pets: Path, tmp_path: Path, capsys: Captured
) -> None:
    figures = told(capsys, "train", "--resume", str(pets))
    rows, names = held_out(tmp_path)
    found = told(capsys, "run", str(pets), str(rows))["rows"]
    right = sum(row["class"] == name for row, name in zip(found, names, strict=True))
    assert right / 8 == figures["held_out"] > 0.6
    assert main(["run", str(pets), str(rows)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["row", f"{number}", "class", row["class"]] for number, row in enumerate(found, 1)
    ]


def test_a_number_is_told_in_its_own_unit(tmp_path: Path, capsys: Captured) -> None:
    path, saved = tmp_path / "line.csv", tmp_path / "line.safetensors"
    path.write_text("\n".join(f"{x},{1000 + 3 * x}" for x in range(40)))
    options = ["--regress", "--network", "softmax", "--save", str(saved), "--rate", "0.2"]
    assert main(["train", str(path), *options]) == 0
    rows = tmp_path / "rows.csv"
    rows.write_text("0\n10\n")
    low, high = (row["value"] for row in told(capsys, "run", str(saved), str(rows))["rows"])
    assert abs(low - 1000) < 1 and abs(high - 1030) < 1
    assert main(["run", str(saved), str(rows)]) == 0
    assert capsys.readouterr().out == f"row 1   {low:.6g}\nrow 2   {high:.6g}\n"


def test_dense_layers_run_over_every_number(tmp_path: Path, capsys: Captured) -> None:
    path, rows = begun(tmp_path / "d.safetensors"), tmp_path / "rows.csv"
    images = digits().images[:3]
    rows.write_text("\n".join(",".join(map(str, image)) for image in images))
    tensors = decode(path.read_bytes())
    weights = [tensors["weights.0"], tensors["weights.1"]]
    expected = [predicted(foldl(dense, image, weights)) for image in images]
    for options in ([], ["--number", "fraction"], ["--number", "interval"]):
        found = told(capsys, "run", str(path), str(rows), *options)
        assert [row["class"] for row in found["rows"]] == expected


@pytest.mark.parametrize("network", ["gpt", "recurrent"])
def test_names_are_made_up(
    network: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained, "MADE_UP", 6)
    path = begun(tmp_path / "n.safetensors", task="names", network=network)
    names = told(capsys, "run", str(path))["names"]
    assert len(names) == 6 and len({*names}) > 4 and {*"".join(names)} <= {*LETTERS}
    assert max(map(len, names)) <= 15
    assert main(["run", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " ".join(lines[1:]).split() == [name.capitalize() for name in names if name]
    assert main(["run", str(path), "rows.csv"]) == 2
    why = f"{path}: it makes up names and takes no rows; give none"
    assert capsys.readouterr() == ("", f"funcnn: {why}\n")


def test_what_is_no_checkpoint_is_none(tmp_path: Path, pets: Path) -> None:
    assert is_checkpoint(pets)
    for content in (b"[[[1]]]", b"", pets.read_bytes()[:-1]):
        (tmp_path / "other").write_bytes(content)
        assert not is_checkpoint(tmp_path / "other")


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"settings": "{}"}, "its settings do not say what 'task' is; take"),
        ({"sizes": "2,x,2"}, "invalid literal for int() with base 10: 'x'"),
        ({"sizes": "2,33,2"}, "tensor 'weights.0.matrix' is 32×2, not 33×2"),
        ({"sizes": "2"}, "not enough values to unpack (expected at least 2, got 1)"),
        ({"scaling": "[]"}, "its scaling is none"),
        ({"scaling": '{"inputs": [[1.0], [2.0]]}'}, "its scaling is none"),
        ({"scaling": '{"inputs": [["a", "b"], [2.0, 3.0]]}'}, "its scaling is none"),
        ({"scaling": "{"}, "its scaling is none"),
        ({"classes": '["cat"]'}, "its classes are ['cat'], not 2"),
        ({"classes": "7"}, "its classes are 7, not 2"),
    ],
)
def test_a_checkpoint_that_says_what_is_not_so_is_refused(
    texts: dict[str, str], why: str, pets: Path, tmp_path: Path, capsys: Captured
) -> None:
    rows, _ = held_out(tmp_path)
    course, start = courses.begun({"task": str(tmp_path / "pets.csv")})
    save(pets, Checkpoint(State(start.state.weights), {**course.metadata, **texts}))
    assert main(["run", str(pets), str(rows)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"funcnn: {pets}: {why}"), err
    assert err.count("\n") == 1


def test_options_and_rows_that_do_not_fit_are_refused(
    pets: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "rows.csv").write_text("1,2,3\n")
    for options, why in (
        (["rows.csv"], "rows.csv: 3 numbers a row, the first layer takes 2"),
        ([], "weights need rows to run on: funcnn run WEIGHTS ROWS.csv"),
        (
            ["rows.csv", "--number", "fraction"],
            "--number fraction: it is for networks of dense layers, and this is a perceptron; "
            "leave it out",
        ),
    ):
        given = [str(tmp_path / word) if word.endswith(".csv") else word for word in options]
        assert main(["run", str(pets), *given]) == 2
        err = capsys.readouterr().err
        assert err == f"funcnn: {why.replace('rows.csv:', f'{tmp_path}/rows.csv:')}\n"


def test_the_weights_are_those_of_rows_as_they_are(pets: Path) -> None:
    """A row that every column's mean makes up is scaled to zeros."""
    own = read_trained(pets)
    scaling = json.loads(load_metadata(pets)["scaling"])
    raw = decode(pets.read_bytes())
    hidden = [max(0.0, bias) for bias in raw["weights.0.bias"]]
    expected = [
        sum(w * h for w, h in zip(row, hidden, strict=True)) + bias
        for row, bias in zip(raw["weights.2.matrix"], raw["weights.2.bias"], strict=True)
    ]
    outputs = own.network(scaling["inputs"][0], own.weights)
    assert outputs == pytest.approx(expected)
