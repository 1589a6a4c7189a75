"""Registration with Keras: saved models load, also those of earlier versions."""

import contextlib
import json
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest

import actbench
from actbench.keras import PReLU, Trainable, VectorLayer
from actbench.keras.constraints import Within
from actbench.keras.tensors import Evaluation

LOAD = """
import sys
import {imports}
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(1)  # fails if TensorFlow has started
import keras
model = keras.models.load_model(sys.argv[1])
value = model(keras.ops.ones((1, 3)))
print(keras.activations.get("actbench>silu"), model.layers[1].activation, float(value[0, 0]))
"""


def run(program, *arguments):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


# The rule is stated in actbench/keras/__init__.py.
@pytest.mark.parametrize("imports", ["actbench.keras", "keras, actbench"])
def test_a_new_process_loads_a_trained_model_after_its_imports(tmp_path, imports):
    inputs = keras.Input((3,))
    swish = keras.layers.Dense(4, activation=actbench.get("swish", beta=1.5))
    x = Trainable("swish")(PReLU()(swish(inputs)))
    x = keras.layers.Dense(1)(actbench.get("tanh").derivative(x))
    model = keras.Model(inputs, x)
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    losses = model.fit(x, x.sum(axis=1), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    path = tmp_path / "model.keras"
    model.save(path)
    by_name, activation, value = run(LOAD.format(imports=imports), path).split()
    assert by_name == "swish(beta=1)"
    assert activation == "swish(beta=1.5)"
    assert float(value) == pytest.approx(float(model(np.ones((1, 3)))[0, 0]), rel=1e-6)


def test_a_model_that_was_never_called_is_saved_with_registered_names():
    program = """
import actbench, keras
functions = [actbench.get("mish"), actbench.from_formula("x * x"), actbench.get_vector("glu")]
layers = [keras.layers.Activation(function) for function in functions]
print([keras.saving.serialize_keras_object(layer) for layer in layers])
"""
    output = run(program)
    for name in ("Mish", "FormulaActivation", "Glu"):
        assert f"'actbench>{name}'" in output


def keras_object(name, config, **more):
    # The module is of version 0.1.0; Keras does not use it for registered classes.
    return {
        "module": "actbench.frameworks.layers",
        "class_name": name,
        "config": config,
        "registered_name": f"actbench>{name}",
        **more,
    }


# Each from `keras.saving.serialize_keras_object` of actbench 0.1.0 with Keras 3.15.
FLOAT32 = {
    "module": "keras",
    "class_name": "DTypePolicy",
    "config": {"name": "float32"},
    "registered_name": None,
}
CONSTANT = {
    "module": "keras.initializers",
    "class_name": "Constant",
    "config": {"value": 1.0},
    "registered_name": None,
}
TRAINABLE = keras_object(
    "Trainable",
    {
        "name": "elu",
        "trainable": True,
        "dtype": FLOAT32,
        "activation": keras_object("Elu", {"alpha": 1.0}),
        "trained": ["alpha"],
        "shared_axes": None,
        "initializer": {"alpha": CONSTANT},
        "regularizer": {"alpha": None},
        "constraint": {"alpha": keras_object("Within", {"least": 0, "most": float("inf")})},
    },
    build_config={"input_shape": [None, 3]},
)
PRELU = keras_object(
    "PReLU",
    {
        "name": "prelu",
        "trainable": True,
        "dtype": FLOAT32,
        "alpha_initializer": CONSTANT,
        "alpha_regularizer": None,
        "alpha_constraint": None,
        "shared_axes": [1, 2],
    },
    build_config={"input_shape": [None, 5, 5, 2]},
)
EVALUATION = keras_object(
    "Evaluation", {"activation": keras_object("Tanh", {}), "order": 1, "name": "slope"}
)


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        (keras_object("Swish", {"beta": 2.0}), actbench.get("swish", beta=2)),
        (
            keras_object(
                "FormulaActivation", {"text": "x + a * sin(x)", "settings": [["a", 2.0]]}
            ),
            actbench.from_formula("x + a * sin(x)", a=2),
        ),
        (
            keras_object("CallableActivation", {"target": "numpy:cosh"}),
            actbench.get("numpy:cosh"),
        ),
        (keras_object("Sparsemax", {"axis": -1}), actbench.get_vector("sparsemax")),
    ],
    ids=lambda case: str(case) if not isinstance(case, dict) else case["class_name"],
)
def test_activations_saved_by_version_0_1_load_and_are_saved_alike(saved, expected):
    loaded = keras.saving.deserialize_keras_object(saved, safe_mode=False)
    assert loaded == expected
    again = keras.saving.serialize_keras_object(loaded)
    assert {**again, "module": saved["module"]} == saved


