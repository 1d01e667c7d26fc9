"""All laws, in the order in which they are asked."""

from typing import Final

from funcnn.laws.algebra_laws import ALGEBRA
from funcnn.laws.conventions import CONVENTIONS
from funcnn.laws.findings import Law
from funcnn.laws.repetition import AGAIN
from funcnn.laws.values import VALUES

LAWS: Final[tuple[Law, ...]] = (*VALUES, *ALGEBRA, *CONVENTIONS, AGAIN)
"""All of them."""
