"""The operators of LiteRT, and models of one operator."""

import base64
from importlib import import_module
from typing import Any

from actbench.deployment.operators import Attributes, Operator
from actbench.frameworks.libraries import DTYPES

_TYPES = {
    "float16": "FLOAT16",
    "bfloat16": "BFLOAT16",
    "float32": "FLOAT32",
    "float64": "FLOAT64",
}

# Name ↦ the class of the operator's options, and the names of its fields.
_OPTIONS = {
    "GELU": ("GeluOptions", {"approximate": "approximate"}),
    "LEAKY_RELU": ("LeakyReluOptions", {"alpha": "alpha"}),
}

# A TensorFlow Lite file of this version starts with the identifier.
_VERSION, _IDENTIFIER = 3, b"TFL3"

OPERATORS = (
    Operator(name="ABS", record="absolute"),
    Operator(name="SQUARE", record="square"),
    Operator(name="RELU", record="relu"),
    Operator(name="RELU6", record="relu6"),
    Operator(name="RELU_N1_TO_1", record="hard_tanh"),
    Operator(
        name="LEAKY_RELU",
        record="leaky_relu",
        parameters={"alpha": "negative_slope"},
        usual={"alpha": 0.2},
    ),
    Operator(
        name="PRELU", record="prelu", parameters={"alpha": "alpha"}, usual={"alpha": 0.25}
    ),
    Operator(name="HARD_SWISH", record="hard_silu"),
    Operator(name="LOGISTIC", record="sigmoid"),
    Operator(name="TANH", record="tanh"),
    Operator(name="SIN", record="sine"),
    Operator(name="EXP", record="exponential"),
    Operator(name="ELU", record="elu"),
    Operator(
        name="GELU",
        record="gelu",
        defaults={"approximate": False},
        fixed={"approximate": False},
    ),
    Operator(
        name="GELU",
        record="gelu_tanh",
        defaults={"approximate": False},
        fixed={"approximate": True},
    ),
)
"""The operators of LiteRT that a record is known for."""


def model(operator: str, attributes: Attributes, dtype: str) -> bytes:
    """Return the TensorFlow Lite file of a model of one operator.

    The attribute of PRELU is a second input of the operator, a constant of one element.
    """
    schema = import_module("ai_edge_litert.schema_py_generated")
    builder = import_module("flatbuffers").Builder(1024)
    code = schema.OperatorCodeT()
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1
    data = [schema.BufferT()]
    tensors = [_tensor(schema, name, dtype, -1) for name in ("x", "y")]
    node = schema.OperatorT()
    node.inputs, node.outputs = [0], [1]
    if operator == "PRELU":
        constant = schema.BufferT()
        constant.data = list(DTYPES[dtype].type(attributes["alpha"]).tobytes())
        data.append(constant)
        tensors.append(_tensor(schema, "alpha", dtype, 1))
        tensors[-1].buffer = 1
        node.inputs = [0, 2]
    elif operator in _OPTIONS:
        kind, fields = _OPTIONS[operator]
        node.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        node.builtinOptions = getattr(schema, f"{kind}T")()
        for name, field in fields.items():
            setattr(node.builtinOptions, field, attributes[name])
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = tensors, [node]
    graph.inputs, graph.outputs = [0], [1]
    file = schema.ModelT()
    file.version, file.operatorCodes, file.subgraphs = _VERSION, [code], [graph]
    file.buffers = data
    builder.Finish(file.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _tensor(schema: Any, name: str, dtype: str, length: int) -> Any:
    """Return a one-dimensional tensor; the length −1 is unknown."""
    tensor = schema.TensorT()
    tensor.name, tensor.type = name, getattr(schema.TensorType, _TYPES[dtype])
    tensor.shape, tensor.hasRank, tensor.buffer = [abs(length)], True, 0
    if length < 0:
        tensor.shapeSignature = [length]
    return tensor


def program(operator: str, attributes: Attributes, dtype: str) -> str:
    """Return a line of Python with the TensorFlow Lite file `model`."""
    text = base64.b64encode(model(operator, attributes, dtype)).decode()
    return f"model = __import__('base64').b64decode('{text}')  # {operator}"
