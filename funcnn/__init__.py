"""funcnn: the executable specification of neural networks.

A network is a fold: foldl(dense, inputs, weights). The names of the rooms algebra, blocks and
calculus stand here; the rooms exchange, fast and laws load when they are first used.

>>> foldl(dense, [1.0, 2.0], [[[0.5, 0.25], [1.0, -1.0]], [[2.0, 3.0]]])
[2.0]
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from funcnn.algebra import *
from funcnn.blocks import *
from funcnn.calculus import *

if TYPE_CHECKING:
    from funcnn import exchange as exchange
    from funcnn import fast as fast
    from funcnn import laws as laws
else:

    def __getattr__(name: str) -> ModuleType:
        if name in ("exchange", "fast", "laws"):
            return import_module(f"funcnn.{name}")
        raise AttributeError(f"funcnn has no name {name!r}")
