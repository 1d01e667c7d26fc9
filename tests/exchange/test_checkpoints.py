"""A checkpoint is read again bit for bit and in its form; what is none is refused in one line."""

import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from random import Random
from struct import pack
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn import (
    AffineWeights,
    Form,
    State,
    convnext_block,
    initial_weights,
    microgpt,
    tree_map,
)
from funcnn.algebra.trees import is_leaf
from funcnn.blocks.forms import form
from funcnn.exchange import checkpoints, safetensors
from funcnn.exchange.checkpoints import (
    Checkpoint,
    decode,
    encode,
    load,
    load_metadata,
    save,
)
from hostile_files import allowed, broken, is_clear, read, wrong_tensors_files


class Pair(NamedTuple):
    one: Any
    other: Any


FLOATS = st.floats(width=64) | st.sampled_from([0.0, -0.0, 5e-324, -2.2e-308, float("nan")])
INTS = st.integers(-(2**63), 2**63 - 1)
WEIGHTS = AffineWeights([[0.5, -0.25], [1.0, 2.0]], [0.0, -1.0])
STATE = State([WEIGHTS, ()], 7, (0.25, [WEIGHTS, ()], 3), 0.125)
CHECKPOINT = Checkpoint(STATE, {"network": "softmax"}, {"losses": [0.5, 0.25], "none": []})


def arrays(numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Numbers, and lists of a shape."""

    def nested(lengths: list[int]) -> st.SearchStrategy[Any]:
        strategy = numbers
        for length in lengths:
            strategy = st.lists(strategy, min_size=length, max_size=length)
        return strategy

    return st.lists(st.integers(1, 3), max_size=3).flatmap(nested)


def trees() -> st.SearchStrategy[Any]:
    """Weights of any form: numbers, arrays, tuples, NamedTuples and lists of these, or nothing."""
    leaves = arrays(FLOATS) | arrays(INTS) | st.just(())
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(Pair, inner, inner)
            | st.lists(inner, max_size=3).map(tuple)
            | st.tuples(inner, st.just(())).map(list)
        ),
        max_leaves=6,
    )


def bits(tree: Any) -> Any:
    """A tree with its kinds of node, and each number as its kind and its bits."""
    if is_leaf(tree):
        return type(tree), pack("<d", tree) if isinstance(tree, float) else tree
    return type(tree), [bits(part) for part in tree]


def states() -> st.SearchStrategy[State]:
    """States whose memory has trees of the weights' form, and numbers."""

    def alike(tree: Any) -> st.SearchStrategy[State]:
        drawn = Random(0)
        other = tree_map(lambda _: drawn.uniform(-1, 1), tree)
        parts = st.sampled_from([tree, other]) | FLOATS | INTS
        memory = st.lists(parts, max_size=4).map(tuple)
        return st.builds(
            State, st.just(tree), st.integers(0, 2**63 - 1), memory, FLOATS | st.none()
        )

    return trees().flatmap(alike)


@given(states(), st.dictionaries(st.sampled_from("aé\0"), st.text()), st.lists(FLOATS))
def test_a_state_is_read_again_bit_for_bit_and_in_its_form(
    state: State, metadata: dict[str, str], losses: list[float]
) -> None:
    checkpoint = Checkpoint(state, metadata, {"losses": losses})
    again = decode(encode(checkpoint), state.weights, metadata)
    assert bits(tuple(again.state)) == bits(tuple(state))
    assert again.metadata == metadata and bits(again.curves["losses"]) == bits(losses)


@pytest.mark.parametrize(
    "forms", [microgpt().weights, convnext_block(4).weights], ids=["gpt", "convnext"]
)
def test_weights_are_read_into_the_forms_of_their_model(forms: Any) -> None:
    weights = initial_weights(0, forms)
    state = State(weights, 3, (weights, 0.5), 1.5)
    assert bits(tuple(decode(encode(Checkpoint(state)), forms).state)) == bits(tuple(state))


def test_tensors_are_named_by_their_places_and_read_by_any_program() -> None:
    file = encode(CHECKPOINT)
    tensors = safetensors.decode(file)
    assert tensors == {
        "weights.0.matrix": [[0.5, -0.25], [1.0, 2.0]],
        "weights.0.bias": [0.0, -1.0],
        "memory.0": 0.25,
        "memory.1.0.matrix": [[0.5, -0.25], [1.0, 2.0]],
        "memory.1.0.bias": [0.0, -1.0],
        "memory.2": 3,
        "step": 7,
        "loss": 0.125,
        "curves.losses": [0.5, 0.25],
        "curves.none": [],
    }
    entries = safetensors.header_of(file).entries.items()
    ints = {name for name, entry in entries if entry.dtype.name == "I64"}
    assert ints == {"step", "memory.2"}
    assert {entry.dtype.name for name, entry in entries if name not in ints} == {"F64"}


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ([1.0, 2], "tensor 'weights' is of float and int: a checkpoint keeps floats, or ints"),
        ([[Fraction(1)]], "tensor 'weights' is of Fraction: a checkpoint keeps floats, or ints"),
    ],
)
def test_numbers_that_would_not_come_back_are_refused(weights: Any, why: str) -> None:
    with pytest.raises(TypeError) as refused:
        encode(Checkpoint(State(weights)))
    assert f"{refused.value}" == why


