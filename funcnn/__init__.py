"""funcnn: the executable specification of neural networks.

A network is a fold: foldl(dense, inputs, weights). The names of the rooms algebra, blocks and
calculus stand here. The last loads when one of its names is first used, and so do the rooms
diagnostics, exchange, fast, laws and studies.

>>> foldl(dense, [1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
[2.0]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from funcnn.algebra import *
from funcnn.blocks import *

ROOMS: Final = ("diagnostics", "exchange", "fast", "laws", "studies")

if TYPE_CHECKING:
    from funcnn import diagnostics as diagnostics
    from funcnn import exchange as exchange
    from funcnn import fast as fast
    from funcnn import laws as laws
    from funcnn import studies as studies
    from funcnn.calculus import *
else:

    def __getattr__(name: str) -> Any:
        if name in ROOMS:
            return import_module(f"funcnn.{name}")
        calculus = import_module("funcnn.calculus")
        if name in calculus.__all__:
            return getattr(calculus, name)
        raise AttributeError(f"funcnn has no name {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *ROOMS, *import_module("funcnn.calculus").__all__]
