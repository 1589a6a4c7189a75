"""Odd functions of users, each with the exit status of its audit as tanh."""

# ruff: noqa: ARG001 S311

import functools
import math
import random
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Odd(NamedTuple):
    """An odd function.

    Args:
        attribute: name of an attribute of this module, or a location with a colon.
        audit: exit status of `actbench audit ATTRIBUTE --as tanh`.
        show: exit status of `actbench show ATTRIBUTE`.
    """

    attribute: str
    audit: int
    show: int

    @property
    def location(self) -> str:
        """The name of the function for the command line."""
        return self.attribute if ":" in self.attribute else f"{__name__}:{self.attribute}"


ODD: list[Odd] = []


def odd(*, audit, show=0):
    """Return a decorator that adds a function to the table."""

    def add(function):
        ODD.append(Odd(function.__name__, audit, show))
        return function

    return add


def odd_object(name, found, *, audit, show=0):
    """Add an object without a name to the table."""
    globals()[name] = found
    ODD.append(Odd(name, audit, show))


def odd_location(location, *, audit, show):
    """Add a function of another module to the table."""
    ODD.append(Odd(location, audit, show))


# Results of another type or shape.


@odd(audit=2, show=2)
def returns_a_float(x):
    return float(np.tanh(x).sum())


@odd(audit=1, show=2)
def returns_a_numpy_number(x):
    return np.tanh(x).sum()


@odd(audit=1, show=2)
def returns_fewer_elements(x):
    return np.tanh(x)[1:]


@odd(audit=1, show=2)
def returns_more_elements(x):
    return np.append(np.tanh(x), x[:1])


@odd(audit=1, show=2)
def returns_a_column(x):
    return np.tanh(x)[..., None]


