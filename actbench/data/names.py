"""Readable names of data sets, for messages, documents and tables."""

from collections.abc import Mapping
from pathlib import Path

NAMES = {
    "2f6dc9b6c10f51819a845a7b909d9fe67f369d4207aa05ba0be846a5651a00e8": "MNIST",
    "8593661776fc22310944d86c9e3740f95d2618c4198a612327644c5f72d4f8de": "MNIST in two classes",
    "38d9d5b2bb26872d2d7a56f1fee029b1eb9ff4b25346ffe8fcbcb87e09ab7e83": "Fashion-MNIST",
    "28ab24fa954be646cfa4dd46d1031d2c836352872929a968c9a3f0e2876efeeb": "MNIST-1D",
    "d9df9771a98b2d02c21eddf3bcd1fd1eb818ca49a30dc0e87cb63e59bfa59e3e": "Python help topics",
}
"""`Dataset.sha256` ↦ name. Documents of earlier versions state the checksum only."""


def data_name(sha256: str, origin: str) -> str:
    """Return the known name of a data set, or else the last part of the path that it is from.

    Data that are called like known ones, but have another checksum, are named so.

    Example:
        >>> data_name("0" * 64, "/home/me/emnist-letters")
        'emnist-letters'
    """
    if sha256 in NAMES:
        return NAMES[sha256]
    name = Path(origin).name or origin
    if name in NAMES.values():
        return f"{name} (other contents)"
    return "".join(each if each.isprintable() else "?" for each in name)


def data_name_of(configuration: Mapping[str, object]) -> str:
    """Return the name of the data that a trial was trained on, from its configuration.

    A known checksum counts more than the stated name. Data without a name are called by the
    start of their checksum.

    Example:
        >>> data_name_of({"data_sha256": "0" * 64}), data_name_of({})
        ('data 000000000000', 'data that are not stated')
    """
    checksum, stated = configuration.get("data_sha256"), configuration.get("data")
    if checksum in NAMES:
        return NAMES[str(checksum)]
    if stated:
        return str(stated)
    return f"data {str(checksum)[:12]}" if checksum else "data that are not stated"
