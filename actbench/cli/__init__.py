"""The command `actbench`: list and show activations, run experiments."""

import argparse
import json
import math
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from actbench import __version__
from actbench.activations import Activation, get, names
from actbench.activations.catalogue import FAMILIES
from actbench.activations.counterparts import FRAMEWORKS, counterparts_of
from actbench.activations.vector import get_vector, vector_names
from actbench.cli.describe import facts, lines, settings, vector_facts, vector_lines
from actbench.errors import RequestError

_FACTS: dict[str, Callable[[Activation], bool | None]] = {
    "smooth": lambda activation: activation.smooth,
    "monotone": lambda activation: activation.monotone,
    "bounded": lambda activation: all(map(math.isfinite, activation.bounds)),
    "zero_at_zero": lambda activation: activation.zero_at_zero,
    "sign_preserving": lambda activation: activation.sign_preserving,
}

EXIT_DONE, EXIT_FALLS_SHORT, EXIT_BAD_REQUEST, EXIT_INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: what was examined falls short, such as a function that does not conform.
    2: the request was wrong; one line on standard error says what and what would
    be right. 130: interrupted; what was stored stays.
    """
    # As `python -m` does: a reader's own functions are looked for where the reader is.
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            options = _parse(arguments)
            if options.action(options) is False:
                return EXIT_FALLS_SHORT
        except RequestError as error:
            print(f"actbench: {error}", file=sys.stderr)
            return EXIT_BAD_REQUEST
        except KeyboardInterrupt:
            print(
                "actbench: interrupted; what was finished is stored, the same command goes on "
                "(an audit of all begins anew)",
                file=sys.stderr,
            )
            return EXIT_INTERRUPTED
        except BrokenPipeError:  # such as `actbench list | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_DONE


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Say a warning in one line, such as that of a plug-in that is skipped."""
    print(f"actbench: {message}", file=sys.stderr)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; argparse itself takes no PARAMETER=VALUE after an option."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and hasattr(options, "targets") and not any(r.startswith("-") for r in rest):
        options.targets += rest
        return options
    if rest and (not hasattr(options, "parameters") or any(r.startswith("-") for r in rest)):
        raise RequestError(f"unrecognized arguments: {' '.join(rest)}; see actbench --help")
    if rest:
        options.parameters += rest
    return options


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RequestError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="actbench", description="Activation functions: right? fast? better?")
    parser.add_argument("--version", action="version", version=f"actbench {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    listing = commands.add_parser("list", help="list the activations")
    for fact in _FACTS:
        listing.add_argument(
            f"--{fact.replace('_', '-')}",
            action=argparse.BooleanOptionalAction,
            help=f"only those that are {fact.replace('_', ' ')}, or are not",
        )
    listing.add_argument("--family", choices=_families(), help="only this family")
    listing.add_argument(
        "--in", dest="framework", choices=FRAMEWORKS, help="only what this framework has"
    )
    listing.add_argument("--vector", action="store_true", help="the functions of vectors")
    listing.add_argument("--json", action="store_true", help="all facts, as JSON")
    listing.set_defaults(action=_list)

    show = commands.add_parser("show", help="show what is known of an activation")
    show.add_argument(
        "name",
        metavar="NAME",
        help="see `actbench list`; or formula:TEXT, or pkg.module:attribute of your own",
    )
    show.add_argument(
        "parameters", metavar="PARAMETER=VALUE", nargs="*", help="such as beta=1.5"
    )
    show.add_argument("--json", action="store_true", help="all facts, as JSON")
    show.set_defaults(action=_show)

    _add_audit(commands)

    run = commands.add_parser("run", help="run an experiment; goes on where it was stopped")
    run.add_argument("experiment", metavar="EXPERIMENT", help="such as alpha-sweep")
    run.add_argument("--profile", default="quick", help="smoke, quick (default) or full")
    run.add_argument("--seeds", type=int, help="how many; default: the profile's")
    run.add_argument(
        "--store",
        type=Path,
        default=Path("results"),
        help="folder of results (default: results)",
    )
    run.add_argument(
        "--data", type=Path, help="folder of IDX files or .npz (default: the embedded MNIST)"
    )
    run.add_argument(
        "--activation",
        action="append",
        default=[],
        metavar="WORD",
        help="compare this as well: a name of `actbench list`, formula:TEXT, or "
        "pkg.module:attribute of your own; as often as you like",
    )
    run.add_argument(
        "--workers", type=int, help="processes of this machine that train a block each"
    )
    run.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", help="of Dask, whose workers train instead"
    )
    run.set_defaults(action=_run)
    return parser


