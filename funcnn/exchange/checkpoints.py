"""Checkpoints: a state of training as a safetensors file, read again bit for bit.

Its tensors are named by their place, `weights.0.matrix`, `memory.1.0.bias`: lists of one shape and
one kind of number are one tensor each, floats in F64 and ints in I64. So any program that reads
safetensors reads the weights.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from funcnn.algebra.folds import int_of, zipped
from funcnn.algebra.trees import Tree, is_leaf, leaves, rebuilt
from funcnn.algebra.vectors import shape
from funcnn.blocks.forms import Form
from funcnn.calculus.states import State
from funcnn.exchange import safetensors
from funcnn.exchange.files import replaced

COUNT: Final = re.compile("[0-9]{1,4}")
MOST: Final = 9_999
"""Parts of a memory, which COUNT can tell."""
OWN: Final = {"format", "memory"}
"""Names of texts."""
FORMAT: Final = "funcnn checkpoint 1"
DTYPES: Final = {float: "F64", int: "I64", bool: "BOOL"}
AGAIN: Final = "take another checkpoint, or train again"
ANOTHER: Final = "the file is of another network or optimizer: name that, or give another file"


class Checkpoint(NamedTuple):
    """A state of training, texts that say what is trained, and figures of how it went so far.

    >>> Checkpoint(State([[1.0]], step=2), {"network": "softmax"}, {"losses": [0.5, 0.25]})
    Checkpoint(state=State(weights=[[1.0]], step=2, ...), metadata={...}, curves={...})
    """

    state: State
    metadata: Mapping[str, str] = {}
    curves: Mapping[str, Sequence[float]] = {}


def save(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint to a file; one that is there stands until the new one is whole.

    Errors
        ValueError   no file can be written there
        OSError      it could not be written to its end: the disk is full
        and those of `encode`

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     save(f"{folder}/sum.safetensors", Checkpoint(State([[1.0]], step=2)))
    ...     load(f"{folder}/sum.safetensors", [[Form(())]]).state
    State(weights=[[1.0]], step=2, memory=(), loss=None)
    """
    content = encode(checkpoint)
    with replaced(path) as beside:
        beside.write_bytes(content)


def load(path: str | Path, weights: Tree, metadata: Mapping[str, str] = {}) -> Checkpoint:
    """The checkpoint in a file. Its weights fit those that are given, numbers or forms.

    Errors
        ValueError   those of `decode`, after the path
        OSError      the file cannot be read

    >>> load("nowhere.safetensors", Form((2, 2)))
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.safetensors'
    """
    with _named(path):
        return decode(Path(path).read_bytes(), weights, metadata)


def load_metadata(path: str | Path) -> dict[str, str]:
    """The metadata of the checkpoint in a file, by which its network is known, and so its forms.

    Errors
        ValueError   the file is no checkpoint, or a corrupt one
        OSError      the file cannot be read

    >>> load_metadata("nowhere.safetensors")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.safetensors'
    """
    with _named(path):
        return _opened(Path(path).read_bytes())[1]


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def encode(checkpoint: Checkpoint) -> bytes:
    """The bytes of a checkpoint's file.

    Errors
        ValueError   an int is too large for I64, the memory has too many parts, or a text has the
                     name of one of the checkpoint's own
        TypeError    the numbers of a tensor are not all floats, or all ints

    >>> encode(Checkpoint(State([[1.0]])))
    b'...{"__metadata__":{"format":"funcnn checkpoint 1","memory":"0"},"step":...,"weights":...'
    >>> encode(Checkpoint(State([[1.0, 2]])))
    Traceback (most recent call last):
    TypeError: tensor 'weights' is of float and int: a checkpoint keeps floats, or ints
    """
    (weights, step, memory, loss), metadata, curves = checkpoint
    int_of(step, "step", 0)
    if own := OWN & metadata.keys():
        raise ValueError(f"metadata {min(own)!r} is the checkpoint's own: take another name")
    if len(memory) > MOST:
        raise ValueError(f"a memory of {len(memory):,} parts: a checkpoint keeps at most {MOST:,}")
    trees = {"weights": weights, "step": step} | ({} if loss is None else {"loss": loss})
    trees |= {f"memory.{index}": part for index, part in enumerate(memory)}
    trees |= {f"curves.{name}": [*curve] for name, curve in curves.items()}
    tensors = {name: part for tree in trees.items() for name, part in _tensors(*tree)}
    dtypes = {name: _dtype(name, tensor) for name, tensor in tensors.items()}
    texts = {**metadata, "format": FORMAT, "memory": f"{len(memory)}"}
    return safetensors.encode(tensors, dtypes, texts)


