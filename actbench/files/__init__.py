"""The one door through which files are read: regular files, of limited size, checked content.

A file that another program wrote, or that was damaged, raises `InvalidFileError` with one line.
A file is written completely or not at all.
"""

from actbench.files.arrays import read_npz, read_npz_members
from actbench.files.compressed import (
    decompress_gzip,
    inflate,
    is_gzip,
    largest_content,
    start_of_gzip,
)
from actbench.files.documents import convert, parse_json, read_document, read_json
from actbench.files.regular import InvalidFileError, open_file, read_bytes, read_text
from actbench.files.temporary import complete_file, is_temporary, remove_abandoned

__all__ = [
    "InvalidFileError",
    "complete_file",
    "convert",
    "decompress_gzip",
    "inflate",
    "is_gzip",
    "is_temporary",
    "largest_content",
    "open_file",
    "parse_json",
    "read_bytes",
    "read_document",
    "read_json",
    "read_npz",
    "read_npz_members",
    "read_text",
    "remove_abandoned",
    "start_of_gzip",
]
