"""A reader's own functions: by import path, by formula, as plug-ins."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.activations.user_functions import plug_ins
from actbench.cli import main

MODULE = '''
from dataclasses import dataclass

import actbench
from actbench.activations.record import Activation, parameter


def cube(x):
    return x * x * x


cube.derivative = lambda x: 3 * x * x


def magnitude(x):  # without a derivative
    return abs(x)


def fails(x):
    raise RuntimeError("always")


class Unfinished(Activation):
    """A record that lacks everything."""


def total(x):
    return x.sum()


@dataclass(frozen=True)
class Cubed(Activation):
    """Scaled cube, f(x) = s · x³."""

    scale: float = parameter(2.0, symbol="s", meaning="scale")

    name = "cubed"
    formula = "scale * x**3"
    source = "a test"
    year = 2026

    def compute_value(self, ops, x):
        return self.scale * x * x * x


made = actbench.from_formula("x * tanh(x)")
number = 3
'''


@pytest.fixture(scope="module", autouse=True)
def own_package(tmp_path_factory):
    """A module of a reader's own, and one that fails when it is imported."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_functions.py").write_text(MODULE)
    (folder / "own_broken.py").write_text("raise OSError('no such device\\nat all')")
    info = folder / "own_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[actbench.activations]\n"
        "cubed = own_functions:Cubed\n"
        "cube = own_functions:cube\n"
        "three = own_functions:number\n"
        "magnitude = own_functions:magnitude\n"
        "fails = own_functions:fails\n"
        "unfinished = own_functions:Unfinished\n"
        "broken = own_broken:anything\n"
    )
    sys.path.insert(0, str(folder))
    plug_ins.cache_clear()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        plug_ins()
    yield [str(warning.message) for warning in said]
    sys.path.remove(str(folder))
    plug_ins.cache_clear()


X = np.array([-2.0, 0.0, 0.5])


def test_a_callable_is_an_activation_as_far_as_it_goes():
    cube = actbench.get("own_functions:cube")
    np.testing.assert_array_equal(cube(X), X**3)
    np.testing.assert_array_equal(cube.derivative(X), 3 * X**2)
    assert cube(X.astype(np.float16)).dtype == np.float16
    assert cube == actbench.get("own_functions:cube")
    assert hash(cube) == hash(actbench.get("own_functions:cube"))
    assert cube.formula is None
    assert type(cube).from_config(cube.get_config()) == cube
    with pytest.raises(actbench.RequestError, match="its second derivative is not known"):
        cube.second_derivative(X)
    tensor = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = cube(tensor)
    np.testing.assert_array_equal(tape.gradient(value, tensor), 3 * X**2)


def test_a_record_and_an_activation_are_taken_as_they_are():
    assert actbench.get("own_functions:Cubed", scale=3)(X).tolist() == (3 * X**3).tolist()
    assert actbench.get("own_functions:made").formula == "x * tanh(x)"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_functions:nothing", "own_functions has no 'nothing'"),
        ("own_functions:", "pkg.module:attribute would be right"),
        ("own_functions:a b", "pkg.module:attribute would be right"),
        ("own_nowhere:f", "'own_nowhere' cannot be imported .ModuleNotFoundError"),
        ("own_broken:f", "'own_broken' cannot be imported .OSError: no such device"),
        ("own_functions:number", "is int; an Activation or a callable would be right"),
    ],
)
def test_what_is_not_there_is_one_clear_line(name, message, capsys):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.get(name)
    assert main(["show", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_functions_that_are_not_elementwise_or_fail_are_refused():
    with pytest.raises(actbench.RequestError, match="an elementwise function would be right"):
        actbench.get("own_functions:total")(X)
    with pytest.raises(actbench.RequestError, match=r"fails on an array .TypeError"):
        actbench.get("math:cosh")(X)
    with pytest.raises(actbench.RequestError, match="'a': own_functions:cube takes none"):
        actbench.get("own_functions:cube", a=1)
    with pytest.raises(actbench.RequestError, match="'a': own_functions:Cubed takes scale"):
        actbench.get("own_functions:Cubed", a=1)


def test_plug_ins_are_names_and_one_that_fails_is_reported_and_skipped(own_package):
    assert {"cubed", "cube"} <= set(actbench.names())
    assert not {"three", "broken", "fails", "unfinished"} & set(actbench.names())
    assert actbench.get("cubed", scale=1)(2.0) == 8
    assert len(own_package) == 4
    assert all("is skipped" in line and "\n" not in line for line in own_package)


def test_the_command_says_in_one_line_each_which_plug_ins_are_skipped(own_package):
    folder = str(Path(str(sys.modules["own_functions"].__file__)).parent)
    done = subprocess.run(
        [sys.executable, "-m", "actbench", "list", "--family", "shrinkage"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": folder},
    )
    assert done.stderr.splitlines() == [f"actbench: {line}" for line in own_package]
    assert "soft_shrink" in done.stdout


def test_list_goes_on_where_a_plug_ins_facts_are_not_known(capsys):
    for options in ([], ["--monotone"], ["--json"], ["--smooth"]):
        assert main(["list", *options]) == 0
        assert "cubed" in capsys.readouterr().out
    assert actbench.get("magnitude").smooth is None
    assert main(["show", "magnitude"]) == 0


def test_without_a_derivative_the_gradient_is_tensorflows():
    tensor = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = actbench.get("own_functions:magnitude")(tensor)
    np.testing.assert_array_equal(tape.gradient(value, tensor), np.sign(X))


def test_abstract_records_are_refused():
    for name in ("actbench.activations.record:Activation", "own_functions:Unfinished"):
        with pytest.raises(actbench.RequestError, match="is no whole record"):
            actbench.get(name)
    with pytest.raises(actbench.RequestError, match="cannot be made"):
        actbench.get("actbench.activations.formula_activation:FormulaActivation")


@pytest.mark.parametrize("name", ["own_functions:cube", "own_functions:Cubed", "formula:x**3"])
def test_show_says_what_is_known(name, capsys):
    assert main(["show", name]) == 0
    assert "●" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("formula:x * sin(a * x)", {"a": 2.0}), ("own_functions:cube", {}), ("cubed", {})],
)
def test_own_functions_train_save_and_load(name, parameters, tmp_path):
    activation = actbench.get(name, **parameters)
    custom = None
    if name == "cubed":  # a plug-in's record, registered when Keras was imported without it
        custom = {"Cubed": type(activation)}
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=activation)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    model.fit(x, x[:, :2], verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects=custom)
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
    assert again.layers[0].activation == activation
