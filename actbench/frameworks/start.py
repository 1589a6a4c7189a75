"""Start TensorFlow without the lines its libraries write before logging can be set up."""

import os
import sys
import tempfile


def start_tensorflow() -> None:
    """Import TensorFlow and Keras, look for devices and XLA; chatter is shown if that fails.

    It is written to the file descriptor, so the descriptor is what is turned aside.
    """
    if "tensorflow" in sys.modules:
        return
    # Its errors are shown later as well, not what its optimizer could not reckon.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            import keras  # noqa: F401 - imported for its effect
            import tensorflow as tf

            tf.config.list_logical_devices()
            from actbench.frameworks.tensorflow import has_xla

            if not has_xla():
                chatter.seek(0)
                os.write(kept, chatter.read())
        except BaseException:
            chatter.seek(0)
            os.write(kept, chatter.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
