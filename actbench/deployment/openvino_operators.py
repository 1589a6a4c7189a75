"""The operators of OpenVINO, and models of one operator."""

from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from actbench.deployment.operators import Attributes, Operator
from actbench.frameworks.libraries.openvino_library import OpenVino

# The place of the operator set since 2025.0, and the one before.
_OPERATOR_SETS = ("openvino.opset15", "openvino.runtime.opset15")

# Name ↦ the attributes that are inputs of the operator, in the order of its arguments.
_INPUTS = {
    "HardSigmoid": ("alpha", "beta"),
    "PRelu": ("slope",),
    "Selu": ("alpha", "lambda_value"),
    "Swish": ("beta",),
}

# Operators whose function in Python has another name than the lower-case one.
_FUNCTIONS = {"HardSigmoid": "hard_sigmoid"}

_SELU = {"alpha": 1.6732632423543772, "lambda_value": 1.0507009873554805}

OPERATORS = (
    Operator(name="Abs", record="absolute"),
    Operator(name="ReLU", record="relu"),
    Operator(name="Clamp", record="relu6", fixed={"min_value": 0, "max_value": 6}),
    Operator(name="Clamp", record="hard_tanh", fixed={"min_value": -1, "max_value": 1}),
    Operator(
        name="Clamp",
        record="clipped_relu",
        parameters={"max_value": "max_value"},
        fixed={"min_value": 0},
        usual={"max_value": 20},
    ),
    Operator(
        name="PRelu", record="prelu", parameters={"slope": "alpha"}, usual={"slope": 0.25}
    ),
    Operator(name="HSwish", record="hard_silu"),
    Operator(name="HSigmoid", record="hard_sigmoid"),
    Operator(
        name="HardSigmoid",
        record="hard_sigmoid_keras2",
        defaults={"alpha": 0.2, "beta": 0.5},
        fixed={"alpha": 0.2, "beta": 0.5},
    ),
    Operator(name="Sigmoid", record="sigmoid"),
    Operator(name="SoftPlus", record="softplus"),
    Operator(name="SoftSign", record="softsign"),
    Operator(name="Tanh", record="tanh"),
    Operator(name="Atan", record="arctan"),
    Operator(name="Sin", record="sine"),
    Operator(name="Exp", record="exponential"),
    Operator(name="Elu", record="elu", parameters={"alpha": "alpha"}, defaults={"alpha": 1.0}),
    Operator(name="Selu", record="selu", defaults=_SELU, fixed=_SELU),
    Operator(name="Swish", record="swish", parameters={"beta": "beta"}, defaults={"beta": 1.0}),
    Operator(name="Mish", record="mish"),
    Operator(
        name="Gelu",
        record="gelu",
        defaults={"approximation_mode": "erf"},
        fixed={"approximation_mode": "erf"},
    ),
    Operator(
        name="Gelu",
        record="gelu_tanh",
        defaults={"approximation_mode": "erf"},
        fixed={"approximation_mode": "tanh"},
    ),
)
"""The operators of OpenVINO that a record is known for."""


def _function(operator: str) -> str:
    return _FUNCTIONS.get(operator, operator.lower())


@cache
def _operator_set() -> str:
    """Return the module of the operator set in the installed version."""
    with suppress(ModuleNotFoundError):
        import_module(_OPERATOR_SETS[0])
        return _OPERATOR_SETS[0]
    return _OPERATOR_SETS[1]


def model(operator: str, attributes: Attributes, dtype: str) -> Any:
    """Return an `openvino.Model` of one operator."""
    openvino = import_module("openvino")
    operators = import_module(_operator_set())
    kind = getattr(openvino.Type, OpenVino.type_names[dtype])
    entry = operators.parameter([-1], kind)
    arguments = [
        operators.constant(np.array([value] if operator == "PRelu" else value), kind)
        if name in _INPUTS.get(operator, ())
        else value
        for name, value in attributes.items()
    ]
    return openvino.Model([getattr(operators, _function(operator))(entry, *arguments)], [entry])


def program(operator: str, attributes: Attributes, dtype: str) -> str:
    """Return lines of Python that make the `openvino.Model` `model`."""
    kind = f"openvino.Type.{OpenVino.type_names[dtype]}"
    arguments = "".join(
        f", ops.constant({[value] if operator == 'PRelu' else value!r}, {kind})"
        if name in _INPUTS.get(operator, ())
        else f", {value!r}"
        for name, value in attributes.items()
    )
    return (
        f"import openvino, {_operator_set()} as ops\n"
        f"entry = ops.parameter([-1], {kind})\n"
        f"model = openvino.Model([ops.{_function(operator)}(entry{arguments})], [entry])"
    )
