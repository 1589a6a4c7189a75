"""Checks that the entries of one trial document do not contradict each other."""

import math
from collections.abc import Callable
from datetime import datetime

import numpy as np

from actbench.results.schema import TrialDocument
from actbench.results.trial import decode_correct_images

# All numbers are written with all their digits.
_ROUNDING = 1e-9

_PARTS = ("original", "inverted")


def check_consistency(document: TrialDocument) -> None:
    """Raise ValueError if two entries of a document contradict each other."""
    for check in _CHECKS:
        check(document)


def _check_mean_accuracy(document: TrialDocument) -> None:
    mean = document["test_accuracy_original"] / 2 + document["test_accuracy_inverted"] / 2
    if abs(document["test_accuracy"] - mean) > _ROUNDING:
        raise ValueError(
            f"test_accuracy: expected {mean:g}, the mean of original and inverted images, got "
            f"{document['test_accuracy']:g}"
        )


def _check_mean_loss(document: TrialDocument) -> None:
    loss = document["test_loss"]
    original, inverted = document["test_loss_original"], document["test_loss_inverted"]
    if original is None or inverted is None:
        if loss is not None:
            raise ValueError(
                f"test_loss: expected null, because a part of it is null, got {loss:g}"
            )
        return
    mean = original / 2 + inverted / 2
    if loss is None or abs(loss - mean) > _ROUNDING * max(1.0, mean):
        got = "null" if loss is None else f"{loss:g}"
        raise ValueError(
            f"test_loss: expected {mean:g}, the mean of original and inverted images, got {got}"
        )


def _check_number_of_images(document: TrialDocument) -> None:
    images = document["configuration"]["test_images"]
    for part, accuracy in zip(_PARTS, _accuracies(document), strict=True):
        correct = accuracy * images
        if abs(correct - round(correct)) > _ROUNDING * max(1.0, correct):
            raise ValueError(
                f"test_accuracy_{part}: expected a multiple of 1/{images}, because there are "
                f"{images} test images, got {accuracy:g}"
            )


def _check_correct_images(document: TrialDocument) -> None:
    text, images = document["correct_images"], document["configuration"]["test_images"]
    if text is None:
        return
    try:
        correct = decode_correct_images(text, 2 * images).reshape(2, images).mean(1).tolist()
    except ValueError as error:
        raise ValueError(f"correct_images: {error}") from None
    for part, accuracy, found in zip(_PARTS, _accuracies(document), correct, strict=True):
        if abs(accuracy - found) > _ROUNDING:
            raise ValueError(
                f"test_accuracy_{part}: expected {found:g}, as correct_images says, got "
                f"{accuracy:g}"
            )


def _check_curves(document: TrialDocument) -> None:
    configuration = document["configuration"]
    epochs = configuration["epochs"]
    stops_early = configuration.get("patience") is not None
    lengths = {name: len(curve) for name, curve in document["curves"].items()}
    first = next(iter(lengths.values()), epochs)
    for name, length in lengths.items():
        if length != first or length > epochs or (length < epochs and not stops_early):
            expected = f"{'at most ' if stops_early else ''}{epochs}"
            raise ValueError(
                f"curves.{name}: expected {expected} values, one for each epoch as in all "
                f"curves, got {length}"
            )
        if name.endswith("accuracy"):
            _check_fractions(name, document["curves"][name])
    has_validation = any(name.startswith("val_") for name in lengths)
    held_out = configuration.get("validation_images")
    if lengths and held_out is not None and has_validation != (held_out > 0):
        raise ValueError(
            f"curves: expected {'' if held_out else 'no '}validation curves, because there are "
            f"{held_out} validation images, got {', '.join(lengths)}"
        )


def _check_fractions(name: str, curve: list[float | None]) -> None:
    for value in curve:
        if value is None or value > 1:
            got = "null" if value is None else f"{value:g}"
            raise ValueError(f"curves.{name}: expected fractions, got {got}")


def _check_factors(document: TrialDocument) -> None:
    """Compare factors with the settings of the same name; `activation` is a display name."""
    setup: dict[str, object] = {**document["setup"]}
    for name, factor in document["factors"].items():
        if name != "activation" and name in setup and setup[name] != factor:
            raise ValueError(
                f"factors.{name}: expected {setup[name]!r}, as in setup, got {factor!r}"
            )


def _check_trained_parameters(document: TrialDocument) -> None:
    names = document["setup"].get("trained_parameters")
    if document["trained_parameters"] and names is not None and not names:
        raise ValueError(
            "trained_parameters: expected none, because the setup trains none, got "
            f"{len(document['trained_parameters'])} layers"
        )


def _check_measured(document: TrialDocument) -> None:
    for name, value in document["measured"].items():
        try:
            np.array(value, dtype=float)
        except ValueError:
            raise ValueError(
                f"measured.{name}: expected a number or an array of numbers, got lists of "
                "several lengths"
            ) from None


def _check_start(document: TrialDocument) -> None:
    try:
        datetime.fromisoformat(document["started"])
    except ValueError:
        raise ValueError(
            f"started: expected a time in ISO 8601, got {document['started'][:40]!r}"
        ) from None


def _check_divergence(document: TrialDocument) -> None:
    curves = [value for curve in document["curves"].values() for value in curve]
    losses = [document["test_loss"], *curves]
    if document.get("diverged") and None not in losses and math.isfinite(sum(losses)):  # type: ignore[arg-type]
        raise ValueError("diverged: expected false, because all losses are finite, got true")


def _accuracies(document: TrialDocument) -> tuple[float, float]:
    return document["test_accuracy_original"], document["test_accuracy_inverted"]


_CHECKS: tuple[Callable[[TrialDocument], None], ...] = (
    _check_mean_accuracy,
    _check_mean_loss,
    _check_number_of_images,
    _check_correct_images,
    _check_curves,
    _check_factors,
    _check_trained_parameters,
    _check_measured,
    _check_start,
    _check_divergence,
)
