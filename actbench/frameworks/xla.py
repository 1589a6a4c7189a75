"""Check once whether XLA can compile on this machine."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import tensorflow as tf

# With 512-bit vectors, where the processor has them, kernels take two thirds of the time.
# XLA ends the process at a flag that it does not know, so the flag is set only for versions
# of TensorFlow that are known to have it.
_WIDE_VECTORS = "--xla_cpu_prefer_vector_width=512"
_VERSIONS_WITH_WIDE_VECTORS = ("2.21",)


@cache
def has_xla() -> bool:
    """Return whether XLA compiles functions here; log one warning if it does not."""
    try:
        # The initial scope runs the function now, even while another graph is being traced.
        with wide_vectors(), tf.init_scope():
            tf.function(lambda x: tf.exp(x) + 1, jit_compile=True)(tf.zeros(64))
    except (tf.errors.OpError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        logging.getLogger(__name__).warning(
            "XLA is not available, so activations are not fused: %s", reason
        )
        return False
    return True


@contextmanager
def wide_vectors() -> Iterator[None]:
    """Set the XLA flag for 512-bit vectors, and restore `XLA_FLAGS` at the end.

    XLA reads its flags once, when it compiles its first function. A vector width that the
    user has set is kept. The flags are restored because JAX reads the same variable later.
    """
    given = os.environ.get("XLA_FLAGS")
    known = tf.__version__.startswith(_VERSIONS_WITH_WIDE_VECTORS)
    if not known or "prefer_vector_width" in (given or ""):
        yield
        return
    os.environ["XLA_FLAGS"] = f"{given or ''} {_WIDE_VECTORS}".strip()
    try:
        yield
    finally:
        if given is None:
            del os.environ["XLA_FLAGS"]
        else:
            os.environ["XLA_FLAGS"] = given
