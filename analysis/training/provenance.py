"""Where the numbers of an experiment come from: seeds, machines, dates and the command."""

from collections.abc import Iterable
from shlex import quote

from actbench.experiments.selection import compares_activations
from actbench.results import Trial
from analysis.results import ExperimentResults
from analysis.results.activation_names import words_of


def provenance(found: ExperimentResults, store_option: str = "") -> str:
    """Return the profile, data, seeds, machines and dates, and the command to repeat them.

    Args:
        found: the trials of an experiment; at least one.
        store_option: the option of the command that names the store.
    """
    days = sorted({trial.started[:10] for trial in found.trials})
    counts = found.seed_counts
    is_equal = len(set(counts)) == 1
    seeds = str(counts[0]) if is_equal else f"{min(counts)} to {max(counts)}"
    epochs = dict.fromkeys(trial.configuration.get("epochs") for trial in found.trials)
    stated = " or ".join(str(count) for count in epochs if count)
    trained = f", {stated} epoch{'' if stated == '1' else 's'}" if stated else ""
    dates = " to ".join(dict.fromkeys((days[0], days[-1])))
    minutes = sum(trial.seconds for trial in found.trials) / 60
    return (
        f"Profile {found.profile}, data: {', '.join(found.data_names)}; "
        f"{len(counts)} conditions with {seeds} seeds each{trained}; "
        f"{_duration(minutes)} on {distinct(map(machine, found.trials))}, {dates}. Repeat "
        f"with: {command(found)}{store_option}."
        + ("" if is_equal else " Comparisons use the seeds that the compared conditions share.")
        + not_used(found)
    )


def _duration(minutes: float) -> str:
    if minutes < 1:
        return "less than a minute"
    return f"{minutes:.0f} minute{'' if round(minutes) == 1 else 's'}"


def command(found: ExperimentResults) -> str:
    """Return the command that trains the same conditions with the same seeds."""
    experiment = found.experiment
    words = ["actbench", "run", experiment.name, "--profile", found.profile]
    profile = next((each for each in experiment.profiles if each.name == found.profile), None)
    most = max(found.seed_counts)
    if profile is not None and most != profile.seeds:
        words += ["--seeds", str(most)]
    if profile is not None:
        experiment = experiment.within(profile)
        if set(found.tasks) < set(profile.tasks):
            words += [word for task in found.tasks for word in ("--task", task)]
    listed = {each.name: each.factors["activation"] for each in experiment.conditions}
    named = [name for name in found.conditions if "activation" in found.factors_of(name)]
    present = {found.factors_of(name)["activation"] for name in named}
    added = [name for name in named if name not in listed]
    if named and compares_activations(experiment) and not present.issuperset(listed.values()):
        words.append("--only")
        added = named
    activations = dict.fromkeys(words_of(found.trials_of(name)[0]) for name in added)
    for activation in activations:
        words += ["--activation", quote(activation)]
    return " ".join(words)


def not_used(found: ExperimentResults) -> str:
    """Return how many documents of an experiment are not used; "" if all are."""
    count = len(found.faults)
    if not count:
        return ""
    documents = "1 document is" if count == 1 else f"{count} documents are"
    return f" {documents} not used; the last section of the report gives the reasons."


def machine(trial: Trial) -> str:
    """Return the processor and its cores, as far as the document states them."""
    cpu = trial.machine.get("cpu") or "an unknown processor"
    cores = trial.machine.get("cores")
    return f"{cpu}, {cores} cores" if cores else str(cpu)


def distinct(values: Iterable[str]) -> str:
    """Return different texts, separated by semicolons."""
    return "; ".join(dict.fromkeys(values))
