"""The adapter of JAX, also for Keras on JAX."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from types import ModuleType

import numpy as np

from actbench.frameworks.libraries.library import (
    PROBE_SIZE,
    Function,
    Library,
    NumPyArray,
    Tensor,
)


def _jax() -> ModuleType:
    return import_module("jax")


def _enable_x64(enabled: bool) -> AbstractContextManager[None]:
    """Return the context in which JAX has float64; it moved out of `experimental` in 0.8."""
    jax = _jax()
    place = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[None] = place.enable_x64(enabled)
    return context


class Jax(Library):
    """JAX: eager, and compiled by jax.jit."""

    name = "jax"
    compiler = "jax.jit"
    packages = ("jax", "jaxlib")
    limits = (
        "does not accept dtype",
        "Differentiation rule for",
        "is not implemented",
        "UNIMPLEMENTED",
    )

    def is_tensor(self, result: object) -> bool:
        """Return whether a result is an array of JAX."""
        return isinstance(result, _jax().Array)

    def devices(self) -> tuple[str, ...]:
        """Return the available devices."""
        gpus = _jax().default_backend() == "gpu"
        return ("cpu", "cuda") if gpus else ("cpu",)

    @contextmanager
    def scope(self, dtype: str) -> Iterator[None]:
        """Create tensors on the device; enable float64, which JAX disables by default."""
        jax = _jax()
        place = jax.devices(self.device)[0]
        with jax.default_device(place), _enable_x64(dtype == "float64"):
            yield

    def tensor(self, x: NumPyArray) -> Tensor:
        """Return a JAX array."""
        return import_module("jax.numpy").asarray(x)

    def array(self, tensor: Tensor) -> NumPyArray:
        """Return an array that shares the memory of the tensor."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate in reverse mode."""
        jax = _jax()
        if order == 0:
            return function
        inner = self.derivative(function, order - 1)

        def differentiated(x: Tensor) -> Tensor:
            value, back = jax.vjp(inner, x)
            return back(jax.numpy.ones_like(value))[0]

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[..., tuple[Tensor, Tensor]]:
        """Compute both by one call of jax.vjp."""
        jax = _jax()

        def both(x: Tensor) -> tuple[Tensor, Tensor]:
            value, back = jax.vjp(function, x)
            return value, back(jax.numpy.ones_like(value))[0]

        return both

    def compile(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Compile by jax.jit."""
        return _jax().jit(function)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Measure the arrays that the function returned by jax.vjp holds."""
        jax = _jax()
        _, back = jax.vjp(function, jax.numpy.ones(PROBE_SIZE, dtype))
        leaves = {id(leaf): leaf for leaf in jax.tree_util.tree_leaves(back)}
        sizes = [int(leaf.nbytes) for leaf in leaves.values() if leaf.size == PROBE_SIZE]
        return sum(sizes) / PROBE_SIZE

    def _program(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        place = f"x = jax.numpy.array({values}, '{dtype}')"
        if dtype == "float64":
            place = f"jax.config.update('jax_enable_x64', True); {place}"
        result = call.replace("{x}", "x")
        for _ in range(order):
            result = f"jax.grad(lambda x: {result}.sum())(x)"
        if compiled:
            result = f"jax.jit(lambda x: {result})(x)"
        return ["import jax", place, f"print({result}[0])"]
