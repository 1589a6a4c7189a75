"""The signatures of activations in frameworks, with the meanings that no counterpart states.

The parameters were read from Keras 3.15, TensorFlow 2.21, PyTorch 2.13, JAX 0.10, the operators
of ONNX 1.22 (opset 28), the keys of ACT2FN in Hugging Face transformers, and timm.
"""

from dataclasses import replace

from actbench.activations.foreign.signatures import Signature, means, row
from actbench.activations.parameter import Domain

CLIP = "formula:min(max(x, low), high)"
"""The formula of a function with two limits, in which `low` and `high` are parameters."""

_CLIPS = (
    means("relu6", {"min_val": 0, "max_val": 6}),
    means("hard_tanh", {"min_val": -1, "max_val": 1}),
    means(CLIP, low="min_val", high="max_val"),
)
_SHIFTED_RELU = "formula:(x if x >= threshold else slope * (x - threshold))"
_KERAS_RELU = (
    means("relu", {"negative_slope": 0, "max_value": None, "threshold": 0}),
    means("leaky_relu", {"max_value": None, "threshold": 0}, negative_slope="negative_slope"),
    means("relu6", {"negative_slope": 0, "max_value": 6, "threshold": 0}),
    means("clipped_relu", {"negative_slope": 0, "threshold": 0}, max_value="max_value"),
    means(
        "threshold", {"negative_slope": 0, "max_value": None},
        threshold="threshold", value=0.0,
    ),
    means(
        _SHIFTED_RELU, {"max_value": None}, slope="negative_slope", threshold="threshold"
    ),
    means(
        f"formula:min({_SHIFTED_RELU.removeprefix('formula:')}, high)",
        slope="negative_slope", threshold="threshold", high="max_value",
    ),
)  # fmt: skip
_LAYER_DOMAINS = {"negative_slope": Domain(least=0), "max_value": Domain(least=0)}
_KERAS_RELU_LAYER = tuple(
    replace(
        meaning, domains={k: v for k, v in _LAYER_DOMAINS.items() if k in meaning.parameters}
    )
    for meaning in _KERAS_RELU
)
"""The layer refuses negative arguments; the function does not."""

_TRAINED = "the slope is trained"
_RANDOM = "in training the slope is random; translated as in evaluation, with the mean slope"

_F = "torch.nn.functional"
_INPLACE = "inplace=False"

