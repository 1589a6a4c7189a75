"""One file per question, with its conditions and protocol; and the code that runs them."""

from actbench.experiments.catalogue import get_experiment, get_profile
from actbench.experiments.experiment import Condition, Experiment, Profile
from actbench.experiments.running.run import run

__all__ = ["Condition", "Experiment", "Profile", "get_experiment", "get_profile", "run"]
