"""Ten training images with their labels, as the network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from actbench.data import Dataset, shuffle, with_inverted
from analysis.plotting import new_axes
from analysis.results import ExperimentResults, IncompleteError
from analysis.site.section import Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEED = 0
COUNT = 10

Sample = tuple[npt.NDArray[np.uint8], int]
"""An image and its label."""


def summarise(data: Dataset) -> list[Sample]:
    """Return the first ten samples of the training set with inverted copies, shuffled."""
    images, labels = shuffle(*with_inverted(data.x_train, data.y_train), seed=SEED)
    return [
        (image, int(label)) for image, label in zip(images[:COUNT], labels[:COUNT], strict=True)
    ]


def draw(axes: Sequence[Axes], samples: Sequence[Sample]) -> None:
    """Draw one image on each of the axes, with its label as the title."""
    for ax, (image, label) in zip(axes, samples, strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        ax.set_title(str(label), loc="center")
        ax.set_axis_off()


def section(sweep: ExperimentResults, data: Dataset) -> Section:
    """Return the figure.

    Raises:
        IncompleteError: the trials were trained on other data.
    """
    if not sweep.is_of(data):
        raise IncompleteError(
            f"the trials are of another data set than {data.origin}; --data names it"
        )
    figure, axes = new_axes(2, COUNT // 2, width=8, height=3.6)
    draw(axes, summarise(data))
    images = len(data.x_train)
    return Section(
        title="Ten sample digits with their labels",
        description=f"The first ten of the {2 * images:,} training images: {images:,} "
        f"originals and their inverted copies (255 − x, same label), shuffled with seed "
        f"{SEED}.",
        figure=figure,
    )
