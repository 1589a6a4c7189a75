"""MNIST, other data sets, damaged files, and the preprocessing steps."""

import gzip
import hashlib
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench.data import (
    Dataset,
    load_dataset,
    load_mnist,
    one_hot,
    scale,
    shuffle,
    split_validation,
    with_inverted,
)
from actbench.data.folder import FILES

# MD5 of the four files that LeCun, Cortes & Burges published, uncompressed.
ORIGINALS = {
    "x_train": "6bbc9ace898e44ae57da46a324031adb",
    "y_train": "a25bea736e30d166cdddb491f175f624",
    "x_test": "2646ac647ad5339dbf082846283269ea",
    "y_test": "27ae3e4e09519cfbb04c329615203637",
}


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture
def arrays():
    """A small data set of 3 classes whose images are not square."""
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (12, 13, 15), dtype=np.uint8),
        "y_train": (np.arange(12) % 3).astype(np.uint8),
        "x_test": rng.integers(0, 256, (6, 13, 15), dtype=np.uint8),
        "y_test": (np.arange(6) % 3).astype(np.uint8),
    }


def idx(array):
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write_folder(folder, arrays, *, zipped=False):
    for name, array in arrays.items():
        content = idx(array)
        if zipped:
            (folder / f"{FILES[name]}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / FILES[name]).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", ORIGINALS)
def test_embedded_mnist_equals_the_published_files(mnist, name):
    digest = hashlib.md5(idx(mnist[name]), usedforsecurity=False).hexdigest()
    assert digest == ORIGINALS[name]


def test_mnist_has_the_published_shapes(mnist):
    assert mnist.x_train.shape == (60000, 28, 28)
    assert mnist.y_train.shape == (60000,)
    assert mnist.x_test.shape == (10000, 28, 28)
    assert mnist.y_test.shape == (10000,)
    assert {array.dtype for array in dict(mnist).values()} == {np.dtype(np.uint8)}
    assert (mnist.image_shape, mnist.classes) == ((28, 28), 10)


def test_a_damaged_mnist_file_raises(monkeypatch, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"PK damaged")
    monkeypatch.setattr("actbench.data.load.files", lambda _: tmp_path)
    with pytest.raises(
        actbench.RequestError, match=r"mnist\.npz: expected SHA-256 06af\w+…, got \w+…"
    ):
        load_mnist()


# Form of a folder -> the path of each file and whether it is compressed.


def mnist_names(ending="", separator="-", test="t10k", data_set=""):
    return {
        name: data_set + file.replace("-idx", f"{separator}idx").replace("t10k", test) + ending
        for name, file in FILES.items()
    }


def below(folder, names):
    return {name: f"{folder}/{file}" for name, file in names.items()}


def emnist(data_set):
    return mnist_names(test="test", data_set=f"emnist-{data_set}-")


FOLDERS = {
    "MNIST": (mnist_names(), False),
    "MNIST, compressed": (mnist_names(".gz"), True),
    "decompressed, but the names kept": (mnist_names(".gz"), False),
    "compressed, but the names changed": (mnist_names(), True),
    "Kaggle": (mnist_names(separator="."), False),
    "upper case": ({name: file.upper() for name, file in mnist_names().items()}, False),
    "EMNIST": (emnist("balanced"), False),
    "EMNIST, compressed": (
        mnist_names(".gz", test="test", data_set="emnist-letters-"),
        True,
    ),
    "torchvision": (below("MNIST/raw", mnist_names()), False),
    "torchvision's own folder": (below("raw", mnist_names()), False),
    "torchvision, EMNIST": (below("EMNIST/raw", emnist("digits")), False),
}


def write_files(folder, arrays, names, *, zipped):
    for name, array in arrays.items():
        path = folder / names[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))


