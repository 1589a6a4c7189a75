"""The blocks of a run: which conditions to train together."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from actbench.experiments.experiment import Condition
from actbench.experiments.running.job import Job, settings_of
from actbench.experiments.running.part import Part
from actbench.models.network import Network
from actbench.results import TrialKey
from actbench.training.checkpoint import members_in_checkpoint


@dataclass(frozen=True)
class Plan:
    """A block, and which of its trials are missing.

    Args:
        job: the job that trains all conditions of the block.
        missing: the conditions whose trials are missing.
    """

    job: Job
    missing: tuple[Condition, ...]

    @property
    def steps(self) -> int:
        """Number of steps of all missing trials."""
        return self.job.steps * len(self.missing)

    def key(self, condition: Condition) -> TrialKey:
        """Return the key of the trial of a condition."""
        return self.job.experiment.name, self.job.profile.name, condition.name, self.job.seed

    def without(self, done: Collection[TrialKey]) -> "Plan":
        """Return the plan without the trials that are done."""
        missing = (each for each in self.missing if self.key(each) not in done)
        return replace(self, missing=tuple(missing))

    def missing_job(self) -> Job:
        """Return the job of the missing trials, or the job that a checkpoint continues.

        A run may have been killed when only some documents of a block were written. Then all
        members of the checkpoint continue together.
        """
        block, path = self.job.conditions, self.job.checkpoint
        conditions = self.missing
        if path is not None and path.exists():
            kept = members_in_checkpoint(path)
            if all(repr(condition.member) in kept for condition in conditions):
                conditions = tuple(each for each in block if repr(each.member) in kept)
        return replace(self.job, conditions=conditions)

    def superfluous_checkpoint(self) -> Path | None:
        """Return the checkpoint if no trial is missing, and it has no member of another run."""
        path = self.job.checkpoint
        if path is None or not path.exists() or self.missing:
            return None
        known = {repr(condition.member) for condition in self.job.conditions}
        return path if known.issuperset(members_in_checkpoint(path)) else None


def plan_blocks(
    part: Part,
    missing: Collection[tuple[int, Condition]],
    *,
    seeds: Sequence[int],
    store: Path,
    has_checkpoints: bool = True,
) -> Iterator[Plan]:
    """Return a plan for each block of each seed, also for blocks without missing trials.

    Args:
        part: the conditions, their data and their protocol.
        missing: seeds and conditions of the missing trials.
        seeds: all seeds.
        store: folder of all results.
        has_checkpoints: whether the trainer can write checkpoints to the store.
    """
    experiment, profile = part.experiment, part.profile
    # Two tasks may have the same network.
    stem = f"{profile.name}_{part.task.name}" if part.task else profile.name
    blocks: dict[tuple[Network | None, int, bool], list[Condition]] = {}
    for condition in experiment.conditions:
        batch_size = settings_of(profile, condition).batch_size
        key = condition.network, batch_size, condition.inverted
        blocks.setdefault(key, []).append(condition)
    for seed in seeds:
        for key, block in blocks.items():
            # Other conditions in the request leave the names of files as they are.
            digest = hashlib.sha256(repr(key).encode()).hexdigest()[:8]
            name = f"{stem}_seed-{seed}_block-{digest}"
            path = store / experiment.name / f"{name}.partial"
            job = Job(
                experiment, profile, tuple(block), part.configuration, seed,
                checkpoint=path if has_checkpoints else None,
                lock=path.with_suffix(".lock"),
            )  # fmt: skip
            yield Plan(job, tuple(each for each in block if (seed, each) in missing))
