"""Targets: a function of a library, and the activation that it should compute."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from actbench.activations.record import Activation
from actbench.conformance.targets.user_function import user_function
from actbench.conformance.targets.user_objects import UserFunction
from actbench.errors import RequestError
from actbench.frameworks.counterparts import install_command
from actbench.frameworks.libraries import (
    DTYPES,
    LIBRARIES,
    Function,
    Library,
    NotPossibleError,
    installed,
)

# Packages whose tensors belong to another package.
_LIBRARY_OF_PACKAGE = {"jaxlib": "jax", "keras": "tensorflow"}

# The formats in the order in which a function is called to find its library.
_PROBED = ("float32", "float64", "float16", "bfloat16")


class NotInstalledError(RequestError):
    """The framework of a target is not installed."""


class NotExportedError(RequestError):
    """A function of a framework cannot be exported, or the exported model cannot be loaded."""


@dataclass(frozen=True)
class Target:
    """A function of a library, and the activation that it should compute.

    Args:
        name: name of the target as it was requested, such as "torch:gelu".
        location: dotted name, such as "torch.nn.functional.gelu"; the name of the library for
            a function of actbench.
        package: package that contains the function, such as actbench, keras or torch.
        library: library that computes it.
        expected: the activation that it should compute.
        make: name of a dtype ↦ the function of one tensor of that dtype.
        call: the call in Python, with ({x}) for its tensor; for the reproducer.
        imports: modules that the call needs in addition to its library; other statements may
            come before them, each followed by "; ".
        formats: names of the formats that the function has; it is judged in no others.
    """

    name: str
    location: str
    package: str
    library: Library
    expected: Activation
    make: Callable[[str], Function] = field(compare=False)
    call: str = ""
    imports: str = ""
    formats: tuple[str, ...] = tuple(DTYPES)

    @property
    def usual_format(self) -> str:
        """Float32, or the first format that the function has."""
        return "float32" if "float32" in self.formats else self.formats[0]

    @property
    def compiles_each_length(self) -> bool:
        """Whether a compiler takes a tenth of a second for each new length of the arrays."""
        return self.library.name == "jax" or (
            self.package == "actbench" and self.library.compiler is not None
        )

    def check(self) -> None:
        """Make the function, if that takes a converter or a runtime, which may end the process.

        Raises:
            NotExportedError: the function cannot be exported or loaded in any format.
            RequestError: the runtime lacks the function.
        """

    def reproducer(self, x: str, dtype: str, order: int, *, compiled: bool) -> str:
        """Return three lines of Python that print the result at x.

        Args:
            x: the input as a decimal number.
            dtype: name of the format.
            order: 0 for the value, 1 and 2 for the derivatives.
            compiled: whether the function is compiled.
        """
        special = {"nan": "float('nan')", "inf": "float('inf')", "-inf": "-float('inf')"}
        literal = special.get(x, x)
        return self.library.reproducer(
            self.call, self.imports, literal, dtype, order, compiled=compiled
        )


def actbench_targets(
    activation: Activation,
    name: str,
    device: str = "cpu",
    *,
    expected: Activation | None = None,
    libraries: Sequence[str] | None = None,
) -> list[Target]:
    """Return an activation of actbench in each of `own_libraries`.

    Args:
        activation: the activation.
        name: its name for `actbench.get`.
        device: device of the libraries of tensors.
        expected: the activation that it should compute; itself by default.
        libraries: the libraries that compute it; by default all of `own_libraries`.
    """
    return [
        Target(
            name=f"{activation}",
            location=library,
            package="actbench",
            library=_library(library, device),
            expected=expected or activation,
            make=lambda _: activation,
            call=f"actbench.get({name!r}{call_arguments(activation.parameters)})({{x}})",
            imports="actbench",
        )
        for library in libraries or own_libraries()
    ]


def own_libraries() -> tuple[str, ...]:
    """Return the libraries in which records are audited: PyTorch and JAX if installed."""
    return ("numpy", "tensorflow", *filter(installed, ("torch", "jax")))


def user_target(
    name: str,
    found: Any,
    expected: Activation,
    device: str = "cpu",
    arguments: Mapping[str, object] | None = None,
    library: str | None = None,
) -> Target:
    """Return a user function.

    Args:
        name: "package.module:function", or a name that is not the location of the function.
        found: the function of one array or tensor, a layer or module, or a class of these.
        expected: the activation that it should compute.
        device: device of its library.
        arguments: other arguments of the function, or of the class.
        library: the library that runs it; by default the first one whose tensors it takes.

    Raises:
        RequestError: the function does not take the tensors of the library, or of any
            installed one.
    """
    arguments = arguments or {}
    function = user_function(name, found, arguments, device)
    if not function.formats:
        raise RequestError(
            f"{name}: expected a function of {', '.join(DTYPES)}, got one of another dtype"
        )
    module, colon, path = name.partition(":")
    settings = "".join(f" {key}={value}" for key, value in arguments.items())
    return Target(
        name=name + settings,
        location=name if colon else "",
        package=module.partition(".")[0] if colon else "user",
        library=library_of(name, function, device, library),
        expected=expected,
        make=function.make,
        call=function.call.replace("FUNCTION", f"{module}.{path}" if colon else "function"),
        imports=module if colon else "",
        formats=function.formats,
    )


def location_of(found: object) -> str:
    """Return "package.module:name" of an object that can be imported, else a short name.

    Example:
        >>> location_of(np.abs), location_of(lambda x: x)
        ('numpy:absolute', 'the function <lambda>')
    """
    owner = found if isinstance(found, type) or hasattr(found, "__qualname__") else type(found)
    module = getattr(found, "__module__", None) or getattr(owner, "__module__", None)
    path = getattr(found, "__qualname__", None) or getattr(found, "__name__", None)
    if isinstance(module, str) and isinstance(path, str) and module != "__main__":
        reached: object = sys.modules.get(module)
        for part in path.split("."):
            reached = getattr(reached, part, None)
        if reached is found:
            return f"{module}:{path}"
    if isinstance(path, str):
        return f"the function {path.rpartition('.')[2]}"
    return f"an object of {type(found).__name__}"


def call_arguments(arguments: Mapping[str, object]) -> str:
    """Return keyword arguments as Python code, each after a comma."""
    return "".join(f", {name}={value!r}" for name, value in arguments.items())


def library_of(
    name: str, function: UserFunction, device: str = "cpu", only: str | None = None
) -> Library:
    """Return the library whose tensors a function returns.

    Args:
        name: name of the function, for the error message.
        function: the function of one array or tensor.
        device: device of the library.
        only: name of the only library that is tried.

    Raises:
        RequestError: the function does not take the tensors of an installed library.
    """
    if only is not None:
        _library(only, device)  # raises an error if it is not installed
    reasons = []
    # The library of the function is loaded already, and another one takes seconds to import.
    for kind in sorted(LIBRARIES.values(), key=lambda kind: kind.name not in sys.modules):
        if not installed(kind.name) or only not in (None, kind.name):
            continue
        library = kind()
        # A function may lack a format, also one that it does not state.
        for dtype in sorted(function.formats, key=_PROBED.index):
            try:
                with library.running(dtype):
                    x = library.tensor(np.array([-1.0, 0.5]).astype(DTYPES[dtype]))
                    result = function.make(dtype)(x)
            except NotPossibleError as error:
                reasons.append(f"{kind.name}: {error}")
                continue
            package = type(result).__module__.partition(".")[0]
            package = _LIBRARY_OF_PACKAGE.get(package, package)
            if package in LIBRARIES and only in (None, package):
                return _library(package, device)
            reasons.append(f"{kind.name}: returns {package}.{type(result).__qualname__}")
    unique = "; ".join(dict.fromkeys(reasons))
    tensors = "NumPy arrays or of TensorFlow, PyTorch, JAX or MLX tensors"
    raise RequestError(
        f"{name}: expected an elementwise function of "
        f"{tensors if only is None else f'{only} tensors'}, got a function that takes none of "
        f"them ({unique})"
    )


def _library(name: str, device: str) -> Library:
    """Return a library on a device; NumPy has only the CPU.

    Raises:
        NotInstalledError: the library is not installed.
    """
    if not installed(name):
        raise NotInstalledError(
            f"library: expected {name} to be installed, got no such package; "
            f"try {install_command(name)}"
        )
    return LIBRARIES[name]() if name == "numpy" else LIBRARIES[name](device)
