"""JAX, and Keras on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from actbench.frameworks.libraries.library import MEASURED, Function, Library


class Jax(Library):
    """JAX: operation by operation, and compiled by jax.jit."""

    name = "jax"
    compiler = "jax.jit"

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        gpus = import_module("jax").default_backend() == "gpu"
        return ("cpu", "cuda") if gpus else ("cpu",)

    @contextmanager
    def scope(self, dtype: str) -> Iterator[None]:
        """Place what is made on the device; let float64 be float64."""
        jax = import_module("jax")
        place = jax.devices(self.device)[0]
        with jax.default_device(place), jax.enable_x64(dtype == "float64"):
            yield

    def tensor(self, x: Any) -> Any:
        """Return a JAX array."""
        return import_module("jax.numpy").asarray(x)

    def array(self, tensor: Any) -> Any:
        """Return an array of the same memory."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate in reverse."""
        jax = import_module("jax")
        if order == 0:
            return function
        inner = self.derivative(function, order - 1)

        def differentiated(x: Any) -> Any:
            value, back = jax.vjp(inner, x)
            return back(jax.numpy.ones_like(value))[0]

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Differentiate by one vjp."""
        jax = import_module("jax")

        def both(x: Any) -> tuple[Any, Any]:
            value, back = jax.vjp(function, x)
            return value, back(jax.numpy.ones_like(value))[0]

        return both

    def compile(self, function: Function) -> Function:
        """Compile by jax.jit."""
        return import_module("jax").jit(function)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Count the arrays in the function that vjp returns."""
        jax = import_module("jax")
        _, back = jax.vjp(function, jax.numpy.ones(MEASURED, dtype))
        leaves = {id(leaf): leaf for leaf in jax.tree_util.tree_leaves(back)}
        sizes = [int(leaf.nbytes) for leaf in leaves.values() if leaf.size == MEASURED]
        return sum(sizes) / MEASURED

    def _lines(
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
