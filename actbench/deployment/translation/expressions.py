"""Expressions in a framework for functions that it does not have.

A template is an expression of x, of the parameters, of other activations by name, and of the
elementary functions below. Each template is accurate for large |x|, which textbook formulas are
not. An activation that the framework lacks as well is replaced by its own template.
"""

import ast
import copy
import math
import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

from actbench.activations.catalogue import RECORDS
from actbench.activations.foreign.meanings import arguments_for, complete
from actbench.activations.foreign.signatures import Function, Signature, Value
from actbench.activations.foreign.table import SIGNATURES
from actbench.deployment.translation.equalities import forms

ELEMENTARY: Mapping[str, Mapping[str, str]] = {
    "keras": {
        name: f"keras.ops.{name}"
        for name in (
            "exp", "expm1", "log", "log1p", "tanh", "sqrt", "sin", "cos", "erf", "where",
        )
    }
    | {"atan": "keras.ops.arctan", "abs": "keras.ops.abs", "sign": "keras.ops.sign"}
    | {"max": "keras.ops.maximum", "min": "keras.ops.minimum"},
    "tf": {
        name: f"tf.{name}" for name in ("exp", "tanh", "sqrt", "sin", "cos", "abs", "where")
    }
    | {name: f"tf.math.{name}" for name in ("expm1", "log", "log1p", "erf", "atan")}
    | {"max": "tf.maximum", "min": "tf.minimum", "sign": "tf.sign"},
    "torch": {
        name: f"torch.{name}"
        for name in (
            "exp", "expm1", "log", "log1p", "tanh", "sqrt", "sin", "cos", "erf", "where",
            "atan", "abs", "sign",
        )
    }
    | {"max": "torch.clamp", "min": "torch.clamp"},
    "jax": {
        name: f"jax.numpy.{name}"
        for name in (
            "exp", "expm1", "log", "log1p", "tanh", "sqrt", "sin", "cos", "where", "abs",
            "sign",
        )
    }
    | {"atan": "jax.numpy.arctan", "erf": "jax.scipy.special.erf"}
    | {"max": "jax.numpy.maximum", "min": "jax.numpy.minimum"},
    "onnx": {
        name: f"op.{name.capitalize()}"
        for name in (
            "exp", "log", "tanh", "sqrt", "sin", "cos", "erf", "where", "abs", "sign", "atan",
            "max", "min",
        )
    },
}  # fmt: skip
"""Framework ↦ elementary function ↦ its name there."""

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "relu": ("max(x, 0)",),
    "clipped_relu": ("min(max(x, 0), max_value)",),
    "leaky_relu": ("where(x > 0, x, negative_slope * x)",),
    "threshold": ("where(x > threshold, x, value)",),
    "relu_squared": ("relu(x) ** 2",),
    "star_relu": ("scale * relu(x) ** 2 + bias",),
    "hard_silu": ("x * relu6(x + 3) / 6",),
    "hard_sigmoid": ("relu6(x + 3) / 6",),
    "hard_mish": ("x * min(max(x + 2, 0), 2) / 2",),
    "hard_shrink": ("where(abs(x) > threshold, x, 0.0)",),
    "soft_shrink": ("relu(x - threshold) - relu(-threshold - x)",),
    "tanh_shrink": ("x - tanh(x)",),
    "sigmoid": ("(1 + tanh(x / 2)) / 2",),
    "log_sigmoid": ("-softplus(-x)",),
    "softplus": ("softplus(beta * x) / beta",),
    "bipolar_sigmoid": ("tanh(x / 2)",),
    "lecun_tanh": ("1.7159 * tanh(2 * x / 3)",),
    "penalized_tanh": ("where(x > 0, tanh(x), alpha * tanh(x))",),
    "soft_cap": ("cap * tanh(x / cap)",),
    "softsign": ("x / (1 + abs(x))",),
    "elu": ("where(x > 0, x, alpha * elu(x))",),
    "selu": ("where(x > 0, 1.0507009873554805 * x, 1.7580993408473766 * elu(x))",),
    "celu": ("where(x > 0, x, alpha * elu(x / alpha))",),
    "ptelu": ("where(x > 0, x, alpha * tanh(beta * x))",),
    "nlrelu": ("log1p(beta * relu(x))", "log(1 + beta * relu(x))"),
    "elish": ("where(x > 0, x, elu(x)) * sigmoid(x)",),
    "swish": ("x * sigmoid(beta * x)",),
    "doubled_swish": ("2 * x * sigmoid(beta * x)",),
    "e_swish": ("beta * x * sigmoid(x)",),
    "quick_gelu": ("swish(x, beta=1.702)",),
    "flatten_t_swish": ("relu(x) * sigmoid(x) + t",),
    "dsilu": ("sigmoid(x) * (1 + x * sigmoid(-x))",),
    "aptx": ("(alpha + tanh(beta * x)) * gamma * x",),
    "acon_c": ("(p1 - p2) * x * sigmoid(beta * (p1 - p2) * x) + p2 * x",),
    "lisht": ("x * tanh(x)",),
    "mish": ("x * tanh(softplus(x))",),
    "tanhexp": ("x * tanh(exp(x))",),
    "logish": ("x * log1p(sigmoid(x))", "x * log(1 + sigmoid(x))"),
    "smish": ("x * tanh(log1p(sigmoid(x)))", "x * tanh(log(1 + sigmoid(x)))"),
    "phish": ("x * tanh(gelu(x))",),
    "serf": ("x * erf(softplus(x))",),
    "pserf": ("x * erf(gamma * softplus(delta * x))",),
    "gelu_tanh": ("x * sigmoid(1.5957691216057308 * (x + 0.044715 * x**3))",),
    "squareplus": ("(x + sqrt(x**2 + b)) / 2",),
    "sine": ("sin(omega * x)",),
    "sinlu": ("(x + a * sin(b * x)) * sigmoid(x)",),
    "snake": ("x + sin(a * x) ** 2 / a",),
}
"""Record ↦ its expressions, the preferred one first."""


