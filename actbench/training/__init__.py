"""Train one network with Keras, in a way that all conditions of a seed share."""

from actbench.training.fit import Outcome, evaluate, fit
from actbench.training.settings import Settings, TrainingData

__all__ = ["Outcome", "Settings", "TrainingData", "evaluate", "fit"]
