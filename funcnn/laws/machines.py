"""Machines: a definition, computed in the arithmetic that a declaration names."""

from collections.abc import Callable
from functools import partial
from typing import Any

from funcnn.algebra.formats import binary64
from funcnn.algebra.roundings import cast
from funcnn.algebra.trees import tree_map
from funcnn.laws.calls import Answer, Call, Refused, Returned
from funcnn.laws.declarations import Declaration
from funcnn.laws.findings import Ask, over


def machine(definition: Callable[..., Any], declaration: Declaration) -> Ask:
    """An implementation of one function: the definition, over numbers that round as declared.

    >>> from funcnn.algebra.formats import bfloat16, binary32
    >>> from funcnn.algebra.vectors import dot
    >>> mixed = Declaration(bfloat16, binary32, bfloat16)
    >>> machine(dot, mixed)(Call("dot", ([256.0, 1.0], [1.0, 1.0])))
    Returned(value=256.0, kind='float', changed=False)
    """
    plain = declaration.sums == binary64
    number: Callable[[float], Any] = (
        float if plain else partial(cast, number_format=declaration.sums)
    )

    def returned(leaf: Any) -> Any:
        is_number = not isinstance(leaf, int)
        return declaration.outputs.round(float(leaf)) if is_number else leaf

    def ask(call: Call) -> Answer:
        try:
            result = definition(*over(number, call.arguments), **call.settings)
        except (ValueError, TypeError, ArithmeticError) as error:
            return Refused(type(error).__name__, str(error))
        return Returned(tree_map(returned, result))

    return ask
