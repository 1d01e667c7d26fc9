"""Pictures show the pixels and the outputs that they are drawn from."""

from hypothesis import given
from hypothesis import strategies as st

from funcnn.terminal.pictures import bar, digit_lines, scores
from strategies import vectors

PIXELS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@given(vectors(64, st.sampled_from([0.0, 1.0])))
def test_the_image_can_be_read_back_from_its_picture(image: list[float]) -> None:
    pairs = [[PIXELS[char] for char in line] for line in digit_lines(image)]
    assert [float(pair[half]) for line in pairs for half in (0, 1) for pair in line] == image


def test_a_pixel_is_filled_from_a_half_on() -> None:
    assert digit_lines([0.4375, 0.5] + [0.0] * 62)[0] == " ▀      "


@given(st.floats(0, 1), st.integers(0, 20))
def test_a_bar_is_as_long_as_its_share_to_an_eighth(share: float, width: int) -> None:
    drawn = bar(share, width)
    length = sum(" ▏▎▍▌▋▊▉█".index(char) for char in drawn) / 8
    assert abs(length - share * width) <= 1 / 16
    assert drawn[:-1] == "█" * len(drawn[:-1])


def test_the_scores_are_those_of_the_largest_outputs_from_the_top() -> None:
    lines = scores([1.0, 4.0, -2.0, 2.0], 1, 3)
    assert [line.split() for line in lines] == [
        ["1", "█" * 12, "4.0"],
        ["3", "█" * 6, "2.0"],
        ["0", "█" * 3, "1.0"],
    ]


def test_an_arrow_points_at_a_wrong_winner_alone() -> None:
    arrows = [[line.endswith("←") for line in scores([1.0, 4.0], label)] for label in (0, 1)]
    assert arrows == [[True, False], [False, False]]


def test_outputs_that_are_not_positive_have_no_bar() -> None:
    assert [line.split() for line in scores([0.0, -1.0], 0)] == [["0", "0.0"], ["1", "-1.0"]]
