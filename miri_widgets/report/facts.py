"""How planned runs and their stages stand, and what their records tell: facts of a report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.tags import Tag
from miri_widgets.report.texts import without_advice
from miri_widgets.run.durations import duration
from miri_widgets.settings import Settings
from miri_widgets.steps.left_out import left_out_words

__all__ = [
    "ProofFacts",
    "ReportRequest",
    "RunCalls",
    "RunFacts",
    "StageFacts",
    "accelerations_of",
    "by_wavelength",
    "left_out_of",
    "proofs_of",
    "run_facts",
    "run_words",
    "skipped_steps",
    "software",
    "stage_facts",
    "warnings_of",
]

_LONG = 300
_INSTALLED = re.compile(r"\S*/site-packages/")
"""Where a package happens to be installed is nobody's business."""
_PYTHON = re.compile(r"^py: (?:.*?:\d+: )?(\w*Warning): (.*?)(?: warnings\.warn\(.*)?$")
"""A warning of Python's own machinery: the place in the code, its class, its text and the line of code."""
_CODE = re.compile(r"(?<=[.!?)]) (?:return |raise )?(?:[\w.,\[\]* ]+ = )?[\w.]+\([^()]*\)?$")
"""The line of code that Python prints behind the text of a warning: a call at its end, whole or open."""
_HOUSEKEEPING = frozenset(
    (
        "UserWarning", "DeprecationWarning", "PendingDeprecationWarning", "FutureWarning", "ResourceWarning",
        "ImportWarning", "SyntaxWarning", "BytesWarning", "EncodingWarning",
    )
)  # fmt: skip
"""Classes of Python warnings that are for programmers, and tell nothing of the data."""


class RunCalls(Protocol):
    """What a report asks about runs; `miri_widgets.run.program_runs.ProgramRuns` answers."""

    @property
    def record(self) -> Callable[[Any], Any]: ...
    @property
    def products(self) -> Callable[[Any], tuple[Path, ...]]: ...
    @property
    def accepted(self) -> Callable[[str], bool]: ...
    @property
    def preset(self) -> Callable[[str, str], Mapping[str, Any]]: ...


