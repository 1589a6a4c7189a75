"""Assertions that a function computes an activation; they raise `AssertionError`."""

from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

from actbench.api import audit
from actbench.conformance.findings import SKIPPED, Audit, Finding
from actbench.conformance.text_report import conclusion, failure_lines
from actbench.errors import RequestError
from actbench.testing.expected import failures_expected_now

_Arguments = ParamSpec("_Arguments")

# Failures that a message describes; the others are counted.
_DESCRIBED = 3


def _takes_arguments_of(
    _: Callable[_Arguments, Audit],
) -> Callable[[Callable[..., None]], Callable[_Arguments, None]]:
    """Give an assertion the arguments of a function, for type checkers."""
    return lambda assertion: assertion


@_takes_arguments_of(audit)
def assert_conforms(*arguments: Any, **options: Any) -> None:
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
    found = audit(*arguments, **options)
    _check(found, found.failures)


@_takes_arguments_of(audit)
def assert_gradient(*arguments: Any, **options: Any) -> None:
    """Assert that the gradient of a function is the derivative of an activation.

    The gradient is that of the library's automatic differentiation, or the attribute
    `derivative` of a NumPy function. Errors of the values do not count. All arguments are
    those of `actbench.audit`; with derivatives=2, the second derivative is compared too.

    Raises:
        AssertionError: it is not, or the function has no gradient.
        RequestError: the request is wrong.

    Example:
        >>> import actbench
        >>> assert_gradient(actbench.get("mish"), dtypes=["float32"])
    """
    __tracebackhide__ = True
    options.setdefault("derivatives", 1)
    if options["derivatives"] == 0:
        raise RequestError("derivatives: expected 1 or 2 for a gradient, got 0")
    found = audit(*arguments, **options)
    missing = [
        f"{each.dtype}: {each.detail}"
        for each in found.findings
        if each.check == "derivative" and each.outcome == SKIPPED
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
