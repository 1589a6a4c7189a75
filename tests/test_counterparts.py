"""The Rosetta table, held to the frameworks that are installed."""

import math
from typing import Any

import keras
import pytest

from actbench.activations.catalogue import RECORDS
from actbench.activations.counterparts import FRAMEWORKS, counterparts_of
from actbench.activations.vector import VECTOR_RECORDS
from actbench.frameworks import counterparts
from actbench.frameworks.libraries import installed

KINDS: dict[str, Any] = {
    **{kind.name: kind for kind in RECORDS},
    **{kind.name: kind for kind in VECTOR_RECORDS},
}
ELSEWHERE = [(kind, there) for kind in KINDS.values() for there in kind.counterparts]


@pytest.mark.parametrize(
    ("kind", "there"), ELSEWHERE, ids=[f"{kind.name}-{t.name}" for kind, t in ELSEWHERE]
)
def test_what_is_installed_is_as_the_table_says(kind, there):
    package = counterparts.PACKAGES[there.name.partition(".")[0]]
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    look = counterparts.row if kind in RECORDS else counterparts.vector
    found = look(kind, there)
    known = [
        row
        for row in counterparts_of(kind.name)
        if row.name == there.name
        and row.fixed == dict(there.fixed)
        and row.backend.partition(" ")[0] == found.backend.partition(" ")[0]
    ]
    said = "python -m actbench.frameworks.counterparts would bring the table up to date"
    assert known, f"{there.name} on {found.backend} is not in the table; {said}"
    # Versions may differ; if what they do differs as well, the table should say so.
    same = [
        (row.parameters, row.defaults, row.formula, row.kinks, row.wrong, row.agrees, row.note)
        for row in (found, known[-1])
    ]
    assert same[0] == same[1], said


def test_every_framework_has_rows_and_every_row_a_record():
    table = counterparts_of()
    assert {row.framework for row in table} == set(FRAMEWORKS)
    assert {row.function for row in table} <= set(KINDS)
    for row in table:
        assert row.name in {there.name for there in KINDS[row.function].counterparts}
        assert row.version
        assert len(row.kinks) == len({x for x, _ in row.kinks})
    keys = {(r.function, r.backend, r.name, str(r.fixed), r.version) for r in table}
    assert len(table) == len(keys)


def test_known_disagreements_are_in_the_table():
    """The table of kinks of the Keras functions, on each of its backends."""
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
    assert wrong["keras.activations.celu", "tensorflow"] == [
        0.0
    ]  # 2, where 1 is the derivative
    assert wrong["keras.activations.celu", "torch"] == []
    defaults = {row.name: row.defaults for row in counterparts_of("leaky_relu")}
    assert defaults["keras.layers.LeakyReLU"] == {"negative_slope": 0.3}
    assert defaults["jax.nn.leaky_relu"] == {"negative_slope": 0.01}


def test_looking_up_what_is_not_there_says_so():
    with pytest.raises(LookupError, match=r"keras has no keras.activations.nothing"):
        counterparts.find("keras.activations.nothing")
    assert counterparts.find("keras.activations.relu") is keras.activations.relu
    assert math.isfinite(counterparts.apply("tf.nn.relu", {})(1.0))


def test_updating_replaces_what_is_installed_and_keeps_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(counterparts, "TABLE", tmp_path / "counterparts.json")
    table = counterparts.update()
    versions = {(row.framework, row.version, row.backend) for row in counterparts_of()}
    assert versions <= {(row.framework, row.version, row.backend) for row in table}
    assert (tmp_path / "counterparts.json").read_text().count("\n") == len(table) + 2
