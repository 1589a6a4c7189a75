"""Published tables: recomputed, and what contradicts itself is named."""

import numpy as np
import pytest

from actbench import RequestError
from analysis.published.__main__ import main
from analysis.published.recompute import MISH, read, recompute, section


def table(tmp_path, *lines):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# Of the table's 33 rows two do: ISRU has another mean and spread in each of its two tables, and
# the interval of SoftPlus is half as wide as its spread makes it.
def test_the_rows_of_mish_that_contradict_themselves_are_found():
    rows = recompute(read(MISH)).set_index("name")
    wrong = rows[rows["contradictions"] != ""]
    assert list(wrong.index) == ["SoftPlus(β = 1)", "ISRU (α=1.0)"]
    assert "mean 86.85 here, 83.4465 elsewhere" in wrong["contradictions"]["ISRU (α=1.0)"]
    # As published: P = 0.1973 and d = 0.386 for Swish, from numbers that are rounded.
    swish = rows.loc["Swish-1"]
    assert swish["p"] == pytest.approx(0.1973, abs=0.01)
    assert swish["d"] == pytest.approx(-0.386, abs=0.01)
    assert 95 <= swish["runs_needed"] <= 110
    assert "2 of 33 rows contradict themselves" in section().text


def test_every_kind_of_contradiction_is_named(tmp_path):
    path = table(
        tmp_path,
        "name,mean,spread,runs,p,d,low,high,interval_mean,interval_half",
        "first,90,1,10,,,,,90,0.715",
        "good,88,1,10,0.0003,2,-2.94,-1.06,88,0.715",
        "p,88,1,10,0.2,2,-2.94,-1.06,88,0.715",
        "small p,89.9,1,10,<0.01,0.1,-1.04,0.84,89.9,0.715",
        "d,88,1,10,0.0003,3,-2.94,-1.06,88,0.715",
        "place,88,1,10,0.0003,2,-3.94,-2.06,88,0.715",
        "width,88,1,10,0.0003,2,-2.5,-1.5,88,0.715",
        "mean,88,1,10,0.0003,2,-2.94,-1.06,87,0.715",
        "half,88,1,10,0.0003,2,-2.94,-1.06,88,0.5",
    )
    found = recompute(read(path)).set_index("name")["contradictions"].to_dict()
    assert found.pop("good") == ""
    words = {
        "p": "p 0.2, recomputed 0.00029", "small p": "p <0.01, recomputed 0.8", "d": "d 3, ",
        "place": "interval around -3, difference -2", "width": "interval of 1, recomputed 1.88",
        "mean": "mean 88 here, 87 elsewhere", "half": "interval ±0.5, from its spread ±0.715",
    }  # fmt: skip
    assert found.keys() == words.keys()
    for name, said in found.items():
        assert said.startswith(words[name]), (name, said)
        assert ";" not in said


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["name,mean", "a,1"], "has no column spread, runs"),
        (
            ["name,mean,spread,runs", "a,x,1,3", "b,1,1,3"],
            "line 2: mean, spread and runs are not all numbers",
        ),
        (
            ["name,mean,spread,runs", "a,1,1,3", "b,1,1,1"],
            "line 3: 1 runs with a spread of 1; two",
        ),
        (["name,mean,spread,runs", "a,1,0,3", "b,1,1,3"], "line 2: 3 runs with a spread of 0"),
        (["name,mean,spread,runs", "a,1,1,3"], "1 rows; a first and others to hold beside it"),
        (["name,mean,spread,runs"], "0 rows; a first and others"),
        ([], "cannot be read as CSV"),
    ],
)
def test_bad_tables_get_one_line(tmp_path, capsys, lines, message):
    path = table(tmp_path, *lines)
    with pytest.raises(RequestError, match="right"):
        read(path)
    assert main([str(path)]) == 2
    assert message in capsys.readouterr().err


def test_the_command_shows_the_table(capsys, tmp_path):
    assert main([]) == 1
    assert "| ISRU (α=1.0)" in capsys.readouterr().out
    good = table(tmp_path, "name,mean,spread,runs", "a,1,1,3", "b,1.5,1,3")
    assert main([str(good)]) == 0
    assert main([str(tmp_path / "none.csv")]) == 2


def test_rows_have_what_welch_says():
    rows = recompute(read(MISH))
    assert np.isfinite(rows[["difference", "low", "high", "d", "p"]].to_numpy(float)).all()
