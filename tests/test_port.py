"""`actbench port`: files, data, tolerances, errors of activations, and a model in LiteRT."""

import json
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

import actbench
from actbench.cli import main
from actbench.deployment.porting.activation_errors import float_error, int8_error
from actbench.deployment.porting.data import load_data
from actbench.deployment.porting.model_comparison import compare_models
from actbench.deployment.porting.model_file import kind_of
from actbench.deployment.porting.places import Quantization
from actbench.deployment.porting.replacement import table_replacement
from actbench.deployment.porting.runtimes import quantize
from actbench.deployment.porting.targets import chosen_targets
from actbench.deployment.porting.tolerance import FLOAT, INT8, parse_tolerance
from actbench.deployment.quantisation.grid import grid_of_range, parse_range
from actbench.errors import RequestError

CODES = np.arange(-128, 128).astype(np.int8)
GRID = Quantization(0.0625, 0)


def write_archive(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("config.json", "metadata.json", "model.weights.h5"), "keras"),
        (("m/models/model.json", "m/data/weights/weight_0"), "torch"),
    ],
)
def test_archives_are_told_apart_by_their_content(names, kind, tmp_path):
    write_archive(tmp_path / "model", *names)
    assert kind_of(tmp_path / "model") == kind


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "an empty file"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"PK\x03\x04 no archive", "a damaged archive"),
        (b"\x1c\x00\x00\x00TFL3", "another kind of file"),
        (b"text", "another kind of file"),
    ],
)
def test_other_files_are_refused(content, got, tmp_path, capsys):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    assert main(["port", str(path)]) == 2
    error = capsys.readouterr().err
    assert f"got {got}" in error
    assert error.count("\n") == 1


def test_a_missing_file_and_pickled_objects_are_refused(tmp_path):
    with pytest.raises(RequestError, match="got no such path"):
        kind_of(tmp_path / "nowhere.keras")
    write_archive(tmp_path / "model.pt", "archive/data.pkl", "archive/version")
    with pytest.raises(RequestError, match="got pickled objects of torch"):
        kind_of(tmp_path / "model.pt")


@pytest.mark.parametrize(
    ("to", "kind", "message"),
    [
        ("onnxrt", "keras", "did you mean onnxruntime"),
        ("litert", "onnx", "expected a Keras model"),
        ("", "keras", "expected names of runtimes"),
    ],
)
def test_wrong_targets_are_refused(to, kind, message):
    with pytest.raises(RequestError, match=message):
        chosen_targets(to, kind)


def test_a_runtime_that_is_not_installed_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr("actbench.deployment.packages.installed", lambda _: False)
    with pytest.raises(RequestError, match="try python -m pip install ai-edge-litert"):
        chosen_targets("litert", "keras")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"inputs": np.zeros((2, 3))}, "got no x"),
        ({"x": np.zeros((2, 4))}, r"x: expected shape \(N, 3\), got \(2, 4\)"),
        ({"x": np.zeros((0, 3))}, r"got \(0, 3\)"),
        ({"x": np.full((2, 3), np.nan)}, "got NaN or infinity"),
        ({"x": np.zeros((2, 3)), "y": np.zeros(3, int)}, "y: expected 2 integers"),
        ({"x": np.zeros((2, 3)), "y": np.zeros(2)}, "y: expected 2 integers"),
    ],
)
def test_data_that_do_not_fit_are_refused(arrays, message, tmp_path):
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(RequestError, match=message):
        load_data(tmp_path / "data.npz", (3,))


def test_without_data_only_images_of_mnist_are_known():
    with pytest.raises(RequestError, match="--data: expected an"):
        load_data(None, (3,))


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf%", "1%%"])
def test_wrong_tolerances_are_refused(text):
    with pytest.raises(RequestError, match="--tolerance: expected"):
        parse_tolerance(text)


def test_models_fall_short_by_difference_by_accuracy_and_by_nan():
    original = np.eye(4)[[0, 1, 2, 3] * 25]
    labels = original.argmax(axis=1)
    changed = original.copy()
    changed[:2] = np.eye(4)[3]
    same, worse = (compare_models(original, b, labels) for b in (original, changed))
    assert FLOAT.excess(same) is None
    assert INT8.excess(same) is None
    assert same.accuracies is not None
    assert worse.accuracies is not None
    assert list(same.accuracies.interval) == [0, 0]
    assert "outputs differ by 1" in str(FLOAT.excess(worse))
    assert "lost accuracy 2.00%" in str(INT8.excess(worse))
    assert worse.accuracies.original_only == 2
    assert parse_tolerance("2%").excess(worse) is None
    unlabelled = compare_models(original, changed, None)
    assert "share of other top classes 2.00%" in str(INT8.excess(unlabelled))
    changed[0] = np.nan
    assert "NaN" in str(FLOAT.excess(compare_models(original, changed, labels)))


def test_errors_of_activations_are_found():
    elu = actbench.get("elu")
    x = np.linspace(-3, 3, 1001, dtype=np.float32)
    right = elu(x)
    wrong, missing = right.copy(), right.copy()
    wrong[500] += 1e-3
    missing[7] = np.nan
    exact, shifted, undefined = (float_error(elu, x, y) for y in (right, wrong, missing))
    assert exact is not None
    assert shifted is not None
    assert undefined is not None
    assert exact.conforms
    assert shifted.absolute == pytest.approx(1e-3)
    assert not shifted.conforms
    assert (undefined.size, undefined.got, undefined.x) == (None, None, float(x[7]))
    assert not undefined.conforms


def test_errors_of_int8_are_steps_of_the_best_result():
    elu = actbench.get("elu")
    table = quantize(elu((CODES * GRID.scale).astype(np.float64)), GRID)
    assert int8_error(elu, CODES, table, GRID, GRID).size == 0
    table[20] += 3
    found = int8_error(elu, CODES, table, GRID, GRID)
    assert (found.size, found.x, found.conforms) == (3, (20 - 128) * GRID.scale, False)


def test_a_network_is_ported_to_all_installed_runtimes(tmp_path, capsys):
    if find_spec("ai_edge_litert") is None:
        pytest.skip("LiteRT (ai-edge-litert) is not installed")
    import keras

    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(8, activation="elu"), keras.layers.Dense(2)]
    )
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x)
    words = ["port", str(tmp_path / "model.keras"), "--data", str(tmp_path / "data.npz")]
    words += ["--to", "litert", "--store", str(tmp_path / "store"), "--json"]
    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    (target,) = printed["targets"]
    assert target["falls_short"] is None
    (activation,) = target["activations"]
    assert activation["record"] == "elu(alpha=1)"
    assert activation["occurring"]["count"] == 64 * 8
    assert json.loads((tmp_path / "store" / "port" / "model.keras.json").read_text()) == printed
    assert main([*words, "--tolerance", "0"]) == 1


@pytest.mark.parametrize(
    ("of_input", "of_output"),
    [
        (Quantization(0.5, 0), Quantization(1, 0)),
        (Quantization(0.011120172, 6), Quantization(0.01087687, -3)),
        (Quantization(0.017686, -11), Quantization(0.0160587, -128)),
        (Quantization(1.0, 127), Quantization(0.0039215, -128)),
    ],
)
def test_the_table_of_a_replacement_has_the_grids_of_the_model(of_input, of_output):
    words = table_replacement(actbench.get("selu"), of_input, of_output).split()
    for word, grid in zip(words[-2:], (of_input, of_output), strict=True):
        made = grid_of_range(*parse_range(word.partition("=")[2]))
        assert made.scale == pytest.approx(grid.scale, rel=1e-6)
        assert made.zero_point == grid.zero_point
