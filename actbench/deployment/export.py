"""The exporters of frameworks: a function of Keras, PyTorch or JAX ↦ a model of a runtime."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from actbench.activations.user_code import first_line
from actbench.frameworks.libraries import Function, NotPossibleError
from actbench.frameworks.libraries.jax_library import Jax
from actbench.frameworks.start import native_messages_hidden

# Length of the example that an exporter traces; the exported model takes all lengths.
_EXAMPLE = 8


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """How a framework exports a function for a runtime.

    Args:
        framework: prefix of the framework, such as "torch".
        runtime: prefix of the runtime, such as "onnx".
        needs: packages that the exporter needs, as they are imported.
        model: the function of one tensor, and a dtype ↦ the model.
        program: lines of Python that make `model`, with {call} for the function of x,
            {layer} for a layer of Keras, and {dtype} for a dtype.
    """

    framework: str
    runtime: str
    needs: tuple[str, ...]
    model: Callable[[Function, str], Any]
    program: str

    def export(self, function: Function, dtype: str) -> Any:
        """Return the model.

        Raises:
            NotPossibleError: the exporter refuses the function; the message gives its reason.
        """
        try:
            with _messages_hidden():
                return self.model(function, dtype)
        except Exception as error:
            raise NotPossibleError(f"exporter of {self.framework}: {_reason(error)}") from None


@contextmanager
def _messages_hidden() -> Iterator[None]:
    """Hide the output of exporters: progress, and warnings about other formats."""
    with native_messages_hidden(), redirect_stdout(StringIO()):
        yield


def _reason(error: BaseException) -> str:
    """Return the message of the innermost cause, which names the operation."""
    while error.__cause__ is not None:
        error = error.__cause__
    return first_line(error)


def _torch_module(function: Function) -> Any:
    """Return a module of PyTorch in eval mode that calls a function or another module."""
    torch = import_module("torch")

    class Module(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.function = function

        def forward(self, x: Any) -> Any:
            return self.function(x)

    return Module().eval()


def _torch_example(dtype: str) -> tuple[Any, Any]:
    """Return an example, and its dynamic shape."""
    torch = import_module("torch")
    example = torch.zeros(_EXAMPLE, dtype=getattr(torch, dtype))
    return (example,), ({0: torch.export.Dim("n", min=1)},)


def _torch_to_onnx(function: Function, dtype: str) -> bytes:
    example, shapes = _torch_example(dtype)
    exported = import_module("torch").onnx.export(
        _torch_module(function), example, dynamo=True, dynamic_shapes=shapes, verbose=False
    )
    file: bytes = exported.model_proto.SerializeToString()
    return file


def _torch_to_openvino(function: Function, dtype: str) -> Any:
    example, shapes = _torch_example(dtype)
    program = import_module("torch").export.export(
        _torch_module(function), example, dynamic_shapes=shapes
    )
    return import_module("openvino").convert_model(program)


def _keras_model(function: Function, dtype: str) -> Any:
    """Return a model of Keras; its only dimension is the batch."""
    keras = import_module("keras")
    entry = keras.Input((), dtype=dtype)
    is_layer = isinstance(function, keras.Layer)
    layer = function if is_layer else keras.layers.Activation(function, dtype=dtype)
    return keras.Model(entry, layer(entry))


def _keras_to_litert(function: Function, dtype: str) -> bytes:
    converter = import_module("tensorflow").lite.TFLiteConverter
    file: bytes = converter.from_keras_model(_keras_model(function, dtype)).convert()
    return file


def _keras_to_openvino(function: Function, dtype: str) -> Any:
    return import_module("openvino").convert_model(_keras_model(function, dtype))


def _keras_to_onnx(function: Function, dtype: str) -> bytes:
    numpy = import_module("numpy")
    model = _keras_model(function, dtype)
    # Model.export refuses a model that was not called.
    model(numpy.zeros(_EXAMPLE, model.input.dtype))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        return path.read_bytes()


def _jax_to_iree(function: Function, dtype: str) -> str:
    """Return the text of a StableHLO module with a dynamic dimension."""
    export, jax = import_module("jax.export"), import_module("jax")
    with Jax().scope(dtype):
        example = jax.ShapeDtypeStruct(export.symbolic_shape("n"), dtype)
        text: str = export.export(jax.jit(function))(example).mlir_module()
        return text


_TORCH_PROGRAM = """\
import torch
class Module(torch.nn.Module):
    def forward(self, x): return {call}
"""
_KERAS_PROGRAM = """\
import keras
x = keras.Input((), dtype="{dtype}")
y = {layer}(x)
"""

EXPORTERS = (
    Exporter(
        framework="torch",
        runtime="onnx",
        needs=("torch", "onnx", "onnxscript", "onnxruntime"),
        model=_torch_to_onnx,
        program=_TORCH_PROGRAM
        + "example = (torch.zeros(64, dtype=torch.{dtype}),)\n"
        + "exported = torch.onnx.export(Module().eval(), example, dynamo=True)\n"
        + "model = exported.model_proto.SerializeToString()",
    ),
    Exporter(
        framework="torch",
        runtime="openvino",
        needs=("torch", "openvino"),
        model=_torch_to_openvino,
        program="import openvino\n"
        + _TORCH_PROGRAM
        + "example = (torch.zeros(64, dtype=torch.{dtype}),)\n"
        + "model = openvino.convert_model(torch.export.export(Module().eval(), example))",
    ),
    Exporter(
        framework="keras",
        runtime="onnx",
        needs=("keras", "tensorflow", "tf2onnx", "onnxruntime"),
        model=_keras_to_onnx,
        program=_KERAS_PROGRAM
        + "keras_model = keras.Model(x, y); keras_model(keras.ops.zeros(64))\n"
        + "keras_model.export('model.onnx', format='onnx'); "
        + "model = open('model.onnx', 'rb').read()",
    ),
    Exporter(
        framework="keras",
        runtime="openvino",
        needs=("keras", "tensorflow", "openvino"),
        model=_keras_to_openvino,
        program="import openvino\n"
        + _KERAS_PROGRAM
        + "model = openvino.convert_model(keras.Model(x, y))",
    ),
    Exporter(
        framework="keras",
        runtime="litert",
        needs=("keras", "tensorflow", "ai_edge_litert"),
        model=_keras_to_litert,
        program="import tensorflow as tf\n"
        + _KERAS_PROGRAM
        + "model = tf.lite.TFLiteConverter.from_keras_model(keras.Model(x, y)).convert()",
    ),
    Exporter(
        framework="jax",
        runtime="iree",
        needs=("jax", "iree"),
        model=_jax_to_iree,
        program="import jax; jax.config.update('jax_enable_x64', True)\n"
        "example = jax.ShapeDtypeStruct((64,), '{dtype}')\n"
        "model = jax.export.export(jax.jit(lambda x: {call}))(example).mlir_module()",
    ),
)
"""All exporters."""
