"""Every module has a docstring; every definition has one of the house's form, with examples."""

from importlib import import_module
from inspect import Parameter, isclass, isroutine, signature
from pathlib import Path
from pkgutil import iter_modules, walk_packages

import pytest

import funcnn
from funcnn.terminal.definitions import Definition, Module, modules
from funcnn.terminal.docstrings import parsed

FOREIGN = ["torch_functions", "jax_functions", "onnxruntime_functions"]
NAMES = [
    "funcnn",
    *(
        module.name
        for module in walk_packages(funcnn.__path__, "funcnn.")
        if module.name.split(".")[-1] not in FOREIGN
    ),
]
ROOMS = [room.name for room in iter_modules(funcnn.__path__) if room.ispkg]
MODULES = [module for room in ROOMS for module in modules(room)]
DEFINITIONS = [definition for module in MODULES for definition in module.definitions]
FUNCTIONS = [
    definition
    for definition in DEFINITIONS
    if not definition.signature.startswith("class ")
    and not definition.module.startswith("funcnn.terminal.")
    and not definition.module.endswith("mutants")
]

LAYERS = [one for one in FUNCTIONS if not one.module.startswith("funcnn.laws.")]
"""The laws' other algorithms take the settings of the definitions that they compute."""


def path(definition: Definition) -> str:
    return f"{definition.module}.{definition.name}"


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_a_docstring(name: str) -> None:
    module = import_module(name)
    assert module.__doc__ or not Path(f"{module.__file__}").read_text("utf-8")


@pytest.mark.parametrize("module", MODULES, ids=[module.name for module in MODULES])
def test_the_definitions_read_are_those_that_python_has(module: Module) -> None:
    assert {definition.name for definition in module.definitions} == {
        name
        for name, value in vars(import_module(module.name)).items()
        if (isclass(value) or isroutine(value))
        and value.__module__ == module.name
        and not name.startswith("_")
    }


@pytest.mark.parametrize("definition", DEFINITIONS, ids=path)
def test_every_docstring_has_the_form(definition: Definition) -> None:
    assert parsed(definition.docstring).summary.endswith(".")


@pytest.mark.parametrize("definition", FUNCTIONS, ids=path)
def test_every_function_of_the_library_has_an_example(definition: Definition) -> None:
    assert parsed(definition.docstring).examples


@pytest.mark.parametrize("definition", LAYERS, ids=path)
def test_every_setting_of_a_layer_is_explained(definition: Definition) -> None:
    """Under Settings: a line of its own, or those of another definition."""
    function = getattr(import_module(definition.module), definition.name)
    parameters = signature(function).parameters
    if [*parameters][:2] != ["inputs", "weights"]:
        return
    named = [name for name, of in parameters.items() if of.kind is Parameter.KEYWORD_ONLY]
    others = [name for name, of in parameters.items() if of.kind is Parameter.VAR_KEYWORD]
    settings = parsed(definition.docstring).sections.get("Settings", "")
    words = [line.partition("   ")[0] for line in settings.splitlines()]
    explained = {word.strip() for line in words for word in line.split(",")}
    assert {*named} <= explained and (not others or "those of `" in settings)
