"""Every mutant of every rule in closed form, and of the combinators', is caught by the law of
pullbacks, on some case.

A mutant is a function with one thing in its source changed: a sign or a term dropped, two things
swapped, an index off by one.
"""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, partial
from inspect import getsource
from itertools import product
from random import Random
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

import pytest

import cases_losses
from block_cases import Case, Cases, tensor
from cases import CASES
from cases_linears import matrix_and_bias
from funcnn import (
    add_pair,
    affine,
    branch,
    dense,
    each,
    elementwise,
    layer,
    leaky_relu,
    linear,
    multiply,
    parallel,
    residual,
    scan,
    serial,
    tied,
    vjp,
    zip_with,
)
from funcnn.blocks.heads import projected_heads
from funcnn.calculus import (
    attention_rules,
    convolution_rules,
    gate_rules,
    layout_rules,
    linear_rules,
    lookup_rules,
    loss_rules,
    norm_rules,
    pooling_rules,
    pullbacks,
    recurrence_rules,
    rules,
)
from funcnn.calculus.rules import RULES
from transposes import assert_transposed, forward, network_of

MODULES: Final[tuple[ModuleType, ...]] = (
    linear_rules,
    convolution_rules,
    layout_rules,
    pooling_rules,
    norm_rules,
    recurrence_rules,
    gate_rules,
    lookup_rules,
    attention_rules,
    loss_rules,
    rules,
    pullbacks,
)
SEEDS: Final = range(12)


def products(inputs: Any, weights: Any, *, factor: int) -> Any:
    """A definition that is traced."""
    return [multiply(factor, x) for x in zip_with(multiply, *inputs)]


def square(draw: Random) -> Any:
    return tensor(draw, 2, 2)


def wired(draw: Random) -> Case:
    """Layers one after another, side by side, on both ways, and twice with the same weight."""
    network = serial(
        branch(layer(linear), elementwise(leaky_relu, slope=0.5)),
        parallel(layer(affine), serial()),
        layer(products, factor=3),
        residual(layer(dense)),
        tied(serial(layer(linear), layer(linear), layer(linear)), (0, 1, 0)),
    )
    twice = [square(draw), square(draw)]
    shortcut = [[[], square(draw)], ()]
    weights = [[square(draw), ()], [matrix_and_bias(draw, 2, 2), []], (), shortcut, twice]
    return Case(network, {}, tensor(draw, 2), weights)


def mapped(draw: Random) -> Case:
    return Case(each(layer(affine)), {}, tensor(draw, 3, 2), matrix_and_bias(draw, 2, 2))


def scanned(draw: Random) -> Case:
    """By a cell whose state is not what it gives."""
    sums = serial(parallel(layer(linear), layer(linear)), layer(add_pair))
    cell = serial(sums, branch(serial(), layer(dense)))
    weights = [[[square(draw), square(draw)], ()], [[], square(draw)]]
    return Case(scan(cell), {}, (tensor(draw, 2), tensor(draw, 3, 2)), weights)


ALL_CASES: Final[Cases] = {
    **CASES,
    **cases_losses.CASES,
    "projected_heads of no rows": lambda draw: Case(
        projected_heads, {"heads": 1}, [], square(draw)
    ),
    "each of nothing": lambda draw: mapped(draw)._replace(inputs=[]),
    "each": mapped,
    "scan": scanned,
    "serial, branch, parallel and tied": wired,
}

EQUIVALENT: Final[dict[ModuleType, dict[str, str]]] = {
    attention_rules: {
        "_grouped_query_attention: 1 → 2": "there are as many heads of values as of keys",
        "_scaled_dot_product_attention: 1 → 2": "where there is no query, nothing is scaled",
        "_scaled_dot_product_attention: "
        "scaled_dot_product_attention(inputs, scale=scale, unseen=unseen, **settings) → "
        "scaled_dot_product_attention(inputs, scale=scale, **settings)": (
            "what is not seen may become NaN, which no exact number is"
        ),
    },
}
"""The mutants that are right, and why."""

OPPOSITES: Final = {
    "add": "lambda one, other: one - other",
    "subtract": "lambda one, other: one + other",
}
OF_TWO: Final = {"add", "subtract", "multiply", "divide", "_sum"}
"""Functions of two numbers or trees, of which either may be left."""

SWAPPED: Final = {"subtract", "divide", "greater", "matvec", "matmul", "outer"}
DROPPED: Final = {"transpose", "reversed", "softmax", "relu", "sigmoid", "exp"}
"""Functions of which the argument may be left."""


