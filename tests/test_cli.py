"""The commands: output, exit status, one line for bad input."""

import json
import subprocess
import sys

import numpy as np
import pytest

import actbench
from actbench.activations.counterparts import counterparts_of
from actbench.cli import main
from actbench.cli.describe import COLUMNS, LINES, curve


def listed(capsys, *options):
    assert main(["list", *options]) == 0
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]


def test_list_names_every_activation(capsys):
    assert listed(capsys) == list(actbench.names())


FACTS = {
    "--smooth": lambda a: a.smooth,
    "--no-smooth": lambda a: not a.smooth,
    "--monotone": lambda a: a.monotone,
    "--bounded": lambda a: np.isfinite(a.bounds).all(),
    "--no-bounded": lambda a: not np.isfinite(a.bounds).all(),
    "--zero-at-zero": lambda a: a.zero_at_zero,
    "--sign-preserving": lambda a: a.sign_preserving,
}


@pytest.mark.parametrize("option", FACTS)
def test_list_filters_by_property(capsys, option):
    want = [name for name in actbench.names() if FACTS[option](actbench.get(name))]
    assert listed(capsys, option) == want
    assert 0 < len(want) < len(actbench.names())


def test_list_filters_by_family_and_framework(capsys):
    assert listed(capsys, "--family", "shrinkage") == [
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
    ]
    in_jax = listed(capsys, "--in", "jax")
    assert "squareplus" in in_jax
    assert "tanh_shrink" not in in_jax
    assert set(listed(capsys, "--in", "jax", "--bounded")) < set(in_jax)