TORCH: tuple[Signature, ...] = (
    row("torch.nn.Identity"),
    row("torch.nn.ReLU", _INPLACE, like=f"{_F}.relu"),
    row(f"{_F}.relu", _INPLACE),
    row("torch.relu", like=f"{_F}.relu"),
    row("torch.nn.ReLU6", _INPLACE, like=f"{_F}.relu6"),
    row(f"{_F}.relu6", _INPLACE),
    row("torch.nn.LeakyReLU", f"negative_slope=0.01, {_INPLACE}", like=f"{_F}.leaky_relu"),
    row(f"{_F}.leaky_relu", f"negative_slope=0.01, {_INPLACE}"),
    row(
        "torch.nn.PReLU", "num_parameters=1, init=0.25, device=None, dtype=None",
        means("prelu", alpha="init", note=_TRAINED),
    ),
    row(
        "torch.nn.RReLU", f"lower=0.125, upper=0.3333333333333333, {_INPLACE}",
        means("rrelu", lower="lower", upper="upper", note=_RANDOM),
    ),
    row(
        f"{_F}.rrelu",
        f"lower=0.125, upper=0.3333333333333333, training=False, {_INPLACE}",
        means("rrelu", {"training": False}, lower="lower", upper="upper"),
        means("rrelu", lower="lower", upper="upper", note=_RANDOM),
    ),
    row("torch.nn.Threshold", f"threshold, value, {_INPLACE}", like=f"{_F}.threshold"),
    row(f"{_F}.threshold", f"threshold, value, {_INPLACE}"),
    row("torch.nn.Hardtanh", f"min_val=-1.0, max_val=1.0, {_INPLACE}", *_CLIPS),
    row(f"{_F}.hardtanh", f"min_val=-1.0, max_val=1.0, {_INPLACE}", *_CLIPS),
    row("torch.clamp", "min=None, max=None", means(CLIP, low="min", high="max")),
    row("torch.nn.Hardswish", _INPLACE, like=f"{_F}.hardswish"),
    row(f"{_F}.hardswish", _INPLACE),
    row("torch.nn.Hardsigmoid", _INPLACE, like=f"{_F}.hardsigmoid"),
    row(f"{_F}.hardsigmoid", _INPLACE),
    row("torch.nn.Hardshrink", "lambd=0.5", like=f"{_F}.hardshrink"),
    row(f"{_F}.hardshrink", "lambd=0.5"),
    row("torch.nn.Softshrink", "lambd=0.5", like=f"{_F}.softshrink"),
    row(f"{_F}.softshrink", "lambd=0.5"),
    row("torch.nn.Tanhshrink", like=f"{_F}.tanhshrink"),
    row(f"{_F}.tanhshrink"),
    row("torch.nn.Sigmoid", like=f"{_F}.sigmoid"),
    row(f"{_F}.sigmoid"),
    row("torch.sigmoid", like=f"{_F}.sigmoid"),
    row("torch.nn.LogSigmoid", like=f"{_F}.logsigmoid"),
    row(f"{_F}.logsigmoid"),
    row(
        "torch.nn.Softplus", "beta=1.0, threshold=20.0",
        means("softplus", beta="beta"),
    ),
    row(f"{_F}.softplus", "beta=1.0, threshold=20.0", means("softplus", beta="beta")),
    row("torch.nn.Tanh", like=f"{_F}.tanh"),
    row(f"{_F}.tanh"),
    row("torch.tanh", like=f"{_F}.tanh"),
    row("torch.nn.Softsign", like=f"{_F}.softsign"),
    row(f"{_F}.softsign"),
    row("torch.nn.ELU", f"alpha=1.0, {_INPLACE}", like=f"{_F}.elu"),
    row(f"{_F}.elu", f"alpha=1.0, {_INPLACE}"),
    row("torch.nn.SELU", _INPLACE, like=f"{_F}.selu"),
    row(f"{_F}.selu", _INPLACE),
    row("torch.nn.CELU", f"alpha=1.0, {_INPLACE}", like=f"{_F}.celu"),
    row(f"{_F}.celu", f"alpha=1.0, {_INPLACE}"),
    row("torch.nn.SiLU", _INPLACE, like=f"{_F}.silu"),
    row(f"{_F}.silu", _INPLACE),
    row("torch.nn.Mish", _INPLACE, like=f"{_F}.mish"),
    row(f"{_F}.mish", _INPLACE),
    row("torch.nn.GELU", "approximate='none'", like=f"{_F}.gelu"),
    row(f"{_F}.gelu", "approximate='none'"),
    row("torch.exp", "", means("exponential")),
    row("torch.sin", "", means("sine", omega=1.0)),
    row("torch.abs", "", means("absolute")),
    row("torch.square", "", means("square")),
    row("torch.atan", "", means("arctan")),
    row("torch.nn.GLU", "dim=-1", means("glu", axis="dim")),
    row(f"{_F}.glu", "dim=-1", means("glu", axis="dim")),
    row("torch.nn.Softmax", "dim=None", means("softmax", axis="dim")),
    row(f"{_F}.softmax", "dim=None", means("softmax", axis="dim")),
    row("torch.nn.Softmax2d", "", means("softmax", axis=-3.0)),
    row("torch.nn.LogSoftmax", "dim=None", means("log_softmax", axis="dim")),
    row(f"{_F}.log_softmax", "dim=None", means("log_softmax", axis="dim")),
    row("torch.nn.Softmin", "dim=None", means("softmin", axis="dim")),
    row(f"{_F}.softmin", "dim=None", means("softmin", axis="dim")),
)  # fmt: skip

_KERAS_FUNCTIONS = {
    "celu": "alpha=1.0", "elu": "alpha=1.0", "gelu": "approximate=False",
    "hard_shrink": "threshold=0.5", "hard_sigmoid": "", "hard_silu": "", "hard_tanh": "",
    "leaky_relu": "negative_slope=0.2", "log_sigmoid": "", "relu6": "",
    "selu": "", "sigmoid": "", "silu": "", "soft_shrink": "threshold=0.5", "softplus": "",
    "softsign": "", "sparse_plus": "", "sparse_sigmoid": "", "squareplus": "b=4.0",
    "tanh": "", "tanh_shrink": "", "threshold": "threshold, default_value",
}  # fmt: skip
"""The functions that are in both keras.activations and keras.ops ↦ their parameters."""

