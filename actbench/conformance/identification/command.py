"""Requests to identify a function: in this process, or in a process of its own."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from actbench.activations.catalogue import get
from actbench.conformance.identification.identify import (
    Identification,
    Progress,
    identify_target,
)
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.source import TargetSource
from actbench.conformance.targets.target import NotInstalledError, Target, user_target
from actbench.errors import RequestError
from actbench.frameworks.start import (
    native_messages_hidden,
    silence_tensorflow,
    start_tensorflow,
)
from actbench.processes.isolated import IsolatedProcess

PATIENCE = 600.0
"""Seconds without progress after which the process of a function is killed."""

_LONGEST_PATIENCE = 1e9

# A target needs an expected activation. Identification does not use it.
_UNUSED = "linear"


def identify(
    function: str | Callable[[Any], Any], *, source: TargetSource | None = None
) -> Identification:
    """Return the record and the parameters that a function computes, or the nearest records.

    Every record is fitted to the function, and judged at finite numbers of all sizes: a match
    differs by no more than the rounding of a formula, in float64, in float32, or in both.

    Args:
        function: an elementwise function of arrays or tensors, a layer or a module; or a
            target as `actbench audit` takes it, such as "torch:gelu". It runs in this process.
        source: further targets, such as those of runtimes.

    Raises:
        RequestError: the function is random, not elementwise, or cannot be called.

    Example:
        >>> import numpy as np
        >>> found = identify(lambda x: np.where(x > 0, x, 0.3 * x))
        >>> str(found.matches[0]), found.matches[0].agreements[0].largest.size
        ('leaky_relu(negative_slope=0.3)', 0.0)
    """
    if isinstance(function, str):
        return identify_words((function,), source)
    if not callable(function):
        raise RequestError(f"function: expected a callable or a name, got {function!r}")
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return identify_target(user_target(name, function, get(_UNUSED)))


def identify_words(
    words: Sequence[str], source: TargetSource | None, report: Progress = lambda _: None
) -> Identification:
    """Identify the target that words name.

    Args:
        words: a target and its PARAMETER=VALUE words.
        source: further targets.
        report: called with the name of each record that is tried.

    Raises:
        RequestError: the words are wrong, or the function cannot be identified.
        NotInstalledError: the framework of the target is not installed.
    """
    with native_messages_hidden():
        found = parse_targets(words, expected=_UNUSED, source=source, libraries=("numpy",))
        if "tensorflow" in sys.modules:
            start_tensorflow()
    if len(found) != 1:
        raise RequestError(f"identify: expected one TARGET, got {len(found)}")
    if isinstance(found[0], NotInstalledError):
        raise found[0]
    return identify_target(found[0], report) if isinstance(found[0], Target) else found[0]


def identify_isolated(
    words: Sequence[str], source: TargetSource | None = None, *, timeout: float = PATIENCE
) -> Identification:
    """Identify the target that words name, in a process of its own.

    Args:
        words: a target and its PARAMETER=VALUE words.
        source: further targets.
        timeout: seconds without progress after which the process is killed.

    Raises:
        RequestError: the words are wrong, or the function cannot be identified.
        NotInstalledError: the framework of the target is not installed.
        CallFailedError: the function ended its process, or made no progress.
    """
    if not 0 < timeout <= _LONGEST_PATIENCE:
        raise RequestError(
            f"--timeout: expected a number of seconds above 0, at most {_LONGEST_PATIENCE:g}, "
            f"got {timeout:g}"
        )
    with IsolatedProcess(silence_tensorflow, calls=1) as process:
        return process.call(
            identify_words, tuple(words), source, patience=timeout, on_report=lambda _: None
        )
