"""Who is trained in a block: one network among others that differ from it in a few settings."""

from dataclasses import dataclass
from typing import Any, Literal

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError

_CHOICES = {"loss": ("crossentropy", "mse"), "per": ("layer", "channel", "element")}


@dataclass(frozen=True)
class Member:
    """One of the networks that are trained together.

    Args:
        activation: of all its places; a trained parameter begins with its value.
        trained: the names of the parameters that are trained.
        per: what has parameters of its own: each layer, each of its channels, or each element.
        together: whether all places have the same trained parameters.
        initial: the initialiser of all kernels, by Keras's name, such as "he_normal".
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
    per: Literal["layer", "channel", "element"] = "channel"
    together: bool = False
    initial: str = "glorot_uniform"
    scale: float = 1.0
    learning_rate: float = 0.001
    loss: Literal["crossentropy", "mse"] = "crossentropy"
    dropout: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in self.trained:
            if name not in self.activation.parameters:
                those = ", ".join(self.activation.parameters) or "none, it has no parameters,"
                raise RequestError(
                    f"{self.activation} has no parameter {name!r}: {those} would be right"
                )
        if not 0 <= self.dropout < 1:
            raise RequestError(f"dropout {self.dropout:g}: from 0 to below 1 would be right")
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise RequestError(
                    f"{name} {getattr(self, name)!r}: {' or '.join(known)} would be right"
                )
        if not 0 < self.scale < float("inf"):
            raise RequestError(f"scale {self.scale:g}: a positive number would be right")
        for name in ("learning_rate", "noise"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise RequestError(
                    f"{name} {getattr(self, name):g}: 0 or a positive number would be right"
                )

    def describe(self) -> dict[str, Any]:
        """Return the settings ready for JSON.

        Example:
            >>> leaky(0.5).describe()["activation"]
            'leaky_relu(negative_slope=0.5)'
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "activation": str(self.activation),
            "trained": list(self.trained),
        }

    def initializer(self, seed: int | None) -> Any:
        """Return what makes kernels, of Keras, multiplied by the scale."""
        from keras import initializers

        try:
            initial = type(initializers.get(self.initial))(seed=seed)
        except (ValueError, TypeError):
            raise RequestError(
                f"initial {self.initial!r}: a random initialiser of Keras, such as he_normal, "
                "would be right"
            ) from None
        return lambda shape, dtype=None: self.scale * initial(shape, dtype)


def leaky(slope: float) -> Member:
    """Return a member with LeakyReLU of a slope."""
    return Member(get("leaky_relu", negative_slope=slope))


def prelu(start: float = 0.0, **settings: Any) -> Member:
    """Return a member with PReLU, one trained slope per filter that begins with `start`."""
    return Member(get("prelu", alpha=start), trained=("alpha",), **settings)


def unstackable_reason(member: Member) -> str | None:
    """Return why a member cannot be stacked with others; None if it can."""
    if member.trained and member.per == "element":
        return "it has parameters for each element, and members are stacked by channels"
    if member.activation.formula is None:
        return "its activation is code that actbench knows no formula of"
    return None
