"""The command `actbench`: output, exit status, and one line for each wrong request."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import numpy as np
import pytest

import actbench
from actbench.activations.counterparts import FRAMEWORKS, calls_of
from actbench.cli import main
from actbench.cli.command_line import command_group
from actbench.cli.curve import COLUMNS, ROWS, curve
from actbench.cli.extras import EXTRA_OF_PACKAGE
from actbench.experiments.catalogue import EXPERIMENTS
from analysis.__main__ import main as analysis_main

ROOT = Path(__file__).parents[1]


def listed_names(capsys, *options):
    assert main(["list", *options]) == 0
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]


def shown_text(capsys, *arguments):
    assert main(["show", *arguments]) == 0
    return capsys.readouterr().out


def shown_document(capsys, *arguments):
    return json.loads(shown_text(capsys, *arguments, "--json"))


def test_list_names_every_activation(capsys):
    assert listed_names(capsys) == list(actbench.names())


FILTERS = {
    "--smooth": lambda a: a.smooth,
    "--no-smooth": lambda a: not a.smooth,
    "--monotone": lambda a: a.monotone,
    "--bounded": lambda a: np.isfinite(a.bounds).all(),
    "--no-bounded": lambda a: not np.isfinite(a.bounds).all(),
    "--zero-at-zero": lambda a: a.zero_at_zero,
    "--sign-preserving": lambda a: a.sign_preserving,
}


@pytest.mark.parametrize("option", FILTERS)
def test_list_filters_by_property(capsys, option):
    expected = [name for name in actbench.names() if FILTERS[option](actbench.get(name))]
    assert listed_names(capsys, option) == expected
    assert 0 < len(expected) < len(actbench.names())


def test_list_filters_by_family_and_framework(capsys):
    assert listed_names(capsys, "--family", "shrinkage") == [
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
    ]
    in_jax = listed_names(capsys, "--in", "jax")
    assert "squareplus" in in_jax
    assert "tanh_shrink" not in in_jax
    assert set(listed_names(capsys, "--in", "jax", "--bounded")) < set(in_jax)


def test_list_filters_by_year(capsys):
    expected = [name for name in actbench.names() if actbench.get(name).year >= 2023]
    assert listed_names(capsys, "--since", "2023") == expected
    assert 0 < len(expected) < len(actbench.names())
    assert listed_names(capsys, "--since", "1900") == list(actbench.names())
    assert main(["list", "--since", "soon"]) == 2
    assert "--since: expected an integer, got 'soon'" in capsys.readouterr().err


def test_experiments_are_listed_with_their_questions(capsys):
    assert main(["list", "--experiments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["list", "--experiments", "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    assert main(["run", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert len(lines) == len(documents) == len(EXPERIMENTS)
    for line, document, experiment in zip(lines, documents, EXPERIMENTS, strict=True):
        profiles = [profile.name for profile in experiment.profiles]
        assert line.split()[0] == experiment.name == document["name"]
        assert ", ".join(profiles) in line
        assert document["profiles"] == profiles
        assert line.endswith(experiment.question)
        assert f"{experiment.name} {experiment.question}" in shown


def test_list_and_show_print_the_same_document(capsys):
    assert main(["list", "--bounded", "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)
    relu6 = shown_document(capsys, "relu6")
    assert relu6 in documents
    assert relu6["kinks"][1] == {"x": 6.0, "derivative": 0.0, "interval": [0.0, 1.0]}
    assert {row["framework"] for row in relu6["counterparts"]} == set(FRAMEWORKS)


def test_a_document_has_null_for_nan_and_text_for_infinity(capsys):
    assert shown_document(capsys, "sine")["limits"] == ["none", "none"]
    assert shown_document(capsys, "linear")["limits"] == ["-inf", "inf"]


@pytest.mark.parametrize("name", actbench.names())
def test_show_prints_properties_counterparts_and_curve(capsys, name):
    shown = shown_text(capsys, name)
    activation = actbench.get(name)
    for text in (activation.formula, activation.latex, activation.source):
        assert text in shown
    for found in calls_of(activation):
        assert found.call in shown
    assert shown.count("●") == COLUMNS


@pytest.mark.parametrize("name", actbench.vector_names())
def test_show_and_list_include_vector_activations(capsys, name):
    assert actbench.get_vector(name).latex in shown_text(capsys, name)
    assert shown_document(capsys, name, "axis=0")["parameters"]["axis"] == 0
    assert main(["list", "--vector"]) == 0
    assert name in capsys.readouterr().out
    assert main(["list", "--vector", "--json"]) == 0
    assert name in [document["name"] for document in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    "formula",
    ["log(x)", "sqrt(x)", "x**x", "exp(40 * x)", "(x+1)**100*(x+2)**100", "1/(x-1)**2", "1/x",
     "abs(x)**0.5", "max(sin(x), 0)", "7"],
)  # fmt: skip
def test_show_accepts_formulas_that_are_undefined_somewhere(capsys, formula):
    assert "properties proved, or unknown" in shown_text(capsys, f"formula:{formula}")
    assert shown_document(capsys, f"formula:{formula}")["generated"] is True


def test_show_applies_parameters(capsys):
    shown = shown_text(capsys, "swish", "beta=-2")
    assert shown.startswith("swish(beta=-2)\n")
    assert "(-inf, 0.13923)" in shown
    assert "generated from the formula" in shown_text(capsys, "formula:x * sin(a * x)", "a=2")


def test_parameters_may_follow_options_and_have_any_name(capsys):
    assert main(["show", "swish", "--json", "beta=2"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == {"beta": 2.0}
    assert main(["show", "--json", "swish", "beta=2"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == {"beta": 2.0}
    assert shown_document(capsys, "formula:x * name", "name=2")["parameters"] == {"name": 2.0}
    assert shown_text(capsys, "leaky_relu", "negative_slope=1e300")


def test_curve_draws_the_values_of_the_function():
    lines = curve(actbench.get("relu"))
    assert len(lines) == ROWS + 1
    row_of_column: dict[int, int] = {}
    for row, text in enumerate(lines):
        row_of_column |= {column: row for column, mark in enumerate(text) if mark == "●"}
    assert len(row_of_column) == COLUMNS
    rows = [row_of_column[column] for column in sorted(row_of_column)]
    assert rows[: COLUMNS // 2] == [ROWS - 1] * (COLUMNS // 2)
    assert rows == sorted(rows, reverse=True)
    assert rows[-1] == 0


# Arguments, and parts of the message that must be there.
BAD_REQUESTS = {
    "no command": (
        [],
        [
            (
                "command: expected one of list, show, plot, translate, identify, audit, diff, "
                "vectors, int8, table, port, run, report, got none"
            )
        ],
    ),
    "unknown command": (["rum"], ["command: ", "'rum'", "did you mean run?"]),
    "unknown option of all commands": (["--bare"], ["option: ", "'--bare'", "actbench --help"]),
    "unknown option": (
        ["show", "swish", "--bare"], ["option: ", "'--bare'", "actbench show --help"],
    ),
    "misspelt option": (["list", "--smoth"], ["option: ", "did you mean --smooth"]),
    "unexpected argument": (["list", "beta=1"], ["argument: expected no more ", "'beta=1'"]),
    "missing argument": (["show"], ["NAME: expected a value, got none"]),
    "missing value": (["list", "--in"], ["--in: expected a value, got none"]),
    "value of a switch": (["list", "--json=3"], ["--json: expected no value, got one"]),
    "unknown framework": (
        ["list", "--in", "caffe"],
        ["--in: expected one of keras, tensorflow, torch, jax, mlx, got 'caffe'"],
    ),
    "unknown activation": (["show", "mich"], ["'mich'", "did you mean mish"]),
    "unknown parameter": (["show", "mish", "beta=1"], ["beta", "mish"]),
    "parameter called name": (["show", "relu", "name=3"], ["name", "relu"]),
    "NaN parameter": (
        ["show", "leaky_relu", "negative_slope=nan"], ["negative_slope", "finite", "nan"],
    ),
    "infinite parameter": (
        ["show", "leaky_relu", "negative_slope=-inf"], ["negative_slope", "finite", "-inf"],
    ),
    "parameter outside its domain": (["show", "celu", "alpha=0"], ["alpha", "> 0", "0"]),
    "parameter given twice": (
        ["show", "swish", "beta=1", "beta=2"], ["parameter beta: ", "'beta=2'"],
    ),
    "fractional axis": (
        ["show", "softmax", "axis=0.5"], ["parameter axis: expected an integer, got 0.5"],
    ),
    "parameter that is no number": (
        ["show", "swish", "beta=steep"], ["PARAMETER=NUMBER", "beta=1.5", "'beta=steep'"],
    ),
    "parameter without value": (["show", "swish", "beta"], ["PARAMETER=NUMBER", "'beta'"]),
    "mistake in a formula": (["show", "formula:x + y"], ["'y'", "column 5"]),
    "missing target": (["audit"], ["torch:gelu", "--all"]),
    "tolerance that is no number": (
        ["audit", "mish", "--ulp", "x"], ["--ulp: expected a number, got 'x'"],
    ),
    "unknown experiment": (["run", "alpha"], ["'alpha'", "alpha-sweep"]),
    "too few seeds": (
        ["run", "ranking", "--profile", "full", "--seeds", "3"],
        ["expected 7 or more", "got 3", "profile quick"],
    ),
    "unknown profile": (["run", "alpha-sweep", "--profile", "ful"], ["'ful'", "full"]),
    "no seeds": (["run", "alpha-sweep", "--seeds", "0"], ["seeds: expected ", "got 0"]),
    "fractional seeds": (
        ["run", "alpha-sweep", "--seeds", "0.5"],
        ["--seeds: expected an integer, got '0.5'"],
    ),
    "missing data": (["run", "alpha-sweep", "--data", "nowhere"], ["nowhere", "a folder of"]),
    "store in a file": (
        ["run", "alpha-sweep", "--store", "file/store"],
        ["file/store/alpha-sweep", "Not a directory"],
    ),
    **{
        f"run with {' '.join(words)}": (["run", "ranking", *words], [part])
        for words, part in (
            (["--activation", "swish gamma=2"], "of swish: expected beta, got 'gamma'"),
            (["--activation", "celu alpha=0"], "expected a finite real number > 0, got 0"),
            (["--activation", "celu", "alpha=trained:-1"], "number > 0, got -1"),
            (["--activation", "swish", "gamma=trained"], "expected beta, got 'gamma'"),
            (["--activation=relu", "b=trained"], "parameter of relu: expected none, got 'b'"),
            (["--activation", "silu beta=trained"], "of silu: expected none, got 'beta'"),
            (["--activation", "threshold threshold=trained"], "'threshold'; the value jumps"),
            (["--activation", "formula:b*x", "b=1", "c=trained"], "unused parameter 'c'"),
            (["--activation", "formula:b*x b=trained:x"], "PARAMETER=trained:NUMBER"),
            (["--activation", "swish beta"], "such as beta=1.5, got 'beta'"),
            (["--activation", "swish", "beta=1", "beta=2"], "got two (also 'beta=2')"),
            (["--activation", ""], "expected a known name, got ''"),
            (["beta=2"], "expected no more arguments, got 'beta=2'"),
            (["--only"], "--only: expected --activation NAME as well, got no activation"),
            (["--only", "--activation", "relu"], "to compare with relu, got only relu"),
            (["--figure", "a.doc"], "--figure: expected a file that ends in .svg"),
            (
                ["--activation", "elu alpha=1.0000001", "--activation", "elu alpha=1.0000002"],
                "got two activations that are called elu(alpha=1)",
            ),
        )
    },
    "only some activations of a study of slopes": (
        ["run", "beta", "--only", "--activation", "mish"],
        ["--only: expected an experiment that compares activations, such as ranking, got beta"],
    ),
    "figure of a study of slopes": (["run", "beta", "--figure", "a.png"], ["got beta"]),
    "report of an empty store": (["report", "--store", "nowhere"], ["nowhere", "alpha-sweep"]),
    "unknown option of the report": (["report", "--stor", "x"], ["did you mean --store?"]),
}  # fmt: skip


@pytest.mark.parametrize("request_name", BAD_REQUESTS)
def test_wrong_requests_get_one_line_and_exit_status_2(
    capsys, monkeypatch, tmp_path, request_name
):
    arguments, parts = BAD_REQUESTS[request_name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"actbench: .+: expected .+ got .+\n", err)
    for part in parts:
        assert part in err
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
    err = capsys.readouterr().err
    assert re.search(r"expected .*11×11.*, got .*8×8", err)


def test_analysis_is_another_name_of_report(capsys):
    assert main(["report", "--store", "nowhere"]) == 2
    expected = capsys.readouterr()
    assert analysis_main(["--store", "nowhere"]) == 2
    assert capsys.readouterr() == expected


def test_a_missing_optional_package_is_reported_with_its_extra():
    program = (
        "import sys; sys.modules['jinja2'] = None; from actbench.cli import main;"
        "sys.exit(main(['report']))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "actbench: jinja2: expected an installed package, got none; "
        "try pip install 'actbench[report]'\n"
    )


def test_extras_are_those_that_install_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {
        extra: {re.split(r"[\[>=]", requirement)[0] for requirement in requirements}
        for extra, requirements in project["optional-dependencies"].items()
    }
    distributions = {
        "ai_edge_litert": "ai-edge-litert",
        "distributed": "dask",
        "flint": "python-flint",
        "iree": "iree-base-compiler",
    }
    for package, extra in EXTRA_OF_PACKAGE.items():
        assert distributions.get(package, package) in extras[extra]


def test_an_interrupted_run_explains_how_to_continue(capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("actbench.experiments.run", interrupt)
    assert main(["run", "alpha-sweep"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("actbench: interrupted; ")
    assert "the same command continues" in err
    assert err.count("\n") == 1


def test_version_and_help_exit_with_0(capsys):
    assert main(["--version"]) == 0
    citation = (ROOT / "CITATION.cff").read_text()
    (version,) = re.findall(r"^version: (.+)$", citation, re.M)
    assert capsys.readouterr().out == f"actbench {version}\n"
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^  (\w+)  ", shown, re.M) == list(command_group.commands)


@pytest.mark.parametrize("name", command_group.commands)
def test_help_explains_every_option(capsys, name):
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    for parameter in command_group.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert all(option in shown for option in parameter.opts)
        else:
            assert parameter.make_metavar(click.Context(command_group)) in shown


def test_a_closed_pipe_is_no_error():
    command = f"{sys.executable} -m actbench list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert done.stdout.split() == ["name", "formula", "parameters", "source"]
    assert done.stderr == ""


def test_list_starts_fast_because_it_imports_no_framework():
    program = (
        "import sys; from actbench.cli import main; main(['list']);"
        "heavy = {'tensorflow', 'keras', 'sympy', 'matplotlib', 'pandas', 'scipy'};"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
