"""The benchmarks: selection by options, paired timings, and the tables made of their files."""

import copy
import json
import os
import re
import subprocess
import sys
import warnings
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
import pytest
from _pytest.config import parse_warning_filter
from pytest_benchmark.storage.file import FileStorage

import actbench
from actbench.formula.symbolic import oracle
from actbench.frameworks.libraries import DTYPES
from actbench.testing.paired import Paired
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
from analysis.results import read_benchmarks, relu_cost_ratios
from analysis.results.benchmarks import FOLDER
from benchmarks import earlier_runs, selection, warning_filters
from benchmarks.cases import INPUTS, SIZES, Case
from benchmarks.implementations import implementations
from benchmarks.passes import BACKWARD, BOTH, FORWARD, PASSES, copy_call
from tests.altered_documents import mutate
from tests.conftest import FULL

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


def reference(name, order, xs):
    """Values or derivatives of an activation at several points, by the exact oracle."""
    return np.array([float(oracle(actbench.get(name), float(x), order=order)) for x in xs])


def arrays_in(result):
    """Yield the arrays in nested lists and tuples."""
    if isinstance(result, list | tuple):
        for part in result:
            yield from arrays_in(part)
    else:
        yield np.asarray(result.detach() if hasattr(result, "detach") else result)


@pytest.mark.parametrize(
    ("function", "passes", "activation"),
    [
        ("mish", PASSES, "mish"),
        ("formula:x * tanh(x)", PASSES, "formula:x * tanh(x)"),
        ("numpy:sinh", [FORWARD], "formula:(exp(x) - exp(-x)) / 2"),
        ("tensorflow.nn:relu", PASSES, "relu"),
    ],
)
def test_every_implementation_computes_its_passes(function, passes, activation):
    x, upstream = np.linspace(-3, 3, 6, dtype=np.float32), np.arange(1, 7, dtype=np.float32)
    value, gradient = reference(activation, 0, x), upstream * reference(activation, 1, x)
    expected = {FORWARD: [value], BACKWARD: [gradient], BOTH: [value, gradient]}
    layers = 2
    found = list(implementations(function))
    assert found[0].name == "actbench"
    for implementation in found:
        built = {
            name: implementation.build(name, [x] * layers, [upstream] * layers)
            for name in PASSES
        }
        calls = {name: call for name, call in built.items() if call is not None}
        assert list(calls) == list(passes) or implementation is not found[0]
        for name, call in calls.items():
            arrays = list(arrays_in(call()))
            if arrays[0].ndim == 0:  # TensorFlow's graph adds the first elements of all layers
                total = layers * sum(part[0] for part in expected[name])
                assert arrays == [pytest.approx(total, rel=1e-5)]
                continue
            matches = np.array(
                [
                    [np.allclose(array, part, rtol=1e-5, atol=1e-6) for part in expected[name]]
                    for array in arrays
                ]
            )
            assert matches.any(axis=0).all()
            assert matches.any(axis=1).all()


def test_a_copy_reads_and_writes_each_input():
    x = np.linspace(-3, 3, 6, dtype=np.float32)
    assert copy_call([x, x])() == -2 * x[0]


# Selection by options.


def configuration(**options):
    """The part of pytest's configuration that selects benchmarks; no runs are stored."""
    given = {"activation": []} | options
    return cast(pytest.Config, SimpleNamespace(getoption=given.get))


NO_RUNS = cast(FileStorage, SimpleNamespace(query=lambda *_: []))


def find_no_run(config):
    earlier_runs.find_run(config, NO_RUNS)


@pytest.mark.parametrize(
    ("check", "options", "parts"),
    [
        (selection.check_options, {"functions": "mush"}, ["'mush'", "did you mean mish"]),
        (
            selection.check_options,
            {"sizes": "12k"},
            ["--sizes: ", "1024, 32768", "'12k'"],
        ),
        (
            selection.check_options,
            {"implementations": "kears"},
            ["--implementations: ", "one of actbench,", "'kears'"],
        ),
        (selection.check_options, {"activation": ["nowhere:f"]}, ["nowhere"]),
        (
            find_no_run,
            {"benchmark_compare": "0099"},
            ["--benchmark-compare: ", "number of a run", "'0099'"],
        ),
        (
            earlier_runs.check_file_exists,
            {"benchmark_compare": "/no/such/file.json"},
            ["existing file", "/no/such/file.json"],
        ),
        (
            find_no_run,
            {"benchmark_compare": True},
            ["--benchmark-compare: ", "got none", "--benchmark-autosave"],
        ),
        (
            find_no_run,
            {"benchmark_compare_fail": ["mean:5%"]},
            ["--benchmark-compare as well"],
        ),
    ],
)
def test_wrong_options_are_refused_in_one_line(check, options, parts):
    with pytest.raises(pytest.UsageError) as error:
        check(configuration(**options))
    assert re.fullmatch(r".+: expected .+ got .+", str(error.value))
    for part in parts:
        assert part in str(error.value)


