"""Check the prose of docstrings, comments, messages and Markdown against the house rules.

    python -m tests.prose                     # all rooms of the project
    python -m tests.prose actbench/keras      # some files or folders

Prints each sentence that breaks a rule, and exits with status 1 if there is one. The rules are
patterns, so they also match correct sentences; `ALLOWED` lists these with a reason.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_FEWEST_WORDS = 4

ROOMS = (
    "actbench",
    "analysis",
    "benchmarks",
    "tests",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)
"""Files and folders that are checked by default."""

_FEWEST_WORDS = 4


@dataclass(frozen=True)
class Rule:
    """A habit of writing that makes a sentence harder to read.

    Args:
        name: of the rule, printed with each match.
        pattern: a regular expression that finds the habit.
        instead: what to write.
    """

    name: str
    pattern: str
    instead: str


RULES = (
    Rule(
        "free relative clause",
        r"\b[Ww]hat\b(?! (?:is|to|goes|happens|users|people)\b)(?!’s|'s)(?![^.]*\?)",
        'name the thing: "installed libraries are timed", not "what is installed is timed"',
    ),
    Rule(
        "phrase before the subject",
        r"(?:^|[.:;] )(?:Of|By|From|Beside|Beyond|Among|Left of|Right of) [\wé°−∞|(]",
        "put the subject first",
    ),
    Rule(
        "home-made error text",
        r"\b(?:would be|is|are) right\b",
        'write "expected X, got Y"',
    ),
    Rule(
        "held to",
        r"\bh[eo]ld(?:s|ing)? (?:(?:it|them|each|a|results|this) )?(?:to|against)\b",
        'write "compared with"',
    ),
    Rule(
        "person for a thing",
        r"\b(?:[Ww]ho|[Ww]hom|[Ww]hoever|[Nn]obody)\b",
        'write "that", "which", "none"',
    ),
    Rule(
        "mannered word",
        r"\b(?:reckon\w*|mend\w*|anew|begun|nought|afresh|meanwhile|likewise|truth values?"
        r"|look(?:s|ed)? at|beside|elsewhere|reader'?s|goes? on|it is so|hardly)\b",
        "use the plain or technical word",
    ),
)

ALLOWED = {
    r"`[^`]*`": "code is not prose",
    r"\b(?:person|people|users?|readers?|engineer|researcher|teacher|maintainer|authors?|students"
    r"|one|those|everyone|anyone) who\b": "a person is meant",
    r"\breaders? of the report\b": "a person is meant",
    r"^From left to right": "a direction, not a source",
    r"as a share of what is right": "the text of documents of schema 1, which are migrated",
}
"""Patterns that are removed from a sentence before it is checked, with the reason."""


def paragraphs(path: Path) -> Iterator[str]:
    """Yield docstrings, comments and messages of a Python file, or paragraphs of Markdown."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from docstrings(source)
        yield from comments(source)
        # Tests quote texts of all kinds.
        if "tests" not in path.parts:
            yield from messages(source)
        return
    prose = re.sub(r"```.*?```|^#.*?$|`[^`\n]*`", "", source, flags=re.MULTILINE | re.DOTALL)
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", prose):
        if not paragraph.lstrip().startswith("|"):
            yield paragraph


def docstrings(source: str) -> Iterator[str]:
    """Yield every string that stands alone in a body, without its examples."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            match statement:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    yield re.sub(r">>>.*", "", text)


def messages(source: str) -> Iterator[str]:
    """Yield the other strings of four words or more: errors, help and report texts."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=parts):
                texts = [
                    part.value if isinstance(part, ast.Constant) else "…" for part in parts
                ]
                text = "".join(map(str, texts))
            case ast.Constant(value=str(text)) if id(node) not in alone | inside:
                pass
            case _:
                continue
        if len(re.findall(r"[A-Za-zé]{2,}", text)) >= _FEWEST_WORDS:
            yield text


def comments(source: str) -> Iterator[str]:
    """Yield comments; those on lines that follow each other are one."""
    lines: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if lines and token.start[0] != last + 1:
            yield " ".join(lines)
            lines = []
        lines.append(token.string.lstrip("# "))
        last = token.start[0]
    yield " ".join(lines)


def sentences(path: Path) -> Iterator[str]:
    """Yield the sentences of a file, each on one line."""
    for paragraph in paragraphs(path):
        text = re.sub(r"\s+", " ", paragraph).strip()
        yield from filter(None, re.split(r"(?<=[.:;!?])\s+(?=[A-Z`\"*])", text))


def broken_rules(sentence: str) -> list[Rule]:
    """Return the rules that a sentence breaks.

    Example:
        >>> [rule.name for rule in broken_rules("Who is faster wins.")]
        ['person for a thing']
    """
    for pattern in ALLOWED:
        sentence = re.sub(pattern, "", sentence)
    return [rule for rule in RULES if re.search(rule.pattern, sentence)]


def check(room: Path) -> tuple[list[str], int]:
    """Return a line for each sentence of a room that breaks a rule, and how many there are."""
    files = [room] if room.is_file() else sorted([*room.rglob("*.py"), *room.rglob("*.md")])
    lines, count = [], 0
    for path in files:
        for sentence in sentences(path):
            count += 1
            lines += [
                f"{path}: {rule.name} ({rule.instead}): {sentence[:160]}"
                for rule in broken_rules(sentence)[:1]
            ]
    return lines, count


def main(arguments: Sequence[str]) -> int:
    """Print the sentences that break a rule; return 1 if there are any, else 0."""
    found = 0
    for name in arguments or ROOMS:
        lines, count = check(Path(name))
        found += len(lines)
        print("\n".join([*lines, f"{name}: {len(lines)} of {count} sentences"]))
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
