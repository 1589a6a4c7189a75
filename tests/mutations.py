"""Random damage to files: bytes, JSON, arrays, tables, and files of other kinds."""

import copy
import gzip
import io
import json
import os
import re
import socket
import struct
import zipfile
import zlib
from contextlib import suppress

import numpy as np

# Values that replace parts of a JSON document. A text here is inserted as it is.
_JSON_VALUES: list[object] = [
    None, True, False, 0, -1, 1, 2, 3, 0.5, -0.0, 1e-320, 1e308, -1e308, 2**31, 2**53, 2**63,
    2**64, -(2**63) - 1, "", " ", "x", "mish", "ä", "\n", "\0", "<b>|", "../../x", "x" * 5000,
    [], [[]], {}, {"": {}}, [0, [1]], [None], [0.5] * 1000, {"seed": 1}, "2026-01-01", "nan",
]  # fmt: skip
_JSON_TEXTS = [
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 400, "1" * 5000, "0x1", "01", "1.",
    '"\\ud800"', '"\\u0000"', '"\\ud83d\\ude00"', "[" * 40 + "]" * 40, "[" * 100_000, "",
    '{"a":' * 50 + "1" + "}" * 50, '{"a": 1, "a": 2}', "undefined", "'x'", "// x\n1", "\x00",
]  # fmt: skip
_MARK = "\x02here\x02"

_CELLS = [
    "", " ", "nan", "inf", "-inf", "1e400", "-1", "0", "1", "2", "1e308", "1e-5", "<0.001", "<",
    "0.001*", "n.s.", "text", '"', '""', '"a\nb"', "1,2", ",", "=1+1", "0x10", "1_000", "１２",
    "٣", "True", "None", "NA", "9" * 400, "x" * 5000, "\x00", "\r", "\ufeff", "-0", "1e", "--1",
]  # fmt: skip

_INTEGERS = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def damage_bytes(rng, content):
    """Return bytes with one to four random changes."""
    made = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made) + 1)
        size = min(len(made) - at, rng.choice([1, 1, 2, 4, 16, 256]))
        change = rng.randrange(8)
        if change == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif change == 1:
            del made[at:]
        elif change == 2:
            del made[at : at + size]
        elif change == 3:
            made[at:at] = rng.randbytes(size + 1)
        elif change == 4:
            made[at : at + size] = bytes([rng.choice([0, 0xFF, 0x7F, 0x20])]) * size
        elif change == 5:
            made[at:at] = made[at : at + size]
        elif change == 6:
            made[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(_INTEGERS))
        else:
            other = rng.randrange(len(made) + 1)
            made[at : at + size] = made[other : other + size]
    return bytes(made)


def damage_json(rng, content):
    """Return a JSON document with one to three random changes of its values or names."""
    if rng.random() < 0.25:
        return damage_bytes(rng, content)
    document = json.loads(content)
    texts: list[str] = []
    for _ in range(rng.randint(1, 3)):
        document = _changed(rng, document, texts)
    made = json.dumps(document)
    for text in texts:
        made = made.replace(json.dumps(_MARK), text, 1)
    return made.encode("utf-8", "surrogatepass")


def _changed(rng, document, texts):
    places = list(_places(document))
    if not places or rng.random() < 0.02:
        return copy.deepcopy(rng.choice(_JSON_VALUES))
    # Half of the changes are near the top, where documents have few and important entries.
    shallow = [place for place in places if place[2] <= 2]
    parent, key, _ = rng.choice(shallow if rng.random() < 0.5 else places)
    change = rng.randrange(7)
    if change == 0:
        texts.append(rng.choice(_JSON_TEXTS))
        parent[key] = _MARK
    elif change == 1:
        del parent[key]
    elif change == 2 and isinstance(parent, dict):
        parent[rng.choice(["", "x", "seed", "schema", "ä"])] = parent.pop(key)
    elif change == 3:
        other, other_key, _ = rng.choice(places)
        with suppress(KeyError, IndexError):
            parent[key], other[other_key] = (
                copy.deepcopy(other[other_key]),
                copy.deepcopy(parent[key]),
            )
    elif change == 4 and isinstance(parent[key], list):
        parent[key] = parent[key] * rng.choice([0, 2, 3])
    elif change == 5 and type(parent[key]) in (int, float):
        parent[key] = rng.choice(
            [-parent[key], parent[key] + 1, str(parent[key]), [parent[key]]]
        )
    else:
        parent[key] = copy.deepcopy(rng.choice(_JSON_VALUES))
    return document


