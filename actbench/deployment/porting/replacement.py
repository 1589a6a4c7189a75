"""A replacement for an activation that falls short: another expression, or an int8 table."""

import numpy as np
import numpy.typing as npt

from actbench.activations.record import Activation
from actbench.deployment.porting.activation_errors import LargestError
from actbench.deployment.porting.places import Quantization
from actbench.deployment.porting.targets import PortTarget
from actbench.deployment.porting.workshop import Workshop


def table_replacement(
    activation: Activation, of_input: Quantization, of_output: Quantization
) -> str:
    """Return the command that writes the exact table of an int8 activation.

    Example:
        >>> import actbench
        >>> elu = actbench.get("elu", alpha=2)
        >>> table_replacement(elu, Quantization(0.5, 0), Quantization(1, 0))
        'the exact table of 256 entries, by actbench table elu alpha=2
        --input-range=-64,63.5 --bits 8 (output: scale 1, zero point 0)'
    """
    low, high = ((code - of_input.zero_point) * of_input.scale for code in (-128, 127))
    words = [f"{name}={value:g}" for name, value in activation.parameters.items()]
    target = " ".join([activation.name, *words])
    return (
        f"the exact table of 256 entries, by actbench table {target} "
        f"--input-range={low:.7g},{high:.7g} --bits 8 "
        f"(output: scale {of_output.scale:.7g}, zero point {of_output.zero_point})"
    )


def float_replacement(
    workshop: Workshop,
    target: PortTarget,
    activation: Activation,
    occurring: npt.NDArray[np.float32],
    error: LargestError | None,
) -> str | None:
    """Return an expression with a smaller error on the target; None if none is known."""
    del workshop, target, activation, occurring, error
    return None
