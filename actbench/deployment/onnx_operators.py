"""The operators of ONNX and of ONNX Runtime, and models of one operator.

ONNX stores an attribute as float32, so an activation has the rounded parameter.
"""

from contextlib import suppress
from functools import cache
from importlib import import_module

import numpy as np

from actbench.deployment.operators import Attributes, Operator
from actbench.frameworks.libraries import DTYPES
from actbench.frameworks.libraries.onnxruntime_library import OnnxRuntime

# The first operator set with Swish, and the first version of the format that allows it. Earlier
# versions of ONNX Runtime load only earlier operator sets, down to the first one with Mish.
_OPSETS, _FORMAT_VERSION = range(24, 17, -1), 10

# Attributes that are inputs of the operator, in the order of its inputs.
_INPUTS = {"PRelu": ("slope",), "Clip": ("min", "max")}

_SIXTH = float(np.float32(1 / 6))

OPERATORS = (
    Operator(name="Identity", record="linear"),
    Operator(name="Abs", record="absolute"),
    Operator(name="Relu", record="relu"),
    Operator(name="Clip", record="relu6", fixed={"min": 0, "max": 6}),
    Operator(name="Clip", record="hard_tanh", fixed={"min": -1, "max": 1}),
    Operator(
        name="Clip",
        record="clipped_relu",
        parameters={"max": "max_value"},
        fixed={"min": 0},
        usual={"max": 20},
    ),
    Operator(
        name="LeakyRelu",
        record="leaky_relu",
        parameters={"alpha": "negative_slope"},
        defaults={"alpha": 0.01},
    ),
    Operator(
        name="PRelu", record="prelu", parameters={"slope": "alpha"}, usual={"slope": 0.25}
    ),
    Operator(
        name="ThresholdedRelu",
        record="threshold",
        parameters={"alpha": "threshold"},
        defaults={"alpha": 1.0},
        values={"value": 0.0},
    ),
    Operator(
        name="Shrink",
        record="hard_shrink",
        parameters={"lambd": "threshold"},
        defaults={"lambd": 0.5, "bias": 0.0},
        fixed={"bias": 0.0},
    ),
    Operator(
        name="Shrink",
        record="soft_shrink",
        parameters={"lambd": "threshold", "bias": "threshold"},
        defaults={"lambd": 0.5, "bias": 0.0},
        usual={"bias": 0.5},
    ),
    Operator(name="HardSwish", record="hard_silu"),
    Operator(
        name="HardSigmoid",
        record="hard_sigmoid_keras2",
        defaults={"alpha": 0.2, "beta": 0.5},
        fixed={"alpha": 0.2, "beta": 0.5},
    ),
    Operator(
        name="HardSigmoid",
        record="hard_sigmoid",
        defaults={"alpha": 0.2, "beta": 0.5},
        fixed={"alpha": _SIXTH, "beta": 0.5},
    ),
    Operator(name="Sigmoid", record="sigmoid"),
    Operator(name="Softplus", record="softplus"),
    Operator(name="Softsign", record="softsign"),
    Operator(name="Tanh", record="tanh"),
    Operator(name="Atan", record="arctan"),
    Operator(name="Sin", record="sine"),
    Operator(name="Exp", record="exponential"),
    Operator(name="Elu", record="elu", parameters={"alpha": "alpha"}, defaults={"alpha": 1.0}),
    Operator(name="Selu", record="selu"),
    Operator(
        name="Celu", record="celu", parameters={"alpha": "alpha"}, defaults={"alpha": 1.0}
    ),
    Operator(
        name="Swish", record="swish", parameters={"alpha": "beta"}, defaults={"alpha": 1.0}
    ),
    Operator(name="Mish", record="mish"),
    Operator(
        name="Gelu",
        record="gelu",
        defaults={"approximate": "none"},
        fixed={"approximate": "none"},
    ),
    Operator(
        name="Gelu",
        record="gelu_tanh",
        defaults={"approximate": "none"},
        fixed={"approximate": "tanh"},
    ),
    Operator(name="com.microsoft.Gelu", record="gelu"),
    Operator(name="com.microsoft.FastGelu", record="gelu_tanh"),
    Operator(
        name="com.microsoft.QuickGelu",
        record="swish",
        parameters={"alpha": "beta"},
        defaults={"alpha": 1.702},
    ),
)
"""The operators of ONNX, and those that ONNX Runtime adds (com.microsoft)."""


