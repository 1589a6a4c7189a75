"""A function in a runtime as a target of the audit; its models are made when needed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from threading import Lock

import numpy as np

from actbench.conformance.targets.target import Target
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES, Function, NotPossibleError, Tensor

# Exporters have global state, and formats are measured in several threads.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, kw_only=True)
class RuntimeTarget(Target):
    """A function in a runtime; `call` makes the model in float32.

    The model of each format is made at the first call of its function.

    Args:
        program: name of a dtype ↦ lines of Python that make `model`, for the reproducer.
        refusal: the error if there is a model in no format.
    """

    program: Callable[[str], str] = field(compare=False)
    refusal: type[RequestError] = RequestError

    def check(self) -> None:
        """Make the model in float32, or in another format.

        Raises:
            RequestError: the runtime has the function in no format.
            NotExportedError: the function can be exported in no format.
        """
        reasons = []
        for dtype in ("float32", *DTYPES):
            try:
                self.make(dtype)(np.zeros(1, DTYPES[dtype]))
            except NotPossibleError as reason:
                reasons.append(str(reason))
            else:
                return
        raise self.refusal(
            f"{self.name}: expected a function that can be executed, got {reasons[0]}"
        )

    def reproducer(self, x: str, dtype: str, order: int, *, compiled: bool) -> str:
        """Return lines of Python that make and execute the model, and print the result at x."""
        made = replace(self, call=self.program(dtype))
        return Target.reproducer(made, x, dtype, order, compiled=compiled)


def made_once(create: Callable[[str], Function]) -> Callable[[str], Function]:
    """Return the function of each format, which is made once, at its first call.

    A converter or a runtime may end the process, so the audit begins before it makes one. A
    function that cannot be made raises the reason at each call.
    """

    @cache
    def result(dtype: str) -> Function | NotPossibleError:
        try:
            return create(dtype)
        except NotPossibleError as reason:
            return reason

    def function(dtype: str, x: Tensor) -> Tensor:
        with _ONE_AT_A_TIME:
            found = result(dtype)
        if isinstance(found, NotPossibleError):
            raise found
        return found(x)

    return lambda dtype: partial(function, dtype)
