"""The kinds of model files, which are told apart by their content."""

import zipfile
from pathlib import Path
from typing import Literal

from actbench.files import InvalidFileError, open_file

Kind = Literal["keras", "torch", "onnx"]

_LIMIT = 2 * 2**30

_EXPECTED = (
    "expected a Keras model (.keras), an ExportedProgram (.pt2) or an ONNX model (.onnx)"
)

# The first byte of an ONNX file: field 1, the version of the format, as a variable-length
# integer. Every exporter writes the fields in this order.
_ONNX_START = b"\x08"


def kind_of(path: Path) -> Kind:
    """Return the kind of a model file, without loading the model.

    Args:
        path: the file.

    Raises:
        InvalidFileError: there is no such file, it is empty, or it is another kind of file.
    """
    with open_file(path, limit=_LIMIT) as file:
        start = file.read(8)
        if not start:
            raise InvalidFileError(path, f"{_EXPECTED}, got an empty file")
        if start.startswith(b"\x89HDF"):
            raise InvalidFileError(
                path, f"{_EXPECTED}, got an HDF5 file; try model.save with a name in .keras"
            )
        if start.startswith(b"PK"):
            file.seek(0)
            try:
                names = zipfile.ZipFile(file).namelist()
            except (zipfile.BadZipFile, ValueError, OSError):
                raise InvalidFileError(path, f"{_EXPECTED}, got a damaged archive") from None
            return _kind_of_archive(path, names)
    if start[:1] == _ONNX_START and path.suffix != ".tflite" and start[4:8] != b"TFL3":
        return "onnx"
    raise InvalidFileError(path, f"{_EXPECTED}, got another kind of file")


def _kind_of_archive(path: Path, names: list[str]) -> Kind:
    if "config.json" in names and "metadata.json" in names:
        return "keras"
    last_parts = {name.rpartition("/")[2] for name in names}
    if any("models" in name.split("/") for name in names) or (
        "serialized_exported_program.json" in last_parts
    ):
        return "torch"
    if "data.pkl" in last_parts:
        raise InvalidFileError(
            path, f"{_EXPECTED}, got pickled objects of torch; try torch.export.save"
        )
    raise InvalidFileError(path, f"{_EXPECTED}, got another archive")
