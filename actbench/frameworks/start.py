"""Start TensorFlow without the messages that its libraries print at the start."""

import os
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec


def import_triton() -> None:
    """Import triton, the compiler of PyTorch, if it is installed and TensorFlow is not loaded.

    triton and TensorFlow contain a copy of LLVM each. If triton is imported second, it ends the
    process ("inconsistency in registered CommandLine options"); TensorFlow as the second works.
    """
    if "tensorflow" not in sys.modules and find_spec("triton") is not None:
        import_module("triton")


def start_tensorflow() -> None:
    """Import TensorFlow and Keras, list devices and check XLA; print messages if this fails.

    The libraries write to file descriptor 2 before Python can configure their logging, so the
    descriptor itself is redirected to a temporary file during the start.
    """
    if "tensorflow" in sys.modules:
        return
    import_triton()
    # Errors are printed after the start too, but not warnings, such as those about operations
    # for which the graph optimizer has no cost estimate.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            import keras  # noqa: F401 - imported for its side effects
            import tensorflow as tf

            tf.config.list_logical_devices()
            from actbench.frameworks.xla import has_xla

            if not has_xla():
                messages.seek(0)
                os.write(stderr, messages.read())
        except BaseException:
            messages.seek(0)
            os.write(stderr, messages.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