def test_an_int_that_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tensor 'weights', entry 0: 9223.* too large for I64$"):
        encode(Checkpoint(State([2**63])))


def changed(**fields: Any) -> bytes:
    """The file of a checkpoint of which tensors or texts are others, or not there."""
    file = encode(CHECKPOINT)
    texts = safetensors.metadata_of(file) | fields.pop("texts", {})
    tensors = safetensors.decode(file) | {name.replace("_", "."): t for name, t in fields.items()}
    kept = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    dtypes = {name: "I64" if type(tensor) is int else "F64" for name, tensor in kept.items()}
    return safetensors.encode(kept, dtypes, texts)


LIKE = STATE.weights
ANOTHER = "; the file is of another network or optimizer: name that, or give another file"
CUT = "the file is cut, or too long"
AGAIN = "; take another checkpoint, or train again"


@pytest.mark.parametrize(
    ("file", "weights", "why"),
    [
        (
            b"",
            LIKE,
            f"0 bytes are no safetensors file: the length of its header alone takes 8{AGAIN}",
        ),
        (
            encode(CHECKPOINT)[:-1],
            LIKE,
            f"143 bytes of data, of which the tensors take 144: {CUT}{AGAIN}",
        ),
        (
            safetensors.encode({"weights": [1.0]}),
            [1.0],
            "its format is '', not 'funcnn checkpoint 1'; give a file that funcnn train has saved",
        ),
        (
            changed(texts={"format": "funcnn checkpoint 2"}),
            LIKE,
            "its format is 'funcnn checkpoint 2', not 'funcnn checkpoint 1'; "
            "give a file that funcnn train has saved",
        ),
        (changed(texts={"memory": "-1"}), LIKE, f"memory is '-1', no count{AGAIN}"),
        (changed(texts={"memory": "2"}), LIKE, f"tensor 'memory.2' has no place{ANOTHER}"),
        (changed(texts={"memory": "4"}), LIKE, f"no tensor 'memory.3.0.matrix'{ANOTHER}"),
        (changed(weights_0_bias=None), LIKE, f"no tensor 'weights.0.bias'{ANOTHER}"),
        (changed(memory_1_0_bias=None), LIKE, f"no tensor 'memory.1.0.bias'{ANOTHER}"),
        (changed(memory_0=None), LIKE, f"no tensor 'memory.0.0.matrix'{ANOTHER}"),
        (changed(step=None), LIKE, f"no tensor 'step'{ANOTHER}"),
        (changed(weights_1=[1.0]), LIKE, f"tensor 'weights.1' has no place{ANOTHER}"),
        (changed(loss=[0.5]), LIKE, f"tensor 'loss' is 1, not a number{ANOTHER}"),
        (changed(step=-1), LIKE, f"step is -1, no number of steps{AGAIN}"),
        (changed(step=0.5), LIKE, f"step is 0.5, no number of steps{AGAIN}"),
        (
            changed(curves_losses=[[0.5]]),
            LIKE,
            f"tensor 'curves.losses' is 1×1, not a list of numbers{AGAIN}",
        ),
        (
            encode(CHECKPOINT),
            [Form((2, 2)), ()],
            f"no tensor 'weights.0'{ANOTHER}",
        ),
        (
            encode(CHECKPOINT),
            [AffineWeights(form(2, 3), form(2)), ()],
            f"tensor 'weights.0.matrix' is 2×2, not 2×3{ANOTHER}",
        ),
        (
            encode(CHECKPOINT),
            [WEIGHTS, WEIGHTS],
            f"no tensor 'weights.1.matrix'{ANOTHER}",
        ),
    ],
    ids=lambda item: item[:30] if isinstance(item, str) else "",
)
def test_what_is_no_checkpoint_of_these_weights_is_refused(
    file: bytes, weights: Any, why: str, tmp_path: Path
) -> None:
    (tmp_path / "run.safetensors").write_bytes(file)
    with pytest.raises(ValueError) as refused:
        load(tmp_path / "run.safetensors", weights)
    assert f"{refused.value}" == f"{tmp_path / 'run.safetensors'}: {why}"