def decode(data: bytes, weights: Tree, metadata: Mapping[str, str] = {}) -> Checkpoint:
    """The checkpoint in the bytes of a file. Its weights fit those that are given, or forms.

    Errors
        ValueError   the file is corrupt or no checkpoint, its metadata say another thing than those
                     that are given, or its tensors are not those of the weights
    Laws
        decode(encode(c), c.state.weights) == c, bit for bit

    >>> file = encode(Checkpoint(State([[1.0, 2.0]]), {"network": "softmax"}))
    >>> decode(file, Form((1, 2))).state.weights
    [[1.0, 2.0]]
    >>> decode(file, Form((1, 3)))
    Traceback (most recent call last):
    ValueError: tensor 'weights' is 1×2, not 1×3; the file is of another network or optimizer: ...
    >>> decode(file, Form((1, 2)), {"network": "perceptron"})
    Traceback (most recent call last):
    ValueError: network is 'softmax', not 'perceptron'; ask for that, or give another file
    """
    tensors, texts = _opened(data)
    for name, text in metadata.items():
        if texts.get(name) != text:
            told = f"{name} is {texts.get(name, '')!r:.80}, not {text!r:.80}"
            raise ValueError(f"{told}; ask for that, or give another file")
    parts = [f"memory.{index}" for index in range(int(texts["memory"]))]
    numbers = {name for name, tensor in tensors.items() if is_leaf(tensor)}
    likes = {"weights": weights, "step": 0} | ({"loss": 0.0} if "loss" in tensors else {})
    likes |= {name: 0.0 if name in numbers else weights for name in parts}
    read = {name: _fitted(tensors, name, like) for name, like in likes.items()}
    curves = {name: curve for name, curve in tensors.items() if name.startswith("curves.")}
    known = {name for tree in (read | curves).items() for name, _ in _tensors(*tree)}
    for name in tensors:
        if name not in known:
            raise ValueError(f"tensor {name!r:.40} has no place; {ANOTHER}")
    state = State(read["weights"], read["step"], tuple(map(read.get, parts)), read.get("loss"))
    own = {name: text for name, text in texts.items() if name not in OWN}
    return Checkpoint(state, own, {name[7:]: curve for name, curve in curves.items()})


def _opened(data: bytes) -> tuple[dict[str, Tree], dict[str, str]]:
    """the tensors and the texts of a file that is a checkpoint"""
    try:
        texts = safetensors.metadata_of(data)
        tensors = safetensors.decode(data) if texts.get("format") == FORMAT else {}
    except ValueError as error:
        raise ValueError(f"{error}; {AGAIN}") from None
    if texts.get("format") != FORMAT:
        told = f"its format is {texts.get('format', '')!r:.40}, not {FORMAT!r}"
        raise ValueError(f"{told}; give a file that funcnn train has saved")
    if not COUNT.fullmatch(texts.get("memory", "")):
        raise ValueError(f"memory is {texts.get('memory', '')!r:.40}, no count; {AGAIN}")
    step = tensors.get("step", 0)
    if is_leaf(step) and (type(step) is not int or step < 0):
        raise ValueError(f"step is {step}, no number of steps; {AGAIN}")
    for name, curve in tensors.items():
        if name.startswith("curves.") and len(shape(curve)) != 1:
            found = Form(shape(curve))
            raise ValueError(f"tensor {name!r:.40} is {found}, not a list of numbers; {AGAIN}")
    return tensors, texts


def _tensors(name: str, tree: Tree) -> Iterator[tuple[str, Tree]]:
    """the tensors of a tree by their places"""
    if _lengths(tree) is not None:
        yield name, tree
    else:
        for place, part in _parts(name, tree):
            yield from _tensors(place, part)


def _fitted(tensors: Mapping[str, Tree], name: str, like: Tree) -> Tree:
    """the tree at a place, in the form of another"""
    lengths = _lengths(like)
    if lengths is None:
        return rebuilt(like, [_fitted(tensors, *part) for part in _parts(name, like)])
    if name not in tensors:
        raise ValueError(f"no tensor {name!r:.40}; {ANOTHER}")
    found = Form(shape(tensors[name]))
    if found != Form(lengths):
        raise ValueError(f"tensor {name!r:.40} is {found}, not {Form(lengths)}; {ANOTHER}")
    return tensors[name]


def _parts(name: str, tree: Tree) -> Iterable[tuple[str, Tree]]:
    """the branches of a tree by their places"""
    names = getattr(tree, "_fields", range(len(tree)))
    return ((f"{name}.{own}", part) for own, part in zipped(names, tree))


def _lengths(tree: Tree) -> tuple[int, ...] | None:
    """of a number, of lists of lists of one length, or of a form; None of any other tree"""
    if is_leaf(tree):
        return tree.lengths if isinstance(tree, Form) else ()
    inner = {_lengths(branch) for branch in tree}
    if not isinstance(tree, list) or len(inner) > 1 or None in inner:
        return None
    return len(tree), *chain.from_iterable(lengths or () for lengths in inner)


def _dtype(name: str, tensor: Tree) -> str:
    kinds = {*map(type, leaves(tensor))}
    if len(kinds) > 1 or not kinds <= DTYPES.keys():
        told = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"tensor {name!r:.40} is of {told}: a checkpoint keeps floats, or ints")
    return DTYPES[kinds.pop()] if kinds else "F64"
