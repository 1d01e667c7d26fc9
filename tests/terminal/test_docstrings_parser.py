"""A docstring comes apart as it was put together, and each fault in one is named."""

import pytest

from funcnn.terminal.docstrings import SECTIONS, parsed

WHOLE = """The product,
    in two lines. And more.

    One free paragraph.

    Haskell
        f x = y
          where y = x
    Errors
        ValueError   in one case,
                     or another

    Another.

    Source
        Someone

    >>> first()
    True

    Prose between.

    >>> second()
    """


def test_a_docstring_has_parts() -> None:
    summary, prose, sections, examples = parsed(WHOLE)
    assert summary == "The product, in two lines. And more."
    assert prose == ["One free paragraph.", "Another."]
    assert [*sections.items()] == [
        ("Haskell", "f x = y\n  where y = x"),
        ("Errors", "ValueError   in one case,\n             or another"),
        ("Source", "Someone"),
    ]
    assert examples == ">>> first()\nTrue\n\nProse between.\n\n>>> second()"


def test_a_summary_is_enough() -> None:
    assert parsed("The sum.") == ("The sum.", [], {}, "")


def test_all_sections_can_follow_one_another() -> None:
    text = "The sum.\n\n" + "\n".join(f"{name}\n    {name.lower()}" for name in SECTIONS)
    assert parsed(text).sections == {name: name.lower() for name in SECTIONS}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the summary is missing"),
        (">>> 1\n1", "the summary is missing"),
        ("Maths\n    x", "the summary is missing"),
        ("It.\n\nNotes\n    x", "section Notes is none of Haskell, Maths, Shapes, Settings, "),
        ("It.\n\nMaths:\n    x", "section Maths: is none of Haskell"),
        ("It.\n\nMaths\n    x\nReturns\n    y", "section Returns is none of Haskell"),
        ("It.\n\nLaws\n    x\nMaths\n    y", "section Maths is after Laws"),
        ("It.\n\nLaws\n    x\n\nFree.\n\nMaths\n    y", "section Maths is after Laws"),
        ("It.\n\nLaws\n    x\nLaws\n    y", "section Laws is after Laws"),
        ("It.\n\n>>> 1\n1\n\nLaws\n    x", "section Laws is after an example"),
        ("It.\n\nMaths\nLaws\n    x", "section Maths is empty"),
        ("It.\n\nMaths\n\n>>> 1\n1", "section Maths is empty"),
        ("It.\n\nMaths\nx", "section Maths is not indented by 4"),
        ("It.\n\nMaths\n  x", "section Maths is not indented by 4"),
        ("It.\n\nMaths\n     x", "section Maths is not indented by 4"),
        ("It.\n\nMaths\n    x\n  y", "section Maths is not indented by 4"),
        ("It.\n\nMaths\n    x\n\n    y", "'y' is indented, but in no section"),
    ],
)
def test_each_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError) as error:
        parsed(text)
    assert f"{error.value}".startswith(fault)
