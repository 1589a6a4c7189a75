"""The process that answers questions on formulas by SymPy; `actbench.formula.limits` starts it.

It reads pickled questions from standard input and writes one line of JSON for each answer.
"""

import contextlib
import json
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import sympy

from actbench.formula.algebra import Algebra, evaluate_tree
from actbench.formula.limits import (
    LimitQuestion,
    Question,
    SlopeQuestion,
    SymmetryQuestion,
)
from actbench.formula.tree import Tree

# SymPy's own import takes about 100 MB.
_MEMORY = 2 * 2**30

# Numbers with more digits make SymPy's exact arithmetic slow.
_MOST_BITS = 4_096

X, T = sympy.Symbol("x", real=True), sympy.Symbol("t", positive=True)

Expression = Any
"""A SymPy expression; SymPy has no types."""


class _OutOfTime(BaseException):
    """The processor time is used up; SymPy catches exceptions of other types."""


def serve(processor_seconds: float) -> None:
    """Answer questions until standard input ends, each in a limit of processor time."""
    _limit_memory()
    while True:
        try:
            question: Question = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent
        except EOFError:
            return
        print(json.dumps(answer(question, processor_seconds)), flush=True)


def answer(question: Question, processor_seconds: float) -> list[str] | str | bool | None:
    """Return the answer, ready for JSON; None if it is unknown."""
    try:
        with _time_limit(processor_seconds):
            if isinstance(question, SymmetryQuestion):
                return symmetric(question)
            if isinstance(question, SlopeQuestion):
                return slope(question)
            ends = limit(question)
            return None if ends is None else [repr(float(end)) for end in ends]
    except (_OutOfTime, Exception):  # SymPy may raise any error
        return None


@contextlib.contextmanager
def _time_limit(processor_seconds: float) -> Iterator[None]:
    """Raise an error when the processor time is used up, on systems that can measure it."""
    if not hasattr(signal, "setitimer"):  # the parent stops this process instead
        yield
        return

    def stop(*_: object) -> None:
        raise _OutOfTime

    signal.signal(signal.SIGPROF, stop)
    # It is raised again and again, because SymPy might swallow the first one.
    signal.setitimer(signal.ITIMER_PROF, processor_seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _number(text: str) -> Expression:
    return sympy.pi if text == "pi" else sympy.Rational(text)


def _power(base: Expression, exponent: Expression) -> Expression:
    """Return a power, unless it is a number with too many digits."""
    if base.is_Rational and exponent.is_Rational:
        bits = max(abs(int(base.p)).bit_length(), int(base.q).bit_length())
        if bits * abs(exponent) > _MOST_BITS:
            raise ArithmeticError("a number has too many digits")
    return base**exponent


ALGEBRA: Algebra[Expression, Expression] = Algebra(
    number=_number,
    functions={
        "abs": sympy.Abs,
        "atan": sympy.atan,
        "cos": sympy.cos,
        "erf": sympy.erf,
        "exp": sympy.exp,
        "log": sympy.log,
        "max": sympy.Max,
        "min": sympy.Min,
        "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
        "sin": sympy.sin,
        "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
        "sqrt": sympy.sqrt,
        "tanh": sympy.tanh,
    },
    power=_power,
    where=lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
    compare=lambda operator, a, b: {
        "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq,
    }[operator](a, b),
)  # fmt: skip
"""Formulas in SymPy, by the definitions of their functions."""


def expression(tree: Tree, parameters: tuple[tuple[str, float], ...]) -> Expression:
    """Return a formula as a SymPy expression in x, with the parameters as exact decimals."""
    names = {name: sympy.Rational(repr(value)) for name, value in parameters}
    return sympy.sympify(evaluate_tree(tree, ALGEBRA, {"x": X, **names}))


def limit(question: LimitQuestion) -> tuple[Expression, Expression] | None:
    """Return the limit twice, or the ends of the interval of accumulation points."""
    f = sympy.diff(expression(question.tree, question.parameters), X, question.order)
    if question.at in (float("inf"), float("-inf")):
        found = _limit(f.subs(X, T if question.at > 0 else -T), T, sympy.oo, "-")
    else:
        point = _exact_point(question)
        if point is None:
            return None
        found = _limit(f.subs(X, point + question.side * T), T, 0, "+")
    if isinstance(found, sympy.AccumBounds):
        return (found.min, found.max) if _is_real(found.min, found.max) else None
    if found.has(sympy.AccumBounds):  # such as ∞ · sign of an oscillation
        return -sympy.oo, sympy.oo
    return (found, found) if _is_real(found) else None


def _limit(f: Expression, variable: Expression, at: Expression, side: str) -> Expression:
    # Gruntz' algorithm needs exponential functions.
    try:
        return sympy.limit(f, variable, at, side)
    except (NotImplementedError, ValueError):
        return sympy.limit(f.rewrite(sympy.exp), variable, at, side)


def _is_real(*numbers: Expression) -> bool:
    return all(
        number in (sympy.oo, -sympy.oo)
        or (number.is_number and number.is_finite and number.is_real)
        for number in numbers
    )


def _exact_point(question: LimitQuestion) -> Expression | None:
    """Return the exact number near a float at which one of the formulas is 0."""
    at = question.at
    zeros = [expression(tree, question.parameters) for tree in question.zeros]
    candidates = [sympy.Rational(at)]
    if abs(at) > 1e-100:
        candidates.append(sympy.nsimplify(at, rational=True, tolerance=1e-12 * abs(at)))
    for candidate in candidates:
        for zero in zeros:
            if sympy.simplify(zero.subs(X, candidate)) == 0:
                return candidate
    for root in chain.from_iterable(_roots(zero) for zero in zeros):
        if abs(float(root) - at) <= 1e-9 * abs(at):
            return root
    return None


def _roots(zero: Expression) -> Iterator[Expression]:
    """Yield the real roots of an expression that SymPy finds exactly."""
    roots = sympy.solveset(zero, X, sympy.Reals)
    if isinstance(roots, sympy.FiniteSet):
        yield from (root for root in roots if root.is_number and root.is_real)


def symmetric(question: SymmetryQuestion) -> bool | None:
    """Return True if g(−x) = ± f(x) is proved, else None."""
    f, g = (
        expression(tree, question.parameters) for tree in (question.tree, question.mirrored)
    )
    difference = g.subs(X, -X) - question.sign * f
    simplifications: tuple[Callable[[Expression], Expression], ...] = (
        sympy.expand,
        lambda e: sympy.cancel(sympy.together(e.rewrite(sympy.exp).subs(sympy.exp(X), T))),
        sympy.simplify,
    )
    return True if any(simplify(difference) == 0 for simplify in simplifications) else None


def slope(question: SlopeQuestion) -> str:
    """Return the simplified derivative as a text."""
    f = expression(question.tree, question.parameters)
    return str(sympy.factor(sympy.simplify(sympy.diff(f, X))))
