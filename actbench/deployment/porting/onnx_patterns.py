"""Find activations in an ONNX graph: single operators, and subgraphs that exporters write."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.activations.vector import VectorActivation, get_vector

if TYPE_CHECKING:
    import onnx

SUBGRAPHS = (
    ("mish", "Mul(x, Tanh(Softplus(x)))"),
    ("mish", "Mul(x, Tanh(Log(Add(Exp(x), 1))))"),
    ("gelu", "Mul(Mul(x, Add(Erf(Div(x, 1.4142135)), 1)), 0.5)"),
    ("gelu", "Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.4142135)), 1))"),
    ("gelu", "Mul(Mul(x, 0.5), Add(Erf(Mul(x, 0.70710678)), 1))"),
    ("gelu", "Mul(x, Mul(0.5, Add(Erf(Mul(x, 0.70710678)), 1)))"),
    ("gelu", "Mul(x, Mul(0.5, Add(Erf(Div(x, 1.4142135)), 1)))"),
    ("silu", "Mul(x, Sigmoid(x))"),
    ("quick_gelu", "Mul(x, Sigmoid(Mul(x, 1.702)))"),
    ("hard_silu", "Mul(x, HardSigmoid(x, 0.16666667, 0.5))"),
    ("log_sigmoid", "Log(Sigmoid(x))"),
    ("log_sigmoid", "Neg(Softplus(Neg(x)))"),
    ("softplus", "Log(Add(Exp(x), 1))"),
    ("tanh_shrink", "Sub(x, Tanh(x))"),
    ("relu6", "Clip(x, 0, 6)"),
)
"""Record ↦ subgraph of operators, in the order in which they are tried; x is the input."""

# Operator ↦ record, and the attributes that are its parameters with their defaults.
_OPERATORS: Mapping[str, tuple[str, Mapping[str, tuple[str, float]]]] = {
    "Relu": ("relu", {}),
    "Sigmoid": ("sigmoid", {}),
    "Tanh": ("tanh", {}),
    "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}),
    "Mish": ("mish", {}),
    "HardSwish": ("hard_silu", {}),
    "Elu": ("elu", {"alpha": ("alpha", 1.0)}),
    "Celu": ("celu", {"alpha": ("alpha", 1.0)}),
    "LeakyRelu": ("leaky_relu", {"alpha": ("negative_slope", 0.01)}),
    "Swish": ("swish", {"alpha": ("beta", 1.0)}),
}
_COMMUTATIVE = ("Add", "Mul")
_SELU = {"alpha": 1.6732632, "gamma": 1.0507010}


class Found(NamedTuple):
    """An activation in a graph.

    Args:
        function: the operator, or the subgraph.
        activation: its record.
        source: name of the tensor that is its input.
        result: name of the tensor that is its output.
    """

    function: str
    activation: Activation | VectorActivation
    source: str
    result: str


class Graph:
    """The nodes and constants of an ONNX graph by the names of their results."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        from onnx import numpy_helper

        self.nodes = list(graph.node)
        self.producer = {name: node for node in graph.node for name in node.output}
        self.constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        for node in graph.node:
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value":
                    self.constants[node.output[0]] = numpy_helper.to_array(attribute.t)

    def number(self, name: str) -> float | None:
        """Return the single number that a tensor is; None for all others."""
        found = self.constants.get(name)
        return float(found.ravel()[0]) if found is not None and found.size == 1 else None


def activations(graph: Graph) -> list[Found]:
    """Return the activations of a graph in the order of execution.

    An operator that is a part of a found subgraph is not listed by itself.
    """
    used: set[str] = set()
    found: dict[str, Found] = {}
    for name, text in SUBGRAPHS:
        for node in graph.nodes:
            inside: set[str] = set()
            source = _match(_parsed(text), node.output[0], graph, None, inside)
            if source is not None and not inside & used:
                used |= inside
                found[node.output[0]] = Found(text, get(name), source, node.output[0])
    for node in graph.nodes:
        record = _record(node)
        if record is not None and node.output[0] not in used:
            found[node.output[0]] = Found(node.op_type, record, node.input[0], node.output[0])
    order = [node.output[0] for node in graph.nodes]
    return sorted(found.values(), key=lambda each: order.index(each.result))


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _match(
    pattern: ast.expr, name: str, graph: Graph, source: str | None, inside: set[str]
) -> str | None:
    """Return the tensor that x stands for; None if the pattern does not end in this tensor."""
    match pattern:
        case ast.Name():
            return name if source in (None, name) and name not in graph.constants else None
        case ast.Constant(value=float() | int() as expected):
            number = graph.number(name)
            is_equal = number is not None and bool(np.isclose(number, float(expected)))
            return (source or "") if is_equal else None
        case ast.Call(func=ast.Name(id=operator), args=arguments):
            node = graph.producer.get(name)
            if node is None or node.op_type != operator:
                return None
            for inputs in _orders(node, operator):
                if len(inputs) != len(arguments):
                    continue
                kept, now = set(inside), source
                for argument, each in zip(arguments, inputs, strict=True):
                    now = _match(argument, each, graph, now or None, kept)
                    if now is None:
                        break
                else:
                    inside |= kept | {name}
                    return now
    return None


def _orders(node: onnx.NodeProto, operator: str) -> Iterator[list[str]]:
    yield list(node.input)
    if operator in _COMMUTATIVE:
        yield list(node.input)[::-1]


def _record(node: onnx.NodeProto) -> Activation | VectorActivation | None:
    """Return the record of one operator; None if it is not an activation."""
    import onnx

    given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    if node.op_type in _OPERATORS:
        name, parameters = _OPERATORS[node.op_type]
        values = {
            own: float(given.get(key, default)) for key, (own, default) in parameters.items()
        }
        return get(name, **values)
    if node.op_type == "Selu":
        is_standard = all(abs(given.get(key, v) - v) < 1e-6 for key, v in _SELU.items())
        return get("selu") if is_standard else None
    if node.op_type == "Gelu":
        return get("gelu_tanh" if given.get("approximate", b"none") == b"tanh" else "gelu")
    if node.op_type == "Softmax" and given.get("axis", -1) in (-1, 1):
        return get_vector("softmax")
    return None
