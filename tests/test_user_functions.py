"""User functions: by import path, by formula, as plug-ins."""

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


def magnitude(x):  # has no derivative
    return abs(x)


def fails(x):
    raise RuntimeError("always")


class Unfinished(Activation):
    """A record without a name, a formula and a source."""


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
def plug_in_warnings(tmp_path_factory):
    """Install a package with plug-ins and a broken module; return the plug-in warnings."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "user_module.py").write_text(MODULE)
    (folder / "user_broken.py").write_text("raise OSError('no such device\\nat all')")
    info = folder / "user_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: user-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[actbench.activations]\n"
        "cubed = user_module:Cubed\n"
        "cube = user_module:cube\n"
        "three = user_module:number\n"
        "magnitude = user_module:magnitude\n"
        "fails = user_module:fails\n"
        "unfinished = user_module:Unfinished\n"
        "broken = user_broken:anything\n"
    )
    sys.path.insert(0, str(folder))
    plug_ins.cache_clear()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        plug_ins()
    yield [str(warning.message) for warning in warned]
    sys.path.remove(str(folder))
    plug_ins.cache_clear()


X = np.array([-2.0, 0.0, 0.5])


def test_a_callable_is_an_activation_with_the_derivatives_that_it_has():
    cube = actbench.get("user_module:cube")
    np.testing.assert_array_equal(cube(X), X**3)
    np.testing.assert_array_equal(cube.derivative(X), 3 * X**2)
    assert cube(X.astype(np.float16)).dtype == np.float16
    assert cube == actbench.get("user_module:cube")
    assert hash(cube) == hash(actbench.get("user_module:cube"))
    assert cube.formula is None
    assert type(cube).from_config(cube.get_config()) == cube
    with pytest.raises(
        actbench.RequestError,
        match="expected a callable attribute 'second_d",
    ):
        cube.second_derivative(X)
    tensor = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = cube(tensor)
    np.testing.assert_array_equal(tape.gradient(value, tensor), 3 * X**2)


def test_records_and_activations_are_found_by_location():
    assert actbench.get("user_module:Cubed", scale=3)(X).tolist() == (3 * X**3).tolist()
    assert actbench.get("user_module:made").formula == "x * tanh(x)"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("user_module:nothing", "expected an attribute of user_module, got 'nothing'"),
        ("user_module:", "expected pkg.module:attribute, got 'user_module:'"),
        ("user_module:a b", "expected pkg.module:attribute, got 'user_module:a b'"),
        (
            "user_missing:f",
            "'user_missing' that can be imported, got ModuleNotFoundError",
        ),
        ("user_broken:f", "'user_broken' that can be imported, got OSError: no such device$"),
        ("user_module:number", "expected an activation, a record or a callable, got int"),
    ],
)
def test_a_wrong_location_gives_an_error_of_one_line(name, message, capsys):
    with pytest.raises(actbench.RequestError, match=message):
        actbench.get(name)
    assert main(["show", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_functions_that_fail_or_are_not_elementwise_raise_an_error():
    with pytest.raises(actbench.RequestError, match="an elementwise function, got shape"):
        actbench.get("user_module:total")(X)
    with pytest.raises(actbench.RequestError, match="a function of arrays, got TypeError"):
        actbench.get("math:cosh")(X)
    with pytest.raises(actbench.RequestError, match="user_module:cube: expected none, got 'a'"):
        actbench.get("user_module:cube", a=1)
    with pytest.raises(actbench.RequestError, match="Cubed: expected scale, got 'a'"):
        actbench.get("user_module:Cubed", a=1)


def test_plug_ins_have_names_and_failing_ones_are_skipped_with_a_warning(plug_in_warnings):
    assert {"cubed", "cube"} <= set(actbench.names())
    assert not {"three", "broken", "fails", "unfinished"} & set(actbench.names())
    assert actbench.get("cubed", scale=1)(2.0) == 8
    assert len(plug_in_warnings) == 4
    assert all("is skipped" in line and "\n" not in line for line in plug_in_warnings)


def test_the_command_prints_one_line_for_each_skipped_plug_in(plug_in_warnings):
    folder = str(Path(str(sys.modules["user_module"].__file__)).parent)
    done = subprocess.run(
        [sys.executable, "-m", "actbench", "list", "--family", "shrinkage"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": folder},
    )
    assert done.stderr.splitlines() == [f"actbench: {line}" for line in plug_in_warnings]
    assert "soft_shrink" in done.stdout


def test_list_includes_plug_ins_with_unknown_properties(capsys):
    for options in ([], ["--monotone"], ["--json"], ["--smooth"]):
        assert main(["list", *options]) == 0
        assert "cubed" in capsys.readouterr().out
    assert actbench.get("magnitude").smooth is None
    assert main(["show", "magnitude"]) == 0


def test_without_a_derivative_tensorflow_differentiates_the_function():
    tensor = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = actbench.get("user_module:magnitude")(tensor)
    np.testing.assert_array_equal(tape.gradient(value, tensor), np.sign(X))


def test_incomplete_records_raise_an_error():
    for name in ("actbench.activations.record:Activation", "user_module:Unfinished"):
        with pytest.raises(actbench.RequestError, match="expected a complete record, got one "):
            actbench.get(name)
    with pytest.raises(actbench.RequestError, match="expected a record with defaults for "):
        actbench.get("actbench.activations.formula_activation:FormulaActivation")


@pytest.mark.parametrize("name", ["user_module:cube", "user_module:Cubed", "formula:x**3"])
def test_show_draws_user_functions(name, capsys):
    assert main(["show", name]) == 0
    assert "●" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("formula:x * sin(a * x)", {"a": 2.0}), ("user_module:cube", {}), ("cubed", {})],
)
def test_user_functions_train_save_and_load(name, parameters, tmp_path):
    activation = actbench.get(name, **parameters)
    custom = None
    if name == "cubed":  # Keras was imported before this plug-in was installed
        custom = {"Cubed": type(activation)}
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation=activation)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    model.fit(x, x[:, :2], verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects=custom)
    np.testing.assert_array_equal(model.predict(x, verbose=0), again.predict(x, verbose=0))
    assert again.layers[0].activation == activation
