"""Is an activation function right, what does it cost, does it train better?"""

from actbench import keras_hook
from actbench.activations import Activation, get, names
from actbench.errors import RequestError

__all__ = ["Activation", "RequestError", "__version__", "get", "names"]

__version__ = "0.1.0"

keras_hook.install()
