"""Signs are a matrix of ±1 like any other: the reference's products, within the certificate for
floats, or its errors. And a network of ±1 weights learns to read digits."""

import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factors import FLOATS, SPECIAL, perhaps_spoiled
from funcnn import (
    Batch,
    Dyadic,
    ExponentialDecay,
    Objective,
    Sgd,
    State,
    cross_entropy,
    dense,
    epochs,
    fast,
    foldl,
    he_normal,
    layer,
    linear,
    matmul,
    matvec,
    serial,
    split,
    train,
    transpose,
    tree_map,
)
from funcnn.calculus.batches import batches_per_epoch
from funcnn.exchange.datasets import Digits, split_digits
from funcnn.fast import vmap
from funcnn.fast.bits import SignVector, binarized, to_sign_vector, to_signs
from representations import EXAMPLES, are_floats, certified, integers, matrix, outcome, same

SIGNS = st.sampled_from([1, -1])
HALVES = st.integers(-9, 9).map(lambda number: Fraction(number, 2))
NUMBERS: list[st.SearchStrategy[Any]] = [
    SIGNS,
    st.integers(0, 16),
    st.integers(-128, 127),
    st.integers(0, 255),
    st.booleans(),
    integers,
    st.fractions(-9, 9, max_denominator=99) | st.integers(-9, 9),
    st.builds(Dyadic, st.integers(-9, 9), st.integers(-3, 3)),
    FLOATS,
    FLOATS | SPECIAL,
    FLOATS | SIGNS,
    st.fractions(-1, 1) | FLOATS,
]


@st.composite
def factors(draw: st.DrawFn) -> tuple[Any, Any]:
    """A matrix of ±1, and a right or spoiled one to be its right factor."""
    rows, columns = draw(st.integers(0, 3)), draw(st.integers(1, 3))
    inner = draw(st.sampled_from([1, 2, 3, 7, 8, 17, 31]))
    pool = draw(st.lists(draw(st.sampled_from(NUMBERS)), min_size=1, max_size=5))
    size = (rows + columns) * inner
    picks = iter(draw(st.binary(min_size=size, max_size=size)))
    left = matrix(rows, inner, [1, -1], picks)
    _, right = draw(perhaps_spoiled((left, matrix(inner, columns, pool, picks))))
    return left, draw(st.sampled_from([right, tuple(right)]))


@settings(max_examples=EXAMPLES)
@given(factors())
def test_a_product_with_a_matrix_is_the_reference_s(pair: tuple[Any, Any]) -> None:
    left, right = pair
    expected, actual = outcome(matmul, left, right), outcome(matmul, to_signs(left), right)
    if left and are_floats(expected):
        assert certified(left, transpose(right), actual)
    else:
        assert same(actual, expected)


