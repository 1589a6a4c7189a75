"""A made-up slope sweep with plausible numbers that differ by condition and seed."""

import numpy as np

from actbench.data import Dataset
from actbench.experiments import alpha_sweep
from actbench.results import Trial, encode_correct_images
from analysis.results import ExperimentResults

EXPERIMENT = alpha_sweep.EXPERIMENT
FACTORS = {condition.name: condition.factors for condition in EXPERIMENT.conditions}
CONDITIONS = list(FACTORS)
SEEDS = 3
TEST_IMAGES = 10_000

_IMAGES = np.random.default_rng(0).integers(0, 256, (40, 12, 12), dtype=np.uint8)
_LABELS = (np.arange(40) % 4).astype(np.uint8)
DATA = Dataset(_IMAGES, _LABELS, _IMAGES[:8], _LABELS[:8], origin="made-up data")


def make_trial(condition, seed, profile="full"):
    """One trial."""
    place = CONDITIONS.index(condition)
    original = (
        0.12 + 0.001 * seed if condition == "alpha=1" else 0.97 + 0.002 * place / (seed + 1)
    )
    original = round(original, 4)
    inverted = round(original - 0.001, 4)
    loss = 4.54 if condition == "alpha=1" else 0.04 + 0.02 * seed
    return Trial(
        experiment=EXPERIMENT.name,
        profile=profile,
        condition=condition,
        factors=FACTORS[condition],
        seed=seed,
        test_accuracy=(original + inverted) / 2,
        test_loss=(loss + 0.06) / 2,
        test_accuracy_original=original,
        test_loss_original=loss,
        test_accuracy_inverted=inverted,
        test_loss_inverted=0.06,
        curves={
            "accuracy": [original - 0.05 + 0.01 * epoch for epoch in range(5)],
            "loss": [2 / (1 + epoch + seed) for epoch in range(5)],
            "val_accuracy": [original - 0.01] * 5,
            "val_loss": [0.06] * 5,
        },
        trained_parameters=[[0.01 * f * (seed + 1) for f in range(8)]] * 2
        if condition.startswith("prelu")
        else [],
        measured={},
        correct_images=encode_correct_images(
            np.concatenate(
                [
                    np.arange(TEST_IMAGES) < round(TEST_IMAGES * part)
                    for part in (original, inverted)
                ]
            )
        ),
        parameters=27_938,
        configuration={
            "data_sha256": DATA.sha256,
            "image_shape": [12, 12],
            "train_images": 30,
            "validation_images": 10,
            "test_images": TEST_IMAGES,
            "epochs": 5,
            "batch_size": 128,
            "optimizer": "adam",
        },
        setup={"activation": condition, "learning_rate": 0.001},
        versions={"python": "3.11.7", "actbench": "0.1.0"},
        machine={"cpu": "a processor", "cores": 2, "system": "Linux"},
        started=f"2026-01-0{seed + 1}T00:00:00+00:00",
        seconds=60.0,
        seconds_per_step=0.0125,
    )


TRIALS = tuple(make_trial(condition, seed) for condition in CONDITIONS for seed in range(SEEDS))
SWEEP = ExperimentResults(EXPERIMENT, TRIALS)
