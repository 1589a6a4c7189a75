"""`actbench port`: convert a trained model for runtimes and measure the changes."""

from pathlib import Path

import click

from actbench.cli.exit_status import ExitStatus
from actbench.cli.requests import Command, number

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
Exit status: 0 all targets are within the tolerance; 1 a target falls short;
2 wrong request, or a target for which the model does not convert.
"""


@click.command(cls=Command, epilog=_EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--to",
    metavar="NAMES",
    help="Targets, separated by commas: onnxruntime, openvino, litert, litert-int8.  "
    "[default: all that are installed]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="File .npz of the arrays x (inputs), and optionally y (classes) and calibration "
    "(inputs for int8).  [default: test images of MNIST]",
)
@click.option(
    "--tolerance",
    metavar="LIMIT",
    help="A number limits the largest difference of outputs, as a share of the largest output; "
    "a percentage limits the lost accuracy.  [default: 1e-3; 1% for int8]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the document as JSON.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Folder to write the document to.  [default: none]",
)
@click.option(
    "--timeout",
    type=number,
    metavar="SECONDS",
    default=600.0,
    show_default=True,
    help="Seconds without progress after which a converter or a runtime fails.",
)
def port(
    *,
    model: Path,
    to: str | None,
    data: Path | None,
    tolerance: str | None,
    as_json: bool,
    store: Path | None,
    timeout: float,
) -> ExitStatus:
    """Convert a trained model for runtimes, and measure the changes.

    MODEL is a Keras model (.keras), an ExportedProgram of torch (.pt2) or an ONNX model
    (.onnx). The original and each converted model run on the same inputs. The report states
    the differences of outputs and accuracy, and for each activation the largest error over the
    values that occur and over all values, with a replacement if it falls short.
    """
    from actbench.deployment.porting.command import PortOptions, run

    conforms = run(
        PortOptions(
            model=model, to=to, data=data, tolerance=tolerance, json=as_json, store=store,
            timeout=timeout,
        )
    )  # fmt: skip
    return ExitStatus.DONE if conforms else ExitStatus.FALLS_SHORT
