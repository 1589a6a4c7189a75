"""Keras layers, `accelerate`, and the registration of all activations with Keras.

Keras can load a saved model only if the classes in it are registered, and it finds an
activation by name, such as "actbench>mish", only in a table of its own. The rule is:

- `import actbench.keras` registers all activations, their names and the layers.
- `import actbench` does the same if Keras is imported already. Otherwise it does not import
  Keras, because that takes seconds.
- An activation registers itself when it computes with a tensor or is saved in a model, so a
  model can always be saved.

Therefore a program that loads a model starts with an import of this package:

    import actbench.keras
    import keras
    model = keras.models.load_model(path)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from actbench.keras.registration import register

if TYPE_CHECKING:
    from actbench.keras.acceleration import accelerate
    from actbench.keras.layers import PReLU, Trainable
    from actbench.keras.vectors import VectorLayer

__all__ = ["PReLU", "Trainable", "VectorLayer", "accelerate"]

_MODULES = {
    "PReLU": "layers",
    "Trainable": "layers",
    "VectorLayer": "vectors",
    "accelerate": "acceleration",
}

register()


def __getattr__(name: str) -> object:
    # `accelerate` and `VectorLayer` need TensorFlow, but Keras may run on another backend.
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
