"""ONNX Runtime: static QDQ quantisation of a model with one operator."""

import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from actbench.activations import Activation
from actbench.deployment.quantisation.quantised import Quantised, calibration_inputs
from actbench.errors import RequestError

Arguments = dict[str, float | bool | str]
Attributes = Callable[[Mapping[str, float]], Arguments | None]


def _none(parameters: Mapping[str, float]) -> Arguments:
    del parameters
    return {}


def _alpha(parameters: Mapping[str, float]) -> Arguments:
    return {"alpha": parameters["alpha"]}


def _slope(parameters: Mapping[str, float]) -> Arguments:
    return {"alpha": parameters["negative_slope"]}


def _if_one(name: str) -> Attributes:
    """Return the attributes of an operator that lacks a parameter, which must be 1."""
    return lambda parameters: {} if parameters[name] == 1 else None


# Name of a record ↦ the operator of ONNX and its attributes. The operator set is 24.
_OPERATORS: dict[str, tuple[str, Attributes]] = {
    "relu": ("Relu", _none),
    "leaky_relu": ("LeakyRelu", _slope),
    "sigmoid": ("Sigmoid", _none),
    "tanh": ("Tanh", _none),
    "softsign": ("Softsign", _none),
    "exponential": ("Exp", _none),
    "hard_sigmoid": ("HardSigmoid", lambda _: {"alpha": 1 / 6, "beta": 0.5}),
    "hard_silu": ("HardSwish", _none),
    "softplus": ("Softplus", _if_one("beta")),
    "elu": ("Elu", _alpha),
    "celu": ("Celu", _alpha),
    "selu": ("Selu", _none),
    "mish": ("Mish", _none),
    "swish": ("Swish", lambda parameters: {"alpha": parameters["beta"]}),
    "gelu": ("Gelu", _none),
    "gelu_tanh": ("Gelu", lambda _: {"approximate": "tanh"}),
}
_OPSET, _IR = 24, 12


def call_of(activation: Activation) -> tuple[str, Arguments] | None:
    """Return the operator that computes an activation and its attributes, or None.

    Example:
        >>> import actbench
        >>> call_of(actbench.get("silu"))
        ('Swish', {'alpha': 1.0})
    """
    operator, attributes = _OPERATORS.get(activation.name, (None, _none))
    if operator is None:
        return None
    found = attributes(activation.parameters)
    return None if found is None else (operator, found)


def quantise(
    operator: str,
    arguments: Arguments,
    calibration: tuple[float, float],
    report: Callable[[object], None],
) -> Quantised:
    """Quantise a model of one operator by the standard recipe, and run all 256 inputs.

    Raises:
        RequestError: the runtime refuses the model.
    """
    del report
    import onnx
    import onnxruntime
    from onnxruntime import quantization

    logging.disable(logging.WARNING)

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        """One batch of calibration inputs."""

        def __init__(self) -> None:
            self._batches = iter([{"x": calibration_inputs(calibration)}])

        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            return next(self._batches, None)

    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [256]) for name in "xy"
    ]
    node = onnx.helper.make_node(operator, ["x"], ["y"])
    node.attribute.extend(
        onnx.helper.make_attribute(key, value) for key, value in arguments.items()
    )
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "one", ends[:1], ends[1:]),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
    )
    with tempfile.TemporaryDirectory() as folder:
        plain, quantised = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, plain)
        try:
            quantization.quantize_static(
                plain,
                quantised,
                Reader(),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QInt8,
                op_types_to_quantize=[operator],
            )
            session = onnxruntime.InferenceSession(
                quantised, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime raises many types
            line = (str(error).strip().splitlines() or [repr(error)])[0]
            raise RequestError(
                f"{operator}: expected a quantised model, got {line[:200]}"
            ) from None
        graph = onnx.load(quantised).graph
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    if "x_scale" not in constants or "y_scale" not in constants:
        raise RequestError(
            f"{operator}: expected a quantised model, got one in float32; the recipe quantises "
            "this operator only between others"
        )
    scale, zero_point = float(constants["x_scale"]), int(constants["x_zero_point"])
    out_scale, out_zero = float(constants["y_scale"]), int(constants["y_zero_point"])
    x = ((np.arange(-128, 128) - zero_point) * scale).astype(np.float32)
    y = np.asarray(session.run(None, {"x": x})[0], np.float64)
    results = (np.rint(y / out_scale) + out_zero).astype(int).tolist()
    operators = [each.op_type for each in graph.node]
    return Quantised(scale, zero_point, out_scale, out_zero, results, operators)


def reproducer(
    operator: str, arguments: Arguments, calibration: tuple[float, float], q: int
) -> str:
    """Return a program that quantises the operator and prints the result at one integer."""
    low, high = calibration
    settings = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return f"""\
import numpy as np, onnx, onnxruntime as ort
from onnx import helper as h
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
i, o = (h.make_tensor_value_info(n, 1, [256]) for n in "xy")
g = h.make_graph([h.make_node("{operator}", ["x"], ["y"]{settings})], "g", [i], [o])
m = h.make_model(g, opset_imports=[h.make_opsetid("", {_OPSET})], ir_version={_IR})
onnx.save(m, "f.onnx")
d = iter([{{"x": np.linspace({low!r}, {high!r}, 256, dtype=np.float32)}}])
r = type("R", (), {{"get_next": lambda self: next(d, None)}})()
quantize_static("f.onnx", "q.onnx", r, quant_format=QuantFormat.QDQ, \
activation_type=QuantType.QInt8, op_types_to_quantize=["{operator}"])
c = {{t.name: onnx.numpy_helper.to_array(t) for t in onnx.load("q.onnx").graph.initializer}}
x = np.full(256, ({q} - int(c["x_zero_point"])) * c["x_scale"], np.float32)
print(x[0], ort.InferenceSession("q.onnx").run(None, {{"x": x}})[0][0])"""
