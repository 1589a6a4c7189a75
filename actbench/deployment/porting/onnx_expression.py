"""Write an expression as an ONNX model, in a process that has the onnx package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.formula.parse import parse
from actbench.formula.tree import (
    Conditional,
    FunctionCall,
    Name,
    Negative,
    Number,
    Operation,
    Tree,
)

if TYPE_CHECKING:
    import onnx

_OPERATORS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}
_RELATIONS = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual"}
_FUNCTIONS = {
    "abs": "Abs", "erf": "Erf", "exp": "Exp", "log": "Log", "max": "Max", "min": "Min",
    "sigmoid": "Sigmoid", "sqrt": "Sqrt", "tanh": "Tanh",
}  # fmt: skip
_OPSET, _IR_VERSION = 17, 9


def write_expression(
    expression: str, rank: int, file: Path, report: Callable[[object], None]
) -> None:
    """Write a model that evaluates an expression of x in float32.

    Args:
        expression: in the formula language.
        rank: number of axes of x.
        file: the file that is written.
        report: not used.
    """
    import onnx
    from onnx import TensorProto, helper

    del report
    writer = _Writer()
    result = writer.tensor_of(parse(expression, ("x",)))
    writer.nodes.append(helper.make_node("Identity", [result], ["y"]))
    axes = [f"n{axis}" for axis in range(rank)]
    source, target = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name in ("x", "y")
    )
    graph = helper.make_graph(writer.nodes, "expression", [source], [target])
    opset = helper.make_operatorsetid("", _OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)


class _Writer:
    """Appends a node for each part of an expression; equal parts have one node."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self._known: dict[Tree, str] = {Name("x"): "x"}

    def tensor_of(self, tree: Tree) -> str:
        """Return the name of the tensor that is a part of the expression."""
        if tree not in self._known:
            self._known[tree] = self._write(tree)
        return self._known[tree]

    def _write(self, tree: Tree) -> str:
        from onnx import helper

        match tree:
            case Number():
                return self._node("Constant", value_float=float(tree))
            case Negative(operand):
                return self._node("Neg", operand)
            case Operation(operator, left, right):
                return self._node(_OPERATORS[operator], left, right)
            case FunctionCall(function, arguments):
                return self._node(_FUNCTIONS[function], *arguments)
            case Conditional(condition, then, otherwise):
                inputs = [self.tensor_of(each) for each in (condition.left, condition.right)]
                test = f"condition{len(self.nodes)}"
                self.nodes.append(
                    helper.make_node(_RELATIONS[condition.operator], inputs, [test])
                )
                parts = [test, self.tensor_of(then), self.tensor_of(otherwise)]
                return self._named("Where", parts)
        raise TypeError(f"expression: expected a part of a formula, got {tree!r}")

    def _node(self, operator: str, *operands: Tree, **attributes: float) -> str:
        return self._named(operator, [self.tensor_of(each) for each in operands], **attributes)

    def _named(self, operator: str, inputs: list[str], **attributes: float) -> str:
        from onnx import helper

        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name
