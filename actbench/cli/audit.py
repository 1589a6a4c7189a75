"""`actbench audit`: compare functions of any framework with their formulas."""

import os
from pathlib import Path

import click

from actbench.cli.exit_status import ExitStatus
from actbench.cli.requests import Choice, Command, number

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
Each TARGET is one of:
  mish                         a name from `actbench list`
  keras:gelu approximate=True  a function of keras, tf, torch, jax or mlx
  onnx:Gelu approximate=tanh   an operator of onnx, openvino or litert
  "torch>onnx:gelu"            a function after export, also as torch-to-onnx:gelu
  package.module:attribute     a user function, together with --as or --formula
  "formula:x * tanh(x)"        a formula

\b
Exit status: 0 all functions conform; 1 a function does not conform;
2 wrong request.
"""


@click.command(
    cls=Command,
    epilog=_EPILOG,
)
@click.argument("targets", metavar="[TARGET [PARAMETER=VALUE]...]...", nargs=-1)
@click.option(
    "--as",
    "expected",
    metavar="NAME",
    help='Activation that the targets should compute, such as "elu alpha=2".',
)
@click.option(
    "--formula",
    metavar="TEXT",
    help='Formula that the targets should compute, such as "x * sigmoid(x)".',
)
@click.option(
    "--all",
    "audit_all",
    is_flag=True,
    help="Audit every function of all installed frameworks, or of those that TARGET names "
    "(actbench, keras, tensorflow, torch, jax, mlx, onnxruntime, openvino, litert, or an "
    "exporter such as 'torch>onnx'), and write one document for each.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the documents as JSON.")
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="Draw the errors to this file; its suffix sets the format.",
)
@click.option(
    "--exhaustive",
    is_flag=True,
    help="Also check all 2³² float32 inputs (minutes; resumes after an interruption).",
)
@click.option(
    "--compiled",
    is_flag=True,
    help="With --exhaustive: check the compiled function instead of the eager one.",
)
@click.option(
    "--device",
    type=Choice(("cpu", "cuda")),
    default="cpu",
    show_default=True,
    help="Device that computes the audited functions.",
)
@click.option(
    "--library",
    type=Choice(("numpy", "tensorflow", "torch", "jax", "mlx")),
    help="Library that runs a user function or a name of `actbench list`.  [default: the first "
    "that the function takes; NumPy and TensorFlow for names]",
)
@click.option("--ulp", type=number, help="Tolerance of values in ULP.  [default: 4]")
@click.option("--ulp-derivative", type=number, help="Tolerance of derivatives.  [default: 16]")
@click.option(
    "--ulp-second-derivative",
    type=number,
    help="Tolerance of second derivatives.  [default: 64]",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder to write documents to.  [default: none; results with --all]",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of an earlier `audit --store`: only failures that are new or more serious "
    "count for the exit status.",
)
@click.option(
    "--expected-failures",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file of failures that do not count, each with a reason.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the checks to this file, in the format of JUnit.",
)
@click.option(
    "--timeout",
    type=number,
    metavar="SECONDS",
    default=600.0,
    show_default=True,
    help="Seconds without progress after which a function fails, because it hangs.",
)
def audit(
    *,
    targets: tuple[str, ...],
    expected: str | None,
    formula: str | None,
    audit_all: bool,
    as_json: bool,
    figure: Path | None,
    exhaustive: bool,
    compiled: bool,
    device: str,
    library: str | None,
    baseline: Path | None,
    expected_failures: Path | None,
    junit: Path | None,
    ulp: float | None,
    ulp_derivative: float | None,
    ulp_second_derivative: float | None,
    store: Path | None,
    timeout: float,
) -> ExitStatus:
    """Compare functions with their formulas.

    Values, first and second derivatives are compared with the formula at 50 digits, in
    float16, bfloat16, float32 and float64, eager and compiled. Kinks, limits at ±∞, NaN and
    bounds are checked as well. Each framework has a process of its own; a function that ends
    or blocks its process fails, and the audit continues with the next function.
    """
    # TensorFlow reads this when it is imported; otherwise XLA and oneDNN log a dozen lines.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from actbench.conformance.command import AuditOptions, run
    from actbench.deployment.targets import DeploymentTargets

    conforms = run(
        AuditOptions(
            targets=targets,
            expected=expected,
            formula=formula,
            all=audit_all,
            json=as_json,
            figure=figure,
            exhaustive=exhaustive,
            compiled=compiled,
            device=device,
            library=library,
            baseline=baseline,
            expected_failures=expected_failures,
            junit=junit,
            ulp=ulp,
            ulp_derivative=ulp_derivative,
            ulp_second_derivative=ulp_second_derivative,
            store=store,
            timeout=timeout,
            source=DeploymentTargets(),
        )
    )
    return ExitStatus.DONE if conforms else ExitStatus.FALLS_SHORT
