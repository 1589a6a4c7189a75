"""The command `actbench`: its subcommands, its exit status and its error messages."""

import sys
import warnings
from collections.abc import Sequence

import click

from actbench import __version__
from actbench.cli.audit import audit
from actbench.cli.diff import diff
from actbench.cli.exit_status import ExitStatus
from actbench.cli.extras import missing_package_message
from actbench.cli.identify import identify
from actbench.cli.int8 import int8
from actbench.cli.listing import list_activations
from actbench.cli.plot import plot
from actbench.cli.port import port
from actbench.cli.report import report
from actbench.cli.requests import CommandGroup
from actbench.cli.run import run
from actbench.cli.show import show
from actbench.cli.table import table
from actbench.cli.translate import translate
from actbench.cli.vectors import vectors
from actbench.errors import RequestError
from actbench.processes.exits import sudden_exits_named
from actbench.processes.streams import safe_streams

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
Examples:
  actbench list --smooth        activations that have all derivatives
  actbench show swish beta=2    formula, properties and curve of an activation
  actbench plot mish swish --derivative --out figure.svg
  actbench translate nn.SiLU    the same activation in other frameworks
  actbench identify keras:gelu  the activation that a function computes
  actbench audit keras:gelu     errors of a function of Keras
  actbench diff old new         changes between two runs of audits
  actbench vectors gelu         hard inputs with true values, for other languages
  actbench int8 selu            errors of an int8 function of a runtime
  actbench port model.keras     errors of a model in other runtimes
  actbench run ranking          train networks with different activations
  actbench report               write all results as a web page

\b
Exit status: 0 done; 1 a function does not conform; 2 wrong request;
130 interrupted. It is the same if the output is cut off by `| head -1`.
"""


@click.group(
    cls=CommandGroup,
    commands=(
        list_activations,
        show,
        plot,
        translate,
        identify,
        audit,
        diff,
        vectors,
        int8,
        table,
        port,
        run,
        report,
    ),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)  # fmt: skip
@click.version_option(__version__, prog_name="actbench", message="%(prog)s %(version)s")
@click.pass_context
def command_group(context: click.Context) -> None:
    """Check, compare and train activation functions."""
    if context.invoked_subcommand is None:
        names = ", ".join(command_group.commands)
        raise RequestError(f"command: expected one of {names}, got none; see actbench --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, one of `ExitStatus`.

    If the reader of the output closes it, as in `actbench list | head -1`, the command
    continues without output and its exit status is the same as without the pipe.

    Args:
        arguments: the words after `actbench`; those of this process by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    with safe_streams() as has_output, sudden_exits_named(), warnings.catch_warnings():
        warnings.showwarning = _print_warning
        if not has_output:
            return _fail(
                "standard output: expected an open file, got a closed one; try > /dev/null"
            )
        try:
            status = _run(words)
            sys.stdout.flush()
        except RequestError as error:
            return _fail(str(error))
        except ModuleNotFoundError as error:
            return _fail(missing_package_message(error))
        except MemoryError:
            return _fail("memory: expected more free memory, got none; try a larger ulimit -v")
        except OSError as error:
            return _fail(_describe(error))
        except KeyboardInterrupt:
            print(
                "actbench: interrupted; finished results are stored, and the same command "
                "continues from them (`audit --all` starts from the beginning)",
                file=sys.stderr,
            )
            return ExitStatus.INTERRUPTED
    return status


def _run(words: list[str]) -> int:
    """Run the command line and return its exit status."""
    try:
        with command_group.make_context("actbench", words) as context:
            status: ExitStatus | None = command_group.invoke(context)
    except click.exceptions.Exit as done:  # after --help and --version
        return done.exit_code
    return ExitStatus.DONE if status is None else status


def _fail(message: str) -> ExitStatus:
    """Print the line of a request that failed; messages of libraries may have several lines."""
    print(f"actbench: {' '.join(message.split())}", file=sys.stderr)
    return ExitStatus.BAD_REQUEST


def _describe(error: OSError) -> str:
    """Return a line for an error of the operating system that no command expects."""
    place = "system" if error.filename is None else f"{error.filename}"
    return f"{place}: expected a working file or device, got {error.strerror or error!r}"


def _print_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning in one line, such as that of a plug-in that was skipped."""
    print(f"actbench: {message}", file=sys.stderr)
