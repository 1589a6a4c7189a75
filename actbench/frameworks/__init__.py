"""Records on TensorFlow tensors, and adapters of the array libraries.

This file imports nothing, so that `import actbench.frameworks` does not import TensorFlow.
"""
