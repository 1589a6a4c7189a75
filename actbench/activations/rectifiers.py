"""The identity, ReLU and similar piecewise linear functions."""

from dataclasses import dataclass
from fractions import Fraction

from actbench.activations.record import (
    Activation,
    Counterpart,
    Domain,
    ErrorBound,
    parameter,
)
from actbench.errors import RequestError
from actbench.numerics.array import Array
from actbench.numerics.operations import Operations

# Sums of larger numbers with products may overflow.
_LARGEST = 1e300


@dataclass(frozen=True)
class Linear(Activation):
    """The identity, f(x) = x."""

    name = "linear"
    formula = "x"
    source = "the identity function"
    year = 1958
    counterparts = (Counterpart("keras.activations.linear"), Counterpart("torch.nn.Identity"))

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return x * 1.0


@dataclass(frozen=True)
class Absolute(Activation):
    """Absolute value rectification, f(x) = |x|.

    Jarrett, Kavukcuoglu, Ranzato & LeCun (2009), doi:10.1109/ICCV.2009.5459469. At the kink
    f'(0) = −1; TensorFlow and PyTorch return 0 there.
    """

    name = "absolute"
    formula = "abs(x)"
    source = "Jarrett, Kavukcuoglu, Ranzato & LeCun (2009), doi:10.1109/ICCV.2009.5459469"
    year = 2009

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.absolute(x)


