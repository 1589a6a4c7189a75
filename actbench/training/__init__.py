"""Train one network with Keras, in a way that all conditions of a seed share.

`settings` needs NumPy only; `fit` imports TensorFlow.
"""

from actbench.training.settings import Settings, TrainingData, prepare, steps

__all__ = ["Settings", "TrainingData", "prepare", "steps"]
