"""The file that a command writes for `--out`."""

import sys
from pathlib import Path

from actbench.errors import RequestError


def write_output(path: Path, content: bytes) -> None:
    """Write a file and say so on the standard error stream.

    Raises:
        RequestError: the file cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RequestError(
            f"{path}: expected a file to write, got {error.strerror or error!r}"
        ) from None
    print(f"written to {path}", file=sys.stderr)