def test_layers_saved_by_version_0_1_load():
    trainable, prelu, evaluation = (
        keras.saving.deserialize_keras_object(json.loads(json.dumps(saved)))
        for saved in (TRAINABLE, PRELU, EVALUATION)
    )
    assert type(trainable) is Trainable
    assert trainable.activation == actbench.get("elu")
    assert trainable.parameters["alpha"].shape == (3,)
    assert type(trainable.constraint["alpha"]) is Within
    assert trainable.constraint["alpha"].least == 0
    assert type(prelu) is PReLU
    assert prelu.alpha.shape == (1, 1, 2)
    assert type(evaluation) is Evaluation
    x = np.array([-0.5, 2.0], np.float32)
    expected = actbench.get("tanh").derivative(x)
    np.testing.assert_allclose(evaluation(x), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [PReLU, Trainable, Within, Evaluation])
def test_registered_names_do_not_change(kind):
    assert keras.saving.get_registered_name(kind) == f"actbench>{kind.__name__}"


EVIL = """
from pathlib import Path
Path({marker!r}).write_text("imported")
def f(x):
    return x
"""


def planted(config, text):
    """Return copies of a configuration, each with a text in place of one string."""
    if isinstance(config, str):
        yield text
    elif isinstance(config, dict):
        for key, value in config.items():
            yield from ({**config, key: each} for each in planted(value, text))
    elif isinstance(config, list):
        for i, value in enumerate(config):
            yield from ([*config[:i], each, *config[i + 1 :]] for each in planted(value, text))


def saved_objects():
    layers = [
        Trainable("swish"),
        PReLU(),
        VectorLayer("glu"),
        keras.layers.Dense(2, activation=actbench.get("mish")),
        keras.layers.Activation(actbench.from_formula("x * tanh(a * x)", a=2)),
        Evaluation(actbench.get("tanh"), 1),
        Within(0.0, 1.0),
    ]
    return [keras.saving.serialize_keras_object(layer) for layer in layers] + [
        keras_object("CallableActivation", {"target": "numpy:cosh"}),
        {
            **keras_object("Trainable", TRAINABLE["config"]),
            "config": {**TRAINABLE["config"], "activation": "swish"},
        },
    ]


@pytest.mark.parametrize("saved", saved_objects(), ids=lambda saved: saved["class_name"])
def test_no_string_of_a_saved_model_makes_the_safe_mode_import_a_module(
    saved, tmp_path, monkeypatch
):
    marker = tmp_path / "marker"
    (tmp_path / "evil.py").write_text(EVIL.format(marker=str(marker)))
    monkeypatch.syspath_prepend(tmp_path)
    for text in ("evil:f", "evil", "evil.f"):
        for config in planted(saved, text):
            with contextlib.suppress(Exception):
                keras.saving.deserialize_keras_object(config)
            assert not marker.exists(), config
    assert "evil" not in sys.modules


def test_a_user_function_loads_if_it_is_registered_or_the_file_is_trusted(
    tmp_path, monkeypatch
):
    (tmp_path / "kept_function.py").write_text("def f(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    layer = keras.layers.Activation(actbench.get("kept_function:f"))
    model = keras.Sequential([keras.Input((2,)), layer])
    model.save(tmp_path / "model.keras")
    assert keras.models.clone_model(model).layers[0].activation == layer.activation
    registered = keras.saving.get_custom_objects().pop("kept_function:f")
    load = partial(keras.models.load_model, tmp_path / "model.keras")
    with pytest.raises(Exception, match=r"expected a registered function, got none"):
        load()
    for options in ({"custom_objects": {"kept_function:f": registered}}, {"safe_mode": False}):
        assert load(**options)(np.ones((1, 2))).numpy().tolist() == [[2, 2]]
