"""Curvature around trained networks, and what an untrained network's output looks like."""

import numpy as np
import pandas as pd

from actbench.activations.catalogue import get
from actbench.statistics import estimate
from analysis.plotting import COLOURS, new_panels
from analysis.results import ExperimentResults
from analysis.site.section import Section


def summarise(found: ExperimentResults) -> pd.DataFrame:
    """Return loss, greatest eigenvalue and trace of each condition."""
    rows = []
    for condition in found.conditions:
        row: dict[str, float | str] = {"condition": condition}
        for name in ("loss", "top_eigenvalue", "trace"):
            values = [trial.measured[name] for trial in found.trials_of(condition)]
            mean = estimate([v for v in values if np.isfinite(v)] or [np.nan], lower=-np.inf)
            row |= {name: mean.mean, f"{name}_low": mean.interval[0]}
            row |= {f"{name}_high": mean.interval[1], "seeds": mean.count}
        rows.append(row)
    return pd.DataFrame(rows)


def landscape(found: ExperimentResults) -> Section:
    """Return the planes of losses and the table of curvatures."""
    rows = summarise(found)
    figure, (*planes, dots) = new_panels(len(rows) + 1, width=2.6, height=2.8)
    for ax, condition in zip(planes, rows["condition"], strict=True):
        plane = np.array(found.trials_of(condition)[0].measured["plane"], float)
        levels = [0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 4]
        ends = np.linspace(-1, 1, len(plane))
        ax.contour(ends, ends, plane.T, levels, cmap="viridis", linewidths=1)
        ax.set_title(condition, fontsize=9)
        ax.set_aspect("equal")
        ax.set_xticks([-1, 0, 1])
        ax.set_yticks([-1, 0, 1])
    for place, row in enumerate(rows.itertuples()):
        span = [row.top_eigenvalue_low, row.top_eigenvalue_high]
        dots.plot(span, [place, place], color=COLOURS[1], lw=2)
        dots.plot(row.top_eigenvalue, place, "o", color=COLOURS[0], ms=4)
    dots.set_yticks(range(len(rows)), rows["condition"], fontsize=8)
    dots.set_ylim(len(rows) - 0.5, -0.5)
    dots.set_xlim(0)
    dots.set_xlabel("nats per unit of the plane, squared", fontsize=8)
    dots.set_title("greatest eigenvalue", fontsize=9)
    return Section(
        title="How smooth the loss is",
        description="Networks stopped where their training loss first fell below 0.1 nats. "
        "Contours: the loss of one seed on 1,000 training images, on a plane through two "
        "random directions, normalised filter by filter and the same for all. Eigenvalue and "
        "trace are of the Hessian in such directions; means over seeds with 95% intervals.",
        figure=figure,
        table=rows,
        columns={
            "condition": "{condition}",
            "seeds": "{seeds}",
            "loss": "{loss:.3f}",
            "greatest eigenvalue": "{top_eigenvalue:.3g} "
            "[{top_eigenvalue_low:.3g}, {top_eigenvalue_high:.3g}]",
            "trace": "{trace:.3g} [{trace_low:.3g}, {trace_high:.3g}]",
        },
    )


ACTIVATIONS = ("relu", "leaky_relu", "swish", "mish")


def output_of(name: str, points: int = 120) -> np.ndarray:
    """Return the output of a 2-64-32-16-1 network on a grid; all have the same weights."""
    rng = np.random.default_rng(0)
    ends = np.linspace(-10, 10, points)
    x = np.stack(np.meshgrid(ends, ends), -1).reshape(-1, 2)
    activation = get(name)
    for units in (64, 32, 16):
        weights = rng.normal(0, np.sqrt(2 / x.shape[1]), (x.shape[1], units))
        x = activation(x @ weights + rng.normal(0, 0.1, units))
    return (x @ rng.normal(0, 0.25, (16, 1))).reshape(points, points)


def outputs() -> Section:
    """Return the output landscapes, and how much their slope changes from point to point."""
    figure, axes = new_panels(len(ACTIVATIONS), width=2.6, height=2.8)
    rows = []
    for ax, name in zip(axes, ACTIVATIONS, strict=True):
        z = output_of(name)
        ax.imshow(z, cmap="viridis")
        ax.set_title(name, fontsize=9)
        ax.set_axis_off()
        bends = np.abs(np.diff(z, 2)) / np.ptp(z)
        rows.append({"activation": name, "mean": bends.mean(), "greatest": bends.max()})
    return Section(
        title="What an untrained network computes",
        description="The output of a 2-64-32-16-1 network over [−10, 10]², with the same random "
        "weights for each activation. The table has second differences from point to point, "
        "relative to the range of outputs.",
        figure=figure,
        table=pd.DataFrame(rows),
        columns={
            "activation": "{activation}",
            "mean bend": "{mean:.2e}",
            "greatest": "{greatest:.2e}",
        },
    )
