"""The benchmarks' own parts: who is timed, in which order, what is asked for."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis.cost import throughput, training_cost
from analysis.plotting import house_style
from benchmarks.implementations import BACKWARD, BOTH, FORWARD, copying, implementations
from benchmarks.paired import Paired

ROOT = Path(__file__).parents[1]


class Benchmark:
    """As much of pytest-benchmark's fixture as `Paired` uses."""

    def __init__(self, *, disabled=False):
        self.disabled = disabled
        self.stats = self
        self.data = []

    def pedantic(self, target, setup=None, rounds=1):
        for _ in range(rounds):
            if setup is not None:
                setup()
            target()
            self.data.append(1.0)


def test_calls_are_taken_in_turn_and_the_first_twice():
    seen = []
    calls = {name: lambda name=name: seen.append(name) for name in "abc"}
    found = Paired(Benchmark())(calls, seconds=0.0)
    assert found is not None
    assert {name: len(times) for name, times in found.seconds.items()} == dict.fromkeys(
        "abc", 15
    )
    rounds = [seen[start : start + 4] for start in range(len(seen) - 60, len(seen), 4)]
    assert all(sorted(each) == ["a", "a", "b", "c"] and each[-1] == "a" for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert set(found.comparisons) == {"b", "c"}


def test_disabled_benchmarks_call_everything_once():
    seen = []
    calls = {name: lambda name=name: seen.append(name) for name in "abc"}
    assert Paired(Benchmark(disabled=True))(calls) is None
    assert sorted(seen) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "function", ["mish", "formula:x * tanh(x)", "numpy:sinh", "tensorflow.nn:relu"]
)
def test_every_implementation_has_a_call_or_none(function):
    arrays = [np.linspace(-3, 3, 7, dtype=np.float32)] * 2
    found = list(implementations(function))
    assert found[0].name == "ours"
    for each in found:
        for what in (FORWARD, BACKWARD, BOTH):
            call = each.build(what, arrays, arrays)
            if call is not None:
                call()
    copying(arrays)()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--functions", "mush"], "unknown activation 'mush': did you mean mish"),
        (["--sizes", "12k"], "--sizes '12k': one of 1024, 32768"),
        (["--implementations", "kears"], "--implementations 'kears': one of ours,"),
        (["--activation", "nowhere:f"], "nowhere"),
        (["--benchmark-compare=0099"], "--benchmark-compare 0099: there is no such run"),
        (["--benchmark-compare=/no/such/file.json"], "/no/such/file.json: there is no such"),
        (["--benchmark-compare-fail=mean:5%"], "--benchmark-compare with it would be right"),
    ],
)
def test_what_is_not_known_is_refused_in_a_line(options, message):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "benchmarks", "-q", *options],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        ([], 60, 75),
        (["-m", "full"], 5_000, 7_000),
        (["-m", "full", "-k", "test_training"], 19, 19),
        (["-m", "full", "-k", "beside_relu"], 1, 1),
        (["-k", "throughput", "--functions", "mish", "--sizes", "1024"], 2, 2),
        (["-k", "throughput", "--sizes", "4194304", "--benchmark-disable"], 16, 16),
        (["-k", "throughput", "--functions", "mish", "--dtypes", "float16,float64"], 12, 12),
    ],
)
def test_as_many_as_are_asked_for_are_there(options, least, most):
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "benchmarks", "-q", "--collect-only", *options],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    count = int(re.findall(r"\d+", done.stdout.splitlines()[-1])[0])
    assert least <= count <= most


def entry(function, implementation, ratio, what="both"):
    figures = {"elements_per_second": 1e9, "share_of_copy": 0.5, "bytes_kept": 4.0}
    peer = {"times_ours": ratio, "interval": [ratio - 0.1, ratio + 0.1], "ours_is": "faster"}
    return {
        "function": function, "what": what, "dtype": "float32", "size": 1024, "kind": "mixed",
        "noise": 0.01, "copy_bytes_per_second": 1e10, "cpu": "a processor",
        "implementations": {"ours": figures, implementation: figures | peer},
    }  # fmt: skip


def test_the_summary_takes_the_best_peer_of_each():
    rows = throughput.table(
        [entry("mish", "keras", 4.0), entry("mish", "tf", 2.0), entry("silu", "tf", 8.0)]
    )
    (found,) = throughput.summary(rows, ("keras", "tf")).to_dict("records")
    assert found == {
        "what": "both", "count": 2, "mean": pytest.approx(4.0), "least": 2.0,
        "least_of": "mish",
    }  # fmt: skip


def test_files_that_are_none_are_told(tmp_path):
    folder = tmp_path / throughput.FOLDER
    folder.mkdir()
    (folder / "broken.json").write_text("{")
    (folder / "other.json").write_text("[]")
    entries, faults = throughput.read(tmp_path)
    assert entries == []
    assert [fault.partition(":")[0] for fault in faults] == [
        str(folder / "broken.json"), str(folder / "other.json"),
    ]  # fmt: skip


def test_without_files_there_is_nothing(tmp_path):
    assert list(throughput.sections([])) == []
    assert throughput.read(tmp_path) == ([], [])


def trained(members, activation="relu", keras=2.0):
    return {
        "training": "two convolutions", "activation": activation, "members": members,
        "images": 1_280, "batch": 128, "noise": 0.05, "cpu": "a processor",
        "seconds_per_model_epoch": {"ours": 0.04, "keras": 0.04 * keras},
        "times_ours": {"keras": keras}, "intervals": {"keras": [keras - 0.1, keras + 0.1]},
        "flops_per_model_epoch": 5e9, "flops_per_second_of_a_product": 5e11,
    }  # fmt: skip


def test_the_cost_of_training_is_drawn_over_members():
    entries = [
        *(trained(members) for members in (1, 6)),
        {
            "memory_of_training": "x",
            "members": 6,
            "images": 120_000,
            "peak_bytes": 2e9,
            "cpu": "a",
        },
        {"workers": 2, "jobs": 1_000, "seconds_per_job": 0.003, "cpu": "a"},
        {
            "workers": 2,
            "originals": 5,
            "throughput_of_workers": 1.2,
            "interval": [1, 1.4],
            "cpu": "a",
        },
    ]
    rows = training_cost.table(entries)
    assert rows[rows["by"] == "ours"]["ms"].tolist() == [4.0, 4.0]
    assert rows["limit"].tolist() == [1.0] * 4
    with house_style():
        curve, memory, workers = training_cost.sections(entries)
        (ax,) = curve.figure.axes
        drawn = {line.get_label(): line.get_ydata() for line in ax.lines[:2]}
        assert drawn["keras"].tolist() == [8.0, 8.0]
        plt.close("all")
    assert curve.readable()["theirs / ours"].tolist() == ["2.00", "2.00"]
    assert memory.readable()["GB"].tolist() == ["2.00"]
    assert workers.readable()["found"].tolist() == ["3.0 ms a job", "1.20 [1.00, 1.40]"]
    assert list(training_cost.sections([])) == []


def test_what_is_ranked_is_timed_beside_relu():
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "benchmarks", "-q", "-m", "full",
            "-k", "beside_relu", "--benchmark-disable",
            "--activation", "formula:x * tanh(x)",
        ],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout
