"""MNIST, other data sets, damaged files, and the preprocessing steps."""

import gzip
import hashlib
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import actbench
from actbench.data import (
    load_dataset,
    load_mnist,
    one_hot,
    scale,
    shuffle,
    split_validation,
    with_inverted,
)
from actbench.data.idx import FILES

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


@pytest.mark.parametrize("zipped", [False, True])
def test_a_folder_of_idx_files_is_loaded(tmp_path, arrays, zipped):
    data = load_dataset(write_folder(tmp_path, arrays, zipped=zipped))
    for name, array in arrays.items():
        np.testing.assert_array_equal(data[name], array)
    assert (data.image_shape, data.classes) == ((13, 15), 3)


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
    "no gzip": (
        lambda f: (f / LABELS).rename(f / f"{LABELS}.gz"),
        r"\.gz: expected an IDX file, got an error: Not a gzipped file",
    ),
}


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
        r"x_train: expected uint8 of shape \(images, height, width\), without zeros",
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda a: a | {"x_train": a["x_train"].astype(np.float32)},
            "x_train: expected uint8 .* got float32",
        ),
        (
            lambda a: a | {"y_train": a["y_train"].astype(np.int64) - 1},
            "y_train: expected uint8 .* got int64",
        ),
        (
            lambda a: a | {"x_test": a["x_test"][..., None]},
            r"x_test: expected .* got uint8 of shape \(6, 13, 15, 1\)",
        ),
        (
            lambda a: a | {"y_test": a["y_test"].astype(object)},
            "got an error for y_test: .*pickle",
        ),
        (
            lambda a: {k: v for k, v in a.items() if k != "y_test"},
            "expected an .npz file of the uint8 arrays .*, got no y_test",
        ),
    ],
    ids=["floats", "signed labels", "four axes", "objects", "missing"],
)
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
        match=r"text\.npz: expected an \.npz file .*, got a file that is no archive",
    ):
        load_dataset(tmp_path / "text.npz")
    path = tmp_path / "cut.npz"
    np.savez(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("x_train.npy").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 500] ^= 0xFF  # the CRC in the archive detects it
    path.write_bytes(content)
    with pytest.raises(actbench.RequestError, match="got an error for x_train"):
        load_dataset(path)


def test_one_class_may_have_no_training_images(tmp_path, arrays):
    arrays["y_train"] = arrays["y_train"] + np.uint8(1)  # from 1, like the letters of EMNIST
    np.savez(tmp_path / "d.npz", **arrays)
    assert load_dataset(tmp_path / "d.npz").classes == 4


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
