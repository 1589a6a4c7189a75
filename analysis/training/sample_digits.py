"""Ten images as the network sees them, with their labels."""

from typing import Any

import numpy as np

from actbench.data import Dataset, shuffle, with_inverted
from analysis.plotting import new_axes
from analysis.site.section import Section

SEED = 0
COUNT = 10


def summarise(data: Dataset) -> list[tuple[Any, int]]:
    """Return the first ten pairs of image and label of the augmented, shuffled training set."""
    images, labels = shuffle(*with_inverted(data.x_train, data.y_train), seed=SEED)
    return [
        (image, int(label)) for image, label in zip(images[:COUNT], labels[:COUNT], strict=True)
    ]


def draw(axes: Any, samples: list[tuple[Any, int]]) -> None:
    """Draw one image on each of the axes, its label above."""
    for ax, (image, label) in zip(np.ravel(axes), samples, strict=True):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        ax.set_title(str(label), loc="center")
        ax.set_axis_off()


def section(data: Dataset) -> Section:
    """Return the figure."""
    figure, axes = new_axes(2, COUNT // 2, width=8, height=3.6)
    draw(axes, summarise(data))
    images = len(data.x_train)
    return Section(
        "Ten sample digits with their labels",
        f"The first ten of the {2 * images:,} training images: {images:,} originals and their "
        f"inverted copies (255 − x, same label), shuffled with seed {SEED}.",
        figure,
    )
