"""Rule arrays: networks of cells, each 0 or 1, of which each is told by a rule of its own."""

from collections.abc import Sequence
from functools import partial

from funcnn.algebra.folds import bool_of, int_of, length_of, scanl, zipped
from funcnn.blocks.linears import named


def rule_row(
    inputs: Sequence[int],
    weights: Sequence[int],
    *,
    rules: Sequence[int] = (4, 146),
    cyclic: bool = False,
) -> list[int]:
    """The next row of cells: each from itself and its two neighbors, by the rule chosen for it.

    A rule is a table of the eight cases, kept as a number of eight bits. With one rule for all
    cells, this is a step of an elementary cellular automaton.

    Haskell
        ruleRow row choices = zipWith4 next (0 : row) row (tail row ++ [0]) choices
            where next a b c k = fromEnum (testBit (rules !! k) (4 * a + 2 * b + c))
    Maths
        yᵢ = ⌊rₖ/2ʲ⌋ mod 2,  j = 4·xᵢ₋₁ + 2·xᵢ + xᵢ₊₁, k = wᵢ
    Shapes
        inputs n cells, weights n choices  →  n    n ≥ 1
    Settings
        rules    the rules to choose from, each 0 to 255
        cyclic   whether the first and the last cell are neighbors; else beyond them are zeros
    Errors
        ValueError   there is no cell, or not a choice for each; a cell is not 0 or 1, a choice is
                     of none of the rules, or a rule is not one of 0 to 255
        TypeError    one is no int, or cyclic is no bool
    Source
        S. Wolfram, "What's Really Going On in Machine Learning? Some Minimal Models" (2024)

    >>> rule_row([0, 0, 1, 0, 0], [0, 1, 1, 1, 0], rules=(0, 146))
    [0, 1, 0, 1, 0]
    >>> rule_row([0, 0, 1], [0, 0, 0], rules=[90], cyclic=True)
    [1, 1, 0]
    >>> rule_row([0, 1, 0], [0, 2, 0])
    Traceback (most recent call last):
    ValueError: weights, entry 1: 2 is not one of 0 to 1
    """
    row, numbers = _below(inputs, 2, "inputs"), _below(rules, 256, "rules")
    choices = _below(weights, len(numbers), "weights")
    if not row:
        raise ValueError("inputs is empty")
    before, after = (row[-1], row[0]) if bool_of(cyclic, "cyclic") else (0, 0)
    around = zip([before, *row[:-1]], row, [*row[1:], after], strict=True)
    cells = zipped([*around], choices, ("inputs", "weights"))
    return [numbers[k] >> (4 * a + 2 * b + c) & 1 for (a, b, c), k in cells]


def rule_array(
    inputs: Sequence[int],
    weights: Sequence[Sequence[int]],
    *,
    rules: Sequence[int] = (4, 146),
    cyclic: bool = False,
) -> list[list[int]]:
    """The rows that a row of cells passes through, itself the first: one more for each of weights.

    As an image it is the pattern; the last row is what the network makes of the first. That alone
    is `serial(layer(rule_row), …)`, or `foldl`.

    Haskell
        ruleArray = scanl ruleRow
    Shapes
        inputs n cells, weights m×n choices  →  (m + 1)×n
    Settings
        rules    those of `rule_row`
        cyclic   that of `rule_row`
    Errors
        those of `rule_row`
    Laws
        rule_array(x, W)[-1] == foldl(rule_row, x, W)
        of one rule, it is the elementary cellular automaton of that number
    Source
        S. Wolfram, "What's Really Going On in Machine Learning? Some Minimal Models" (2024)

    >>> for row in rule_array([0, 0, 0, 1, 0, 0, 0], [[0] * 7] * 3, rules=[30]):
    ...     print(*row)
    0 0 0 1 0 0 0
    0 0 1 1 1 0 0
    0 1 1 0 0 1 0
    1 1 0 1 1 1 1
    >>> rule_array([0, 1], [[0, 1], [1]])
    Traceback (most recent call last):
    ValueError: row 1: inputs and weights differ in length: 2 and 1
    """
    length_of(weights, "weights")
    following = partial(rule_row, rules=rules, cyclic=cyclic)

    def grown(row: list[int], step: tuple[int, Sequence[int]]) -> list[int]:
        return named(f"row {step[0]}", following, row, step[1])

    return [*scanl(grown, [*_below(inputs, 2, "inputs")], enumerate(weights))]


def lifetime(rows: Sequence[Sequence[int]]) -> int:
    """How many rows come before the first that is all zeros; all of them, if there is none.

    Errors
        TypeError    the rows are no list

    >>> lifetime([[0, 1, 0], [1, 0, 1], [0, 0, 0]]), lifetime([[0, 1, 0]])
    (2, 1)
    """
    count = length_of(rows, "rows")
    return next((step for step, row in enumerate(rows) if not any(row)), count)


def _below(items: Sequence[int], count: int, name: str) -> Sequence[int]:
    """the items, once each is known to be one of 0 to count − 1"""
    length_of(items, name)
    if {*map(type, items)} != {int} or not {*items} <= {*range(count)}:
        for entry, item in enumerate(items):
            if not 0 <= int_of(item, f"{name}, entry {entry}") < count:
                raise ValueError(f"{name}, entry {entry}: {item} is not one of 0 to {count - 1}")
    return items
