"""funcnn cases writes whole files, all of them or none, and never in the place of somebody's."""

import json
import re
from argparse import ArgumentParser
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console

from funcnn.terminal import cases
from funcnn.terminal.cases import command, configure

SMALL = ("--function", "relu,softmax", "--format", "float32,half", "--examples", "2")


def freeze(folder: Path, *words: str) -> str:
    """What the command prints."""
    parser, console = ArgumentParser(), Console(file=StringIO(), width=200)
    configure(parser)
    assert command(parser.parse_args([str(folder), *words]), console) == 0
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text("utf-8")))


def test_each_function_has_a_file_for_each_format_and_the_manifest_names_all(
    tmp_path: Path,
) -> None:
    told = freeze(tmp_path / "new", *SMALL)
    files = contents(tmp_path / "new")
    made = {
        f"{name}.{form}.{kind}"
        for name in ("relu", "softmax")
        for form in ("float32", "float16")
        for kind in ("json", "txt")
    }
    assert files.keys() == {*made, "README.md", "schema.json", "manifest.json"}
    listed = manifest(tmp_path / "new")["files"]
    assert listed.keys() == files.keys() - {"manifest.json"}
    for name, entry in listed.items():
        assert entry["sha256"] == sha256(files[name]).hexdigest()
        assert entry["bytes"] == len(files[name])
        assert b"\r" not in files[name] and files[name].endswith(b"\n")
        assert b"funcnn cases, version 1" in files[name].splitlines()[0] or name == "schema.json"
    counts = {name: len(json.loads(files[name])["cases"]) for name in made if "json" in name}
    counts |= {name: len(re.findall(b"^case ", files[name], re.M)) for name in made - {*counts}}
    assert counts == {name: listed[name]["cases"] for name in made}
    total = sum(counts.values()) // 2
    size = sum(entry["bytes"] for entry in listed.values()) / 1e6
    assert told.splitlines()[0] == f"{total} cases in 11 files, {size:.1f} MB, in '{tmp_path}/new'"


def test_what_is_made_again_is_the_same_and_what_was_there_stays(tmp_path: Path) -> None:
    freeze(tmp_path, *SMALL)
    before = contents(tmp_path)
    freeze(tmp_path, *SMALL)
    assert contents(tmp_path) == before
    listed = manifest(tmp_path)["files"]
    freeze(tmp_path, "--function", "exp", "--format", "float32", "--examples", "1")
    after = manifest(tmp_path)["files"]
    assert after.keys() == {*listed, "exp.float32.json", "exp.float32.txt"}
    assert {name: after[name] for name in listed} == listed


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "relu.float32.txt", "schema.json"])
@pytest.mark.parametrize("text", ["mine", "# funcnn cases, version 0", ""])
def test_somebody_s_files_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError) as caught:
        freeze(tmp_path, *SMALL)
    why = "none of the funcnn cases, version 1; name another directory"
    assert str(caught.value) == f"{tmp_path / name}: {why}"
    assert contents(tmp_path) == {name: text.encode()}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--function", "matmull"], "no law is about 'matmull': is matmul meant?"),
        (["--format", "float33"], "--format 'float33': there are float64, float32, float16, bf"),
        (["--examples", "0"], "--examples 0: at least one is needed"),
    ],
)
def test_what_cannot_be_frozen_is_told_before_anything_is_written(
    tmp_path: Path, words: list[str], why: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}[^\n]*$"):
        freeze(tmp_path / "new", *words)
    assert contents(tmp_path) == {}


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full" / "softmax.float16.txt").mkdir(parents=True)
    for name, why in (
        ("file", "File exists; name a directory that can be made"),
        ("file/new", "Not a directory; name a directory that can be made"),
        ("none/new", "No such file or directory; name a directory that can be made"),
        ("full", "not a file; name one that can be written"),
    ):
        with pytest.raises(ValueError) as caught:
            freeze(tmp_path / name, *SMALL)
        assert re.fullmatch(f"{tmp_path}/{name}[^:]*: {why}", str(caught.value))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["softmax.float16.txt"]


@pytest.mark.parametrize("text", ["[MARK", "[MARK]", '{"x": MARK, "files": 1}', '{"x": MARK}'])
def test_a_damaged_manifest_is_told_of(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text.replace("MARK", '"funcnn cases, version 1"'))
    with pytest.raises(ValueError, match="manifest.json: damaged; delete it, or name another dir"):
        freeze(tmp_path, *SMALL)


def test_a_file_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(tmp_path, *SMALL)
    before = contents(tmp_path)

    def fail(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cases, "as_lines", fail)
    with pytest.raises(OSError, match="No space left"):
        freeze(tmp_path, *SMALL)
    whole = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: fail(whole(path, data[:9])))
    with pytest.raises(OSError, match="No space left"):
        freeze(tmp_path, *SMALL)
    assert contents(tmp_path) == before