def test_a_checkpoint_of_other_metadata_is_refused() -> None:
    for asked, told in (
        ("network", "network is 'softmax', not 'x'"),
        ("key", "key is '', not 'x'"),
    ):
        with pytest.raises(ValueError) as refused:
            decode(encode(CHECKPOINT), LIKE, {asked: "x"})
        assert f"{refused.value}" == f"{told}; ask for that, or give another file"
    assert decode(encode(CHECKPOINT), LIKE, {"network": "softmax"}) == CHECKPOINT


def test_two_thousand_wrong_files_are_refused_or_read_in_the_form_of_the_weights() -> None:
    random, right = Random(0), encode(CHECKPOINT)
    files = [broken(random, right, right) for _ in range(1000)]
    outcomes = [read(partial(decode, weights=LIKE), file) for file in files]
    outcomes += [read(partial(decode, weights=LIKE), file) for file in wrong_tensors_files(1000)]
    refused = [result for result, _ in outcomes if isinstance(result, str)]
    others = [result.state for result, _ in outcomes if not isinstance(result, str)]
    assert len(refused) > 1500 and all(map(is_clear, refused))
    assert all(kinds(state.weights) == kinds(LIKE) and state.step >= 0 for state in others)
    assert max(memory for _, memory in outcomes) < allowed(right, {})


def kinds(tree: Any) -> Any:
    """A tree's kinds of node, and that its leaves are numbers."""
    if is_leaf(tree):
        return isinstance(tree, int | float)
    return type(tree), [kinds(part) for part in tree]


def test_what_is_saved_is_loaded_and_its_metadata_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save(path, CHECKPOINT)
    assert load(path, LIKE, {"network": "softmax"}) == CHECKPOINT
    assert load_metadata(path)["network"] == "softmax"
    assert [*tmp_path.iterdir()] == [path]


def test_a_checkpoint_that_cannot_be_kept_whole_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.safetensors"
    save(path, CHECKPOINT)

    def half(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left on device"):
        save(path, CHECKPOINT._replace(state=STATE._replace(step=8)))
    assert load(path, LIKE).state.step == 7 and [*tmp_path.iterdir()] == [path]


def test_numbers_that_cannot_be_kept_leave_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save(path, CHECKPOINT)
    with pytest.raises(TypeError):
        save(path, Checkpoint(State([Fraction(1)])))
    assert load(path, LIKE) == CHECKPOINT and [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("name", [".", "missing/run.safetensors"])
def test_a_checkpoint_that_cannot_be_written_or_read_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name (a file|one) that can be written$"):
        save(tmp_path / name, CHECKPOINT)
    for reader in (load_metadata, partial(load, weights=LIKE)):
        with pytest.raises(OSError):
            reader(tmp_path / name)


def test_the_format_is_in_the_file() -> None:
    texts = safetensors.metadata_of(encode(CHECKPOINT))
    assert texts == {"network": "softmax", "format": checkpoints.FORMAT, "memory": "3"}
    assert json.dumps(texts).isascii()


@pytest.mark.parametrize(
    ("checkpoint", "why"),
    [
        (Checkpoint(State([1.0]), {"format": "x"}), "metadata 'format' is the checkpoint's own: "),
        (Checkpoint(State([1.0]), {"memory": "x"}), "metadata 'memory' is the checkpoint's own: "),
        (Checkpoint(State([1.0], memory=(0.5,) * 10_000)), "a memory of 10,000 parts: "),
        (Checkpoint(State([1.0], step=-1)), "step is -1: give 0 or more"),
    ],
)
def test_what_could_not_be_read_again_is_not_written(checkpoint: Checkpoint, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        encode(checkpoint)
