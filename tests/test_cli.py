"""The commands: output, exit status, one line for bad input."""

import subprocess
import sys

import numpy as np
import pytest

import actbench
from actbench.cli import main


def test_list_names_every_activation(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for name in actbench.names():
        assert name in shown


@pytest.mark.parametrize("name", actbench.names())
def test_show_tells_what_is_known(capsys, name):
    assert main(["show", name]) == 0
    shown = capsys.readouterr().out
    activation = actbench.get(name)
    for fact in (activation.formula, activation.latex, activation.source):
        assert fact in shown


def test_show_takes_parameters(capsys):
    assert main(["show", "swish", "beta=-2"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("swish(beta=-2)\n")
    assert "(-inf, 0.139232)" in shown


BAD_REQUESTS = {
    "no command": ([], "the following arguments are required: COMMAND"),
    "unknown command": (["rum"], "invalid choice: 'rum'"),
    "unknown activation": (["show", "mich"], "unknown activation 'mich': did you mean mish?"),
    "unknown parameter": (
        ["show", "mish", "beta=1"],
        "unknown parameter 'beta': mish takes none",
    ),
    "NaN slope": (
        ["show", "leaky_relu", "negative_slope=nan"],
        "a finite real number would be",
    ),
    "infinite slope": (["show", "leaky_relu", "negative_slope=-inf"], "a finite real number"),
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
