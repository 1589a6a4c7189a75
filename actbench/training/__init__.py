"""Training of stacked blocks, and of single Keras models as their reference.

`actbench.models` defines the terms stacked block and ensemble member. `settings` needs only
NumPy; the modules that train import TensorFlow.
"""

from actbench.training.settings import Settings, TrainingData, prepare, steps

__all__ = ["Settings", "TrainingData", "prepare", "steps"]
