"""What is right is never called wrong: every definition, in every order of its sums."""

from collections.abc import Callable, Sequence
from typing import Final

import pytest

from funcnn.algebra.dyadics import dyadic
from funcnn.algebra.elementary import exp
from funcnn.algebra.enclosures import enclosure
from funcnn.algebra.formats import binary16, binary32
from funcnn.algebra.roundings import Rounded
from funcnn.algebra.scalars import total
from funcnn.algebra.vectors import dot
from funcnn.laws.declarations import parse
from funcnn.laws.values import WITHIN
from orders import ARITHMETICS, LAWS, ORDERS, SUBJECTS, Order, Term, fused, judged, left, wrapped

SOME: Final = 3
"""How many calls each law asks here of each function: `python tests/laws/orders.py` asks more."""


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_a_definition_in_any_order_is_never_wrong(arithmetic: str) -> None:
    place = ARITHMETICS.index(arithmetic)
    for subject in SUBJECTS[place % 2 :: 2]:
        for law in LAWS:
            if law.applies(subject, parse(arithmetic)):
                found = judged(subject, arithmetic, law, place, SOME)
                assert found.word != "wrong", found
                assert law is not WITHIN or found.word == "right", found


def test_the_orders_differ() -> None:
    xs = [1.0, *[2.0**-11 + 2.0**-18] * 9]
    ys = [1.0, *[1 + place / 512 for place in range(9)]]
    assert len({float(dot(*wrapped((xs, ys), order, binary16))) for order in ORDERS}) >= 4


@pytest.mark.parametrize(("summed", "expected"), [(left, 0.0), (fused, 2.0**-46)])
def test_a_fused_sum_rounds_no_product_but_the_first(
    summed: Callable[[Sequence[Term]], Rounded], expected: float
) -> None:
    x = 1 + 2.0**-23
    pair = wrapped(([-1 - 2.0**-22, x], [1.0, x]), Order(summed), binary32)
    assert float(dot(*pair)) == expected


def test_a_sum_of_sums_is_one_sum() -> None:
    seen = list[int]()

    def counted(terms: Sequence[Term]) -> Rounded:
        seen.append(len(terms))
        return left(terms)

    x, y, z = wrapped([1.0, 2.0, 3.0], Order(counted), binary32)
    assert float(total([total([x, y]), z])) == 6.0
    assert seen == [3]


def test_sloppy_functions_err_by_one_ulp_to_three() -> None:
    errors = set()
    for x in [place / 8 for place in range(1, 80)]:
        (number,) = wrapped([x], ORDERS[-1], binary32)
        gap = dyadic(float(exp(number))) - enclosure(exp, dyadic(x), 200).low
        errors.add(float(abs(gap)) / binary32.ulp(float(exp(number))))
    assert 0.4 < min(errors) <= max(errors) < 3
