"""The implementations of an activation that are timed: actbench, frameworks, textbook code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np
import numpy.typing as npt

import actbench
from actbench.activations import Activation
from actbench.conformance.targets.framework_targets import counterpart_target
from actbench.conformance.targets.target import Target, actbench_targets, user_target
from actbench.formula.evaluate import array_function
from actbench.formula.parse import parse
from actbench.frameworks.counterparts import PACKAGES
from actbench.frameworks.libraries import installed
from actbench.numerics.array import Array
from actbench.numerics.double_double import Argument, sum_of_parts
from actbench.numerics.operations import NUMPY, Operations
from benchmarks.passes import (
    Builder,
    jax_passes,
    numpy_forward_pass,
    numpy_passes,
    tensorflow_passes,
    torch_passes,
)

NAMES = (
    "actbench", "actbench on NumPy", "textbook NumPy", "keras", "tf", "torch", "torch.compile",
    "jax.jit",
)  # fmt: skip
"""Names of all implementations; "actbench" is its TensorFlow kernel, or a user function."""

_BUILDERS = {"tensorflow": tensorflow_passes, "torch": torch_passes, "jax": jax_passes}


@dataclass(frozen=True)
class Implementation:
    """One way to compute an activation.

    Args:
        name: one of `NAMES`.
        location: the function that is called, such as "keras.activations.mish".
        build: makes the calls that are timed; see `benchmarks.passes`.
        bytes_kept: bytes that are kept for the backward pass, per float32 element; None if this
            cannot be measured.
    """

    name: str
    location: str
    build: Builder = field(compare=False)
    bytes_kept: Callable[[], float] | None = field(default=None, compare=False)


def implementations(name: str) -> Iterator[Implementation]:
    """Yield the implementation of actbench, then those of installed frameworks.

    Args:
        name: a name of the catalogue, "formula:…", or a user function "package.module:name".

    Raises:
        RequestError: there is no such function.
    """
    activation = actbench.get(name)
    if activation.formula is None:
        yield _user_function(name)
        return
    targets = actbench_targets(activation, name)
    on_tensorflow = next(each for each in targets if each.library.name == "tensorflow")
    yield _implementation("actbench", on_tensorflow)
    yield Implementation("actbench on NumPy", str(activation), numpy_passes(activation))
    yield Implementation("textbook NumPy", activation.formula, _textbook_pass(activation))
    seen = set()
    for counterpart in activation.counterparts:
        package = counterpart.name.partition(".")[0]
        if package in seen or not installed(PACKAGES[package]):
            continue
        seen.add(package)
        target = counterpart_target(type(activation), counterpart)
        if package == "torch":
            yield _implementation("torch", target)
            yield _compiled_by_torch(target)
        else:
            yield _implementation("jax.jit" if package == "jax" else package, target)


def _user_function(name: str) -> Implementation:
    module, _, attribute = name.partition(":")
    function = getattr(import_module(module), attribute)
    # A target needs an expected activation; timings do not use it.
    target = user_target(name, function, expected=actbench.get("linear"))
    if target.library.name == "numpy":
        return Implementation("actbench", name, numpy_forward_pass(function))
    return _implementation("actbench", target)


def _implementation(name: str, target: Target) -> Implementation:
    library, function = target.library, target.make("float32")
    return Implementation(
        name,
        target.location,
        _BUILDERS[library.name](function),
        lambda: library.bytes_kept(function, "float32"),
    )


def _compiled_by_torch(target: Target) -> Implementation:
    compiled = import_module("torch").compile(target.make("float32"), dynamic=False)
    eager = _implementation("torch.compile", target)
    return replace(eager, build=torch_passes(compiled), bytes_kept=None)


class _TextbookOperations(Operations):
    """σ and softplus as textbooks write them; they overflow and lose small results."""

    def sigmoid(self, z: Argument) -> Array:
        return 1 / (1 + self.exp(-sum_of_parts(z)))

    def softplus(self, z: Argument) -> Array:
        return self.log(1 + self.exp(sum_of_parts(z)))


def _textbook_pass(activation: Activation) -> Builder:
    """Return the builder of the textbook formula on NumPy, without stable operations."""
    tree = parse(str(activation.formula), ("x", *activation.parameters))
    formula = array_function(tree, activation.parameters)
    operations = _TextbookOperations(**vars(NUMPY))

    def without_warnings(x: npt.NDArray[np.floating]) -> Array:
        with np.errstate(all="ignore"):
            return formula(operations, x)

    return numpy_forward_pass(without_warnings)
