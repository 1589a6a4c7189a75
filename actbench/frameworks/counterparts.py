"""Find, evaluate and differentiate the functions of installed frameworks.

`python -m actbench.frameworks.counterparts` measures all counterparts of the records and writes
them into the table (`actbench.activations.counterparts`). It replaces the rows of the installed
frameworks and keeps all other rows. Keras runs on its configured backend (`KERAS_BACKEND`).
"""

import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from actbench.activations.breakpoints import breakpoints
from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS, CounterpartRow, counterparts_of
from actbench.activations.record import Activation, Counterpart
from actbench.activations.vector import VECTOR_RECORDS, VectorActivation
from actbench.frameworks.libraries import LIBRARIES, Function, Tensor, installed

PACKAGES = {
    "tf": "tensorflow",
    "keras": "keras",
    "torch": "torch",
    "jax": "jax",
    "mlx": "mlx",
}
"""The first part of a function's name ↦ its package."""

# MLX for Linux computes with a package of its own, which is an extra.
_PIP_NAMES = {"mlx": "'mlx[cpu]'"}

TABLE = Path(__file__).parents[1] / "activations" / "counterparts.json"

# Breakpoints farther out than this are not measured.
_LARGEST_BREAKPOINT = 100.0

# Inputs for the comparison of values with the record.
_GRID = np.linspace(-8, 8, 1601, dtype=np.float32)
_VECTORS = np.random.default_rng(0).normal(0, 3, (50, 8)).astype(np.float32)


def install_command(package: str) -> str:
    """Return the command that installs a framework.

    Example:
        >>> install_command("mlx")
        "python -m pip install 'mlx[cpu]'"
    """
    return f"python -m pip install {_PIP_NAMES.get(package, package)}"


def backend(package: str) -> str:
    """Return the package that computes and differentiates for a package."""
    if package == "keras":
        return str(import_module("keras").backend.backend())
    return package


def find(name: str) -> Callable[..., Tensor]:
    """Return the function or layer class with a name such as "keras.activations.elu".

    Raises:
        LookupError: the framework is not installed or does not have this name.
    """
    first, *path = name.split(".")
    if not installed(PACKAGES[first]):
        raise LookupError(f"{PACKAGES[first]} is not installed")
    found: object = import_module(PACKAGES[first])
    for depth, part in enumerate(path, start=1):
        if not hasattr(found, part):
            try:
                import_module(".".join([PACKAGES[first], *path[:depth]]))
            except ImportError:
                raise LookupError(f"{PACKAGES[first]} has no {name}") from None
        found = getattr(found, part)
    return cast(Callable[..., Tensor], found)


def bind(
    name: str, arguments: Mapping[str, object], dtype: str = "float32", device: str = "cpu"
) -> Function:
    """Return a framework's function of one tensor, with its other arguments bound.

    Args:
        name: name of a function or a layer class, such as "torch.nn.PReLU".
        arguments: its other arguments.
        dtype: dtype of the tensors; the weights of a layer get the same.
        device: device of the tensors; the weights of a layer are placed there.

    Raises:
        LookupError: the framework is not installed or does not have this name.
    """
    found = find(name)
    if not inspect.isclass(found):
        return lambda x: found(x, **arguments)
    if name.startswith("keras."):
        arguments = {**arguments, "dtype": dtype}
    layer: Tensor = found(**arguments)
    if name.startswith("torch."):
        layer = layer.to(device=device, dtype=getattr(import_module("torch"), dtype))
    return cast(Function, layer)


