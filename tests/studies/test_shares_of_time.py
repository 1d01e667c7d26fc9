"""The study of matrix products' share of time: they are all there, and the verdict follows."""

from collections.abc import Callable
from typing import Any

import pytest

from funcnn.blocks.convolutions import conv2d
from funcnn.blocks.heads import self_attention
from funcnn.blocks.image_models import convnext, lenet
from funcnn.blocks.models import Model
from funcnn.blocks.sequence_models import gpt
from funcnn.diagnostics.costs import Product, cost_of
from funcnn.studies import layer_products
from funcnn.studies.findings import Finding
from funcnn.studies.layer_products import PRODUCTS, products
from funcnn.studies.shares_of_time import STUDY, SUBJECTS, decided
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_every_figure_that_has_to_be_is_met(finding: Finding) -> None:
    assert [one.what for one in finding.measurements if one.met is False] == []
    assert sum(one.met is True for one in finding.measurements) == 4


def test_each_model_has_its_three_shares(finding: Finding) -> None:
    shares = [one.value for one in finding.measurements if "share of" in one.what]
    assert len(shares) == 9 and min(shares) > 0
    operations = [one.value for one in finding.measurements if "share of operations" in one.what]
    assert [round(share, 3) for share in operations] == [99.277, 94.262, 97.27]


def test_the_verdict_follows_from_the_shares(finding: Finding) -> None:
    shares = [one.value / 100 for one in finding.measurements if "time, batch" in one.what]
    assert finding.verdict == decided(shares)
    assert decided([0.9, 0.95]) == "holds"
    assert decided([0.89, 0.95]) == "holds with limits"
    assert decided([0.2, 0.3, 0.95]) == "false"


def multiply_adds(model: Model, batch: int) -> tuple[int, int]:
    """Of a model's products, and of its cost."""
    forms = model.network, model.inputs, model.weights
    parts = products(*forms, batch)
    return sum(part.multiply_adds for part in parts), batch * cost_of(*forms).multiply_adds


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("batch", [1, 5])
def test_the_products_of_a_model_have_all_its_multiply_adds(name: str, batch: int) -> None:
    of_products, of_model = multiply_adds(SUBJECTS[name].model, batch)
    assert of_products == of_model


def test_so_they_have_in_models_that_are_as_large_as_they_come() -> None:
    for model in (lenet(), convnext(), gpt(context=64, layers=2)):
        of_products, of_model = multiply_adds(model, 1)
        assert of_products == of_model


def one_group(inputs: Any, weights: Any, batch: int, **settings: Any) -> list[Product]:
    return BEFORE[conv2d](inputs, weights, batch, **settings)[:1]


def all_seen(inputs: Any, weights: Any, batch: int, **settings: Any) -> list[Product]:
    return BEFORE[self_attention](inputs, weights, batch, **settings | {"causal": False})


BEFORE = dict(PRODUCTS)


@pytest.mark.parametrize(
    ("name", "definition", "wrong"),
    [("ConvNeXt", conv2d, one_group), ("microgpt", self_attention, all_seen)],
)
def test_products_that_are_not_all_there_are_found_out(
    name: str,
    definition: Callable[..., Any],
    wrong: Callable[..., list[Product]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(layer_products.PRODUCTS, definition, wrong)
    of_products, of_model = multiply_adds(SUBJECTS[name].model, 1)
    assert of_products != of_model
