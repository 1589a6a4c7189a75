"""The benchmarks: selection by options, paired timings, and the tables made of their files."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from analysis.cost import (
    eager_calls,
    memory_kept,
    speed_ratios,
    step_share,
    throughput,
    throughput_by_size,
    training_cost,
)
from analysis.plotting import house_style
from analysis.results import read_benchmarks
from analysis.results.benchmarks import FOLDER
from benchmarks.implementations import implementations
from benchmarks.paired import Paired
from benchmarks.passes import FORWARD, PASSES, copy_call

ROOT = Path(__file__).parents[1]


class FakeBenchmark:
    """The part of pytest-benchmark's fixture that `Paired` uses."""

    def __init__(self, *, disabled=False):
        self.disabled = disabled
        self.group = None
        self.extra_info = {}
        self.stats = self
        self.data = []

    def pedantic(self, target, setup=None, rounds=1):
        for _ in range(rounds):
            if setup is not None:
                setup()
            target()
            self.data.append(1.0)


def recording_calls(record):
    return {name: lambda name=name: record.append(name) for name in "abc"}


def test_each_round_makes_all_calls_in_random_order_and_the_first_call_twice():
    made: list[str] = []
    timings = Paired(FakeBenchmark())(recording_calls(made), seconds=0.0)
    assert timings is not None
    assert {name: len(times) for name, times in timings.seconds.items()} == dict.fromkeys(
        "abc", 15
    )
    rounds = [made[start : start + 4] for start in range(len(made) - 60, len(made), 4)]
    assert all(sorted(each) == ["a", "a", "b", "c"] and each[-1] == "a" for each in rounds)
    assert len({tuple(each) for each in rounds}) > 1
    assert set(timings.comparisons) == {"b", "c"}


def test_disabled_benchmarks_make_each_call_once():
    made: list[str] = []
    assert Paired(FakeBenchmark(disabled=True))(recording_calls(made)) is None
    assert sorted(made) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("function", "passes"),
    [
        ("mish", set(PASSES)),
        ("formula:x * tanh(x)", set(PASSES)),
        ("numpy:sinh", {FORWARD}),
        ("tensorflow.nn:relu", set(PASSES)),
    ],
)
def test_every_implementation_computes_its_passes(function, passes):
    arrays = [np.linspace(-3, 3, 7, dtype=np.float32)] * 2
    found = list(implementations(function))
    assert found[0].name == "ours"
    for implementation in found:
        available = set()
        for name in PASSES:
            call = implementation.build(name, arrays, arrays)
            if call is not None:
                call()
                available.add(name)
        if implementation is found[0]:
            assert available == passes
    copy_call(arrays)()


