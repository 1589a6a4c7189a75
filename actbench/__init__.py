"""Is an activation function right, what does it cost, does it train better?"""

from typing import TYPE_CHECKING, Any

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
from actbench.keras import registration

if TYPE_CHECKING:
    from actbench.keras.accelerate import accelerate

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
]

__version__ = "0.1.0"

registration.install()


def __getattr__(name: str) -> Any:
    # TensorFlow is imported only by those who ask for what needs it.
    if name == "accelerate":
        from actbench.keras.accelerate import accelerate

        return accelerate
    raise AttributeError(f"module 'actbench' has no attribute {name!r}")