class Mutant(NamedTuple):
    """A function, and the code that it has if something in its source is something else."""

    name: str
    function: FunctionType
    code: CodeType


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Name(name, ast.Load()) if name in OPPOSITES:
            yield ast.parse(OPPOSITES[name], mode="eval").body
        case ast.Call(ast.Name("zip_with" | "tree_zip_with") as zips, [ast.Name(name), one, other]):
            if name in OF_TWO:
                yield from (one, other)
            if name in SWAPPED:
                yield ast.Call(zips, [node.args[0], other, one], node.keywords)
        case ast.Call(ast.Name(name) as function, [one, other]):
            if name in OF_TWO:
                yield from (one, other)
            if name in SWAPPED or name[0].isupper():
                yield ast.Call(function, [other, one], node.keywords)
            if name == "derivative":
                yield ast.Call(one, [other], [])
            if name == "tree_map":
                yield other
        case ast.Call(ast.Name(name) as function, [one, other, *rest]) if name[0].isupper():
            yield ast.Call(function, [other, one, *rest], node.keywords)
        case ast.Call(ast.Name("total"), [terms]):
            yield ast.Subscript(terms, ast.Constant(0), ast.Load())
        case ast.Call(ast.Name(name), [one]) if name in DROPPED:
            yield one
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            yield ast.BinOp(left, ast.Sub() if isinstance(operator, ast.Add) else ast.Add(), right)
        case ast.BinOp(left, ast.Mult() | ast.FloorDiv() | ast.Mod()):
            yield left
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.Tuple([one, other, *rest], ast.Load()) if not isinstance(one, ast.Constant):
            yield ast.Tuple([other, one, *rest], ast.Load())
        case ast.Constant(int(value)) if not isinstance(value, bool):
            yield ast.Constant(value + 1)
        case ast.Subscript(value, ast.Name() as index, context):
            yield ast.Subscript(value, ast.BinOp(index, ast.Sub(), ast.Constant(1)), context)
        case ast.Slice(lower, upper, step):
            yield from (ast.Slice(None, upper), ast.Slice(lower, None))
            if lower is not None:
                yield ast.Slice(ast.BinOp(lower, ast.Add(), ast.Constant(1)), upper, step)
            if upper is not None:
                yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), ast.Constant(1)), step)
        case ast.IfExp(test, body, otherwise):
            yield ast.IfExp(test, otherwise, body)
        case ast.If(test, body, otherwise):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, otherwise)
        case _:
            pass
    if isinstance(node, ast.Call):
        for dropped in node.keywords:
            if dropped.arg != "strict":
                kept = [keyword for keyword in node.keywords if keyword is not dropped]
                yield ast.Call(node.func, node.args, kept)


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body, without the types in it."""
    of_code = isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ExceptHandler))
    for field in ("body",) if of_code else node._fields:
        value = getattr(node, field, None)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child
                yield from inside(child)


class Replaced(ast.NodeTransformer):
    """A tree in which one node is another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def mutants(module: ModuleType) -> Iterator[Mutant]:
    """Of all functions that a pullback may call."""
    for definition in ast.parse(getsource(module)).body:
        function = getattr(module, getattr(definition, "name", "__name__"))
        if not isinstance(definition, ast.FunctionDef) or function not in cases_of():
            continue
        for old in inside(definition):
            for new in changed(old):
                if ast.dump(new) != ast.dump(old):
                    name = f"{function.__name__}: {ast.unparse(old)} → {ast.unparse(new)}"
                    tree, *nodes = deepcopy((definition, old, new))
                    yield Mutant(name, function, compiled(Replaced(*nodes).visit(tree), module))


def compiled(definition: ast.FunctionDef, module: ModuleType) -> CodeType:
    """The code of a function's definition, in the namespace of its module."""
    tree = ast.fix_missing_locations(ast.Module([definition], []))
    namespace = dict(vars(module))
    exec(compile(tree, f"{module.__file__}", "exec"), namespace)
    code: CodeType = namespace[definition.name].__code__
    return code


def called(function: FunctionType) -> set[FunctionType]:
    """The function, and those of its kind whose names are in its code, and in theirs."""
    found, waiting = {function}, [(function.__code__, function.__globals__)]
    while waiting:
        code, namespace = waiting.pop()
        waiting += [(inner, namespace) for inner in code.co_consts if isinstance(inner, CodeType)]
        for value in map(namespace.get, code.co_names):
            if isinstance(value, FunctionType) and value not in found and is_mutated(value):
                found.add(value)
                waiting.append((value.__code__, value.__globals__))
    return found


def is_mutated(function: FunctionType) -> bool:
    return any(function.__module__ == module.__name__ for module in MODULES)


@cache
def cases_of() -> dict[Any, list[str]]:
    """For each function that pullbacks call, the names of the cases in which they may."""
    found: dict[Any, list[str]] = {}
    for name, draw_case in ALL_CASES.items():
        definition = draw_case(Random(0)).definition
        rule: Any = RULES.get(definition, None if isinstance(definition, FunctionType) else vjp)
        rule = rule.func if isinstance(rule, partial) else rule
        for function in called(rule) if rule else ():
            found.setdefault(function, []).append(name)
    return found


@cache
def law(name: str, seed: int) -> Callable[[], None]:
    """The law of pullbacks on a case."""
    case = ALL_CASES[name](Random(f"{name} {seed}"))
    known, network = forward(case, name), network_of(case)
    return lambda: assert_transposed(known, partial(vjp, network))


def is_caught(mutant: Mutant) -> bool:
    """Whether a law fails, or the mutant."""
    _, function, code = mutant
    original = function.__code__
    for seed, name in product(SEEDS, cases_of()[function]):
        check = law(name, seed)
        function.__code__ = code
        try:
            check()
        except Exception:
            return True
        finally:
            function.__code__ = original
    return False


@pytest.mark.parametrize("module", MODULES, ids=[module.__name__ for module in MODULES])
def test_every_mutant_of_a_rule_is_caught_but_those_that_are_right(module: ModuleType) -> None:
    survivors = [mutant.name for mutant in mutants(module) if not is_caught(mutant)]
    assert sorted(survivors) == sorted(EQUIVALENT.get(module, ()))
