"""Published tables: recomputed statistics, and rows that contradict themselves."""

import numpy as np
import pytest
from scipy import stats

from actbench import RequestError
from analysis.published.__main__ import main
from analysis.published.p_values import parse_p
from analysis.published.recompute import MISH, recompute, section
from analysis.published.table import read
from tests.conftest import FULL


def write_table(tmp_path, *lines):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_inconsistent_rows_of_the_mish_table_are_found():
    # Two of the 33 rows are inconsistent in the source: ISRU has a different mean and standard
    # deviation in each of its two tables, and the interval of SoftPlus is half as wide as its
    # standard deviation makes it.
    rows = recompute(read(MISH)).set_index("name")
    wrong = rows[rows["contradictions"] != ""]
    assert list(wrong.index) == ["SoftPlus(β = 1)", "ISRU (α=1.0)"]
    assert (
        "mean 86.85 in one table, 83.4465 in the other"
        in wrong["contradictions"]["ISRU (α=1.0)"]
    )
    # The source publishes p = 0.1973 and d = 0.386 for Swish, from numbers that are rounded.
    swish = rows.loc["Swish-1"]
    assert swish["p"] == pytest.approx(0.1973, abs=0.01)
    assert swish["d"] == pytest.approx(-0.386, abs=0.01)
    assert 95 <= swish["runs_needed"] <= 110
    assert "2 of 33 rows contradict themselves" in section().description


@pytest.mark.parametrize(
    ("row", "contradiction"),
    [
        ("consistent,88,1,10,0.0003,2,-2.94,-1.06,88,0.715", ""),
        ("p,88,1,10,0.2,2,-2.94,-1.06,88,0.715", "p 0.2, recomputed 0.00029"),
        ("bound of p,89.9,1,10,<0.01,0.1,-1.04,0.84,89.9,0.715", "p <0.01, recomputed 0.83"),
        ("d,88,1,10,0.0003,3,-2.94,-1.06,88,0.715", "d 3, recomputed 2"),
        (
            "centre,88,1,10,0.0003,2,-3.94,-2.06,88,0.715",
            "interval around -3, difference -2",
        ),
        (
            "width,88,1,10,0.0003,2,-2.5,-1.5,88,0.715",
            "interval width 1, recomputed 1.88",
        ),
        (
            "mean,88,1,10,0.0003,2,-2.94,-1.06,87,0.715",
            "mean 88 in one table, 87 in the other",
        ),
        (
            "own interval,88,1,10,0.0003,2,-2.94,-1.06,88,0.5",
            "interval ±0.5, recomputed ±0.715",
        ),
    ],
)
def test_each_kind_of_contradiction_is_reported_alone(tmp_path, row, contradiction):
    path = write_table(
        tmp_path,
        "name,mean,spread,runs,p,d,low,high,interval_mean,interval_half",
        "first,90,1,10,,,,,90,0.715",
        row,
    )
    assert recompute(read(path))["contradictions"].tolist() == [contradiction]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["name,mean", "a,1"], "expected the columns name, mean, spread, runs, got no spread,"),
        (
            ["name,mean,spread,runs", "a,x,1,3", "b,1,1,3"],
            "line 2: expected a number as mean, got 'x'",
        ),
        (
            ["name,mean,spread,runs", "a,1,1,3", "b,1,1,1"],
            "line 3: expected at least 2 runs and a spread above 0, got 1 runs",
        ),
        (
            ["name,mean,spread,runs", "a,1,0,3", "b,1,1,3"],
            "line 2: expected at least 2 runs and a spread above 0, got 3 runs and a spread of",
        ),
        (["name,mean,spread,runs", "a,1,1,3"], "expected at least two rows, got 1"),
        (["name,mean,spread,runs"], "expected at least two rows, got 0"),
        ([], "expected a CSV file"),
        (
            ["name,mean,spread,runs", "", "a,1,1,3", "", "b,1,x,3"],
            "line 5: expected a number as",
        ),
        (["name,mean,spread,runs", '"a', 'b",1,1,3', "c,1,1,1"], "line 2: expected printable"),
        (["", "name,mean,spread,runs", "a,1,1,3", "c,1,1,1"], "line 4: expected at least 2"),
        (["name,mean,spread,runs", "a,1,1,3", "b,1,1"], "line 3: expected 4 fields, got 3"),
        (["name,mean,spread,runs", "a,1,1,3", '"b,1,1,3'], "line 3: expected a row of CSV"),
        (["name,mean,spread,runs", "a,1,1,3", "b,1,1,2.5"], "line 3: expected a whole number"),
        (
            ["name,mean,spread,runs", "a,1,1,3", "b,1,1,inf"],
            "line 3: expected a number as runs",
        ),
        (["name,mean,spread,runs,p", "a,1,1,3,", "b,1,1,3,foo"], "line 3: expected a p value"),
        (
            ["name,mean,spread,runs,p", "a,1,1,3,", "b,1,1,3,1.2"],
            "line 3: expected p from 0 to 1",
        ),
        (
            ["name,mean,spread,runs,d", "a,1,1,3,", "b,1,1,3,big"],
            "line 3: expected a number as d",
        ),
        (["name,name,mean,spread,runs"], "line 1: expected each column once, got 'name'"),
    ],
)
def test_bad_tables_are_rejected_with_one_line(tmp_path, capsys, lines, message):
    path = write_table(tmp_path, *lines)
    with pytest.raises(RequestError):
        read(path)
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_command_prints_the_table_and_reports_contradictions_in_its_exit_status(
    capsys, tmp_path
):
    assert main([]) == 1
    assert "| ISRU (α=1.0)" in capsys.readouterr().out
    consistent = write_table(tmp_path, "name,mean,spread,runs", "a,1,1,3", "b,1.5,1,3")
    assert main([str(consistent)]) == 0
    assert main([str(tmp_path / "none.csv")]) == 2


