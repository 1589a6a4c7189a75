"""The function that is identified, as a function of arrays in each of its formats."""

from collections.abc import Iterator

import numpy as np

from actbench.conformance.elementwise import call, function_of
from actbench.conformance.inputs import Doubles, Inputs
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import format_of
from actbench.errors import RequestError
from actbench.frameworks.libraries import DTYPES, Function, NotPossibleError

# Identification needs the most precise format; float16 and bfloat16 have few digits.
_BY_PRECISION = ("float64", "float32", "float16", "bfloat16")
_PRECISE = ("float64", "float32")

# Results of the same number in two calls may differ by this many units of rounding.
_ROUNDING = 64

_SIZE = 1024 + 13


def rounding_of(dtype: str) -> float:
    """Return the relative distance of neighbouring numbers of a format."""
    return 2.0 ** -format_of(DTYPES[dtype]).digits


class Sampled:
    """A target as a function of arrays.

    Args:
        target: the target; its expected activation is not used.

    Raises:
        RequestError: the target takes no array, is random, or is not elementwise.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._functions: dict[str, Function] = {}
        reasons = []
        for dtype in _BY_PRECISION:
            if dtype not in target.formats or (dtype not in _PRECISE and self._functions):
                continue
            try:
                self._functions[dtype] = function_of(target, dtype)
                self(np.array([-1.0, 0.5]), dtype)
            except NotPossibleError as error:
                self._functions.pop(dtype, None)
                reasons.append(f"{error}")
        if not self._functions:
            raise RequestError(
                f"{target.name}: expected an elementwise function of arrays, got "
                f"{reasons[0] if reasons else 'one without formats'}"
            )
        self._check()

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats in which the function is judged, the most precise one first."""
        return tuple(self._functions)

    @property
    def precision(self) -> float:
        """The relative distance of neighbouring numbers in the most precise format."""
        return rounding_of(self.formats[0])

    def __call__(self, x: Inputs, dtype: str | None = None) -> Doubles:
        """Return the results for an array, as float64.

        Args:
            x: the inputs, which are rounded to the format.
            dtype: name of the format; the most precise one by default.

        Raises:
            NotPossibleError: the function does not take the array.
        """
        dtype = dtype or self.formats[0]
        with np.errstate(over="ignore"):
            rounded = x.astype(DTYPES[dtype])
        return call(self.target, self._functions[dtype], rounded).results.astype(np.float64)

    def _check(self) -> None:
        """Raise an error for a function that is random or not elementwise."""
        name = self.target.name
        x = np.random.default_rng(0).standard_normal(_SIZE) * 4
        try:
            results = self(x)
            if not self._same(results, self(x)):
                raise RequestError(
                    f"{name}: expected a function that gives the same results for the same "
                    "array, got a random one"
                )
            for text, again in self._rearranged(x):
                if not self._same(results[: again.size], again):
                    raise RequestError(
                        f"{name}: expected an elementwise function, got one whose results "
                        f"differ in {text}"
                    )
        except NotPossibleError as error:
            raise RequestError(
                f"{name}: expected an elementwise function, got {error}"
            ) from None

    def _rearranged(self, x: Doubles) -> Iterator[tuple[str, Doubles]]:
        """Yield the results of the first numbers in other arrays."""
        yield "the reversed array", self(x[::-1].copy())[::-1]
        yield "a part of the array", self(x[:7])
        yield "an array of another shape", self(x[:1024].reshape(32, 32)).ravel()

    def _same(self, left: Doubles, right: Doubles) -> bool:
        close = np.isclose(
            left, right, rtol=_ROUNDING * self.precision, atol=_ROUNDING * self.precision,
            equal_nan=True,
        )  # fmt: skip
        return bool(close.all())
