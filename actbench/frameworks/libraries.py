"""What evaluates, differentiates and compiles: NumPy, TensorFlow, PyTorch and JAX alike.

A function takes one tensor of its library and gives another. A library is imported when it is
first used, so one that is not installed hurts nobody.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import ml_dtypes
import numpy as np

from actbench.errors import RequestError

Function = Callable[[Any], Any]

DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
"""The dtypes that activations are held to, as NumPy has them."""

_MEASURED = 1024
"""Elements whose memory for the backward pass is counted."""


class NotPossibleError(Exception):
    """A library cannot do this with this function; the message says why."""


class BrokenError(NotPossibleError):
    """The function itself raised an error."""


def installed(package: str) -> bool:
    """Return whether a package can be imported."""
    return find_spec(package) is not None


class Library(ABC):
    """An array library, on one device.

    Args:
        device: "cpu", or "cuda" where the library knows it.

    Raises:
        RequestError: the library has no such device here.
    """

    name: str
    compiler: str | None = None
    """What compiles: the second mode a function is looked at in."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        if device not in self.devices():
            raise RequestError(
                f"{self.name} has no device {device!r} here; "
                f"{' or '.join(self.devices())} would be right"
            )

    @property
    def version(self) -> str:
        """The version that is installed."""
        return version(self.name)

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        return ("cpu",)

    def scope(self, dtype: str) -> Any:
        """Return the context in which tensors of a dtype are made and used."""
        del dtype
        return nullcontext()

    @contextmanager
    def running(self, dtype: str) -> Iterator[None]:
        """Run a function in the scope of a dtype.

        Raises:
            BrokenError: in place of whatever the function raises, in a line.
        """
        with np.errstate(all="ignore"), self.scope(dtype):
            try:
                yield
            except NotPossibleError:
                raise
            except Exception as error:
                reason = (str(error).strip().splitlines() or [""])[0]
                raise BrokenError(f"{type(error).__name__}: {reason[:200]}") from None

    @abstractmethod
    def tensor(self, x: Any) -> Any:
        """Return an array as a tensor, which may share its memory."""

    @abstractmethod
    def array(self, tensor: Any) -> Any:
        """Return a tensor as an array, dtype kept; it may share its memory."""

    @abstractmethod
    def derivative(self, function: Function, order: int) -> Function:
        """Return the derivative of that order, elementwise, by the library's autodiff."""

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Return the function to value and derivative, in one pass where there is one."""
        value, slope = (self.derivative(function, order) for order in (0, 1))
        return lambda x: (value(x), slope(x))

    @abstractmethod
    def compile(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Return a function compiled; it may give several tensors."""

    @abstractmethod
    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Return how many bytes an element autodiff keeps from forward to backward."""

    def reproducer(
        self, call: str, imports: str, x: str, dtype: str, order: int, *, compiled: bool = False
    ) -> str:
        """Return three lines of Python that print a result.

        The input stands in an array of 64, since libraries compute the last elements of an
        array by other instructions than the rest.

        Args:
            call: the function's call as text, with {x} for its tensor and {dtype} for a dtype.
            imports: modules that the call needs, or "", with "; " after other statements.
            x: the input as Python writes it.
            dtype: of the input.
            order: 0 for the value, 1 and 2 for the derivatives.
            compiled: whether the compiled function is meant.
        """
        setup, _, modules = imports.rpartition("; ")
        text = call.replace("{dtype}", dtype)
        first, *rest = self._lines(text, f"[{x}] * 64", dtype, order, compiled=compiled)
        first = f"{setup}; {first}" if setup else first
        return "\n".join([f"{first}, {modules}" if modules else first, *rest])

    @abstractmethod
    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        """Return the lines; the first imports the library."""


class NumPy(Library):
    """NumPy; a function's derivatives are its attributes of that name."""

    name = "numpy"

    def tensor(self, x: Any) -> Any:
        """Return the array itself."""
        return x

    def array(self, tensor: Any) -> Any:
        """Return the array itself."""
        return np.asarray(tensor)

    def derivative(self, function: Function, order: int) -> Function:
        """Return the attribute `derivative` or `second_derivative`."""
        if order == 0:
            return function
        name = ("derivative", "second_derivative")[order - 1]
        found = getattr(function, name, None)
        if not callable(found):
            raise NotPossibleError(f"it has no attribute {name}")
        return found  # type: ignore[no-any-return]

    def compile(self, function: Function) -> Function:
        """Refuse: NumPy has no compiler."""
        del function
        raise NotPossibleError("NumPy has no compiler")

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Refuse: NumPy has no autodiff."""
        del function, dtype
        raise NotPossibleError("NumPy has no autodiff")

    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        del compiled
        name = ("", ".derivative", ".second_derivative")[order]
        modules = "ml_dtypes, numpy as np" if dtype == "bfloat16" else "numpy as np"
        return [
            f"import {modules}",
            f"x = np.array({values}, {_literal(dtype)})",
            f"print({call.replace('({x})', f'{name}(x)')}[0])",
        ]


def _as_function(call: str) -> str:
    """Return what is called, a layer itself, or a function of x that calls it."""
    called = call.removesuffix("({x})")
    return f"lambda x: {call.replace('{x}', 'x')}" if called == call else called


def _literal(dtype: str) -> str:
    return "ml_dtypes.bfloat16" if dtype == "bfloat16" else f"np.{dtype}"


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
            kept.extend(t.dtype.size for t in captured if t.shape.num_elements() == _MEASURED)
            return value

        forward.get_concrete_function(tf.TensorSpec((_MEASURED,), dtype))
        return float(sum(kept))

    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        function, call = _as_function(call), call.replace("{x}", "x")
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


class Torch(Library):
    """PyTorch: eager, and compiled by torch.compile."""

    name = "torch"
    compiler = "torch.compile"

    def devices(self) -> tuple[str, ...]:
        """Return the devices that are here."""
        return ("cpu", "cuda") if import_module("torch").cuda.is_available() else ("cpu",)

    def tensor(self, x: Any) -> Any:
        """Return a tensor of the same memory; of bfloat16 by way of its bits."""
        torch = import_module("torch")
        x = np.ascontiguousarray(x)
        if x.dtype == ml_dtypes.bfloat16:
            return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).to(self.device)
        return torch.from_numpy(x).to(self.device)

    def array(self, tensor: Any) -> Any:
        """Return an array of the same memory."""
        torch = import_module("torch")
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dtype == torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return tensor.numpy()

    def derivative(self, function: Function, order: int) -> Function:
        """Differentiate by autograd; what does not depend on x has derivative 0."""
        torch = import_module("torch")
        if order == 0:
            return function

        def differentiated(x: Any) -> Any:
            x = x.detach().requires_grad_()
            result = function(x)
            for last in range(order - 1, -1, -1):
                if not result.requires_grad:
                    return torch.zeros_like(x)
                try:
                    (result,) = torch.autograd.grad(
                        result, x, torch.ones_like(result), create_graph=last > 0
                    )
                except RuntimeError as error:
                    raise NotPossibleError(str(error).partition("\n")[0]) from None
            return result

        return differentiated

    def value_and_derivative(self, function: Function) -> Callable[[Any], tuple[Any, Any]]:
        """Differentiate by one backward pass."""
        torch = import_module("torch")

        def both(x: Any) -> tuple[Any, Any]:
            x = x.detach().requires_grad_()
            value = function(x)
            if not value.requires_grad:
                return value, torch.zeros_like(x)
            return value, torch.autograd.grad(value, x, torch.ones_like(value))[0]

        return both

    def compile(self, function: Function) -> Function:
        """Compile by torch.compile, for any number of elements."""
        torch = import_module("torch")
        torch.compiler.reset()
        return torch.compile(function, dynamic=True)  # type: ignore[no-any-return]

    def bytes_kept(self, function: Function, dtype: str) -> float:
        """Count the storages that autograd packs away."""
        torch = import_module("torch")
        kept: dict[int, int] = {}

        def pack(tensor: Any) -> Any:
            if tensor.numel() == _MEASURED:
                storage = tensor.untyped_storage()
                kept[storage.data_ptr()] = storage.nbytes()
            return tensor

        x = torch.ones(
            _MEASURED, dtype=getattr(torch, dtype), device=self.device, requires_grad=True
        )
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            value = function(x)  # what it keeps lives as long as its value
        del value
        return sum(kept.values()) / _MEASURED

    def _lines(
        self, call: str, values: str, dtype: str, order: int, *, compiled: bool
    ) -> list[str]:
        function, call = _as_function(call), call.replace("{x}", "x")
        if compiled:
            call = f"torch.compile({function})(x)"
        place = f"torch.tensor({values}, dtype=torch.{dtype}"
        if order == 0:
            return ["import torch", f"x = {place})", f"print({call}[0].item())"]
        result = f"({call}).sum()"
        for last in range(order - 1, -1, -1):
            kept = ", create_graph=True" if last else ""
            again = ".sum()" if last < order - 1 else ""
            result = f"torch.autograd.grad({result}{again}, x{kept})[0]"
        return [
            "import torch",
            f"x = {place}, requires_grad=True)",
            f"print({result}[0].item())",
        ]


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
        _, back = jax.vjp(function, jax.numpy.ones(_MEASURED, dtype))
        leaves = {id(leaf): leaf for leaf in jax.tree_util.tree_leaves(back)}
        sizes = [int(leaf.nbytes) for leaf in leaves.values() if leaf.size == _MEASURED]
        return sum(sizes) / _MEASURED

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


LIBRARIES: dict[str, type[Library]] = {
    kind.name: kind for kind in (NumPy, TensorFlow, Torch, Jax)
}
"""By the name of their package."""
