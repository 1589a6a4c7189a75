"""Is an activation function right, what does it cost, does it train better?"""

from actbench import keras_hook
from actbench.activations import (
    Activation,
    VectorActivation,
    from_formula,
    get,
    get_vector,
    names,
    vector_names,
)
from actbench.errors import RequestError

__all__ = [
    "Activation",
    "RequestError",
    "VectorActivation",
    "__version__",
    "from_formula",
    "get",
    "get_vector",
    "names",
    "vector_names",
]

__version__ = "0.1.0"

keras_hook.install()
