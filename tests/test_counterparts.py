"""The table of counterparts, compared with the installed frameworks."""

from typing import Any

import keras
import pytest
import tensorflow as tf

from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS, counterparts_of
from actbench.activations.vector import VECTOR_RECORDS
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed

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
