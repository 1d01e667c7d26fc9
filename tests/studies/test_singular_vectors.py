"""Svd: a linear autoencoder comes to the singular vectors; how near relu comes is measured."""

import math

import numpy as np
import pytest

from funcnn.algebra.vectors import Matrix, matmul, transpose
from funcnn.blocks.combinators import layer
from funcnn.blocks.models import in_series, project_to
from funcnn.calculus.losses import squared_error
from funcnn.calculus.pullbacks import mean_loss
from funcnn.diagnostics.features import principal_angles
from funcnn.studies.findings import Finding, found
from funcnn.studies.materials import digit_batches
from funcnn.studies.plots import Plot
from funcnn.studies.singular_vectors import (
    DIRECTIONS,
    STUDY,
    centered,
    decomposed,
    encoded,
    overlap,
    verdict,
)
from quick_runs import quick


@pytest.fixture(scope="module")
def finding() -> Finding:
    return quick(STUDY)


def test_what_theory_says_is_met(finding: Finding) -> None:
    assert [m.what for m in finding.measurements if m.met is False] == []
    figures = {m.what: m.value for m in finding.measurements}
    assert 0 <= figures["autoencoder's loss above Eckart and Young's least"] < 1e-6
    assert figures["autoencoder's largest angle to the singular vectors"] < 0.01
    assert finding.verdict == "holds with limits"


def test_the_plot_has_the_autoencoder_below_all_others(finding: Finding) -> None:
    assert isinstance(finding.plot, Plot)
    autoencoder, *others = finding.plot.series
    assert [x for x, _ in autoencoder.points] == [*range(1, DIRECTIONS + 1)]
    assert max(y for _, y in autoencoder.points) < min(y for s in others for _, y in s.points)
    assert all(0 <= y <= 90 for s in others for _, y in s.points)


def test_the_singular_vectors_are_numpy_s() -> None:
    examples, _ = digit_batches(20)
    data = decomposed(examples)
    images = np.array(examples.inputs) - np.mean(examples.inputs, axis=0)
    assert np.allclose(data.images, images)
    _, values, vectors = np.linalg.svd(images, full_matrices=False)
    assert np.allclose(data.values, values)
    angles = principal_angles(data.vectors[:DIRECTIONS], vectors[:DIRECTIONS].tolist())
    assert max(angles) < 1e-9


def _loss(images: Matrix[float], rows: Matrix[float]) -> list[float]:
    """of an autoencoder of one direction, on images, and on rows of as long"""
    size = len(images[0])
    weights = [[[0.5] * size], [[float(i)] for i in range(size)]]
    network = in_series(project_to(1, size, bias=False), project_to(size, 1, bias=False)).network
    return [mean_loss(network, layer(squared_error), weights, x, x) for x in (images, rows)]


def test_the_rows_that_it_learns_from_have_the_images_own_loss() -> None:
    """As Σ‖x − M·x‖² is the trace of (I − M)·XᵀX·(I − M)ᵀ."""
    examples, _ = digit_batches(20)
    images, values, vectors, _ = decomposed(examples)
    rows = [[value * x for x in vector] for value, vector in zip(values, vectors, strict=True)]
    assert np.allclose(matmul(transpose(images), images), matmul(transpose(rows), rows))
    one, other = _loss(images, rows)
    assert math.isclose(one, other, rel_tol=1e-9)


def test_an_autoencoder_of_too_few_steps_is_not_there_yet() -> None:
    examples, _ = digit_batches(20)
    data = decomposed(examples)
    runs = [found(encoded(0, data.values, data.vectors, 20, steps)) for steps in (5, 100)]
    assert runs[0].excess > runs[1].excess > 0
    assert max(runs[0].angles) > max(runs[1].angles)


def test_images_of_zeros_add_to_their_number_alone() -> None:
    examples, _ = digit_batches(20)
    data = decomposed(examples)
    one, other = (found(encoded(0, data.values, data.vectors, n, 100)) for n in (20, 40))
    assert other.least == one.least / 2
    assert 0 < other.excess < 0.5


def test_overlap_is_1_within_and_0_across() -> None:
    axes = [[float(i == j) for j in range(4)] for i in range(4)]
    assert overlap(principal_angles(axes[:2], [[1.0, 1.0, 0.0, 0.0], axes[0]])) == pytest.approx(1)
    assert overlap(principal_angles(axes[:2], axes[2:])) == pytest.approx(0)
    assert overlap(principal_angles(axes[:2], axes[1:3])) == pytest.approx(1 / 2)


def test_the_mean_of_centered_images_is_0() -> None:
    assert centered([[1.0, 2.0], [3.0, 6.0]]) == [[-1.0, -2.0], [1.0, 2.0]]


def test_the_verdict_is_that_of_the_figures() -> None:
    assert verdict(True, 0.9) == "holds"
    assert verdict(True, 0.89) == "holds with limits"
    assert verdict(False, 1.0) == "false"
