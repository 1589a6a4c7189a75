"""Assertions for the tests of other projects, and the plug-in of pytest."""

import subprocess
import sys

import numpy as np
import pytest

from actbench.conformance.baselines.expected_failures import ExpectedFailures
from actbench.errors import RequestError
from actbench.testing import assert_conforms, assert_gradient
from actbench.testing.expected import expecting

pytest_plugins = "pytester"

PROJECT = """
    import numpy as np
    import pytest
    from actbench.testing import assert_conforms, assert_gradient

    FLOAT32 = {"dtypes": ["float32"], "derivatives": 0}

    def relu(x):
        return np.maximum(x, 0)

    @pytest.mark.actbench
    def test_right():
        assert_conforms(relu, "relu", **FLOAT32)

    def test_wrong():
        assert_conforms(np.abs, "relu", **FLOAT32)

    def test_paired(paired):
        assert paired({"relu": lambda: relu(np.ones(3))}) is None
"""
BASELINE = """
    [[expected]]
    target = "numpy:absolute"
    reason = "it is no ReLU"

    [[expected]]
    target = "torch:*"
    check = "value"
    dtype = "float16"
    reason = "not in this file"
"""


def square(x):
    return x * x


def with_derivative(function, derivative):
    """Return the function with a derivative of its own."""

    def copy(x):
        return function(x)

    copy.derivative = derivative  # type: ignore[attr-defined]
    return copy


def test_a_message_names_the_function_and_shows_the_most_serious_failure():
    with pytest.raises(AssertionError) as raised:
        assert_conforms(np.abs, "relu", dtypes=["float32", "float16"], derivatives=0)
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("numpy:absolute does not compute relu, f(x) = ")
    assert "wrong in the ordinary range (value" in lines[0]
    assert any("x = -1.0 (0xbf800000): got 1.0, expected 0" in line for line in lines)
    assert len(lines) < 30


def test_a_gradient_is_compared_and_the_values_are_not():
    def slope(x):
        return 2 * x

    def shifted(x):
        return x * x + x.dtype.type(1)

    for function in (square, shifted):
        assert_gradient(with_derivative(function, slope), "square", dtypes=["float32"])
    with pytest.raises(AssertionError, match=r"does not compute square.*derivative"):
        assert_gradient(with_derivative(square, square), "square", dtypes=["float32"])


def test_a_gradient_of_no_order_is_refused():
    with pytest.raises(RequestError, match="expected 1 or 2 for a gradient, got 0"):
        assert_gradient("relu", derivatives=0)


def test_a_function_without_a_gradient_fails():
    with pytest.raises(AssertionError, match=r"has no gradient: float32: .*no attribute"):
        assert_gradient(square, "square", dtypes=["float32"])


def test_an_expected_failure_does_not_fail_an_assertion(tmp_path):
    path = tmp_path / "expected.toml"
    path.write_text('[[expected]]\ntarget = "numpy:abs*"\ncheck = "value"\nreason = "known"\n')
    expected = ExpectedFailures.load(path)
    with expecting(expected), pytest.raises(AssertionError, match="special values"):
        assert_conforms(np.abs, "relu", dtypes=["float32"], derivatives=0)
    assert not expected.missing
    with pytest.raises(AssertionError, match="value"):
        assert_conforms(np.abs, "relu", dtypes=["float32"], derivatives=0)


WRONG_FILES = {
    "no file": None,
    "no TOML": "[[expected",
    "bytes": b"\xff\xfe",
    "another table": "[other]\nx = 1",
    "no list": "expected = 3",
    "no reason": '[[expected]]\ntarget = "torch:gelu"',
    "empty reason": '[[expected]]\ntarget = "torch:gelu"\nreason = " "',
    "unknown key": '[[expected]]\ntarget = "a"\nreason = "b"\nfunction = "c"',
    "a number": '[[expected]]\ntarget = "a"\nreason = 3',
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_of_expected_failures_has_one_line(name, tmp_path):
    path, content = tmp_path / "expected.toml", WRONG_FILES[name]
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RequestError) as raised:
        ExpectedFailures.load(path)
    assert str(raised.value).startswith(f"{path}: expected")
    assert "\n" not in str(raised.value)


def test_the_plug_in_in_another_project(pytester):
    pytester.makepyfile(PROJECT)
    found = pytester.runpytest_subprocess("--strict-markers", "--benchmark-disable")
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["*numpy:absolute does not compute relu*"])
    selected = pytester.runpytest_subprocess("-m", "actbench")
    selected.assert_outcomes(passed=1, deselected=2)


def test_a_baseline_expects_failures_and_reports_those_that_did_not_occur(pytester):
    pytester.makepyfile(PROJECT)
    path = pytester.path / "expected.toml"
    path.write_text(BASELINE.replace("\n    ", "\n"))
    option = f"--actbench-baseline={path}"
    found = pytester.runpytest_subprocess(option, "--benchmark-disable")
    found.assert_outcomes(passed=3)
    found.stdout.fnmatch_lines(["torch:* value float16: not in this file"])
    assert "it is no ReLU" not in found.stdout.str()
    missing = pytester.runpytest_subprocess("--actbench-baseline=no.toml")
    assert missing.ret == pytest.ExitCode.USAGE_ERROR


def test_the_plug_in_imports_nothing_until_it_is_used():
    """Other projects pay nothing for it; NumPy alone would take longer than pytest."""
    program = (
        "import sys, pytest, actbench.testing.plugin\n"
        "print([name for name in ('numpy', 'click', 'msgspec') if name in sys.modules])\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
