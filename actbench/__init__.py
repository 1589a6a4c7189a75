"""Analyse activation functions: are they correct, how fast are they, do they train better?"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from actbench.processes.import_path import leave_out_working_folder

leave_out_working_folder()  # before NumPy and all other packages are imported

from actbench.activations import (  # noqa: E402
    Activation,
    VectorActivation,
    from_formula,
    get,
    get_vector,
    names,
    vector_names,
)
from actbench.errors import RequestError  # noqa: E402

if TYPE_CHECKING:
    from actbench.conformance.vectors import make_vectors as vectors
    from actbench.keras import accelerate

__all__ = [
    "Activation",
    "RequestError",
    "VectorActivation",
    "__version__",
    "accelerate",
    "from_formula",
    "get",
    "get_vector",
    "names",
    "vector_names",
    "vectors",
]

__version__ = "0.2.0"

if sys.modules.get("keras") is not None:
    # Register the activations with Keras: see the rule in actbench.keras.
    import_module("actbench.keras")


def __getattr__(name: str) -> object:
    # TensorFlow, python-flint and mpmath are imported only for the names that need them.
    if name == "accelerate":
        return import_module("actbench.keras").accelerate
    if name == "vectors":
        return import_module("actbench.conformance.vectors").make_vectors
    raise AttributeError(f"module 'actbench' has no attribute {name!r}")
