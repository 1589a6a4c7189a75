"""`actbench audit`: targets, exit status, documents, the figure, and all of float32."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import actbench
from actbench.activations.counterparts import FRAMEWORKS
from actbench.activations.record import Counterpart
from actbench.cli import main
from actbench.conformance import documents, exhaustive
from actbench.conformance.audit import audit
from actbench.conformance.exhaustive import verdicts
from actbench.conformance.findings import STRICT
from actbench.conformance.inventory import entries
from actbench.conformance.reference import real_values
from actbench.conformance.targets import NotInstalledError, Target, ours, targets
from actbench.conformance.ulp import errors
from actbench.frameworks.libraries import DTYPES, LIBRARIES, installed
from tests.faults import Planted


def relu(x):
    """ReLU, for NumPy arrays."""
    return np.maximum(x, 0)


def swish_like(x):
    """A tensor's sigmoid times x, by Keras."""
    import keras

    return x * keras.ops.sigmoid(x)


def for_nobody(x):
    """A function of no tensor."""
    raise TypeError(f"{type(x).__name__} is not for me")


def one(*words, **options):
    """Return the one target of these words."""
    (found,) = targets(words, **options)
    assert isinstance(found, Target)
    return found


def test_what_conforms_exits_0_and_says_how_well(capsys):
    assert main(["audit", "relu"]) == 0
    out = capsys.readouterr().out
    assert "tolerance in ULP of normal results: value 4" in out
    assert out.count("conforms (") == 2  # NumPy and TensorFlow
    assert "f'(0) = 0, left of [0, 1]" in out


def test_what_does_not_exits_1_and_shows_the_worst_input_and_how_to_see_it(capsys):
    assert main(["audit", "keras:celu"]) == 1
    out = capsys.readouterr().out
    assert "FAILS derivative float32" in out
    assert "x = 0.0 (0x00000000): got 2.0, wanted 1" in out
    assert "print(t1.gradient(y, x)[0])" in out
    assert "DOES NOT CONFORM: derivative" in out


