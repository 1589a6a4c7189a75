"""How activations run: on TensorFlow tensors and in Keras models."""

from actbench.frameworks.layers import PReLU

__all__ = ["PReLU"]
