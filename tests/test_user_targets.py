"""User functions as targets of the audit: parameters, formats, gradients, errors."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import actbench
from actbench.conformance.audit import audit
from actbench.conformance.findings import FAIL, SKIPPED
from actbench.conformance.measurements import EAGER, measure
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import Target
from actbench.frameworks.libraries import DTYPES, LIBRARIES, NotPossibleError, installed
from tests.conftest import FULL

HERE = __name__
FORMATS = tuple(DTYPES)


def one_target(words, **options):
    """Return the target of words such as "f b=2", where f is an attribute of this module."""
    return parse_one(f"{HERE}:{words}", **options)


def parse_one(words, **options):
    """Return the target of all words."""
    (target,) = parse_targets(words.split(), **options)
    assert isinstance(target, Target)
    return target


def value(target, x, dtype="float32"):
    """Return the value of a target at one number."""
    with target.library.running(dtype):
        tensor = target.library.tensor(np.array([x], DTYPES[dtype]))
        return float(target.library.array(target.make(dtype)(tensor))[0])


# Parameters.


def times(x, b=1.0):
    """Return b · x."""
    return x * x.dtype.type(b)


def times_derivative(x, b=1.0):
    """Return b."""
    return np.full_like(x, b)


times.derivative = times_derivative  # type: ignore[attr-defined]


class Scale:
    """A class of functions with a parameter."""

    def __init__(self, b):
        self.b = b

    def __call__(self, x):
        return x * x.dtype.type(self.b)


def any_keyword(x, **settings):
    """Return the sum of all settings, times x."""
    return x * x.dtype.type(sum(settings.values()))


@pytest.mark.parametrize(
    ("words", "formula", "slope"),
    [
        ("times b=2", "b * x", 2),
        ("times b=-3", "-3 * x", -3),
        ("times", "x", 1),
        ("Scale b=2", "b * x", 2),
        ("any_keyword b=2 c=3", "(b + c) * x", 5),
    ],
)
def test_parameters_reach_the_function_and_the_formula(words, formula, slope):
    target = one_target(words, formula=formula)
    assert value(target, 1) == slope
    assert target.expected(1.0) == slope
    assert target.name == f"{HERE}:{words}" or words.startswith("Scale")
    found = audit(target, measurements=measure(target, dtypes=("float16",)))
    assert found.conforms, found.failures
    if words.startswith("times"):
        assert "derivative" in {f.check for f in found.findings if f.outcome == "ok"}


@pytest.mark.parametrize(
    ("words", "options", "expected"),
    [
        ("keras:celu alpha=-0.5", {"formula": "alpha * x"}, "formula:alpha * x(alpha=-0.5)"),
        ("keras:celu alpha=-0.5", {"expected": "celu"}, "celu(alpha=1)"),
        ("keras:celu alpha=2", {"expected": "celu"}, "celu(alpha=2)"),
        ("keras:celu alpha=2", {"expected": "celu alpha=3"}, "celu(alpha=3)"),
        (f"{HERE}:times b=2", {"expected": "elu alpha=3"}, "elu(alpha=3)"),
    ],
)
def test_the_domain_of_a_record_does_not_limit_the_parameters_of_a_target(
    words, options, expected
):
    assert str(parse_one(words, **options).expected) == expected


def test_an_argument_that_nothing_takes_is_an_error():
    with pytest.raises(actbench.RequestError, match=r"got c$"):
        one_target("times c=2", formula="b * x * 0 + x", expected=None)
    with pytest.raises(actbench.RequestError, match="expected arguments of the class Scale"):
        one_target("Scale", formula="x")


# Objects with a dtype of their own.

hard_tanh_layer = keras.layers.Activation("hard_tanh")
in_float16 = keras.layers.Activation("relu", dtype="float16")
mixed = keras.layers.Activation("relu", dtype="mixed_float16")
parametric = keras.layers.PReLU()
built = keras.layers.PReLU()
built.build((None,))
built.set_weights([np.float32(0.25)])
any_python = keras.layers.Lambda(lambda x: tf.nn.relu(x))
layer_method = in_float16.call


class WithTensor:
    """A callable with a tensor of float32."""

    def __init__(self):
        self.slope = tf.constant([1.0])

    def __call__(self, x):
        return self.slope * tf.nn.relu(x)


with_tensor = WithTensor()
partial_with_tensor = functools.partial(lambda x, slope: slope * x, slope=tf.constant([1.0]))


def states_formats(x):
    """Return ReLU of float16 and float32."""
    assert x.dtype in (tf.float16, tf.float32)
    return tf.nn.relu(x)


states_formats.dtypes = ("float32", "float16")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "expected", "formats"),
    [
        ("hard_tanh_layer", "hard_tanh", FORMATS),
        ("in_float16", "relu", FORMATS),
        ("mixed", "relu", FORMATS),
        ("layer_method", "relu", FORMATS),
        ("parametric", "prelu alpha=0", FORMATS),
        ("built", "prelu alpha=0.25", ("float16", "bfloat16", "float32")),
        ("keras.layers.ReLU max_value=6", "relu6", FORMATS),
        ("any_python", "relu", ("float32",)),
        ("with_tensor", "relu", ("float32",)),
        ("partial_with_tensor", "linear", ("float32",)),
        ("states_formats", "relu", ("float16", "float32")),
    ],
)
def test_an_object_with_a_dtype_is_judged_in_the_formats_that_it_has(words, expected, formats):
    target = one_target(words, expected=expected)
    assert target.formats == formats
    for dtype in formats:
        assert value(target, 1.0, dtype) == 1
    left_out = tuple(dtype for dtype in FORMATS if dtype not in formats)
    if not FULL and words not in ("built", "with_tensor"):
        return
    measured = measure(target, dtypes=("float16", *left_out), modes=(EAGER,))
    found = audit(target, measurements=measured)
    skipped = {f.dtype for f in found.findings if f.outcome == SKIPPED and f.check == "value"}
    assert skipped == set(left_out) | ({"float16"} - set(formats))
    assert not [f for f in found.failures if f.dtype in left_out]


def test_a_layer_keeps_its_weights_in_another_format():
    assert value(one_target("built", expected="prelu alpha=0.25"), -1, "float16") == -0.25
    assert built.weights[0].dtype == "float32"


# Gradients.


def by_numpy(x):
    """Return a constant for TensorFlow."""
    return tf.constant(np.tanh(x.numpy()))


def numpy_function(x):
    """Return a result without a gradient, also in graphs."""
    return tf.numpy_function(np.tanh, [x], x.dtype)


def stopped(x):
    """Return a result that is cut off from its gradient."""
    return tf.stop_gradient(tf.tanh(x))


@tf.custom_gradient
def zero_gradient(x):
    """Return tanh with the gradient 0."""
    return tf.tanh(x), tf.zeros_like


def heaviside(x):
    """Return a function that is constant on both sides of 0."""
    return tf.cast(x >= 0, x.dtype)


def straight_through(x):
    """Return rounded numbers with the gradient of x."""
    return x + tf.stop_gradient(tf.round(x) - x)


def numpy_in_part(x):
    """Return x · tanh(x), of which NumPy computes a factor."""
    return x * np.tanh(x)


LOST = [by_numpy, numpy_function, stopped, zero_gradient]


@pytest.mark.parametrize("function", LOST, ids=lambda function: function.__name__)
def test_a_lost_gradient_is_a_finding_with_its_reason(function):
    target = one_target(function.__name__, expected="tanh")
    found = audit(target, measurements=measure(target, dtypes=("float16",), modes=(EAGER,)))
    (failure,) = [f for f in found.failures if f.check == "derivative"]
    assert "no gradient reaches the input" in failure.detail


def test_a_function_whose_derivative_is_0_needs_no_gradient():
    target = one_target("heaviside", formula="1 if x >= 0 else 0")
    found = audit(target, measurements=measure(target, dtypes=("float16",), modes=(EAGER,)))
    assert "derivative" not in {f.check for f in found.failures}


@pytest.mark.parametrize("eagerly", [True, False], ids=["eager", "graph"])
@pytest.mark.parametrize(
    "function",
    [
        "by_numpy",
        "numpy_function",
        "stopped",
        "numpy_in_part",
        "numpy:tanh",
        "scipy.special:erf",
    ],
)
def test_a_function_without_gradient_is_refused_for_tensors(function, eagerly):
    location = function if ":" in function else f"{HERE}:{function}"
    activation = actbench.get(location)

    def train(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = activation(x)
        return tape.gradient(y, x)

    with pytest.raises(actbench.RequestError, match=r"expected (operations|a function) of "):
        (train if eagerly else tf.function(train, autograph=False))(tf.constant([-1.0, 0.5]))


def test_a_layer_refuses_a_function_without_gradient_in_one_line():
    layer = keras.layers.Dense(2, activation=actbench.get("numpy:tanh"))
    with pytest.raises(actbench.RequestError) as caught:
        layer(np.ones((2, 2)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", ["heaviside", "straight_through", "zero_gradient"])
def test_functions_with_a_gradient_of_their_own_are_accepted(function):
    x = tf.constant([-1.0, 0.5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = actbench.get(f"{HERE}:{function}")(x)
    assert y.shape == (2,)
    expected = 1 if function == "straight_through" else 0
    np.testing.assert_array_equal(tape.gradient(y, x), [expected, expected])


# Errors in one format.


def raises_its_own_error(x):
    """Raise an error with the words of a library."""
    if x.dtype == tf.float64:
        raise TypeError("Value for attr 'T' of double is not in the list of allowed values")
    return tf.nn.relu(x)


def lacks_a_kernel(x):
    """Use an operation that TensorFlow has for float32 and float64 only."""
    return tf.math.nextafter(x, x)


def operation_without_gradient(x):
    """Return x by an operation without a gradient."""
    return tf.raw_ops.SoftsignGrad(gradients=x, features=tf.zeros_like(x))


def outcomes(target, check, *dtypes):
    """Return the outcomes of a check by format."""
    measured = measure(target, dtypes=dtypes, modes=(EAGER,))
    found = audit(target, measurements=measured)
    return {f.dtype: f.outcome for f in found.findings if f.check == check}


def test_an_error_of_the_function_fails_and_a_missing_kernel_is_skipped():
    own = one_target("raises_its_own_error", expected="relu")
    assert outcomes(own, "value", "bfloat16", "float64")["float64"] == FAIL
    missing = one_target("lacks_a_kernel", expected="linear")
    assert outcomes(missing, "value", "float16", "float64")["float16"] == SKIPPED


def test_an_operation_without_gradient_fails():
    target = one_target("operation_without_gradient", expected="linear")
    found = outcomes(target, "derivative", "float64")
    assert found == {"float64": FAIL}


# PyTorch and JAX.

TORCH = """
import torch

