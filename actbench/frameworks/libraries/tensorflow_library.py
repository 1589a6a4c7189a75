"""TensorFlow, and Keras on it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from actbench.frameworks.libraries.library import (
    MEASURED,
    Function,
    Library,
    NotPossibleError,
    as_function,
)


class TensorFlow(Library):
    """TensorFlow: eager, and compiled by XLA."""

    name = "tensorflow"
    compiler = "XLA"

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        gpus = import_module("tensorflow").config.list_physical_devices("GPU")
        return ("cpu", "cuda") if gpus else ("cpu",)

    def scope(self, dtype: str) -> Any:
        """Place what is made on the device."""
        del dtype
        place = "/GPU:0" if self.device == "cuda" else "/CPU:0"
        return import_module("tensorflow").device(place)

    def tensor(self, x: Any) -> Any:
        """Return a constant."""
        return import_module("tensorflow").constant(x)

    def array(self, tensor: Any) -> Any:
        """Return its numpy()."""
        return tensor.numpy()

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate by nested tapes; what does not depend on x has derivative 0."""
        tf = import_module("tensorflow")
        if order == 0:
            return lambda x: tf.convert_to_tensor(function(x))
        inner = self.derivative(function, order - 1)

        def differentiated(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = inner(x)
            try:
                return tape.gradient(value, x, unconnected_gradients="zero")
            except LookupError as error:
                raise NotPossibleError(str(error).partition("\n")[0]) from None

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Differentiate by one tape."""
        tf = import_module("tensorflow")

        def both(x: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)
            return value, tape.gradient(value, x, unconnected_gradients="zero")

        return both

    def compile(self, function: Function) -> Function:
        """Compile by XLA."""
        tf = import_module("tensorflow")
        return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Trace forward and backward pass apart, and look at what the latter captures."""
        tf = import_module("tensorflow")
        kept: list[int] = []

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def forward(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(x)

            @tf.function(autograph=False)  # type: ignore[untyped-decorator]
            def backward() -> Any:
                return tape.gradient(value, x, unconnected_gradients="zero")

            captured = backward.get_concrete_function().captured_inputs
            kept.extend(t.dtype.size for t in captured if t.shape.num_elements() == MEASURED)
            return value

        forward.get_concrete_function(tf.TensorSpec((MEASURED,), dtype))
        return float(sum(kept))

    def _lines(
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
