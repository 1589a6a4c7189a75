"""The functions of installed frameworks: found by name, evaluated, differentiated.

`python -m actbench.frameworks.counterparts` writes what it finds into the table: it replaces
the rows of the frameworks that are installed and leaves the others. Keras is asked on the
backend it runs on (`KERAS_BACKEND`).
"""

import inspect
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import numpy as np

from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS, Row, counterparts_of
from actbench.activations.properties import breakpoints
from actbench.activations.record import Activation, Counterpart
from actbench.activations.vector import VECTOR_RECORDS, VectorActivation
from actbench.frameworks.libraries import LIBRARIES, installed

PACKAGES = {"tf": "tensorflow", "keras": "keras", "torch": "torch", "jax": "jax"}
"""The first part of a function's name ↦ the package that has it."""

TABLE = Path(__file__).parents[1] / "activations" / "counterparts.json"

_FARTHEST = 100.0
_GRID = np.linspace(-8, 8, 1601, dtype=np.float32)
_VECTORS = np.random.default_rng(0).normal(0, 3, (50, 8)).astype(np.float32)


def backend(package: str) -> str:
    """Return the package that computes and differentiates for a package."""
    if package == "keras":
        return str(import_module("keras").backend.backend())
    return package


def find(name: str) -> Any:
    """Return the function or layer class of that name, such as "keras.activations.elu".

    Raises:
        LookupError: its framework is not installed, or has no such name.
    """
    first, *path = name.split(".")
    if not installed(PACKAGES[first]):
        raise LookupError(f"{PACKAGES[first]} is not installed")
    found: Any = import_module(PACKAGES[first])
    for depth, part in enumerate(path, start=1):
        if not hasattr(found, part):
            try:
                import_module(".".join([PACKAGES[first], *path[:depth]]))
            except ImportError:
                raise LookupError(f"{PACKAGES[first]} has no {name}") from None
        found = getattr(found, part)
    return found


def apply(
    name: str, arguments: dict[str, Any], dtype: str = "float32", device: str = "cpu"
) -> Callable[[Any], Any]:
    """Return a framework's function of one tensor, with these arguments.

    A layer is made for tensors of the dtype on the device: its weights are there too.
    """
    found: Any = find(name)
    if not inspect.isclass(found):
        return lambda x: found(x, **arguments)
    if name.startswith("keras."):
        arguments = arguments | {"dtype": dtype}
    made: Any = found(**arguments)
    if name.startswith("torch."):
        made = made.to(device=device, dtype=getattr(import_module("torch"), dtype))
    return cast(Callable[[Any], Any], made)


def evaluate(function: Callable[[Any], Any], x: Any, library: str) -> tuple[Any, Any]:
    """Return value and derivative of a framework's function at an array.

    Args:
        function: of one tensor of the library.
        x: a NumPy array of floats; results have its dtype.
        library: what differentiates: tensorflow, torch or jax.
    """
    computing = LIBRARIES[library]()
    tensor = computing.tensor(x)
    value, slope = (computing.derivative(function, order)(tensor) for order in (0, 1))
    return computing.array(value), computing.array(slope)


def rows() -> Iterator[Row]:
    """Look at every function of the records' `elsewhere` whose framework is installed."""
    for kind in RECORDS:
        yield from (row(kind, there) for there in kind.counterparts if _is_installed(there))
    for vectors in VECTOR_RECORDS:
        yield from (
            vector(vectors, there) for there in vectors.counterparts if _is_installed(there)
        )


def _is_installed(there: Counterpart) -> bool:
    return installed(PACKAGES[there.name.partition(".")[0]])


def row(kind: type[Activation], there: Counterpart) -> Row:
    """Look at one function: its defaults, its values, its derivatives at our kinks.

    Raises:
        LookupError: the framework has no such function, or it lacks a parameter.
    """
    package = PACKAGES[there.name.partition(".")[0]]
    library = backend(package)
    defaults = {ours: default(there.name, theirs) for ours, theirs in there.parameters.items()}
    known = {name: value for name, value in defaults.items() if value is not None}
    ours = kind(**known, **there.begins)
    arguments = {theirs: ours.parameters[name] for name, theirs in there.parameters.items()}
    function = apply(there.name, arguments | dict(there.fixed))
    value, _ = evaluate(function, _GRID, library)
    agrees = bool(np.allclose(value, ours(_GRID), rtol=1e-4, atol=1e-5))
    points = np.array([x for x in breakpoints(ours) if abs(x) <= _FARTHEST], np.float32)
    slopes = evaluate(function, points, library)[1] if points.size else points
    kinks = [[float(x), round(float(d), 6)] for x, d in zip(points, slopes, strict=True)]
    return Row(
        function=kind.name,
        framework=package,
        version=version(package),
        backend=f"{library} {version(library)}",
        name=there.name,
        parameters=dict(there.parameters),
        defaults=defaults,
        fixed=dict(there.fixed),
        formula=ours.formula or "",
        kinks=kinks,
        wrong=[x for x, slope in kinks if agrees and not _allowed(ours, x, slope)],
        agrees=agrees,
        note=there.note,
    )


def _allowed(activation: Activation, x: float, slope: float) -> bool:
    """Return whether a derivative at x is ours, or at a kink one that could be chosen."""
    ours = float(activation.derivative(x))
    low, high = next((k.interval for k in activation.kinks if k.x == x), (ours, ours))
    return low - 1e-4 <= slope <= high + 1e-4


def vector(kind: type[VectorActivation], there: Counterpart) -> Row:
    """Look at one function of vectors: its values along the last axis.

    Raises:
        LookupError: the framework has no such function.
    """
    package = PACKAGES[there.name.partition(".")[0]]
    library = backend(package)
    value, _ = evaluate(apply(there.name, dict(there.fixed)), _VECTORS, library)
    return Row(
        function=kind.name,
        framework=package,
        version=version(package),
        backend=f"{library} {version(library)}",
        name=there.name,
        fixed=dict(there.fixed),
        agrees=bool(np.allclose(value, kind()(_VECTORS), rtol=1e-4, atol=1e-5)),
        note=there.note,
    )


@cache
def default(name: str, parameter: str) -> float | None:
    """Return the default of a framework's parameter; None if it is no finite number.

    Raises:
        LookupError: there is no such parameter.
    """
    try:
        signature = inspect.signature(find(name))
    except ValueError:  # built in, without a signature
        return None
    if parameter not in signature.parameters:
        raise LookupError(f"{name} has no parameter {parameter!r}")
    default = signature.parameters[parameter].default
    if isinstance(default, (int, float)) and not isinstance(default, bool):
        return float(default) if math.isfinite(default) else None
    return None


def update() -> list[Row]:
    """Write the rows of what is installed into the table, and return the whole table."""
    fresh = list(rows())
    seen = {(r.framework, r.version, r.backend) for r in fresh}
    kept = [r for r in counterparts_of() if (r.framework, r.version, r.backend) not in seen]
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
    """Update the table and say what was looked at."""
    for package in FRAMEWORKS:
        try:
            print(package, version(package), f"on {backend(package)}")
        except (PackageNotFoundError, ImportError):
            print(package, "is not installed; its rows stay as they are")
    print(f"{len(update())} rows in {TABLE.name}")


if __name__ == "__main__":
    main()
