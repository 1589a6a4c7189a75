"""MNIST, other data sets, damaged files, and the steps before training."""

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

# MD5 of the four original files.
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
    """A small data set that is not square, with 3 classes."""
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
def test_the_embedded_mnist_is_the_original(mnist, name):
    digest = hashlib.md5(idx(mnist[name]), usedforsecurity=False).hexdigest()
    assert digest == ORIGINALS[name]


def test_mnist_has_the_published_shapes(mnist):
    assert mnist.x_train.shape == (60000, 28, 28)
    assert mnist.y_train.shape == (60000,)
    assert mnist.x_test.shape == (10000, 28, 28)
    assert mnist.y_test.shape == (10000,)
    assert {array.dtype for array in dict(mnist).values()} == {np.dtype(np.uint8)}
    assert (mnist.image_shape, mnist.classes) == ((28, 28), 10)


def test_a_damaged_mnist_is_refused(monkeypatch, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"PK damaged")
    monkeypatch.setattr("actbench.data.load.files", lambda _: tmp_path)
    with pytest.raises(
        actbench.RequestError, match=r"mnist\.npz: its SHA-256 is \w+…, not 06af"
    ):
        load_mnist()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_folder_of_idx_files(tmp_path, arrays, zipped):
    data = load_dataset(write_folder(tmp_path, arrays, zipped=zipped))
    for name, array in arrays.items():
        np.testing.assert_array_equal(data[name], array)
    assert (data.image_shape, data.classes) == ((13, 15), 3)


def test_an_npz(tmp_path, arrays):
    np.savez(tmp_path / "d.npz", **arrays)
    np.savez_compressed(tmp_path / "c.npz", **arrays)
    plain, compressed = load_dataset(tmp_path / "d.npz"), load_dataset(str(tmp_path / "c.npz"))
    np.testing.assert_array_equal(plain.x_test, arrays["x_test"])
    assert plain.sha256 == compressed.sha256


def test_the_checksum_is_of_the_arrays_not_of_the_file(tmp_path, arrays):
    data = load_dataset(write_folder(tmp_path, arrays))
    arrays["x_train"][0, 0, 0] ^= 1
    assert data.sha256 != load_dataset(write_folder(tmp_path, arrays)).sha256


def test_no_path_is_mnist(mnist):
    assert load_dataset().sha256 == mnist.sha256


# Damage: what is done to a good folder, what the one line says.

IMAGES, LABELS = FILES["x_train"], FILES["y_train"]
BAD_FOLDERS = {
    "lacks a file": (lambda f: (f / LABELS).unlink(), rf"lacks {LABELS} \(or {LABELS}\.gz\)"),
    "truncated": (
        lambda f: cut(f / IMAGES, -10),
        rf"{IMAGES}: is truncated: 2330 bytes .* 2340",
    ),
    "over-long": (lambda f: add(f / IMAGES, b"xy"), rf"{IMAGES}: is too long: 2342 bytes"),
    "empty": (lambda f: (f / IMAGES).write_bytes(b""), "starts with nothing"),
    "header only": (lambda f: cut(f / IMAGES, 8), "ends within its header; 16 bytes or more"),
    "wrong magic": (
        lambda f: replace(f / IMAGES, b"\0\0\x0d\3"),
        "starts with 00 00 0d 03, which is not the magic number 00 00 08 03",
    ),
    "labels as images": (
        lambda f: (f / IMAGES).write_bytes((f / LABELS).read_bytes()),
        "starts with 00 00 08 01",
    ),
    "no gzip": (
        lambda f: (f / LABELS).rename(f / f"{LABELS}.gz"),
        r"\.gz: cannot be read \(Not a gzipped file",
    ),
}


def cut(path, end):
    path.write_bytes(path.read_bytes()[:end])


def add(path, more):
    path.write_bytes(path.read_bytes() + more)


def replace(path, start):
    path.write_bytes(start + path.read_bytes()[len(start) :])


