"""Activations on tensors of PyTorch and JAX: values, gradients, dtypes, transformations."""

import sys
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

import actbench
from actbench.activations.catalogue import RECORDS
from actbench.activations.user_functions import CallableActivation
from actbench.frameworks.libraries import DTYPES, LIBRARIES, installed
from tests.cases import ACTIVATIONS, ORDERS, SAMPLE
from tests.comparison import assert_accurate
from tests.conftest import FULL
from tests.references import reference

LIBRARY_NAMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(not installed(name), reason=f"{name} is not installed"),
    )
    for name in ("torch", "jax")
]
libraries = pytest.mark.parametrize("library", LIBRARY_NAMES)

needs_torch = pytest.mark.skipif(not installed("torch"), reason="torch is not installed")
needs_jax = pytest.mark.skipif(not installed("jax"), reason="jax is not installed")

X = np.concatenate([np.linspace(-80, 80, 81), np.linspace(-6, 6, 101)])
EDGES = np.array([-np.inf, np.inf, np.nan, -6e4, -0.0, 0.0, 6e4])
NORMAL = SAMPLE[np.abs(SAMPLE) > 1e-300]
"""Inputs that are not subnormal, because XLA reads subnormal numbers as 0."""

# The long form compiles every record in each format; a kernel of JAX takes half a second.
SOME = ACTIVATIONS if FULL else ACTIVATIONS[::7]


def in_library(library, dtype):
    """Return the functions `tensor` and `array` of a library, and its scope for a dtype."""
    adapter = LIBRARIES[library]()
    return SimpleNamespace(
        tensor=lambda x: adapter.tensor(np.asarray(x).astype(DTYPES[dtype])),
        array=adapter.array,
        is_tensor=adapter.is_tensor,
        derivative=adapter.derivative,
        scope=adapter.scope(dtype),
    )


@libraries
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_float64_results_are_within_the_error_bounds(library, activation):
    in_float64 = in_library(library, "float64")
    compiled = _together(library, activation)
    with in_float64.scope:
        results = compiled(in_float64.tensor(NORMAL))
    for order in ORDERS:
        assert in_float64.is_tensor(results[order])
        result = in_float64.array(results[order])
        assert_accurate(
            partial(_constant, result),
            reference(activation),
            NORMAL,
            order=order,
            accuracy=activation.error_bounds[order],
        )


def _constant(result, x):
    del x
    return result


def _together(library, activation):
    """Return f, f' and f'' as one function; JAX compiles the three in one step."""

    def together(x):
        return [getattr(activation, method)(x) for method in ORDERS.values()]

    return together if library == "torch" else import_module("jax").jit(together)


@libraries
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("activation", SOME, ids=str)
def test_narrow_results_are_close_to_those_of_numpy(library, activation, dtype):
    scoped = in_library(library, dtype)
    x = np.concatenate([X, EDGES]).astype(DTYPES[dtype])
    with scoped.scope:
        results = _together(library, activation)(scoped.tensor(x))
    for order, method in ORDERS.items():
        got, expected = scoped.array(results[order]), getattr(activation, method)(x)
        assert got.dtype == x.dtype
        # Near a zero of a derivative, the error in float32 is that of the larger terms.
        rtol, atol = (1e-6, 1e-8) if dtype == "float32" else (np.exp2(-7), 1e-6)
        np.testing.assert_allclose(
            got.astype(float), expected.astype(float), rtol=rtol, atol=atol
        )


@libraries
@pytest.mark.parametrize("activation", ACTIVATIONS if FULL else ACTIVATIONS[::3], ids=str)
def test_gradients_are_the_derivatives(library, activation):
    scoped = in_library(library, "float64")
    with scoped.scope:
        x = scoped.tensor(np.concatenate([EDGES, X[::5]]))
        for order in (1, 2):
            got = scoped.array(scoped.derivative(activation, order)(x))
            expected = scoped.array(getattr(activation, ORDERS[order])(x))
            np.testing.assert_array_equal(got, expected)


@libraries
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_only_x_is_kept_for_the_backward_pass(library, dtype):
    adapter = LIBRARIES[library]()
    for activation in (actbench.get("mish"), actbench.from_formula("x * sin(a * x)", a=2.0)):
        assert adapter.bytes_kept(activation, dtype) == DTYPES[dtype].itemsize


