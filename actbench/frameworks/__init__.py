"""How activations run: on TensorFlow tensors and in Keras models.

Nothing is imported here, so that TensorFlow is not: see `tensorflow` and `layers`.
"""
