"""A GPT of scalars that differentiate themselves, one node for each operation of two numbers.

Nothing in it is ours but the form of the weights: it is what funcnn's pullbacks are held to.
"""

import math
from collections.abc import Sequence
from typing import Any

from funcnn import tree_map

type Row = list[Scalar]


class Scalar:
    """A number, the numbers that it was made of, and its slope by each of them."""

    __slots__ = ("bar", "data", "parents", "slopes")

    def __init__(
        self, data: float, parents: tuple["Scalar", ...] = (), slopes: tuple[float, ...] = ()
    ) -> None:
        self.data, self.parents, self.slopes, self.bar = data, parents, slopes, 0.0

    def __add__(self, other: "Scalar") -> "Scalar":
        return Scalar(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other: "Scalar") -> "Scalar":
        return Scalar(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other: "Scalar") -> "Scalar":
        return Scalar(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other: "Scalar") -> "Scalar":
        quotient = self.data / other.data
        return Scalar(quotient, (self, other), (1.0 / other.data, -quotient / other.data))

    def exp(self) -> "Scalar":
        power = math.exp(self.data)
        return Scalar(power, (self,), (power,))

    def log(self) -> "Scalar":
        return Scalar(math.log(self.data), (self,), (1.0 / self.data,))

    def sqrt(self) -> "Scalar":
        root = math.sqrt(self.data)
        return Scalar(root, (self,), (0.5 / root,))

    def relu(self) -> "Scalar":
        return Scalar(max(self.data, 0.0), (self,), (float(self.data > 0.0),))

    def backward(self) -> None:
        """Give each number below the slope of this one by it: those that it made come first."""
        order, seen, waiting = list[Scalar](), set[Scalar](), [(self, False)]
        while waiting:
            node, made = waiting.pop()
            if made:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                waiting.append((node, True))
                waiting.extend((parent, False) for parent in node.parents)
        self.bar = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.bar += slope * node.bar


def summed(terms: Sequence[Scalar]) -> Scalar:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def projected(row: Row, matrix: list[Row]) -> Row:
    return [summed([w * x for w, x in zip(weights, row, strict=True)]) for weights in matrix]


def normed(row: Row) -> Row:
    square = summed([x * x for x in row]) * Scalar(1 / len(row))
    inverse = Scalar(1.0) / (square + Scalar(1e-5)).sqrt()
    return [x * inverse for x in row]


def shifted(logits: Row) -> tuple[Row, Row]:
    """The logits less the largest, and their exponentials."""
    top = Scalar(max(z.data for z in logits))
    lower = [z - top for z in logits]
    return lower, [z.exp() for z in lower]


def added(row: Row, other: Row) -> Row:
    return [x + y for x, y in zip(row, other, strict=True)]


def logits_after(token: int, keys: list[Row], values: list[Row], weights: Any, heads: int) -> Row:
    """One more token; its key and its value stay with those of the tokens before."""
    table, positions, _, ([_, [_, attention]], _), ([_, [_, hidden]], _), head = weights
    x = normed(added(table[token], positions[len(keys)]))
    row = normed(x)
    query, key, value = (projected(row, matrix) for matrix in attention[:3])
    keys.append(key)
    values.append(value)
    size, read = len(query) // heads, list[Scalar]()
    scale = Scalar(1 / math.sqrt(size))
    for at in range(0, len(query), size):
        part = query[at : at + size]
        matched = projected(part, [k[at : at + size] for k in keys])
        _, powers = shifted([score * scale for score in matched])
        whole = summed(powers)
        seen = [power / whole for power in powers]
        read += projected(seen, [[v[i] for v in values] for i in range(at, at + size)])
    x = added(x, projected(read, attention[3]))
    up, _, down = hidden
    x = added(x, projected([y.relu() for y in projected(normed(x), up)], down))
    return projected(x, head)


def loss_of(inputs: Sequence[int], targets: Sequence[int], weights: Any, heads: int) -> Scalar:
    """The negative logarithm of the likelihood of a sequence, its last target the boundary."""
    keys, values, losses = list[Row](), list[Row](), list[Scalar]()
    for token, target in zip(inputs, targets, strict=True):
        lower, powers = shifted(logits_after(token, keys, values, weights, heads))
        losses.append(summed(powers).log() - lower[target])
    return summed(losses)


def value_and_grad(
    weights: Any, inputs: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], heads: int
) -> tuple[float, Any]:
    """The mean of the sequences' losses, and its gradient by the weights of a microgpt."""
    scalars = tree_map(Scalar, weights)
    losses = [loss_of(*pair, scalars, heads) for pair in zip(inputs, targets, strict=True)]
    loss = summed(losses) * Scalar(1 / len(losses))
    loss.backward()
    return loss.data, tree_map(lambda scalar: scalar.bar, scalars)
