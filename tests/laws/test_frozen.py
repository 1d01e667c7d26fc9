"""Frozen cases: tight, passed by who is right, the same everywhere, enough for a loop in C."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, Final

import pytest

from funcnn.algebra.trees import filled, leaves
from funcnn.algebra.vectors import matmul
from funcnn.laws import magnitudes
from funcnn.laws.calls import Returned
from funcnn.laws.declarations import Declaration, parse
from funcnn.laws.findings import Fails, Finding, Holds, Silent
from funcnn.laws.frozen import STYLES, Case, asked, frozen, tensors
from funcnn.laws.functions import SUBJECTS, subject
from funcnn.laws.machines import machine
from funcnn.laws.mutants import MUTANTS, nan_swallowed, rows_truncated
from funcnn.laws.mutations import TF32, reading
from funcnn.laws.serialization import as_json, as_lines, contract
from funcnn.laws.subjects import Subject
from funcnn.laws.values import AT_LENGTHS, VALUES, WITHIN

type Columns = dict[str, list[Any]]

FLOAT32: Final = parse("float32")
LAWS: Final = {law.name: law for law in VALUES}

SOME: Final = ("dot", "matmul", "softmax", "gelu", "layer_norm", "matmul_vjp")

DIGESTS: Final = {
    "dot.float32": "09034a89ec13a9af9c3ccc782124db9ae5d75adb604e58da402da3cf6fc667d1",
    "conv2d.float64": "8e988b19fd23d4cbeea0d83eebcab8eb556bb92a4b2eeb47f272e24d9ba50199",
    "softmax.bfloat16": "6636254a0ace4ec5fdc1319220cc8de7320d37a05dc1c96646f61c3349ddfc39",
    "lstm_step.float16": "e8738f08c165025774ce04aa6bebe5b15efbf8625156d47fe7100e4d28fc6623",
    "matmul_vjp.float32": "450e37293dbce53e57e585fccbc9aa5bf33cee2d5dd5b93624fcd6550362735a",
    "README.md": "33ecc4e2d241017bc585ac3513c356ed675f008db4e4419eb98bb628808f093d",
    "schema.json": "f8503193ca5ed1d617fce36c97caa55c79788b125d1e3d0339a8160b4390d13c",
}
"""The SHA-256 of a few cases. If one differs, raise VERSION, and write the new ones here."""


@pytest.fixture(scope="module")
def all_functions() -> dict[str, list[Case]]:
    return {
        name: [*frozen(one, FLOAT32, 3 if "attention" in name else 2)]
        for name, one in SUBJECTS.items()
    }


def whole(case: Case) -> Columns:
    """The columns of all tensors of a result, one after the other."""
    names = case.rights[0].columns
    return {name: [x for right in case.rights for x in right.columns[name]] for name in names}


def is_right(case: Case, numbers: list[Any], prefix: str = "") -> bool:
    ends = whole(case)
    rows = zip(ends[f"{prefix}low"], numbers, ends[f"{prefix}high"], strict=True)
    return all(low <= number <= high for low, number, high in rows)


def answered(definition: Callable[..., Any], declaration: Declaration, case: Case) -> list[Any]:
    answer = machine(definition, declaration)(case.call)
    assert isinstance(answer, Returned)
    return [*leaves(answer.value)]


def test_who_is_right_is_never_wrong(all_functions: dict[str, list[Case]]) -> None:
    for name, cases in all_functions.items():
        for case in cases:
            assert is_right(case, answered(SUBJECTS[name].definition, FLOAT32, case)), case
            assert is_right(case, whole(case)["nearest"]), case


@pytest.mark.parametrize("form", ["float16", "bfloat16"])
def test_who_adds_in_a_wider_format_is_never_wrong(form: str) -> None:
    declared = parse(form)
    for name in SOME:
        for case in frozen(subject(name), declared, 2):
            for mixed in (declared, parse(f"{form},sums=float32")):
                assert is_right(case, answered(subject(name).definition, mixed, case)), case


def test_every_function_has_cases_of_every_law_that_says_something(
    all_functions: dict[str, list[Case]],
) -> None:
    for name, cases in all_functions.items():
        one, laws = SUBJECTS[name], {case.law for case in cases}
        for law in VALUES:
            if law.applies(one, FLOAT32) and law.name not in laws:
                honest = machine(one.definition, FLOAT32)
                for call in asked(law, one, FLOAT32, 2):
                    assert isinstance(law.finding(one, FLOAT32, honest, call), Silent), (name, law)
        assert cases and [case.number for case in cases] == [*range(1, len(cases) + 1)]


def placed(case: Case, place: int, number: float) -> list[float]:
    numbers = [*whole(case)["nearest"]]
    numbers[place] = number
    return numbers


def finding(one: Subject, declared: Declaration, case: Case, numbers: list[float]) -> Finding:
    """What its law says of these numbers as the result of a case."""
    form = one.definition(*case.call.arguments, **case.call.settings)
    returned = Returned(filled(form, numbers))
    return LAWS[case.law].finding(one, declared, lambda call: returned, case.call)


def grade(found: Finding) -> str | None:
    return found.grade if isinstance(found, Holds) else None


def is_beyond(found: Finding) -> bool:
    """Whether a law refuses; an error ÷ bound is a float, and 1.0 if it is more by 2⁻⁵³ or less."""
    return isinstance(found, Fails) or (isinstance(found, Holds) and found.share == 1)


@pytest.mark.parametrize("form", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", SOME)
def test_the_limits_are_the_last_numbers_that_the_law_admits(name: str, form: str) -> None:
    declared, one, tried = parse(form), subject(name), 0
    up, down = declared.outputs.next_up, declared.outputs.next_down
    for case in frozen(one, declared, 6):
        ends = whole(case)
        for place in {0, len(ends["low"]) - 1} if case.law != AT_LENGTHS.name else ():
            low, high = ends["low"][place], ends["high"][place]
            for inside in (low, high):
                found = finding(one, declared, case, placed(case, place, inside))
                assert grade(found) == "componentwise", case
            for outside in (down(low), up(high)):
                found = finding(one, declared, case, placed(case, place, outside))
                assert is_beyond(found) or grade(found) == "normwise", case
                assert is_beyond(found) or "normwise_low" in ends, case
                tried += 1
    assert tried


@pytest.mark.parametrize("form", ["float32", "bfloat16"])
def test_the_normwise_limits_are_the_last_that_a_fast_algorithm_may_reach(form: str) -> None:
    declared, one, tried = parse(form), subject("matmul"), 0
    up, down = declared.outputs.next_up, declared.outputs.next_down
    for case in frozen(one, declared):
        ends = whole(case)
        if case.law == WITHIN.name and "normwise_low" in ends:
            low, high = ends["low"][0], ends["high"][0]
            least, most = ends["normwise_low"][0], ends["normwise_high"][0]
            pairs = [(least, down(least))] * (least < low) + [(most, up(most))] * (most > high)
            for inside, outside in pairs:
                assert grade(finding(one, declared, case, placed(case, 0, inside))) == "normwise"
                assert is_beyond(finding(one, declared, case, placed(case, 0, outside))), case
                tried += 1
    assert tried


def test_what_is_told_beside_the_limits_agrees_with_them(
    all_functions: dict[str, list[Case]],
) -> None:
    told = 0
    for case in [case for cases in all_functions.values() for case in cases]:
        columns = whole(case)
        for exact, nearest, low, high, bound in zip(
            *(columns[name] for name in ("exact", "nearest", "low", "high", "bound")), strict=True
        ):
            assert low <= nearest <= high and (low == high or "bound" in case.law)
            if exact is not None:
                told += 1
                assert nearest == FLOAT32.outputs.round(exact)
                assert all(abs(Fraction(end) - exact) <= Fraction(bound) for end in (low, high))
    assert told > 1000


def test_the_frozen_cases_alone_tell_wrong_matmuls_from_the_true_one() -> None:
    declared = parse("float64")
    cases = [*frozen(subject("matmul"), declared)]
    wrong = [one for one in MUTANTS if one not in (nan_swallowed, rows_truncated)]
    for mutant in wrong:
        names = [c.number for c in cases if not is_right(c, answered(mutant, declared, c))]
        assert names, mutant
    assert [c.number for c in cases if not is_right(c, answered(matmul, declared, c))] == []
    narrow = reading(TF32, matmul)
    laws = {
        c.law
        for c in frozen(subject("matmul"), FLOAT32)
        if not is_right(c, answered(narrow, FLOAT32, c))
    }
    assert laws == {*LAWS}


def test_every_style_of_numbers_is_explained() -> None:
    assert STYLES.keys() == magnitudes.STYLES.keys()
    purposes = {case.purpose for case in frozen(subject("dot"), FLOAT32)}
    assert purposes >= {*STYLES.values()}


# What stands in the files.


WORDS: Final = {
    *("$comment", "$schema", "$defs", "title", "type", "const", "enum", "oneOf", "pattern"),
    *("minimum", "items", "minItems", "required", "properties", "additionalProperties"),
    "dependentRequired",
}
TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
SCHEMA: Final = json.loads(contract("schema.json"))


def fits(value: Any, schema: Any) -> bool:
    """Whether a value is as a schema says: of the words that ours uses, what each of them means."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    assert schema.keys() <= WORDS
    types = schema.get("type", [*TYPES])
    checks = [
        any(TYPES[name](value) for name in ([types] if isinstance(types, str) else types)),
        value == schema.get("const", value),
        value in schema.get("enum", [value]),
        sum(fits(value, one) for one in schema.get("oneOf", [True])) == 1,
    ]
    if isinstance(value, str):
        checks.append(re.search(schema.get("pattern", ""), value) is not None)
    if type(value) is int:
        checks.append(value >= schema.get("minimum", value))
    if isinstance(value, list):
        checks.append(len(value) >= schema.get("minItems", 0))
        checks += [fits(item, schema.get("items", True)) for item in value]
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        needed = [
            also for name, also in schema.get("dependentRequired", {}).items() if name in value
        ]
        checks.append({*schema.get("required", []), *sum(needed, [])} <= value.keys())
        checks += [fits(part, known.get(name, others)) for name, part in value.items()]
    return all(checks)


