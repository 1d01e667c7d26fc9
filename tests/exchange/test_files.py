"""A file takes the place of another once it is whole, or leaves no trace."""

import os
from pathlib import Path

import pytest

from funcnn.exchange.files import check_replaceable, replaced


@pytest.mark.parametrize("old", [{}, {"weights": "old"}], ids=["new", "old"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_an_interrupted_write_leaves_all_as_it_was(
    tmp_path: Path, old: dict[str, str], stop: type[BaseException]
) -> None:
    for name, content in old.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(stop), replaced(tmp_path / "weights") as beside:
        beside.write_text("half a ")
        raise stop
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == old


def test_until_all_is_written_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_text("old")
    with replaced(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and [*tmp_path.iterdir()] == [path]


def test_what_takes_its_place_is_on_the_disk_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced = tmp_path / "weights", list[str]()

    def fsync(file: int) -> None:
        synced.append(f"{os.fstat(file).st_size} bytes, {path.exists()}")

    monkeypatch.setattr(os, "fsync", fsync)
    with replaced(path) as beside:
        beside.write_text("new")
    assert synced == ["3 bytes, False"]


def test_a_link_stays_one_and_leads_to_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "old")
    with replaced(tmp_path / "link") as beside:
        beside.write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "old").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".", "not a file; name one that can be written"),
        ("pipe", "not a file; name one that can be written"),
        ("missing/weights", "No such file or directory; name a file that can be written"),
        ("file/weights", "Not a directory; name a file that can be written"),
        ("x" * 300, "File name too long; name a file that can be written"),
    ],
    ids=lambda text: text[:20],
)
def test_where_no_file_can_be_written_it_is_said_before(
    tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = {*tmp_path.iterdir()}
    for called in ("", "--save it"):
        expected = f"{called or tmp_path / name}: {why}"
        with pytest.raises(ValueError) as refused, replaced(tmp_path / name, called):
            pytest.fail("it came so far")
        assert f"{refused.value}" == expected
        with pytest.raises(ValueError) as refused:
            check_replaceable(tmp_path / name, called)
        assert f"{refused.value}" == expected
    assert {*tmp_path.iterdir()} == before


def test_a_file_that_can_be_replaced_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    check_replaceable(tmp_path / "old")
    check_replaceable(tmp_path / "new")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"old": "old"}


def test_a_link_that_lies_beside_leads_nowhere(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "target"
    victim.write_text("untouched")
    (tmp_path / f".target.{os.getpid()}").symlink_to(victim)
    with replaced(target) as beside:
        beside.write_text("whole")
    assert (victim.read_text(), target.read_text()) == ("untouched", "whole")
    assert not target.is_symlink()


def test_the_file_is_read_by_those_who_read_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o600)
    with replaced(target) as beside:
        beside.write_text("new")
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o600)
