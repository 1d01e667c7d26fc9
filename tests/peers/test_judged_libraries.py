"""The referee on libraries that many have tested: what it finds wrong in them is real, and known.

PyTorch runs under an interpreter of its own unless this one has it.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
from test_torch import BESIDE

from funcnn.laws.implementations import implementation
from funcnn.laws.referee import check

HERE: Final = Path(__file__).parent
EXAMPLES: Final = 100
LIBRARIES: Final = ("numpy", "torch", "jax", "onnxruntime")


def made(name: str) -> Any:
    """The adapter, in an interpreter that has the library."""
    python = None if find_spec(name) else " ".join(BESIDE)
    return implementation(name, python=python, format_name="float32")


@pytest.mark.parametrize("name", LIBRARIES)
def test_nothing_is_wrong_but_what_is_known(name: str) -> None:
    known = HERE / f"deviations_{name}.txt"
    found = check(made(name), examples=EXAMPLES, known=known if known.exists() else None).report
    assert found.ok, f"{found}"
    assert len(found.functions) > 30