def test_every_file_is_as_the_schema_says(all_functions: dict[str, list[Case]]) -> None:
    for name, cases in all_functions.items():
        text = as_json(SUBJECTS[name], FLOAT32, cases)
        assert text.isascii() and text.endswith("]}\n") and text.count("\n") == len(cases) + 2
        data = json.loads(text)
        assert fits(data, SCHEMA), name
        for case in data["cases"]:
            for tensor in (*case["inputs"], *case["results"]):
                columns = [column for column in tensor.values() if isinstance(column, list)]
                columns.remove(tensor["shape"])
                assert {*map(len, columns)} == {prod(tensor["shape"])}


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("profile"),
        lambda data: data.update(version=2),
        lambda data: data.update(format="float31"),
        lambda data: data.update(more=1),
        lambda data: data["cases"][0].update(id=0),
        lambda data: data["cases"][0].update(inputs=[]),
        lambda data: data["cases"][0]["inputs"][0].update(kind="int"),
        lambda data: data["cases"][0]["results"][0]["low"].append("1.5"),
        lambda data: data["cases"][0]["results"][0]["low"].append("nan"),
        lambda data: data["cases"][0]["results"][0]["exact"].append("1/0"),
        lambda data: data["cases"][0]["results"][0].pop("normwise_low"),
        lambda data: data["cases"][0]["settings"].update(slope=0.25),
    ],
)
def test_the_schema_refuses_what_is_otherwise(change: Change) -> None:
    cases = frozen(subject("matmul"), FLOAT32, 1)
    data = json.loads(as_json(subject("matmul"), FLOAT32, [next(cases)]))
    assert fits(data, SCHEMA)
    change(data)
    assert not fits(data, SCHEMA)


