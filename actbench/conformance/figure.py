"""The figure of an audit: the error over the whole range of inputs."""

from pathlib import Path
from typing import Any

import numpy as np

from actbench.conformance.checks import NAMES, Judge
from actbench.conformance.findings import Audit
from actbench.conformance.measurements import EAGER, Key
from actbench.conformance.ulp import format_of
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES

_COLOURS = {
    "normal": "#0072B2",
    "subnormal": "#777777",
    "flushed": "#56B4E9",
    "near a zero": "#E69F00",
    "beside a joint": "#CC79A7",
}


def write(audit: Audit, judge: Judge, path: Path) -> None:
    """Draw the errors of value and derivative in each format, and write a picture.

    Args:
        audit: the audit.
        judge: who judged it, with all errors.
        path: of the picture; its ending says its kind, such as .png or .svg.

    Raises:
        RequestError: it cannot be written there.
    """
    from matplotlib.figure import Figure

    dtypes = [dtype for dtype in DTYPES if Key(EAGER, dtype, 0) in judge.errors]
    if not dtypes:
        raise RequestError(f"{audit.target}: gave nothing that could be drawn")
    figure = Figure(figsize=(3.6 * len(dtypes), 6.4), layout="constrained")
    grid = figure.subplots(2, len(dtypes), squeeze=False)
    figure.suptitle(f"{audit.target} on {audit.library}: error in ULP against {audit.expected}")
    for column, dtype in enumerate(dtypes):
        for order in range(2):
            key = Key(EAGER, dtype, order)
            if key in judge.errors:
                draw(grid[order][column], *judge.errors[key], audit.tolerance.of(order))
            else:
                grid[order][column].text(0.5, 0.5, "no derivative", ha="center")
            grid[order][column].set_title(f"{NAMES[order]}, {dtype}", fontsize="medium")
        grid[1][column].set_xlabel("x")
    for row in grid:
        row[0].set_ylabel("error in ULP; ∞ at the top")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{path}: cannot be written ({str(error).splitlines()[0]}); "
            "a path that ends in .png, .svg or .pdf would be right"
        ) from None


def draw(axes: Any, x: Any, errors: Any, tolerance: float) -> None:
    """Draw errors over inputs, both axes symlog, subnormal inputs shaded.

    Args:
        axes: to draw on.
        x: the inputs, of one dtype.
        errors: their `Errors`.
        tolerance: in ULP, drawn as a line.
    """
    numbers = format_of(x.dtype)
    place = _symlog(x.astype(np.float64), numbers.tiny)
    top = 10.0 * max([tolerance, *errors.ulp[np.isfinite(errors.ulp)].tolist()])
    shown = np.where(np.isfinite(errors.ulp), errors.ulp, top)
    for kind, colour in _COLOURS.items():
        chosen = errors.kind == kind
        axes.plot(
            place[chosen],
            shown[chosen],
            ".",
            markersize=1.5,
            color=colour,
            label=f"{kind} result" if kind.endswith("normal") else kind,
            rasterized=True,
        )
    axes.axhline(tolerance, color="black", linewidth=0.8, linestyle="--", label="tolerance")
    axes.axvspan(-1, 1, color="#DDDDDD", zorder=0, label="subnormal inputs")
    axes.set_yscale("symlog", linthresh=1)
    axes.yaxis.get_major_locator().set_params(numticks=7)
    axes.set_ylim(0, 2 * top)
    smallest, largest = np.log10(numbers.tiny), np.log10(float(np.abs(x).max()))
    exponents = np.unique(np.round(np.linspace(smallest, largest, 4)[1:-1]))
    ticks = np.array([*-(10.0 ** exponents[::-1]), 0.0, *10.0**exponents])
    names = [f"$-10^{{{e:.0f}}}$" for e in exponents[::-1]] + ["0"]
    names += [f"$10^{{{e:.0f}}}$" for e in exponents]
    axes.set_xticks(_symlog(ticks, numbers.tiny), names, fontsize="small")


def _symlog(x: Any, tiny: float) -> Any:
    """Return places on an axis that is linear in subnormal numbers and logarithmic beyond.

    Matplotlib's own scale of that name fails on the range of float64.
    """
    with np.errstate(all="ignore"):
        far = np.sign(x) * (1 + np.log10(np.abs(x)) - np.log10(tiny))
        return np.where(np.abs(x) <= tiny, x / tiny, far)
