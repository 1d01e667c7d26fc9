"""A program that steps by PyTorch's optimizers: for each line of JSON on stdin, one on stdout.

A line names an optimizer and its settings, and has weights w, and a matrix A and a vector b, of
which the gradient at each step is A·w − b. The answer is the weights after each step.
"""

import json
import sys
from importlib import import_module
from typing import Any


def steps(torch: Any, case: dict[str, Any]) -> list[list[float]]:
    weights = torch.tensor(case["weights"], dtype=torch.float64, requires_grad=True)
    matrix, target = (
        torch.tensor(case[name], dtype=torch.float64) for name in ("matrix", "target")
    )
    optimizer = getattr(torch.optim, case["optimizer"])([weights], **case["settings"])

    def closure() -> Any:
        weights.grad = matrix @ weights.detach() - target
        return weights.grad.sum()

    found = []
    for _ in range(case["steps"]):
        optimizer.step(closure)
        found.append(weights.tolist())
    return found


if __name__ == "__main__":
    module = import_module("torch")
    for line in sys.stdin:
        print(json.dumps(steps(module, json.loads(line))), flush=True)
