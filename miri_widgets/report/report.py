"""
Everything about a reduction that goes into its report: facts of complete runs of the settings of now, and what is missing.

`request_of` looks at the session in its thread; `gather` reads the disk in any other.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miri_widgets.errors import EngineError
from miri_widgets.products.exposure import FILTERS, Exposure
from miri_widgets.products.program import Program
from miri_widgets.products.tags import Tag, Verdict, rejected_roots
from miri_widgets.report.facts import (
    ProofFacts,
    ReportRequest,
    RunFacts,
    StageFacts,
    accelerations_of,
    left_out_of,
    proofs_of,
    run_facts,
    skipped_steps,
    software,
    stage_facts,
    warnings_of,
)
from miri_widgets.report.figures import Picture, pictures_of
from miri_widgets.report.methods_text import methods
from miri_widgets.report.parameters import ChangedParameter, changed_parameters
from miri_widgets.report.texts import of_words, without_advice

__all__ = ["Report", "default_path", "gather"]


_MOST_NAMED = 4


@dataclass(frozen=True)
class Report:
    """
    All facts of a report.

    Attributes
    ----------
    program : Program
        What was reduced.
    made : float
        Seconds since the epoch.
    exposures : tuple of (Exposure, bool)
        With whether it takes part.
    tags : mapping of str to Tag
        What was said on the contact sheet, by root.
    stages, runs, parameters, proofs : tuples
        See their classes.
    versions : dict of str to str
        By package; several versions with a bar between.
    contexts : tuple of str
        CRDS contexts of the runs.
    accelerations : tuple of (str, str)
        Exact replacements of slow functions of the pipeline: name, and in how many runs it acted, or why not.
    references : dict of str to tuple of str
        Names of reference files by type.
    warnings : tuple of (str, str, int)
        Stage, warning and in how many runs.
    python_warnings : int
        Different warnings of Python itself, which tell nothing of the data.
    shifts : tuple of dict
        What aligning did to each exposure, milliarcsec; see `miri_widgets.steps.facts`.
    sources : dict of str to int
        Sources in the catalogue of each mosaic.
    pictures : tuple of Picture
        Images of products.
    methods : tuple of str
        Sentences for a paper.
    citations : tuple of str
        Keys of `miri_widgets.report.citations.CITATIONS` that apply.
    missing : tuple of str
        What is not in it, as sentences.
    """

    program: Program
    made: float
    exposures: tuple[tuple[Exposure, bool], ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    stages: tuple[StageFacts, ...] = ()
    runs: tuple[RunFacts, ...] = ()
    parameters: tuple[ChangedParameter, ...] = ()
    proofs: tuple[ProofFacts, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    accelerations: tuple[tuple[str, str], ...] = ()
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[tuple[str, str, int], ...] = ()
    python_warnings: int = 0
    shifts: tuple[Mapping[str, Any], ...] = ()
    sources: Mapping[str, int] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    methods: tuple[str, ...] = ()
    citations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def shifted(self) -> bool:
        """Whether exposures were moved by measured shifts before they were aligned."""
        return any(one.name == "apply_shift" and one.done and one.acted for one in self.stages)

    @property
    def rejected(self) -> frozenset[str]:
        """Roots of the exposures that mosaics leave out."""
        return rejected_roots(self.tags)


def gather(request: ReportRequest) -> Report:
    """
    Read the records and products of all complete runs of the plans.

    A run of other settings is never taken: only the keys of the plans are looked up.

    Raises
    ------
    EngineError
        If no run is complete.
    """
    found = [(plan, request.services.record(plan)) for plan in request.plans]
    made = [(plan, record) for plan, record in found if record is not None]
    if not made:
        raise EngineError(
            "no run is complete with the settings of now", "at least one complete run", "run a stage first"
        )
    filters = {one.root: one.filter for one, _ in request.exposures}
    taking = {one.root: one.filter for one, taken in request.exposures if taken}
    stages = tuple(
        stage_facts(stage, request.refused.get(stage.name, ""), found, taking) for stage, _ in request.stages
    )
    found, made = _in_order(request, found, filters), _in_order(request, made, filters)
    versions, contexts, references = software(made)
    parameters = changed_parameters(request, made, filters)
    shifts = [entry for _, record in made for entry in _aligned(record)]
    warnings, python_warnings = warnings_of(made)
    sources = {
        record.label: int(record.facts["sources"])
        for _, record in made
        if record.facts.get("sources") is not None
    }
    words, citations = methods(
        request.program, [one for one, taken in request.exposures if taken], stages, parameters, versions, contexts,
        [record for _, record in made], sources, len(_rejected(request)),
    )  # fmt: skip
    return Report(
        program=request.program,
        made=time.time(),
        exposures=request.exposures,
        tags=request.tags,
        stages=stages,
        runs=tuple(run_facts(plan, record) for plan, record in found),
        parameters=parameters,
        proofs=proofs_of(request, made),
        versions=versions,
        contexts=contexts,
        accelerations=accelerations_of(made),
        references=references,
        warnings=warnings,
        python_warnings=python_warnings,
        shifts=tuple(shifts),
        sources=sources,
        pictures=pictures_of([(record, request.services.products(plan)) for plan, record in made]),
        methods=words,
        citations=citations,
        missing=tuple(
            filter(
                None,
                map(without_advice, (*_missing(request, found), *left_out_of(made), *request.warnings)),
            )
        ),
    )


def _in_order(
    request: ReportRequest, runs: Sequence[tuple[Any, Any]], filters: Mapping[str, str]
) -> list[tuple[Any, Any]]:
    """Return runs in the order of the stages, within a stage by wavelength."""
    stages = {stage.name: place for place, (stage, _) in enumerate(request.stages)}
    waves = {name: place for place, name in enumerate(FILTERS)}

    def place(run: tuple[Any, Any]) -> tuple[int, int]:
        plan = run[0]
        wave = min((waves.get(filters.get(root, ""), len(waves)) for root in plan.exposures), default=0)
        return stages.get(plan.stage, len(stages)), wave

    return sorted(runs, key=place)


def _missing(request: ReportRequest, found: Sequence[tuple[Any, Any]]) -> tuple[str, ...]:
    lines = []
    for stage, _ in request.stages:
        if stage.name in request.refused:
            lines.append(f"{stage.short} is not in this report: {request.refused[stage.name]}")
            continue
        open_runs = [plan.label for plan, record in found if plan.stage == stage.name and record is None]
        if open_runs:
            more = f" and {len(open_runs) - _MOST_NAMED} more" if len(open_runs) > _MOST_NAMED else ""
            shown = ", ".join(open_runs[:_MOST_NAMED]) + more
            lines.append(
                f"{stage.short} was not complete with the settings of this report for {shown}; "
                "products of other settings are not reported."
            )
    if request.unusable:
        count = len(request.unusable)
        files = "1 file of the folders was" if count == 1 else f"{count} files of the folders were"
        more = f" (and {count - _MOST_NAMED} more)" if count > _MOST_NAMED else ""
        told = " ".join(without_advice(line) for line in request.unusable[:_MOST_NAMED])
        lines.append(f"{files} not used: {told}{more}")
    left_out = [one.root for one, taken in request.exposures if not taken]
    if left_out:
        lines.append(f"{of_words(len(left_out), len(request.exposures), 'exposure')} excluded.")
    if rejected := _rejected(request):
        them = "it" if len(rejected) == 1 else "them"
        lines.append(
            f"{of_words(len(rejected), len(request.exposures), 'exposure')} rejected: the mosaics leave {them} out."
        )
    return tuple(lines)


def _rejected(request: ReportRequest) -> list[str]:
    """Return the roots of the exposures that take part and that the mosaics leave out."""
    return [
        one.root
        for one, taken in request.exposures
        if taken and request.tags.get(one.root, Tag()).verdict == Verdict.REJECTED
    ]


def _aligned(record: Any) -> list[Mapping[str, Any]]:
    """Return what aligning did in a run; a step that was skipped, or that fitted nothing, has moved nothing."""
    entries = list(record.facts.get("shifts") or ())
    if "tweakreg" in skipped_steps(record) or not any(map(_fitted, entries)):
        return []
    # what was not fitted has not been measured to be 0
    unknown = {"dra_mas": None, "ddec_mas": None, "rmse_mas": None}
    return [one if _fitted(one) or one.get("reference") else {**one, **unknown} for one in entries]


def _fitted(entry: Mapping[str, Any]) -> bool:
    return entry.get("used") is not None or any(
        abs(entry.get(name) or 0) > 0 for name in ("dra_mas", "ddec_mas")
    )


def default_path(program: Program) -> Path:
    """Return where the report of a program goes when nothing else is said."""
    return program.workspace / "reports" / f"{program.name}.html"