def value_and_derivative_at(
    function: Function, x: npt.NDArray[np.floating], library: str
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return the value and the derivative of a framework's function at an array.

    Args:
        function: takes one tensor of the library.
        x: an array of floats; the results have its dtype.
        library: library that computes and differentiates: tensorflow, torch, jax or mlx.
    """
    computing = LIBRARIES[library]()
    tensor = computing.tensor(x)
    value, slope = (computing.derivative(function, order)(tensor) for order in (0, 1))
    return computing.array(value), computing.array(slope)


def measured_rows() -> Iterator[CounterpartRow]:
    """Measure all counterparts of the records whose frameworks are installed."""
    for kind in RECORDS:
        yield from (measured_row(kind, c) for c in kind.counterparts if _is_installed(c))
    for vectors in VECTOR_RECORDS:
        yield from (
            measured_vector_row(vectors, c) for c in vectors.counterparts if _is_installed(c)
        )


def _is_installed(counterpart: Counterpart) -> bool:
    return installed(_package(counterpart))


def _package(counterpart: Counterpart) -> str:
    return PACKAGES[counterpart.name.partition(".")[0]]


def measured_row(kind: type[Activation], counterpart: Counterpart) -> CounterpartRow:
    """Measure one function: its defaults, its values, and its derivatives at breakpoints.

    Raises:
        LookupError: the framework does not have the function, or the function does not have a
            parameter.
    """
    package = _package(counterpart)
    library = backend(package)
    defaults = {
        name: default_of(counterpart.name, argument)
        for name, argument in counterpart.parameters.items()
    }
    known = {name: value for name, value in defaults.items() if value is not None}
    record = kind(**known, **counterpart.initial_values)
    arguments = {
        argument: record.parameters[name] for name, argument in counterpart.parameters.items()
    }
    function = bind(counterpart.name, {**arguments, **counterpart.fixed})
    value, _ = value_and_derivative_at(function, _GRID, library)
    agrees = bool(np.allclose(value, record(_GRID), rtol=1e-4, atol=1e-5))
    points = np.array(
        [x for x in breakpoints(record) if abs(x) <= _LARGEST_BREAKPOINT], np.float32
    )
    slopes = value_and_derivative_at(function, points, library)[1] if points.size else points
    kinks = [[float(x), round(float(d), 6)] for x, d in zip(points, slopes, strict=True)]
    return CounterpartRow(
        function=kind.name,
        framework=package,
        version=version(package),
        backend=f"{library} {version(library)}",
        name=counterpart.name,
        parameters=dict(counterpart.parameters),
        defaults=defaults,
        fixed=dict(counterpart.fixed),
        formula=record.formula or "",
        kinks=kinks,
        wrong=[x for x, slope in kinks if agrees and not _is_valid(record, x, slope)],
        agrees=agrees,
        note=counterpart.note,
    )


def _is_valid(activation: Activation, x: float, slope: float) -> bool:
    """Return whether a slope is the derivative at x, or lies between those on both sides."""
    derivative = float(activation.derivative(x))
    both = (derivative, derivative)
    low, high = next((kink.interval for kink in activation.kinks if kink.x == x), both)
    return low - 1e-4 <= slope <= high + 1e-4


def measured_vector_row(
    kind: type[VectorActivation], counterpart: Counterpart
) -> CounterpartRow:
    """Measure one function of vectors: its values along the last axis.

    Raises:
        LookupError: the framework does not have the function.
    """
    package = _package(counterpart)
    library = backend(package)
    function = bind(counterpart.name, counterpart.fixed)
    value, _ = value_and_derivative_at(function, _VECTORS, library)
    return CounterpartRow(
        function=kind.name,
        framework=package,
        version=version(package),
        backend=f"{library} {version(library)}",
        name=counterpart.name,
        fixed=dict(counterpart.fixed),
        agrees=bool(np.allclose(value, kind()(_VECTORS), rtol=1e-4, atol=1e-5)),
        note=counterpart.note,
    )


@cache
def default_of(name: str, parameter: str) -> float | None:
    """Return the default of a framework's parameter; None if it is not a finite number.

    Raises:
        LookupError: the function has no such parameter.
    """
    try:
        signature = inspect.signature(find(name))
    except ValueError:  # a built-in function without a signature
        return None
    if parameter not in signature.parameters:
        raise LookupError(f"{name} has no parameter {parameter!r}")
    default = signature.parameters[parameter].default
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        return float(default) if math.isfinite(default) else None
    return None


def update() -> list[CounterpartRow]:
    """Write the rows of installed frameworks into the table, and return the whole table."""
    fresh = list(measured_rows())
    replaced = {(r.framework, r.version, r.backend) for r in fresh}
    kept = [r for r in counterparts_of() if (r.framework, r.version, r.backend) not in replaced]
    functions = [kind.name for kind in RECORDS] + [kind.name for kind in VECTOR_RECORDS]
    table = sorted(
        (r for r in [*kept, *fresh] if r.function in functions),
        key=lambda r: (
            functions.index(r.function), FRAMEWORKS.index(r.framework), r.version, r.backend,
            r.name, str(r.fixed),
        ),
    )  # fmt: skip
    lines = ",\n".join(json.dumps(asdict(r), ensure_ascii=False) for r in table)
    TABLE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return table


def main() -> None:
    """Update the table, and print the frameworks and the number of rows."""
    for package in FRAMEWORKS:
        try:
            print(package, version(package), f"on {backend(package)}")
        except (PackageNotFoundError, ImportError):
            print(package, "is not installed; its rows are kept")
    print(f"{len(update())} rows in {TABLE.name}")


if __name__ == "__main__":
    main()
