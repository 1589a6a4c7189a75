"""Does a larger batch lower the accuracy? Batches of 32 to 4,096 images, equal epochs."""

from collections.abc import Iterator

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.experiments.experiment import Condition, Experiment, Profile, label
from actbench.models.member import Member
from actbench.training.settings import Settings

SIZES = (32, 64, 128, 256, 512, 1_024, 2_048, 4_096)
ACTIVATIONS = ("relu", "swish", "mish", "gelu")


def conditions_for(
    activation: Activation, sizes: tuple[int, ...] = SIZES
) -> Iterator[Condition]:
    """Return one condition for each batch size."""
    name = label(activation)
    for size in sizes:
        yield Condition(
            f"{name}, batch {size}",
            {"activation": name, "batch_size": size},
            Member(activation),
            batch_size=size,
            inverted=False,
        )


SETTINGS = Settings(epochs=3, batch_size=128)

EXPERIMENT = Experiment(
    name="batch-size",
    question="Does accuracy fall as batches grow, and is Swish better at every size?",
    conditions=tuple(each for name in ACTIVATIONS for each in conditions_for(get(name))),
    profiles=(
        # The largest batch has 4,096 images, so that there must be as many images.
        Profile(
            "smoke", Settings(epochs=1, batch_size=128), 2,
            train_images=4_096, validation_images=64, test_images=256,
        ),
        Profile("quick", SETTINGS, 2, train_images=5_000, validation_images=1_000),
        Profile("full", SETTINGS, 12, validation_images=5_000),
    ),
    conditions_for=conditions_for,
)  # fmt: skip