def number(text: str | int | bool) -> float | int:
    return float.fromhex(text) if isinstance(text, str) else text


def test_the_files_have_the_numbers_that_were_drawn(all_functions: dict[str, list[Case]]) -> None:
    for name, cases in all_functions.items():
        data = json.loads(as_json(SUBJECTS[name], FLOAT32, cases))
        for case, told in zip(cases, data["cases"], strict=True):
            given = [[*map(number, one["values"])] for one in told["inputs"]]
            assert repr(given) == repr([numbers for _, numbers in tensors(case.call.arguments)])
            lows = [number(x) for one in told["results"] for x in one["low"]]
            assert lows == whole(case)["low"]


def test_the_lines_have_the_same_cases_as_the_json(all_functions: dict[str, list[Case]]) -> None:
    for name, cases in all_functions.items():
        data = json.loads(as_json(SUBJECTS[name], FLOAT32, cases))
        heading, *lines = as_lines(SUBJECTS[name], FLOAT32, cases).splitlines()
        assert heading == f"funcnn cases, version 1: {name} in float32"
        assert lines == [line for case in data["cases"] for line in lines_of(case)]


def lines_of(case: dict[str, Any]) -> Iterator[str]:
    settings = [
        f" {name}={json.dumps(value, separators=(',', ':'))}"
        for name, value in case["settings"].items()
    ]
    yield f"case {case['id']}{''.join(settings)}"
    tensors = [("input", one["shape"], one["values"]) for one in case["inputs"]]
    for one in case["results"]:
        tensors += [(word, one["shape"], one[word]) for word in ("low", "high")]
    for word, shape, values in tensors:
        plain = [int(x) if isinstance(x, bool) else x for x in values]
        yield " ".join(map(str, [word, len(shape), *shape, *plain]))


