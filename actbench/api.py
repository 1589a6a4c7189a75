"""`actbench.audit`: compare a function with its formula from Python, as the command does."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from actbench.activations.record import Activation
from actbench.conformance.audit import audit as audit_target
from actbench.conformance.findings import STRICT, Audit, Tolerance
from actbench.conformance.inputs import Interval
from actbench.conformance.scope import Scope
from actbench.conformance.targets.parser import (
    expected_activation,
    parse_targets,
    user_object_target,
)
from actbench.conformance.targets.target import Target, actbench_targets
from actbench.conformance.tolerance_classes import CLASSES
from actbench.conformance.tolerance_classes import tolerance as tolerance_of_class
from actbench.conformance.ulp import format_of
from actbench.deployment.targets import DeploymentTargets
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES, LIBRARIES
from actbench.frameworks.start import start_tensorflow

ToleranceLike: TypeAlias = Tolerance | float | str
"""Errors that are allowed: in ULP, or the name of a tolerance class."""

_SMALLEST_ULP = 0.5


def audit(
    function: str | Activation | Callable[..., Any],
    expected: str | Activation | None = None,
    *,
    formula: str | None = None,
    library: str | None = None,
    dtypes: Sequence[str] | None = None,
    range: Interval | None = None,  # noqa: A002 - the usual name of an interval
    tolerance: ToleranceLike = STRICT,
    rtol: float | None = None,
    derivatives: int = 2,
    device: str = "cpu",
    **arguments: object,
) -> Audit:
    """Compare a function with its formula; it runs in this process.

    Args:
        function: a callable of one array or tensor (a function, lambda, partial function, layer
            of Keras or module of PyTorch, or a class of these), an activation, or a target of
            `actbench audit` such as "torch:gelu", "onnx:Gelu" or "package.module:function".
        expected: the activation that it should compute, such as "gelu" or "elu alpha=2".
            Functions of frameworks by name and activations have one of their own.
        formula: in place of `expected`, the formula that it should compute, such as
            "x * sigmoid(b * x)".
        library: the library that runs the function: numpy, tensorflow, torch or jax; by
            default the first one whose tensors the function takes.
        dtypes: formats to judge, by name; by default all that the function has.
        range: the smallest and the largest input; by default all numbers are inputs.
        tolerance: allowed error in ULP of values (derivatives: 4 and 16 times as much), a
            `Tolerance`, or the name of a tolerance class: "exact", "tight" or "typical".
        rtol: in place of `tolerance`, an allowed relative error.
        derivatives: the highest derivative that is judged: 0, 1 or 2.
        device: device of the library.
        arguments: further arguments of the function, such as b=2. They are parameters of the
            expected activation too if it has these parameters.

    Returns:
        The audit: `conforms`, `findings`, `worst`, `severity` and `to_dict()`.

    Raises:
        RequestError: the request is wrong, or the function takes no tensors of the library.

    Example:
        >>> import numpy as np
        >>> found = audit(lambda x: np.maximum(x, 0), "relu", dtypes=["float32"], derivatives=0)
        >>> found.conforms
        True
        >>> found = audit(np.abs, "relu", dtypes=["float32"], derivatives=0)
        >>> found.severity.value, found.worst.example.x, found.worst.example.got
        ('wrong in the ordinary range', '-1.0', '1.0')
    """
    target = _target(function, expected, formula, library, device, arguments)
    if target.library.name == "tensorflow" or "tensorflow" in sys.modules:
        start_tensorflow()
    formats = _formats(dtypes, target)
    given = _tolerances(tolerance, rtol, target.expected, formats, derivatives)
    scope = Scope(
        dtypes=formats,
        orders=_orders(derivatives),
        interval=_interval(range),
        tolerances=given,
    )
    usual = target.usual_format if target.usual_format in formats else formats[0]
    return audit_target(target, given[usual], scope=scope)


def _target(
    function: str | Activation | Callable[..., Any],
    expected: str | Activation | None,
    formula: str | None,
    library: str | None,
    device: str,
    arguments: Mapping[str, object],
) -> Target:
    if library is not None and library not in LIBRARIES:
        raise RequestError(f"library: expected {', '.join(LIBRARIES)}, got {library!r}")
    if expected is not None and formula is not None:
        raise RequestError("expected and formula: expected one of them, got both")
    wanted = f"formula:{formula}" if formula is not None else expected
    if isinstance(function, str):
        words = [function, *(f"{key}={value}" for key, value in arguments.items())]
        found = parse_targets(
            words, expected=wanted, device=device, library=library, source=DeploymentTargets()
        )
    elif isinstance(function, Activation):
        compared = None if wanted is None else expected_activation(wanted)
        name = function.name
        found = [*actbench_targets(function, name, device, expected=compared)]
    elif callable(function):
        found = [
            user_object_target(
                function, wanted, dict(arguments), device=device, library=library
            )
        ]
    else:
        raise RequestError(
            f"function: expected a callable or the name of one, got {type(function).__name__}"
        )
    return _chosen(found, library)


def _chosen(found: Sequence[Target | RequestError], library: str | None) -> Target:
    """Return the target of a library; an activation of actbench is on NumPy by default."""
    for each in found:
        if isinstance(each, RequestError):
            raise each
        if library in (None, each.library.name):
            return each
    raise RequestError(f"library: expected one that computes this function, got {library!r}")


def _formats(dtypes: Sequence[str] | None, target: Target) -> tuple[str, ...]:
    if dtypes is None:
        return target.formats
    given = (dtypes,) if isinstance(dtypes, str) else tuple(dtypes)
    names = tuple(each if isinstance(each, str) else _dtype_name(each) for each in given)
    unknown = [name for name in names if name not in DTYPES]
    if unknown or not names:
        got = ", ".join(unknown) or "none"
        raise RequestError(f"dtypes: expected some of {', '.join(DTYPES)}, got {got}")
    return names


def _dtype_name(dtype: Any) -> str:
    """Return the name of a dtype object of NumPy, TensorFlow, PyTorch or JAX."""
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype)
    return str(name).removeprefix("torch.")


def _orders(derivatives: int) -> tuple[int, ...]:
    if derivatives not in (0, 1, 2):
        raise RequestError(f"derivatives: expected 0, 1 or 2, got {derivatives!r}")
    return tuple(order for order in (0, 1, 2) if order <= derivatives)


def _interval(given: Interval | None) -> Interval | None:
    if given is None:
        return None
    try:
        low, high = (float(end) for end in given)
    except (TypeError, ValueError):
        raise RequestError(f"range: expected two numbers, got {given!r}") from None
    if not low <= high:
        raise RequestError(f"range: expected (smallest, largest), got ({low:g}, {high:g})")
    return low, high


def _tolerances(
    given: ToleranceLike,
    rtol: float | None,
    activation: Activation,
    dtypes: Sequence[str],
    derivatives: int,
) -> dict[str, Tolerance]:
    """Return the tolerance of each format."""
    if rtol is not None:
        if not 0 < rtol < 1:
            raise RequestError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
        # A relative error of one epsilon is up to 2 ULP, so no result within rtol fails.
        ulps = {dtype: 2 * rtol * 2.0 ** format_of(DTYPES[dtype]).digits for dtype in dtypes}
        return {dtype: Tolerance(*[max(_SMALLEST_ULP, ulp)] * 3) for dtype, ulp in ulps.items()}
    if isinstance(given, Tolerance):
        return dict.fromkeys(dtypes, given)
    if isinstance(given, str):
        return {dtype: _of_class(given, activation, dtype, derivatives) for dtype in dtypes}
    if not _SMALLEST_ULP <= given < float("inf"):
        raise RequestError(
            f"tolerance: expected {', '.join(CLASSES)} or at least 0.5 ULP, got {given!r}"
        )
    scale = given / STRICT.value
    return dict.fromkeys(dtypes, Tolerance(*(scale * each for each in STRICT)))


def _of_class(name: str, activation: Activation, dtype: str, derivatives: int) -> Tolerance:
    found = [
        tolerance_of_class(activation, dtype, name, order=order)  # type: ignore[arg-type]
        for order in _orders(derivatives)
    ]
    return Tolerance(*found, *STRICT[len(found) :])
