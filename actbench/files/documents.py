"""Read JSON documents strictly, and convert them to typed records.

Python's own parser accepts NaN, numbers that are infinite, lone surrogates and two values of
one name. None of them can be written again, so they are refused here.
"""

import json
import math
import re
import reprlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from actbench.files.regular import MIB, InvalidFileError, decode_utf8, read_bytes

T = TypeVar("T")

DOCUMENT_LIMIT = 16 * MIB
"""Largest size of a document in bytes. JSON takes up to 25 times its size in memory."""

DEPTH_LIMIT = 32
"""Largest depth of nested lists and objects."""

_LARGEST_INTEGER = 2**63 - 1


def read_json(path: Path, *, limit: int = DOCUMENT_LIMIT) -> object:
    """Return the content of a file of JSON.

    Args:
        path: the file.
        limit: largest size of the file in bytes.

    Raises:
        InvalidFileError: the file cannot be read, or `parse_json` refuses its text.
    """
    content = read_bytes(path, limit=limit)
    try:
        return parse_json(decode_utf8(content, path))
    except ValueError as error:
        if isinstance(error, InvalidFileError):
            raise
        raise InvalidFileError(path, str(error)) from None


def read_document(
    path: Path,
    kind: type[T],
    *,
    prepare: Callable[[dict[str, object]], object] = lambda document: document,
    limit: int = DOCUMENT_LIMIT,
) -> T:
    """Return the typed record of a file that contains one JSON object.

    Args:
        path: the file.
        kind: a dataclass, a TypedDict or a `msgspec.Struct`, with constraints as
            `Annotated[float, msgspec.Meta(ge=0)]`.
        prepare: migrates a document of an earlier version; it may raise ValueError.
        limit: largest size of the file in bytes.

    Raises:
        InvalidFileError: the file cannot be read, is not JSON, or is not of this kind.
    """
    document = read_json(path, limit=limit)
    try:
        if not isinstance(document, dict):
            # One exception type for all invalid content.
            got = type(document).__name__
            raise ValueError(f"expected a JSON object, got a {got}")  # noqa: TRY004, TRY301
        return convert(prepare(document), kind)
    except InvalidFileError:
        raise
    except ValueError as error:
        raise InvalidFileError(path, str(error)) from None


def parse_json(text: str, *, allow_nan: bool = False) -> object:
    """Return JSON whose numbers are finite, whose names are unique, and whose depth is limited.

    Args:
        text: the JSON.
        allow_nan: whether NaN and infinities are read, as `json.dumps` writes them.

    Raises:
        ValueError: the text is not such JSON.

    Example:
        >>> parse_json('{"seed": 1, "seed": 2}')
        Traceback (most recent call last):
        ValueError: expected one value of each name, got a second 'seed'
    """
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=float if allow_nan else _refuse_constant,
            parse_float=_finite,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON, got an error: {error}") from None
    except RecursionError:
        raise ValueError(f"expected a depth of at most {DEPTH_LIMIT}, got more") from None
    _check_depth(value)
    if not text.isascii() or "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("expected valid Unicode, got a lone surrogate") from None
    return value


def convert(value: object, kind: type[T]) -> T:
    """Return parsed JSON as a typed record.

    Args:
        value: lists, dictionaries, strings, numbers, booleans and None.
        kind: the type of the record.

    Raises:
        ValueError: a part of the value has another type, or is out of range.

    Example:
        >>> convert([1, "a"], list[int])
        Traceback (most recent call last):
        ValueError: [1]: expected int, got 'a'
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_describe(str(error), value)) from None


_MESSAGE = re.compile(
    r"(?P<expected>.*?)(, got (?P<got>.*?))?( - at (`key` in )?`(?P<place>\$.*)`)?", re.DOTALL
)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


def _describe(message: str, value: object) -> str:
    """Return an error of msgspec in the form `seed: expected int, got 'x'`."""
    match = _MESSAGE.fullmatch(message)
    if not match:  # pragma: no cover
        return message
    expected = match["expected"].replace("`", "")
    missing = expected.removeprefix("Object missing required field ")
    name, found = "", [value]
    for key, item in _STEP.findall(match["place"] or ""):
        name += f".{key}" if key else f"[{item}]"
        found = [inner for each in found for inner in _inner(each, key, item)]
    where = f"{name.lstrip('.')}: " if name else ""
    if missing != expected:
        return f"{where}expected the field {missing}, got none"
    # With "..." as an item, the error does not say which of several values it means.
    is_plain = len(found) == 1 and not isinstance(found[0], dict)
    got = reprlib.repr(found[0]) if is_plain else (match["got"] or "another value")
    return f"{where}{expected[:1].lower()}{expected[1:]}, got {got}".replace("`", "")


def _inner(value: object, key: str, item: str) -> list[object]:
    """Return the values at one step of a path of msgspec."""
    if isinstance(value, dict):
        return list(value.values()) if item == "..." else [value[key]] if key in value else []
    if isinstance(value, list):
        return value if item == "..." else value[int(item) : int(item) + 1] if item else []
    return []


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"expected one value of each name, got a second {name!r}")
            seen.add(name)
    return made


def _refuse_constant(text: str) -> float:
    raise ValueError(f"expected a number that JSON has, got {text}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a float64 number, got {text[:20]}")
    return number


def _integer(text: str) -> int:
    # int() takes quadratic time, so the length is checked first.
    number = int(text) if len(text) <= 20 else _LARGEST_INTEGER + 1
    if abs(number) > _LARGEST_INTEGER:
        raise ValueError(f"expected an integer of at most 64 bits, got {text[:20]}…")
    return number


def _check_depth(value: object) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_LIMIT):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    if level:
        raise ValueError(f"expected a depth of at most {DEPTH_LIMIT}, got more")
