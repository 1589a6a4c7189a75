"""Who is trained in a block: one network among others that differ from it in a few settings."""

from dataclasses import dataclass
from typing import Literal

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError


@dataclass(frozen=True)
class Member:
    """One of the networks that are trained together.

    Args:
        activation: of all its places; a trained parameter begins with its value.
        trained: the names of the parameters that are trained, one of each per channel.
        together: whether all places have the same trained parameters.
        scale: what the initial weights are multiplied by.
        learning_rate: Adam's.
        loss: of the probabilities: their cross-entropy, or their mean squared error.
        dropout: the share of values that dropout layers drop.
        noise: the standard deviation of Gaussian noise that is added to the inputs in training.

    Raises:
        RequestError: a setting is out of its range, or there is no such parameter to train.
    """

    activation: Activation
    trained: tuple[str, ...] = ()
    together: bool = False
    scale: float = 1.0
    learning_rate: float = 0.001
    loss: Literal["crossentropy", "mse"] = "crossentropy"
    dropout: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in self.trained:
            if name not in self.activation.parameters:
                known = ", ".join(self.activation.parameters) or "none, it has no parameters,"
                raise RequestError(
                    f"{self.activation} has no parameter {name!r}: {known} would be right"
                )
        if not 0 <= self.dropout < 1:
            raise RequestError(f"dropout {self.dropout:g}: from 0 to below 1 would be right")
        if self.loss not in ("crossentropy", "mse"):
            raise RequestError(f"loss {self.loss!r}: crossentropy or mse would be right")
        if not 0 < self.scale < float("inf"):
            raise RequestError(f"scale {self.scale:g}: a positive number would be right")
        for name in ("learning_rate", "noise"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise RequestError(
                    f"{name} {getattr(self, name):g}: 0 or a positive number would be right"
                )


def leaky(slope: float) -> Member:
    """Return a member with LeakyReLU of a slope."""
    return Member(get("leaky_relu", negative_slope=slope))


def prelu(*, together: bool = False) -> Member:
    """Return a member with PReLU, one trained slope per filter, first 0."""
    return Member(get("prelu", alpha=0.0), trained=("alpha",), together=together)
