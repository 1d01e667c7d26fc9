"""A training that is stopped, killed or cannot be kept loses nothing, and has the same end."""

import json
import multiprocessing
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import pytest

from funcnn import Diverged
from funcnn.__main__ import main
from funcnn.exchange.checkpoints import load_metadata
from funcnn.exchange.safetensors import decode, metadata_of
from funcnn.exchange.safetensors import encode as encoded
from funcnn.fast.training import train
from funcnn.terminal import courses
from trainings import table, words

STEPS = 24
FILE = "run.safetensors"

TRAIN = "funcnn.terminal.courses.train"

type Captured = pytest.CaptureFixture[str]


@pytest.fixture
def ended(tmp_path: Path, capsys: Captured) -> bytes:
    """The file in which the training ends that nothing disturbs."""
    assert main(words(tmp_path, "--save", str(tmp_path / "ended.safetensors"))) == 0
    capsys.readouterr()
    return (tmp_path / "ended.safetensors").read_bytes()


def stopping(at: int, by: BaseException) -> Callable[..., Iterator[Any]]:
    """Training that is stopped after so many steps."""

    def stopped(*arguments: Any) -> Iterator[Any]:
        for count, state in enumerate(train(*arguments)):
            if count > at:
                raise by
            yield state

    return stopped


@pytest.mark.parametrize("seconds", [-1.0, 1e9], ids=["kept at each step", "after each epoch"])
def test_stopped_at_any_step_and_resumed_it_ends_in_the_same_file(
    tmp_path: Path,
    ended: bytes,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
) -> None:
    path = tmp_path / FILE
    monkeypatch.setattr(courses, "SECONDS", seconds)
    for at in range(1, STEPS, 3):
        with monkeypatch.context() as patch:
            patch.setattr(TRAIN, stopping(at, KeyboardInterrupt()))
            assert main(words(tmp_path, "--save", str(path))) == 130
        assert decode(path.read_bytes())["step"] == at
        assert main(["train", "--resume", str(path)]) == 0
        assert path.read_bytes() == ended
        path.unlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ended.safetensors", "pets.csv"]


