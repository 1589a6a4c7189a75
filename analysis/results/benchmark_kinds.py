"""The kinds of benchmark entries, with the types and ranges that the report needs."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from actbench.files import convert

_Text = Annotated[str, Meta(min_length=1, max_length=1_000)]
_Positive = Annotated[float, Meta(gt=0, le=1e30)]
_NotNegative = Annotated[float, Meta(ge=0, le=1e30)]
_Count = Annotated[int, Meta(ge=1, le=10**12)]
_Interval = tuple[_Positive, _Positive]
_Number = Annotated[float, Meta(ge=-1e30, le=1e30)]


class Implementation(TypedDict):
    """The timing of one implementation; ratios are missing for actbench itself."""

    elements_per_second: _Positive
    share_of_copy: _Positive
    bytes_kept: NotRequired[_NotNegative | None]
    ratio_to_actbench: NotRequired[_Positive]
    interval: NotRequired[_Interval]
    actbench_is: NotRequired[_Text]


class Throughput(TypedDict):
    """One pass of a function."""

    function: _Text
    pass_name: _Text
    dtype: _Text
    size: _Count
    kind: _Text
    noise: _NotNegative
    copy_bytes_per_second: _Positive
    implementations: Annotated[dict[_Text, Implementation], Meta(min_length=1)]


class EagerCalls(TypedDict):
    """Eager calls of a function and of its counterpart."""

    eager: _Text
    counterpart: _Text
    seconds_per_call: dict[_Text, _Positive]
    ratio_to_actbench: _Positive
    interval: _Interval


class Ratio(TypedDict):
    """Run time of an activation / run time of ReLU."""

    ratio: _Positive
    interval: _Interval


class RelativeToRelu(TypedDict):
    """Run times of activations relative to ReLU."""

    relative_to_relu: dict[_Text, Ratio]
    noise: _NotNegative


class Step(TypedDict):
    """The share of activations in a training step."""

    share: _Number
    interval: tuple[_Number, _Number]


class NetworkStep(TypedDict):
    """Shares of a training step by implementation."""

    network: _Text
    activation: _Text
    steps: dict[_Text, Step]
    ratio_to_actbench: _Positive
    actbench_is: _Text


class Training(TypedDict):
    """The time of an epoch by trainer."""

    training: _Text
    activation: _Text
    members: _Count
    images: _Count
    batch: _Count
    noise: _NotNegative
    seconds_per_model_epoch: dict[_Text, _Positive]
    ratio_to_actbench: dict[_Text, _Positive]
    intervals: dict[_Text, _Interval]
    flops_per_model_epoch: _Positive
    flops_per_second_of_a_product: _Positive


class TrainingMemory(TypedDict):
    """The peak memory of training."""

    memory_of_training: _Text
    members: _Count
    images: _Count
    peak_bytes: _Count


class Jobs(TypedDict):
    """The overhead of a job on workers."""

    workers: _Count
    jobs: _Count
    seconds_per_job: _Positive


class Workers(TypedDict):
    """The throughput of workers relative to one process."""

    workers: _Count
    originals: _Count
    throughput_of_workers: _Positive
    interval: _Interval


_KINDS: tuple[tuple[str, type[Any]], ...] = (
    ("function", Throughput),
    ("eager", EagerCalls),
    ("relative_to_relu", RelativeToRelu),
    ("network", NetworkStep),
    ("training", Training),
    ("memory_of_training", TrainingMemory),
    ("seconds_per_job", Jobs),
    ("throughput_of_workers", Workers),
)
"""The field that only entries of a kind have ↦ the kind."""


def check(entry: Mapping[str, object]) -> bool:
    """Check the types and ranges of an entry, and return whether the report has a use for it.

    Raises:
        ValueError: a field is missing, has another type, or is out of range.
    """
    found = [kind for field, kind in _KINDS if field in entry]
    for kind in found:
        convert(dict(entry), kind)
    calls = entry.get("seconds_per_call")
    if isinstance(calls, dict):
        for name in ("actbench", entry["counterpart"]):
            if name not in calls:
                raise ValueError(f"seconds_per_call: expected a time of {name}, got none")
    texts = _texts(entry)
    if odd := next((text for text in texts if not text.isprintable()), None):
        raise ValueError(f"expected printable text, got {odd[:40]!r}")
    return bool(found)


def _texts(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
