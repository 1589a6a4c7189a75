"""Run calls and expressions in their frameworks: values, and derivatives at given points."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from actbench.frameworks.libraries import (
    LIBRARIES,
    BrokenError,
    Function,
    NoGradientError,
    NotPossibleError,
    Tensor,
    installed,
)
from actbench.frameworks.start import silence_tensorflow, start_quietly

GRID = np.linspace(-8, 8, 1601)
"""The inputs at which values are compared."""

PACKAGES: Mapping[str, str] = {
    "keras": "keras",
    "tf": "tensorflow",
    "torch": "torch",
    "jax": "jax",
    "mlx": "mlx",
    "onnx": "onnx",
}
"""Framework ↦ the package that computes its functions."""


class Code(NamedTuple):
    """Source code to run.

    Args:
        framework: one of `PACKAGES`.
        text: a layer, or an expression of x.
        points: inputs at which derivatives are computed.
    """

    framework: str
    text: str
    points: tuple[float, ...] = ()


class Run(NamedTuple):
    """The results of source code.

    Args:
        values: dtype ↦ the values on `GRID`, for the dtypes that the code takes.
        slopes: the derivatives at the points in float32; None without a gradient.
    """

    values: Mapping[str, npt.NDArray[np.float64]]
    slopes: tuple[float, ...] | None


def can_run(framework: str) -> bool:
    """Return whether the package of a framework is installed."""
    return framework in PACKAGES and installed(PACKAGES[framework])


def package_of(framework: str) -> str:
    """Return the package in whose process a framework runs: Keras in that of TensorFlow."""
    package = PACKAGES[framework]
    return "tensorflow" if package == "keras" and installed("tensorflow") else package


def load(package: str) -> None:
    """Import a package without the messages that TensorFlow prints at the start."""
    if package == "tensorflow":
        start_quietly()
    else:
        silence_tensorflow()
        import_module(package)


def run(codes: Sequence[Code], report: Callable[[object], None]) -> list[Run | str]:
    """Run source code of frameworks.

    Args:
        codes: the source code. It is evaluated, so it must come from this package.
        report: called after each.

    Returns:
        The results; a text if the framework cannot compute them.
    """
    results: list[Run | str] = []
    for code in codes:
        try:
            results.append(run_one(code))
        except (BrokenError, NotPossibleError) as error:
            results.append(str(error))
        report(code.text)
    return results


def run_one(code: Code) -> Run:
    """Run source code of a framework.

    Raises:
        BrokenError: the code raised an error.
        NotPossibleError: the framework has no such kernel.
    """
    return _run_onnx(code) if code.framework == "onnx" else _run(code)


def _run(code: Code) -> Run:
    package = PACKAGES[code.framework]
    library = LIBRARIES[
        str(import_module("keras").backend.backend()) if package == "keras" else package
    ]()
    values: dict[str, npt.NDArray[np.float64]] = {}
    for dtype in ("float32", "float16"):
        function = _function(code, dtype)
        with library.running(dtype):
            result = library.derivative(function, 0)(library.tensor(GRID.astype(dtype)))
            values[dtype] = library.array(result).astype(np.float64)
    slopes: tuple[float, ...] | None = ()
    if code.points:
        function, points = _function(code, "float32"), np.array(code.points, np.float32)
        slopes = None
        with suppress(NoGradientError), library.running("float32"):
            slope = library.derivative(function, 1)(library.tensor(points))
            slopes = tuple(map(float, library.array(slope)))
    return Run(values, slopes)


def _function(code: Code, dtype: str) -> Function:
    """Return the function that source code states."""
    package = PACKAGES[code.framework]
    names: dict[str, object] = {code.framework: import_module(package)}
    if package == "jax":
        import_module("jax.scipy.special")
    if package == "mlx":
        import_module("mlx.nn")
    if package == "torch":
        import_module("torch.nn.functional")
    text = code.text
    if _is_layer(text):
        layer = cast(Callable[..., Tensor], eval(text, names))  # noqa: S307 - own code
        if package == "torch":
            return cast(
                Function,
                cast(Tensor, layer).to(getattr(import_module("torch"), dtype)).eval(),
            )
        return lambda x: layer(x)
    return lambda x: eval(text, {**names, "x": x})  # noqa: S307 - own code


def _is_layer(text: str) -> bool:
    name = text.partition("(")[0].rpartition(".")[2]
    return name[:1].isupper()


def _run_onnx(code: Code) -> Run:
    """Run an expression with the reference evaluator of ONNX."""
    from onnx.reference import ReferenceEvaluator
    from onnx.shape_inference import InferenceError

    from actbench.deployment.translation.onnx_model import model_of

    values = {}
    for dtype in ("float32", "float16"):
        try:
            evaluator = ReferenceEvaluator(model_of(code.text, dtype))
        except InferenceError:  # Celu takes float32 only
            continue
        with np.errstate(all="ignore"):
            (result,) = evaluator.run(None, {"x": GRID.astype(dtype)})
        values[dtype] = np.asarray(result).astype(np.float64)
    return Run(values, None)


def largest_difference(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Return the largest difference of values on `GRID`, and its x; NaN counts as infinite."""
    with np.errstate(invalid="ignore"):
        errors = np.abs(first - second)
    errors = np.where(first == second, 0.0, np.where(np.isnan(errors), math.inf, errors))
    worst = int(np.argmax(errors))
    return float(errors[worst]), float(GRID[worst])