def test_killed_at_twenty_random_points_and_resumed_it_ends_twenty_times_in_the_same_file(
    tmp_path: Path, capsys: Captured
) -> None:
    path, random = tmp_path / FILE, Random(0)
    whole = words(tmp_path, "--batch", "28", "--epochs", "20", "--save", str(path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["funcnn.__main__", "funcnn.terminal.train"])

    def run() -> Any:
        process = context.Process(target=main, args=(whole,))
        process.start()
        return process

    run().join()
    started, process = monotonic(), run()
    process.join()
    lasts, ended, steps = monotonic() - started, path.read_bytes(), list[int]()
    while len(steps) < 20:
        path.unlink(missing_ok=True)
        process = run()
        sleep(random.uniform(0, lasts))
        process.kill()
        process.join()
        if process.exitcode == -9:
            steps.append(decode(path.read_bytes())["step"] if path.exists() else 0)
            assert main(["train", "--resume", str(path)] if path.exists() else whole) == 0
            assert path.read_bytes() == ended
    assert len({*steps}) > 3 and max(steps) <= 20


def test_more_epochs_are_as_if_they_had_been_asked_for_at_first(
    tmp_path: Path, ended: bytes, capsys: Captured
) -> None:
    path = tmp_path / FILE
    assert main(words(tmp_path, "--epochs", "2", "--save", str(path))) == 0
    assert main(["train", "--resume", str(path), "--epochs", "6"]) == 0
    assert path.read_bytes() == ended
    assert "going on after step 8, in epoch 3 of 6" in capsys.readouterr().out


def test_a_training_that_has_ended_ends_again_and_can_be_saved_elsewhere(
    tmp_path: Path, ended: bytes, capsys: Captured
) -> None:
    other = tmp_path / "other.safetensors"
    again = ["train", "--resume", str(tmp_path / "ended.safetensors")]
    assert main(again) == 0 and main([*again, "--save", str(other)]) == 0
    assert other.read_bytes() == (tmp_path / "ended.safetensors").read_bytes() == ended


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lbfgs", "newton-krylov", "evolution"])
def test_every_optimizer_goes_on_bit_for_bit(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    path = tmp_path / FILE
    batch = ["--batch", "28"] if optimizer in ("lbfgs", "newton-krylov") else []
    given = words(tmp_path, "--optimizer", optimizer, "--save", str(path), *batch)
    assert main(given) == 0
    ended = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(TRAIN, stopping(3, KeyboardInterrupt()))
        assert main(given) == 130
    assert path.read_bytes() != ended
    assert main(["train", "--resume", str(path)]) == 0
    assert path.read_bytes() == ended


def test_stopped_it_says_where_and_how_it_goes_on(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a run.safetensors"
    monkeypatch.setattr(TRAIN, stopping(5, KeyboardInterrupt()))
    assert main(words(tmp_path, "--save", str(path))) == 130
    told = capsys.readouterr().out.splitlines()[-3:]
    assert told == [
        "stopped after step 5, in epoch 2 of 6",
        f"saved in '{path}'; to go on:",
        f"funcnn train --resume '{path}'",
    ]
    assert main(words(tmp_path)) == 130
    assert "nothing is saved; with --save FILE it would be" in capsys.readouterr().out
    assert main([*words(tmp_path, "--save", str(path)), "--json"]) == 130
    out, err = capsys.readouterr()
    assert out == "" and err.splitlines() == told


def test_weights_for_hex_words_are_kept_beside_them_until_the_end(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, beside = tmp_path / "w.hex", tmp_path / "w.hex.safetensors"
    digits = ["train", "--epochs", "1", "--save", str(path)]
    assert main(digits) == 0
    ended = path.read_text()
    path.write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(TRAIN, stopping(5, KeyboardInterrupt()))
        assert main(digits) == 130
    assert path.read_text() == "old"
    assert capsys.readouterr().out.endswith(f"funcnn train --resume {beside}\n")
    assert main(["train", "--resume", str(beside)]) == 0
    assert path.read_text() == ended and [*tmp_path.iterdir()] == [path]


def test_a_full_disk_is_one_line_and_the_checkpoint_before_stands(
    tmp_path: Path, ended: bytes, capsys: Captured
) -> None:
    path = tmp_path / FILE
    assert main(words(tmp_path, "--epochs", "3", "--save", str(path))) == 0
    size = path.stat().st_size
    path.unlink()
    capsys.readouterr()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        code = main(words(tmp_path, "--save", str(path)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    why = f"File too large; the checkpoint of step 12 stands in '{path}'"
    assert (code, capsys.readouterr().err) == (2, f"funcnn: {path}: {why}\n")
    assert {file.name for file in tmp_path.iterdir()} == {"pets.csv", "ended.safetensors", FILE}
    assert main(["train", "--resume", str(path)]) == 0
    assert path.read_bytes() == ended


@pytest.mark.parametrize(("seconds", "kept"), [(1e9, 8), (-1.0, 9)])
def test_a_loss_that_is_not_finite_is_named_with_its_step_and_the_last_good_checkpoint(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, seconds: float, kept: int
) -> None:
    path = tmp_path / FILE
    monkeypatch.setattr(courses, "SECONDS", seconds)
    monkeypatch.setattr(TRAIN, stopping(9, Diverged(9, float("nan"))))
    place = "after 9 steps, at batch 2 of epoch 3, the loss is nan"
    for save, stands in (
        (["--save", str(path)], f"the checkpoint of step {kept} stands in '{path}'"),
        ([], "nothing is saved"),
    ):
        assert main(words(tmp_path, *save)) == 2
        why = f"{place}; give a lower --rate than 0.03; {stands}"
        assert capsys.readouterr().err == f"funcnn: {why}\n"
    assert decode(path.read_bytes())["step"] == kept


def test_a_number_that_is_too_large_is_named_like_a_loss_that_is_not_finite(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TRAIN, stopping(9, OverflowError("math range error")))
    assert main(words(tmp_path)) == 2
    why = "after 9 steps, at batch 2 of epoch 3, the loss is too large for a float"
    assert capsys.readouterr().err.startswith(f"funcnn: {why}; give a lower --rate")


def test_a_rate_that_is_too_high_is_no_good_checkpoint(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"old")
    given = words(tmp_path, "--rate", "1e300", "--network", "perceptron", "--save", str(path))
    assert main(given) == 2
    err = capsys.readouterr().err
    assert err.startswith("funcnn: after ") and "give a lower --rate than 1e+300" in err
    assert err.count("\n") == 1 and err.endswith("; nothing is saved\n")
    assert path.read_bytes() == b"old" and len([*tmp_path.iterdir()]) == 2


def test_weights_that_are_not_finite_are_never_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE
    _, start = courses.begun({"task": str(table(tmp_path / "pets.csv"))})
    for bad in (float("nan"), float("inf")):
        state = start.state._replace(weights=[bad], step=4)
        with pytest.raises(ValueError) as refused:
            courses.keep(path, start._replace(state=state), 3)
        stands = f"the checkpoint of step 3 stands in '{path}'"
        why = "after 4 steps a weight is not finite; give a lower --rate"
        assert f"{refused.value}" == f"{why}; {stands}"
    assert not path.exists()


def changed(path: Path, **texts: str) -> bytes:
    """The file with other texts."""
    file = path.read_bytes()
    tensors = decode(file)
    dtypes = {name: "I64" if name == "step" else "F64" for name in tensors}
    return encoded(tensors, dtypes, metadata_of(file) | texts)


def settings(path: Path, **others: Any) -> str:
    """The settings in a file, some of them others."""
    told: dict[str, Any] = json.loads(load_metadata(path)["settings"])
    return json.dumps(told | others)


def test_what_does_not_fit_the_checkpoint_is_refused_in_one_line_and_changes_nothing(
    tmp_path: Path, ended: bytes, capsys: Captured
) -> None:
    path, pets = tmp_path / "ended.safetensors", str(tmp_path / "pets.csv")
    begun, anew = f"{path} was begun with", "leave it out, or train anew"
    again = "take another checkpoint, or train again"
    network = settings(path, network="perceptron", hidden=[4])
    cases: list[tuple[bytes, list[str], str]] = [
        (ended, ["--rate", "0.5"], f"--rate 0.5: {begun} 0.03; {anew}"),
        (ended, ["--epochs", "5"], f"--epochs 5: {begun} 6; {anew}"),
        (ended, ["--key", "1"], f"--key 1: {begun} 0; {anew}"),
        (ended, ["--network", "perceptron"], f"--network perceptron: {begun} softmax; {anew}"),
        (ended, ["digits"], f"task digits: {begun} {pets}; {anew}"),
        (b"", [], f"{path}: 0 bytes are no safetensors file: the length of its header alone takes"),
        (ended[:-8], [], f"{path}: 344 bytes of data, of which the tensors take 352: the file is"),
        (encoded({"a": 1.0}), [], f"{path}: its format is '', not 'funcnn checkpoint 1'; give a"),
        (
            changed(path, settings="[]"),
            [],
            f"{path}: its settings do not say what 'task' is; take",
        ),
        (
            changed(path, settings=settings(path, epochs="6")),
            [],
            f"{path}: its settings do not say what 'epochs' is; {again}",
        ),
        (
            changed(path, settings=settings(path, batch=0)),
            [],
            f"{path}: --batch 0: at least one is needed",
        ),
        (
            changed(path, settings=settings(path, network="gpt")),
            [],
            "--network 'gpt': there are perceptron, softmax",
        ),
        (changed(path, content="0"), [], f"{pets} has changed since {path} was begun; train anew"),
        (changed(path, settings=network), [], f"{path}: sizes is '2,2', not '2,4,2'; ask for that"),
        (changed(path, optimizer="Adam()"), [], f"{path}: optimizer is 'Adam()', not 'Momentum("),
        (
            changed(path, settings=settings(path, epochs=5)),
            [],
            f"{path}: step 24 has curves of {{'losses': 24, 'validation': 6}}; {again}",
        ),
    ]
    for file, options, why in cases:
        path.write_bytes(file)
        assert main(["train", "--resume", str(path), *options]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and err.startswith(f"funcnn: {why}"), (why, err)
        assert path.read_bytes() == file
    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize(
    ("name", "why"),
    [("missing.safetensors", "No such file or directory"), (".", "Is a directory")],
)
def test_a_checkpoint_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: Captured, name: str, why: str
) -> None:
    assert main(["train", "--resume", str(tmp_path / name)]) == 2
    assert capsys.readouterr() == ("", f"funcnn: {tmp_path / name}: {why}\n")
