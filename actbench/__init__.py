"""Analyse activation functions: are they correct, how fast are they, do they train better?"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from actbench.processes.import_path import leave_out_working_folder

leave_out_working_folder()  # before NumPy and all other packages are imported

if TYPE_CHECKING:
    from actbench.activations import (
        Activation,
        VectorActivation,
        from_formula,
        get,
        get_vector,
        names,
        vector_names,
    )
    from actbench.api import audit
    from actbench.conformance.identification.command import identify
    from actbench.conformance.vectors import make_vectors as vectors
    from actbench.errors import RequestError
    from actbench.keras import accelerate

__all__ = [
    "Activation",
    "RequestError",
    "VectorActivation",
    "__version__",
    "accelerate",
    "audit",
    "from_formula",
    "get",
    "get_vector",
    "identify",
    "names",
    "vector_names",
    "vectors",
]

__version__ = "0.2.0"

# The module of each name. It is imported when the name is first used: pytest imports this
# package in every project, for its plug-in, and only a few names need TensorFlow or the oracle.
_ACTIVATIONS = "actbench.activations"
_MODULES = {
    "RequestError": "actbench.errors",
    "accelerate": "actbench.keras",
    "audit": "actbench.api",
    "identify": "actbench.conformance.identification.command",
    "vectors": "actbench.conformance.vectors",
}
_OTHER_NAMES = {"vectors": "make_vectors"}

if sys.modules.get("keras") is not None:
    # Register the activations with Keras: see the rule in actbench.keras.
    import_module("actbench.keras")


def __getattr__(name: str) -> object:
    if name in __all__:
        module = import_module(_MODULES.get(name, _ACTIVATIONS))
        found: object = getattr(module, _OTHER_NAMES.get(name, name))
        globals()[name] = found
        return found
    raise AttributeError(f"module 'actbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
