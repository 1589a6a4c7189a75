"""Limits and symmetry of formulas by SymPy, in a process of their own.

SymPy may need hours or all memory for a short formula. `ask` sends a question to a child
process, which answers within a limit of processor time and memory, or is stopped. An answer is
None if it is not known.
"""

import json
import pickle
import queue
import subprocess
import sys
import threading
from atexit import register
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, NamedTuple

from actbench.errors import RequestError
from actbench.formula.parse import parse
from actbench.formula.tree import Tree

PROCESSOR_SECONDS = 1.5
"""Time limit of one answer, in processor time of the child."""

# A child that does not keep its own limit is stopped after this time.
_SECONDS = 30.0

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from actbench.formula.sympy_answers import serve; serve(float(sys.argv[2]))"
)


@dataclass(frozen=True)
class LimitQuestion:
    """The limit of f, f' or f'' at a point.

    Args:
        tree: the formula, without conditionals.
        parameters: its parameters, as pairs of name and value.
        at: the point: ±∞, or a float next to a zero of one of `zeros`.
        side: −1 to come from the left, 1 from the right.
        order: 0 for f, 1 and 2 for the derivatives.
        zeros: formulas, one of which is exactly 0 at the point.
    """

    tree: Tree
    parameters: tuple[tuple[str, float], ...]
    at: float
    side: int
    order: int = 0
    zeros: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class SymmetryQuestion:
    """Whether g(−x) = sign · f(x), where g is the formula of f on the other side of 0."""

    tree: Tree
    mirrored: Tree
    parameters: tuple[tuple[str, float], ...]
    sign: int


@dataclass(frozen=True)
class SlopeQuestion:
    """A simple formula of f'."""

    tree: Tree
    parameters: tuple[tuple[str, float], ...]


Question = LimitQuestion | SymmetryQuestion | SlopeQuestion


class LimitAnswer(NamedTuple):
    """The interval of accumulation points; its ends are equal if there is a limit."""

    lo: float
    hi: float


class _Child:
    """A process that answers questions, one at a time."""

    def __init__(self) -> None:
        # The child imports the same packages as this process, not those of another folder.
        arguments = [json.dumps(sys.path), str(PROCESSOR_SECONDS)]
        self.process = subprocess.Popen(  # noqa: S603 - a constant program
            [sys.executable, "-P", "-c", _PROGRAM, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.answers: queue.Queue[str] = queue.Queue()
        self.answered = False
        threading.Thread(target=self._read, args=[self.process.stdout], daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.answers.put(line.decode())
        self.answers.put("")  # the child has ended

    def ask(self, question: Question) -> object:
        """Return the answer.

        Raises:
            OSError: the child has ended.
            queue.Empty: the child does not answer in time.
        """
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        self.process.stdin.write(pickle.dumps(question))
        self.process.stdin.flush()
        answer = self.answers.get(timeout=_SECONDS)
        if not answer:
            raise OSError("the child has ended")
        self.answered = True
        return json.loads(answer)

    def stop(self) -> None:
        """End the child."""
        self.process.kill()
        self.process.communicate()


_LOCK = threading.Lock()
_children: list[_Child] = []
_failures: list[str] = []
"""Why no child can be used, for example because SymPy is not installed."""


def limit(question: LimitQuestion) -> LimitAnswer | None:
    """Return the limit of a formula, or its accumulation points; None if it is unknown."""
    answer = _ask(question)
    if not isinstance(answer, list):
        return None
    lo, hi = (float(end) for end in answer)
    return LimitAnswer(lo, hi)


def is_symmetric(question: SymmetryQuestion) -> bool:
    """Return whether a symmetry is proved."""
    return _ask(question) is True


def slope(question: SlopeQuestion) -> Tree | None:
    """Return a simple formula of the derivative; None if there is none."""
    answer = _ask(question)
    try:
        return parse(answer, ("x",)) if isinstance(answer, str) else None
    except RequestError:  # SymPy knows more functions than the formula language
        return None


@lru_cache(maxsize=4096)
def _ask(question: Question) -> object:
    with _LOCK:
        if _failures:
            return None
        try:
            if not _children:
                _children.append(_Child())
            return _children[0].ask(question)
        except (OSError, ValueError, queue.Empty) as error:
            if not any(child.answered for child in _children):
                _failures.append(str(error))
            stop_children()
            return None


def stop_children() -> None:
    """End the child; the next question starts another one."""
    while _children:
        _children.pop().stop()


register(stop_children)