def in_place(x):
    y = x.clone()
    z = y * y
    y.mul_(2)
    return z

def detached(x):
    return torch.tensor((x.detach() ** 2).tolist(), dtype=x.dtype)

class Broken(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.square()

    @staticmethod
    def backward(ctx, upstream):
        raise RuntimeError("no backward")

class Short(Broken):
    @staticmethod
    def backward(ctx, upstream):
        return upstream[:1]

broken, short = Broken.apply, Short.apply
module = torch.nn.PReLU()
double = torch.nn.PReLU().double()
half = torch.nn.PReLU().half()
"""


@pytest.fixture(scope="module")
def torch_module(tmp_path_factory):
    """Make a module with functions of PyTorch importable."""
    if not installed("torch"):
        pytest.skip("torch is not installed")
    folder = tmp_path_factory.mktemp("torch")
    (folder / "torch_functions_of_a_user.py").write_text(TORCH)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield "torch_functions_of_a_user"


@pytest.mark.parametrize("function", ["in_place", "detached", "broken", "short"])
def test_a_function_that_pytorch_cannot_differentiate_fails(function, torch_module):
    target = parse_one(f"{torch_module}:{function}", formula="x * x")
    assert outcomes(target, "derivative", "float16", "float32") == {
        "float16": FAIL,
        "float32": FAIL,
    }


def test_modules_are_judged_in_formats_in_which_their_weights_are_exact(torch_module):
    def formats(name, expected):
        target = parse_one(f"{torch_module}:{name}", expected=expected)
        assert value(target, -1, target.formats[-1]) == -0.25
        return target.formats

    assert formats("module", "prelu") == ("float16", "bfloat16", "float32")
    assert formats("double", "prelu") == FORMATS
    assert formats("half", "prelu") == ("float16", "bfloat16")
    target = parse_one(f"{torch_module}:torch.nn.PReLU init=0.1", expected="prelu alpha=0.1")
    assert value(target, -1, "float64") == -0.1


def test_libraries_tell_their_limits_from_errors_of_functions():
    library = LIBRARIES["numpy"]()

    def error_of(function):
        with pytest.raises(NotPossibleError) as caught, library.running("float32"):
            function()
        return type(caught.value).__name__

    def statement():
        raise TypeError("ufunc 'f' not supported for the input types")

    assert error_of(lambda: np.bitwise_and(1.5, 2)) == "NotPossibleError"
    assert error_of(statement) == "BrokenError"
    assert error_of(lambda: [][0]) == "BrokenError"