class Expression(NamedTuple):
    """Source code of a function of x in a framework.

    Args:
        text: the source code.
        textbook: whether it is the textbook formula, which may overflow for large |x|.
    """

    text: str
    textbook: bool


class _LackingError(LookupError):
    """The framework lacks a function of a template."""


def direct_call(
    function: Function, framework: str, *, layers: bool
) -> tuple[Signature, dict[str, Value]] | None:
    """Return the callable of a framework that computes a function, and its arguments.

    Args:
        function: the function.
        framework: the framework.
        layers: whether a layer is preferred to a function.
    """
    for form in forms(function):
        found = [
            (signature, arguments)
            for signature in SIGNATURES
            if signature.framework == framework
            and (arguments := arguments_for(signature, form)) is not None
        ]
        if found:
            return min(found, key=lambda one: one[0].is_layer is not layers)
    return None


def expression(function: Function, framework: str) -> Expression | None:
    """Return an expression of x for a function that a framework does not have.

    Returns:
        The expression; None if the framework lacks a function that every expression needs.

    Example:
        >>> expression(complete("softplus", {"beta": 2}), "tf").text
        'tf.nn.softplus(2 * x) / 2'
    """
    for form in forms(function):
        for template in TEMPLATES.get(form.name, ()):
            try:
                tree = _rendered(template, form.parameters, framework, (form.name,))
            except _LackingError:
                continue
            return Expression(ast.unparse(tree), textbook=False)
    formula = function.record.formula
    if formula is None:
        return None
    try:
        tree = _rendered(formula, function.parameters, framework, (function.name,))
    except _LackingError:
        return None
    return Expression(ast.unparse(tree), textbook="exp(" in formula)


def _rendered(
    template: str, parameters: Mapping[str, float], framework: str, stack: tuple[str, ...]
) -> ast.expr:
    tree = ast.parse(template, mode="eval").body
    renderer = _Renderer(parameters, framework, stack)
    return cast(ast.expr, _Folder().visit(renderer.visit(tree)))