_OPS_DEFAULTS = {"gelu": "approximate=True"}

KERAS: tuple[Signature, ...] = (
    row("keras.layers.LeakyReLU", "negative_slope=0.3"),
    row("keras.layers.ELU", "alpha=1.0", like="keras.activations.elu"),
    row(
        "keras.layers.PReLU",
        "alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, "
        "shared_axes=None",
        means("prelu", alpha="alpha_initializer", note=f"{_TRAINED}, one for each element"),
    ),
    row(
        "keras.layers.ReLU", "max_value=None, negative_slope=0.0, threshold=0.0",
        *_KERAS_RELU_LAYER,
    ),
    row("keras.layers.Softmax", "axis=-1", means("softmax", axis="axis")),
    row("keras.activations.linear"),
    row("keras.activations.exponential"),
    row("keras.activations.mish"),
    *(row(f"keras.activations.{name}", text) for name, text in _KERAS_FUNCTIONS.items()),
    row(
        "keras.activations.relu", "negative_slope=0.0, max_value=None, threshold=0.0",
        *_KERAS_RELU,
    ),
    row("keras.activations.swish", like="keras.activations.silu"),
    row("keras.activations.hard_swish", like="keras.activations.hard_silu"),
    row("keras.ops.relu", like="tf.nn.relu"),
    *(
        row(
            f"keras.ops.{name}", _OPS_DEFAULTS.get(name, text), like=f"keras.activations.{name}"
        )
        for name, text in _KERAS_FUNCTIONS.items()
    ),
    row("keras.ops.swish", like="keras.activations.silu"),
    row("keras.ops.hard_swish", like="keras.activations.hard_silu"),
    row("keras.ops.exp", "", means("exponential")),
    row("keras.ops.sin", "", means("sine", omega=1.0)),
    row("keras.ops.absolute", "", means("absolute")),
    row("keras.ops.square", "", means("square")),
    row("keras.ops.arctan", "", means("arctan")),
    row("keras.ops.clip", "x_min, x_max", means(CLIP, low="x_min", high="x_max")),
    *(
        row(f"keras.{module}.{name}", "axis=-1", means(name, axis="axis"))
        for module in ("activations", "ops")
        for name in ("softmax", "log_softmax", "glu")
    ),
)  # fmt: skip

TENSORFLOW: tuple[Signature, ...] = (
    *(
        row(f"tf.nn.{name}")
        for name in ("relu", "relu6", "elu", "selu", "softplus", "softsign", "sigmoid", "tanh")
    ),
    row("tf.nn.leaky_relu", "alpha=0.2"),
    row("tf.nn.gelu", "approximate=False"),
    row("tf.nn.silu", "beta=1.0"),
    row("tf.nn.swish", "beta=1.0", like="tf.nn.silu"),
    row("tf.math.log_sigmoid"),
    *(
        row(f"tf.math.{name}", like=f"tf.nn.{name}")
        for name in ("sigmoid", "softplus", "softsign", "tanh")
    ),
    row("tf.identity", "", means("linear")),
    row("tf.exp", "", means("exponential")),
    row("tf.sin", "", means("sine", omega=1.0)),
    row("tf.abs", "", means("absolute")),
    row("tf.square", "", means("square")),
    row("tf.atan", "", means("arctan")),
    row("tf.tanh", like="tf.nn.tanh"),
    row("tf.sigmoid", like="tf.nn.sigmoid"),
    row("tf.math.exp", "", means("exponential")),
    row("tf.math.sin", "", means("sine", omega=1.0)),
    row("tf.math.abs", "", means("absolute")),
    row("tf.math.square", "", means("square")),
    row("tf.math.atan", "", means("arctan")),
    row("tf.clip_by_value", "clip_value_min, clip_value_max",
        means(CLIP, low="clip_value_min", high="clip_value_max")),
    row("tf.nn.softmax", "axis=-1", means("softmax", axis="axis")),
    row("tf.nn.log_softmax", "axis=-1", means("log_softmax", axis="axis")),
    row("tf.nn.crelu", "axis=-1", means("crelu", axis="axis")),
)  # fmt: skip

