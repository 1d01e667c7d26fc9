"""The README's code runs, and the output that it shows is the command's."""

import re
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from funcnn.__main__ import main
from funcnn.studies import STUDIES

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = [*Sybil(parsers=[PythonCodeBlockParser()]).parse(README).examples()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_runs(example: Example) -> None:
    example.evaluate()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


def test_the_output_shown_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    """Times differ from run to run; everything else is the same."""
    assert main([]) == 0
    shown = README.read_text("utf-8").split("```text\n")[1].split("```")[0]
    assert lines(shown) == lines(capsys.readouterr().out)


def test_the_wiring_shown_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "microgpt"]) == 0
    shown = README.read_text("utf-8").split("```text\n")[2].split("```")[0]
    wiring = capsys.readouterr().out.partition("Wiring, of the defaults\n")[2]
    assert lines(shown) == lines(wiring)


def test_the_verdict_shown_is_the_command_s(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = README.read_text("utf-8")
    (tmp_path / "mine.py").write_text(text.split("```python\n# mine.py\n")[1].split("```")[0])
    monkeypatch.chdir(tmp_path)
    assert main(["check", "mine.py"]) == 1
    assert lines(text.split("```text\n")[3].split("```")[0]) == lines(capsys.readouterr().out)


def lines(text: str) -> list[str]:
    timeless = re.sub(r"(/360) +[\d,]+|[\d.]+ s ·", r"\1", text)
    return [line.rstrip() for line in timeless.splitlines()]


def test_the_claims_shown_are_the_first_of_the_studies() -> None:
    lines = README.read_text("utf-8").split("| claim | what was run |")[1].splitlines()[2:]
    rows = [line.split(" | ") for line in lines[: [line[:1] for line in lines].index("")]]
    shown = [row[0].removeprefix("| ") for row in rows if not row[0].startswith("| …")]
    assert len(shown) >= 5
    assert shown == [study.claim for study in STUDIES.values()][: len(shown)]
    assert (README.parent / ".pictures" / "distances.png").exists()
