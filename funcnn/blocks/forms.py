"""Forms: values of which only the shape is said, so that a network is read before it is filled."""

from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, Literal

from funcnn.algebra.folds import int_of
from funcnn.algebra.trees import Tree, is_leaf, rebuilt

type Fill = Literal["normal", "zeros", "ones"]
"""What weights of a form are drawn as, to start learning from."""

FILLS: Final[tuple[Fill, ...]] = "normal", "zeros", "ones"
"""All of them."""


@dataclass(frozen=True, slots=True)
class Form:
    """A nested list of numbers of these lengths, from the outside in; of none, a number.

    Errors
        ValueError   a length is less than 0, or the fill is none
        TypeError    a length is no int
    Laws
        X == Y where the lengths are: what weights start from is no part of their form

    >>> Form((3, 4)).size, Form(()).size, Form((2,), "ones") == Form((2,))
    (12, 1, True)
    >>> str(Form((3, 4))), str(Form(()))
    ('3×4', 'a number')
    >>> Form((3, -1))
    Traceback (most recent call last):
    ValueError: a length of a form is -1: give 0 or more
    """

    lengths: tuple[int, ...]
    fill: Fill = field(default="normal", compare=False)

    def __post_init__(self) -> None:
        for length in self.lengths:
            int_of(length, "a length of a form", 0)
        if self.fill not in FILLS:
            raise ValueError(f"fill is {self.fill!r}: give one of {', '.join(FILLS)}")

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return prod(self.lengths)

    def __str__(self) -> str:
        return "×".join(map(str, self.lengths)) or "a number"


def form(*lengths: int, fill: Fill = "normal") -> Any:
    """A form in a place where numbers will stand, typed as they are.

    Settings
        fill   what `initial_weights` makes of it: draws, zeros or ones

    >>> form(3, 4) == Form((3, 4)), form(2, fill="ones")
    (True, Form(lengths=(2,), fill='ones'))
    """
    return Form(lengths, fill)


def form_of(value: Tree) -> Tree:
    """The form of a value; of a tuple or a list of unlike values, the forms of its parts.

    >>> form_of([[1.0, 2.0], [3.0, 4.0]]), form_of(()), form_of((1.0, 2.0))
    (Form(lengths=(2, 2), fill='normal'), (), Form(lengths=(2,), fill='normal'))
    >>> form_of(([1.0], 2.0))
    (Form(lengths=(1,), fill='normal'), Form(lengths=(), fill='normal'))
    """
    if is_leaf(value):
        return Form(())
    parts = [form_of(part) for part in value]
    first = parts[0] if parts else Form(())
    if isinstance(value, tuple) and not (parts and all(map(is_leaf, value))):
        return rebuilt(value, parts)
    if isinstance(first, Form) and all(part == first for part in parts):
        return Form((len(parts), *first.lengths))
    return parts


def item(sequence: Tree) -> Tree:
    """The form of each of a sequence: of lists or numbers one form, of tuples a list of forms.

    Errors
        ValueError   it is the form of a number, or its items have unlike forms
        TypeError    it is no form

    >>> str(item(Form((5, 3)))), item([(Form((2,)), ())] * 5)
    ('3', (Form(lengths=(2,), fill='normal'), ()))
    >>> item(Form(()))
    Traceback (most recent call last):
    ValueError: a sequence is needed, not a number
    """
    if isinstance(sequence, list) and sequence:
        if any(other != sequence[0] for other in sequence):
            raise ValueError("the items of a sequence have unlike forms")
        return sequence[0]
    if not isinstance(sequence, Form):
        raise TypeError(f"a form is needed, not a {type(sequence).__name__}")
    if not sequence.lengths:
        raise ValueError("a sequence is needed, not a number")
    return Form(sequence.lengths[1:])
