"""The settings of one ensemble member; see `actbench.models` for the term."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from actbench.activations.catalogue import get
from actbench.activations.record import Activation
from actbench.errors import RequestError

if TYPE_CHECKING:
    import keras

Granularity = Literal["layer", "channel", "element"]
Loss = Literal["crossentropy", "mse"]

_CHOICES = {"loss": ("crossentropy", "mse"), "granularity": ("layer", "channel", "element")}


@dataclass(frozen=True)
class Member:
    """Settings in which one member may differ from the other members of its stacked block.

    Args:
        activation: used in all activation layers. Trained parameters start at its values.
        trained_parameters: names of the parameters that are trained.
        granularity: whether each layer, each channel or each element of a layer has its own
            trained parameters.
        tied: whether all activation layers share one set of trained parameters.
        initializer: Keras name of the initialiser of all kernels, such as "he_normal".
        init_scale: factor that multiplies the initial kernels.
        learning_rate: learning rate of the optimiser.
        loss: "crossentropy", or "mse" for the mean squared error of the probabilities.
        dropout: fraction of values that dropout layers drop.
        noise: standard deviation of the Gaussian noise that is added to the images in
            training; pixels are from 0 to 1.

    Raises:
        RequestError: a setting is out of its range, or the activation has no such parameter.
    """

    activation: Activation
    trained_parameters: tuple[str, ...] = ()
    granularity: Granularity = "channel"
    tied: bool = False
    initializer: str = "glorot_uniform"
    init_scale: float = 1.0
    learning_rate: float = 0.001
    loss: Loss = "crossentropy"
    dropout: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in self.trained_parameters:
            if name not in self.activation.parameters:
                known = " or ".join(self.activation.parameters) or "no name"
                raise RequestError(
                    f"trained parameter of {self.activation}: expected {known}, got {name!r}"
                )
        if not 0 <= self.dropout < 1:
            raise RequestError(
                f"dropout: expected a number from 0 to below 1, got {self.dropout:g}"
            )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise RequestError(
                    f"{name}: expected {' or '.join(choices)}, got {getattr(self, name)!r}"
                )
        if not 0 < self.init_scale < float("inf"):
            raise RequestError(
                f"init_scale: expected a positive number, got {self.init_scale:g}"
            )
        for name in ("learning_rate", "noise"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise RequestError(
                    f"{name}: expected 0 or a positive number, got {getattr(self, name):g}"
                )

    def describe(self) -> dict[str, object]:
        """Return all settings in a form that JSON can express.

        Example:
            >>> leaky(0.5).describe()["activation"]
            'leaky_relu(negative_slope=0.5)'
        """
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "activation": str(self.activation),
            "trained_parameters": list(self.trained_parameters),
        }

    def kernel_initializer(self, seed: int | None) -> "keras.initializers.Initializer":
        """Return the Keras initialiser of one kernel, multiplied by `init_scale`.

        Raises:
            RequestError: Keras has no random initialiser of that name.
        """
        from keras import initializers

        try:
            unscaled = type(initializers.get(self.initializer))(seed=seed)
        except (ValueError, TypeError):
            raise RequestError(
                "initializer: expected a random initialiser of Keras, such as 'he_normal', "
                f"got {self.initializer!r}"
            ) from None
        return lambda shape, dtype=None: self.init_scale * unscaled(shape, dtype)


def leaky(slope: float) -> Member:
    """Return a member with LeakyReLU and the given slope for negative inputs."""
    return Member(get("leaky_relu", negative_slope=slope))


def prelu(
    initial_slope: float = 0.0, *, granularity: Granularity = "channel", tied: bool = False
) -> Member:
    """Return a member with PReLU, whose trained slopes start at `initial_slope`."""
    return Member(
        get("prelu", alpha=initial_slope),
        trained_parameters=("alpha",),
        granularity=granularity,
        tied=tied,
    )


def unstackable_reason(member: Member) -> str | None:
    """Return why a member cannot be stacked with others; None if it can."""
    if member.trained_parameters and member.granularity == "element":
        return "it has trained parameters for each element, and members are stacked by channel"
    if member.activation.formula is None:
        return "its activation is Python code without a formula"
    return None
