"""Published tables: recomputed statistics, and rows that contradict themselves."""

import numpy as np
import pytest
from scipy import stats

from actbench import RequestError
from analysis.published.__main__ import main
from analysis.published.recompute import MISH, read, recompute, section


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
            "line 2: expected numbers as mean, spread and runs, got x, 1, 3",
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