@odd(audit=1, show=2)
def returns_a_matrix(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.matrix(np.tanh(x))


@odd(audit=2, show=2)
def returns_a_list(x):
    return np.tanh(x).tolist()


@odd(audit=2, show=2)
def returns_a_tuple(x):
    return (np.tanh(x),)


@odd(audit=2, show=2)
def returns_a_dictionary(x):
    return {"y": np.tanh(x)}


@odd(audit=2, show=2)
def returns_none(x):
    np.tanh(x)


@odd(audit=2, show=2)
def returns_text(x):
    return str(x)


@odd(audit=2, show=2)
def returns_a_function(x):
    return lambda: np.tanh(x)


@odd(audit=2, show=2)
def returns_its_own_class(x):
    return np.ndarray


@odd(audit=2, show=2)
def is_a_generator(x):
    yield from np.tanh(x)


@odd(audit=1, show=2)
def returns_complex_numbers(x):
    return np.tanh(x) + 0j


@odd(audit=1)
def returns_integers(x):
    return np.where(x > 0, 1, 0)


@odd(audit=1)
def returns_booleans(x):
    return x > 0


@odd(audit=1, show=2)
def returns_strings(x):
    return np.tanh(x.astype(np.float64)).astype(str)


@odd(audit=1, show=2)
def returns_dates(x):
    return np.full(x.shape, np.datetime64("2026-01-01"))


@odd(audit=1, show=2)
def returns_objects(x):
    return np.tanh(x).astype(object)


@odd(audit=1, show=2)
def returns_a_structure(x):
    return np.zeros(x.shape, [("re", "f8"), ("im", "f8")])


@odd(audit=1)
def returns_longdouble(x):
    return np.tanh(x.astype(np.longdouble))


@odd(audit=1, show=2)
def returns_a_masked_array(x):
    return np.ma.masked_less(np.tanh(x.astype(np.float64)), 0)


@odd(audit=1)
def returns_only_nan(x):
    return x * np.nan


@odd(audit=1)
def returns_only_infinity(x):
    return np.full_like(x, np.inf)


@odd(audit=1)
def returns_its_input(x):
    return x


@odd(audit=1)
def returns_a_view(x):
    return x[:]


@odd(audit=0)
def returns_a_read_only_array(x):
    y = np.tanh(x)
    y.flags.writeable = False
    return y


@odd(audit=0)
def returns_every_second_element_of_its_memory(x):
    y = np.empty((*x.shape, 2), x.dtype)
    y[..., 0] = np.tanh(x)
    return y[..., 0]


@odd(audit=0)
def returns_the_other_byte_order(x):
    y = np.tanh(x)
    return y if y.dtype.kind == "V" else y.astype(y.dtype.newbyteorder())


# Errors.


@odd(audit=2, show=2)
def raises_always(x):
    raise RuntimeError("always")


@odd(audit=1)
def raises_in_float32(x):
    if x.dtype == np.float32:
        raise TypeError("float32 is not supported for the input types")
    return np.tanh(x)


@odd(audit=1)
def raises_in_three_formats(x):
    if x.dtype != np.float64:
        raise ValueError(f"no {x.dtype}")
    return np.tanh(x)


@odd(audit=1)
def raises_for_nan(x):
    if np.isnan(x).any():
        raise ValueError("NaN")
    return np.tanh(x)


@odd(audit=1)
def raises_for_one_element(x):
    if x.size == 1:
        raise IndexError("one")
    return np.tanh(x)


@odd(audit=1)
def raises_for_two_axes(x):
    (_,) = x.shape
    return np.tanh(x)


@odd(audit=2, show=2)
def recurses(x):
    return recurses(x) + 1


@odd(audit=2, show=2)
def needs_too_much_memory(x):
    return np.tanh(x) + np.zeros(1 << 60)[: x.size]


@odd(audit=2, show=2)
def exits_with_0(x):
    sys.exit(0)


@odd(audit=2, show=2)
def exits_with_a_text(x):
    sys.exit("that is all")


class NoExceptionError(BaseException):
    """Not an Exception."""


@odd(audit=2, show=2)
def raises_another_base_exception(x):
    raise NoExceptionError("base")


class UnprintableError(Exception):
    """Its message raises an error."""

    def __str__(self):
        raise ValueError("no message")


@odd(audit=2, show=2)
def raises_an_unprintable_error(x):
    raise UnprintableError


@odd(audit=2, show=2)
def raises_many_lines(x):
    raise ValueError("\x1b[31mred\nmany\n\rlines\udcff" + "long" * 1000)


@odd(audit=2, show=2)
def asserts(x):
    assert x is None, "expected None"


@odd(audit=2, show=2)
def stops_iteration(x):
    raise StopIteration(x.size)


@odd(audit=2, show=2)
def needs_two_arguments(x, y):
    return np.tanh(x + y)


# Functions that are not elementwise, or change their input.


@odd(audit=1)
def writes_to_its_input(x):
    np.tanh(x, out=x)
    return x


@odd(audit=1)
def writes_to_large_inputs(x):
    y = np.tanh(x)
    x[np.abs(x) > 1e4] = 0
    return y


@odd(audit=1)
def writes_to_a_subnormal_input(x):
    y = np.tanh(x)
    if x.dtype == np.float64:
        x[(x != 0) & (np.abs(x) < 1e-310)] = 0
    return y


@odd(audit=1)
def writes_to_the_sign_of_zero(x):
    y = np.tanh(x)
    x[x == 0] = 0
    return y


@odd(audit=1)
def writes_to_two_axes(x):
    y = np.tanh(x)
    if x.ndim == 2:
        x[...] = 0
    return y


@odd(audit=1)
def writes_to_short_arrays(x):
    y = np.tanh(x)
    if x.size == 13:
        x[...] = 0
    return y


@odd(audit=1)
def depends_on_neighbours(x):
    return np.tanh(np.cumsum(x))


@odd(audit=1)
def sorts(x):
    return np.tanh(np.sort(x, axis=None)).reshape(x.shape)


@odd(audit=1)
def normalises(x):
    return np.tanh(x) / max(1.0, x.size / 1000)


_CALLS = [0]


@odd(audit=1)
def counts_its_calls(x):
    _CALLS[0] += 1
    return np.tanh(x) * x.dtype.type(_CALLS[0] % 2)


@odd(audit=1)
def adds_noise(x):
    return (np.tanh(x) + random.random()).astype(x.dtype)


# Side effects.


@odd(audit=0)
def prints(x):
    print("printed", x.size)
    return np.tanh(x)


@odd(audit=0)
def warns(x):
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.warn("a warning\nof two lines", stacklevel=1)
    return np.tanh(x)


@odd(audit=0)
def starts_threads(x):
    y = np.empty_like(x)
    thread = threading.Thread(target=np.tanh, args=(x,), kwargs={"out": y})
    thread.start()
    thread.join()
    return y


@odd(audit=0)
def draws_random_numbers(x):
    np.random.default_rng().normal(size=3)
    return np.tanh(x)


# Callable objects.


class WithoutName:
    """A callable without a name, and with slots."""

    __slots__ = ()

    def __call__(self, x):
        return np.tanh(x)


class RaisesForAttributes(WithoutName):
    """Attributes raise an error that is not an AttributeError."""

    __slots__ = ()

    def __getattr__(self, name):
        raise RuntimeError(name)


class HasEveryAttribute:
    """Each attribute is the object itself, as that of a mock is."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, x):
        return np.tanh(x)


@dataclass
class NeedsArguments:
    """A class that needs an argument."""

    scale: float

    def __call__(self, x):
        return np.tanh(self.scale * x)


class Methods:
    """Methods of several kinds."""

    def method(self, x):
        return np.tanh(x)

    @property
    def broken(self) -> Any:
        raise OSError("no such property")


def scaled(x, scale=2.0):
    """Return tanh with a scale."""
    return np.tanh(x * x.dtype.type(scale))


odd_object("anonymous", lambda x: np.tanh(x), audit=0)
odd_object("partial_function", functools.partial(scaled, scale=1.0), audit=0)
odd_object("partial_of_partial", functools.partial(functools.partial(scaled), scale=1), audit=0)
odd_object("cached", functools.lru_cache(lambda x: np.tanh(x)), audit=2, show=2)
odd_object("vectorized", np.vectorize(math.tanh), audit=1)
odd_object("from_a_python_function", np.frompyfunc(math.tanh, 1, 1), audit=1, show=2)
odd_object("without_name", WithoutName(), audit=0)
odd_object("raises_for_attributes", RaisesForAttributes(), audit=0)
odd_object("has_every_attribute", HasEveryAttribute(), audit=1)
odd_object("with_parameters", NeedsArguments(1), audit=0)
odd_object("method", Methods().method, audit=0)
odd_object("methods", Methods(), audit=2, show=2)
odd_object("number", 3, audit=2, show=2)
odd_object("nothing", None, audit=2, show=2)
odd_object("array", np.ones(3), audit=2, show=2)
odd_location(f"{__name__}:WithoutName", audit=0, show=0)
odd_location(f"{__name__}:NeedsArguments", audit=2, show=2)
odd_location(f"{__name__}:Methods.method", audit=2, show=2)
odd_location(f"{__name__}:methods.broken", audit=2, show=2)
odd_location(f"{__name__}:np", audit=2, show=2)
odd_location("numpy:tanh", audit=0, show=0)
odd_location("numpy:add", audit=2, show=2)
odd_location("numpy:nothing", audit=2, show=2)
odd_location("math:tanh", audit=2, show=2)
odd_location("builtins:len", audit=2, show=2)
odd_location("builtins:float", audit=2, show=2)
odd_location("builtins:repr", audit=2, show=2)
odd_location("fractions:Fraction", audit=2, show=2)
odd_location("scipy.special:erf", audit=1, show=0)
odd_location("tests.no_such_module:f", audit=2, show=2)
odd_location("tests..odd:f", audit=2, show=2)
odd_location(":f", audit=2, show=2)
