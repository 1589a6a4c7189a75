"""A hash of the code of a user function, so that results of edited code are not mixed.

The hash covers the source of the function, and everything of the user that it refers to:
functions, classes, constants and arrays, also in other modules. Comments, docstrings and the
layout of the source do not count. Installed packages count by their version.
"""

import ast
import dis
import functools
import hashlib
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType

import numpy as np

from actbench.activations.record import Activation
from actbench.activations.user_code import attribute_of
from actbench.activations.user_functions import CallableActivation

_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
_INSTALLED = {"site-packages", "dist-packages"}

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))

_HASHES: dict[int, tuple[object, str]] = {}
"""Identity of an object -> the object, which keeps its identity in use, and its hash."""


def hash_of_user_code(activation: Activation) -> str | None:
    """Return a hash of the code of an activation; None for one of actbench.

    It is computed once for each function, because the source may be edited while the code
    that was imported still runs.
    """
    if isinstance(activation, CallableActivation):
        return hash_of_code(activation.function)
    kind = type(activation)
    return None if _package(kind.__module__) == "actbench" else hash_of_code(kind)


def hash_of_code(function: object) -> str:
    """Return a hash of the code and the constants that a function or a class refers to.

    The hash of a function of an installed package covers the version of the package and the
    file that contains the function.
    """
    if id(function) not in _HASHES:
        module = getattr(function, "__module__", None) or type(function).__module__
        text = [*_Description().lines(function), *_installed_file(module)]
        digest = hashlib.sha256("\n".join(text).encode(errors="surrogatepass")).hexdigest()
        _HASHES[id(function)] = function, digest[:16]
    return _HASHES[id(function)][1]