def test_differences_and_p_values_are_those_of_welchs_test():
    table = read(MISH)
    rows = recompute(table)
    first = table.iloc[0]
    for (_, published), (_, row) in zip(table[1:].iterrows(), rows.iterrows(), strict=True):
        test = stats.ttest_ind_from_stats(
            published["mean"], published["spread"], published["runs"],
            first["mean"], first["spread"], first["runs"], equal_var=False,
        )  # fmt: skip
        assert row["p"] == pytest.approx(test.pvalue, rel=1e-9)
        assert row["difference"] == published["mean"] - first["mean"]
        # All rows have 23 runs, so the pooled variance is the mean of both variances.
        pooled = np.sqrt((published["spread"] ** 2 + first["spread"] ** 2) / 2)
        assert row["d"] == pytest.approx(row["difference"] / pooled, rel=1e-12)
        # The interval contains 0 exactly if p is above 5%.
        assert (row["low"] <= 0 <= row["high"]) == (row["p"] > 0.05)
        assert (row["low"] + row["high"]) / 2 == pytest.approx(row["difference"])


def judge(tmp_path, **published):
    """The contradictions of a row that differs by 2 from the first; its p is 0.00029."""
    path = write_table(
        tmp_path,
        f"name,mean,spread,runs,{','.join(published)}",
        f"first,90,1,10{',' * len(published)}",
        f"second,88,1,10,{','.join(published.values())}",
    )
    return recompute(read(path))["contradictions"].item()


# Forms of a p value, each with the numbers that it may state.
P_FORMS = {
    "{:.6f}": "", "{:.1e}": "", "{:.2E}": "", "p = {:.1e}": "", "p={:.5f}": "", "={:.1e}": "",
    "{:.1e}*": "", "{:.5f}***": "", "{:.1e}†": "", "~{:.1e}": "", " {:.1e} ": "",
}  # fmt: skip


@pytest.mark.parametrize("form", P_FORMS)
@pytest.mark.parametrize("factor", [1, 1.3, 0.001, 0.02, 20, 1_000])
def test_a_p_value_is_checked_in_each_form(tmp_path, form, factor):
    text = form.format(0.00029 * factor)
    found = judge(tmp_path, p=text)
    parsed = parse_p(text)
    assert parsed is not None
    low, high = parsed.low, parsed.high
    is_near = low <= 3 * 0.00029 and high >= 0.00029 / 3
    assert bool(found) != is_near, (text, found)


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("<0.001", False), ("< .001", False), ("p<0.05", False), ("≤0.01", False),
        ("***", False), ("*", False), ("**", False), ("<1e-5", True), ("****", True),
        ("<0.0001", True), (">0.05", True), ("n.s.", True), ("ns", True), ("N.S.", True),
        ("not significant", True), (">=0.0001", False), ("2.9×10^-4", False),
        ("2.9·10⁻⁴", False), ("2.9×10^-6", True), ("10^-5", True), ("0.03%", False),
        ("3%", True), ('"0,0003"', False), ("", False), ("-", False), ("n/a", False),
        ("0.2", True), ("0.2*", True), ("1e-5", True), ("0", False),
        ("1", True),
    ],
)  # fmt: skip
def test_a_bound_or_a_mark_is_compared_with_the_recomputed_p(tmp_path, text, is_wrong):
    assert bool(judge(tmp_path, p=text)) == is_wrong


@pytest.mark.parametrize("d", ["2", "-2", "−2", "+2.0"])
def test_the_sign_of_d_depends_on_the_order_of_subtraction(tmp_path, d):
    assert judge(tmp_path, d=d) == ""
    sign = "-" if d[0] in "-−" else ""
    assert judge(tmp_path, d=d.replace("2", "3")) == f"d {sign}3, recomputed {sign}2"


def test_rounding_of_the_published_numbers_is_allowed_for(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(300 if FULL else 20):
        decimals, runs = int(rng.integers(1, 5)), int(rng.integers(3, 40))
        samples = (
            rng.normal(0.9, 0.02, runs),
            rng.normal(0.9 + rng.uniform(0, 0.06), 0.02, runs),
        )
        test = stats.ttest_ind(*samples, equal_var=False)
        rows = [
            f"{mean:.{decimals}f},{spread:.{decimals + 1}f},{runs}"
            for mean, spread in ((each.mean(), each.std(ddof=1)) for each in samples)
        ]
        p = f"{test.pvalue:.1e}" if rng.random() < 0.5 else f"{test.pvalue:.3f}"
        path = write_table(
            tmp_path, "name,mean,spread,runs,p", f"a,{rows[0]},", f"b,{rows[1]},{p}"
        )
        assert recompute(read(path))["contradictions"].item() == ""


def test_mutated_tables_give_a_result_or_one_line(tmp_path, capsys):
    rng = np.random.default_rng(0)
    whole = MISH.read_bytes()[:600]
    for _ in range(20_000 if FULL else 100):
        content = bytearray(whole)
        for _ in range(rng.integers(1, 6)):
            place = int(rng.integers(len(content)))
            odd = [b"\x00", b"\xff", b'"', b",", b"\n", b"e", b"-", b"9" * 30, b"", b"1e", b"*"]
            content[place : place + int(rng.integers(0, 4))] = odd[rng.integers(len(odd))]
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        status = main([str(path)])
        output = capsys.readouterr()
        assert (status == 2) == (output.err.count("\n") == 1)
        assert status in {0, 1, 2}


def test_files_that_are_no_regular_files_are_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "expected a regular file, got a folder" in capsys.readouterr().err
