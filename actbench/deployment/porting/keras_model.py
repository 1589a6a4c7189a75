"""Load, execute and convert a Keras model, in the process of TensorFlow."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import actbench.keras  # noqa: F401 - it registers the layers of actbench
from actbench.deployment.porting.data import load_data
from actbench.deployment.porting.keras_places import (
    KerasPlace,
    keras_places,
    recorded_inputs,
    use_keras_functions,
)
from actbench.deployment.porting.places import IMAGES_FOR_ACTIVATIONS, Examination
from actbench.errors import RequestError

Floats = npt.NDArray[np.float32]
Report = Callable[[object], None]

_BATCH = 500


def examine(path: Path, data: Path | None, folder: Path, report: Report) -> Examination:
    """Execute the original model, and write the arrays that `Examination` names.

    Args:
        path: the .keras file; it is loaded in Keras's safe mode.
        data: the .npz file of the data; None for MNIST.
        folder: the working folder.
        report: called after each step.

    Raises:
        RequestError: the model cannot be loaded, does not have one input and one output, or
            the data do not fit it.
    """
    model = _load(path)
    inputs, labels, calibration, origin = load_data(data, tuple(model.input_shape[1:]))
    np.save(folder / "x.npy", inputs)
    np.save(folder / "calibration.npy", calibration)
    if labels is not None:
        np.save(folder / "y.npy", labels)
    report("data")
    batches = (inputs[start : start + _BATCH] for start in range(0, len(inputs), _BATCH))
    np.save(
        folder / "outputs.npy", np.concatenate([_run(model, each, report) for each in batches])
    )
    found = keras_places(model)
    kept = recorded_inputs(model, found, inputs[:IMAGES_FOR_ACTIVATIONS])
    report("activations")
    calibrating = recorded_inputs(model, found, calibration)
    executed = [number for number, values in enumerate(kept) if values is not None]
    places = []
    for number, at in enumerate(executed):
        values, ranges = kept[at], calibrating[at]
        if values is not None and ranges is not None:
            np.save(folder / f"inputs_{number}.npy", values)
            np.save(folder / f"calibration_{number}.npy", ranges)
            places.append(found[at].describe(values.shape[1:]))
    packages = ("keras", "tensorflow")
    return Examination(tuple(places), origin, packages, "Keras on TensorFlow")


def convert(
    path: Path, form: str, number: int | None, inputs: Path, target: Path, report: Report
) -> Path:
    """Convert the model, or one of its activations alone, with the official converter.

    Args:
        path: the .keras file.
        form: the kind of converted file.
        number: number of the activation among the executed ones; None for the model.
        inputs: an .npy file of inputs that calibrate int8.
        target: path of the converted file, without suffix.
        report: not used.

    Returns:
        The path of the converted file or folder.

    Raises:
        RequestError: the model does not convert, or the converter writes an invalid file.
    """
    del report
    model = _convertible(path)
    if number is not None:
        model = _alone(keras_places(model)[number], np.load(inputs, mmap_mode="r").shape[1:])
    try:
        return _CONVERTERS[form](model, inputs, target)
    except (RequestError, MemoryError):
        raise
    except Exception as error:  # converters raise errors of many classes
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise RequestError(
            f"conversion to {form}: expected a model that the converter accepts, got an error: "
            f"{reason}"
        ) from None


def _load(path: Path) -> keras.Model:
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a file may contain anything
        reason = " ".join(str(error).split())[:300]
        raise RequestError(
            f"{path}: expected layers of Keras and actbench that load in safe mode, "
            f"got an error: {reason}"
        ) from None
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or not isinstance(model.output_shape, tuple):
        raise RequestError(
            f"{path}: expected a built model with one input and one output, got another model"
        )
    return model


@cache
def _convertible(path: Path) -> keras.Model:
    """Return the model with functions of Keras in place of records of actbench."""
    model = _load(path)
    use_keras_functions(keras_places(model))
    # Keras exports only models that were called.
    model(np.zeros((1, *(length or 1 for length in model.input_shape[1:])), np.float32))
    return model


def _run(model: keras.Model, images: Floats, report: Report) -> Floats:
    report("batch")
    return np.asarray(model(images, training=False), np.float32)


def _alone(place: KerasPlace, shape: tuple[int, ...]) -> keras.Model:
    """Return a model that is one activation."""
    source = keras.Input(shape)
    layer = place.layer if place.attribute is None else keras.layers.Activation(place.function)
    model = keras.Model(source, layer(source))
    model(np.zeros((1, *shape), np.float32))
    return model


def _to_onnx(model: keras.Model, inputs: Path, target: Path) -> Path:
    import onnx

    del inputs
    file = target.with_suffix(".onnx")
    model.export(file, format="onnx", verbose=False)
    try:
        onnx.checker.check_model(onnx.load(file), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RequestError(
            f"conversion to onnx: expected a valid file, got an invalid one from Keras "
            f"{keras.__version__} (Model.export): {reason}"
        ) from None
    return file


def _to_saved_model(model: keras.Model, inputs: Path, target: Path) -> Path:
    """Return the folder that `openvino.convert_model` reads."""
    del inputs
    folder = target.with_suffix(".saved_model")
    model.export(folder, format="tf_saved_model", verbose=False)
    return folder


def _to_litert(model: keras.Model, inputs: Path, target: Path) -> Path:
    del inputs
    file = target.with_suffix(".tflite")
    file.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    return file


def _to_litert_int8(model: keras.Model, inputs: Path, target: Path) -> Path:
    """Convert by the recipe of LiteRT's guide for integers only, input and output included."""
    samples = np.load(inputs, mmap_mode="r")

    def representative() -> Iterator[list[Floats]]:
        for each in samples:
            yield [each[np.newaxis].astype(np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    file = target.with_suffix(".tflite")
    file.write_bytes(converter.convert())
    return file


_CONVERTERS: dict[str, Callable[[keras.Model, Path, Path], Path]] = {
    "onnx": _to_onnx,
    "openvino": _to_saved_model,
    "litert": _to_litert,
    "litert-int8": _to_litert_int8,
}
