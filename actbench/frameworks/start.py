"""Start TensorFlow without the messages that its libraries print at the start."""

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from actbench.errors import RequestError

BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")
"""The backends of Keras; the environment variable KERAS_BACKEND names one of them."""

# TensorFlow needs 2.7 GB of address space; with less, it ends the process without a message.
_ADDRESS_SPACE = 3_000_000_000


def import_triton() -> None:
    """Import triton, the compiler of PyTorch, if it is installed and TensorFlow is not loaded.

    triton and TensorFlow contain a copy of LLVM each. If triton is imported second, it ends the
    process ("inconsistency in registered CommandLine options"); TensorFlow as the second works.
    """
    if "tensorflow" not in sys.modules and find_spec("triton") is not None:
        import_module("triton")


@cache
def start_tensorflow() -> None:
    """Import TensorFlow and Keras, list devices and check XLA; print messages if XLA fails.

    Further calls do nothing.

    Raises:
        RequestError: an environment variable or a limit of this process prevents it.
        ModuleNotFoundError: a package is not installed.
    """
    _check_environment()
    import_triton()
    # Errors are printed after the start too, but not warnings, such as those about operations
    # for which the graph optimizer has no cost estimate.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with native_messages_hidden() as print_messages:
        try:
            import keras  # noqa: F401 - imported for its side effects
            import tensorflow as tf

            tf.config.list_logical_devices()
            from actbench.frameworks.xla import has_xla

            if not has_xla():
                print_messages()
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and error.name in ("keras", "tensorflow"):
                raise
            reason = (str(error).strip().splitlines() or [""])[0]
            raise RequestError(
                "TensorFlow: expected tensorflow and keras that can be imported, got "
                f"{type(error).__name__}: {reason}"
            ) from error


def start_quietly() -> None:
    """Start TensorFlow without its warnings about repeated tracing, one for each target."""
    silence_tensorflow()
    start_tensorflow()


def silence_tensorflow() -> None:
    """Keep TensorFlow from logging warnings, without starting it."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def _check_environment() -> None:
    """Raise an error for settings with which an import fails without a clear message."""
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in BACKENDS:
        raise RequestError(
            f"KERAS_BACKEND: expected one of {', '.join(BACKENDS)}, got {backend!r}"
        )
    try:
        import resource
    except ImportError:  # on Windows
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _ADDRESS_SPACE:
        raise RequestError(
            f"memory limit: expected at least {_ADDRESS_SPACE / 1e9:g} GB of address space for "
            f"TensorFlow, got {limit / 1e9:.2g} GB; try ulimit -v unlimited"
        )


@contextmanager
def native_messages_hidden() -> Iterator[Callable[[], None]]:
    """Redirect file descriptor 2 to a file in this context.

    The libraries write to it natively, before Python can configure their logging.

    Yields:
        A function that prints the messages until then.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with _message_file() as messages:

        def print_messages() -> None:
            messages.seek(0)
            os.write(stderr, messages.read())

        os.dup2(messages.fileno(), 2)
        try:
            yield print_messages
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _message_file() -> IO[bytes]:
    """Return a temporary file, or the null device where there is no folder for one."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("r+b")