@pytest.mark.parametrize("form", FOLDERS)
def test_a_folder_of_idx_files_is_loaded(tmp_path, arrays, form):
    names, zipped = FOLDERS[form]
    write_files(tmp_path, arrays, names, zipped=zipped)
    (tmp_path / "emnist-mapping.txt").write_text("0 48")
    data = load_dataset(tmp_path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(data[name], array)
    assert (data.image_shape, data.classes) == ((13, 15), 3)


def test_a_data_set_is_chosen_by_name_in_a_folder_of_several(tmp_path, arrays):
    other = arrays | {"x_train": 255 - arrays["x_train"]}
    write_files(tmp_path / "gzip", arrays, emnist("letters"), zipped=True)
    write_files(tmp_path / "gzip", other, emnist("digits"), zipped=True)
    loaded = load_dataset(tmp_path / "gzip" / "emnist-digits")
    np.testing.assert_array_equal(loaded.x_train, other["x_train"])
    for folder in (tmp_path / "gzip", tmp_path):
        with pytest.raises(
            actbench.RequestError, match=r"got several: .*emnist-digits, .*emnist-letters"
        ) as refusal:
            load_dataset(folder)
        suggested = str(refusal.value).rpartition("; try ")[2]
        np.testing.assert_array_equal(load_dataset(suggested).x_train, other["x_train"])
    with pytest.raises(actbench.RequestError, match="got no such path"):
        load_dataset(tmp_path / "gzip" / "emnist-bymerge")


def test_folders_that_are_named_like_files_do_not_matter(tmp_path, arrays):
    write_files(tmp_path, arrays, mnist_names(separator="."), zipped=False)
    for name, file in FILES.items():  # as in a widespread copy of MNIST
        write_files(tmp_path, {name: 0 * arrays[name]}, below(file, FILES), zipped=False)
    np.testing.assert_array_equal(load_dataset(tmp_path).x_train, arrays["x_train"])


def test_the_plain_one_of_two_files_is_read(tmp_path, arrays):
    write_folder(tmp_path, arrays)
    for name in FILES.values():
        (tmp_path / f"{name}.gz").write_bytes(b"damaged")
    np.testing.assert_array_equal(load_dataset(tmp_path).x_test, arrays["x_test"])


def test_an_npz_file_is_loaded(tmp_path, arrays):
    np.savez(tmp_path / "d.npz", **arrays)
    np.savez_compressed(tmp_path / "c.npz", **arrays)
    plain, compressed = load_dataset(tmp_path / "d.npz"), load_dataset(str(tmp_path / "c.npz"))
    np.testing.assert_array_equal(plain.x_test, arrays["x_test"])
    assert plain.sha256 == compressed.sha256


def test_the_checksum_depends_on_the_arrays(tmp_path, arrays):
    data = load_dataset(write_folder(tmp_path, arrays))
    arrays["x_train"][0, 0, 0] ^= 1
    assert data.sha256 != load_dataset(write_folder(tmp_path, arrays)).sha256


def test_without_a_path_mnist_is_loaded(mnist):
    assert load_dataset().sha256 == mnist.sha256


# Name of the damage -> function that damages a valid folder, part of the error message.

IMAGES, LABELS = FILES["x_train"], FILES["y_train"]
BAD_FOLDERS = {
    "lacks a file": (
        lambda f: (f / LABELS).unlink(),
        rf"expected a file {LABELS} or {LABELS}\.gz, got none",
    ),
    "a folder as file": (
        lambda f: replace_by(f / LABELS, Path.mkdir),
        rf"expected a file {LABELS} or {LABELS}\.gz, got none",
    ),
    "FIFO": (
        lambda f: replace_by(f / LABELS, os.mkfifo),
        f"{LABELS}: expected a regular file, got a FIFO",
    ),
    "truncated": (
        lambda f: cut(f / IMAGES, -10),
        rf"{IMAGES}: expected 2340 bytes .*, got 2330: the file is truncated",
    ),
    "over-long": (lambda f: add(f / IMAGES, b"xy"), r"got 2342: the file is too long"),
    "empty": (lambda f: (f / IMAGES).write_bytes(b""), "got an empty file"),
    "header only": (lambda f: cut(f / IMAGES, 8), "expected a header of 16 bytes, got 8"),
    "wrong magic": (
        lambda f: replace(f / IMAGES, b"\0\0\x0d\3"),
        "expected the magic number 00 00 08 03 .*, got 00 00 0d 03",
    ),
    "labels as images": (
        lambda f: (f / IMAGES).write_bytes((f / LABELS).read_bytes()),
        "got 00 00 08 01",
    ),
    "half of a gzip file": (
        lambda f: (f / LABELS).write_bytes(gzip.compress(idx(np.zeros(99, np.uint8)))[:-6]),
        "gzip: expected a complete stream, got the end of the data",
    ),
    "gzip of another file": (
        lambda f: (f / LABELS).write_bytes(gzip.compress(b"text")),
        "expected the magic number 00 00 08 01 .*, got 74 65 78 74",
    ),
    "bomb": (
        lambda f: (f / LABELS).write_bytes(
            gzip.compress(bytes((0, 0, 8, 1, 5, 0, 0, 0)) + bytes(5 * 2**24), 1)
        ),
        "gzip: expected content of at most 67,108,864 bytes, got 83,886,088 bytes",
    ),
    "another length": (
        lambda f: (f / LABELS).write_bytes(
            gzip.compress(idx(np.zeros(9, np.uint8)) + bytes(2**20))
        ),
        "gzip: expected content of at most 17 bytes, got more",
    ),
    "gzip of a header": (
        lambda f: (f / LABELS).write_bytes(gzip.compress(bytes((0, 0, 8, 1, 0)))),
        "expected a header of 8 bytes, got 5 bytes",
    ),
}


def replace_by(path, make):
    path.unlink()
    make(path)


def cut(path, end):
    path.write_bytes(path.read_bytes()[:end])


def add(path, more):
    path.write_bytes(path.read_bytes() + more)


def replace(path, start):
    path.write_bytes(start + path.read_bytes()[len(start) :])


@pytest.mark.parametrize("damage", BAD_FOLDERS)
def test_a_damaged_folder_raises_one_line(tmp_path, arrays, damage):
    write_folder(tmp_path, arrays)
    do, message = BAD_FOLDERS[damage]
    do(tmp_path)
    with pytest.raises(actbench.RequestError, match=message) as refusal:
        load_dataset(tmp_path)
    assert str(refusal.value).startswith(str(tmp_path))
    assert "\n" not in str(refusal.value)


# Arrays that contradict one another, in any file format.

INCONSISTENT = {
    "counts": (
        lambda a: a | {"y_train": a["y_train"][:-1]},
        "y_train: expected 12 labels, one for each image, got 11",
    ),
    "sizes": (
        lambda a: a | {"x_test": a["x_test"][:, 1:]},
        "expected test images of 13×15, .*, got 12×15",
    ),
    "stray label": (
        lambda a: a | {"y_train": np.r_[a["y_train"][:-1], np.uint8(200)]},
        "y_train: expected labels from 0 to 3, because there are 4 different ones, got 200",
    ),
    "unseen label": (
        lambda a: a | {"y_test": a["y_test"] + np.uint8(1)},
        "y_test: expected labels from 0 to 2, as in y_train, got 3",
    ),
    "one class": (
        lambda a: a | {"y_train": 0 * a["y_train"]},
        "y_train: expected two or more classes, got one",
    ),
    "no images": (
        lambda a: a | {"x_train": a["x_train"][:0], "y_train": a["y_train"][:0]},
        r"x_train: expected uint8 of shape \(.*\), without zeros|expected data, got a header",
    ),
}


@pytest.mark.parametrize("fault", INCONSISTENT)
@pytest.mark.parametrize("form", ["folder", "npz"])
def test_inconsistent_arrays_raise(tmp_path, arrays, fault, form):
    change, message = INCONSISTENT[fault]
    path = tmp_path
    if form == "folder":
        write_folder(tmp_path, change(arrays))
    else:
        path = tmp_path / "d.npz"
        np.savez(path, **change(arrays))
    with pytest.raises(actbench.RequestError, match=message) as refusal:
        load_dataset(path)
    assert str(refusal.value).startswith(str(path))


def changed(**functions):
    """Return a function that changes some arrays of a data set."""
    return lambda arrays: arrays | {n: change(arrays[n]) for n, change in functions.items()}


def both_images(change):
    return changed(x_train=change, x_test=change)


def all_arrays(change):
    return changed(**dict.fromkeys(FILES, change))


def labels(change):
    return changed(y_train=change, y_test=change)


# Forms that other programs write, which hold the same images and labels.
SAME = {
    "float32 to 255": both_images(lambda x: x.astype(np.float32)),
    "float64 to 255": both_images(lambda x: x.astype(float)),
    "float16 to 255": both_images(lambda x: x.astype(np.float16)),
    "float32 to 1": both_images(lambda x: x / np.float32(255)),
    "float64 to 1": both_images(lambda x: x / 255),
    "float16 to 1": both_images(lambda x: (x / 255).astype(np.float16)),
    "float32 from -1": both_images(lambda x: x / np.float32(127.5) - 1),
    "rounding error": both_images(lambda x: (x / 255) * (1 + 1e-6) - 1e-7),
    "int64": all_arrays(lambda x: x.astype(np.int64)),
    "uint16": all_arrays(lambda x: x.astype(np.uint16)),
    "big-endian integers": all_arrays(lambda x: x.astype(">i4")),
    "big-endian floats": both_images(lambda x: (x / 255).astype(">f8")),
    "Fortran order": both_images(np.asfortranarray),
    "float labels": labels(lambda y: y.astype(float)),
    "boolean labels": labels(lambda y: y > 0),
    "an array more": lambda a: a | {"note": np.array("text")},
}


@pytest.mark.parametrize("form", SAME)
def test_an_npz_file_of_another_dtype_or_range_is_the_same_data(tmp_path, arrays, form):
    arrays["x_train"].flat[:2] = arrays["x_test"].flat[:2] = 0, 255
    np.savez(tmp_path / "d.npz", **SAME[form](arrays))
    loaded = load_dataset(tmp_path / "d.npz")
    for name in FILES:
        is_boolean = form == "boolean labels" and name.startswith("y")
        expected = arrays[name] > 0 if is_boolean else arrays[name]
        np.testing.assert_array_equal(loaded[name], expected)
        assert loaded[name].dtype == np.uint8


def test_boolean_images_are_black_and_white(tmp_path, arrays):
    np.savez(tmp_path / "d.npz", **both_images(lambda x: x > 99)(arrays))
    np.testing.assert_array_equal(
        load_dataset(tmp_path / "d.npz").x_test, np.where(arrays["x_test"] > 99, 255, 0)
    )


@pytest.mark.parametrize("form", ["npz", "folder"])
@pytest.mark.parametrize("name", ["x_train", "x_test", "both"])
def test_scaled_images_that_were_rounded_are_refused(tmp_path, arrays, form, name):
    change = (both_images if name == "both" else lambda f: changed(**{name: f}))(
        lambda x: (x / 255).astype(np.uint8)
    )
    path = tmp_path / "d.npz"
    if form == "npz":
        np.savez(path, **change(arrays))
    else:
        path = write_folder(tmp_path, change(arrays))
    with pytest.raises(actbench.RequestError, match=r"x_t\w+: expected pixels from 0 .* to 1"):
        load_dataset(path)


REFUSED = {
    "mixed ranges": (
        changed(x_train=lambda x: x / 255, x_test=lambda x: x.astype(float)),
        "x_test: expected pixels from 0 to 1, as in x_train, got 0 to 25",
    ),
    "standardised": (
        both_images(lambda x: (x - 33.3) / 78.6),
        r"x_train: expected pixels from 0 to 255, .* got -0.\d+ to 2.\d+: .* standardised",
    ),
    "16 bits": (
        both_images(lambda x: x * np.uint16(257)),
        "x_train: expected pixels from 0 to 255, .* got 0 to 65535; try to divide",
    ),
    "4 bits": (both_images(lambda x: x // 16), "got 0 to 15; try 255 / 15 times the images"),
    "signed bytes": (both_images(lambda x: x.astype(np.int8)), "got -128 to 127"),
    "half": (both_images(lambda x: x / 255 - 0.5), "got -0.5 to 0.5"),
    "NaN": (
        both_images(lambda x: np.where(x > 250, np.nan, x)),
        "x_train: expected finite numbers, got nan to nan",
    ),
    "infinity": (
        changed(x_test=lambda x: np.where(x > 250, np.inf, x)),
        "x_test: expected finite numbers, got 0 to inf",
    ),
    "complex": (
        both_images(lambda x: x.astype(complex)),
        "x_train: expected .*, got complex128",
    ),
    "text": (labels(lambda y: y.astype(str)), "y_train: expected .*, got <U3"),
    "dates": (labels(lambda y: y.astype("M8[s]")), "y_train: expected .*, got datetime64"),
    "longdouble": (
        both_images(lambda x: x.astype(np.longdouble)),
        r"x_train: expected float64 or narrower, got float\d+ \(longdouble\); try float64",
    ),
    "records": (
        labels(lambda y: y.astype([("label", np.uint8)])),
        "y_train: expected numbers, got Python objects or records",
    ),
    "signed labels": (
        labels(lambda y: y.astype(np.int64) - 1),
        "y_train: expected integer labels from 0 to 255, got -1 to 1",
    ),
    "large labels": (
        labels(lambda y: y.astype(np.int64) * 1000),
        "y_train: expected integer labels from 0 to 255, got 0 to 2000",
    ),
    "fractions": (labels(lambda y: y / 2), "y_train: expected integer labels"),
    "one-hot": (
        labels(lambda y: np.eye(3)[y]),
        r"y_train: expected one label of each image, .*\(12, 3\); try argmax\(axis=1\)",
    ),
    "four axes": (
        both_images(lambda x: x[..., None]),
        r"x_train: expected .* got uint8 of shape \(12, 13, 15, 1\)",
    ),
    "objects": (
        changed(y_test=lambda y: y.astype(object)),
        "y_test: expected numbers, got pickled objects",
    ),
    "missing": (
        lambda a: {k: v for k, v in a.items() if k != "y_test"},
        "expected an .npz file of the arrays .*, got no y_test",
    ),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_an_npz_file_with_other_arrays_raises(tmp_path, arrays, change, message):
    path = tmp_path / "d.npz"
    np.savez(path, **change(arrays))
    with pytest.raises(actbench.RequestError, match=message) as refusal:
        load_dataset(path)
    assert "\n" not in str(refusal.value)


def test_objects_are_never_unpickled(tmp_path, arrays):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    np.savez(tmp_path / "d.npz", **arrays | {"y_test": np.array([Trap()] * 6)})
    with pytest.raises(actbench.RequestError):
        load_dataset(tmp_path / "d.npz")


def test_files_that_are_no_data_sets_raise(tmp_path, arrays):
    with pytest.raises(
        actbench.RequestError,
        match="nowhere: expected a folder of IDX files or an",
    ):
        load_dataset(tmp_path / "nowhere")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(
        actbench.RequestError,
        match=r"text\.npz: expected an \.npz file, got a damaged archive: File is not a zip",
    ):
        load_dataset(tmp_path / "text.npz")
    path = tmp_path / "cut.npz"
    np.savez(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("x_train.npy").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 500] ^= 0xFF  # the CRC in the archive detects it
    path.write_bytes(content)
    with pytest.raises(
        actbench.RequestError, match="got a damaged archive: Bad CRC-32 for file"
    ):
        load_dataset(path)


def test_one_class_may_have_no_training_images(tmp_path, arrays):
    arrays["y_train"] = arrays["y_train"] + np.uint8(1)  # from 1, like the letters of EMNIST
    np.savez(tmp_path / "d.npz", **arrays)
    assert load_dataset(tmp_path / "d.npz").classes == 4


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ma.masked_less(np.ones((3, 4, 4), np.uint8), 2), "without a mask, got MaskedArray"),
        ([[[1]]] * 3, "without a mask, got list"),
        (np.ones((3, 4, 4), np.longdouble), r"expected uint8 .*, got float\d+"),
    ],
)
def test_arrays_of_other_kinds_are_refused(array, message):
    plain, classes = np.ones((3, 4, 4), np.uint8), np.array([0, 1, 2], np.uint8)
    with pytest.raises(actbench.RequestError, match=f"^data: x_test: .*{message}"):
        Dataset(plain, classes, array, classes)


images = st.integers(1, 20).map(
    lambda n: np.random.default_rng(n).integers(0, 256, (n, 3, 2), dtype=np.uint8)
)


@given(x=images)
def test_inverting_twice_gives_the_original(x):
    y = np.arange(len(x))
    both, labels = with_inverted(x, y)
    np.testing.assert_array_equal(both[: len(x)], x)
    np.testing.assert_array_equal(both[: len(x)].astype(int) + both[len(x) :], 255)
    np.testing.assert_array_equal(labels, [*y, *y])
    assert both.dtype == np.uint8


@given(x=images, seed=st.integers(0, 2**32))
def test_shuffling_keeps_pairs_together(x, seed):
    labels = x.sum(axis=(1, 2))
    order_x, order_y = shuffle(x, labels, seed=seed)
    np.testing.assert_array_equal(order_x.sum(axis=(1, 2)), order_y)
    np.testing.assert_array_equal(np.sort(order_y), np.sort(labels))
    np.testing.assert_array_equal(order_x, shuffle(x, labels, seed=seed)[0])


def test_other_seeds_give_other_orders():
    x = np.arange(100)
    assert (shuffle(x, x, seed=1)[0] != shuffle(x, x, seed=2)[0]).any()


@given(x=images)
def test_scaling_gives_floats_from_0_to_1(x):
    scaled = scale(x)
    assert scaled.dtype == np.float32
    assert scaled.shape == (*x.shape, 1)
    np.testing.assert_array_equal(np.rint(scaled[..., 0] * 255), x)
    assert 0 <= scaled.min() <= scaled.max() <= 1


@given(labels=st.lists(st.integers(0, 9), min_size=1))
def test_one_hot_rows_have_a_1_at_the_label(labels):
    rows = one_hot(np.array(labels), classes=10)
    assert rows.shape == (len(labels), 10)
    np.testing.assert_array_equal(rows.argmax(axis=1), labels)
    np.testing.assert_array_equal(rows.sum(axis=1), 1)


@given(x=images, data=st.data())
def test_a_validation_split_keeps_each_image_exactly_once(x, data):
    count = data.draw(st.integers(0, len(x) - 1))
    labels = np.arange(len(x))
    (train, train_labels), (held, held_labels) = split_validation(
        x, labels, count=count, seed=5
    )
    assert len(held) == len(held_labels) == count
    assert sorted([*train_labels, *held_labels]) == list(labels)
    np.testing.assert_array_equal(
        np.concatenate([train, held]), x[[*train_labels, *held_labels]]
    )


def test_with_classes_merges_and_drops_labels(mnist):
    data = mnist.with_classes(((1, 7), (4,)))
    assert data.classes == 2
    for labels, classes, images, kept in (
        (mnist.y_train, data.y_train, mnist.x_train, data.x_train),
        (mnist.y_test, data.y_test, mnist.x_test, data.x_test),
    ):
        is_kept = np.isin(labels, (1, 4, 7))
        np.testing.assert_array_equal(classes, labels[is_kept] == 4)
        np.testing.assert_array_equal(kept, images[is_kept])
