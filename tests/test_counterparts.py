"""The table of counterparts, compared with the installed frameworks."""

import dataclasses
import zlib
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS, calls_of, counterparts_of
from actbench.activations.vector import VECTOR_RECORDS
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed
from tests.conftest import FULL

RECORDS_BY_NAME: dict[str, Any] = {
    **{record.name: record for record in RECORDS},
    **{record.name: record for record in VECTOR_RECORDS},
}
COUNTERPARTS = [
    (record, counterpart)
    for record in RECORDS_BY_NAME.values()
    for counterpart in record.counterparts
]


@pytest.mark.parametrize(
    ("record", "counterpart"),
    COUNTERPARTS,
    ids=[f"{record.name}-{counterpart.name}" for record, counterpart in COUNTERPARTS],
)
def test_the_table_agrees_with_the_installed_framework(record, counterpart):
    package = counterparts.PACKAGES[counterpart.name.partition(".")[0]]
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    measure = (
        counterparts.measured_row if record in RECORDS else counterparts.measured_vector_row
    )
    measured = measure(record, counterpart)
    known = [
        row
        for row in counterparts_of(record.name)
        if row.name == counterpart.name
        and row.fixed == dict(counterpart.fixed)
        and row.backend.partition(" ")[0] == measured.backend.partition(" ")[0]
    ]
    advice = "update the table with python -m actbench.frameworks.counterparts"
    assert known, f"{counterpart.name} on {measured.backend} is not in the table; {advice}"
    # The installed version may differ from the one in the table if it behaves alike.
    expected, found = (
        (row.parameters, row.defaults, row.formula, row.kinks, row.wrong, row.agrees, row.note)
        for row in (known[-1], measured)
    )
    assert found == expected, advice


def parameters_of(kind, rng):
    """Return random parameters within their domains, half of them the defaults."""
    chosen = {}
    for f in dataclasses.fields(kind):
        domain = f.metadata["domain"]
        size = 10 ** rng.uniform(-1, 0.7)
        candidates = [f.default, f.default + size, f.default - size, size, -size]
        chosen[f.name] = float(rng.choice([c for c in candidates if c in domain]))
    return chosen


def random_activations(kind, count):
    rng = np.random.default_rng(zlib.crc32(kind.name.encode()))
    while count:
        try:
            yield kind(**parameters_of(kind, rng))
            count -= 1
        except actbench.RequestError:  # such as lower > upper
            continue


@pytest.mark.parametrize(
    "kind",
    [kind for kind in RECORDS if kind.counterparts],
    ids=lambda kind: kind.name,
)
def test_every_shown_call_computes_the_function_at_any_parameters(kind):
    x = np.linspace(-6, 6, 97, dtype=np.float32)
    for activation in random_activations(kind, 30 if FULL else 3):
        for found in calls_of(activation):
            package = counterparts.PACKAGES[found.row.name.partition(".")[0]]
            library = found.row.backend.partition(" ")[0]
            if not installed(package) or counterparts.backend(package) != library:
                continue
            # The label of a function without a parameter states its value.
            computed = dataclasses.replace(activation, **found.lacking)
            function = counterparts.bind(found.row.name, found.arguments)
            value, _ = counterparts.value_and_derivative_at(function, x, library)
            np.testing.assert_allclose(
                value, computed(x), rtol=1e-4, atol=1e-5, err_msg=found.call
            )
            assert found.lacking or found.row.agrees


