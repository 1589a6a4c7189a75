"""Click commands and option types that report wrong requests as `RequestError`.

Click's own messages span several lines and do not name the expected input. The classes here
turn them into the form of all error messages: `SUBJECT: expected X, got Y`.
"""

from collections.abc import Mapping, Sequence

import click

from actbench.errors import RequestError, suggest


class Command(click.Command):
    """A command of `actbench`; a wrong option or argument raises `RequestError`."""

    # Click collects unexpected arguments instead of failing, so that they are reported below.
    allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments and options.

        Raises:
            RequestError: an option or an argument is unknown, missing or invalid.
        """
        try:
            unexpected = super().parse_args(ctx, args)
        except click.UsageError as error:
            raise RequestError(_message(error, ctx)) from None
        if unexpected:
            got = " ".join(unexpected)
            raise RequestError(
                f"argument: expected no more arguments, got {got!r}; {_help(ctx)}"
            )
        return unexpected


class CommandGroup(click.Group):
    """The group of all commands; a wrong option or an unknown command raises `RequestError`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the name of the command.

        Raises:
            RequestError: an option is unknown, or there is no such command.
        """
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise RequestError(_message(error, ctx)) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order in which a new user needs them."""
        del ctx
        return list(self.commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return a command by name.

        Raises:
            RequestError: there is no such command.
        """
        if cmd_name not in self.commands:
            raise RequestError(
                f"command: expected a command of {ctx.command_path}, got {cmd_name!r}; "
                f"{suggest(cmd_name, tuple(self.commands))}"
            )
        return self.commands[cmd_name]


class Choice(click.Choice[str]):
    """One of a few words.

    Args:
        choices: the words.
        spellings: other spellings ↦ the word that they mean.
    """

    def __init__(
        self, choices: Sequence[str], spellings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(choices)
        self._spellings = spellings or {}

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the word, or fail with the words that are allowed."""
        value = self._spellings.get(value, value) if isinstance(value, str) else value
        if value not in self.choices:
            self.fail(f"expected one of {', '.join(self.choices)}, got {value!r}", param, ctx)
        return value


def integer(text: str) -> int:
    """Return the value of an option that takes an integer, or fail."""
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"expected an integer, got {text!r}") from None


def number(text: str) -> float:
    """Return the value of an option that takes a real number, or fail."""
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"expected a number, got {text!r}") from None


def _message(error: click.UsageError, ctx: click.Context) -> str:
    """Return the line that reports one of click's errors."""
    match error:
        case click.NoSuchOption(option_name=name):
            message = f"option: expected an option of {ctx.command_path}, got {name!r}"
            close = suggest(name, _options(ctx))
            return f"{message}; {close if 'mean' in close else _help(ctx)}"
        case click.BadOptionUsage(option_name=name):
            if _takes_value(name, ctx):
                return f"{name}: expected a value, got none; {_help(ctx)}"
            return f"{name}: expected no value, got one; {_help(ctx)}"
        case click.MissingParameter(param=click.Option(opts=[name, *_])):
            return f"{name}: expected a value, got none; {_help(ctx)}"
        case click.MissingParameter(param=click.Parameter() as parameter):
            return f"{parameter.make_metavar(ctx)}: expected a value, got none; {_help(ctx)}"
        case click.BadParameter(param=click.Parameter() as parameter):
            return f"{parameter.opts[0]}: {error.message}; {_help(ctx)}"
    return f"command line: expected other arguments, got {error.message!r}; {_help(ctx)}"


def _options(ctx: click.Context) -> list[str]:
    parameters = ctx.command.get_params(ctx)
    return [
        name
        for parameter in parameters
        if isinstance(parameter, click.Option)
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]


def _takes_value(name: str, ctx: click.Context) -> bool:
    return any(
        isinstance(parameter, click.Option) and not parameter.is_flag and name in parameter.opts
        for parameter in ctx.command.params
    )


def _help(ctx: click.Context) -> str:
    return f"see {ctx.command_path} --help"