def run_benchmarks(*options):
    """Run `pytest benchmarks` in a process of its own."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "benchmarks", "-q", *options],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip


@pytest.mark.parametrize("options", [["--functions", "mush"], ["--benchmark-compare=0099"]])
def test_the_command_refuses_wrong_options_without_a_traceback(options):
    done = run_benchmarks(*options)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    assert re.fullmatch(r"ERROR: .+: expected .+ got .+", line)
    assert "Traceback" not in done.stderr


EIGHT = selection.DEFAULTS["functions"]
WITH_COUNTERPARTS = [name for name in actbench.names() if actbench.get(name).counterparts]


@pytest.mark.parametrize(
    ("options", "axes"),
    [
        ({}, [EIGHT, [FORWARD, BOTH], ["float32"], [32_768, 331_776, 4_194_304], ["mixed"]]),
        ({"markexpr": "full"}, [WITH_COUNTERPARTS, PASSES, DTYPES, SIZES, INPUTS]),
        (
            {"functions": "mish", "sizes": "1024"},
            [["mish"], [FORWARD, BOTH], ["float32"], [1024], ["mixed"]],
        ),
        (
            {"sizes": "4194304", "benchmark_disable": True},
            [EIGHT, [FORWARD, BOTH], ["float32"], [4_194_304], ["mixed"]],
        ),
        (
            {"functions": "mish", "dtypes": "float16,float64"},
            [
                ["mish"], [FORWARD, BOTH], ["float16", "float64"],
                [32_768, 331_776, 4_194_304], ["mixed"],
            ],
        ),
        (
            {"activation": ["formula:x * tanh(x)"], "passes": "backward", "inputs": "negative"},
            [
                ["formula:x * tanh(x)"], ["backward"], ["float32"],
                [32_768, 331_776, 4_194_304], ["negative"],
            ],
        ),
    ],
)  # fmt: skip
def test_options_select_throughput_cases(options, axes):
    config = configuration(**options)
    cases = selection.all_cases(config)
    selected = {case for case in cases if selection.is_selected(config, {"case": case})}
    assert selected == {Case(*values) for values in product(*axes)}


@pytest.mark.parametrize(
    ("parameters", "is_default"),
    [
        ({"members": 6, "batch": 128, "activation": "mish"}, True),
        ({"members": 12, "batch": 128, "activation": "mish"}, False),
        ({"rounds": 200}, False),
        ({"function": "relu"}, True),
    ],
)
def test_benchmarks_with_other_parameters_run_with_m_full(parameters, is_default):
    assert selection.is_selected(configuration(), parameters) == is_default
    assert selection.is_selected(configuration(markexpr="full"), parameters)


ITEMS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "eager mish": (
        {"function": "mish"},
        {"passes": FORWARD, "dtypes": "float32", "sizes": 1_024, "inputs": "mixed"},
    ),
    "network relu": ({"function": "relu"}, {"passes": BOTH, "dtypes": "float32"}),
    "training mish": (
        {"activation": "mish", "members": 6, "batch": 128},
        {"passes": BOTH, "dtypes": "float32"},
    ),
    "relative to relu": (
        {"rounds": 200},
        {
            "functions": selection.ANY_FUNCTION, "passes": BOTH, "dtypes": "float32",
            "sizes": 331_776, "inputs": "mixed",
        },
    ),
    "documents": ({"documents": 1_000}, {}),
}  # fmt: skip
"""Benchmarks that have no throughput case: their parameters and their other axes."""


@pytest.mark.parametrize(
    ("options", "selected"),
    [
        ({}, {*ITEMS}),
        ({"functions": "mish"}, {"eager mish", "training mish", "relative to relu"}),
        ({"functions": "relu,celu"}, {"network relu", "relative to relu"}),
        ({"activation": ["formula:x * tanh(x)"]}, {"relative to relu"}),
        ({"sizes": "1024"}, {"eager mish"}),
        ({"sizes": "331776"}, {"relative to relu"}),
        ({"sizes": "77"}, set()),
        ({"functions": "mish", "sizes": "1024"}, {"eager mish"}),
        ({"passes": "backward"}, set()),
        ({"passes": "both,backward"}, {"network relu", "training mish", "relative to relu"}),
        ({"dtypes": "float64"}, set()),
        ({"inputs": "mixed"}, {"eager mish", "relative to relu"}),
    ],
)
def test_options_restrict_all_benchmarks(options, selected):
    config = configuration(markexpr="full", **options)
    found = {name for name, item in ITEMS.items() if selection.is_selected(config, *item)}
    assert found == selected


def test_benchmarks_deselect_no_test():
    """Parameters of tests may have the names of parameters of benchmarks, such as function."""
    done = run_benchmarks("tests/test_kills.py", "--collect-only", "-k", "documents")
    found = re.findall(
        r"tests/test_kills.py::test_a_killed_run_continues\S+\[(.+)\]", done.stdout
    )
    assert found == ["after an epoch", "after three documents"]


@pytest.mark.skipif(not FULL, reason="collects all benchmarks; see --full")
def test_each_benchmark_states_the_axes_of_options():
    options = "--collect-only", "-m", "full", "--functions", "mish", "--sizes", "77"
    done = run_benchmarks(*options)
    lines = [line for line in done.stdout.splitlines() if line.startswith("benchmarks/")]
    assert lines
    assert all("test_throughput[mish-" in line and "-77-" in line for line in lines)


# Comparisons with stored runs.


RUN = {"fullname": "x", "extra_info": {}}


def stored(folder, platform, number, when):
    path = folder / platform / f"{number:04}_saved.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine_info": {"cpu": {}},
        "benchmarks": [{"fullname": "x", "extra_info": {}}],
    }
    path.write_text(json.dumps(document))
    os.utime(path, (when, when))
    return path


def compared(folder, option, platform="here"):
    """The runs that a comparison uses."""
    storage = FileStorage(folder, logger=None, default_machine_id=platform)
    options = SimpleNamespace(benchmark_compare=option, benchmark_compare_fail=None)
    stub = SimpleNamespace(option=options, getoption=vars(options).get)
    earlier_runs.find_run(cast(pytest.Config, stub), storage)
    return storage.query(options.benchmark_compare)


def test_a_run_of_another_platform_is_compared_if_there_is_none_of_this_one(tmp_path):
    older, newer = (stored(tmp_path, "there", number, number) for number in (1, 2))
    assert compared(tmp_path, True) == [newer]
    assert compared(tmp_path, "0001") == [older]
    assert compared(tmp_path, "there/0001") == [older]
    here = stored(tmp_path, "here", 1, 3)
    assert compared(tmp_path, True) == compared(tmp_path, "0001") == [here]
    stored(tmp_path, "elsewhere", 3, 1)
    assert compared(tmp_path, "0002") == [newer]
    assert compared(tmp_path, True, platform="new") == [here]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"benchmarks": []}', "\x00", "[" * 99])
def test_a_stored_run_that_cannot_be_read_is_refused(tmp_path, content):
    stored(tmp_path, "here", 1, 1).write_text(content)
    with pytest.raises(pytest.UsageError, match=r"--benchmark-compare: .+: expected"):
        compared(tmp_path, True)


@pytest.mark.parametrize(
    ("option", "is_disabled", "timed", "lacks"),
    [
        (None, False, ["a"], False), (True, False, ["a"], False), (True, False, ["b"], True),
        (True, False, [], True), (True, True, [], False), ("0001", False, ["b", "a"], False),
    ],
)  # fmt: skip
def test_a_comparison_with_nothing_fails(option, is_disabled, timed, lacks):
    session = SimpleNamespace(
        compared_mapping={"run": {"a": {}}},
        benchmarks=[SimpleNamespace(fullname=name) for name in timed],
    )
    options = {"benchmark_compare": option, "benchmark_disable": is_disabled}
    stub = SimpleNamespace(getoption=options.get, _benchmarksession=session)
    assert earlier_runs.lacks_compared_benchmarks(cast(pytest.Config, stub)) == lacks


# Warnings.

_NOISY = """
import builtins, warnings
original = builtins.__import__
def noisy(name, *arguments, **options):
    module = original(name, *arguments, **options)
    if name.partition(".")[0] in {"numpy", "tensorflow", "keras", "ml_dtypes", "scipy", "rich"}:
        warnings.warn_explicit("old", DeprecationWarning, "other.py", 1, module="other")
    return module