class _Renderer(ast.NodeTransformer):
    """Replaces parameters by numbers, and functions by those of a framework."""

    def __init__(
        self, parameters: Mapping[str, float], framework: str, stack: tuple[str, ...]
    ) -> None:
        self._parameters, self._framework, self._stack = parameters, framework, stack

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._parameters:
            return _literal(self._parameters[node.id])
        return _literal(math.pi) if node.id == "pi" else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        match self.visit(copy.deepcopy(node.test)):
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if all(
                map(_is_number, (left, right))
            ):
                equal = ast.literal_eval(left) == ast.literal_eval(right)
                return cast(ast.expr, self.visit(node.body if equal else node.orelse))
        where = ast.Name("where")
        return self.visit_Call(ast.Call(where, [node.test, node.body, node.orelse], []))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = cast(ast.Name, node.func).id
        arguments: list[ast.expr] = [self.visit(argument) for argument in node.args]
        elementary = ELEMENTARY[self._framework].get(name)
        if elementary is not None:
            return _elementary_call(name, elementary, arguments, self._framework)
        given = {
            str(k.arg): float(ast.literal_eval(self.visit(k.value))) for k in node.keywords
        }
        if name not in _NAMES:
            raise _LackingError(name)
        function = complete(name, _UNITS.get(name, {}) | given)
        found = direct_call(function, self._framework, layers=False)
        if found is not None and not found[0].is_layer:
            return ast.parse(
                source_of(*found, tensor=ast.unparse(arguments[0])), mode="eval"
            ).body
        if name in self._stack:
            raise _LackingError(name)
        for template in TEMPLATES.get(name, ()):
            tree = _rendered(
                template, function.parameters, self._framework, (*self._stack, name)
            )
            replaced: ast.expr = _Replacer(arguments[0]).visit(tree)
            return replaced
        raise _LackingError(name)


_NAMES = {kind.name for kind in RECORDS}
_UNITS = {"softplus": {"beta": 1.0}, "elu": {"alpha": 1.0}, "swish": {"beta": 1.0}}


class _Replacer(ast.NodeTransformer):
    """Replaces x by an expression."""

    def __init__(self, argument: ast.expr) -> None:
        self._argument = argument

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self._argument) if node.id == "x" else node


class _Folder(ast.NodeTransformer):
    """Computes operations on constants, and leaves out factors of 1."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        folded = ast.BinOp(left, node.op, right)
        compute = _OPERATIONS.get(type(node.op))
        if compute and _is_number(left) and _is_number(right):
            return _literal(compute(ast.literal_eval(left), ast.literal_eval(right)))
        if isinstance(node.op, ast.Mult) and _is_one(left):
            return cast(ast.expr, right)
        if isinstance(node.op, ast.Mult | ast.Div | ast.Pow) and _is_one(right):
            return cast(ast.expr, left)
        return folded


_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _literal(value: float) -> ast.expr:
    return ast.parse(literal(value), mode="eval").body


def literal(value: Value) -> str:
    """Return a constant as source code: a number in its shortest exact form."""
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return repr(value)


def _elementary_call(
    name: str, full: str, arguments: list[ast.expr], framework: str
) -> ast.expr:
    """Return the call of an elementary function."""
    function = ast.parse(full, mode="eval").body
    if all(map(_is_number, arguments)) and name == "sqrt":
        return _literal(math.sqrt(ast.literal_eval(arguments[0])))
    if framework == "torch" and name in {"max", "min"}:
        number, other = sorted(arguments, key=_is_number, reverse=True)
        bound = ast.keyword("min" if name == "max" else "max", number)
        if not _is_number(number):
            whole = ast.parse(f"torch.{name}imum", mode="eval").body
            return ast.Call(whole, arguments, [])
        return ast.Call(function, [other], [bound])
    return ast.Call(function, arguments, [])


def source_of(
    signature: Signature, arguments: Mapping[str, Value], *, tensor: str = "x"
) -> str:
    """Return the source code of a call; a function gets the tensor, a layer does not."""
    given = [f"{name}={_argument(name, value)}" for name, value in arguments.items()]
    if signature.framework == "onnx":
        operator = signature.name.removeprefix("onnx.")
        inputs = [
            literal(value) if value is not None else "None"
            for name, value in arguments.items()
            if name in _INPUTS.get(operator, ())
        ]
        attributes = [
            text
            for name, text in zip(arguments, given, strict=True)
            if name not in _INPUTS.get(operator, ())
        ]
        return f"op.{operator}({', '.join([tensor, *inputs, *attributes])})"
    if signature.is_layer:
        return f"{signature.name}({', '.join(given)})"
    return f"{signature.name}({', '.join([tensor, *given])})"


_INPUTS = {"Clip": ("min", "max"), "PRelu": ("slope",)}
"""Operator of ONNX ↦ the parameters that are inputs and not attributes."""


def _argument(name: str, value: Value) -> str:
    if name.endswith("_initializer") and not isinstance(value, str):
        return f"keras.initializers.Constant({literal(value)})"
    if name in {"axis", "dim"} and isinstance(value, float):
        return str(int(value))
    return literal(value)
