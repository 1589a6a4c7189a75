"""The operators of StableHLO, which IREE compiles, and modules of one operator."""

from actbench.deployment.operators import Attributes, Operator

_TYPES = {"float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64"}

OPERATORS = (
    Operator(name="abs", record="absolute"),
    Operator(name="logistic", record="sigmoid"),
    Operator(name="tanh", record="tanh"),
    Operator(name="sine", record="sine"),
    Operator(name="exponential", record="exponential"),
)
"""The operators of StableHLO that a record is known for."""


def model(operator: str, attributes: Attributes, dtype: str) -> str:
    """Return the text of a module of one operator, for arrays of any length.

    Example:
        >>> model("tanh", {}, "float16").partition("{ ")[2]
        '%y = stablehlo.tanh %x : tensor<?xf16> return %y : tensor<?xf16> }'
    """
    del attributes
    kind = f"tensor<?x{_TYPES[dtype]}>"
    body = f"%y = stablehlo.{operator} %x : {kind} return %y : {kind}"
    return f"func.func @main(%x: {kind}) -> {kind} {{ {body} }}"


def program(operator: str, attributes: Attributes, dtype: str) -> str:
    """Return a line of Python with the text `model`."""
    return f"model = {model(operator, attributes, dtype)!r}"
