"""An ONNX model of an expression in the notation of onnxscript."""

import ast
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "Add",
    ast.Sub: "Sub",
    ast.Mult: "Mul",
    ast.Div: "Div",
    ast.Pow: "Pow",
    ast.USub: "Neg",
    ast.Gt: "Greater",
    ast.GtE: "GreaterOrEqual",
    ast.Lt: "Less",
    ast.LtE: "LessOrEqual",
}
"""Operator of Python ↦ operator of ONNX."""


def model_of(code: str, dtype: str, opset: int = 24) -> "ModelProto":
    """Return a model that computes an expression of x for tensors of one dimension.

    Args:
        code: an expression such as "op.Softplus(2 * x) / 2".
        dtype: dtype of the tensors, such as "float32".
        opset: version of the operators.
    """
    from onnx import TensorProto, checker, helper

    kind = {"float16": TensorProto.FLOAT16, "float32": TensorProto.FLOAT}[dtype]
    writer = _Writer(dtype)
    result = writer.write(ast.parse(code, mode="eval").body)
    writer.add("Identity", [result], {}, output="y")
    x, y = (helper.make_tensor_value_info(name, kind, ["n"]) for name in ("x", "y"))
    graph = helper.make_graph(writer.nodes, "expression", [x], [y], writer.constants)
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    checker.check_model(model, full_check=True)
    return model


class _Writer:
    """Writes the nodes of an expression."""

    def __init__(self, dtype: str) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._dtype = dtype

    def write(self, node: ast.expr) -> str:
        """Write the nodes of an expression and return the name of its value."""
        match node:
            case ast.Name(id=name):
                return name
            case ast.Constant(value=int() | float() as value):
                return self._constant(float(value))
            case ast.Constant(value=None):
                return ""
            case ast.UnaryOp(op=sign, operand=inner):
                return self.add(_OPERATORS[type(sign)], [self.write(inner)], {})
            case ast.BinOp(left=left, op=sign, right=right):
                inputs = [self.write(left), self.write(right)]
                return self.add(_OPERATORS[type(sign)], inputs, {})
            case ast.Compare(left=left, ops=[sign], comparators=[right]):
                inputs = [self.write(left), self.write(right)]
                return self.add(_OPERATORS[type(sign)], inputs, {})
        call = cast(ast.Call, node)
        attributes = {str(k.arg): _attribute(str(k.arg), k.value) for k in call.keywords}
        operator = cast(ast.Attribute, call.func).attr
        return self.add(operator, [self.write(argument) for argument in call.args], attributes)

    def add(
        self,
        operator: str,
        inputs: list[str],
        attributes: dict[str, float | str],
        output: str | None = None,
    ) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        name = output or f"v{len(self.nodes)}"
        node = helper.make_node(operator, inputs, [name])
        node.attribute.extend(helper.make_attribute(k, v) for k, v in attributes.items())
        self.nodes.append(node)
        return name

    def _constant(self, value: float) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        tensor = np.asarray(value, self._dtype)
        self.constants.append(numpy_helper.from_array(tensor, name))
        return name


def _attribute(name: str, node: ast.expr) -> float | str:
    value = ast.literal_eval(node)
    if isinstance(value, str):
        return value
    return int(value) if name == "axis" else float(value)
