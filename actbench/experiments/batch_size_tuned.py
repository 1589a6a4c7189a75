"""Does a larger batch lower the accuracy, with a tuned learning rate for each batch size?

The experiments `batch-size-epochs` and `batch-size-steps` differ in the budget: the same number
of epochs, so that larger batches make fewer steps, or the same number of steps, so that they
see more images. In the experiment `batch-size`, all sizes have one constant learning rate.
"""

from collections.abc import Iterator
from dataclasses import replace

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.experiments import batch_size
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.tasks import MNIST
from actbench.experiments.tuning import Tuning
from actbench.training.settings import Settings

SIZES = (32, 128, 512, 2_048)
ACTIVATIONS = ("relu", "swish", "mish")

EPOCHS = Settings(epochs=3, batch_size=128, schedule="linear")
STEPS = replace(EPOCHS, epochs=4, steps_per_epoch=64)


def conditions_for(activation: Activation) -> Iterator[Condition]:
    """Return one condition for each batch size."""
    return batch_size.conditions_for(activation, SIZES)


def _experiment(name: str, question: str, settings: Settings) -> Experiment:
    # The largest batch has 2,048 images, so that there must be as many images.
    smoke = Profile(
        "smoke", replace(settings, epochs=1), 2,
        train_images=2_048, validation_images=64, test_images=256,
        tuning=Tuning(MNIST.rates[-4:], seeds=1, extensions=0),
    )  # fmt: skip
    tuning = Tuning(MNIST.rates)
    return Experiment(
        name=name,
        question=question,
        conditions=tuple(each for of in ACTIVATIONS for each in conditions_for(get(of))),
        profiles=(
            smoke if settings.steps_per_epoch is None else _with_few_steps(smoke),
            Profile(
                "quick", settings, 2,
                train_images=5_000, validation_images=1_000, tuning=tuning,
            ),
            Profile("full", settings, 12, validation_images=5_000, tuning=tuning),
        ),
        conditions_for=conditions_for,
    )  # fmt: skip


def _with_few_steps(profile: Profile) -> Profile:
    return replace(profile, settings=replace(profile.settings, steps_per_epoch=4))


SAME_EPOCHS = _experiment(
    "batch-size-epochs",
    "Does accuracy fall as batches grow, at equal epochs and tuned learning rates?",
    EPOCHS,
)
SAME_STEPS = _experiment(
    "batch-size-steps",
    "Does accuracy fall as batches grow, at equal steps and tuned learning rates?",
    STEPS,
)