@dataclass(frozen=True)
class Relu(Activation):
    """Rectified linear unit, f(x) = max(x, 0).

    Nair & Hinton (2010), ICML. At the kink f'(0) = 0, as in TensorFlow, JAX and PyTorch.
    """

    name = "relu"
    formula = "max(x, 0)"
    source = "Nair & Hinton (2010), ICML"
    year = 2010
    counterparts = (
        Counterpart("keras.activations.relu", note="also negative_slope, max_value, threshold"),
        Counterpart("tf.nn.relu"),
        Counterpart("torch.nn.functional.relu"),
        Counterpart("jax.nn.relu"),
        Counterpart("mlx.nn.relu"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.maximum(x, 0.0)


@dataclass(frozen=True)
class ClippedRelu(Activation):
    """ReLU with an upper limit, f(x) = min(max(x, 0), m).

    Hannun et al. (2014), arXiv:1412.5567 (Deep Speech), where m = 20. At the kinks
    f'(0) = f'(m) = 0.
    """

    max_value: float = parameter(20.0, symbol="m", meaning="the upper limit", above=0)

    name = "clipped_relu"
    formula = "min(max(x, 0), max_value)"
    source = "Hannun et al. (2014), arXiv:1412.5567"
    year = 2014
    counterparts = (
        Counterpart("keras.activations.relu", {"max_value": "max_value"}, note="no limit"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.clip(x, 0.0, self.max_value)


@dataclass(frozen=True)
class Relu6(Activation):
    """ReLU with the upper limit 6, f(x) = min(max(x, 0), 6).

    Krizhevsky (2010), Convolutional Deep Belief Networks on CIFAR-10. At the kinks
    f'(0) = f'(6) = 0.
    """

    name = "relu6"
    formula = "min(max(x, 0), 6)"
    source = "Krizhevsky (2010), Convolutional Deep Belief Networks on CIFAR-10"
    year = 2010
    counterparts = (
        Counterpart("keras.activations.relu6"),
        Counterpart("tf.nn.relu6"),
        Counterpart("torch.nn.functional.relu6"),
        Counterpart("jax.nn.relu6"),
        Counterpart("mlx.nn.relu6"),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.clip(x, 0.0, 6.0)


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """Leaky rectified linear unit, f(x) = max(x, 0) + α · min(x, 0).

    The slope may be any finite number: α = 0 is ReLU, α = 1 is the identity, α = −1 is |x|. The
    default 0.2 is that of `keras.activations` and `tf.nn`. The default of PyTorch and JAX is
    0.01, that of the Keras layer is 0.3. Maas, Hannun & Ng (2013), ICML. At the kink f'(0) = α,
    as in TensorFlow and PyTorch.
    """

    negative_slope: float = parameter(0.2, symbol=r"\alpha", meaning="slope for x < 0")

    name = "leaky_relu"
    formula = "x if x > 0 else negative_slope * x"
    source = "Maas, Hannun & Ng (2013), ICML"
    year = 2013
    counterparts = (
        Counterpart("keras.activations.leaky_relu", {"negative_slope": "negative_slope"}),
        Counterpart(
            "keras.layers.LeakyReLU",
            {"negative_slope": "negative_slope"},
            note="raises an error for negative slopes",
            domains={"negative_slope": Domain(least=0)},
        ),
        Counterpart("tf.nn.leaky_relu", {"negative_slope": "alpha"}),
        Counterpart("torch.nn.functional.leaky_relu", {"negative_slope": "negative_slope"}),
        Counterpart("jax.nn.leaky_relu", {"negative_slope": "negative_slope"}),
        Counterpart("mlx.nn.leaky_relu", {"negative_slope": "negative_slope"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, self.negative_slope * x)


@dataclass(frozen=True)
class Prelu(Activation):
    """Parametric ReLU at a given slope, f(x) = max(x, 0) + α · min(x, 0).

    The default is the initial slope of the paper. To train the slope, use the layer
    `actbench.keras.layers.PReLU`. He, Zhang, Ren & Sun (2015), arXiv:1502.01852. At the kink
    f'(0) = α.
    """

    alpha: float = parameter(0.25, symbol=r"\alpha", meaning="slope for x < 0, trained")

    name = "prelu"
    formula = "x if x > 0 else alpha * x"
    source = "He, Zhang, Ren & Sun (2015), arXiv:1502.01852"
    year = 2015
    counterparts = (
        Counterpart("torch.nn.PReLU", {"alpha": "init"}, note="one slope for all channels"),
        Counterpart(
            "keras.layers.PReLU",
            note="initial slope 0, one slope per element of the input",
            initial_values={"alpha": 0.0},
        ),
        Counterpart("mlx.nn.prelu", {"alpha": "alpha"}),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, self.alpha * x)


@dataclass(frozen=True)
class Rrelu(Activation):
    """Randomised leaky ReLU at test time, f(x) = x for x > 0, else (l + u)/2 · x.

    At training time the slope is a random number from the uniform distribution on [l, u].
    Xu, Wang, Chen & Li (2015), arXiv:1505.00853. At the kink f'(0) = (l + u)/2.
    """

    lower: float = parameter(1 / 8, symbol="l", meaning="smallest random slope for x < 0")
    upper: float = parameter(1 / 3, symbol="u", meaning="largest random slope for x < 0")

    name = "rrelu"
    formula = "x if x > 0 else (lower + upper) / 2 * x"
    source = "Xu, Wang, Chen & Li (2015), arXiv:1505.00853"
    year = 2015
    counterparts = (
        Counterpart(
            "torch.nn.functional.rrelu",
            {"lower": "lower", "upper": "upper"},
            {"training": False},
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lower > self.upper:
            raise RequestError(
                "parameters of rrelu: expected lower ≤ upper, "
                f"got lower = {self.lower:g}, upper = {self.upper:g}"
            )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        slope = (Fraction(self.lower) + Fraction(self.upper)) / 2
        return ops.where(x > 0, x, ops.multiple(slope, x))

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > 0, x, (self.lower + self.upper) / 2 * x)


@dataclass(frozen=True)
class Threshold(Activation):
    """Thresholded identity, f(x) = x for x > θ, else v.

    v = 0 is thresholded ReLU. Konda, Memisevic & Krueger (2014), arXiv:1402.3337. f jumps at θ
    unless θ = v; there f'(θ) = 0.
    """

    threshold: float = parameter(1.0, symbol=r"\theta", meaning="largest x that is replaced")
    value: float = parameter(0.0, symbol="v", meaning="the replacement")

    name = "threshold"
    formula = "x if x > threshold else value"
    source = "Konda, Memisevic & Krueger (2014), arXiv:1402.3337"
    year = 2014
    counterparts = (
        Counterpart(
            "keras.activations.threshold", {"threshold": "threshold", "value": "default_value"}
        ),
        Counterpart(
            "torch.nn.functional.threshold", {"threshold": "threshold", "value": "value"}
        ),
    )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        return ops.where(x > self.threshold, x, self.value)


@dataclass(frozen=True)
class Srelu(Activation):
    """S-shaped ReLU: three lines that meet at two thresholds.

    f(x) = t_r + a_r (x − t_r) for x > t_r, x for t_l < x ≤ t_r, else t_l + a_l (x − t_l). The
    paper trains all four parameters. It begins with t_l = 0, a_l = 0.2, a_r = 1, which is leaky
    ReLU, and takes t_r from the data. The defaults here give an S shape. Jin et al. (2015),
    arXiv:1512.07030. At the kinks f'(t_l) = a_l and f'(t_r) = 1.
    """

    t_left: float = parameter(-1.0, symbol="t_l", meaning="left threshold")
    a_left: float = parameter(0.2, symbol="a_l", meaning="slope for x ≤ t_l")
    t_right: float = parameter(1.0, symbol="t_r", meaning="right threshold")
    a_right: float = parameter(0.2, symbol="a_r", meaning="slope for x > t_r")

    name = "srelu"
    formula = (
        "t_right + a_right * (x - t_right) if x > t_right "
        "else (x if x > t_left else t_left + a_left * (x - t_left))"
    )
    source = "Jin et al. (2015), arXiv:1512.07030"
    year = 2015
    error_bounds = (ErrorBound(16, 2, "t + a (x − t) may cancel"), ErrorBound(), ErrorBound())

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.t_left > self.t_right:
            raise RequestError(
                "parameters of srelu: expected t_left ≤ t_right, "
                f"got t_left = {self.t_left:g}, t_right = {self.t_right:g}"
            )

    def compute_value(self, ops: Operations, x: Array) -> Array:
        left, right = (
            _line(x, t, a)
            for t, a in ((self.t_left, self.a_left), (self.t_right, self.a_right))
        )
        return ops.where(x > self.t_right, right, ops.where(x > self.t_left, x, left))

    def compute_parametric_value(self, ops: Operations, x: Array) -> Array:
        left = self.t_left + self.a_left * (x - self.t_left)
        right = self.t_right + self.a_right * (x - self.t_right)
        return ops.where(x > self.t_right, right, ops.where(x > self.t_left, x, left))


def _line(x: Array, t: float, a: float) -> Array:
    """Return t + a (x − t); for small a it is ax + (1 − a) t, which cancels only at a zero."""
    level = (1 - Fraction(a)) * Fraction(t)
    if abs(a) > 2 or abs(level) > _LARGEST:
        return t + a * (x - t)
    return a * x + float(level)
