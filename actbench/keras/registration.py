"""Register records, their names, and the classes of this package with Keras.

The docstring of `actbench.keras` states when this happens.
"""

import sys
from importlib import import_module

import keras

from actbench.activations.catalogue import RECORDS, get
from actbench.activations.formula_activation import FormulaActivation
from actbench.activations.user_functions import CallableActivation
from actbench.activations.vector import VECTOR_RECORDS

# The classes in these modules register themselves.
_MODULES = {
    "actbench.keras.layers": ("tensorflow", "jax", "torch"),
    "actbench.keras.tensors": ("tensorflow", "jax", "torch"),
    "actbench.keras.vectors": ("tensorflow",),
}
"""Module ↦ the backends of Keras on which it works."""


def register() -> None:
    """Register all records under names such as "actbench>Mish" and "actbench>mish".

    Keras writes the first name, of the class, into a saved model. A user can give the second
    one to a layer, as in `Dense(8, activation="actbench>mish")`.
    """
    for record in (*RECORDS, *VECTOR_RECORDS, FormulaActivation, CallableActivation):
        keras.saving.register_keras_serializable(package="actbench")(record)
    # Keras looks up names only in this table. Versions of Keras without it find no names.
    module = sys.modules[keras.activations.get.__module__]
    table = getattr(module, "ALL_OBJECTS_DICT", {})
    for record in RECORDS:
        for name in (record.name, *record.aliases):
            table[f"actbench>{name}"] = get(name)
    for name, backends in _MODULES.items():
        if keras.backend.backend() in backends:
            import_module(name)