builtins.__import__ = noisy
"""


@pytest.mark.parametrize(
    "options",
    [
        ("benchmarks/test_documents.py", "--collect-only"),
        pytest.param(
            ("benchmarks", "-k", "eager and relu6"),
            marks=pytest.mark.skipif(not FULL, reason="imports TensorFlow; see --full"),
        ),
    ],
)
def test_warnings_of_other_code_do_not_fail_benchmarks(tmp_path, options):
    (tmp_path / "sitecustomize.py").write_text(_NOISY)
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pytest", "-q", "--benchmark-disable", *options],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "raises"),
    [
        ("other", False),
        ("torch.nn", False),
        ("actbench.testing.paired", True),
        ("actbench", True),
    ],
)
def test_warnings_of_this_project_are_errors_in_benchmarks(module, raises):
    item = SimpleNamespace(markers=[])
    item.add_marker = item.markers.append
    warning_filters.mark(cast(pytest.Item, item))
    (mark,) = item.markers
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for each in mark.args:
            warnings.filterwarnings(*parse_warning_filter(each, escape=False))
        context = pytest.raises(DeprecationWarning) if raises else pytest.warns()
        with context:
            warnings.warn_explicit("old", DeprecationWarning, "file.py", 1, module=module)


def test_tests_keep_their_filters_when_they_run_with_benchmarks():
    for arguments, is_changed in (
        (["benchmarks"], True), (["benchmarks/test_eager.py::test_eager_call"], True),
        (["tests", "benchmarks"], False), (["."], False), ([], False),
    ):  # fmt: skip
        lines: list[str] = []
        stub = SimpleNamespace(
            args=arguments, invocation_params=SimpleNamespace(dir=ROOT),
            addinivalue_line=lambda _, line, lines=lines: lines.append(line),
        )  # fmt: skip
        warning_filters.configure(cast(pytest.Config, stub))
        assert bool(lines) == is_changed


def test_ranked_activations_are_timed_relative_to_relu():
    # The file was called test_beside_relu.py, and its name is part of published commands.
    options = "-m", "full", "-k", "beside_relu", "--benchmark-disable"
    added = "--activation", "formula:x * tanh(x)"
    if FULL:  # compiles a kernel for each of 26 activations
        assert "1 passed" in run_benchmarks(*options, *added).stdout
    else:
        assert "\n1/" in run_benchmarks(*options, *added, "--collect-only").stdout


def throughput_entry(function, implementation, ratio):
    timing = {"elements_per_second": 1e9, "share_of_copy": 0.5, "bytes_kept": 4.0}
    comparison = {
        "ratio_to_actbench": ratio,
        "interval": [ratio - 0.1, ratio + 0.1],
        "actbench_is": "faster",
    }
    return {
        "function": function, "pass_name": BOTH, "dtype": "float32", "size": 1024,
        "kind": "mixed",
        "noise": 0.01, "copy_bytes_per_second": 1e10, "cpu": "a processor",
        "implementations": {"actbench": timing, implementation: timing | comparison},
    }  # fmt: skip


def test_ratios_are_summarised_for_the_fastest_counterpart_of_each_function():
    rows = throughput.summarise(
        [
            throughput_entry("mish", "keras", 4.0),
            throughput_entry("mish", "tf", 2.0),
            throughput_entry("silu", "tf", 8.0),
        ]
    )
    (summary,) = throughput.summarise_ratios(rows, ("keras", "tf")).to_dict("records")
    assert summary == {
        "pass_name": BOTH, "count": 2, "mean": pytest.approx(4.0), "least": 2.0,
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


def test_an_entry_that_is_not_valid_is_reported_and_the_others_are_used(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    entries = [throughput_entry("mish", "tf", 2.0), throughput_entry("silu", "tf", -1.0)]
    benchmarks = [
        {"fullname": f"test[{number}]", "extra_info": entry}
        for number, entry in enumerate([*entries, {"my": "own"}])
    ]
    document = {"machine_info": {"cpu": {}}, "benchmarks": benchmarks}
    (folder / "a.json").write_text(json.dumps(document))
    found, (fault,) = read_benchmarks(tmp_path)
    assert [entry["function"] for entry in found] == ["mish"]
    assert found[0]["cpu"] == "an unknown processor"
    assert fault.reason.startswith("test[1]: ")
    assert "ratio_to_actbench: expected" in fault.reason


def test_mutated_files_give_sections_or_faults(tmp_path):
    """The files of this project with odd values in any place."""
    modules = (
        eager_calls, memory_kept, speed_ratios, step_share, throughput_by_size, training_cost
    )  # fmt: skip
    folder = tmp_path / FOLDER
    folder.mkdir()
    rng = np.random.default_rng(0)
    whole = {}
    for path in sorted((ROOT / "results" / FOLDER).glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        chosen = document["benchmarks"][:3]
        for benchmark in chosen:
            benchmark["stats"] = {}
        whole[path.name] = {"machine_info": {"cpu": {}}, "benchmarks": chosen}
    for _ in range(1_000 if FULL else 2):
        documents = copy.deepcopy(whole)
        names = sorted(documents)
        for name in rng.choice(names, 3, replace=False):
            mutate(documents[name]["benchmarks"], rng)
        for name, document in documents.items():
            (folder / name).write_text(json.dumps(document))
        entries, _ = read_benchmarks(tmp_path)
        relu_cost_ratios(entries)
        with house_style():
            for module in modules:
                assert all(len(each.formatted_table()) for each in module.sections(entries))


def test_a_store_without_benchmarks_has_no_entries(tmp_path):
    assert read_benchmarks(tmp_path) == ((), ())


def test_files_with_earlier_names_are_read_as_present_ones(tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    names = {"ours": "actbench", "naive NumPy": "textbook NumPy"}
    earlier = {
        "what": "both", "noise": 0.1,
        "beside_relu": {"mish": {"ratio": 1.5, "interval": [1, 2]}},
        "not_here": ["naive NumPy"],
        "implementations": {
            name: {"times_ours": 2.0, "ours_is": "faster", "place": "tf"} for name in names
        },
    }  # fmt: skip
    present = {
        "pass_name": BOTH,
        "relative_to_relu": {"mish": {"ratio": 1.5, "interval": [1, 2]}}, "noise": 0.1,
        "unavailable": ["textbook NumPy"],
        "implementations": {
            name: {"ratio_to_actbench": 2.0, "actbench_is": "faster", "location": "tf"}
            for name in names.values()
        },
    }  # fmt: skip
    for file, info in (("a", earlier), ("b", present)):
        benchmarks = [{"fullname": file, "extra_info": info}]
        document = {"machine_info": {"cpu": {"brand_raw": "x"}}, "benchmarks": benchmarks}
        (folder / f"{file}.json").write_text(json.dumps(document))
    entries, faults = read_benchmarks(tmp_path)
    assert faults == ()
    assert list(entries) == [present | {"cpu": "x"}] * 2


def training_entry(members, activation="relu", keras=2.0):
    return {
        "training": "two convolutions", "activation": activation, "members": members,
        "images": 1_280, "batch": 128, "noise": 0.05, "cpu": "a processor",
        "seconds_per_model_epoch": {"actbench": 0.04, "keras": 0.04 * keras},
        "ratio_to_actbench": {"keras": keras},
        "intervals": {"keras": [keras - 0.1, keras + 0.1]},
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
    assert rows[rows["by"] == "actbench"]["ms"].tolist() == [4.0, 4.0]
    assert rows["limit"].tolist() == [1.0] * 4
    with house_style():
        curve, memory, workers = training_cost.sections(entries)
        assert curve.figure is not None
        (ax,) = curve.figure.axes
        drawn = {line.get_label(): list(np.asarray(line.get_ydata())) for line in ax.lines[:2]}
        assert drawn["keras"] == [8.0, 8.0]
        plt.close("all")
    assert curve.formatted_table()["time of the other trainer / actbench"].tolist() == [
        "2.00",
        "2.00",
    ]
    assert memory.formatted_table()["GB"].tolist() == ["2.00"]
    assert workers.formatted_table()["result"].tolist() == ["3.0 ms", "1.20 [1.00, 1.40]"]


@pytest.mark.parametrize(
    "module",
    [eager_calls, memory_kept, speed_ratios, step_share, throughput_by_size, training_cost],
)
def test_without_entries_there_are_no_sections(module):
    assert list(module.sections([])) == []
