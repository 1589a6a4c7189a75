"""The command `actbench`: its subcommands, its exit status and its error messages."""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from actbench import __version__
from actbench.cli.audit import audit
from actbench.cli.exit_status import ExitStatus
from actbench.cli.extras import missing_package_message
from actbench.cli.listing import list_activations
from actbench.cli.report import report
from actbench.cli.requests import CommandGroup
from actbench.cli.run import run
from actbench.cli.show import show
from actbench.errors import RequestError

# Click keeps the line breaks of a paragraph that starts with \b.
_EPILOG = """
\b
Examples:
  actbench list --smooth        activations that have all derivatives
  actbench show swish beta=2    formula, properties and curve of an activation
  actbench audit keras:gelu     errors of a function of Keras
  actbench run ranking          train networks with different activations
  actbench report               write all results as a web page

\b
Exit status: 0 done; 1 a function does not conform; 2 wrong request;
130 interrupted.
"""


@click.group(
    cls=CommandGroup,
    commands=(list_activations, show, audit, run, report),
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.version_option(__version__, prog_name="actbench", message="%(prog)s %(version)s")
@click.pass_context
def command_group(context: click.Context) -> None:
    """Check, compare and train activation functions."""
    if context.invoked_subcommand is None:
        names = ", ".join(command_group.commands)
        raise RequestError(f"command: expected one of {names}, got none; see actbench --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status, one of `ExitStatus`.

    Args:
        arguments: the words after `actbench`; those of this process by default.
    """
    # `python -m` adds this folder too: modules with user functions are searched for in it.
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, folder)
    words = list(sys.argv[1:] if arguments is None else arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _print_warning
        try:
            with command_group.make_context("actbench", words) as context:
                status: ExitStatus | None = command_group.invoke(context)
        except click.exceptions.Exit as done:  # after --help and --version
            return done.exit_code
        except RequestError as error:
            print(f"actbench: {error}", file=sys.stderr)
            return ExitStatus.BAD_REQUEST
        except ModuleNotFoundError as error:
            message = missing_package_message(error)
            if message is None:
                raise
            print(f"actbench: {message}", file=sys.stderr)
            return ExitStatus.BAD_REQUEST
        except KeyboardInterrupt:
            print(
                "actbench: interrupted; finished results are stored, and the same command "
                "continues from them (`audit --all` starts from the beginning)",
                file=sys.stderr,
            )
            return ExitStatus.INTERRUPTED
        except BrokenPipeError:  # such as `actbench list | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitStatus.DONE
    return ExitStatus.DONE if status is None else status


def _print_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning in one line, such as that of a plug-in that was skipped."""
    print(f"actbench: {message}", file=sys.stderr)
