"""Figures of activations, `actbench plot`, and activations in notebooks."""

import re
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.cli import main
from actbench.display.curves import ORDERS, curve_of, draw, title_of
from actbench.display.notebook import html_of
from actbench.display.style import BLACK, COLOURS, RED
from tests.conftest import FULL

SOME = RECORDS if FULL else RECORDS[::8]


def axes():
    return Figure().subplots()


def drawn(ax):
    """Return the lines of a figure by label, without those of the axes."""
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


@pytest.mark.parametrize("record", SOME)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_curve_has_the_values_of_the_function(record, order):
    activation = record()
    curve = curve_of(activation, order, (-4.0, 3.0))
    assert (curve.x[0], curve.x[-1]) == (-4.0, 3.0)
    assert (np.diff(curve.x) > 0).all()
    function = (activation, activation.derivative, activation.second_derivative)[order]
    known = ~np.isnan(curve.y)
    np.testing.assert_array_equal(curve.y[known], function(curve.x[known]))
    assert known.mean() > 0.98


def test_a_curve_is_interrupted_at_a_jump_and_has_a_corner_at_a_kink():
    relu6 = actbench.get("relu6")
    assert set(curve_of(relu6, 0, (-8, 8)).x) >= {0.0, 6.0}
    assert not np.isnan(curve_of(relu6, 0, (-8, 8)).y).any()
    slope = curve_of(relu6, 1, (-8, 8))
    assert slope.x[np.isnan(slope.y)].tolist() == [0.0, 6.0]
    assert slope.chosen == ((0.0, 0.0), (6.0, 0.0))
    shrink = actbench.get("hard_shrink")
    assert curve_of(shrink, 0, (-1, 1)).chosen == ((-0.5, 0.0), (0.5, 0.0))


def test_one_function_has_a_colour_for_each_derivative():
    ax = axes()
    draw(ax, [actbench.get("mish")], orders=(0, 1))
    lines = drawn(ax)
    assert list(lines) == list(ORDERS[:2])
    assert [line.get_color() for line in lines.values()] == [BLACK, RED]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(ORDERS[:2])


def test_several_functions_have_a_colour_each_and_a_line_style_for_each_derivative():
    ax = axes()
    functions = [actbench.get("mish"), actbench.get("elu", alpha=1.3)]
    draw(ax, functions, orders=(0, 1), x_range=(-2, 2))
    lines = drawn(ax)
    assert list(lines) == ["mish", "elu(alpha=1.3)", "f", "f′"]
    assert [lines[str(each)].get_color() for each in functions] == list(COLOURS[:2])
    assert lines["f"].get_linestyle() != lines["f′"].get_linestyle()
    assert ax.get_xlim() == (-2, 2)


def test_large_results_do_not_compress_the_figure():
    ax = axes()
    draw(ax, [actbench.get("exponential")])
    assert 6 < ax.get_ylim()[1] < 7


def test_titles_name_up_to_three_functions():
    some = [actbench.get(name) for name in ("mish", "relu", "gelu", "tanh")]
    assert title_of(some[:1], [0, 1, 2]) == "f, f′ and f″ of mish"
    assert title_of(some[:3], [0]) == "f of mish, relu and gelu"
    assert title_of(some, [0, 1]) == "f and f′ of 4 activations"


def test_plot_draws_on_given_axes_or_those_of_pyplot():
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    elu = actbench.get("elu", alpha=1.3)
    ax = axes()
    assert elu.plot(ax, derivative=True, x_range=(-1, 1)) is ax
    assert ax.get_title() == "f and f′ of elu(alpha=1.3)"
    assert ax.get_xlim() == (-1, 1)
    try:
        assert elu.plot(second_derivative=True) is plt.gca()
        assert list(drawn(plt.gca())) == ["f", "f″"]
    finally:
        plt.close("all")


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_the_command_writes_equal_files_for_equal_requests(suffix, tmp_path, capsys):
    request = ["plot", "swish", "beta=2", "mish", "elu alpha=1.3", "--derivative"]
    contents = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}{suffix}"
        assert main([*request, "--second-derivative", "--out", str(path)]) == 0
        assert capsys.readouterr().err == f"written to {path}\n"
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    if suffix == ".svg":
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", contents[0].decode())
        assert {"swish(beta=2)", "mish", "elu(alpha=1.3)", *ORDERS} <= set(texts)
        assert "f, f′ and f″ of swish(beta=2), mish and elu(alpha=1.3)" in texts


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["mish"], "--out: expected a value, got none"),
        (["--out", "a.svg"], "NAME [PARAMETER=VALUE]...: expected a value, got none"),
        (["beta=2", "--out", "a.svg"], "beta=2: expected a name before the first parameter"),
        (["mish", "--out", "a.gif"], "expected a file that ends in .svg, .pdf, .png, got .gif"),
        (["mish", "--out", "a"], "got no ending"),
        (["mish", "--out", "a.svg/b.svg"], "expected a file to write"),
        (["misch", "--out", "a.svg"], "did you mean mish or "),
        (["softmax", "--out", "a.svg"], "expected an elementwise function"),
        (["mish", "--range", "1", "--out", "a.svg"], "--range: expected LOW,HIGH"),
        (["mish", "--range", "2,1", "--out", "a.svg"], "range: expected two finite numbers"),
        (["mish", "--range", "0,inf", "--out", "a.svg"], "range: expected two finite numbers"),
    ],
)
def test_wrong_requests_get_one_line(words, expected, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.svg").touch()
    assert main(["plot", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line


@pytest.mark.parametrize("record", SOME)
def test_a_notebook_shows_formula_curve_and_facts(record):
    activation = record()
    html = activation._repr_html_()
    assert html is not None
    assert f"<strong>{activation}</strong>" in html
    (formula,) = re.findall(r"\$(.*?)\$", html)
    assert not re.search(r"\d\.\d{7}|\d{8}", formula)
    assert formula.count("{") == formula.count("}")
    assert ">f′</text>" in html
    assert "<style" not in html
    for fact in ("bounds", "kinks", "source"):
        assert f">{fact}</th>" in html


def test_numbers_in_formulas_for_people_have_six_digits():
    assert "1.0507 x" in html_of(actbench.get("selu"))
    assert "1.0507009873554805 x" in actbench.get("selu").latex
    assert r"\sqrt{\frac{2}{\pi}}" in html_of(actbench.get("gelu_tanh"))


def test_a_notebook_shows_markup_in_a_formula_as_text():
    html = html_of(actbench.from_formula("x if x < 1 else 2 - 1 / x"))
    assert "x < 1" not in html
    assert "x &lt; 1" in html


def test_a_notebook_needs_no_optional_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<svg" not in html_of(actbench.get("mish"))
    monkeypatch.setitem(sys.modules, "actbench.formula.symbolic", None)
    monkeypatch.delitem(sys.modules, "actbench.display.notebook")
    assert actbench.get("mish")._repr_html_() is None


def test_a_missing_package_gives_one_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", "mish", "--out", str(tmp_path / "a.svg")]) == 2
    assert "try pip install 'actbench[report]'" in capsys.readouterr().err
