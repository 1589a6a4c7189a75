"""Read a call such as "nn.Softplus(beta=2)" without running it, and bind its arguments."""

import ast
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from actbench.activations import names
from actbench.activations.foreign.prefixes import plain
from actbench.activations.foreign.signatures import Signature, Value
from actbench.activations.foreign.table import DESCRIPTIONS, SIGNATURES
from actbench.errors import RequestError

_PREFIXES = {
    "nn": "torch.nn",
    "f": "torch.nn.functional",
    "layers": "keras.layers",
    "activations": "keras.activations",
    "tf.keras": "keras",
    "tensorflow.keras": "keras",
    "tensorflow": "tf",
    "pytorch": "torch",
    "jnp": "jax.numpy",
    "flax.linen": "jax.nn",
    "flax.nnx": "jax.nn",
    "op": "onnx",
    "act2fn": "hf",
    "transformers": "hf",
    "tf.math": "tf.math",
}
"""A short prefix ↦ the full one; longer ones are tried first."""


@dataclass(frozen=True)
class Call:
    """A call as the user wrote it.

    Args:
        name: the dotted name before the brackets.
        positional: the positional arguments, without the tensor.
        keywords: the arguments with names.
        has_brackets: whether there are brackets.
        has_tensor: whether the first argument is a tensor, such as x in `F.elu(x, 1.3)`.
    """

    name: str
    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    has_brackets: bool
    has_tensor: bool


def parse_call(text: str) -> Call:
    """Read a call or a name.

    Raises:
        RequestError: the text is not a call of constants.

    Example:
        >>> parse_call("nn.Softplus(beta=2)").keywords
        {'beta': 2}
    """
    start, bracket, rest = text.strip().partition("(")
    source = start.replace(":", ".").replace("/", ".").replace("-", "_") + bracket + rest
    source = re.sub(r"^act2fn\[['\"](\w+)['\"]\]", r"hf.\1", source, flags=re.IGNORECASE)
    try:
        node = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _not_a_call(text) from None
    if not isinstance(node, ast.Call):
        return Call(_dotted(node, text), (), {}, has_brackets=False, has_tensor=False)
    if isinstance(node.func, ast.Call):  # nn.ELU(1.3)(x)
        node = node.func
    arguments = list(node.args)
    has_tensor = bool(arguments) and isinstance(arguments[0], ast.Name)
    if any(keyword.arg is None for keyword in node.keywords):
        raise _not_a_call(text)
    return Call(
        _dotted(node.func, text),
        tuple(_constant(argument, text) for argument in arguments[has_tensor:]),
        {str(keyword.arg): _constant(keyword.value, text) for keyword in node.keywords},
        has_brackets=True,
        has_tensor=has_tensor,
    )


def _not_a_call(text: str) -> RequestError:
    return RequestError(
        f"call: expected a name or a call with constant arguments, such as "
        f"'nn.Softplus(beta=2)', got {text!r}"
    )


def _dotted(node: ast.expr, text: str) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value, text)}.{name}"
    raise _not_a_call(text)


_OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _constant(node: ast.expr, text: str) -> Value:
    """Return the value of a number, a string, a quotient of numbers, or an initialiser."""
    match node:
        case ast.Constant(value=float() | int() | str() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_real(inner, text)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATIONS:
            try:
                return float(_OPERATIONS[type(sign)](_real(left, text), _real(right, text)))
            except ArithmeticError:
                raise _not_a_call(text) from None
        case ast.Call(func=function, args=[first]) if _dotted(function, text).endswith(
            ("Constant", "constant")
        ):
            return _real(first, text)
        case ast.Call(func=function, args=[], keywords=[ast.keyword(value=first)]) if _dotted(
            function, text
        ).endswith("Constant"):
            return _real(first, text)
    raise _not_a_call(text)


def _real(node: ast.expr, text: str) -> float:
    value = _constant(node, text)
    if isinstance(value, float | int):
        return value
    raise _not_a_call(text)


def signatures_of(name: str) -> tuple[Signature, ...]:
    """Return the signatures that a name may mean: one, or one of each framework.

    A full name, such as "keras.layers.ELU", has one. A bare name, such as "elu", has several.

    Raises:
        RequestError: no signature has the name.
    """
    wanted = plain(_full(name))
    exact = [found for found in SIGNATURES if plain(found.name) == wanted]
    if exact:
        return (exact[0],)
    if "." not in name:
        bare = plain(name)
        found = [s for s in SIGNATURES if plain(s.name.rpartition(".")[2]) == bare]
        if found:
            return tuple(found)
    else:
        # keras.elu, tf.softplus and torch.gelu are not complete, but clear enough.
        first, _, last = _full(name).lower().partition(".")
        last = plain(last.rpartition(".")[2])
        found = [
            s
            for s in SIGNATURES
            if s.framework == first and plain(s.name.rpartition(".")[2]) == last
        ]
        if found:
            return tuple(found)
    raise RequestError(
        f"{name}: expected the name of an activation, got an unknown one{_near(name)}"
    )


def description_of(name: str) -> str | None:
    """Return the description of a callable that is no activation of one tensor."""
    wanted = plain(_full(name))
    return next((text for key, text in DESCRIPTIONS.items() if plain(key) == wanted), None)


def _full(name: str) -> str:
    """Return a name with the full prefix of its framework."""
    lower = name.lower()
    for short in sorted(_PREFIXES, key=len, reverse=True):
        if lower.startswith(f"{short}."):
            return f"{_PREFIXES[short]}{name[len(short) :]}"
    return name


def _near(name: str) -> str:
    known = {plain(s.name): s.name for s in SIGNATURES}
    framework = _full(name).lower().partition(".")[0]
    same_first = sorted(SIGNATURES, key=lambda s: s.framework != framework)
    short = {plain(s.name.rpartition(".")[2]): s.name for s in reversed(same_first)}
    own = {plain(own): own for own in names()}
    close = [known[key] for key in get_close_matches(plain(_full(name)), known, 3, 0.75)]
    last = plain(name.rpartition(".")[2])
    close += [short[key] for key in get_close_matches(last, short, 3, 0.7)]
    close += [own[key] for key in get_close_matches(last, own, 2, 0.7)]
    nearest = list(dict.fromkeys(close))[:4]
    return f"; did you mean {' or '.join(nearest)}?" if nearest else "; see actbench list"


def bind_arguments(signature: Signature, call: Call) -> dict[str, Value]:
    """Return the value of each parameter of a signature.

    Raises:
        RequestError: an argument is unknown, given twice or missing.
    """
    parameters = signature.parameters
    if call.positional and not signature.is_layer and not call.has_tensor:
        shown = ", ".join(repr(value) for value in call.positional)
        raise RequestError(
            f"{signature.name}: expected the tensor as the first argument, as in "
            f"{signature.name}(x, {shown}), got {call.positional[0]!r}"
        )
    if len(call.positional) > len(parameters):
        raise RequestError(
            f"{signature.name}: expected at most {len(parameters)} arguments, "
            f"got {len(call.positional)}"
        )
    given: dict[str, Value] = dict(zip(parameters, call.positional, strict=False))
    for name, value in call.keywords.items():
        if name == "name":
            continue
        key = _OLD_NAMES.get((signature.name, name), name)
        if key not in parameters:
            known = ", ".join(parameters) or "no parameters"
            raise RequestError(f"{signature.name}: expected {known}, got {name!r}")
        if key in given:
            raise RequestError(f"{signature.name}: expected one value of {name}, got two")
        given[key] = value
    bound: dict[str, Value] = {}
    for name, default in parameters.items():
        if name in given:
            bound[name] = given[name]
        elif isinstance(default, type):
            raise RequestError(f"{signature.name}: expected a value of {name}, got none")
        else:
            bound[name] = default
    return bound


_OLD_NAMES = {
    ("torch.nn.Hardtanh", "min_value"): "min_val",
    ("torch.nn.Hardtanh", "max_value"): "max_val",
    ("keras.layers.LeakyReLU", "alpha"): "negative_slope",
}
"""Names of parameters in earlier versions ↦ their names now."""
