"""Other expressions of activations, of operators that all runtimes compute accurately."""

from actbench.activations.record import Activation

# log(1 + e) by the series of 2·artanh(e / (e + 2)), because few runtimes have log1p.
_U = "(exp(-abs(x)) / (exp(-abs(x)) + 2))"
_LOG1P = (
    f"2 * {_U} * (1 + " + " + ".join(f"{_U}**{2 * k} / {2 * k + 1}" for k in range(1, 8)) + ")"
)
_TANH = "tanh(max(x, -60) / 2)"
_N = "(exp(min(x, 20)) * (exp(min(x, 20)) + 2))"

_EXPRESSIONS = {
    "sigmoid": "1 / (1 + exp(-x))",
    "silu": "x / (1 + exp(-x))",
    "swish": "x / (1 + exp(-beta * x))",
    "mish": f"x * ({_N} / ({_N} + 2))",
    "gelu_tanh": "x / (1 + exp(-2 * sqrt(2 / pi) * (x + 0.044715 * x**3)))",
    "elu": f"x if x > 0 else alpha * 2 * {_TANH} / (1 - {_TANH})",
    "softplus": f"max(x, 0) + {_LOG1P}",
    "log_sigmoid": f"min(x, 0) - {_LOG1P}",
}
"""Name of a record ↦ an expression in the formula language, at beta = 1 for softplus."""


def substitute(activation: Activation) -> str | None:
    """Return another expression of an activation; None if none is known.

    It is only a candidate: `float_replacement` measures it on the target.

    Example:
        >>> import actbench
        >>> substitute(actbench.get("silu"))
        'x / (1 + exp(-1.0 * x))'
    """
    if activation.name == "softplus" and activation.parameters["beta"] != 1:
        return None
    expression = _EXPRESSIONS.get(activation.name)
    if expression is None:
        return None
    for name, value in activation.parameters.items():
        expression = expression.replace(name, repr(value))
    return expression
