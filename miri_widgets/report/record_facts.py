"""Facts of planned runs and their stages, read from their records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from miri_widgets.report.facts import (
    ReportRequest,
    RunFacts,
    StageFacts,
    ValidationFacts,
    by_wavelength,
    run_count_text,
)
from miri_widgets.report.texts import without_advice
from miri_widgets.steps.left_out import left_out_text

__all__ = [
    "accelerations_of",
    "left_out_sentences",
    "run_facts",
    "skipped_steps",
    "software",
    "stage_facts",
    "validations_of",
    "warnings_of",
]

_LONG = 300
_INSTALLED = re.compile(r"\S*/site-packages/")
"""Folder of installed packages, which is removed from texts."""
_PYTHON = re.compile(r"^py: (?:.*?:\d+: )?(\w*Warning): (.*?)(?: warnings\.warn\(.*)?$")
"""A warning of Python's own machinery: location in the code, class, text and line of code."""
_CODE = re.compile(r"(?<=[.!?)]) (?:return |raise )?(?:[\w.,\[\]* ]+ = )?[\w.]+\([^()]*\)?$")
"""The line of code that Python prints behind the text of a warning: a call at its end, whole or open."""
_HOUSEKEEPING = frozenset(
    (
        "UserWarning", "DeprecationWarning", "PendingDeprecationWarning", "FutureWarning", "ResourceWarning",
        "ImportWarning", "SyntaxWarning", "BytesWarning", "EncodingWarning",
    )
)  # fmt: skip
"""Classes of Python warnings that are meant for programmers and do not concern the data."""


def run_facts(plan: Any, record: Any) -> RunFacts:
    """
    Return the state of a planned run; it is complete if it has a record.

    Parameters
    ----------
    plan : RunPlan
        The planned run.
    record : Record or None
        Its record, if it is complete.

    Returns
    -------
    RunFacts
        Its state.
    """
    if record is None:
        return RunFacts(plan.stage, plan.label, plan.key, False)
    return RunFacts(
        plan.stage, plan.label, plan.key, True, record.seconds, record.peak_rss_mb, _main(plan.label, record)
    )


def _main(label: str, record: Any) -> str:
    """Return the main product of a run: its name without the label; of several alike, their number."""
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
    runs: Sequence[tuple[Any, Any]],
    filters: Mapping[str, str] = MappingProxyType({}),
) -> StageFacts:
    """
    Return the state of a stage from its planned runs and their records.

    Parameters
    ----------
    stage : Stage
        The stage.
    refused : str
        Why the stage cannot run; empty if it can.
    runs : sequence of (RunPlan, Record or None)
        All planned runs.
    filters : mapping of str to str
        Filter by root of the included exposures.

    Returns
    -------
    StageFacts
        Counts, times and status of the stage.
    """
    records = [record for plan, record in runs if plan.stage == stage.name]
    completed = [record for record in records if record is not None]
    states = Counter(name for record in completed for name in skipped_steps(record))
    skipped = tuple(name for name, count in states.items() if count == len(completed))
    roots = [root for plan, record in runs if plan.stage == stage.name and record for root in plan.exposures]
    own = {filters[root] for root in roots if root in filters}
    return StageFacts(
        name=stage.name,
        title=stage.title,
        summary=stage.summary,
        own=stage.is_own,
        done=len(completed),
        planned=len(records),
        seconds=sum(record.seconds for record in completed),
        peak_mb=max((record.peak_rss_mb for record in completed), default=0.0),
        finished=max((record.finished for record in completed), default=0.0),
        skipped=skipped,
        skipped_in=tuple((name, count) for name, count in states.items() if count < len(completed)),
        version=completed[0].stage_version if completed else 0,
        sentence=without_advice(refused),
        methods=stage.methods,
        acted=bool(completed) and not set(stage.steps) <= set(skipped),
        filters=by_wavelength(own) if own < set(filters.values()) else (),
        with_steps_left_out=sum(
            bool(left_out_text(record.facts.get("left_out") or ())) for record in completed
        ),
    )


def skipped_steps(record: Any) -> tuple[str, ...]:
    """
    Return the names of the steps that a run skipped.

    Parameters
    ----------
    record : Record
        A run.

    Returns
    -------
    tuple of str
        Names of steps.
    """
    return tuple(
        step["name"]
        for step in record.steps
        if step.get("cal_step") == "SKIPPED" or (not step.get("cal_step") and step.get("state") == "skipped")
    )


def software(
    completed: Sequence[tuple[Any, Any]],
) -> tuple[dict[str, str], tuple[str, ...], dict[str, tuple[str, ...]]]:
    """
    Collect software versions, CRDS contexts and reference files of complete runs.

    Parameters
    ----------
    completed : sequence of (RunPlan, Record)
        Complete runs.

    Returns
    -------
    tuple of (dict, tuple, dict)
        Versions by package, CRDS contexts, and names of reference files by type.
    """
    versions: dict[str, set[str]] = {}
    references: dict[str, set[str]] = {}
    for _, record in completed:
        for package, version in record.versions.items():
            versions.setdefault(package, set()).add(version)
        for kind, name in record.references.items():
            references.setdefault(kind, set()).add(name)
    contexts = sorted({record.crds_context for _, record in completed} - {""})
    return (
        {name: " | ".join(sorted(some)) for name, some in versions.items()},
        tuple(contexts),
        {kind: tuple(sorted(names)) for kind, names in sorted(references.items())},
    )


