"""Who computes an activation: ours, frameworks' and the textbook's expression, alike.

An `Implementation` makes a call of no arguments that does the work of several layers one
after another, each on an input of its own: the values, the gradients, or both, as in a
training step, where all values are there before the first gradient.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np

import actbench
from actbench.activations.record import Activation
from actbench.conformance.targets import Target, elsewhere, library_of, ours
from actbench.formula.evaluate import function_of
from actbench.formula.parse import parse
from actbench.frameworks.counterparts import PACKAGES
from actbench.frameworks.libraries import installed
from actbench.numerics.operations import NUMPY, Operations

FORWARD, BACKWARD, BOTH = "forward", "backward", "both"
PASSES = (FORWARD, BACKWARD, BOTH)

Call = Callable[[], Any]


@dataclass(frozen=True)
class Implementation:
    """One way to compute an activation.

    Args:
        name: such as "ours", "keras", "torch.compile".
        place: what is called, such as "keras.activations.mish".
        build: (pass, inputs, upstream gradients) ↦ the call, or None if it has no such pass.
        bytes_kept: for the backward pass, for each element of float32; None if unknown.
    """

    name: str
    place: str
    build: Callable[[str, Sequence[Any], Sequence[Any]], Call | None] = field(compare=False)
    bytes_kept: Callable[[], float] | None = field(default=None, compare=False)


NAMES = (
    "ours", "ours on NumPy", "naive NumPy", "keras", "tf", "torch", "torch.compile", "jax.jit",
)  # fmt: skip


def implementations(word: str) -> Iterator[Implementation]:
    """Return ours first, then the others that are installed.

    Args:
        word: a name of the catalogue, "formula:…", or a function's "package.module:name".

    Raises:
        RequestError: there is no such function.
    """
    activation = actbench.get(word)
    if activation.formula is None:
        yield from _of_reader(word)
        return
    on_numpy, on_tensorflow = ours(activation, word)
    yield _of_target(on_tensorflow, "ours")
    yield Implementation("ours on NumPy", str(activation), _numpy(activation))
    yield Implementation("naive NumPy", activation.formula, _naive(activation))
    del on_numpy
    seen = set()
    for there in activation.counterparts:
        package = there.name.partition(".")[0]
        if package in seen or not installed(PACKAGES[package]):
            continue
        seen.add(package)
        target = elsewhere(type(activation), there)
        if package == "torch":
            yield _of_target(target, "torch")
            yield _compiled(target)
        else:
            yield _of_target(target, "jax.jit" if package == "jax" else package)


def _of_reader(word: str) -> Iterator[Implementation]:
    module, _, name = word.partition(":")
    function = getattr(import_module(module), name)
    library = library_of(name, function)
    if library.name == "numpy":
        yield Implementation("ours", word, _numpy_forward(function))
        return
    target = Target(
        word, word, module, library, actbench.get("linear"), make=lambda _: function
    )
    yield _of_target(target, "ours")


def _of_target(target: Target, name: str) -> Implementation:
    library, function = target.library, target.make("float32")
    build = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[library.name]
    return Implementation(
        name, target.place, build(function), lambda: library.bytes_kept(function, "float32")
    )


def _compiled(target: Target) -> Implementation:
    compiled = import_module("torch").compile(target.make("float32"), dynamic=False)
    return replace(_of_target(target, "torch.compile"), build=_torch(compiled), bytes_kept=None)


def _numpy(activation: Activation) -> Any:
    def build(what: str, xs: Sequence[Any], gs: Sequence[Any]) -> Call:
        def forward() -> Any:
            return [activation(x) for x in xs]

        def backward() -> Any:
            return [g * activation.derivative(x) for x, g in zip(xs, gs, strict=True)]

        return {
            FORWARD: forward,
            BACKWARD: backward,
            BOTH: lambda: (forward(), backward()),
        }[what]

    return build


def _numpy_forward(function: Callable[[Any], Any]) -> Any:
    def build(what: str, xs: Sequence[Any], gs: Sequence[Any]) -> Call | None:
        del gs
        return (lambda: [function(x) for x in xs]) if what == FORWARD else None

    return build


class _Naive(Operations):
    """What one writes first: it overflows, and loses the left tails."""

    def sigmoid(self, z: Any) -> Any:
        return 1 / (1 + self.exp(-z))

    def softplus(self, z: Any) -> Any:
        return self.log(1 + self.exp(z))


def _naive(activation: Activation) -> Any:
    tree = parse(str(activation.formula), ("x", *activation.parameters))
    formula = function_of(tree, activation.parameters)
    naive = _Naive(**vars(NUMPY))

    def quietly(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return formula(naive, x)

    return _numpy_forward(quietly)


def _tensorflow(function: Callable[[Any], Any]) -> Any:
    """Layers in one graph, after one another by control dependencies.

    A graph drops what nobody reads, so one number is read of every result.
    """
    tf = import_module("tensorflow")

    def build(what: str, xs: Sequence[Any], gs: Sequence[Any]) -> Call:
        xs, gs = [[tf.constant(part) for part in parts] for parts in (xs, gs)]

        def layers() -> Any:
            read, tapes = tf.zeros((), xs[0].dtype), []
            for x in xs:
                with tf.control_dependencies([read]):
                    x = tf.identity(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = function(x)
                if what != BACKWARD:
                    read += y[0]
                tapes.append((tape, x, y))
            if what != FORWARD:
                for (tape, x, y), g in reversed(list(zip(tapes, gs, strict=True))):
                    with tf.control_dependencies([read]):
                        read += tape.gradient(y, x, tf.identity(g))[0]
            return read

        graph = tf.function(layers, autograph=False).get_concrete_function()
        return lambda: graph().numpy()

    return build


def _torch(function: Callable[[Any], Any]) -> Any:
    torch = import_module("torch")

    def build(what: str, xs: Sequence[Any], gs: Sequence[Any]) -> Call | None:
        xs = [_torch_tensor(torch, x).requires_grad_() for x in xs]
        gs = [_torch_tensor(torch, g) for g in gs]

        def forward() -> Any:
            with torch.no_grad():
                for x in xs:
                    function(x)

        def both() -> Any:
            ys = [function(x) for x in xs]
            for x, y, g in reversed(list(zip(xs, ys, gs, strict=True))):
                torch.autograd.grad(y, x, g)

        # Its backward pass needs what its forward pass has kept.
        return {FORWARD: forward, BACKWARD: None, BOTH: both}[what]

    return build


def _torch_tensor(torch: Any, x: Any) -> Any:
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view(np.int16)).view(torch.bfloat16).clone()
    return torch.from_numpy(x.copy())


def _jax(function: Callable[[Any], Any]) -> Any:
    jax = import_module("jax")

    def build(what: str, xs: Sequence[Any], gs: Sequence[Any]) -> Call:
        def forward(x: Any, g: Any) -> Any:
            del g
            return function(x)

        def backward(x: Any, g: Any) -> Any:
            return jax.vjp(function, x)[1](g)[0]

        def both(x: Any, g: Any) -> Any:
            y, back = jax.vjp(function, x)
            return y, back(g)[0]

        layer = jax.jit({FORWARD: forward, BACKWARD: backward, BOTH: both}[what])
        xs, gs = [[jax.numpy.asarray(part) for part in parts] for parts in (xs, gs)]
        return lambda: [jax.block_until_ready(layer(x, g)) for x, g in zip(xs, gs, strict=True)]

    return build


def copying(xs: Sequence[Any]) -> Call:
    """Return what no function can beat: passes that read and write, on all cores.

    They turn the sign, since TensorFlow does not copy what it can share.
    """
    call: Call = _tensorflow(import_module("tensorflow").negative)(FORWARD, xs, xs)
    return call
