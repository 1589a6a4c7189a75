"""The hash of the audited code changes if and only if code changes that an audit depends on."""

import ast
import importlib
import inspect
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.conformance import audited_code, documents
from actbench.conformance.audit import begin
from actbench.conformance.audited_code import (
    CodeState,
    code_state,
    exhaustive_state,
    is_current,
)
from actbench.conformance.definitions import Code, Definition
from actbench.conformance.findings import CodeHashes
from actbench.conformance.targets.inventory import Entry
from actbench.conformance.targets.target import actbench_targets
from actbench.frameworks.libraries import LIBRARIES, installed
from actbench.numerics.dispatch import evaluate
from tests.conftest import FULL

PACKAGE = str(Path(actbench.__file__).parent)
RESULTS = Path(__file__).parents[1] / "results"

SOURCES = {
    "actbench.a": '''
"""A module."""
from actbench import b
from actbench.b import helper, Base as Ground

SCALE = 2.0
TABLE = {"first": helper(1), "second": helper(2)}

def used(x):
    """Return something."""
    return helper(x) * SCALE + b.other(x)

def unused(x):
    return x

class First(Ground):
    name = "first"

    def value(self, x: float) -> float:
        # a comment
        return used(x) + self.shift(x) + TABLE["first"]

    def forgotten(self, x):
        return 7 * x

class Second(Ground):
    name = "second"

    def value(self, x):
        return x / 3
''',
    "actbench.b": """
def helper(x):
    return x + 1

def other(x):
    return x - 1

class Base:
    def run(self, x):
        return self.value(x)

    def shift(self, x):
        return 5 * x

    def value(self, x):
        return 11 * x
""",
}
FIRST = (Definition("actbench.a", "First"), Definition("actbench.b", "Base.run"))


def texts(sources, *roots, key="first"):
    family = Definition("actbench.b", "Base")
    code = Code(sources.get, family=family, keys=frozenset({"first", "second"}))
    return sorted(code.reached(roots or FIRST, key=key).values())


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("a comment", "another comment", False),
        ('"""Return something."""', '"""Return another thing."""', False),
        ("x: float) -> float", "x)", False),
        ("def unused(x):\n    return x", "def renamed(x):\n    return 2 * x", False),
        ("return x / 3", "return x / 4", False),  # of the other class of the family
        ("7 * x", "8 * x", False),  # a method that is not used
        ("11 * x", "12 * x", False),  # a method that First overrides
        ('"second": helper(2)', '"second": helper(3)', False),
        ("SCALE = 2.0", "SCALE = 3.0", True),
        ('"first": helper(1)', '"first": helper(3)', True),
        ("5 * x", "6 * x", True),
        ("return x + 1", "return x + 2", True),
        ("return x - 1", "return x - 2", True),
        ("self.value(x)", "-self.value(x)", True),
    ],
)
def test_only_code_that_is_reached_changes_the_texts(before, after, changes):
    assert any(before in text for text in SOURCES.values())
    edited = {name: text.replace(before, after) for name, text in SOURCES.items()}
    assert (texts(edited) != texts(SOURCES)) is changes


def test_a_definition_may_move_to_another_module():
    moved = {
        "actbench.a": SOURCES["actbench.a"].replace("import helper,", "import"),
        "actbench.b": SOURCES["actbench.b"].replace("def helper(x):\n    return x + 1\n", ""),
        "actbench.c": "def helper(x):\n    return x + 1\n",
    }
    moved["actbench.a"] = "from actbench.c import helper\n" + moved["actbench.a"]
    assert texts(moved) == texts(SOURCES)


def function_texts(records):
    return {
        each: audited_code._texts("function", audited_code._ON_ARRAYS, each) for each in records
    }


def computes_with(each, record):
    """Return whether the code of one record contains members of another one."""
    place = Definition(each.__module__, each.__qualname__)
    reached = audited_code._code("function").reached([place, *audited_code._ON_ARRAYS])
    return any(found.name.partition(".")[0] == record.__qualname__ for found in reached)


@pytest.fixture
def edited(monkeypatch):
    """Return a function that replaces the text of a module, as the hashes see it."""

    def clear():
        audited_code._code.cache_clear()
        audited_code._texts.cache_clear()

    def edit(module, text):
        original = audited_code._text
        monkeypatch.setattr(
            audited_code, "_text", lambda name: text if name == module else original(name)
        )
        clear()

    yield edit
    clear()


class _OtherResults(ast.NodeTransformer):
    """Changes the methods of a class that compute."""

    def __init__(self, name):
        self.name = name

    def visit_ClassDef(self, node):
        if node.name == self.name:
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and part.name.startswith("compute_"):
                    part.body.append(ast.parse("return 42").body[0])
        return node


CHANGED = [record for record in RECORDS if FULL or record.name in ("mish", "gelu", "relu6")]


