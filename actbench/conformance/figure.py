"""The figure of an audit: the errors for all inputs."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.accuracy import ORDER_NAMES, Errors, measured_errors
from actbench.conformance.findings import Audit
from actbench.conformance.measurements import EAGER, MeasurementKey, Measurements
from actbench.conformance.reference import reference
from actbench.conformance.ulp import Doubles, Kind, format_of
from actbench.display.style import BLUE, ORANGE, PINK, SKY
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    Kind.NORMAL: BLUE,
    Kind.SUBNORMAL: "#777777",
    Kind.SUBNORMAL_INPUT: SKY,
    Kind.NEAR_ZERO: ORANGE,
    Kind.NEAR_BREAKPOINT: PINK,
}


def write(audit: Audit, activation: Activation, measurements: Measurements, path: Path) -> None:
    """Draw the errors of the eager value and derivative in each format.

    Args:
        audit: the audit.
        activation: the activation that the target should compute.
        measurements: the measurements of the audit.
        path: path of the picture; its suffix is the format, such as .png or .svg.

    Raises:
        RequestError: there are no measurements, or the file cannot be written.
    """
    from matplotlib.figure import Figure

    dtypes = [
        dtype for dtype in DTYPES if MeasurementKey(EAGER, dtype, 0) in measurements.results
    ]
    if not dtypes:
        raise RequestError(f"{audit.target}: expected results to draw, got none")
    figure = Figure(figsize=(3.6 * len(dtypes), 6.4), layout="constrained")
    grid = figure.subplots(2, len(dtypes), squeeze=False)
    figure.suptitle(f"{audit.target} on {audit.library}: error in ULP against {audit.expected}")
    for column, dtype in enumerate(dtypes):
        for order in range(2):
            axes = grid[order][column]
            measurement = measurements.results.get(MeasurementKey(EAGER, dtype, order))
            if measurement is None:
                axes.text(0.5, 0.5, "no derivative", ha="center")
            else:
                known = reference(activation, order, dtype)
                errors = measured_errors(measurement, known, audit.tolerance)
                draw(axes, errors, audit.tolerance.of(order))
            axes.set_title(f"{ORDER_NAMES[order]}, {dtype}", fontsize="medium")
        grid[1][column].set_xlabel("x")
    for row in grid:
        row[0].set_ylabel("error in ULP; infinite errors at the top")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path}: expected a path that can be written and ends in .png, .svg or .pdf, "
            f"got {str(error).splitlines()[0]}"
        ) from None


def draw(axes: "Axes", errors: Errors, tolerance: float) -> None:
    """Draw errors over inputs, both on symmetric logarithmic scales.

    Args:
        axes: axes to draw on.
        errors: the errors.
        tolerance: allowed error in ULP, drawn as a line.
    """
    from matplotlib.ticker import SymmetricalLogLocator

    tiny = format_of(errors.x.dtype).tiny
    position = _symlog(errors.x.astype(np.float64), tiny)
    finite = np.isfinite(errors.ulp)
    top = 10.0 * max([tolerance, *errors.ulp[finite].tolist()])
    height = np.where(finite, errors.ulp, top)
    for kind, colour in _COLOURS.items():
        chosen = errors.kind == kind
        axes.plot(
            position[chosen],
            height[chosen],
            ".",
            markersize=1.5,
            color=colour,
            label=kind.label,
            rasterized=True,
        )
    axes.axhline(tolerance, color="black", linewidth=0.8, linestyle="--", label="tolerance")
    axes.axvspan(-1, 1, color="#DDDDDD", zorder=0, label="range of subnormal inputs")
    axes.set_yscale("symlog", linthresh=1)
    locator = SymmetricalLogLocator(base=10, linthresh=1)
    locator.set_params(numticks=7)
    axes.yaxis.set_major_locator(locator)
    axes.set_ylim(0, 2 * top)
    smallest, largest = np.log10(tiny), np.log10(float(np.abs(errors.x).max()))
    exponents = np.unique(np.round(np.linspace(smallest, largest, 4)[1:-1]))
    ticks = np.array([*-(10.0 ** exponents[::-1]), 0.0, *10.0**exponents])
    labels = [f"$-10^{{{e:.0f}}}$" for e in exponents[::-1]] + ["0"]
    labels += [f"$10^{{{e:.0f}}}$" for e in exponents]
    axes.set_xticks(_symlog(ticks, tiny), labels, fontsize="small")


def _symlog(x: Doubles, tiny: float) -> Doubles:
    """Return positions on an axis that is linear for subnormal numbers, else logarithmic.

    The symlog scale of Matplotlib fails on the range of float64.
    """
    with np.errstate(all="ignore"):
        far = np.sign(x) * (1 + np.log10(np.abs(x)) - np.log10(tiny))
        return np.where(np.abs(x) <= tiny, x / tiny, far)