class _Description:
    """Describes objects as lines of text that are the same in every process."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, object]] = {}

    def lines(self, found: object) -> Iterator[str]:
        """Return the lines that describe an object and all that it refers to."""
        if isinstance(found, _PLAIN):
            yield repr(found)
        elif id(found) in self._seen:
            yield f"again {self._seen[id(found)][0]}"
        else:
            # A reference is kept so that no other object gets the identity.
            self._seen[id(found)] = len(self._seen), found
            yield from self._lines_of_new(found)

    def _lines_of_new(self, found: object) -> Iterator[str]:
        if isinstance(found, ModuleType):
            yield _library(found.__name__)
        elif isinstance(found, FunctionType | type) and not _is_of_user(found.__module__):
            yield f"{found.__qualname__} of {_library(found.__module__)}"
        elif isinstance(found, FunctionType):
            yield from self._function(found)
        elif isinstance(found, type):
            yield from self._class(found)
        elif isinstance(found, MethodType):
            yield from self._items([found.__func__, found.__self__])
        elif isinstance(found, functools.partial):
            yield "partial"
            yield from self._items([found.func, found.args, found.keywords])
        elif isinstance(wrapped := _wrapped(found), FunctionType):
            yield f"wrapped by {type(found).__qualname__}"
            yield from self.lines(wrapped)
        elif isinstance(found, Mapping):
            yield "mapping"
            for key in sorted(found, key=repr):
                yield from self._items([key, found[key]])
        elif isinstance(found, list | tuple):
            yield type(found).__name__
            yield from self._items(found)
        elif isinstance(found, set | frozenset):
            yield f"set of {sorted(map(repr, found))}"
        else:
            yield from self._instance(found)

    def _items(self, items: Iterable[object]) -> Iterator[str]:
        for item in items:
            yield from self.lines(item)
        yield "end"

    def _function(self, function: FunctionType) -> Iterator[str]:
        yield f"function {_source(function)}"
        yield from self._items([function.__defaults__, function.__kwdefaults__])
        for cell in function.__closure__ or ():
            yield from self.lines(cell.cell_contents)
        yield from self._attributes(vars(function))
        yield from self._globals(function.__code__, function.__globals__)

    def _globals(self, code: CodeType, known: Mapping[str, object]) -> Iterator[str]:
        """Describe the values of the global names in code, and in the functions within it."""
        for path in sorted(set(_global_paths(code))):
            if path[0] not in known:
                continue
            found, rest = known[path[0]], list(path[1:])
            while isinstance(found, ModuleType) and rest and hasattr(found, rest[0]):
                found = getattr(found, rest.pop(0))
            yield f"global {'.'.join(path)}"
            yield from self.lines(found)

    def _class(self, kind: type) -> Iterator[str]:
        yield f"class {_source(kind)}"
        yield from self._items(kind.__bases__)
        for name, attribute in sorted(vars(kind).items()):
            function = getattr(attribute, "__func__", None) or getattr(attribute, "fget", None)
            if isinstance(attribute, FunctionType):
                function = attribute
            if isinstance(function, FunctionType):
                if function.__module__ == kind.__module__:
                    yield f"method {name}"
                    yield from self._globals(function.__code__, function.__globals__)
            elif not name.startswith("_"):
                yield from self._attributes({name: attribute})

    def _instance(self, found: object) -> Iterator[str]:
        """Describe an array by its values, and an object of the user by its attributes."""
        kind = type(found)
        of_user = _is_of_user(kind.__module__)
        known = attribute_of(found, "__dict__")  # an object of the user may raise any error
        attributes: Mapping[str, object] = known if isinstance(known, dict) else {}
        if isinstance(found, np.ufunc):
            yield f"{found.__name__} of {_library('numpy')}"
        elif isinstance(found, np.ndarray | np.generic) or (
            not of_user and hasattr(found, "numpy")
        ):
            array = np.asarray(found.numpy() if hasattr(found, "numpy") else found)
            content = repr(array.tolist()) if array.dtype.hasobject else array.tobytes().hex()
            yield f"array {array.dtype} {array.shape} {content}"
        elif of_user:
            yield from self.lines(kind)
            yield from self._attributes(attributes)
        else:
            name = getattr(found, "__name__", "")
            yield f"{kind.__qualname__} {name} of {_library(kind.__module__)}"
            # Objects of libraries have other attributes that differ between processes.
            kept = float, np.ndarray, FunctionType, MethodType, functools.partial
            some = {key: value for key, value in attributes.items() if isinstance(value, kept)}
            yield from self._attributes(some | _keras_configuration(found))

    def _attributes(self, attributes: Mapping[str, object]) -> Iterator[str]:
        for name, value in sorted(attributes.items()):
            yield f"attribute {name}"
            yield from self.lines(value)


def _wrapped(found: object) -> object:
    """Return the function that `lru_cache` or `tf.function` wraps; None for other objects."""
    return attribute_of(found, "__wrapped__") or attribute_of(found, "python_function")


def _keras_configuration(found: object) -> dict[str, object]:
    """Return the configuration of a Keras object without its name, which has a counter."""
    get_config = attribute_of(found, "get_config")
    if not callable(get_config):
        return {}
    try:
        configuration = get_config()
    except Exception:  # a layer of the user may raise any error
        return {}
    kept = (bool, int, float, str)
    return {
        key: value
        for key, value in configuration.items()
        if key != "name" and isinstance(value, kept)
    }


def _is_of_user(module_name: str | None) -> bool:
    """Return whether a module belongs neither to actbench nor to an installed package."""
    package = _package(module_name)
    if package in ("actbench", "builtins") or package in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(module_name or ""), "__file__", None)
    if file is None:
        return True
    path = Path(file).resolve()
    return _INSTALLED.isdisjoint(path.parts) and not path.is_relative_to(_STANDARD_LIBRARY)


def _installed_file(module_name: str) -> Iterator[str]:
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if file is not None and not _is_of_user(module_name):
        try:
            yield hashlib.sha256(Path(file).read_bytes()).hexdigest()
        except OSError:
            yield "no file"


def _library(module_name: str) -> str:
    return f"{module_name} {_version(_package(module_name))}"


def _package(module_name: str | None) -> str:
    return (module_name or "").partition(".")[0]


@functools.cache
def _version(package: str) -> str:
    """Return the version of a library; that of Python for its own modules."""
    if package in sys.stdlib_module_names:
        return "of Python"
    try:
        return metadata.version(package)
    except (metadata.PackageNotFoundError, ValueError):
        return str(getattr(sys.modules.get(package), "__version__", "unknown"))


def _source(found: FunctionType | type) -> str:
    """Return the source without comments, docstrings and layout; the bytecode without it."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(found)))
    except (OSError, TypeError, SyntaxError):
        # A lambda in the middle of a statement, or code that was not read from a file.
        return found.__qualname__ if isinstance(found, type) else _bytecode(found.__code__)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body[:1] = [ast.Pass()]
    if found.__name__ == "<lambda>":  # its source is the whole statement
        lambdas = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
        return "\n".join(lambdas)
    return ast.unparse(tree)


def _bytecode(code: CodeType) -> str:
    constants = (
        _bytecode(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts
    )
    return f"{code.co_code.hex()} {code.co_names} {' '.join(constants)}"


def _global_paths(code: CodeType) -> Iterator[tuple[str, ...]]:
    """Return the global names in code, each with the attributes that are read from it."""
    path: tuple[str, ...] = ()
    for instruction in dis.get_instructions(code):
        if path and instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            path = (*path, str(instruction.argval))
        elif path and instruction.opname not in ("CACHE", "PRECALL", "PUSH_NULL"):
            yield path
            path = ()
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            path = (str(instruction.argval),)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_paths(constant)