@libraries
@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 3, 1)])
def test_any_shape(library, shape):
    scoped = in_library(library, "float32")
    x = np.full(shape, 0.7, np.float32)
    mish = actbench.get("mish")
    for method in ORDERS.values():
        result = scoped.array(getattr(mish, method)(scoped.tensor(x).reshape(shape)))
        assert result.shape == shape
        np.testing.assert_allclose(result, getattr(mish, method)(x), rtol=1e-6)


@libraries
@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "bool"])
def test_integers_become_floats(library, dtype):
    adapter = LIBRARIES[library]()
    x = np.array([0, 1, 1]).astype(dtype)
    for scope, expected in (("float32", "float32"), ("float64", "float64")):
        with adapter.scope(scope):
            result = adapter.array(actbench.get("mish")(adapter.tensor(x)))
        # JAX has no float64 by default.
        assert result.dtype == ("float64" if library == "torch" else expected)
        np.testing.assert_allclose(result, actbench.get("mish")(x), rtol=1e-6)


@libraries
def test_other_dtypes_are_rejected(library):
    adapter = LIBRARIES[library]()
    with pytest.raises(TypeError, match=r"^mish: expected .* integers, got complex64$"):
        actbench.get("mish")(adapter.tensor(np.ones(2, np.complex64)))


@libraries
def test_formulas_and_records_of_users_compute_with_tensors(library):
    adapter = LIBRARIES[library]()
    formula = actbench.from_formula("a * x if x > 0 else a * (exp(x) - 1)", a=1.5)
    x = np.linspace(-3, 3, 13, dtype=np.float32)
    got = adapter.array(formula(adapter.tensor(x)))
    np.testing.assert_allclose(got, formula(x), rtol=1e-6)


@needs_torch
def test_torch_keeps_the_device_and_the_autograd_graph():
    torch = import_module("torch")
    mish = actbench.get("mish")
    assert mish(torch.ones(3, device="meta")).device.type == "meta"
    x = torch.nn.Parameter(torch.tensor([0.5, -1.0], dtype=torch.float64))
    assert torch.autograd.gradcheck(mish, (x,))
    assert torch.autograd.gradgradcheck(mish, (x,))


@needs_torch
def test_subclasses_of_tensors_are_tensors():
    torch = import_module("torch")
    kind = type("Named", (torch.Tensor,), {})
    assert isinstance(actbench.get("mish")(torch.ones(2).as_subclass(kind)), torch.Tensor)


# PyTorch 2.14 warns about its own code in torch.func.
@pytest.mark.filterwarnings("ignore:.torch.jit.script:FutureWarning")
@needs_torch
@pytest.mark.parametrize("activation", SOME[::3], ids=str)
def test_torch_func_transforms_an_activation(activation):
    torch = import_module("torch")
    x = torch.linspace(-3, 3, 7, dtype=torch.float64)
    slope = torch.func.vmap(torch.func.grad(activation))(x)
    bend = torch.func.vmap(torch.func.grad(torch.func.grad(activation)))(x)
    _, forward = torch.func.jvp(activation, (x,), (torch.ones_like(x),))
    torch.testing.assert_close(slope, activation.derivative(x), rtol=0, atol=0)
    torch.testing.assert_close(forward, activation.derivative(x), rtol=0, atol=0)
    torch.testing.assert_close(bend, activation.second_derivative(x), rtol=0, atol=0)


@needs_torch
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize(
    "activation",
    [
        actbench.get("mish"),
        actbench.get("swish", beta=1.5),
        actbench.from_formula("x * sin(a * x)", a=2.0),
    ],
    ids=str,
)
def test_torch_compile_makes_one_graph(activation, backend):
    torch = import_module("torch")
    torch.compiler.reset()
    actbench.get("relu")  # loads the code for PyTorch, because torch may be imported only now

    compiled = torch.compile(lambda x: 2 * activation(x), backend=backend, fullgraph=True)
    x = torch.linspace(-3, 3, 7, requires_grad=True)
    result = compiled(x)
    torch.testing.assert_close(result, 2 * activation(x))
    (slope,) = torch.autograd.grad(result.sum(), x)
    torch.testing.assert_close(slope, 2 * activation.derivative(x))


