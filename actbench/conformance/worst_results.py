"""Print the largest errors of functions, at more inputs than an audit reports.

`python -m actbench.conformance.worst_results mish --library numpy` prints a line for each
format and order. It is for work on the numerics of a record.
"""

from collections.abc import Iterator

import click
import numpy as np

from actbench.conformance.accuracy import ORDER_NAMES, Errors, errors_at
from actbench.conformance.findings import STRICT, point
from actbench.conformance.inputs import inputs
from actbench.conformance.measurements import EAGER, MeasurementKey, measure_one, quiet
from actbench.conformance.reference import oracle_reference, reference
from actbench.conformance.search import with_search
from actbench.conformance.targets.parser import parse_targets
from actbench.conformance.targets.target import Target
from actbench.conformance.ulp import Kind
from actbench.frameworks.libraries import NotPossibleError
from actbench.frameworks.start import start_tensorflow


@quiet()
def worst_errors(target: Target, key: MeasurementKey) -> Errors:
    """Return the errors of a target at all inputs of an audit and of the search.

    Raises:
        NotPossibleError: the target has no such results.
    """
    known = reference(target.expected, key.order, key.dtype)
    x = inputs(target.expected, key.dtype)
    measurement = measure_one(target, key, x[np.isfinite(x)])
    measurement, known = with_search(measurement, known, STRICT)
    return errors_at(measurement.x, measurement.got, known, STRICT.of(key.order))


def _lines(target: Target, key: MeasurementKey, count: int) -> Iterator[str]:
    """Yield the worst results of one format and order, the worst one first."""
    title = f"{target.name} {target.library.name} {key.dtype} {ORDER_NAMES[key.order]}"
    try:
        errors = worst_errors(target, key)
    except NotPossibleError as reason:
        yield f"{title}: {reason}"
        return
    share = np.nan_to_num(errors.ulp / errors.limit, nan=np.inf)
    yield (
        f"{title}: {int(errors.failing.sum()):,} of {errors.x.size:,} results exceed "
        f"{STRICT.of(key.order):g} ULP"
    )
    for at in np.argsort(-share, kind="stable")[:count]:
        exact = oracle_reference(target.expected, key.order, errors.x[at : at + 1], np.zeros(1))
        found = point(errors.x[at], errors.got[at], float(exact.high[0]))
        yield (
            f"  {errors.ulp[at]:9.4g} ULP of {errors.limit[at]:g}, "
            f"{Kind(errors.kind[at]).label}: "
            f"x = {found.x}, got {found.got}, expected {found.expected}"
        )


@click.command()
@click.argument("targets", nargs=-1, required=True)
@click.option("--dtype", "dtypes", multiple=True, default=("float64",), show_default=True)
@click.option("--order", "orders", multiple=True, type=int, default=(0, 1), show_default=True)
@click.option("--library", "libraries", multiple=True, default=("numpy",), show_default=True)
@click.option("--mode", default=EAGER, show_default=True)
@click.option("--count", default=3, show_default=True, help="Results to print.")
def main(
    targets: tuple[str, ...],
    dtypes: tuple[str, ...],
    orders: tuple[int, ...],
    libraries: tuple[str, ...],
    mode: str,
    count: int,
) -> None:
    """Print the largest errors of TARGETS, each followed by its PARAMETER=VALUE words."""
    start_tensorflow()
    for target in parse_targets(targets):
        if isinstance(target, Target) and target.library.name in libraries:
            for dtype in dtypes:
                for order in orders:
                    key = MeasurementKey(mode, dtype, order)
                    for line in _lines(target, key, count):
                        click.echo(line)


if __name__ == "__main__":
    main()
