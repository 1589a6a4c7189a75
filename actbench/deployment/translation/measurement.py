"""Differences of translations that are measured by running both sides."""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import numpy as np

from actbench.activations.counterparts import calls_of
from actbench.activations.foreign.signatures import VECTOR_NAMES, Function, Signature
from actbench.deployment.translation.equalities import forms
from actbench.deployment.translation.runs import (
    GRID,
    Code,
    Run,
    can_run,
    largest_difference,
    load,
    package_of,
    run,
)
from actbench.deployment.translation.translate import Answer, Source, Translation
from actbench.processes.isolated import CallFailedError, IsolatedProcess

_PATIENCE = 300.0
_STEPS = {"float32": 1e-5, "float16": 4 * 2.0**-10}
"""Dtype ↦ the largest difference, in relation to max(1, |f|), that is not stated."""


def measured(answers: Sequence[Answer]) -> list[Answer]:
    """Return answers with the differences that runs of both sides show.

    They are derivatives at kinks, values, and missing gradients. Each package runs in a
    process of its own. The derivatives of a framework that is not installed are those of the
    table of counterparts, if that has them at these parameters.

    Args:
        answers: translations of calls.
    """
    codes = dict.fromkeys(code for answer in answers for code in _codes(answer))
    runs = _run_all([code for code in codes if can_run(code.framework)])
    return [_with_differences(answer, runs) for answer in answers]


def _codes(answer: Answer) -> list[Code]:
    """Return the source code that an answer needs."""
    if answer.function.name in VECTOR_NAMES:
        return []
    sources = [_code_of_source(source) for source in answer.sources[:1]]
    found = [_code_of(answer.function, one) for one in answer.translations]
    return [code for code in [*sources, *found] if code is not None]


def _code_of_source(source: Source) -> Code | None:
    if source.signature is None:
        return None
    return Code(source.signature.framework, source.code, _points(source.function))


def _code_of(function: Function, translation: Translation) -> Code | None:
    if translation.code is None:
        return None
    return Code(translation.framework, translation.code, _points(function))


def _points(function: Function) -> tuple[float, ...]:
    """Return the kinks of a function; a smooth one gets a point that shows a gradient."""
    return tuple(kink.x for kink in function.record.kinks) or (0.5,)


def _run_all(codes: Sequence[Code]) -> Mapping[Code, Run | str]:
    """Run source code, each package in its own process.

    Returns:
        Source code ↦ its results, or the reason why it has none.
    """
    results: dict[Code, Run | str] = {}
    groups: dict[str, list[Code]] = {}
    for code in codes:
        groups.setdefault(package_of(code.framework), []).append(code)
    with ExitStack() as stack:
        processes = {
            name: stack.enter_context(IsolatedProcess(partial(load, name), calls=2))
            for name in groups
        }
        for process in processes.values():
            process.start()
        for name, group in groups.items():
            try:
                found: Sequence[Run | str] = processes[name].call(
                    run, group, patience=_PATIENCE, on_report=_ignore
                )
            except (CallFailedError, ImportError) as error:
                found = [str(error)] * len(group)
            results |= zip(group, found, strict=True)
    return results


def _ignore(report: object) -> None:
    del report


def _with_differences(answer: Answer, runs: Mapping[Code, Run | str]) -> Answer:
    if answer.function.name in VECTOR_NAMES:
        return answer
    source = answer.sources[0]
    return replace(
        answer,
        translations=tuple(
            replace(one, differences=(*one.differences, *_measured_of(source, one, runs)))
            for one in answer.translations
        ),
    )


def _measured_of(
    source: Source, translation: Translation, runs: Mapping[Code, Run | str]
) -> list[str]:
    """Return the measured differences of a translation from its source."""
    function = source.function
    code, own_code = _code_of(function, translation), _code_of_source(source)
    if code is None or code == own_code:
        return []
    result, reference = runs.get(code), _reference(source, runs)
    if isinstance(result, str):
        return [f"it does not run here: {result}"]
    found = []
    if translation.framework != "onnx":
        slopes = result.slopes if result else _table_slopes(translation.signature, function)
        if result and slopes is None:
            found.append("it has no gradient")
        wanted = reference.slopes if reference else _table_slopes(source.signature, function)
        if slopes is not None and wanted is not None and function.record.kinks:
            found += _slope_difference(code.points, slopes, wanted, source)
    return found + (_value_differences(result, reference, source) if result else [])


def _reference(source: Source, runs: Mapping[Code, Run | str]) -> Run | None:
    """Return the results of a source; an activation of this project has those of its record."""
    code = _code_of_source(source)
    if code is not None:
        found = runs.get(code)
        return found if isinstance(found, Run) else None
    record = source.function.record
    values = {
        dtype: np.asarray(record(GRID.astype(dtype).astype(np.float64))) for dtype in _STEPS
    }
    return Run(values, tuple(kink.derivative for kink in record.kinks))


def _table_slopes(signature: Signature | None, function: Function) -> tuple[float, ...] | None:
    """Return the derivatives at the kinks by the table of counterparts, if it has them."""
    if signature is None:
        return None
    points = _points(function)
    for form in forms(function):
        for call in calls_of(form.record) if ":" not in form.name else ():
            on_tensorflow = call.row.backend.startswith("tensorflow")
            if (
                call.row.name == (signature.like or signature.name)
                and call.measured
                and (on_tensorflow or signature.framework != "keras")
            ):
                known: dict[float, float] = dict(call.row.kinks)  # type: ignore[arg-type]
                if all(x in known for x in points):
                    return tuple(known[x] for x in points)
    return None


def _slope_difference(
    points: Sequence[float], slopes: Sequence[float], wanted: Sequence[float], source: Source
) -> list[str]:
    """Return the kinks at which the derivatives differ."""
    differing = [
        (x, one, other)
        for x, one, other in zip(points, slopes, wanted, strict=True)
        if not math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)
    ]
    if not differing:
        return []
    own = ", ".join(f"f'({x:g}) = {one:.4g}" for x, one, _ in differing)
    others = ", ".join(f"{other:.4g}" for _, _, other in differing)
    return [f"{own}, where {source.name} has {others}"]


def _value_differences(result: Run, reference: Run | None, source: Source) -> list[str]:
    """Return the dtypes in which values differ by more than rounding errors."""
    found = [f"it takes no {dtype}" for dtype in _STEPS if dtype not in result.values]
    both = result.values.keys() & reference.values.keys() if reference else set[str]()
    for dtype, step in _STEPS.items():
        if reference is None or dtype not in both:
            continue
        own, other = result.values[dtype], reference.values[dtype]
        scale = np.maximum(1, np.abs(other))
        error, x = largest_difference(own / scale, other / scale)
        if error > step:
            found.append(
                f"in {dtype} it differs from {source.name} by up to {error:.2g} of "
                f"max(1, |f|), at x = {x:g}"
            )
    return found