def stored(attributes: Attributes) -> dict[str, object]:
    """Return attributes as an ONNX file has them: numbers are rounded to float32."""
    return {
        key: float(np.float32(value)) if isinstance(value, (int, float)) else value
        for key, value in attributes.items()
    }


def model_text(
    operator: str, attributes: Attributes, kind: str, opset: int = _OPSETS[0]
) -> str:
    """Return a model of one operator in the text format of ONNX.

    Args:
        operator: name of the operator.
        attributes: all its attributes.
        kind: the name that ONNX has for the type of the elements.
        opset: version of the operator set.

    Example:
        >>> model_text("Gelu", {"approximate": "tanh"}, "float").partition("g ")[2]
        '(float[N] x) => (float[N] y) { y = Gelu<approximate = "tanh">(x) }'
    """
    entries = _INPUTS.get(operator, ())
    start = f"Constant<value = {kind}{_shape(operator)}"
    constants = "".join(
        f"{name} = {start} {{{_number(attributes[name], kind)}}}>() " for name in entries
    )
    own = [
        f"{key} = {_literal(value)}" for key, value in attributes.items() if key not in entries
    ]
    settings = f"<{', '.join(own)}>" if own else ""
    node = f"y = {operator}{settings}({', '.join(['x', *entries])})"
    head = f'ir_version: {_FORMAT_VERSION}, opset_import: ["": {opset}, "com.microsoft": 1]'
    return f"<{head}> g ({kind}[N] x) => ({kind}[N] y) {{ {constants}{node} }}"


def _shape(operator: str) -> str:
    """Return the shape of the constants of an operator: Clip takes scalars."""
    return "" if operator == "Clip" else "[1]"


def _number(value: object, kind: str) -> str:
    """Return an element of a tensor; the text format has the bits of 16-bit numbers."""
    number = float(str(value))
    if kind in ("float16", "bfloat16"):
        return str(int(np.array(number).astype(DTYPES[kind]).view(np.uint16)))
    return f"{number:.9g}"


def _literal(value: object) -> str:
    """Return an attribute in the text format; a number with a point is a float."""
    if isinstance(value, (int, float)):
        text = f"{value:.9g}"
        return text if set(text) & {".", "e"} else f"{text}.0"
    return f'"{value}"'


@cache
def newest_opset() -> int:
    """Return the newest operator set that the installed ONNX Runtime loads, at most 24."""
    session = import_module("onnxruntime").InferenceSession
    for opset in _OPSETS:
        with suppress(Exception):  # each kind of refusal has an exception of its own
            session(_file(model_text("Identity", {}, "float", opset)))
            return opset
    return _OPSETS[-1]


def _file(text: str) -> bytes:
    file: bytes = import_module("onnx.parser").parse_model(text).SerializeToString()
    return file


def model(operator: str, attributes: Attributes, dtype: str) -> bytes:
    """Return the ONNX file of a model of one operator."""
    return _file(_text(operator, attributes, dtype))


def _text(operator: str, attributes: Attributes, dtype: str) -> str:
    return model_text(operator, attributes, OnnxRuntime.type_names[dtype], newest_opset())


def program(operator: str, attributes: Attributes, dtype: str) -> str:
    """Return lines of Python that make the ONNX file `model`."""
    text = _text(operator, attributes, dtype)
    return f"import onnx.parser\nmodel = onnx.parser.parse_model('{text}').SerializeToString()"
