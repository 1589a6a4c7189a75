"""The tolerance of a port: when a converted model falls short."""

import math
from dataclasses import dataclass
from typing import Literal

from actbench.deployment.porting.model_comparison import ModelComparison
from actbench.errors import RequestError


@dataclass(frozen=True)
class PortTolerance:
    """The largest change of a model that is accepted.

    Args:
        kind: "difference" limits the largest difference of outputs, as a share of the largest
            absolute output of the original; "accuracy" limits the lost accuracy, a fraction.
        limit: the limit, at least 0.
    """

    kind: Literal["difference", "accuracy"]
    limit: float

    def excess(self, comparison: ModelComparison) -> str | None:
        """Return in words how a comparison exceeds this tolerance; None if it does not.

        Without labels, lost accuracy is limited by the share of inputs with another top class,
        which is at least as large.
        """
        if comparison.difference is None:
            return "the converted model gives NaN or infinity"
        if self.kind == "difference":
            allowed = self.limit * comparison.largest_output
            if comparison.difference <= allowed:
                return None
            return f"outputs differ by {comparison.difference:.2g}, above {allowed:.2g}"
        if comparison.accuracies is not None:
            # Counts are exact, but the difference of two rounded accuracies is not.
            found = comparison.accuracies
            lost = (found.original_only - found.converted_only) / comparison.inputs
            what = "lost accuracy"
        elif comparison.agreement is not None:
            lost, what = 1 - comparison.agreement, "share of other top classes"
        else:
            raise RequestError(
                "--tolerance: expected a number for a model that does not classify, "
                f"got {self.text}"
            )
        return None if lost <= self.limit else f"{what} {lost:.2%}, above {self.text}"

    @property
    def text(self) -> str:
        """The tolerance as the option takes it."""
        return f"{self.limit * 100:g}%" if self.kind == "accuracy" else f"{self.limit:g}"


FLOAT = PortTolerance("difference", 1e-3)
"""The default for float models: the relative tolerance of ONNX's own backend tests.

Rounding in float32 changes outputs by 10⁻⁶ to 10⁻⁵, so 10⁻³ shows a fault or less precision.
"""

INT8 = PortTolerance("accuracy", 0.01)
"""The default for int8 models: MLPerf's inference benchmark accepts 99% of the accuracy."""


def parse_tolerance(text: str) -> PortTolerance:
    """Return a tolerance: a number for differences, or a percentage for lost accuracy.

    Raises:
        RequestError: the text is neither.

    Example:
        >>> parse_tolerance("0.5%"), parse_tolerance("1e-4").limit
        (PortTolerance(kind='accuracy', limit=0.005), 0.0001)
    """
    is_share = text.endswith("%")
    try:
        limit = float(text.removesuffix("%"))
    except ValueError:
        limit = math.nan
    if not 0 <= limit < math.inf:
        raise RequestError(
            "--tolerance: expected a difference of outputs such as 1e-3 or lost accuracy such "
            f"as 1%, got {text!r}"
        )
    return (
        PortTolerance("accuracy", limit / 100)
        if is_share
        else PortTolerance("difference", limit)
    )
