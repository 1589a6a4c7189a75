"""A replacement for an activation that falls short: another expression, or an int8 table."""

import numpy as np

from actbench.activations.record import Activation
from actbench.deployment.porting.activation_errors import (
    LargestError,
    dense_sample,
    float_error,
)
from actbench.deployment.porting.places import Quantization
from actbench.deployment.porting.substitutes import substitute
from actbench.deployment.porting.targets import PortTarget
from actbench.deployment.porting.workshop import Workshop
from actbench.errors import RequestError


def table_replacement(
    activation: Activation, of_input: Quantization, of_output: Quantization
) -> str:
    """Return the command that writes the exact table with the grids of an int8 activation.

    Example:
        >>> import actbench
        >>> elu = actbench.get("elu", alpha=2)
        >>> table_replacement(elu, Quantization(0.5, 0), Quantization(1, 0))
        'the exact table of 256 entries, by actbench table elu alpha=2
        --input-range=-64,63.5 --output-range=-128,127'
    """
    ranges = (
        f"--{name}-range="
        + ",".join(f"{(code - grid.zero_point) * grid.scale:.9g}" for code in (-128, 127))
        for name, grid in (("input", of_input), ("output", of_output))
    )
    words = [f"{name}={value:g}" for name, value in activation.parameters.items()]
    target = " ".join([activation.name, *words])
    return f"the exact table of 256 entries, by actbench table {target} {' '.join(ranges)}"


def float_replacement(
    workshop: Workshop, target: PortTarget, activation: Activation, error: LargestError | None
) -> str | None:
    """Return an expression with a smaller error over all values on the target.

    The expression is written as an ONNX model, executed on the target, and measured like the
    converted activation. LiteRT has no expression, because it does not read ONNX models.

    Returns:
        The expression and its error; None if no better one is known.
    """
    expression = substitute(activation)
    if expression is None or error is None or target.form not in ("onnx", "openvino"):
        return None
    sample = dense_sample(activation)
    try:
        file = workshop.write_expression(expression, 1)
        got, _ = workshop.execute(target.form, file, sample)
    except (RequestError, ModuleNotFoundError):  # the onnx package or an operator is missing
        return None
    found = float_error(activation, sample, got.astype(np.float64))
    if found is None or found.size is None:
        return None
    if error.size is not None and found.size >= error.size:
        return None
    return f"{expression} (largest error {found.size:.3g} {found.unit} there)"
