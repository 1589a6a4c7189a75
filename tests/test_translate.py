"""`actbench translate`: every row of its table is run, and so is each translation."""

import pytest

from actbench.deployment.translation import translate

EXACT = [
    ("nn.LeakyReLU()", "keras", "keras.layers.LeakyReLU(negative_slope=0.01)"),
    (
        "nn.PReLU()", "keras",
        "keras.layers.PReLU(alpha_initializer=keras.initializers.Constant(0.25))",
    ),
    ("nn.ELU(1.3)", "onnx", "op.Elu(x, alpha=1.3)"),
    ("nn.Hardswish()", "jax", "jax.nn.hard_silu(x)"),
    ("nn.GLU()", "keras", "keras.activations.glu(x)"),
    ("nn.GELU('tanh')", "jax", "jax.nn.gelu(x)"),
    ("keras.layers.LeakyReLU()", "torch", "torch.nn.LeakyReLU(negative_slope=0.3)"),
    ("jax.nn.gelu", "tf", "tf.nn.gelu(x, approximate=True)"),
    ("nn.Hardtanh(0, 6)", "tf", "tf.nn.relu6(x)"),
    ("hf:gelu_new", "torch", "torch.nn.functional.gelu(x, approximate='tanh')"),
    ("onnx:HardSigmoid(alpha=1/6)", "torch", "torch.nn.functional.hardsigmoid(x)"),
]  # fmt: skip

EXPRESSIONS = [
    ("nn.Softplus(beta=2)", "keras", "keras.activations.softplus(2 * x) / 2"),
    ("nn.ELU(1.3)", "tf", "tf.where(x > 0, x, 1.3 * tf.nn.elu(x))"),
    ("hf:relu2", "torch", "torch.nn.functional.relu(x) ** 2"),
    ("F.mish(x)", "tf", "x * tf.tanh(tf.nn.softplus(x))"),
]


@pytest.mark.parametrize(("call", "framework", "code"), EXACT + EXPRESSIONS)
def test_calls_are_translated(call, framework, code):
    (answer,) = translate(call, [framework])
    (found,) = answer.translations
    assert (found.code, found.exact) == (code, (call, framework, code) in EXACT)
