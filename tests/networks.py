"""Strategies for whole networks: nested combinators with weights, and inputs that they take.

A form says what a value is like: an int is a vector of so many numbers, a list of one form is a
sequence of such values, a tuple of forms a tuple of them.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from funcnn import (
    AffineWeights,
    Network,
    add_pair,
    affine,
    branch,
    dense,
    each,
    elementwise,
    layer,
    leaky_relu,
    linear,
    parallel,
    relu,
    residual,
    scan,
    serial,
    tied,
)

type Form = Any

NUMBERS: Final = st.fractions(-3, 3, max_denominator=4)
SIZES: Final = st.integers(1, 3)
FORMS: Final[st.SearchStrategy[Form]] = st.recursive(
    SIZES, lambda form: st.tuples(form, form) | st.tuples(form).map(list), max_leaves=3
) | st.tuples(SIZES, SIZES.map(lambda size: [size]))


class Piece(NamedTuple):
    """A network, weights for it, and the form of what it gives."""

    network: Network
    weights: Any
    gives: Form


class Case(NamedTuple):
    """A network, weights for it, and some inputs that it takes."""

    network: Network
    weights: Any
    inputs: list[Any]


def vectors(size: int) -> st.SearchStrategy[list[Fraction]]:
    return st.lists(NUMBERS, min_size=size, max_size=size)


def matrices(rows: int, columns: int) -> st.SearchStrategy[list[list[Fraction]]]:
    return st.lists(vectors(columns), min_size=rows, max_size=rows)


def values(form: Form) -> st.SearchStrategy[Any]:
    """Values of a form; a sequence may have any length up to 3."""
    match form:
        case int():
            return vectors(form)
        case tuple():
            return st.tuples(*map(values, form))
        case _:
            return st.lists(values(form[0]), max_size=3)


def is_fixed(form: Form) -> bool:
    """Whether all values of a form are of one shape: whether no sequence is in it."""
    return isinstance(form, int) or (isinstance(form, tuple) and all(map(is_fixed, form)))


@st.composite
def pieces(draw: st.DrawFn, takes: Form, depth: int) -> Piece:
    """A network for inputs of a form, of combinators nested to a depth."""
    kinds: list[Any] = [elementwises]
    match takes:
        case int():
            kinds += [layers] + [ties] * (depth > 0)
        case list():
            kinds += [eaches] * (depth > 0)
        case (one, other) if one == other and is_fixed(one):
            kinds += [sums]
    if depth > 0:
        kinds += [serials, branches]
        kinds += [residuals] * is_fixed(takes)
        kinds += [parallels] * isinstance(takes, tuple)
        kinds += [scans] * is_scanned(takes)
    piece: Piece = draw(draw(st.sampled_from(kinds))(takes, depth - 1))
    return piece


def is_scanned(form: Form) -> bool:
    """Whether a scan of vectors takes it: (state, sequence)."""
    if not isinstance(form, tuple) or len(form) != 2:
        return False
    return isinstance(form[0], int) and form[1] in ([1], [2], [3])


@st.composite
def elementwises(draw: st.DrawFn, takes: Form, depth: int) -> Piece:
    leaky = elementwise(leaky_relu, slope=Fraction(1, 8))
    return Piece(draw(st.sampled_from([elementwise(relu), leaky])), (), takes)


@st.composite
def layers(draw: st.DrawFn, takes: int, depth: int) -> Piece:
    gives = draw(SIZES)
    matrix = draw(matrices(gives, takes))
    definition = draw(st.sampled_from([linear, dense, affine]))
    weights = AffineWeights(matrix, draw(vectors(gives))) if definition is affine else matrix
    return Piece(layer(definition), weights, gives)


def sums(takes: Form, depth: int) -> st.SearchStrategy[Piece]:
    return st.just(Piece(layer(add_pair), (), takes[0]))


@st.composite
def serials(draw: st.DrawFn, takes: Form, depth: int) -> Piece:
    parts: list[Piece] = []
    for _ in range(draw(st.integers(0, 3))):
        parts.append(draw(pieces(parts[-1].gives if parts else takes, depth)))
    gives = parts[-1].gives if parts else takes
    return Piece(serial(*(part.network for part in parts)), [part.weights for part in parts], gives)


@st.composite
def branches(draw: st.DrawFn, takes: Form, depth: int) -> Piece:
    parts = [draw(pieces(takes, depth)) for _ in range(draw(SIZES))]
    gives = tuple(part.gives for part in parts)
    return Piece(branch(*(part.network for part in parts)), [part.weights for part in parts], gives)


@st.composite
def parallels(draw: st.DrawFn, takes: tuple[Form, ...], depth: int) -> Piece:
    parts = [draw(pieces(form, depth)) for form in takes]
    gives = tuple(part.gives for part in parts)
    network = parallel(*(part.network for part in parts))
    return Piece(network, [part.weights for part in parts], gives)


@st.composite
def residuals(draw: st.DrawFn, takes: Form, depth: int) -> Piece:
    inner = draw(pieces(takes, depth))
    if inner.gives != takes:
        return inner
    return Piece(residual(inner.network), [[[], inner.weights], ()], takes)


@st.composite
def eaches(draw: st.DrawFn, takes: list[Form], depth: int) -> Piece:
    inner = draw(pieces(takes[0], depth))
    return Piece(each(inner.network), inner.weights, [inner.gives])


@st.composite
def scans(draw: st.DrawFn, takes: tuple[int, list[int]], depth: int) -> Piece:
    """state' = state·U + x·V, y = f(state'), for any network f"""
    size, (width,) = takes
    mix, output = draw(matrices(size, size)), draw(pieces(size, depth))
    step = serial(
        parallel(layer(linear), layer(linear)),
        layer(add_pair),
        branch(serial(), output.network),
    )
    weights = [[mix, draw(matrices(size, width))], (), [[], output.weights]]
    return Piece(scan(step), weights, (size, [output.gives]))


@st.composite
def ties(draw: st.DrawFn, takes: int, depth: int) -> Piece:
    """three linear layers of which two or three have one weight"""
    places = draw(st.sampled_from([(0, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1)]))
    weights = [draw(matrices(takes, takes)) for _ in {*places}]
    return Piece(tied(serial(*[layer(linear)] * 3), places), weights, takes)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A network with weights, and up to 3 inputs."""
    takes = draw(FORMS)
    piece = draw(pieces(takes, 3))
    return Case(piece.network, piece.weights, draw(st.lists(values(takes), max_size=3)))