@settings(max_examples=EXAMPLES // 4)
@given(factors())
def test_a_product_with_a_vector_is_the_reference_s(pair: tuple[Any, Any]) -> None:
    left, right = pair
    vector = [row[0] if isinstance(row, list) and row else row for row in right]
    expected, actual = outcome(matvec, left, vector), outcome(matvec, to_signs(left), vector)
    if left and are_floats(expected):
        assert certified([vector], left, [actual])
    else:
        assert same(actual, expected)


@settings(max_examples=EXAMPLES // 4)
@given(st.integers(1, 4), st.binary(min_size=5, max_size=260))
def test_a_packed_vector_is_worth_the_plain_one(rows: int, picks: bytes) -> None:
    *left, vector = matrix(rows, len(picks) // rows, [1, -1], iter(picks))
    packed, signs = to_sign_vector(vector), to_signs(left)
    assert matvec(left, packed) == matvec(left, vector)
    assert matvec(signs, packed) == matvec(left, vector)
    assert [*packed] == vector and packed[-1] == vector[-1] and packed[1:] == vector[1:]
    assert [*signs] == left and signs[:1] == left[:1]


@pytest.mark.parametrize("length", [1, 3])
def test_factors_that_do_not_go_together_are_refused_as_by_the_reference(length: int) -> None:
    left, vector = [[1, -1]], [1] * length
    expected = outcome(matvec, left, vector)
    assert isinstance(expected, tuple)
    for other in (vector, to_sign_vector(vector)):
        assert outcome(matvec, to_signs(left), other) == expected
    right = [[1]] * length
    assert outcome(matmul, to_signs(left), right) == outcome(matmul, left, right)


def test_floats_are_summed_by_sumprod() -> None:
    signs, column = to_signs([[1, 1, 1]]), [1e16, 1.0, -1e16]
    assert matvec(signs, column) == [1.0] != matvec([*signs], column)
    assert matmul(signs, [[x] for x in column]) == [[1.0]]


@pytest.mark.parametrize(
    "right",
    [[], [[]], [[1]], [[], []], [[1], {1}], (x for x in [[1], [1]]), {1: 1, 2: 2}, 5, None, "ab"],
)
def test_what_is_no_matrix_is_refused_as_by_the_reference(right: Any) -> None:
    for function in (matmul, matvec):
        for left in ([[1, -1]], []):
            expected = outcome(function, left, right)
            assert outcome(function, to_signs(left), right) == expected


def test_integers_that_are_no_ints_are_refused_as_by_the_reference() -> None:
    class Index:
        def __index__(self) -> int:
            return 1

        def __radd__(self, other: object) -> "Index":
            return self

    expected = outcome(matvec, [[1, -1]], [1, Index()])
    assert isinstance(expected, tuple)
    assert outcome(matvec, to_signs([[1, -1]]), [1, Index()]) == expected


@pytest.mark.parametrize("entry", [0, 2, True, 1.0, -1.0, Fraction(1), "1", None])
def test_what_is_neither_1_nor_minus_1_is_refused(entry: Any) -> None:
    reason = f"entry 1: {entry} is neither of the ints 1 and -1; binarized takes signs"
    with pytest.raises(ValueError, match=f"^row 1, {reason}$"):
        to_signs([[1, 1], [-1, entry]])
    with pytest.raises(ValueError, match=f"^the vector, {reason}$"):
        to_sign_vector([1, entry])


def test_nothing_is_no_vector_of_signs() -> None:
    with pytest.raises(ValueError, match="^the vector is empty$"):
        to_sign_vector([])
    with pytest.raises(ValueError, match="^row 0 is empty$"):
        to_signs([[]])
    with pytest.raises(TypeError, match="^a matrix is a generator, not a list$"):
        generator: Any = (row for row in [[1]])
        to_signs(generator)


def test_signs_are_values() -> None:
    signs = to_signs([[1, -1], [-1, -1]])
    assert pickle.loads(pickle.dumps(signs)) == signs == to_signs(([1, -1], (-1, -1)))
    assert signs != to_signs([[1, -1], [-1, 1]]) and len({signs, to_signs([*signs])}) == 1
    assert pickle.loads(pickle.dumps(to_sign_vector([1, -1]))) == SignVector(bits=1, length=2)


def squared_distance(row: Any, signs: Any, scale: Any) -> Any:
    return sum((w - scale * s) ** 2 for w, s in zip(row, signs, strict=True))


@settings(max_examples=EXAMPLES)
@given(
    st.lists(st.tuples(HALVES, SIGNS), min_size=1, max_size=4).map(lambda pairs: [*zip(*pairs)]),
    HALVES,
)
def test_no_other_scale_and_no_other_signs_are_nearer(pair: Any, scale: Fraction) -> None:
    """Of other signs s, the scale ⟨w, s⟩/n is the best."""
    row, others = pair
    [signs], [best] = binarized([row])
    projected = sum(w * s for w, s in zip(row, others, strict=True)) / len(row)
    assert squared_distance(row, signs, best) <= squared_distance(row, others, projected)
    assert squared_distance(row, others, projected) <= squared_distance(row, others, scale)


def test_a_matrix_is_binarized_row_by_row() -> None:
    signs, scales = binarized([[0, Fraction(-1, 2)], [Fraction(3), Fraction(1)]])
    assert [*signs] == [[1, -1], [1, 1]] and scales == [Fraction(1, 4), Fraction(2)]
    assert [*binarized([[-0.0, -1e-300]]).signs] == [[1, -1]]
    assert binarized([]) == (to_signs([]), [])


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        ([[1, 2]], "the quotient of two ints need not be an int: use Fraction or float"),
        ([[1.0], [Fraction(1)]], "row 1, entry 0: float beside Fraction: numbers do not mix, .*"),
        ([[1.0, 2.0], 3.0], "row 1 is a float, not a list"),
    ],
)
def test_what_has_no_scale_is_refused(matrix: Any, error: str) -> None:
    with pytest.raises(TypeError, match=f"^{error}$"):
        binarized(matrix)


NETWORK = serial(layer(dense), layer(linear))


def signs_of(weights: Any) -> list[Any]:
    return [binarized(matrix).signs for matrix in weights]


def learned(digits: Digits, key: int) -> Any:
    """Weights 64 → 64 → 10 whose signs read digits.

    The gradient is that by the signs, of a constant size; it goes straight through to the weights,
    which are kept in [−1, 1]: M. Courbariaux et al., "BinaryConnect", NIPS 2015.
    """

    def straight_through(network: Any, loss: Any, batch: Batch) -> Objective:
        def signed(weights: Any) -> Any:
            sizes = [len(matrix[0]) ** -0.5 for matrix in weights]
            pairs = zip(sizes, weights, strict=True)
            return [[[-a if w < 0 else a for w in row] for row in matrix] for a, matrix in pairs]

        by_signs = fast.objective(network, loss, batch)
        return Objective(*(lambda weights, f=f: f(signed(weights)) for f in by_signs))

    def clipped(hyper: Sgd, state: State, gradient: Any) -> State:
        after = fast.sgd(hyper, state, gradient)
        return after._replace(weights=tree_map(lambda w: max(-1.0, min(1.0, w)), after.weights))

    hidden, output, order = split(key, 3)
    examples = Batch(digits.images, digits.labels)
    rate = ExponentialDecay(1.0, 0.8, batches_per_epoch(examples, 32))
    *_, last = train(
        NETWORK,
        layer(cross_entropy),
        Sgd(rate),
        State([he_normal(hidden, 64, 64), he_normal(output, 10, 64)]),
        epochs(order, examples, 32, 5),
        objective=straight_through,
        steps={Sgd: clipped},
    )
    return last.weights


def test_a_network_of_signs_learns_to_read_digits() -> None:
    training, (images, labels) = split_digits()
    counts = [[int(16 * pixel) for pixel in image] for image in images]
    signs = signs_of(learned(training, 0))
    plain = [[*matrix] for matrix in signs]

    outputs = [NETWORK(count, signs) for count in counts]
    assert outputs == [NETWORK(count, plain) for count in counts]
    assert outputs == vmap(NETWORK)(counts, signs) == vmap(NETWORK)(counts, plain)
    assert foldl(dense, counts[0], signs) == foldl(dense, counts[0], plain)

    classes = [output.index(max(output)) for output in outputs]
    right = sum(one == label for one, label in zip(classes, labels, strict=True))
    assert right >= 0.85 * len(labels)
