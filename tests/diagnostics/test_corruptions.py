"""Images shifted, blurred and noisy: what stays of them, and what wrong ones do not keep."""

from collections.abc import Callable
from fractions import Fraction
from math import fsum, nan
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.folds import foldl
from funcnn.algebra.vectors import transpose
from funcnn.diagnostics.corruptions import blurred, noisy, shifted
from strategies import fractions, matrices

SIZES: Final = st.integers(1, 4)


@st.composite
def images(draw: st.DrawFn) -> list[list[Fraction]]:
    return draw(matrices(draw(SIZES), draw(SIZES), fractions))


@given(images(), st.integers(-5, 5), st.integers(-5, 5))
def test_a_pixel_comes_from_where_it_was_or_is_black(
    image: list[list[Fraction]], down: int, right: int
) -> None:
    height, width = len(image), len(image[0])
    moved = shifted(image, down, right)
    assert moved == [
        [
            image[i - down][j - right] if 0 <= i - down < height and 0 <= j - right < width else 0
            for j in range(width)
        ]
        for i in range(height)
    ]
    assert shifted(shifted(image, down, 0), 0, right) == moved


def keeps_the_light(blur: Callable[[Any], Any], image: Any) -> bool:
    """Whether as much light is in the image as before."""
    return sum(map(sum, blur(image))) == sum(map(sum, image))


def is_turned(blur: Callable[[Any], Any], image: Any) -> bool:
    """Whether it does the same along the columns as along the rows."""
    return bool(blur(transpose(image)) == transpose(blur(image)))


@given(images(), st.integers(0, 3))
def test_blur_keeps_the_light_and_turns_with_the_image(image: Any, times: int) -> None:
    def blur(image: Any) -> Any:
        return blurred(image, times)

    assert keeps_the_light(blur, image) and is_turned(blur, image)
    assert blur(blur(image)) == blurred(image, 2 * times)
    assert blurred([[Fraction(1, 3)] * 3] * 2, times) == [[Fraction(1, 3)] * 3] * 2


def black_around(image: Any) -> Any:
    framed = [[0, *row, 0] for row in [[0] * len(image[0]), *image, [0] * len(image[0])]]
    whole = blurred([[Fraction(x) for x in row] for row in framed])
    return [row[1:-1] for row in whole[1:-1]]


def along_the_rows(image: Any) -> Any:
    return [blurred([row])[0] for row in image]


def test_blurs_that_lose_light_or_forget_the_columns_are_found_out() -> None:
    image = [[Fraction(1), Fraction(0)], [Fraction(2), Fraction(0)]]
    assert not keeps_the_light(black_around, image) and is_turned(black_around, image)
    assert keeps_the_light(along_the_rows, image) and not is_turned(along_the_rows, image)


def test_blurs_of_a_point_are_binomial_and_their_variance_is_half_of_the_times() -> None:
    point = [[Fraction(int(place == 10)) for place in range(21)]]
    [row] = blurred(point, 4)
    assert [256 * x for x in row[6:15]] == [1, 8, 28, 56, 70, 56, 28, 8, 1]
    assert sum(x * (place - 10) ** 2 for place, x in enumerate(row)) == 2


def test_noise_is_that_of_the_key_has_its_deviation_and_stays_between_black_and_white() -> None:
    gray = [[0.5] * 100] * 40
    noise = noisy(3, gray, 0.1)
    assert noise == noisy(3, gray, 0.1) != noisy(4, gray, 0.1)
    differences = [x - 0.5 for row in noise for x in row]
    assert abs(fsum(differences)) / 4000 < 5 * 0.1 / 4000**0.5
    variance = fsum(x * x for x in differences) / 4000
    assert abs(variance / 0.01 - 1) < 5 * (2 / 4000) ** 0.5
    loud = foldl(lambda seen, row: seen | {*row}, set[float](), noisy(0, gray, 10.0))
    assert min(loud) == 0.0 and max(loud) == 1.0


@pytest.mark.parametrize(
    "corruption",
    [lambda x: shifted(x, 1, 0), blurred, lambda x: noisy(0, x, 0.1)],
)
def test_what_is_no_image_is_refused_in_a_line(corruption: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"^the image is empty$"):
        corruption([])
    with pytest.raises(ValueError, match=r"^row 1 has length 1, row 0 has length 2$"):
        corruption([[0.0, 1.0], [0.0]])
    with pytest.raises(TypeError, match=r"^the image is a int, not a list$"):
        corruption(3)


def test_wrong_settings_are_refused_in_a_line() -> None:
    wrongly: Any = 0.5
    with pytest.raises(TypeError, match=r"^down is a float, not an int$"):
        shifted([[0.0]], wrongly, 0)
    with pytest.raises(ValueError, match=r"^times is -1: give 0 or more$"):
        blurred([[0.0]], -1)
    with pytest.raises(TypeError, match=r"^1/4 is no int; use float or Fraction numbers$"):
        blurred([[1]])


def test_however_far_an_image_is_moved_it_is_black_at_once() -> None:
    assert shifted([[1, 2]], 10**30, 0) == shifted([[1, 2]], 0, -(10**30)) == [[0, 0]]


@pytest.mark.parametrize(
    ("image", "deviation", "message"),
    [
        ([[nan]], 0.0, "row 0, entry 0: nan is not finite"),
        ([[0.5]], nan, "the deviation is nan: give a finite one from 0 on"),
        ([[0.5]], -1.0, "the deviation is -1.0: give a finite one from 0 on"),
    ],
)
def test_noise_makes_no_black_of_what_is_no_number(
    image: list[list[float]], deviation: float, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        noisy(0, image, deviation)
