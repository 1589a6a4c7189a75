"""Output of an untrained network with different activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from actbench.activations.catalogue import get
from analysis.plotting import new_panels
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ACTIVATIONS = ("relu", "leaky_relu", "swish", "mish")


def network_output(name: str, points: int = 120) -> npt.NDArray[np.float64]:
    """Return the output of a random 2-64-32-16-1 network over [−10, 10]².

    Args:
        name: name of the activation; the weights do not depend on it.
        points: number of points per side.

    Returns:
        Shape (points, points).
    """
    rng = np.random.default_rng(0)
    ends = np.linspace(-10, 10, points)
    x = np.stack(np.meshgrid(ends, ends), -1).reshape(-1, 2)
    activation = get(name)
    for units in (64, 32, 16):
        weights = rng.normal(0, np.sqrt(2 / x.shape[1]), (x.shape[1], units))
        x = activation(x @ weights + rng.normal(0, 0.1, units))
    output: npt.NDArray[np.float64] = x @ rng.normal(0, 0.25, (16, 1))
    return output.reshape(points, points)


def draw(ax: Axes, output: npt.NDArray[np.float64], title: str) -> None:
    """Draw an output as an image."""
    ax.imshow(output, cmap="viridis")
    ax.set_title(title, fontsize=9)
    ax.set_axis_off()


def section() -> Section:
    """Return the outputs, and their second differences from point to point."""
    figure, axes = new_panels(len(ACTIVATIONS), width=2.6, height=2.8)
    rows = []
    for ax, name in zip(axes, ACTIVATIONS, strict=True):
        output = network_output(name)
        draw(ax, output, name)
        bends = np.abs(np.diff(output, 2)) / np.ptp(output)
        rows.append({"activation": name, "mean": bends.mean(), "greatest": bends.max()})
    return Section(
        title="Output of an untrained network",
        description="The output of a 2-64-32-16-1 network over [−10, 10]², with the same "
        "random weights for each activation. The table has the absolute second differences "
        "between neighbouring points, divided by the range of the output.",
        figure=figure,
        table=pd.DataFrame(rows),
        columns={
            "activation": "{activation}",
            "mean second difference": "{mean:.2e}",
            "largest": "{greatest:.2e}",
        },
    )
