"""Assertions that a function computes an activation; they raise `AssertionError`."""

from collections.abc import Callable, Sequence
from typing import Any

from actbench.activations.record import Activation
from actbench.api import ToleranceLike, audit
from actbench.conformance.findings import STRICT, Audit, Finding
from actbench.conformance.inputs import Interval
from actbench.conformance.text_report import conclusion, failure_lines
from actbench.testing.expected import failures_expected_now

# Failures that a message describes; the others are counted.
_DESCRIBED = 3


def assert_conforms(
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
) -> None:
    """Assert that a function computes an activation, with its derivatives.

    All arguments are those of `actbench.audit`.

    Raises:
        AssertionError: it does not. The message has the most serious failures, each with an
            input, the result and the true value.
        RequestError: the request is wrong.

    Example:
        >>> import numpy as np
        >>> assert_conforms(
        ...     lambda x: np.maximum(x, 0), "relu", dtypes=["float32"], derivatives=0
        ... )
    """
    __tracebackhide__ = True  # pytest shows the line of the test
    found = audit(
        function,
        expected,
        formula=formula,
        library=library,
        dtypes=dtypes,
        range=range,
        tolerance=tolerance,
        rtol=rtol,
        derivatives=derivatives,
        device=device,
        **arguments,
    )
    _check(found, found.failures)


def assert_gradient(
    function: str | Activation | Callable[..., Any],
    expected: str | Activation | None = None,
    *,
    formula: str | None = None,
    library: str | None = None,
    dtypes: Sequence[str] | None = None,
    range: Interval | None = None,  # noqa: A002 - the usual name of an interval
    tolerance: ToleranceLike = STRICT,
    rtol: float | None = None,
    device: str = "cpu",
    **arguments: object,
) -> None:
    """Assert that the gradient of a function is the derivative of an activation.

    The gradient is that of the library's automatic differentiation, or the attribute
    `derivative` of a NumPy function. Errors of the values do not count. All arguments are
    those of `actbench.audit`.

    Raises:
        AssertionError: it is not, or the function has no gradient.
        RequestError: the request is wrong.

    Example:
        >>> import actbench
        >>> assert_gradient(actbench.get("mish"), dtypes=["float32"])
    """
    __tracebackhide__ = True
    found = audit(
        function,
        expected,
        formula=formula,
        library=library,
        dtypes=dtypes,
        range=range,
        tolerance=tolerance,
        rtol=rtol,
        derivatives=1,
        device=device,
        **arguments,
    )
    missing = [
        f"{each.dtype}: {each.detail}"
        for each in found.findings
        if each.check == "derivative" and each.outcome == "skipped"
    ]
    if missing and not any(_is_of_gradient(each) for each in found.findings if each.checked):
        raise AssertionError(f"{found.target} has no gradient: {'; '.join(missing)}")
    _check(found, [each for each in found.failures if _is_of_gradient(each)])


def _is_of_gradient(finding: Finding) -> bool:
    return "derivative" in finding.check or finding.check == "kinks"


def _check(found: Audit, failures: Sequence[Finding]) -> None:
    """Raise an error for failures that are not expected."""
    __tracebackhide__ = True
    unexpected = failures_expected_now().without_expected(found, failures)
    if unexpected:
        raise AssertionError(_message(found.with_findings(unexpected)))


def _message(audit: Audit) -> str:
    shown = audit.with_findings(audit.failures[:_DESCRIBED])
    more = len(audit.failures) - len(shown.findings)
    title = (
        f"{audit.target} does not compute {audit.expected}, f(x) = {audit.formula}: "
        f"{conclusion(audit).removeprefix('DOES NOT CONFORM: ')}"
    )
    rest = [f"  and {more} more failures"] if more else []
    return "\n".join([title, *failure_lines(shown), *rest]).rstrip()