def test_list_and_show_give_json(capsys):
    assert main(["list", "--bounded", "--json"]) == 0
    several = json.loads(capsys.readouterr().out)
    assert main(["show", "relu6", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one in several
    assert one["kinks"][1] == {"x": 6.0, "derivative": 0.0, "interval": [0.0, 1.0]}
    assert {row["framework"] for row in one["elsewhere"]} == {
        "keras",
        "tensorflow",
        "torch",
        "jax",
    }
    assert main(["show", "sine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["limits"] == [None, None]


@pytest.mark.parametrize("name", actbench.names())
def test_show_tells_what_is_known(capsys, name):
    assert main(["show", name]) == 0
    shown = capsys.readouterr().out
    activation = actbench.get(name)
    for fact in (activation.formula, activation.latex, activation.source):
        assert fact in shown
    for row in counterparts_of(activation.name):
        assert row.call in shown
    assert "●" in shown


@pytest.mark.parametrize("name", actbench.vector_names())
def test_show_and_list_know_functions_of_vectors(capsys, name):
    assert main(["show", name]) == 0
    shown = capsys.readouterr().out
    function = actbench.get_vector(name)
    assert function.latex in shown
    assert main(["show", name, "--json", "axis=0"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["axis"] == 0
    assert main(["list", "--vector"]) == 0
    assert name in capsys.readouterr().out
    assert main(["list", "--vector", "--json"]) == 0
    assert name in [known["name"] for known in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    "formula",
    ["log(x)", "sqrt(x)", "x**x", "exp(40 * x)", "(x+1)**100*(x+2)**100", "1/(x-1)**2", "1/x",
     "abs(x)**0.5", "max(sin(x), 0)", "7"],
)  # fmt: skip
def test_show_survives_formulas_that_are_not_for_all_x(capsys, formula):
    assert main(["show", f"formula:{formula}"]) == 0
    assert "found numerically" in capsys.readouterr().out
    assert main(["show", f"formula:{formula}", "--json"]) == 0


def test_show_takes_parameters_after_options_and_of_any_name(capsys):
    assert main(["show", "swish", "--json", "beta=2"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == {"beta": 2.0}
    assert main(["show", "formula:x * name", "name=2"]) == 0
    assert main(["show", "relu", "name=3"]) == 2
    assert "unknown parameter 'name': relu takes none" in capsys.readouterr().err
    assert main(["show", "leaky_relu", "negative_slope=1e300"]) == 0


def test_the_small_curve_is_the_function():
    drawn = curve(actbench.get("relu"))
    assert len(drawn) == LINES + 1
    marks: dict[int, int] = {}
    for line, text in enumerate(drawn):
        marks |= {column: line for column, mark in enumerate(text) if mark == "●"}
    assert len(marks) == COLUMNS
    heights = [marks[column] for column in sorted(marks)]
    assert heights[: COLUMNS // 2] == [LINES - 1] * (COLUMNS // 2)
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == 0


def test_show_takes_parameters(capsys):
    assert main(["show", "swish", "beta=-2"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("swish(beta=-2)\n")
    assert "(-inf, 0.13923)" in shown
    assert main(["show", "formula:x * sin(a * x)", "a=2"]) == 0
    assert "generated from the formula" in capsys.readouterr().out


BAD_REQUESTS = {
    "no command": ([], "the following arguments are required: COMMAND"),
    "unknown command": (["rum"], "invalid choice: 'rum'"),
    "unknown activation": (["show", "mich"], "unknown activation 'mich': did you mean "),
    "unknown parameter": (
        ["show", "mish", "beta=1"],
        "unknown parameter 'beta': mish takes none",
    ),
    "NaN slope": (
        ["show", "leaky_relu", "negative_slope=nan"],
        "a finite real number would be",
    ),
    "infinite slope": (["show", "leaky_relu", "negative_slope=-inf"], "a finite real number"),
    "a formula's mistake": (["show", "formula:x + y"], "'y' at column 5 is not understood"),
    "outside the domain": (["show", "celu", "alpha=0"], "a finite real number > 0 would be"),
    "unknown framework": (["list", "--in", "caffe"], "invalid choice: 'caffe'"),
    "given twice": (["show", "swish", "beta=1", "beta=2"], "beta is given twice"),
    "half an axis": (["show", "softmax", "axis=0.5"], "0.5: a whole number would be right"),
    "unknown option": (["show", "swish", "--bare"], "unrecognized arguments: --bare"),
    "unknown arguments": (["list", "beta=1"], "unrecognized arguments: beta=1"),
    "no number": (["show", "swish", "beta=steep"], "PARAMETER=NUMBER, such as beta=1.5"),
    "no value": (["show", "swish", "beta"], "PARAMETER=NUMBER, such as beta=1.5"),
    "unknown experiment": (["run", "alpha"], "unknown experiment 'alpha': "),
    "unknown profile": (["run", "alpha-sweep", "--profile", "ful"], "did you mean full?"),
    "no seeds": (["run", "alpha-sweep", "--seeds", "0"], "--seeds 0: 1 or more would be right"),
    "half a seed": (["run", "alpha-sweep", "--seeds", "0.5"], "invalid int value: '0.5'"),
    "no data": (["run", "alpha-sweep", "--data", "nowhere"], "nowhere: not found; a folder of"),
    "store in a file": (
        ["run", "alpha-sweep", "--store", "file/store"],
        "file/store/alpha-sweep: cannot be written (Not a directory)",
    ),
}


@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_bad_requests_get_one_line_and_exit_2(capsys, monkeypatch, tmp_path, request_name):
    arguments, message = BAD_REQUESTS[request_name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("actbench: ")
    assert message in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_images_too_small_for_the_network_are_refused(capsys, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1000, 8, 8), dtype=np.uint8)
    labels = (np.arange(1000) % 10).astype(np.uint8)
    np.savez(
        tmp_path / "small.npz", x_train=images, y_train=labels, x_test=images, y_test=labels
    )
    arguments = ["run", "alpha-sweep", "--profile", "smoke", "--store", str(tmp_path / "store")]
    assert main([*arguments, "--data", str(tmp_path / "small.npz")]) == 2
    assert "images are 8×8; at least 11×11 would be right" in capsys.readouterr().err


def test_an_interrupted_run_says_what_is_kept(capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("actbench.experiments.run", interrupt)
    assert main(["run", "alpha-sweep"]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_version_and_help(capsys):
    for option, shown in [
        ("--version", actbench.__version__),
        ("--help", "list the activations"),
    ]:
        with pytest.raises(SystemExit) as leaving:
            main([option])
        assert leaving.value.code == 0
        assert shown in capsys.readouterr().out


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m actbench list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert done.stderr == ""
