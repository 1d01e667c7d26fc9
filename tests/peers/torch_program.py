"""A program that computes by PyTorch: from each line of JSON on stdin, one line of JSON on stdout.

A call names a function of torch, or a module and its parameters, and has arguments, settings and
perhaps cotangents, one for each number of the outputs. {"tensor": …} is a tensor: of float64, int64
or bool, as its entries are. JSON has floats as repr writes them, so that none is rounded.
"""

import json
import sys
from importlib import import_module
from operator import attrgetter
from typing import Any, Final

torch: Final[Any] = import_module("torch") if __name__ == "__main__" else None
"""Where tests are collected, there is none."""


def decoded(value: Any) -> Any:
    """Tensors, and tuples where JSON has lists."""
    if isinstance(value, list):
        return tuple(map(decoded, value))
    if isinstance(value, dict):
        tensor = "tensor" in value
        return torch.tensor(value["tensor"]) if tensor else {k: decoded(value[k]) for k in value}
    return value


def numbers(value: Any) -> Any:
    """Tensors as nested lists; of several outputs, those that there are."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    return [numbers(part) for part in value if part is not None]


def tensors(value: Any) -> list[Any]:
    """The tensors of floats, in order."""
    if isinstance(value, torch.Tensor):
        return [value] if value.is_floating_point() else []
    parts = tuple(value.values()) if isinstance(value, dict) else value
    return [x for part in parts for x in tensors(part)] if isinstance(parts, tuple) else []


def gradients(outputs: Any, wanted: list[Any], bars: list[float]) -> Any:
    """By the wanted tensors, of the outputs' numbers times these."""
    sizes = [output.numel() for output in tensors(outputs)]
    parts = zip(torch.tensor(bars).split(sizes), tensors(outputs), strict=True)
    return torch.autograd.grad(tensors(outputs), wanted, [bar.view_as(y) for bar, y in parts])


def called(call: dict[str, Any]) -> dict[str, Any]:
    """The outputs; with cotangents, the gradients of arguments, of settings, then of parameters;
    and of a module what it holds afterwards."""
    arguments, settings = decoded(call["arguments"]), decoded(call["settings"])
    function, wanted = attrgetter(call["function"])(torch), tensors((arguments, settings))
    if isinstance(function, type):
        function, settings = function(**settings), {}
        function.load_state_dict(decoded(call["parameters"]))
        learned = dict(function.named_parameters())
        wanted += [learned[name] for name in call["parameters"] if name in learned]
    for tensor in wanted:
        tensor.requires_grad_("cotangents" in call)
    outputs = function(*arguments, **settings)
    results = {"outputs": numbers(outputs)}
    if "cotangents" in call:
        results["gradients"] = numbers(gradients(outputs, wanted, call["cotangents"]))
    if isinstance(function, torch.nn.Module):
        results["state"] = {name: numbers(x) for name, x in function.state_dict().items()}
    return results


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    for line in sys.stdin:
        try:
            results = called(json.loads(line))
        except Exception as error:
            results = {"error": repr(error)}
        print(json.dumps(results), flush=True)