def test_json_is_the_documents_and_nothing_else(capsys):
    assert main(["audit", "tf:relu", "keras:relu6", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [document["target"] for document in found] == ["tf:relu", "keras:relu6"]
    assert {verdict["outcome"] for verdict in found[0]["verdicts"]} <= {"ok", "skipped"}


def test_a_readers_own_function_is_held_to_a_name_or_a_formula(capsys):
    assert main(["audit", "tests.test_audit_command:relu", "--as", "relu"]) == 0
    assert main(["audit", "tests.test_audit_command:relu", "--formula", "max(x, 0)"]) == 0
    assert main(["audit", "tests.test_audit_command:relu", "--as", "linear"]) == 1
    assert main(["audit", "tests.test_audit_command:swish_like", "--as", "swish"]) == 1
    assert "on tensorflow" in capsys.readouterr().out


def test_settings_follow_their_target():
    found = targets(["keras:elu", "alpha=0.5", "leaky_relu", "negative_slope=0.3"])
    expected = [str(target.expected) for target in found if isinstance(target, Target)]
    leaky = "leaky_relu(negative_slope=0.3)"
    assert expected == ["elu(alpha=0.5)", leaky, leaky]
    hard = one("keras:leaky_relu", expected="leaky_relu negative_slope=0.01")
    assert str(hard.expected) == "leaky_relu(negative_slope=0.01)"


def test_the_same_name_with_other_arguments_is_another_function():
    assert one("keras:gelu").expected == actbench.get("gelu")
    assert one("keras:ops.gelu").expected == actbench.get("gelu_tanh")
    assert one("keras:gelu", "approximate=True").expected == actbench.get("gelu_tanh")
    assert one("keras:PReLU").expected == actbench.get("prelu", alpha=0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit"], "no target"),
        (["audit", "mosh"], "did you mean mish"),
        (["audit", "keras:mosh"], "did you mean mish"),
        (["audit", "keras:mosh", "--as", "mish"], "keras has no such function"),
        (["audit", "nowhere:f"], "cannot be imported"),
        (["audit", "math:nothing"], "has no 'nothing'"),
        (["audit", "tests.test_audit_command:relu"], "--as NAME or --formula TEXT"),
        (["audit", "tests.test_audit_command:for_nobody", "--as", "relu"], "takes no tensor"),
        (["audit", "formula:x +"], "formula"),
        (["audit", "beta=1", "mish"], "before any target"),
        (["audit", "mish", "gamma=1"], "unknown parameter"),
        (["audit", "relu", "--as", "relu", "--formula", "x"], "one would be right"),
        (["audit", "relu", "--ulp", "0.1"], "0.5, which correct rounding has"),
        (["audit", "relu", "--device", "moon"], "moon"),
        (["audit", "relu", "--device", "cuda"], "has no device 'cuda'"),
        (["audit", "--all", "relu"], "'relu'"),
        (["audit", "--all", "--exhaustive"], "--exhaustive"),
        (["audit", "relu", "--figure", "/proc/nowhere/figure.png"], "cannot be written"),
        (["audit", "keras:gelu", "beta=1"], "with beta=1 is not known"),
        (["audit", "keras:elu", "foo=1", "--as", "elu"], "foo"),
        (["audit", "keras:backend", "--as", "elu"], "is no function"),
        (["audit", "relu", "--as", ""], "--as ''"),
        (["audit", "relu", "--ulp", "inf"], "0.5, which correct rounding has"),
        (["audit", "relu", "--compiled"], "--compiled is for --exhaustive"),
    ],
)
def test_a_wrong_request_exits_2_with_one_line(words, said, capsys):
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert len(err) < 1500


def test_a_framework_that_is_missing_is_named_and_hurts_nobody(capsys, monkeypatch):
    monkeypatch.setattr(
        "actbench.conformance.targets.installed", lambda package: package != "torch"
    )
    assert main(["audit", "torch:gelu", "tf:relu"]) == 0
    err = capsys.readouterr().err
    assert "torch is not installed" in err
    assert main(["audit", "torch:gelu"]) == 2
    assert isinstance(targets(["torch:gelu"])[0], NotInstalledError)


def test_a_figure_shows_every_format(tmp_path, capsys):
    path = tmp_path / "celu.svg"
    assert main(["audit", "keras:celu", "--figure", str(path)]) == 1
    text = path.read_text()
    assert "<svg" in text
    assert str(path) in capsys.readouterr().err
    assert main(["audit", "relu", "--figure", str(tmp_path / "relu.png")]) == 0
    assert len(list(tmp_path.glob("relu-*.png"))) == 2


def test_documents_are_written_and_read_again(tmp_path):
    target = one("keras:mish")
    examined, _ = audit(target)
    path = documents.write(tmp_path, examined)
    again, faults = documents.read(tmp_path)
    assert not faults
    assert again[0].document() == examined.document()
    assert again[0].failures == examined.failures
    path.with_name("other.json").write_text('{"schema": 99}')
    path.with_name("broken.json").write_text('{"sch')
    again, faults = documents.read(tmp_path)
    assert len(again) == 1
    assert len(faults) == 2


def test_all_writes_a_document_for_each_function(tmp_path, capsys, monkeypatch):
    known = {e.there.name: e for e in entries(("tensorflow", "keras")) if e.there}
    few = [known["tf.nn.relu"], known["keras.activations.celu"]]
    few.append(few[0]._replace(there=Counterpart("tf.nn.gone")))
    monkeypatch.setattr("actbench.conformance.command.entries", lambda _: few)
    monkeypatch.setattr("actbench.conformance.command._workers", lambda: ThreadPoolExecutor(1))
    assert main(["audit", "--all", "--store", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "1 of 2 conform" in out
    assert "[2/3] keras:celu" in err
    assert "tensorflow has no tf.nn.gone; left out" in err
    assert len(list((tmp_path / "audit").rglob("*.json"))) == 2


def test_all_is_what_is_installed_in_order_of_package():
    packages = [entry.package for entry in entries()]
    assert packages == sorted(packages, key=["actbench", *FRAMEWORKS].index)
    assert {"actbench", "keras", "tensorflow"} <= set(packages)
    found = entries(("actbench",))[1]
    assert found.target().library.name == "tensorflow"


@pytest.mark.parametrize("words", ["keras:celu", "tf:silu", "keras:LeakyReLU"])
def test_reproducers_are_three_lines_that_print_what_the_audit_saw(words, capsys):
    verdicts = audit(one(words))[0].failures
    shown = [verdict for verdict in verdicts if verdict.reproducer]
    assert len({v.mode for v in shown}) == 2
    for verdict in shown:
        assert len(verdict.reproducer.splitlines()) == 3
        exec(verdict.reproducer, {})  # noqa: S102 - the lines above
        printed = capsys.readouterr().out
        got = re.search(r"(?:tf.Tensor\()?(\S+?)[,)\s]", printed)
        assert got, printed
        dtype = DTYPES[verdict.dtype].type
        seen = verdict.worst.got if verdict.worst else ""
        want, found = (float(dtype(float(text))) for text in (seen, got[1]))
        assert found == pytest.approx(want, rel=1e-6, nan_ok=True), verdict


def nan_at(pattern):
    """Return ReLU with NaN at one pattern of float32."""

    def faulty(x):
        y = np.maximum(x, 0)
        if y.dtype == np.float32:
            y[x.view(np.uint32) == pattern] = np.nan
        return y

    return Planted(actbench.get("relu"), faulty)


def test_exhaustive_finds_one_pattern_of_all_and_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(exhaustive, "BLOCKS", 65)
    pattern = 0x3F123457  # in block 63
    target = Target(
        name="one pattern", place="here", package="numpy", library=LIBRARIES["numpy"](),
        expected=actbench.get("relu"), make=lambda _: nan_at(pattern), call="f({x})",
    )  # fmt: skip
    assert audit(target)[0].conforms  # the sample misses it
    partial, looked = tmp_path / "blocks.partial", []

    def until(block):
        def blocks(todo):
            for number in todo:
                if number > block:
                    raise KeyboardInterrupt
                looked.append(number)
                yield number

        return blocks

    def run(progress, **settings):
        return verdicts(
            target, STRICT, progress, mode="eager", partial=partial, settings=settings
        )

    # Blocks 1 to 61 are taken as done: what counts is that they are not looked at again.
    with pytest.raises(KeyboardInterrupt):
        run(until(0), of="x")
    kept = json.loads(partial.read_text())
    kept["blocks"] |= {str(n): kept["blocks"]["0"] for n in range(1, 62)}
    partial.write_text(json.dumps(kept))
    value, slope = run(until(99), of="x")
    assert looked == [0, 62, 63, 64]
    assert not partial.exists()
    assert (value.outcome, value.failing, slope.outcome) == ("fails", 1, "ok")
    assert value.worst.bits == hex(pattern)
    # Other settings begin anew.
    partial.write_text(json.dumps(kept))
    with pytest.raises(KeyboardInterrupt):
        run(until(-1), of="y")


def test_exhaustive_looks_at_what_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(exhaustive, "BLOCKS", 1)
    arguments = ["audit", "tests.test_audit_command:relu", "--as", "relu", "--exhaustive"]
    assert main([*arguments, "--store", str(tmp_path)]) == 0
    assert main([*arguments, "--compiled", "--store", str(tmp_path)]) == 0
    (known,), _ = documents.read(tmp_path)
    found = {(v.check, v.mode): (v.outcome, v.text) for v in known.verdicts}
    assert found["every value", "eager"] == ("ok", "")
    assert found["every derivative", "eager"] == ("skipped", "it has no attribute derivative")
    assert found["every value", "compiled"] == ("skipped", "NumPy has no compiler")


# Where f or f' has zeros, pieces meet, results are subnormal, inputs are: the starts of parts.
PARTS = [
    (name, pattern)
    for name in ("mish", "elu", "hard_shrink", "softplus", "relu_squared", "sqnl")
    for pattern in (
        0x0,
        0x80000000,
        0x3F000000 - 2048,
        0x3F800000 - 2048,
        0xBF98A000,
        0xC2AEAC00,
    )
]


@pytest.mark.parametrize(("name", "start"), PARTS)
def test_all_of_float32_is_judged_by_the_same_rules_as_the_sample(name, start):
    expected = actbench.get(name)
    bits = np.arange(start, start + 4096, dtype=np.uint64).astype(np.uint32)
    x = bits.view(np.float32)
    rng = np.random.default_rng(start)
    several = []
    for right in (expected(x), expected.derivative(x)):
        off = np.where(rng.random(x.size) < 0.5, rng.integers(-40, 40, x.size), 0)
        wrong = (right.view(np.int32) + off.astype(np.int32)).view(np.float32)
        wrong[rng.random(x.size) < 0.01] = np.nan
        wrong[rng.random(x.size) < 0.01] = 0
        several.append(wrong)
    judged = exhaustive._judge(expected, STRICT)(x, several)
    for order, (got, found) in enumerate(zip(several, judged, strict=True)):
        want = real_values(expected, order, x)
        same = errors(expected, order, x, got, want, STRICT.of(order))
        failing = (found > STRICT.of(order)) | (found < -1)
        # Rounded to float32, an error at the limit may fall on either side.
        sure = np.abs(same.ulp / same.limit - 1) > 1e-6
        np.testing.assert_array_equal(failing[sure], same.failing[sure])
        assert failing.any()
        assert not failing.all()


def test_exhaustive_agrees_with_the_sample_on_a_block_with_a_zero_of_the_derivative():
    gelu = actbench.get("gelu")  # computed in float64, and rounded once
    target = ours(gelu, "gelu")[1]
    look, _ = exhaustive._looker(target, "compiled")
    judge = exhaustive._judge(gelu, STRICT)
    value, slope = exhaustive.look_at(191, look, judge, STRICT)
    assert (value.failing, slope.failing) == (0, 0)
    assert value.normal < 0.51
    assert slope.normal < 0.51


def test_bytes_kept_are_those_of_the_saved_tensors():
    relu6 = one("tf:relu6")
    mish = one("keras:mish")
    library = LIBRARIES["tensorflow"]()
    assert library.bytes_kept(relu6.make("float32"), "float32") == 4
    assert library.bytes_kept(mish.make("float32"), "float32") == 8
    assert library.bytes_kept(actbench.get("mish"), "float32") == 4
    assert library.bytes_kept(actbench.get("mish"), "float16") == 2


def test_a_document_says_what_it_was_held_to():
    target = one("tf:relu")
    examined, _ = audit(target, STRICT._replace(value=1.0))
    document = examined.document()
    assert document["tolerance"] == {
        "value": 1.0,
        "derivative": 16.0,
        "second_derivative": 64.0,
    }
    assert document["expected"] == "relu"
    assert replace(examined, seconds=1.0).conforms


@pytest.mark.parametrize("package", ["torch", "jax"])
def test_peers_are_evaluated_and_differentiated(package):
    if not installed(package):
        pytest.skip(f"{package} is not installed")
    library = LIBRARIES[package]()
    target = one(f"{package}:tanh")
    with library.scope("float32"):
        x = np.linspace(-2, 2, 9, dtype=np.float32)
        for order, want in enumerate((np.tanh(x), 1 / np.cosh(x) ** 2)):
            function = library.derivative(target.make("float32"), order)
            got = library.array(function(library.tensor(x)))
            np.testing.assert_allclose(got, want, rtol=1e-5)