def test_a_call_states_parameters_missing_arguments_and_versions(monkeypatch):
    calls = {found.row.name: found for found in calls_of(actbench.get("elu", alpha=1.3))}
    assert calls["keras.activations.elu"].call == "keras.activations.elu(alpha=1.3)"
    assert not calls["keras.activations.elu"].measured
    assert calls["tf.nn.elu"].lacking == {"alpha": 1.0}
    third = actbench.get("elu", alpha=1 / 3)
    assert f"alpha={1 / 3!r}" in calls_of(third)[0].call
    versions = dict.fromkeys(FRAMEWORKS) | {"keras": keras.__version__, "tensorflow": "99.1"}
    monkeypatch.setattr(
        "actbench.activations.counterparts.installed_version", lambda name: versions[name]
    )
    places = {found.row.name: found.place for found in calls_of(actbench.get("elu"))}
    assert places["tf.nn.elu"].startswith("tensorflow 99.1 (measured with 2.")
    assert places["torch.nn.functional.elu"].endswith(" (not installed)")
    softmax = actbench.get_vector("softmax", axis=0)
    calls = {found.row.name: found for found in calls_of(softmax)}
    assert calls["torch.nn.functional.softmax"].call == "torch.nn.functional.softmax(dim=0)"
    assert calls["tf.nn.softmax"].lacking == {"axis": -1}


def test_every_framework_has_rows_and_every_row_has_a_record():
    table = counterparts_of()
    assert {row.framework for row in table} == set(FRAMEWORKS)
    assert {row.function for row in table} <= set(RECORDS_BY_NAME)
    for row in table:
        record = RECORDS_BY_NAME[row.function]
        assert row.name in {counterpart.name for counterpart in record.counterparts}
        assert row.version
        assert len(row.kinks) == len({x for x, _ in row.kinks})
    keys = {(r.function, r.backend, r.name, str(r.fixed), r.version) for r in table}
    assert len(table) == len(keys)


def test_the_table_contains_known_disagreements_at_kinks():
    """Derivatives of Keras functions at kinks depend on the backend."""
    measured: dict[Any, dict[Any, Any]] = {
        (row.function, row.backend.partition(" ")[0]): {
            float(x): slope for x, slope in row.kinks
        }
        for row in counterparts_of()
        if row.name.startswith("keras.activations")
    }
    assert measured["leaky_relu", "jax"][0.0] == 1.0
    assert measured["leaky_relu", "tensorflow"][0.0] == 0.2
    assert measured["leaky_relu", "torch"][0.0] == 0.2
    assert measured["selu", "tensorflow"][0.0] == pytest.approx(1.050701)
    assert measured["selu", "torch"][0.0] == pytest.approx(1.758099)
    assert measured["hard_tanh", "torch"][1.0] == 0.0
    assert measured["sparse_sigmoid", "jax"][1.0] == 0.25
    wrong = {
        (row.name, row.backend.partition(" ")[0]): row.wrong for row in counterparts_of("celu")
    }
    # Keras on TensorFlow returns 2, but the derivative is 1.
    assert wrong["keras.activations.celu", "tensorflow"] == [0.0]
    assert wrong["keras.activations.celu", "torch"] == []
    defaults = {row.name: row.defaults for row in counterparts_of("leaky_relu")}
    assert defaults["keras.layers.LeakyReLU"] == {"negative_slope": 0.3}
    assert defaults["jax.nn.leaky_relu"] == {"negative_slope": 0.01}


def test_an_unknown_function_of_a_framework_raises_a_lookup_error():
    with pytest.raises(LookupError, match=r"keras has no keras.activations.nothing"):
        counterparts.find("keras.activations.nothing")
    assert counterparts.find("keras.activations.relu") is keras.activations.relu


def test_a_bound_function_has_its_arguments_and_a_bound_layer_its_dtype():
    x = tf.constant([-2.0, 2.0], tf.float64)
    function = counterparts.bind("tf.nn.leaky_relu", {"alpha": 0.25})
    layer = counterparts.bind("keras.layers.LeakyReLU", {"negative_slope": 0.5}, "float64")
    assert function(x).numpy().tolist() == [-0.5, 2.0]
    assert layer(x).dtype == tf.float64
    assert layer(x).numpy().tolist() == [-1.0, 2.0]


def test_an_update_keeps_rows_of_frameworks_that_are_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(counterparts, "TABLE", tmp_path / "counterparts.json")
    table = counterparts.update()
    versions = {(row.framework, row.version, row.backend) for row in counterparts_of()}
    assert versions <= {(row.framework, row.version, row.backend) for row in table}
    assert (tmp_path / "counterparts.json").read_text().count("\n") == len(table) + 2