JAX: tuple[Signature, ...] = (
    *(
        row(f"jax.nn.{name}")
        for name in (
            "relu", "relu6", "hard_silu", "hard_sigmoid", "hard_tanh", "log_sigmoid", "mish",
            "selu", "sigmoid", "silu", "soft_sign", "softplus", "sparse_plus",
            "sparse_sigmoid", "tanh",
        )
    ),
    row("jax.nn.identity", "", means("linear")),
    row("jax.nn.swish", like="jax.nn.silu"),
    row("jax.nn.hard_swish", like="jax.nn.hard_silu"),
    row("jax.nn.celu", "alpha=1.0"),
    row("jax.nn.elu", "alpha=1.0"),
    row("jax.nn.leaky_relu", "negative_slope=0.01"),
    row("jax.nn.gelu", "approximate=True"),
    row("jax.nn.squareplus", "b=4.0"),
    row("jax.numpy.exp", "", means("exponential")),
    row("jax.numpy.sin", "", means("sine", omega=1.0)),
    row("jax.numpy.abs", "", means("absolute")),
    row("jax.numpy.square", "", means("square")),
    row("jax.numpy.arctan", "", means("arctan")),
    row("jax.numpy.clip", "min, max", means(CLIP, low="min", high="max")),
    row("jax.nn.softmax", "axis=-1", means("softmax", axis="axis")),
    row("jax.nn.log_softmax", "axis=-1", means("log_softmax", axis="axis")),
    row("jax.nn.glu", "axis=-1", means("glu", axis="axis")),
)  # fmt: skip

MLX: tuple[Signature, ...] = (
    *(
        row(f"mlx.nn.{name}")
        for name in (
            "relu", "relu6", "hardswish", "sigmoid", "log_sigmoid", "softplus", "tanh",
            "softsign", "selu", "silu", "mish", "gelu", "gelu_approx",
        )
    ),
    row("mlx.nn.hard_tanh", "min_val=-1.0, max_val=1.0", *_CLIPS),
    row("mlx.nn.elu", "alpha=1.0"),
    row("mlx.nn.celu", "alpha=1.0"),
    row("mlx.nn.leaky_relu", "negative_slope=0.01"),
    row("mlx.nn.prelu", "alpha"),
    row("mlx.nn.hard_shrink", "lambd=0.5"),
    row("mlx.nn.softshrink", "lambd=0.5"),
    row("mlx.core.exp"),
    row("mlx.nn.softmax", "axis=-1", means("softmax", axis="axis")),
    row("mlx.nn.log_softmax", "axis=-1", means("log_softmax", axis="axis")),
    row("mlx.nn.softmin", "axis=-1", means("softmin", axis="axis")),
    row("mlx.nn.glu", "axis=-1", means("glu", axis="axis")),
)  # fmt: skip

ONNX: tuple[Signature, ...] = (
    row("onnx.Identity", "", means("linear")),
    row("onnx.Relu", "", means("relu")),
    row("onnx.LeakyRelu", "alpha=0.01", means("leaky_relu", negative_slope="alpha")),
    row("onnx.PRelu", "slope", means("prelu", alpha="slope")),
    row("onnx.ThresholdedRelu", "alpha=1.0", means("threshold", threshold="alpha", value=0.0)),
    row(
        "onnx.Clip", "min=None, max=None",
        means("relu", {"min": 0, "max": None}), means(CLIP, low="min", high="max"),
    ),
    row("onnx.Elu", "alpha=1.0", means("elu", alpha="alpha")),
    row("onnx.Selu", "alpha=1.6732631921768188, gamma=1.0507010221481323",
        means("selu", {"alpha": 1.6732631921768188, "gamma": 1.0507010221481323})),
    row("onnx.Celu", "alpha=1.0", means("celu", alpha="alpha")),
    row(
        "onnx.Gelu", "approximate='none'",
        means("gelu", {"approximate": "none"}),
        means("gelu_tanh", {"approximate": "tanh"}),
    ),
    row("onnx.Swish", "alpha=1.0", means("swish", beta="alpha", note="opset 24")),
    row("onnx.Mish", "", means("mish", note="opset 18")),
    row("onnx.HardSwish", "", means("hard_silu")),
    row(
        "onnx.HardSigmoid", "alpha=0.2, beta=0.5",
        means("hard_sigmoid_keras2", {"alpha": 0.2, "beta": 0.5}),
        means("hard_sigmoid", {"alpha": 1 / 6, "beta": 0.5}),
        means("sparse_sigmoid", {"alpha": 0.5, "beta": 0.5}),
        means("formula:min(max(slope * x + offset, 0), 1)", slope="alpha", offset="beta"),
    ),
    row("onnx.Sigmoid", "", means("sigmoid")),
    row("onnx.Tanh", "", means("tanh")),
    row("onnx.Softplus", "", means("softplus", beta=1.0)),
    row("onnx.Softsign", "", means("softsign")),
    row(
        "onnx.Shrink", "lambd=0.5, bias=0.0",
        means("hard_shrink", {"bias": 0.0}, threshold="lambd"),
    ),
    row("onnx.Exp", "", means("exponential")),
    row("onnx.Sin", "", means("sine", omega=1.0)),
    row("onnx.Abs", "", means("absolute")),
    row("onnx.Atan", "", means("arctan")),
    row("onnx.Softmax", "axis=-1", means("softmax", axis="axis")),
    row("onnx.LogSoftmax", "axis=-1", means("log_softmax", axis="axis")),
)  # fmt: skip

