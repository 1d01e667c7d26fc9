"""A tree keeps its form: lists, tuples and named tuples, and what is empty in them."""

from collections import namedtuple
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcnn.algebra.trees import is_leaf, leaves, rebuilt, tree_map, tree_zip_with


class Named(NamedTuple):
    matrix: Any
    bias: Any


Untyped = namedtuple("Untyped", "matrix bias")

trees: st.SearchStrategy[Any] = st.recursive(
    st.integers(-9, 9),
    lambda branches: (
        st.lists(branches, max_size=3)
        | st.lists(branches, max_size=3).map(tuple)
        | st.builds(Named, branches, branches)
        | st.builds(Untyped, branches, branches)
    ),
    max_leaves=12,
)


def kinds(tree: Any) -> Any:
    """The types of the tree's nodes, in its form."""
    return type(tree) if is_leaf(tree) else (type(tree), [kinds(branch) for branch in tree])


def written(tree: Any) -> str:
    return "".join(character for character in repr(tree) if character in "-0123456789, ")


def double(x: int) -> int:
    return 2 * x


def square(x: int) -> int:
    return x * x


@given(trees)
def test_the_identity_maps_a_tree_to_an_equal_one_of_the_same_kinds(tree: Any) -> None:
    copy = tree_map(lambda x: x, tree)
    assert copy == tree
    assert kinds(copy) == kinds(tree)


@given(trees)
def test_one_map_after_another_is_the_map_of_both(tree: Any) -> None:
    assert tree_map(double, tree_map(square, tree)) == tree_map(lambda x: double(square(x)), tree)


@given(trees)
def test_leaves_come_from_the_left_each_once(tree: Any) -> None:
    assert [str(leaf) for leaf in leaves(tree)] == written(tree).replace(",", "").split()
    assert list(leaves(tree_map(double, tree))) == [double(leaf) for leaf in leaves(tree)]


@given(trees)
def test_zipped_with_itself_a_tree_is_a_map(tree: Any) -> None:
    result = tree_zip_with(lambda one, other: 10 * one + other, tree, tree)
    assert result == tree_map(lambda x: 11 * x, tree)
    assert kinds(result) == kinds(tree)


def test_the_first_tree_gives_the_first_argument() -> None:
    assert tree_zip_with(lambda x, y: x - y, [5, (7,)], [1, (2,)]) == [4, (5,)]


@pytest.mark.parametrize("leaf", [1.0, "text", None, {1: 2}, {1}, b"bytes"])
def test_what_is_no_sequence_is_a_leaf(leaf: Any) -> None:
    assert is_leaf(leaf) and list(leaves(leaf)) == [leaf]
    assert tree_map(lambda x: [x], leaf) == [leaf]


def test_any_sequence_becomes_a_list() -> None:
    assert tree_map(lambda x: x + 1, [range(3)]) == [[1, 2, 3]]


@pytest.mark.parametrize("node", [[], (), [()], Named(1, 2)])
def test_lists_and_tuples_are_no_leaves_even_when_empty(node: Any) -> None:
    assert not is_leaf(node)


@pytest.mark.parametrize("node", [[1, 2], (1, 2), Named(1, 2), Untyped(1, 2)])
def test_a_node_is_rebuilt_in_its_kind(node: Any) -> None:
    other = rebuilt(node, [3, 4])
    assert type(other) is type(node) and [*other] == [3, 4] and [*node] == [1, 2]


@pytest.mark.parametrize(
    ("tree", "other", "message"),
    [
        (1, [2], "int beside list"),
        ([[1], 2], [[1], [2]], "int beside list"),
        (Named([1], 2), Named([1], (2, 3)), "int beside tuple"),
        ([1, 2], [1], "2 branches beside 1"),
        ([(), [1]], [(), [1, 2, 3]], "1 branches beside 3"),
        (0, range(2), "int beside range"),
    ],
)
def test_trees_that_differ_in_form_are_refused(tree: Any, other: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        tree_zip_with(max, tree, other)
    assert str(caught.value) == f"the trees differ in form: {message}"


@given(trees, trees)
def test_two_trees_are_zipped_or_refused(tree: Any, other: Any) -> None:
    def form(node: Any) -> Any:
        return 0 if is_leaf(node) else [form(branch) for branch in node]

    if form(tree) == form(other):
        assert list(leaves(tree_zip_with(lambda x, y: y, tree, other))) == list(leaves(other))
    else:
        with pytest.raises(ValueError, match=r"^the trees differ in form: "):
            tree_zip_with(max, tree, other)