@pytest.mark.parametrize("damage", BAD_FOLDERS)
def test_a_damaged_folder_is_refused_in_one_line(tmp_path, arrays, damage):
    write_folder(tmp_path, arrays)
    do, message = BAD_FOLDERS[damage]
    do(tmp_path)
    with pytest.raises(actbench.RequestError, match=message) as refusal:
        load_dataset(tmp_path)
    assert str(refusal.value).startswith(str(tmp_path))
    assert "\n" not in str(refusal.value)


# What does not fit together, in any form.

MISFITS = {
    "counts": (lambda a: a | {"y_train": a["y_train"][:-1]}, "12 images, y_train 11 labels"),
    "sizes": (
        lambda a: a | {"x_test": a["x_test"][:, 1:]},
        "images are 13×15, test images 12×15",
    ),
    "stray label": (
        lambda a: a | {"y_train": np.r_[a["y_train"][:-1], np.uint8(200)]},
        "training label 200 is out of range: y_train has 4 different labels, so 0…3",
    ),
    "unseen label": (
        lambda a: a | {"y_test": a["y_test"] + np.uint8(1)},
        "test label 3 is out of range: y_train has 0…2",
    ),
    "one class": (lambda a: a | {"y_train": 0 * a["y_train"]}, "one class only"),
    "no images": (
        lambda a: a | {"x_train": a["x_train"][:0], "y_train": a["y_train"][:0]},
        "none of them 0, would be right",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
@pytest.mark.parametrize("form", ["folder", "npz"])
def test_arrays_that_do_not_fit_are_refused(tmp_path, arrays, misfit, form):
    change, message = MISFITS[misfit]
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
        (lambda a: a | {"x_train": a["x_train"].astype(np.float32)}, "x_train is float32"),
        (lambda a: a | {"y_train": a["y_train"].astype(np.int64) - 1}, "y_train is int64"),
        (lambda a: a | {"x_test": a["x_test"][..., None]}, r"shape \(6, 13, 15, 1\)"),
        (
            lambda a: a | {"y_test": a["y_test"].astype(object)},
            "y_test cannot be read .*pickle",
        ),
        (lambda a: {k: v for k, v in a.items() if k != "y_test"}, "lacks y_test; an .npz with"),
    ],
    ids=["floats", "signed labels", "four axes", "objects", "missing"],
)
def test_an_npz_of_another_form_is_refused(tmp_path, arrays, change, message):
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


def test_files_that_are_no_data_are_refused(tmp_path, arrays):
    with pytest.raises(actbench.RequestError, match="nowhere: not found; a folder of IDX"):
        load_dataset(tmp_path / "nowhere")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(actbench.RequestError, match=r"text\.npz: is not an \.npz archive"):
        load_dataset(tmp_path / "text.npz")
    path = tmp_path / "cut.npz"
    np.savez(path, **arrays)
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo("x_train.npy").header_offset
    content = bytearray(path.read_bytes())
    content[offset + 500] ^= 0xFF  # the archive's own CRC notices
    path.write_bytes(content)
    with pytest.raises(actbench.RequestError, match="x_train cannot be read"):
        load_dataset(path)


def test_a_class_without_training_images_is_no_stray_label(tmp_path, arrays):
    arrays["y_train"] = arrays["y_train"] + np.uint8(1)  # as EMNIST's letters, from 1
    np.savez(tmp_path / "d.npz", **arrays)
    assert load_dataset(tmp_path / "d.npz").classes == 4


# Steps before training


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
def test_scaling(x):
    scaled = scale(x)
    assert scaled.dtype == np.float32
    assert scaled.shape == (*x.shape, 1)
    np.testing.assert_array_equal(np.rint(scaled[..., 0] * 255), x)
    assert 0 <= scaled.min() <= scaled.max() <= 1


@given(labels=st.lists(st.integers(0, 9), min_size=1))
def test_one_hot(labels):
    rows = one_hot(np.array(labels), classes=10)
    assert rows.shape == (len(labels), 10)
    np.testing.assert_array_equal(rows.argmax(axis=1), labels)
    np.testing.assert_array_equal(rows.sum(axis=1), 1)


@given(x=images, data=st.data())
def test_a_validation_split_loses_and_repeats_nothing(x, data):
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
