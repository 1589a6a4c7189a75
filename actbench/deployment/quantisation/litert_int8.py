"""LiteRT: full-integer int8 conversion of a Keras function with a representative data set."""

import warnings
from collections.abc import Callable
from typing import cast

import numpy as np

from actbench.activations import Activation
from actbench.activations.counterparts import calls_of
from actbench.deployment.quantisation.quantised import Quantised, calibration_inputs
from actbench.errors import RequestError

Arguments = dict[str, float | bool | str]


def call_of(activation: Activation) -> tuple[str, Arguments] | None:
    """Return the Keras function that computes an activation, or None.

    Example:
        >>> import actbench
        >>> call_of(actbench.get("elu", alpha=1.5))
        ('keras.activations.elu', {'alpha': 1.5})
    """
    for found in calls_of(activation):
        if found.row.framework == "keras" and not found.lacking:
            return found.row.name, cast(Arguments, found.arguments)
    return None


def quantise(
    name: str,
    arguments: Arguments,
    calibration: tuple[float, float],
    report: Callable[[object], None],
) -> Quantised:
    """Convert a Keras function by the standard recipe, and run all 256 inputs.

    Raises:
        RequestError: the converter refuses the function.
    """
    del report
    warnings.simplefilter("ignore")
    import keras
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    function = getattr(keras.activations, name.rpartition(".")[2])
    module = tf.Module()
    module.call = tf.function(
        lambda x: function(x, **arguments),
        input_signature=[tf.TensorSpec([1, 256], tf.float32)],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [module.call.get_concrete_function()], module
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: [[calibration_inputs(calibration)[None]]]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    try:
        model = converter.convert()
    except Exception as error:  # the converter raises many types
        line = (str(error).strip().splitlines() or [repr(error)])[0]
        raise RequestError(f"{name}: expected a conversion to int8, got {line[:200]}") from None
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(given["index"], np.arange(-128, 128, dtype=np.int8)[None])
    interpreter.invoke()
    return Quantised(
        *_grid(given),
        *_grid(result),
        interpreter.get_tensor(result["index"])[0].tolist(),
        _operators(interpreter),
    )


def _grid(details: dict[str, tuple[float, int]]) -> tuple[float, int]:
    scale, zero_point = details["quantization"]
    return float(scale), int(zero_point)


def _operators(interpreter: object) -> list[str]:
    # The interpreter has no public list of operators.
    details: list[dict[str, str]] = getattr(interpreter, "_get_ops_details", list)()
    return [each["op_name"] for each in details if each["op_name"] != "DELEGATE"]


def reproducer(
    name: str, arguments: Arguments, calibration: tuple[float, float], q: int
) -> str:
    """Return a program that converts the function and prints the result at one integer."""
    low, high = calibration
    settings = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return f"""\
import numpy as np, keras, tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
m = keras.Sequential([keras.Input([256]), keras.layers.Lambda(lambda x: {name}(x{settings}))])
c = tf.lite.TFLiteConverter.from_keras_model(m)
c.optimizations = [tf.lite.Optimize.DEFAULT]
d = np.linspace({low!r}, {high!r}, 256, dtype=np.float32)[None]
c.representative_dataset = lambda: [[d]]
c.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
c.inference_input_type = c.inference_output_type = tf.int8
r = Interpreter(model_content=c.convert()); r.allocate_tensors()
i, o = r.get_input_details()[0], r.get_output_details()[0]
r.set_tensor(i["index"], np.full([1, 256], {q}, np.int8)); r.invoke()
(s, z), (t, w) = i["quantization"], o["quantization"]
print(({q} - z) * s, (int(r.get_tensor(o["index"])[0, 0]) - w) * t)"""