@needs_jax
@pytest.mark.parametrize("activation", SOME[::3], ids=str)
def test_jax_transforms_an_activation(activation):
    jax = import_module("jax")
    x = jax.numpy.linspace(-3, 3, 7)
    slope, bend = activation.derivative(x), activation.second_derivative(x)

    def total(x):
        return activation(x).sum()

    for got, expected in (
        (jax.jit(activation)(x), activation(x)),
        (jax.jit(jax.grad(total))(x), slope),
        (jax.vmap(jax.grad(activation))(x), slope),
        (jax.vmap(jax.grad(jax.jit(activation)))(x), slope),
        (jax.jit(jax.vmap(jax.grad(jax.grad(activation))))(x), bend),
        (jax.jvp(activation, (x,), (jax.numpy.ones(7),))[1], slope),
        (jax.hessian(total)(x).diagonal(), bend),
        (jax.grad(jax.checkpoint(total))(x), slope),
    ):
        assert got.dtype == "float32"
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=1e-7)


@needs_jax
def test_jax_differentiates_a_number():
    jax = import_module("jax")
    assert jax.grad(actbench.get("mish"))(1.0).dtype == "float32"


@needs_jax
def test_xla_does_not_change_the_arithmetic_of_exact_arrays():
    jax = import_module("jax")
    arrays = import_module("actbench.frameworks.jax_arrays")
    ops = arrays.operations("float32")

    @jax.jit
    def results(x):
        x = arrays.ExactArray(x)
        return [
            r.array for r in ((1 + x) - 1, x / 1e30 / 1e30 * 1e30, ops.exp(x) * ops.exp(-x))
        ]

    x = np.float32(1e-3)
    for shape in ((), (1,), (4,)):
        small, tiny, _ = results(jax.numpy.full(shape, x))
        assert (np.asarray(small) == np.float32(1) + x - np.float32(1)).all()
        assert (np.asarray(tiny) == 0).all()  # 1e-63 is 0 in float32


@libraries
def test_a_user_function_gets_the_tensors_of_its_library(library):
    adapter = LIBRARIES[library]()
    xp = import_module("torch" if library == "torch" else "jax.numpy")
    user = CallableActivation("mine:f", lambda x: x * xp.tanh(x))
    x = np.linspace(-2, 2, 9, dtype=np.float32)
    slope = adapter.array(adapter.derivative(user, 1)(adapter.tensor(x)))
    np.testing.assert_allclose(slope, np.tanh(x) + x / np.cosh(x) ** 2, rtol=1e-5, atol=1e-6)


@libraries
def test_the_derivative_of_a_user_function_is_its_gradient(library):
    adapter = LIBRARIES[library]()

    class Square:
        def __call__(self, x):
            return x * x

        def derivative(self, x):
            return 7 * x

    user = CallableActivation("mine:f", Square())
    x = adapter.tensor(np.ones(3, np.float32))
    assert adapter.array(adapter.derivative(user, 1)(x)).tolist() == [7, 7, 7]


@libraries
def test_a_user_function_of_numpy_is_refused(library):
    adapter = LIBRARIES[library]()
    x = adapter.tensor(np.ones(3, np.float32))
    for function in (lambda x: np.tanh(np.asarray(x)), lambda x: x.tolist()):
        user = CallableActivation("mine:f", function)
        with pytest.raises(actbench.RequestError, match=r"^mine:f: expected "):
            adapter.derivative(user, 1)(x)


@needs_torch
def test_a_detached_result_is_refused_unless_it_is_piecewise_constant():
    torch = import_module("torch")
    x = torch.ones(3, requires_grad=True)
    detached = CallableActivation("mine:f", lambda x: torch.tanh(x.detach()))
    with pytest.raises(actbench.RequestError, match="expected operations of PyTorch, got"):
        detached(x)
    with torch.no_grad():
        assert detached(x).shape == (3,)
    step = CallableActivation("mine:g", lambda x: (x > 0).to(x.dtype).detach())
    assert not step(x).requires_grad


@libraries
def test_a_result_of_another_dtype_or_library_is_refused(library):
    adapter = LIBRARIES[library]()
    x = adapter.tensor(np.ones(3, np.float32))
    xp = import_module("torch" if library == "torch" else "jax.numpy")
    narrow = CallableActivation("mine:f", lambda x: xp.asarray(x, dtype=xp.float16))
    message = "mine:f: expected a result of float32, got float16"
    with pytest.raises(actbench.RequestError, match=message):
        narrow(x)


def test_neither_library_is_imported_for_arrays():
    actbench.get("mish")(np.ones(2))
    loaded = {name for name in ("torch", "jax") if name in sys.modules}
    assert all(installed(name) for name in loaded)


def test_all_records_are_under_test():
    assert {type(activation) for activation in ACTIVATIONS} == set(RECORDS)
