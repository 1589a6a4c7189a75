"""User functions in saved models.

A saved model names a user function by its location, such as "mymodule:activation". An untrusted
file could name any module, and importing a module executes it. Therefore the same rule holds as
for Keras's Lambda layer. In Keras's safe mode, which is the default, only a function that the
program itself has registered is loaded:

    keras.models.load_model(path, custom_objects={"mymodule:activation": mymodule.activation})
    keras.saving.get_custom_objects()["mymodule:activation"] = mymodule.activation  # or once

The module is imported only with `keras.models.load_model(path, safe_mode=False)` or after
`keras.config.enable_unsafe_deserialization()`.
"""

import sys
from collections.abc import Callable

import keras

from actbench.activations.user_functions import load, plug_ins
from actbench.errors import RequestError


def register_function(target: str, function: Callable[..., object]) -> None:
    """Register a user function of a saved model, so that this process can copy the model.

    Args:
        target: location of the function.
        function: the function.
    """
    keras.saving.get_custom_objects()[target] = function


def saved_function(target: str) -> object:
    """Return the user function that a saved model names.

    Args:
        target: location of the function, or the name of a plug-in.

    Raises:
        RequestError: the function is not registered and Keras is in its safe mode, or there is
            no such function.
    """
    registered = keras.saving.get_registered_object(target)
    if registered is not None:
        return registered
    if ":" not in str(target) and target in plug_ins():
        return getattr(plug_ins()[target], "function", None)
    if _is_safe():
        raise RequestError(
            f"user function {target!r} in a saved model: expected a registered function, got "
            "none; try custom_objects={...} with this name and the function, or, if you trust "
            "the file, safe_mode=False"
        )
    return load(target)


def _is_safe() -> bool:
    """Return whether Keras is in its safe mode; so it is if it does not tell."""
    module = sys.modules[keras.saving.deserialize_keras_object.__module__]
    return getattr(module, "in_safe_mode", lambda: True)() is not False
