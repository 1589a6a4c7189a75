"""The hash of user code changes with each edit that can change a result, and with no other."""

import linecache
import subprocess
import sys
import textwrap
from types import ModuleType

import pytest

import actbench
from actbench.activations.code_hash import hash_of_code, hash_of_user_code

SOURCE = '''
"""A module of a user."""
import functools
import math
import numpy as np
from dataclasses import dataclass
import other_module
import other_module as alias

SLOPE = 0.5
TABLE = np.array([1.0, 2.0])
SETTINGS = {"a": [1, 2], "b": {3.0}}
UNUSED = 1

def gate(x):
    return 1 / (1 + np.exp(-SLOPE * x))

def unused(x):
    return x + UNUSED

def f(x, power=2):
    """Return the function."""
    scale = TABLE[0]  # a comment
    return x * gate(x) ** power * scale * other_module.scale(x) + SETTINGS["a"][0]

def derivative(x):
    return x + 7.0

f.derivative = derivative

def make(factor):
    def inner(x):
        return factor * x
    return inner

closed = make(3.0)
part = functools.partial(f, power=3)
small = lambda x: x * 2.0
cached = functools.lru_cache(lambda x: x * 4.0)
in_call = list(map(lambda n: lambda x: n * np.tanh(x), [5.0]))[0]

def nested(x):
    return [(lambda y: y * SLOPE)(each) for each in x]

class Base:
    offset = 1.0

    def shift(self, x):
        return x + gate(x)

class Function(Base):
    limit = 6.0

    def __init__(self, beta):
        self.beta = beta

    def __call__(self, x):
        return np.minimum(self.beta * self.shift(x) + alias.scale(x), self.limit)

    def method(self, x):
        return self(x)

instance = Function(2.0)
method = instance.method

def library(x):
    return np.tanh(x) + math.pi
'''

OTHER = """
def scale(x):
    return factor(x)

def factor(x):
    return x * 11.0
"""

_ALL = [
    "f", "closed", "part", "small", "cached", "in_call", "nested", "instance", "method",
    "library",
]  # fmt: skip

# Edit: text, its replacement, and the functions whose hash must change.
EDITS = {
    "comment": ("  # a comment", "  # another", ""),
    "docstring": ("Return the function.", "Return it.", ""),
    "layout": ("x * gate(x) ** power", "(x * (gate(x)\n        ** power))", ""),
    "unused function": ("x + UNUSED", "x - UNUSED", ""),
    "unused constant": ("UNUSED = 1", "UNUSED = 2", ""),
    "body": ("** power * scale", "** power / scale", "f part"),
    "default": ("power=2", "power=4", "f part"),
    "called function": ("1 / (1 +", "2 / (1 +", "f part instance method"),
    "constant": ("SLOPE = 0.5", "SLOPE = 0.6", "f part nested instance method"),
    "array": ("[1.0, 2.0]", "[1.0, 2.5]", "f part"),
    "nested constant": ('"b": {3.0}', '"b": {3.5}', "f part"),
    "attribute": ("x + 7.0", "x + 8.0", "f part"),
    "closure": ("make(3.0)", "make(3.5)", "closed"),
    "maker": ("factor * x", "factor + x", "closed"),
    "argument of partial": ("power=3", "power=5", "part"),
    "lambda": ("x * 2.0", "x * 2.5", "small"),
    "wrapped": ("x * 4.0", "x * 4.5", "cached"),
    "text around a lambda": ("list(map(lambda n", "list(map(   lambda n", ""),
    "closure of a lambda": ("[5.0]", "[5.5]", "in_call"),
    "lambda within a statement": ("n * np.tanh(x)", "n * np.sinh(x)", "in_call"),
    "class attribute": ("limit = 6.0", "limit = 7.0", "instance method"),
    "attribute of a base": ("offset = 1.0", "offset = 1.5", "instance method"),
    "method of a base": ("x + gate(x)", "x - gate(x)", "instance method"),
    "state": ("Function(2.0)", "Function(2.5)", "instance method"),
    "other function of a library": ("np.tanh(x) + math", "np.sinh(x) + math", "library"),
    "constant of a library": ("math.pi", "math.e", "library"),
}


def load(folder, source, other=OTHER):
    """Import both modules from files in a folder."""
    folder.mkdir(exist_ok=True)
    for name, text in (("other_module", other), ("user_module", source)):
        path = folder / f"{name}.py"
        path.write_text(text)
        module = sys.modules[name] = ModuleType(name)
        module.__file__ = str(path)
        exec(compile(text, path, "exec"), vars(module))  # noqa: S102
    linecache.clearcache()
    return sys.modules["user_module"]


@pytest.fixture(autouse=True)
def _modules_are_forgotten(monkeypatch):
    for name in ("other_module", "user_module"):
        monkeypatch.setitem(sys.modules, name, None)


def hashes(module):
    return {name: hash_of_code(getattr(module, name)) for name in _ALL}


@pytest.fixture
def original(tmp_path):
    return hashes(load(tmp_path / "original", SOURCE))


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_the_hashes_of_the_functions_that_use_it(tmp_path, original, edit):
    before, after, changed = EDITS[edit]
    assert SOURCE.count(before) == 1
    edited = hashes(load(tmp_path / "edited", SOURCE.replace(before, after)))
    assert {name for name in _ALL if original[name] != edited[name]} == set(changed.split())


def test_functions_of_other_modules_of_the_user_count(tmp_path, original):
    edited = hashes(load(tmp_path / "edited", SOURCE, OTHER.replace("11.0", "12.0")))
    changed = {name for name in _ALL if original[name] != edited[name]}
    assert changed == {"f", "part", "instance", "method"}
    assert hashes(load(tmp_path / "edited", SOURCE)) == original


def test_hashes_are_the_same_in_another_process(tmp_path, original):
    program = f"""
        import sys
        sys.path.insert(0, {str(tmp_path / "original")!r})
        import user_module
        from actbench.activations.code_hash import hash_of_code
        print({{name: hash_of_code(getattr(user_module, name)) for name in {_ALL}}})
    """
    load(tmp_path / "original", SOURCE)
    for seed in ("1", "2"):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", textwrap.dedent(program)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(original)


def test_only_functions_of_the_user_have_a_hash():
    assert hash_of_user_code(actbench.get("mish")) is None
    assert hash_of_user_code(actbench.get("formula:x * tanh(x)")) is None
    assert hash_of_user_code(actbench.get("numpy:tanh")) != hash_of_user_code(
        actbench.get("numpy:sinh")
    )