def run_benchmarks(*options):
    """Run `pytest benchmarks` in a process of its own."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "benchmarks", "-q", *options],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--functions", "mush"], ["'mush'", "did you mean mish"]),
        (["--sizes", "12k"], ["--sizes: ", "1024, 32768", "'12k'"]),
        (["--implementations", "kears"], ["--implementations: ", "one of ours,", "'kears'"]),
        (["--activation", "nowhere:f"], ["nowhere"]),
        (["--benchmark-compare=0099"], ["--benchmark-compare: ", "number of a run", "'0099'"]),
        (["--benchmark-compare=/no/such/file.json"], ["existing file", "/no/such/file.json"]),
        (["--benchmark-compare-fail=mean:5%"], ["--benchmark-compare as well"]),
    ],
)
def test_wrong_options_are_refused_in_one_line(options, parts):
    done = run_benchmarks(*options)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    assert re.fullmatch(r"ERROR: .+: expected .+ got .+", line)
    for part in parts:
        assert part in line
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        ([], 60, 75),
        (["-m", "full"], 5_000, 7_000),
        (["-m", "full", "-k", "test_training"], 19, 19),
        (["-m", "full", "-k", "relative_to_relu"], 1, 1),
        (["-k", "throughput", "--functions", "mish", "--sizes", "1024"], 2, 2),
        (["-k", "throughput", "--sizes", "4194304", "--benchmark-disable"], 16, 16),
        (["-k", "throughput", "--functions", "mish", "--dtypes", "float16,float64"], 12, 12),
    ],
)
def test_options_select_benchmarks(options, least, most):
    done = run_benchmarks("--collect-only", *options)
    assert done.returncode == 0, done.stderr
    count = int(re.findall(r"\d+", done.stdout.splitlines()[-1])[0])
    assert least <= count <= most


def test_ranked_activations_are_timed_relative_to_relu():
    done = run_benchmarks(
        "-m", "full", "-k", "relative_to_relu", "--benchmark-disable",
        "--activation", "formula:x * tanh(x)",
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout


def throughput_entry(function, implementation, ratio, what="both"):
    timing = {"elements_per_second": 1e9, "share_of_copy": 0.5, "bytes_kept": 4.0}
    peer = {"times_ours": ratio, "interval": [ratio - 0.1, ratio + 0.1], "ours_is": "faster"}
    return {
        "function": function, "what": what, "dtype": "float32", "size": 1024, "kind": "mixed",
        "noise": 0.01, "copy_bytes_per_second": 1e10, "cpu": "a processor",
        "implementations": {"ours": timing, implementation: timing | peer},
    }  # fmt: skip


def test_ratios_are_summarised_for_the_fastest_peer_of_each_function():
    rows = throughput.summarise(
        [
            throughput_entry("mish", "keras", 4.0),
            throughput_entry("mish", "tf", 2.0),
            throughput_entry("silu", "tf", 8.0),
        ]
    )
    (summary,) = throughput.summarise_ratios(rows, ("keras", "tf")).to_dict("records")
    assert summary == {
        "what": "both", "count": 2, "mean": pytest.approx(4.0), "least": 2.0,
        "least_of": "mish",
    }  # fmt: skip


def test_files_that_are_no_benchmarks_are_reported(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "broken.json").write_text("{")
    (folder / "other.json").write_text("[]")
    entries, faults = read_benchmarks(tmp_path)
    assert entries == ()
    assert [fault.path for fault in faults] == [folder / "broken.json", folder / "other.json"]


def test_a_store_without_benchmarks_has_no_entries(tmp_path):
    assert read_benchmarks(tmp_path) == ((), ())


def training_entry(members, activation="relu", keras=2.0):
    return {
        "training": "two convolutions", "activation": activation, "members": members,
        "images": 1_280, "batch": 128, "noise": 0.05, "cpu": "a processor",
        "seconds_per_model_epoch": {"ours": 0.04, "keras": 0.04 * keras},
        "times_ours": {"keras": keras}, "intervals": {"keras": [keras - 0.1, keras + 0.1]},
        "flops_per_model_epoch": 5e9, "flops_per_second_of_a_product": 5e11,
    }  # fmt: skip


def test_time_of_training_is_drawn_over_members():
    entries = [
        *(training_entry(members) for members in (1, 6)),
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
    rows = training_cost.summarise(entries)
    assert rows[rows["by"] == "ours"]["ms"].tolist() == [4.0, 4.0]
    assert rows["limit"].tolist() == [1.0] * 4
    with house_style():
        curve, memory, workers = training_cost.sections(entries)
        assert curve.figure is not None
        (ax,) = curve.figure.axes
        drawn = {line.get_label(): list(np.asarray(line.get_ydata())) for line in ax.lines[:2]}
        assert drawn["keras"] == [8.0, 8.0]
        plt.close("all")
    assert curve.formatted_table()["time of the peer / actbench"].tolist() == ["2.00", "2.00"]
    assert memory.formatted_table()["GB"].tolist() == ["2.00"]
    assert workers.formatted_table()["result"].tolist() == ["3.0 ms", "1.20 [1.00, 1.40]"]


@pytest.mark.parametrize(
    "module",
    [eager_calls, memory_kept, speed_ratios, step_share, throughput_by_size, training_cost],
)
def test_without_entries_there_are_no_sections(module):
    assert list(module.sections([])) == []
