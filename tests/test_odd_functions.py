"""Odd user functions: a result or one clear line, and never a traceback."""

import numpy as np
import pytest

import actbench
from actbench.cli import main
from actbench.conformance import inputs as input_module
from actbench.conformance import measurements, reference
from tests.conftest import FULL
from tests.odd_functions import ODD, Odd


@pytest.fixture(scope="module", autouse=True)
def _few_inputs():
    """Let audits have few inputs, because this file has many of them."""
    every = 400
    original = input_module.inputs

    def few(activation, dtype, interval=None):
        x = original(activation, dtype, interval)
        special = ~np.isfinite(x) | (np.abs(x.astype(np.float64)) < 1e-300)
        chosen = np.flatnonzero(special)[:: 50 if x.itemsize == 2 else 1]
        zeros = np.flatnonzero(x == 0)
        return x[np.unique([*chosen, *zeros, *range(0, x.size, every)])]

    with pytest.MonkeyPatch.context() as patch:
        for module in (measurements, reference):
            patch.setattr(module, "inputs", few)
        clear_caches()
        yield
    clear_caches()


def clear_caches():
    reference._reference.cache_clear()
    reference._all_orders.cache_clear()


def one_line(capsys):
    """Return the only line on standard error."""
    err = capsys.readouterr().err
    lines = [line for line in err.splitlines() if line.startswith("actbench: ")]
    assert len(lines) == 1, err
    assert err.splitlines()[-1] == lines[0]
    assert len(lines[0]) < 1200
    return lines[0]


CHECKED = ODD if FULL else ODD[::4]


@pytest.mark.parametrize("odd", CHECKED, ids=lambda odd: odd.attribute)
def test_the_audit_of_an_odd_function_has_a_verdict_or_one_line(odd, capsys):
    status = main(["audit", odd.location, "--as", "tanh"])
    if status == 2:
        one_line(capsys)
    else:
        text = capsys.readouterr().out
        assert ("DOES NOT CONFORM" in text) == (status == 1)
    assert status == odd.audit


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.attribute)
def test_an_odd_function_has_a_result_or_raises_a_request_error(odd):
    x = np.array([-2.0, -0.0, 0.0, 0.5, 1.0, 3.0])
    before = x.copy()
    if odd.show == 2:
        with pytest.raises(actbench.RequestError) as caught:
            actbench.get(odd.location)(x)
        assert "\n" not in str(caught.value)
    else:
        y = actbench.get(odd.location)(x)
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
    np.testing.assert_array_equal(x.view(np.uint64), before.view(np.uint64))


@pytest.mark.parametrize("odd", CHECKED, ids=lambda odd: odd.attribute)
def test_show_prints_an_odd_function_or_one_line(odd, capsys):
    status = main(["show", odd.location])
    if status == 2:
        one_line(capsys)
    assert status == odd.show


RUNS = {"numpy:tanh": 2, "returns_a_list": 2, "raises_always": 2, "builtins:len": 2}


@pytest.mark.skipif(not FULL, reason="each run starts TensorFlow and trains; long form only")
@pytest.mark.parametrize(("function", "status"), RUNS.items())
def test_a_run_refuses_a_function_that_cannot_be_trained(function, status, tmp_path, capsys):
    location = Odd(function, 0, 0).location
    words = ["run", "ranking", "--profile", "smoke", "--store", str(tmp_path)]
    assert main([*words, "--activation", location]) == status
    assert capsys.readouterr().err.splitlines()[-1].startswith(f"actbench: {location}: ")


def test_the_table_has_at_least_80_functions():
    assert len(ODD) >= 80
    assert len({odd.location for odd in ODD}) == len(ODD)
