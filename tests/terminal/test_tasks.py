"""Each task keeps what judges apart from what teaches, and is judged by its own figure."""

from math import log
from pathlib import Path

import pytest

from funcnn import Batch
from funcnn.exchange.datasets import split_digits
from funcnn.exchange.first_names import split_names, to_tokens
from funcnn.terminal import tasks
from funcnn.terminal.tasks import Parts, commonest, task_of
from trainings import table


def test_the_digits_held_out_are_in_no_other_part() -> None:
    task, split = task_of("digits", 0), split_digits()
    training, validation, held_out = task.parts
    assert held_out == Batch(*split.held_out)
    assert [*validation.inputs, *training.inputs] == split.training.images
    assert [*validation.targets, *training.targets] == split.training.labels
    assert [len(part.targets) for part in task.parts] == [1300, 137, 360]


def test_a_name_is_told_letter_by_letter_and_its_end() -> None:
    task, split = task_of("names", 0), split_names()
    for part, names in zip(task.parts, split, strict=True):
        tokens = [*map(to_tokens, names)]
        assert [[0, *ts] for ts in tokens] == part.inputs
        assert [[*ts, 0] for ts in tokens] == part.targets


def test_without_a_network_pairs_of_letters_tell_more_than_equal_shares() -> None:
    figures = task_of("names", 0).baselines()
    assert figures["equal shares"] == log(27) and 2 < figures["pairs of letters"] < 2.6


@pytest.mark.parametrize("key", [0, 1])
def test_a_table_is_divided_by_the_key(key: int, tmp_path: Path) -> None:
    path = table(tmp_path / "pets.csv", 50)
    parts = task_of(str(path), key).parts
    assert [len(part.targets) for part in parts] == [35, 5, 10]
    assert parts == task_of(str(path), key).parts != task_of(str(path), key + 1).parts


def test_a_table_is_scaled_by_the_rows_to_learn_from_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    table(path)
    parts = task_of(str(path), 0).parts
    for column in zip(*parts.training.inputs, strict=True):
        assert sum(column) == pytest.approx(0, abs=1e-9)
        assert sum(x * x for x in column) == pytest.approx(len(column))
    assert abs(sum(x for x, _ in parts.held_out.inputs)) > 0.1
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"5,{line}" for line in lines))
    assert {x for x, *_ in task_of(str(path), 0).parts.held_out.inputs} == {0.0}


def test_nine_rows_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r": 9 rows; give at least 10$"):
        task_of(str(table(tmp_path / "pets.csv", 9)), 0)
    assert [len(part.targets) for part in task_of(str(table(tmp_path / "b.csv", 10)), 0).parts] == [
        7,
        1,
        2,
    ]


def test_without_a_network_the_commonest_class_is_told() -> None:
    parts = Parts(Batch([], [3, 3, 4]), Batch([], []), Batch([], [4, 4, 3]))
    assert commonest(parts) == {"the commonest class": 1 / 3}


def test_figures_are_told_alone_and_of_so_many() -> None:
    assert tasks.ACCURACY.short(0.975) == "97.5% right" and tasks.ACCURACY.tick(0.975) == "97.5%"
    assert tasks.ACCURACY.long(0.975, 360) == "351 of 360 right, 97.5%"
    assert tasks.NATS.long(2.25, 516) == "2.2500 nats a character, of 516 names"