def _places(value, depth=1):
    """Yield (list or dictionary, key, depth) of each value in a document."""
    if not isinstance(value, dict | list):
        return
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key, depth
        if isinstance(inner, dict | list):
            yield from _places(inner, depth + 1)


def damage_gzip(rng, content):
    """Return a compressed file that is damaged, or whose content is."""
    if rng.random() < 0.5:
        return damage_bytes(rng, content)
    inner = damage_bytes(rng, gzip.decompress(content))
    return rng.choice(
        [
            gzip.compress(inner, 1),
            gzip.compress(inner, 1) * 2,
            gzip.compress(inner, 1) + b"\0" * 9,
            gzip.compress(gzip.compress(inner, 1), 1),
            zlib.compress(inner),
            gzip.compress(inner + bytes(10**5), 9),
        ]
    )


def damage_npz(rng, content):
    """Return an archive whose bytes, headers, arrays or members are changed."""
    kind = rng.randrange(4)
    if kind == 0:
        return damage_bytes(rng, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    if kind == 1:
        members[name] = damage_bytes(rng, members[name])
    elif kind == 2:
        members[name] = _with_header(rng, members[name])
    else:
        members[name] = _saved(_other_array(rng, np.load(io.BytesIO(members[name]))))
    names = list(members)
    if rng.random() < 0.1:
        names.remove(name)
    elif rng.random() < 0.1:
        names.append(name)
    made = _archive(rng, names, members)
    return damage_bytes(rng, made) if rng.random() < 0.1 else made


def _archive(rng, names, members):
    stream = io.BytesIO()
    methods = [zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]
    method = rng.choice(methods)
    with zipfile.ZipFile(stream, "w", method) as archive:
        for number, name in enumerate(names):
            # zipfile warns of two members with one name, so one of them is renamed after.
            archive.writestr(f"{number:02}{name[2:]}", members[name])
    made = stream.getvalue()
    for number, name in enumerate(names):
        made = made.replace(f"{number:02}{name[2:]}".encode(), name.encode())
    return made


_HEADER_TEXTS = [
    ("descr", ["|O", "<f16", "<V8", "<f4", ">f8", "<U9999999", "<M8[s]", "<c16", "|b1", "<i8",
               "|S0", "<U0", "<f3", "a9", "", "(", "<f8,<f8", "|u1" * 999]),
    ("shape", ["()", "(0,)", "(-1,)", "(9,)", "(99999999999,)", "(2**40,)", "(1,)*40", "(1.5,)",
               "(" + "1, " * 40 + ")", "(9999999999, 0)", "(1" + "0" * 99 + ",)", "(3L, 4L)",
               "(65536, 65536)", "None", "((1,),)", "('1',)", "(4294967296, 4294967296)"]),
    ("fortran_order", ["True", "1", "None", "[]", "__import__('os')", "(" * 500]),
]  # fmt: skip


def _with_header(rng, member):
    """Return an `.npy` file whose header has another entry."""
    length = struct.unpack("<H", member[8:10])[0]
    text = member[10 : 10 + length].decode("latin-1")
    key, values = rng.choice(_HEADER_TEXTS)
    value = rng.choice(values)
    value = repr(value) if key == "descr" else value
    text = re.sub(rf"'{key}': ('[^']*'|\([^)]*\)|\w+)", lambda _: f"'{key}': {value}", text)
    return (
        b"\x93NUMPY\x01\x00"
        + struct.pack("<H", len(text) % 65536)
        + text.encode()
        + member[10 + length :]
    )


def _other_array(rng, array):
    """Return an array with another dtype, shape or content."""
    with np.errstate(all="ignore"):
        change = rng.randrange(8)
        if change == 0 and array.dtype.kind != "U":
            dtypes = ["?", "i1", "i8", "u2", ">i4", "f2", "f4", ">f8", "c16", "U5", "S5"]
            return array.astype(rng.choice(dtypes))
        if change == 1:
            return array[..., None]
        if change == 2:
            return array.ravel()[: rng.randrange(array.size + 1)]
        if change == 3 and array.ndim:
            return array[: rng.randrange(len(array) + 1)]
        if change == 4 and array.ndim:
            return np.concatenate([array, array])
        if change == 5:
            return np.array("text " * rng.randrange(9))
        if change == 6 and array.dtype.kind != "U":
            values = [0, 1, 2, 200, 255, -1, 1e9, np.nan, np.inf, -np.inf]
            made = array.astype(float)
            made.flat[rng.randrange(max(1, array.size)) :: rng.choice([1, 7, 10**9])] = (
                rng.choice(values)
            )
            return made
        return array.T


def _saved(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def damage_table(rng, content):
    """Return a CSV file whose cells, rows or bytes are changed."""
    if rng.random() < 0.25:
        return damage_bytes(rng, content)
    rows = [line.split(",") for line in content.decode().splitlines()]
    for _ in range(rng.randint(1, 3)):
        row = rng.choice(rows)
        change = rng.randrange(5)
        if change == 0 and len(rows) > 1:
            rows.remove(row)
        elif change == 1:
            rows.insert(rng.randrange(len(rows) + 1), list(row))
        elif change == 2 and row:
            del row[rng.randrange(len(row))]
        else:
            row.insert(
                rng.randrange(len(row) + 1), rng.choice(_CELLS)
            ) if rng.random() < 0.2 or (not row) else row.__setitem__(
                rng.randrange(len(row)), rng.choice(_CELLS)
            )
    made = rng.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(",".join(row) for row in rows)
    return made.encode(rng.choice(["utf-8", "utf-8", "utf-8", "utf-16", "latin-1"]), "replace")


def _socket(path):
    # A path of a socket has at most 108 bytes.
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{here}/{path.name}")
    os.close(here)


def _huge(path):
    with path.open("wb") as file:
        file.truncate(2**42)


# Name -> function that makes a file of another kind at a path where there is none.
OTHER_FILES = {
    "missing": lambda path: path.parent,
    "empty": lambda path: path.touch(),
    "FIFO": os.mkfifo,
    "folder": lambda path: path.mkdir(),
    "endless device": lambda path: path.symlink_to("/dev/zero"),
    "terminal": lambda path: path.symlink_to("/dev/tty"),
    "loop": lambda path: path.symlink_to(path),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "memory": lambda path: path.symlink_to("/proc/self/mem"),
    "socket": _socket,
    "no permission": lambda path: (path.touch(), path.chmod(0)),
    "4 TiB": _huge,
}


def gzip_bomb(mebibytes):
    """Return a gzip file of an IDX file with images of zeros."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(2**20)
    parts = [compressor.compress(struct.pack(">4I", 0x803, mebibytes, 1024, 1024))]
    parts += [compressor.compress(zeros) for _ in range(mebibytes)]
    return b"".join([*parts, compressor.flush()])


def npz_bomb(mebibytes, name):
    """Return an archive with one array of zeros."""
    stream, zeros = io.BytesIO(), bytes(2**20)
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(f"{name}.npy", "w", force_zip64=True) as member,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": (mebibytes, 1024, 1024)}
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(mebibytes):
            member.write(zeros)
    return stream.getvalue()