@pytest.mark.parametrize("record", CHANGED, ids=lambda record: record.name)
def test_a_change_of_one_record_makes_its_audit_stale_and_no_other(record, edited):
    others = [
        each
        for each in RECORDS
        if not issubclass(each, record)
        and not computes_with(each, record)
        and (FULL or each.__module__ == record.__module__)
    ]
    before = function_texts([record, *others])
    tree = ast.parse(inspect.getsource(importlib.import_module(record.__module__)))
    edited(record.__module__, ast.unparse(_OtherResults(record.__name__).visit(tree)))
    after = function_texts([record, *others])
    changed = {each.name for each in before if before[each] != after[each]}
    has_code = any(name.startswith("compute_") for name in vars(record))
    assert changed == ({record.name} if has_code else set())


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_definitions_contain_all_code_that_a_record_executes(library):
    """The interpreter reports the functions that are called; each must be in the hash."""
    records = RECORDS if FULL else RECORDS[::16]
    arrays = [np.linspace(-3, 3, 50, dtype=dtype) for dtype in (np.float32, np.float64)]
    if not installed(library):
        pytest.skip(f"{library} is not installed")
    adapter = LIBRARIES[library]()
    arrays = [adapter.tensor(array) for array in arrays]
    evaluate(actbench.get("formula:x"), arrays[0], 0)  # imports modules
    roots = (*audited_code._ON_ARRAYS, *audited_code._EVALUATORS[library])
    left_out = {*audited_code._WITHOUT_RESULTS, audited_code._LIMITS}
    incomplete: set[str] = set()
    for record in records:
        place = Definition(record.__module__, record.__qualname__)
        reached = audited_code._code("function").reached([place, *roots], key=record.name)
        missing = {
            (module, name)
            for module, name in executed(record(), arrays)
            if module not in left_out and Definition(module, name) not in reached
        }
        incomplete |= {record.name} if missing else set()
    assert not incomplete


def executed(activation, arrays):
    """Return module and name of each function of the package that an evaluation calls."""
    for order in range(3):
        activation.at_infinity(order)  # the code of limits counts as that of the judge
    called = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            called.add((frame.f_globals["__name__"], frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        for x in arrays:
            for order in range(3):
                evaluate(activation, x, order)
    finally:
        sys.setprofile(None)
    # Functions in functions are a part of their definition, as are comprehensions.
    whole = {(module, name.partition(".<")[0]) for module, name in called}
    return {(module, name) for module, name in whole if not name.startswith("<")}


def test_an_audit_of_present_code_is_current_and_one_of_other_code_is_not():
    found = begin(actbench_targets(actbench.get("swish", beta=1.5), "swish")[0])
    assert is_current(found)
    for stale in (
        replace(found, code=replace(found.code, function="0" * 16)),
        replace(found, parameters={"beta": 1.25}),
        replace(found, call="actbench.get('swish', beta=1.25)({x})"),
        replace(found, versions={**found.versions, "numpy": "1.0"}),
    ):
        assert not is_current(stale)
    judged_otherwise = replace(found, code=replace(found.code, judge="0" * 16))
    assert code_state(judged_otherwise) == CodeState.STALE
    assert exhaustive_state(judged_otherwise) == CodeState.CURRENT
    earlier = replace(found, code=CodeHashes())
    assert code_state(earlier) == exhaustive_state(earlier) == CodeState.UNKNOWN


def test_the_code_of_a_framework_is_its_version():
    record = next(each for each in RECORDS if each.name == "elu")
    found = begin(Entry("keras", record, record.counterparts[0]).target())
    assert is_current(found)
    other = replace(found, versions={**found.versions, found.package: "1.0"})
    assert code_state(other) == CodeState.STALE


# The long form only, because repeating all audits takes an hour and any change of the code that
# judges asks for it. Until then the report labels the audits as those of other code.
@pytest.mark.skipif(not FULL, reason="the audits are repeated before the long form is run")
def test_all_committed_audits_are_about_the_present_code():
    """`actbench audit --all` and `actbench audit NAME --exhaustive` repeat audits."""
    audits, faults = documents.read(RESULTS)
    assert audits
    stale = [
        f"{documents.path_of(Path('results'), audit)}: {code_state(audit)}"
        for audit in audits
        if not is_current(audit)
    ]
    problems = [*map(str, faults), *stale]
    if problems:
        text = "\n".join([f"{len(problems)} documents to repeat:", *problems])
        pytest.fail(text, pytrace=False)


def test_the_judge_contains_no_texts_for_readers():
    """A change of wording must not make the documents stale."""
    record = RECORDS[0]
    place = Definition(record.__module__, record.__qualname__)
    reached = audited_code._code("judge").reached([place, *audited_code._JUDGE])
    rooms = {found.module.rpartition(".")[2] for found in reached}
    assert not rooms & {"text_report", "html_report", "documents", "figure", "command", "junit"}
    assert "checks" in rooms
