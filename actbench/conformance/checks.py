"""The checks: from what a function gave to verdicts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from actbench.activations import properties
from actbench.conformance.findings import (
    FAILS,
    OK,
    SKIPPED,
    Point,
    Tolerance,
    Verdict,
    decimal,
    point,
)
from actbench.conformance.measurements import COMPILED, EAGER, Key, Observations, Results
from actbench.conformance.reference import oracle_values, real_values, wanted
from actbench.conformance.targets import Target
from actbench.conformance.ulp import NEAR_ZERO, Errors, Want, errors, format_of, ulp
from actbench.frameworks.libraries import BrokenError

NAMES = ("value", "derivative", "second derivative")
"""Of the orders."""

_PLAIN = ("normal", "beside a joint")
# How many of the worst results the oracle decides on.
_DOUBTED = 16

_KINDS = ("subnormal", "flushed", "near a zero", "beside a joint")


class Judge:
    """Holds what was seen of a target to what it should be.

    Args:
        target: the target.
        seen: what it gave.
        tolerance: what conforms.
    """

    def __init__(self, target: Target, seen: Observations, tolerance: Tolerance) -> None:
        self.target = target
        self.expected = target.expected
        self.seen = seen
        self.tolerance = tolerance
        self.errors: dict[Key, tuple[Any, Errors]] = {}
        """Inputs and errors of each result that was judged, for the figure."""

    def verdicts(self) -> Iterator[Verdict]:
        """Judge everything."""
        for key in self.seen.results:
            yield self.accuracy(key)
        for key, reason in self.seen.missing.items():
            broken = (
                key.order == 1
                and isinstance(reason, BrokenError)
                and Key(key.mode, key.dtype, 0) in self.seen.results
            )
            nothing = key.order == 0 and not self.seen.results
            outcome = FAILS if nothing or broken else SKIPPED
            yield Verdict(NAMES[key.order], outcome, str(reason), key.dtype, key.mode)
        for key, seen in self.seen.results.items():
            if key.order == 0:
                yield from self.special_values(key, seen)
                yield from self.bounds(key, seen)
                yield from self.monotone(key, seen)
                yield from self.symmetry(key, seen)
            if key.order == 1:
                yield from self.kinks(key, seen)
                yield from self.special_values(key, seen)
            if key.mode == COMPILED:
                yield self.compiled(key, seen)

    def accuracy(self, key: Key) -> Verdict:
        """Hold results at finite numbers to the real values."""
        seen = self.seen.results[key]
        finite = np.isfinite(seen.x)
        x, got = seen.x[finite], seen.got[finite]
        want = wanted(self.expected, key.order, key.dtype)
        found = self._errors(key, x, got, want)
        high = want.high.copy()
        if self.expected.formula is not None:
            self._consult_the_oracle(key, x, got, want, found, high)
        self.errors[key] = x, found
        failing = int(found.failing.sum())
        at = self._worst(found)
        text, worst = "", None
        if seen.dtype != key.dtype:
            text, failing = f"gives {seen.dtype} for {key.dtype}", max(failing, 1)
        if at is not None:
            worst = point(x[at], got[at], float(high[at]), float(found.ulp[at]))
            text = text or ("" if found.kind[at] == "normal" else str(found.kind[at]))
        return replace(
            self._verdict(key, NAMES[key.order], failing, x.size, text, worst),
            ulp=_finite(found.ulp[np.isin(found.kind, _PLAIN)].max(initial=0.0)),
            apart={
                kind: _finite(found.ulp[found.kind == kind].max())
                for kind in _KINDS
                if (found.kind == kind).any()
            },
            checked=int((found.kind != "unknown").sum()),
        )

    def _consult_the_oracle(
        self, key: Key, x: Any, got: Any, want: Want, found: Errors, high: Any
    ) -> None:
        """Hold the worst results to the oracle: stable code alone is to raise no alarm."""
        worst = np.argsort(np.where(found.failing, -found.ulp, 0.0))[:_DOUBTED]
        worst = worst[found.failing[worst]]
        exactly = oracle_values(self.expected, key.order, x[worst], want.scale[worst])
        known = ~np.isnan(exactly.high)
        worst, exactly = worst[known], Want(*(part[known] for part in exactly))
        again = self._errors(key, x[worst], got[worst], exactly)
        for into, part in zip(
            (found.ulp, found.kind, found.limit),
            (again.ulp, again.kind, again.limit),
            strict=True,
        ):
            into[worst] = part
        high[worst] = exactly.high

    def _errors(self, key: Key, x: Any, got: Any, want: Want) -> Errors:
        return errors(self.expected, key.order, x, got, want, self.tolerance.of(key.order))

    def _worst(self, found: Errors) -> int | None:
        """Return the place of the worst result: of the failing ones if there are any."""
        failing = found.failing
        if failing.any():
            return int(np.argmax(np.where(failing, found.ulp / found.limit, -1.0)))
        normal = found.kind == "normal"
        return int(np.argmax(np.where(normal, found.ulp, -1.0))) if normal.any() else None

    def _verdict(
        self,
        key: Key,
        check: str,
        failing: int,
        checked: int,
        text: str,
        worst: Point | None,
    ) -> Verdict:
        """Return what a check found: it fails if a result does, and shows the worst one."""
        return Verdict(
            check,
            FAILS if failing else OK,
            text,
            key.dtype,
            key.mode,
            failing=failing,
            checked=checked,
            worst=worst,
            reproducer=self._reproducer(key, worst.x) if failing and worst else "",
        )

    def _reproducer(self, key: Key, x: str) -> str:
        target = self.target
        text = {"nan": "float('nan')", "inf": "float('inf')", "-inf": "-float('inf')"}.get(x, x)
        return target.library.reproducer(
            target.call,
            target.imports,
            text,
            key.dtype,
            key.order,
            compiled=key.mode == COMPILED,
        )

    def kinks(self, key: Key, seen: Results) -> Iterator[Verdict]:
        """Name the derivative chosen at each kink; it must lie between the two sides."""
        if not self.expected.kinks:
            return
        said, wrong, tolerance = [], None, self.tolerance.of(1)
        for kink in self.expected.kinks:
            place = np.flatnonzero(seen.x.astype(np.float64) == kink.x)
            if not place.size:  # no number of the format
                continue
            low, high = kink.interval
            left, right = properties.sides(self.expected, kink.x, 1)
            for at in place:
                got = float(seen.got[at])
                room = tolerance * float(ulp(np.array(max(abs(low), abs(high))), _format(seen)))
                if not low - room <= got <= high + room:
                    wrong = wrong or point(seen.x[at], seen.got[at], kink.derivative)
                sides = {"left": left, "right": right, "the middle": (left + right) / 2}
                near = [name for name, value in sides.items() if abs(got - value) <= room]
                name = near[0] if near else "neither" if low <= got <= high else "outside"
            said.append(f"f'({kink.x:g}) = {got:.5g}, {name} of [{low:.5g}, {high:.5g}]")
        if not said:
            return
        yield self._verdict(
            key, "kinks", int(wrong is not None), len(said), "; ".join(said), wrong
        )

    def special_values(self, key: Key, seen: Results) -> Iterator[Verdict]:
        """Check NaN, ±∞, ±0, and that finite numbers give no NaN."""
        x, got = (part.astype(np.float64) for part in (seen.x, seen.got))
        wrong: list[tuple[str, Any]] = []
        nan = np.isnan(x)
        if key.order == 0 and not np.isnan(got[nan]).all():
            at = int(np.flatnonzero(nan & ~np.isnan(got))[0])
            wrong.append(("NaN gives a number", point(seen.x[at], seen.got[at], np.nan)))
        made = np.isnan(got) & np.isfinite(x)
        if made.any():
            at = int(np.flatnonzero(made)[0])
            want = float(real_values(self.expected, key.order, seen.x[at : at + 1]).high[0])
            wrong.append((f"NaN from {made.sum()} finite numbers", _point(seen, at, want)))
        for end, limit in zip(
            (-np.inf, np.inf), self.expected.at_infinity(key.order), strict=True
        ):
            for at in map(int, np.flatnonzero(x == end)):
                room = self.tolerance.of(key.order) * (
                    float(ulp(np.array(limit), _format(seen))) if np.isfinite(limit) else 0.0
                )
                right = np.isnan(limit) or got[at] == limit or abs(got[at] - limit) <= room
                if not right:
                    wrong.append(
                        (f"wrong at {'−∞' if end < 0 else '+∞'}", _point(seen, at, limit))
                    )
        zeros = got[x == 0]
        jump = properties.jumps(self.expected, 0.0, key.order)
        if not jump and (zeros != zeros[0]).any() and not np.isnan(zeros).all():
            at = int(np.flatnonzero(x == 0)[0])
            wrong.append(("−0 and +0 differ", _point(seen, at, float(zeros[-1]))))
        yield self._verdict(
            key,
            f"special values of the {NAMES[key.order]}",
            len(wrong),
            int((nan | np.isinf(x) | (x == 0)).sum()),
            "; ".join(text for text, _ in wrong),
            wrong[0][1] if wrong else None,
        )

    def bounds(self, key: Key, seen: Results) -> Iterator[Verdict]:
        """Check that values stay within the bounds; rounded ones have the tolerance."""
        finite = np.isfinite(seen.x)
        x, got = seen.x[finite], seen.got[finite].astype(np.float64)
        for sign, bound in zip((-1.0, 1.0), self.expected.bounds, strict=True):
            if not np.isfinite(bound):
                continue
            # Such as 0 and 1; what has more digits was rounded, in float64 too.
            held = float(np.float16(bound)) == bound
            unit = float(ulp(np.array(bound), _format(seen)))
            beyond = np.nan_to_num(sign * (got - bound) / unit, nan=-np.inf)
            at = int(np.argmax(beyond))
            failing = int((beyond > (0 if held else self.tolerance.value)).sum())
            yield self._verdict(
                key,
                f"{'lower' if sign < 0 else 'upper'} bound",
                failing,
                x.size,
                f"{bound:.6g} is passed by {beyond[at]:.3g} ULP" if failing else "",
                point(x[at], seen.got[finite][at], bound) if failing else None,
            )

    def monotone(self, key: Key, seen: Results) -> Iterator[Verdict]:
        """Check that a function that never falls does not, from number to number."""
        if not self.expected.monotone:
            return
        finite = np.isfinite(seen.x) & ~np.isnan(seen.got)
        order = np.argsort(seen.x[finite].astype(np.float64), kind="stable")
        x, got = seen.x[finite][order], seen.got[finite][order]
        wide = np.clip(got.astype(np.float64), -_format(seen).end, _format(seen).end)
        larger = np.maximum(np.abs(wide[:-1]), np.abs(wide[1:]))
        fall = (wide[:-1] - wide[1:]) / ulp(larger, _format(seen))
        # Subnormal results may be flushed, here one and there another.
        flushed = larger < _format(seen).tiny
        fall = np.where(flushed, 0.0, np.nan_to_num(fall, nan=0.0))
        at = int(np.argmax(fall))
        failing = int((fall > self.tolerance.value).sum())
        yield self._verdict(
            key,
            "monotone",
            failing,
            x.size,
            f"falls by {fall[at]:.3g} ULP after x = {decimal(x[at])}" if fall[at] > 0 else "",
            point(x[at + 1], got[at + 1], wide[at]) if failing else None,
        )

    def symmetry(self, key: Key, seen: Results) -> Iterator[Verdict]:
        """Check that an odd or even function is one."""
        kind = self.expected.symmetry
        if kind is None:
            return
        finite = np.isfinite(seen.x) & (seen.x != 0)
        x, got = seen.x[finite], seen.got[finite]
        order = np.argsort(x.astype(np.float64), kind="stable")
        x, got = x[order], got[order]
        turned: Any = np.searchsorted(x.astype(np.float64), -x.astype(np.float64))
        turned = np.minimum(turned, x.size - 1)
        paired = x[turned] == -x
        wide = got.astype(np.float64)
        other = wide[turned] * (-1 if kind == "odd" else 1)
        apart = np.abs(wide - other) / ulp(wide, _format(seen))
        differs = np.where(wide == other, 0, apart)
        differs = np.where(paired, np.nan_to_num(differs, nan=np.inf), 0)
        at = int(np.argmax(differs))
        failing = int((differs > self.tolerance.value).sum())
        said = f"f(−x) is off by {differs[at]:.3g} ULP at x = {decimal(x[at])}"
        yield self._verdict(
            key,
            kind,
            failing,
            int(paired.sum()),
            said if differs[at] > 0 else "",
            point(x[at], got[at], other[at]) if failing else None,
        )

    def compiled(self, key: Key, seen: Results) -> Verdict:
        """Hold compiled results to eager ones."""
        eager = self.seen.results[Key(EAGER, key.dtype, key.order)]
        finite = np.isfinite(seen.x)
        x, got = seen.x[finite], seen.got[finite]
        known = eager.got[finite].astype(np.float64)
        wide, numbers = got.astype(np.float64), _format(seen)
        size = np.maximum(np.abs(known), np.abs(wide))
        scale = wanted(self.expected, key.order, key.dtype).scale
        size = np.maximum(size, scale)
        apart = np.abs(np.clip(known, -numbers.end, numbers.end) - wide) / ulp(size, numbers)
        same = (wide == known) | (np.isnan(wide) & np.isnan(known))
        flushed = np.abs(x.astype(np.float64)) < numbers.tiny
        same |= (size < numbers.flushed) | flushed
        differs = np.where(same, 0.0, np.nan_to_num(apart, nan=np.inf))
        at = int(np.argmax(differs))
        near = scale > np.abs(known)
        limit = self.tolerance.of(key.order) * np.where(near, NEAR_ZERO, 1)
        failing = int((differs > limit).sum())
        verdict = self._verdict(
            key,
            f"compiled {NAMES[key.order]} = eager",
            failing,
            x.size,
            f"differs by {differs[at]:.3g} ULP at most" if differs[at] > 0 else "",
            point(x[at], got[at], float(known[at]), differs[at]) if failing else None,
        )
        return replace(verdict, ulp=_finite(float(differs[at])))


def _format(seen: Results) -> Any:
    return format_of(seen.x.dtype)


def _point(seen: Results, at: int, wanted: float) -> Any:
    return point(seen.x[at], seen.got[at], wanted)


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
