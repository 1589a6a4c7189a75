"""The prose check: each rule finds its habit, and plain sentences pass."""

import pytest

from tests.prose import RULES, broken_rules, check, main

HABITS = {
    "free relative clause": "What is installed is timed, and what it takes is kept.",
    "phrase before the subject": "Of each seed the mean is drawn.",
    "home-made error text": "A positive number would be right.",
    "held to": "Results are held to the oracle.",
    "person for a thing": "The report says who is faster.",
    "mannered word": "The run goes on with the next block.",
}

PLAIN = (
    "PyTorch and JAX are timed as well if they are installed.",
    "A user who stops the run loses nothing.",
    "The interval is computed from 9,999 resamples.",
    "What is measured?",
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_finds_its_habit(rule):
    assert rule in broken_rules(HABITS[rule.name])


@pytest.mark.parametrize("sentence", PLAIN)
def test_plain_sentences_pass(sentence):
    assert broken_rules(sentence) == []


def test_docstrings_comments_and_paragraphs_are_read(tmp_path):
    code = tmp_path / "code.py"
    code.write_text('"""Who is it?"""\n\nx = 1  # Nobody knows.\n# It goes\n# on here.\n')
    page = tmp_path / "page.md"
    page.write_text("# Who\n\n- Nobody reads `who` here.\n\n```\nwho\n```\n")
    assert [len(check(path)[0]) for path in (code, page)] == [3, 1]


def test_messages_are_read_once(tmp_path):
    code = tmp_path / "code.py"
    code.write_text(
        'def f(x):\n    """Return x."""\n    raise E(f"{x}: a number would be right")\n'
    )
    lines, count = check(code)
    assert (len(lines), count) == (1, 2)


def test_a_sentence_that_breaks_a_rule_fails_and_is_listed(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("Of each seed the mean is drawn.\n")
    assert main([str(page)]) == 1
    assert "phrase before the subject" in capsys.readouterr().out
    page.write_text("The mean of each seed is drawn.\n")
    assert main([str(page)]) == 0