def test_the_contract_names_every_field_and_every_law() -> None:
    text = contract("README.md")
    for part in ("case", "tensor", "right"):
        for name in SCHEMA["$defs"][part]["properties"].keys() - {"id"}:
            assert f"`{name}`" in text, name
    assert all(f"| {law.name} |" in text for law in VALUES)
    assert "1, 2, 3 … 64 terms, and about 128 and 256 |" in text


# The same bytes everywhere.

DIGEST: Final = """
from hashlib import sha256
from funcnn.laws.declarations import parse
from funcnn.laws.frozen import frozen
from funcnn.laws.functions import subject
from funcnn.laws.serialization import as_json, as_lines, contract
from funcnn.laws.subjects import Subject
for name in {names}:
    one, form = subject(name.split(".")[0]), parse(name.split(".")[1])
    cases = [*frozen(one, form, 3)]
    print(sha256((as_json(one, form, cases) + as_lines(one, form, cases)).encode()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_bytes_are_the_same_on_every_machine(seed: str) -> None:
    names = [name for name in DIGESTS if not name.endswith((".md", ".json"))]
    told = subprocess.run(
        [sys.executable, "-c", DIGEST.format(names=names)],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    digests = dict(zip(names, told.stdout.split(), strict=True))
    digests |= {
        name: sha256(contract(name).encode()).hexdigest()
        for name in DIGESTS.keys() - digests.keys()
    }
    assert digests == DIGESTS, f"raise VERSION, and write these: {json.dumps(digests, indent=4)}"


# A loop in C.


def test_a_loop_in_c_judges_by_the_lines_alone(tmp_path: Path) -> None:
    source = Path(__file__).with_name("judge.c")
    blocks = re.findall(r"```c\n(.*?)```", contract("README.md"), re.DOTALL)
    assert blocks and all(block in source.read_text("utf-8") for block in blocks)
    program = tmp_path / "judge"
    subprocess.run(["cc", "-Wall", "-Werror", "-O1", source, "-o", program], check=True)
    cases = [*frozen(subject("matmul"), FLOAT32)]
    lines = as_lines(subject("matmul"), FLOAT32, cases)

    def wrong(which: str) -> list[int]:
        told = subprocess.run(
            [program, which], input=lines, capture_output=True, text=True, check=True
        )
        return [*map(int, told.stdout.split())]

    def short(left: Any, right: Any) -> Any:
        return matmul([[*row[:-1], row[-1] * 0] for row in left], right)

    assert wrong("right") == []
    for which, definition in (("short", short), ("narrowed", reading(CUT, matmul))):
        named = [c.number for c in cases if not is_right(c, answered(definition, FLOAT32, c))]
        assert wrong(which) == named != []


CUT: Final = replace(TF32, rounding="toward zero")
