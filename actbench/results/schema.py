"""The types and ranges of the entries of a trial document, as they stand in its JSON."""

from typing import Annotated, Any, NotRequired, Required, TypedDict

from msgspec import Meta

from actbench.results.trial import Factor

_Text = Annotated[str, Meta(min_length=1)]
_Identifier = Annotated[str, Meta(pattern=r"^[\w.-]+\Z")]
_Fraction = Annotated[float, Meta(ge=0, le=1)]
_NotNegative = Annotated[float, Meta(ge=0)]
_Positive = Annotated[float, Meta(gt=0)]
_Loss = _NotNegative | None
_Count = Annotated[int, Meta(ge=1, le=10**9)]
_CountOrZero = Annotated[int, Meta(ge=0, le=10**9)]

# Numbers, or nested lists of them.
_Number = float | None
_Row = float | None | list[_Number]
_Table = float | None | list[_Row]
_Measured = float | None | list[_Table]


class Configuration(TypedDict, total=False):
    """Entries of the configuration that the report and the checks use."""

    data: _Text
    data_sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    image_shape: Annotated[list[_Count], Meta(min_length=2, max_length=2)]
    classes: Annotated[int, Meta(ge=2, le=256)]
    train_images: _Count
    validation_images: _CountOrZero
    test_images: Required[Annotated[int, Meta(ge=1, le=10**8)]]
    epochs: Required[_Count]
    batch_size: _Count
    optimizer: _Text
    patience: _CountOrZero | None
    stop_below_loss: float | None
    schedule: _Text


class Setup(TypedDict, total=False):
    """Entries of the setup that the report and the checks use."""

    activation: _Text
    trained_parameters: list[_Text]
    learning_rate: _Positive
    tuned_rates: Annotated[list[_Positive], Meta(min_length=1)]
    batch_size: _Count
    dropout: _Fraction
    noise: _NotNegative
    network: list[_Text]
    inverted_copies: bool


class Machine(TypedDict):
    """Entries of the machine."""

    cpu: _Text
    cores: _Count
    system: _Text


class TrialDocument(TypedDict):
    """The document of a trial; `Trial` describes the entries.

    A loss that is not finite is None. The parts `configuration`, `setup` and `machine` may
    have further entries.
    """

    experiment: _Identifier
    profile: _Identifier
    condition: _Text
    factors: dict[_Text, Factor]
    seed: Annotated[int, Meta(ge=0)]
    test_accuracy: _Fraction
    test_loss: _Loss
    test_accuracy_original: _Fraction
    test_loss_original: _Loss
    test_accuracy_inverted: _Fraction
    test_loss_inverted: _Loss
    curves: dict[_Text, Annotated[list[_Loss], Meta(min_length=1)]]
    trained_parameters: list[list[float]]
    measured: dict[_Text, _Measured]
    correct_images: str | None
    parameters: _Count
    configuration: Configuration
    setup: Setup
    versions: Annotated[dict[_Text, _Text], Meta(min_length=1)]
    machine: Machine
    started: _Text
    seconds: _NotNegative
    seconds_per_step: _NotNegative
    diverged: NotRequired[bool]
    schema: int


Document = dict[str, Any]
"""Content of a JSON document."""
