"""The formats of an exact table: NumPy, C, ONNX, the TFLite kernel, and JSON."""

import io
import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np

from actbench.deployment.quantisation.exact import Table
from actbench.errors import RequestError


def _numpy(table: Table) -> bytes:
    """Return an .npz file: the entries, and scale and zero point of both grids."""
    file = io.BytesIO()
    np.savez(
        file,
        table=_array(table),
        input_scale=np.float32(table.input.scale),
        input_zero_point=np.int32(table.input.zero_point),
        output_scale=np.float32(table.output.scale),
        output_zero_point=np.int32(table.output.zero_point),
    )
    return file.getvalue()


def _c(table: Table) -> bytes:
    """Return a C source file with the array and the four constants."""
    width = 8 if table.input.bits <= 8 else 16
    name = table.function.partition("(")[0]
    name = name if name.isidentifier() else "activation"
    kind = f"{'' if table.input.signed else 'u'}int{width}_t"
    rows = [
        "  " + ", ".join(map(str, table.entries[start : start + 16])) + ","
        for start in range(0, len(table.entries), 16)
    ]
    # A formula cannot end the comment, because */ is not part of the language.
    lines = [
        f"/* {table.function}: {table.formula}; {table.input.bits} bits, correctly rounded.",
        f" * y = {name}_table[q - ({table.input.lowest})] for each input integer q. */",
        "#include <stdint.h>",
        f"const float {name}_input_scale = {_float(table.input.scale)};",
        f"const int32_t {name}_input_zero_point = {table.input.zero_point};",
        f"const float {name}_output_scale = {_float(table.output.scale)};",
        f"const int32_t {name}_output_zero_point = {table.output.zero_point};",
        f"const {kind} {name}_table[{len(table.entries)}] = {{",
        *rows,
        "};",
    ]
    return ("\n".join(lines) + "\n").encode()


def _onnx(table: Table) -> bytes:
    """Return an ONNX model: QuantizeLinear, Gather on the table, DequantizeLinear."""
    _need_8_bits(table, "onnx")
    from onnx import TensorProto, helper, numpy_helper

    kind = np.int8 if table.input.signed else np.uint8
    constants = {
        "input_scale": np.float32(table.input.scale),
        "input_zero_point": kind(table.input.zero_point),
        "output_scale": np.float32(table.output.scale),
        "output_zero_point": kind(table.output.zero_point),
        "offset": np.int32(-table.input.lowest),
        "table": np.array(table.entries, kind),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "input_scale", "input_zero_point"], ["q"]),
        helper.make_node("Cast", ["q"], ["integer"], to=TensorProto.INT32),
        helper.make_node("Add", ["integer", "offset"], ["index"]),
        helper.make_node("Gather", ["table", "index"], ["entry"]),
        helper.make_node(
            "DequantizeLinear", ["entry", "output_scale", "output_zero_point"], ["y"]
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "table",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["elements"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["elements"])],
        [numpy_helper.from_array(np.asarray(each), key) for key, each in constants.items()],
    )
    opset = [helper.make_opsetid("", 13)]
    content: bytes = helper.make_model(
        graph, opset_imports=opset, ir_version=8
    ).SerializeToString()
    return content


def _tflite(table: Table) -> bytes:
    """Return the 256 bytes of the table as LUTPopulateInt8 of TFLite's kernels lays it out.

    `LUTLookup` of tensorflow/lite/kernels/internal/common.h takes entry q + 128 of an int8
    table for the input q, and entry q of a uint8 table.
    """
    _need_8_bits(table, "tflite")
    return _array(table).tobytes()


def _json(table: Table) -> bytes:
    return (json.dumps(asdict(table), indent=1, ensure_ascii=False) + "\n").encode()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "numpy": _numpy,
    "c": _c,
    "onnx": _onnx,
    "tflite": _tflite,
    "json": _json,
}
"""The name of each format ↦ the function that makes its file."""


def _array(table: Table) -> np.ndarray[tuple[int], np.dtype[np.integer]]:
    width = 8 if table.input.bits <= 8 else 16
    return np.array(table.entries, f"{'' if table.input.signed else 'u'}int{width}")


def _need_8_bits(table: Table, name: str) -> None:
    # QuantizeLinear of a grid with fewer levels than int8 would not clip to the grid.
    if table.input.bits != 8:
        raise RequestError(f"bits: expected 8 for the format {name}, got {table.input.bits}")


def _float(number: float) -> str:
    return f"{number.hex()}f"