def accelerations_of(completed: Sequence[tuple[Any, Any]]) -> tuple[tuple[str, str], ...]:
    """
    Return the exact replacements of slow functions that acted in complete runs.

    Parameters
    ----------
    completed : sequence of (RunPlan, Record)
        Complete runs; records of earlier versions count as "not recorded".

    Returns
    -------
    tuple of (str, str)
        Name of the replacement, and in how many runs it acted.
    """
    states: dict[str, Counter[str]] = {}
    for _, record in completed:
        for name, state in record.accelerations.items():
            states.setdefault(name, Counter())[str(state)] += 1
    result = []
    for name, counts in states.items():
        state_counts = [*counts.most_common(), ("not recorded", len(completed) - counts.total())]
        counts_text = [
            f"{state} in {count} of {run_count_text(len(completed))}"
            for state, count in state_counts
            if count
        ]
        result.append((name, "; ".join(counts_text)))
    return tuple(result)


def left_out_sentences(completed: Sequence[tuple[Any, Any]]) -> tuple[str, ...]:
    """
    Describe results made with steps left out: each set of steps and reasons once.

    Parameters
    ----------
    completed : sequence of (RunPlan, Record)
        Complete runs.

    Returns
    -------
    tuple of str
        The sentences.
    """
    runs: dict[tuple[str, str], list[str]] = {}
    for plan, record in completed:
        if reasons := left_out_text(record.facts.get("left_out") or ()):
            runs.setdefault((plan.stage, reasons), []).append(plan.label)
    totals = Counter(plan.stage for plan, _ in completed)
    return tuple(
        f"The pipeline left steps of {stage} out of {len(labels)} of {run_count_text(totals[stage])} "
        f"({', '.join(labels[:4])}{' and others' if len(labels) > 4 else ''}): {reasons}."
        for (stage, reasons), labels in runs.items()
    )


def validations_of(
    request: ReportRequest, completed: Sequence[tuple[Any, Any]]
) -> tuple[ValidationFacts, ...]:
    """
    Return the validations of complete runs by steps of this package, worst first.

    Parameters
    ----------
    request : ReportRequest
        The state of the session.
    completed : sequence of (RunPlan, Record)
        Complete runs.

    Returns
    -------
    tuple of ValidationFacts
        Validations and notes.
    """
    rank = {"harm": 0, "doubtful": 1, "good": 2}
    steps = {stage.name: set(stage.steps) for stage, _ in request.stages}
    validations = []
    for plan, record in completed:
        if steps.get(plan.stage) and steps[plan.stage] <= set(skipped_steps(record)):
            continue  # a step that did not run did nothing to the data
        report = record.facts.get("report") or {}
        for validation in [report.get("proof"), *(report.get("proofs") or ())]:
            if validation:
                verdict = str(validation.get("verdict", ""))
                accepted = verdict == "harm" and request.services.accepted(plan.key)
                lines = tuple(
                    filter(None, (without_advice(str(line)) for line in validation.get("sentences", ())))
                )
                headline = str(validation.get("headline") or "")
                validations.append(
                    ValidationFacts(plan.stage, plan.label, verdict, lines, accepted, headline)
                )
        notes = tuple(
            filter(None, (_cut(without_advice(str(line))) for line in report.get("warnings") or ()))
        )
        if notes:
            validations.append(ValidationFacts(plan.stage, plan.label, "note", notes))
    return tuple(sorted(validations, key=lambda facts: rank.get(facts.verdict, 3)))


def warnings_of(completed: Sequence[tuple[Any, Any]]) -> tuple[tuple[tuple[str, str, int], ...], int]:
    """
    Collect the warnings about the data, and count those meant for programmers.

    Parameters
    ----------
    completed : sequence of (RunPlan, Record)
        Complete runs.

    Returns
    -------
    tuple of (str, str, int)
        Stage, warning and number of complete runs, each warning once.
    int
        Number of different warnings of Python itself, such as deprecations.
    """
    counts: Counter[tuple[str, str]] = Counter()
    python_warnings: set[str] = set()
    for plan, record in completed:
        lines = {" ".join(str(line).split()) for line in record.warnings}
        texts = set()
        for line in sorted(lines):
            match = _PYTHON.match(line)
            if match and match[1] in _HOUSEKEEPING:
                python_warnings.add(match[2])
            else:
                text = f"{match[1]}: {_CODE.sub('', match[2])}" if match else line
                texts.add(_cut(_INSTALLED.sub("", text)))
        counts.update((plan.stage, text) for text in sorted(texts))
    return tuple((stage, line, count) for (stage, line), count in counts.items()), len(python_warnings)


def _cut(text: str) -> str:
    """Truncate a long text, with an ellipsis."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 1].rstrip()}…"
