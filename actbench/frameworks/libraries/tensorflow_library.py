"""The adapter of TensorFlow, also for Keras on TensorFlow."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from types import ModuleType

from actbench.frameworks.libraries.library import (
    NO_GRADIENT,
    PROBE_SIZE,
    Function,
    Library,
    NoGradientError,
    NumPyArray,
    Tensor,
    as_function,
)
from actbench.frameworks.start import start_tensorflow


def _tensorflow() -> ModuleType:
    start_tensorflow()
    return import_module("tensorflow")


class TensorFlow(Library):
    """TensorFlow: eager, and compiled by XLA."""

    name = "tensorflow"
    compiler = "XLA"
    packages = ("tensorflow", "keras")
    limits = (
        "is not in the list of allowed values",
        "Could not find device for node",
        "OpKernel",
        "has no entry for",
        "No gradient defined for operation",
        "Detected unsupported operations when trying to compile graph",
        "Compilation failure: ",
    )

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is a tensor or a variable."""
        return bool(_tensorflow().is_tensor(result))

    def devices(self) -> tuple[str, ...]:
        """Return the available devices."""
        gpus = _tensorflow().config.list_physical_devices("GPU")
        return ("cpu", "cuda") if gpus else ("cpu",)

    def scope(self, dtype: str) -> AbstractContextManager[object]:
        """Create tensors on the device."""
        del dtype
        place = "/GPU:0" if self.device == "cuda" else "/CPU:0"
        return _tensorflow().device(place)  # type: ignore[no-any-return]

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return a constant."""
        return _tensorflow().constant(x)

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return the result of tensor.numpy()."""
        return tensor.numpy()  # type: ignore[no-any-return]

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate by nested gradient tapes."""
        tf = _tensorflow()
        if order == 0:
            return function
        inner = self.derivative(function, order - 1)

        def differentiated(x: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = inner(x)
            slope = tape.gradient(value, x)
            if slope is None and order == 1:
                raise NoGradientError(NO_GRADIENT)
            return tf.zeros_like(x) if slope is None else tf.convert_to_tensor(slope)

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[..., tuple[Tensor, Tensor]]:
        """Compute both by one gradient tape."""
        tf = _tensorflow()

        def both(x: Tensor) -> tuple[Tensor, Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)
            return value, tape.gradient(value, x, unconnected_gradients="zero")

        return both

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Compile by XLA."""
        tf = _tensorflow()
        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Trace the backward pass as a function of its own, and measure its captured inputs."""
        tf = _tensorflow()
        kept: list[int] = []

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def forward(x: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)

            @tf.function(autograph=False)  # type: ignore[untyped-decorator]
            def backward() -> Tensor:
                return tape.gradient(value, x, unconnected_gradients="zero")

            captured = backward.get_concrete_function().captured_inputs
            kept.extend(t.dtype.size for t in captured if t.shape.num_elements() == PROBE_SIZE)
            return value

        forward.get_concrete_function(tf.TensorSpec((PROBE_SIZE,), dtype))
        return float(sum(kept))

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        function, call = as_function(call), call.replace("{x}", "x")
        first, place = "import tensorflow as tf", f"x = tf.constant({values}, tf.{dtype})"
        if compiled:
            if order == 1:
                function = f"lambda x: tf.gradients({call}, x)[0]"
            call = f"tf.function({function}, jit_compile=True)(x)"
        if order == 0 or compiled:
            return [first, place, f"print({call}[0])"]
        tapes = ", ".join(f"tf.GradientTape() as t{n}" for n in range(order, 0, -1))
        watch = "; ".join(f"t{n}.watch(x)" for n in range(order, 0, -1))
        body = f"{place}; {watch}; y = {call}"
        if order == 2:
            body += "; d = t1.gradient(y, x)"
        result = "t1.gradient(y, x)" if order == 1 else "t2.gradient(d, x)"
        return [first, f"with {tapes}: {body}", f"print({result}[0])"]
