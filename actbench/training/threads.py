"""The number of threads that TensorFlow computes with."""

import os

import tensorflow as tf

from actbench.provenance import cores


def threads_per_worker() -> int:
    """Return the number of threads of this process that compute one operation.

    Sums depend on it: with another number of threads, float32 numbers are added in another
    order, and the losses of training differ by up to about 1e-4.
    """
    configured: int = tf.config.threading.get_intra_op_parallelism_threads()
    if configured > 0:
        return configured
    # TensorFlow reads this variable and ignores other texts.
    text = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    in_environment = int(text) if text.isdecimal() else 0
    return in_environment or cores()