HUGGING_FACE: tuple[Signature, ...] = (
    *(
        row(f"hf.{key}", "", means(function))
        for key, function in {
            "gelu": "gelu", "gelu_python": "gelu", "gelu_new": "gelu_tanh",
            "gelu_accurate": "gelu_tanh", "gelu_fast": "gelu_tanh",
            "gelu_pytorch_tanh": "gelu_tanh", "gelu_python_tanh": "gelu_tanh",
            "quick_gelu": "quick_gelu", "linear": "linear", "mish": "mish", "relu": "relu",
            "relu2": "relu_squared", "relu6": "relu6", "sigmoid": "sigmoid", "tanh": "tanh",
        }.items()
    ),
    row("hf.silu", "", means("swish", beta=1.0)),
    row("hf.swish", "", means("swish", beta=1.0)),
    row("hf.leaky_relu", "", means("leaky_relu", negative_slope=0.01)),
    row("hf.prelu", "", means("prelu", alpha=0.25, note=_TRAINED)),
    row("hf.gelu_10", "", means("formula:min(max(x * (1 + erf(x / sqrt(2))) / 2, -10), 10)")),
    row(
        "hf.laplace", "",
        means("formula:(1 + erf((x - 0.707107) / (0.282095 * sqrt(2)))) / 2"),
    ),
)  # fmt: skip

TIMM: tuple[Signature, ...] = (
    *(
        row(f"timm.{name}", "", means(function))
        for name, function in {
            "mish": "mish", "relu": "relu", "relu6": "relu6", "selu": "selu", "gelu": "gelu",
            "gelu_tanh": "gelu_tanh", "quick_gelu": "quick_gelu", "sigmoid": "sigmoid",
            "tanh": "tanh", "hard_sigmoid": "hard_sigmoid", "hard_swish": "hard_silu",
            "hard_mish": "hard_mish", "identity": "linear",
        }.items()
    ),
    row("timm.silu", "", means("swish", beta=1.0)),
    row("timm.swish", "", means("swish", beta=1.0)),
    row("timm.leaky_relu", "", means("leaky_relu", negative_slope=0.01)),
    row("timm.elu", "", means("elu", alpha=1.0)),
    row("timm.celu", "", means("celu", alpha=1.0)),
    row("timm.prelu", "", means("prelu", alpha=0.25, note=_TRAINED)),
)  # fmt: skip

SIGNATURES = (*TORCH, *KERAS, *TENSORFLOW, *JAX, *MLX, *ONNX, *HUGGING_FACE, *TIMM)
"""All rows; the first row of a meaning is the preferred translation."""

DESCRIPTIONS = {
    "torch.nn.MultiheadAttention": (
        "attention of a sequence, softmax(Q Kᵀ / √d) V with trained projections; "
        "keras.layers.MultiHeadAttention is its counterpart"
    ),
    **dict.fromkeys(
        ("keras.activations.sparsemax", "keras.ops.sparsemax"),
        "sparsemax of Keras, whose results need not sum to 1 in Keras 3.15",
    ),
}
"""Callables that are no activations of one tensor ↦ their description."""