def _add_audit(commands: Any) -> None:
    audit = commands.add_parser(
        "audit",
        help="is it right? hold a function of any framework to its formula, in every format",
        description="Exit status: 0, all conforms; 1, something does not; 2, a wrong request.",
    )
    audit.add_argument(
        "targets",
        metavar="TARGET",
        nargs="*",
        help="a name of `actbench list`; keras:, tf:, torch: or jax:NAME; "
        "pkg.module:attribute; formula:TEXT; each may be followed by its PARAMETER=VALUE",
    )
    audit.add_argument(
        "--as", dest="expected", metavar="NAME", help='what it should be, such as "elu alpha=2"'
    )
    audit.add_argument("--formula", metavar="TEXT", help="the same, as a formula")
    audit.add_argument(
        "--all",
        action="store_true",
        help="every function of every installed framework (or of those named as TARGET), as "
        "documents in the store",
    )
    audit.add_argument("--json", action="store_true", help="the documents, on standard output")
    audit.add_argument("--figure", type=Path, metavar="PATH", help="draw the errors")
    audit.add_argument("--exhaustive", action="store_true", help="also all 2³² of float32")
    audit.add_argument(
        "--compiled", action="store_true", help="with --exhaustive: of the compiled function"
    )
    audit.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to run")
    audit.add_argument("--ulp", type=float, help="tolerance of values (default: 4)")
    audit.add_argument("--ulp-derivative", type=float, help="of derivatives (default: 16)")
    audit.add_argument(
        "--ulp-second-derivative", type=float, help="of second derivatives (default: 64)"
    )
    audit.add_argument(
        "--store", type=Path, help="folder to keep documents in (with --all: results)"
    )
    audit.set_defaults(action=_audit)


def _families() -> list[str]:
    return [family.__name__.rpartition(".")[2] for family in FAMILIES]


def _list(options: argparse.Namespace) -> None:
    if options.vector:
        several = [vector_facts(get_vector(name)) for name in vector_names()]
        text = [f"{known['name']:<12} {known['description']}" for known in several]
        print(json.dumps(several, indent=1) if options.json else "\n".join(text))
        return
    listed = {}
    for name in names():
        activation = get(name)
        in_framework = {row.framework for row in counterparts_of(activation.name)}
        asked = {fact: want for fact in _FACTS if (want := getattr(options, fact)) is not None}
        if (
            all(_holds(fact, activation) == want for fact, want in asked.items())
            and options.family in (None, activation.family)
            and (options.framework is None or options.framework in in_framework)
        ):
            listed[name] = activation
    if options.json:
        print(json.dumps([facts(activation) for activation in listed.values()], indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "formula", "parameters", "source", box=None)
    for name, activation in listed.items():
        formula = activation.formula or "—"
        if name != activation.name:
            formula = f"= {activation}"
        table.add_row(name, formula, settings(activation.parameters), activation.source)
    # A pipe takes whole lines; a terminal wraps them.
    console = Console(width=None if sys.stdout.isatty() else 1000)
    console.print(table)
    if sys.stdout.isatty():
        console.print(f"{len(listed)} of {len(names())} names")


def _holds(fact: str, activation: Activation) -> bool | None:
    """Return whether a fact holds; None where it is not known, which matches no filter."""
    try:
        return _FACTS[fact](activation)
    except RequestError:
        return None


def _show(options: argparse.Namespace) -> None:
    if options.name in vector_names():
        given = {name: _whole(value) for name, value in _parameters(options.parameters).items()}
        function = get_vector(options.name, **given)
        if options.json:
            print(json.dumps(vector_facts(function), indent=1, ensure_ascii=False))
        else:
            print("\n".join(vector_lines(function)))
        return
    activation = get(options.name, **_parameters(options.parameters))
    if options.json:
        print(json.dumps(facts(activation), indent=1, ensure_ascii=False))
    else:
        print("\n".join(lines(activation)))


def _audit(options: argparse.Namespace) -> bool:
    # Else XLA and oneDNN say in a dozen lines what they are.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from actbench.conformance.command import run

    return run(options)


def _run(options: argparse.Namespace) -> None:
    from actbench.data import load_dataset
    from actbench.experiments import get_experiment, get_profile, run
    from actbench.progress import Progress

    experiment = get_experiment(options.experiment)
    for word in options.activation:
        experiment = experiment.with_activation(get(word))
    profile = get_profile(experiment, options.profile)
    experiment = experiment.within(profile)
    trials = run(
        experiment,
        profile,
        load_dataset(options.data),
        store=options.store,
        seeds=options.seeds,
        workers=options.workers,
        scheduler=options.scheduler,
        progress=Progress(),
    )
    from actbench.statistics import estimate

    width = max(len(condition.name) for condition in experiment.conditions)
    print(
        f"{experiment.name} {options.profile}: test accuracy (with inverses, where trained on "
        "them), mean and 95% interval over seeds"
    )
    for condition in experiment.conditions:
        scores = [t.test_accuracy_as_trained for t in trials if t.condition == condition.name]
        found = estimate(scores, upper=1.0)
        low, high = found.interval
        spread = f"[{low:.2%}, {high:.2%}]" if found.count > 1 else "—"
        print(f"  {condition.name:<{width}} {found.mean:7.2%}  {spread}  n = {found.count}")


def _whole(value: float) -> int:
    if not value.is_integer():
        raise RequestError(f"{value:g}: a whole number would be right")
    return int(value)


def _parameters(settings: Sequence[str]) -> dict[str, float]:
    parameters = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if name in parameters:
            raise RequestError(f"{setting!r}: {name} is given twice; once would be right")
        try:
            parameters[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise RequestError(
                f"{setting!r}: PARAMETER=NUMBER, such as beta=1.5, would be right"
            )
    return parameters