@dataclass(frozen=True)
class ReportRequest:
    """What is to be reported, as the session stands now: frozen values, for another thread."""

    program: Program
    services: RunCalls
    plans: tuple[Any, ...]
    refused: Mapping[str, str]
    stages: tuple[tuple[Any, Settings], ...]
    exposures: tuple[tuple[Exposure, bool], ...]
    warnings: tuple[str, ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    unusable: tuple[str, ...] = ()
    """Why files in the folders cannot be used, a sentence each."""


@dataclass(frozen=True)
class RunFacts:
    """One planned run: its key, and whether it is complete."""

    stage: str
    label: str
    key: str
    complete: bool
    seconds: float = 0.0
    peak_mb: float = 0.0
    main: str = ""


@dataclass(frozen=True)
class StageFacts:
    """How a stage of the chain stands."""

    name: str
    title: str
    summary: str
    own: bool
    done: int
    planned: int
    seconds: float = 0.0
    peak_mb: float = 0.0
    finished: float = 0.0
    skipped: tuple[str, ...] = ()
    skipped_in: tuple[tuple[str, int], ...] = ()
    """Steps that some runs have skipped and others have not, with the number of those that have."""
    version: int = 0
    sentence: str = ""
    methods: str = ""
    acted: bool = True
    filters: tuple[str, ...] = ()
    """Filters of its complete runs, when they are not those of all exposures."""
    with_steps_left_out: int = 0

    @property
    def status(self) -> str:
        """The status in words."""
        if self.sentence:
            return "cannot run"
        if not self.planned:
            return "takes no exposure"
        words = (
            "complete" if self.done == self.planned else f"{self.done} of {run_words(self.planned)} complete"
        )
        if self.with_steps_left_out:
            words += f", {self.with_steps_left_out} of {run_words(self.done)} with steps left out"
        return words

    @property
    def skipped_words(self) -> str:
        """The steps that were skipped; those that only some runs have skipped with how many."""
        some = [f"{name} ({count} of {run_words(self.done)})" for name, count in self.skipped_in]
        return ", ".join([*self.skipped, *some])

    @property
    def time(self) -> str:
        """Sum of the time of its runs, for people."""
        return duration(self.seconds) if self.done else ""


@dataclass(frozen=True)
class ProofFacts:
    """What a step of ours told of one run."""

    stage: str
    label: str
    verdict: str
    sentences: tuple[str, ...]
    accepted: bool = False
    headline: str = ""


def by_wavelength(filters: Collection[str]) -> tuple[str, ...]:
    """Return some filters in the order of their wavelengths."""
    return tuple(name for name in FILTERS if name in filters)


def run_words(count: int) -> str:
    """Return a number of runs: "1 run", "4 runs"."""
    return f"{count} run{'' if count == 1 else 's'}"


def run_facts(plan: Any, record: Any) -> RunFacts:
    """Return how one planned run stands; it is complete when it has a record."""
    if record is None:
        return RunFacts(plan.stage, plan.label, plan.key, False)
    return RunFacts(
        plan.stage, plan.label, plan.key, True, record.seconds, record.peak_rss_mb, _main(plan.label, record)
    )


def _main(label: str, record: Any) -> str:
    """Return the main product of a run: how its name ends behind the label; of several alike, how many there are."""
    names = [str(name) for name in record.products]
    first = next(iter(names), "")
    if first.startswith(label):
        return first.removeprefix(label)
    ending = first[first.rfind("_") :] if "_" in first else first
    alike = [name for name in names if name.endswith(ending)]
    return f"{len(alike)} × {ending}" if len(alike) > 1 else first


def stage_facts(
    stage: Any,
    refused: str,
    found: Sequence[tuple[Any, Any]],
    filters: Mapping[str, str] = MappingProxyType({}),
) -> StageFacts:
    """
    Return how a stage stands, from its planned runs and their records.

    Parameters
    ----------
    stage : Stage
        The stage.
    refused : str
        Why it cannot run; empty when it can.
    found : sequence of (RunPlan, Record or None)
        All planned runs.
    filters : mapping of str to str
        Filter by root of the exposures that take part.
    """
    mine = [record for plan, record in found if plan.stage == stage.name]
    made = [record for record in mine if record is not None]
    states = Counter(name for record in made for name in skipped_steps(record))
    skipped = tuple(name for name, count in states.items() if count == len(made))
    roots = [root for plan, record in found if plan.stage == stage.name and record for root in plan.exposures]
    own = {filters[root] for root in roots if root in filters}
    return StageFacts(
        name=stage.name,
        title=stage.title,
        summary=stage.summary,
        own=stage.is_own,
        done=len(made),
        planned=len(mine),
        seconds=sum(record.seconds for record in made),
        peak_mb=max((record.peak_rss_mb for record in made), default=0.0),
        finished=max((record.finished for record in made), default=0.0),
        skipped=skipped,
        skipped_in=tuple((name, count) for name, count in states.items() if count < len(made)),
        version=made[0].stage_version if made else 0,
        sentence=without_advice(refused),
        methods=stage.methods,
        acted=bool(made) and not set(stage.steps) <= set(skipped),
        filters=by_wavelength(own) if own < set(filters.values()) else (),
        with_steps_left_out=sum(bool(left_out_words(record.facts.get("left_out") or ())) for record in made),
    )


def skipped_steps(record: Any) -> tuple[str, ...]:
    """Return the names of the steps that a run has skipped."""
    return tuple(
        one["name"]
        for one in record.steps
        if one.get("cal_step") == "SKIPPED" or (not one.get("cal_step") and one.get("state") == "skipped")
    )


def software(
    made: Sequence[tuple[Any, Any]],
) -> tuple[dict[str, str], tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return versions by package, CRDS contexts, and reference files by type, of complete runs."""
    versions: dict[str, set[str]] = {}
    references: dict[str, set[str]] = {}
    for _, record in made:
        for package, version in record.versions.items():
            versions.setdefault(package, set()).add(version)
        for kind, name in record.references.items():
            references.setdefault(kind, set()).add(name)
    contexts = sorted({record.crds_context for _, record in made} - {""})
    return (
        {name: " | ".join(sorted(some)) for name, some in versions.items()},
        tuple(contexts),
        {kind: tuple(sorted(names)) for kind, names in sorted(references.items())},
    )


def accelerations_of(made: Sequence[tuple[Any, Any]]) -> tuple[tuple[str, str], ...]:
    """
    Return which exact replacements of slow functions acted in complete runs, with their names.

    Parameters
    ----------
    made : sequence of (RunPlan, Record)
        Complete runs; records of earlier versions tell nothing of it, which is said.
    """
    states: dict[str, Counter[str]] = {}
    for _, record in made:
        for name, state in record.accelerations.items():
            states.setdefault(name, Counter())[str(state)] += 1
    found = []
    for name, counts in states.items():
        told = [*counts.most_common(), ("not recorded", len(made) - counts.total())]
        parts = [f"{state} in {count} of {run_words(len(made))}" for state, count in told if count]
        found.append((name, "; ".join(parts)))
    return tuple(found)


def left_out_of(made: Sequence[tuple[Any, Any]]) -> tuple[str, ...]:
    """Return which results were made with steps left out, as sentences: each set of steps and reasons once."""
    runs: dict[tuple[str, str], list[str]] = {}
    for plan, record in made:
        if words := left_out_words(record.facts.get("left_out") or ()):
            runs.setdefault((plan.stage, words), []).append(plan.label)
    totals = Counter(plan.stage for plan, _ in made)
    return tuple(
        f"The pipeline left steps of {stage} out of {len(labels)} of {run_words(totals[stage])} "
        f"({', '.join(labels[:4])}{' and others' if len(labels) > 4 else ''}): {words}."
        for (stage, words), labels in runs.items()
    )


def proofs_of(request: ReportRequest, made: Sequence[tuple[Any, Any]]) -> tuple[ProofFacts, ...]:
    """Return what steps of ours told of complete runs, the worst first."""
    rank = {"harm": 0, "doubtful": 1, "good": 2}
    steps = {stage.name: set(stage.steps) for stage, _ in request.stages}
    found = []
    for plan, record in made:
        if steps.get(plan.stage) and steps[plan.stage] <= set(skipped_steps(record)):
            continue  # a step that did not run did nothing to the data
        report = record.facts.get("report") or {}
        for proof in [report.get("proof"), *(report.get("proofs") or ())]:
            if proof:
                verdict = str(proof.get("verdict", ""))
                accepted = verdict == "harm" and request.services.accepted(plan.key)
                lines = tuple(
                    filter(None, (without_advice(str(line)) for line in proof.get("sentences", ())))
                )
                words = str(proof.get("headline") or "")
                found.append(ProofFacts(plan.stage, plan.label, verdict, lines, accepted, words))
        told = tuple(filter(None, (_cut(without_advice(str(line))) for line in report.get("warnings") or ())))
        if told:
            found.append(ProofFacts(plan.stage, plan.label, "told", told))
    return tuple(sorted(found, key=lambda one: rank.get(one.verdict, 3)))


def warnings_of(made: Sequence[tuple[Any, Any]]) -> tuple[tuple[tuple[str, str, int], ...], int]:
    """
    Return the warnings about the data, and how many others are for programmers.

    Returns
    -------
    tuple of (str, str, int)
        Stage, warning and in how many complete runs, each warning once.
    int
        Different warnings of Python itself, such as of a use that a later version will not have.
    """
    counts: Counter[tuple[str, str]] = Counter()
    others: set[str] = set()
    for plan, record in made:
        lines = {" ".join(str(line).split()) for line in record.warnings}
        texts = set()
        for line in sorted(lines):
            match = _PYTHON.match(line)
            if match and match[1] in _HOUSEKEEPING:
                others.add(match[2])
            else:
                words = f"{match[1]}: {_CODE.sub('', match[2])}" if match else line
                texts.add(_cut(_INSTALLED.sub("", words)))
        counts.update((plan.stage, text) for text in sorted(texts))
    return tuple((stage, line, count) for (stage, line), count in counts.items()), len(others)


def _cut(text: str) -> str:
    """Return a text of sensible length, with a mark where something is missing."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 1].rstrip()}…"
