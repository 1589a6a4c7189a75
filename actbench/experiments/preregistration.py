"""The primary comparisons, margins and thresholds that were fixed before the experiments ran.

They are in preregistration.toml, whose history dates each choice.
"""

import math
import tomllib
from importlib.resources import files

import msgspec


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Thresholds of measurements; the file explains each."""

    dead_units: float
    beta_is_linear: float
    beta_is_relu: float


class Preregistration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the file."""

    level: float
    """Error probability of the verdicts of an experiment's primary comparisons together."""
    accuracy_margin: float
    """Accuracies that differ by less than this fraction are equivalent."""
    primary: dict[str, tuple[str, ...]]
    """Names of the one to three primary comparisons of each experiment."""
    thresholds: Thresholds

    def level_of(self, experiment: str) -> float:
        """Return the level of one primary comparison, with Bonferroni's correction."""
        return self.level / max(1, len(self.primary.get(experiment, ())))

    def minimum_seeds(self, experiment: str) -> int:
        """Return the smallest number of seeds that can decide each primary comparison.

        The smallest two-sided p value of n pairs by sign flips is 2^(1 − n).
        """
        return math.ceil(1 - math.log2(self.level_of(experiment)))


def _read() -> Preregistration:
    text = (files("actbench.experiments") / "preregistration.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Preregistration)


PREREGISTRATION = _read()
"""The content of preregistration.toml."""
