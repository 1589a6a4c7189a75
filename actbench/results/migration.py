"""Convert documents of earlier versions, also those of schema 2, which had no factors.

In schema 2 the settings of a condition stood only in its display name, such as
"mish, depth 15". Each experiment had its own form of names; they are listed here.
"""

import base64
import re
import zlib
from collections.abc import Mapping
from typing import Any

from actbench.results.trial import Factor, Factors

Document = dict[str, Any]

_RENAMED = {"slopes": "trained_parameters", "right": "correct_images"}
_RENAMED_IN_CONFIGURATION = {"until": "stop_below_loss"}
_RENAMED_IN_SETUP = {
    "trained": "trained_parameters",
    "per": "granularity",
    "together": "tied",
    "initial": "initializer",
    "scale": "init_scale",
}

_NUMBER = r"-?[\d.e+-]+"
_RATE = rf"rate (?P<learning_rate>{_NUMBER})"
_OPTIONS = r"(, (?P<loss>mse))?(, (?P<pool>max|average) pool)?"
_INTEGERS = {"depth", "width", "batch_size"}
_FLOATS = {"negative_slope", "learning_rate", "init_scale", "noise", "beta", "initial_slope"}

# Experiment -> forms of names, each with the factors that all its conditions have in common.
# The first form that matches counts. A named group is a factor.
_FORMS: Mapping[str, tuple[tuple[str, Factors], ...]] = {
    "alpha-sweep": (
        (rf"alpha=(?P<negative_slope>{_NUMBER})", {"activation": "leaky_relu"}),
        ("prelu", {"activation": "prelu", "sharing": "channel"}),
        ("prelu-shared", {"activation": "prelu", "sharing": "tied"}),
    ),
    "batch-size": ((r"(?P<activation>.+), batch (?P<batch_size>\d+)", {}),),
    "beta": (
        (rf"beta=(?P<beta>{_NUMBER})", {"activation": "swish"}),
        (
            r"trained per (?P<sharing>layer|channel)",
            {"activation": "swish", "beta": "trained"},
        ),
    ),
    "depth": ((r"(?P<activation>.+), depth (?P<depth>\d+)", {}),),
    "dying-units": (
        (
            rf"(?P<activation>.+), width (?P<width>\d+), {_RATE}",
            {},
        ),
    ),
    "gradient-flow": ((r"(?P<activation>.+), depth (?P<depth>\d+)", {}),),
    "initialisers": ((r"(?P<activation>.+), (?P<initializer>\w+)", {}),),
    "inversion": (
        (
            rf"alpha=(?P<negative_slope>{_NUMBER}), (?P<inverted>plain|inverted){_OPTIONS}",
            {"activation": "leaky_relu"},
        ),
        (r"(?P<activation>.+), (?P<inverted>plain|inverted)", {}),
    ),
    "loss-functions": ((r"(?P<activation>.+), (?P<loss>mse|crossentropy)", {}),),
    "noise": ((rf"(?P<activation>.+), noise (?P<noise>{_NUMBER})", {}),),
    "prelu": (
        (
            rf"one object, from (?P<initial_slope>{_NUMBER})",
            {"activation": "prelu", "sharing": "tied"},
        ),
        (
            rf"per filter, from (?P<initial_slope>{_NUMBER})",
            {"activation": "prelu", "sharing": "channel"},
        ),
        (
            rf"per element, from (?P<initial_slope>{_NUMBER})",
            {"activation": "prelu", "sharing": "element"},
        ),
    ),
    "robustness": (
        (
            rf"(?P<activation>.+), scale (?P<init_scale>{_NUMBER}), {_RATE}",
            {},
        ),
    ),
}

_DEFAULTS: Mapping[str, Factors] = {"inversion": {"loss": "crossentropy", "pool": "none"}}


def migrate_trial(document: Document) -> Document:
    """Return a document of schema 2 in the form of schema 3; all numbers stay the same."""
    new = _renamed(document, _RENAMED) | {"schema": 3}
    name, experiment = document.get("condition"), document.get("experiment")
    if isinstance(name, str) and isinstance(experiment, str):
        new["factors"] = factors_in_name(experiment, name)
    for part, names in (("configuration", _RENAMED_IN_CONFIGURATION),
                        ("setup", _RENAMED_IN_SETUP)):  # fmt: skip
        if isinstance(new.get(part), dict):
            new[part] = _renamed(new[part], names)
    if isinstance(new.get("correct_images"), str):
        bits = base64.b64decode(new["correct_images"], validate=True)
        new["correct_images"] = base64.b64encode(zlib.compress(bits, 9)).decode()
    return new


def migrate_profile(document: Document) -> Document:
    """Return a document with the present name of its profile; all numbers stay the same.

    Before version 0.3.0, the profile full of the experiment ranking was the study that is the
    profile source now. Its conditions have no task. The committed documents of it have the file
    names of the profile source, and are otherwise unchanged.
    """
    key = document.get("experiment"), document.get("profile")
    factors = document.get("factors")
    if key == ("ranking", "full") and isinstance(factors, dict) and "task" not in factors:
        return document | {"profile": "source"}
    return document


def factors_in_name(experiment: str, name: str) -> dict[str, Factor]:
    """Return the factors of a condition of schema 2; a name of another form is an activation.

    Example:
        >>> factors_in_name("depth", "mish, depth 15")
        {'activation': 'mish', 'depth': 15}
    """
    for form, common in _FORMS.get(experiment, ()):
        if match := re.fullmatch(form, name):
            given = {key: text for key, text in match.groupdict().items() if text is not None}
            parsed = {key: _parsed(key, text) for key, text in given.items()}
            return {**_DEFAULTS.get(experiment, {}), **common, **parsed}
    return {"activation": name}


def _parsed(factor: str, text: str) -> Factor:
    if factor in _INTEGERS:
        return int(text)
    if factor in _FLOATS:
        return float(text)
    return text == "inverted" if factor == "inverted" else text


def _renamed(part: Mapping[str, Any], names: Mapping[str, str]) -> Document:
    return {names.get(name, name): value for name, value in part.items()}
