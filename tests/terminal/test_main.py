"""A command line: bad input is one line and exit code 2, never a traceback."""

import os
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

import pytest
from rich.console import Console

from funcnn import __main__ as entry
from funcnn.__main__ import main
from funcnn.exchange.safetensors import decode
from funcnn.terminal import run

FUNCNN = [sys.executable, "-m", "funcnn"]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

type Captured = pytest.CaptureFixture[str]


def printing(words: str) -> Callable[[Namespace, Console], int]:
    def command(arguments: Namespace, console: Console) -> int:
        console.out(words)
        return 0

    return command


def raising(error: BaseException) -> Callable[[Namespace, Console], int]:
    def command(arguments: Namespace, console: Console) -> int:
        raise error

    return command


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Weights and rows that go together."""
    weights, rows = tmp_path / "weights.json", tmp_path / "rows.csv"
    weights.write_text("[[[1]]]")
    rows.write_text("2\n" * 9)
    return [str(weights), str(rows)]


def process(
    words: list[str],
    files: list[str],
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> tuple[int, bytes]:
    """The exit code, and what came from the streams that are not given."""
    named = {"WEIGHTS": files[0], "ROWS": files[1]}
    ended = subprocess.run(
        [*FUNCNN, *(named.get(word, word) for word in words)],
        stdout=stdout,
        stderr=stderr,
        env=PLAIN,
    )
    return ended.returncode, (ended.stdout or b"") + (ended.stderr or b"")


@pytest.mark.parametrize(
    ("words", "as_json"), [([], False), (["--json"], True), (["run", "--json"], True)]
)
def test_the_main_job_runs_where_no_command_is_named(
    words: list[str], as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Namespace] = []

    def command(options: Namespace, console: Console) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr(run, "command", command)
    assert main(words) == 0
    assert [(options.weights, options.json) for options in seen] == [(None, as_json)]


def test_the_words_are_those_of_the_process_where_none_are_given(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(sys, "argv", ["funcnn", "--nonsense"])
    assert main() == 2
    assert "--nonsense" in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1])
def test_the_exit_code_is_the_command_s(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "command", lambda options, console: code)
    assert main(["run"]) == code


def test_the_version_is_that_of_the_package(capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main(["--version"])
    assert capsys.readouterr() == (f"funcnn {version('funcnn')}\n", "")


def test_without_installation_there_is_no_version_but_all_else(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def nowhere(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(entry, "version", nowhere)
    with pytest.raises(SystemExit, match="^0$"):
        main(["--version"])
    assert capsys.readouterr() == ("funcnn (not installed)\n", "")


@pytest.mark.parametrize("words", [["--help"], ["run", "-h"], ["spec", "--help"], ["train", "-h"]])
def test_help_shows_every_option(words: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main(words)
    options = {"--help": "train", "run": "--json", "spec": "--json", "train": "--save"}
    out, err = capsys.readouterr()
    assert options[words[0]] in out and err == ""


def test_spec_reads_a_definition(capsys: Captured) -> None:
    assert main(["spec", "dense"]) == 0
    assert "map relu" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["walk"], "argument COMMAND: invalid choice: 'walk' "),
        (["run", "--nonsense"], "unrecognized arguments: --nonsense; see funcnn --help"),
        (["--nonsense"], "unrecognized arguments: --nonsense; see funcnn --help"),
        (["run", "1", "2", "3"], "unrecognized arguments: 3; see funcnn --help"),
        (["train", "--save"], "argument --save: expected one argument; see funcnn train --help"),
        (["spec", "dens"], "no definition is called 'dens'; did you mean "),
        (["run", "missing.json", "rows.csv"], "missing.json: No such file or directory\n"),
        (["run", os.curdir, "rows.csv"], ".: Is a directory\n"),
        (["run", "a\n\x1b[1mb\u202e\udcff", "x"], r"a\n\x1b[1mb\u202e\udcff: No such file"),
        (["run", "--a\n\x1b[1m"], r"unrecognized arguments: --a\n\x1b[1m; see funcnn --help"),
        (["run", "[bold]é[/bold].json", "x"], "[bold]é[/bold].json: No such file or directory\n"),
        (["run", "[/bold] :smile:", "x"], "[/bold] :smile:: No such file or directory\n"),
        (["run", "x" * 200, "x"], f"{'x' * 200}: No such file or directory\n"),
    ],
    ids=lambda item: repr(item)[:30],
)
def test_bad_words_are_refused_in_one_printable_line(
    words: list[str], why: str, capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"funcnn: {why}")
    assert err.endswith("\n") and err[:-1].isprintable()


@pytest.mark.parametrize(
    ("error", "code", "why"),
    [
        (PermissionError(13, "Permission denied", "w.json"), 2, "w.json: Permission denied"),
        (OSError(5, "Input/output error"), 2, "input or output: Input/output error"),
        (ValueError("two\nlines"), 2, r"two\nlines"),
        (TypeError("no number"), 2, "no number"),
        (OverflowError("too large"), 2, "too large"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
    ids=lambda item: repr(item)[:30],
)
def test_an_error_is_one_line_and_an_exit_code(
    error: BaseException, code: int, why: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(run, "command", raising(error))
    assert main([]) == code
    assert capsys.readouterr() == ("", f"funcnn: {why}\n")


def test_a_mistake_of_ours_is_no_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "command", raising(AssertionError()))
    with pytest.raises(AssertionError):
        main([])


def test_a_broken_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(run, "command", printing("words"))
    with os.fdopen(writer, "w") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        assert main([]) == 0
        print("this goes nowhere", flush=True)
    assert capfd.readouterr() == ("", "")


def test_what_stdout_cannot_encode_is_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "command", printing("64 → 32"))
    with (tmp_path / "out").open("w", encoding="ascii") as ascii_only:
        monkeypatch.setattr(sys, "stdout", ascii_only)
        assert main([]) == 0
    assert (tmp_path / "out").read_text("ascii") == "64 ? 32\n"


@pytest.mark.parametrize("words", [["--help"], ["run", "WEIGHTS", "ROWS"]])
def test_a_process_whose_reader_is_gone_ends_quietly(words: list[str], files: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as unread:
        assert process(words, files, stdout=unread) == (0, b"")
        assert process(["run", "WEIGHTS"], files, stderr=unread) == (2, b"")


@pytest.mark.parametrize("words", [["--help"], ["run", "WEIGHTS", "ROWS"]])
def test_a_process_that_cannot_print_says_so(words: list[str], files: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        why = b"funcnn: input or output: No space left on device\n"
        assert process(words, files, stdout=full) == (2, why)


@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_process_without_a_stream_ends_quietly(closed: str, files: list[str]) -> None:
    shell = ["sh", "-c", f'"$@" {closed}', "sh", *FUNCNN, "run"]
    good = subprocess.run([*shell, *files], capture_output=True, env=PLAIN)
    bad = subprocess.run([*shell, files[0]], capture_output=True, env=PLAIN)
    assert (good.returncode, bad.returncode) == (0, 2)
    assert good.stderr == b"" and bad.stdout == b""


def test_an_ascii_terminal_gets_all_in_ascii(files: list[str]) -> None:
    ended = subprocess.run(
        [*FUNCNN, "run", "é→", files[1]],
        capture_output=True,
        env=PLAIN | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
    )
    assert ended.returncode == 2
    assert ended.stderr == b"funcnn: \\xe9\\u2192: No such file or directory\n"


def test_ctrl_c_stops_the_training_and_says_how_it_goes_on(tmp_path: Path) -> None:
    path, beside = tmp_path / "weights.hex", tmp_path / "weights.hex.safetensors"
    path.write_text("old")
    with subprocess.Popen(
        [*FUNCNN, "train", "--epochs", "1000", "--save", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=PLAIN,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as training:
        assert training.stdout and training.stderr
        assert any(line.startswith(b"epoch") for line in training.stdout)
        training.send_signal(signal.SIGINT)
        assert training.wait() == 130
        assert training.stderr.read() == b""
        *_, stopped, saved, command = training.stdout.read().decode().splitlines()
    assert stopped.startswith("stopped after step ") and saved == f"saved in '{beside}'; to go on:"
    assert command == f"funcnn train --resume {beside}" and path.read_text() == "old"
    step = decode(beside.read_bytes())["step"]
    assert f"step {step:,}, in epoch {step // 41 + 1} of 1000" in stopped
    assert {file.name for file in tmp_path.iterdir()} == {path.name, beside.name}
