"""
The content of a report: facts of complete runs with the current settings, and what is missing.

`request_of` reads the session in its thread; `gather` reads the disk in any other thread.
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
from miri_widgets.products.tags import ExposureVerdict, Tag, rejected_roots
from miri_widgets.report.facts import ReportRequest, RunFacts, StageFacts, ValidationFacts
from miri_widgets.report.figures import Picture, pictures_of
from miri_widgets.report.grouped_rows import (
    ExposureGroup,
    VerdictGroup,
    acceleration_groups,
    exposure_groups,
    same_findings,
    verdict_groups,
)
from miri_widgets.report.methods_text import methods
from miri_widgets.report.parameters import ChangedParameter, changed_parameters
from miri_widgets.report.record_facts import (
    accelerations_of,
    left_out_sentences,
    run_facts,
    skipped_steps,
    software,
    stage_facts,
    validations_of,
    warnings_of,
)
from miri_widgets.report.texts import count_text, without_advice

__all__ = ["Report", "default_path", "gather"]


_MAX_NAMED = 4


@dataclass(frozen=True)
class Report:
    """
    All facts of a report.

    Attributes
    ----------
    program : Program
        The reduced program.
    created : float
        Seconds since the epoch.
    exposures : tuple of (Exposure, bool)
        Exposures, and whether each is included.
    tags : mapping of str to Tag
        Tags of the contact sheet by root.
    stages, runs, parameters, validations : tuples
        See their classes.
    versions : dict of str to str
        Versions by package; several are joined by a bar.
    contexts : tuple of str
        CRDS contexts of the runs.
    accelerations : tuple of (str, str)
        Exact replacements of slow functions of the pipeline: name, and in how many runs it acted, or why not.
    references : dict of str to tuple of str
        Names of reference files by type.
    warnings : tuple of (str, str, int)
        Stage, warning and number of runs.
    python_warnings : int
        Number of different warnings of Python itself, which do not concern the data.
    shifts : tuple of dict
        Shift of each exposure by the alignment [mas]; see `miri_widgets.steps.facts`.
    sources : dict of str to int
        Sources in the catalogue of each mosaic.
    pictures : tuple of Picture
        Images of products.
    methods : tuple of str
        Sentences for a paper.
    citations : tuple of str
        Keys of `miri_widgets.report.citations.CITATIONS` that apply.
    missing : tuple of str
        What the report lacks, as sentences.
    """

    program: Program
    created: float
    exposures: tuple[tuple[Exposure, bool], ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    stages: tuple[StageFacts, ...] = ()
    runs: tuple[RunFacts, ...] = ()
    parameters: tuple[ChangedParameter, ...] = ()
    validations: tuple[ValidationFacts, ...] = ()
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
        return any(stage.name == "apply_shift" and stage.done and stage.acted for stage in self.stages)

    @property
    def exposure_groups(self) -> tuple[ExposureGroup, ...]:
        """Exposures that take part, by filter and readout."""
        return exposure_groups(self.exposures)

    @property
    def acceleration_groups(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Accelerations in the same state as one: names, and the state."""
        return acceleration_groups(self.accelerations)

    @property
    def verdicts(self) -> tuple[VerdictGroup, ...]:
        """What the steps of this package report, runs with the same verdict as one."""
        return verdict_groups(self.validations)

    @property
    def findings(self) -> tuple[ValidationFacts, ...]:
        """The validations in full; runs that say the same are one row."""
        return same_findings(self.validations)

    @property
    def rejected(self) -> frozenset[str]:
        """Roots of the exposures that mosaics leave out."""
        return rejected_roots(self.tags)


def gather(request: ReportRequest) -> Report:
    """
    Read the records and products of all complete runs of the plans.

    Runs with other settings are never used: only the keys of the plans are looked up.

    Parameters
    ----------
    request : ReportRequest
        The state of the session.

    Returns
    -------
    Report
        The content of the report.

    Raises
    ------
    EngineError
        If no run is complete.
    """
    runs = [(plan, request.services.record(plan)) for plan in request.plans]
    completed = [(plan, record) for plan, record in runs if record is not None]
    if not completed:
        raise EngineError(
            "no run is complete with the current settings", "at least one complete run", "run a stage first"
        )
    filters = {exposure.root: exposure.filter for exposure, _ in request.exposures}
    included_filters = {
        exposure.root: exposure.filter for exposure, included in request.exposures if included
    }
    stages = tuple(
        stage_facts(stage, request.refused.get(stage.name, ""), runs, included_filters)
        for stage, _ in request.stages
    )
    runs, completed = _in_order(request, runs, filters), _in_order(request, completed, filters)
    versions, contexts, references = software(completed)
    parameters = changed_parameters(request, completed, filters)
    shifts = [entry for _, record in completed for entry in _aligned(record)]
    warnings, python_warnings = warnings_of(completed)
    sources = {
        record.label: int(record.facts["sources"])
        for _, record in completed
        if record.facts.get("sources") is not None
    }
    methods_text, citations = methods(
        request.program, [exposure for exposure, included in request.exposures if included], stages, parameters, versions, contexts,
        [record for _, record in completed], sources, len(_rejected(request)),
    )  # fmt: skip
    return Report(
        program=request.program,
        created=time.time(),
        exposures=request.exposures,
        tags=request.tags,
        stages=stages,
        runs=tuple(run_facts(plan, record) for plan, record in runs),
        parameters=parameters,
        validations=validations_of(request, completed),
        versions=versions,
        contexts=contexts,
        accelerations=accelerations_of(completed),
        references=references,
        warnings=warnings,
        python_warnings=python_warnings,
        shifts=tuple(shifts),
        sources=sources,
        pictures=pictures_of([(record, request.services.products(plan)) for plan, record in completed]),
        methods=methods_text,
        citations=citations,
        missing=tuple(
            filter(
                None,
                map(
                    without_advice,
                    (*_missing(request, runs), *left_out_sentences(completed), *request.warnings),
                ),
            )
        ),
    )


def _in_order(
    request: ReportRequest, runs: Sequence[tuple[Any, Any]], filters: Mapping[str, str]
) -> list[tuple[Any, Any]]:
    """Return runs in the order of the stages, within a stage by wavelength."""
    stages = {stage.name: index for index, (stage, _) in enumerate(request.stages)}
    waves = {name: index for index, name in enumerate(FILTERS)}

    def sort_key(run: tuple[Any, Any]) -> tuple[int, int]:
        plan = run[0]
        wave = min((waves.get(filters.get(root, ""), len(waves)) for root in plan.exposures), default=0)
        return stages.get(plan.stage, len(stages)), wave

    return sorted(runs, key=sort_key)


def _missing(request: ReportRequest, runs: Sequence[tuple[Any, Any]]) -> tuple[str, ...]:
    lines = []
    for stage, _ in request.stages:
        if stage.name in request.refused:
            lines.append(f"{stage.short} is not in this report: {request.refused[stage.name]}")
            continue
        open_runs = [plan.label for plan, record in runs if plan.stage == stage.name and record is None]
        if open_runs:
            more = f" and {len(open_runs) - _MAX_NAMED} more" if len(open_runs) > _MAX_NAMED else ""
            shown = ", ".join(open_runs[:_MAX_NAMED]) + more
            lines.append(
                f"{stage.short} was not complete with the settings of this report for {shown}; "
                "products of other settings are not reported."
            )
    if request.unusable:
        count = len(request.unusable)
        files = "1 file of the folders was" if count == 1 else f"{count} files of the folders were"
        more = f" (and {count - _MAX_NAMED} more)" if count > _MAX_NAMED else ""
        reasons = " ".join(without_advice(line) for line in request.unusable[:_MAX_NAMED])
        lines.append(f"{files} not used: {reasons}{more}")
    excluded = [exposure.root for exposure, included in request.exposures if not included]
    if excluded:
        lines.append(f"{count_text(len(excluded), len(request.exposures), 'exposure')} excluded.")
    if rejected := _rejected(request):
        them = "it" if len(rejected) == 1 else "them"
        lines.append(
            f"{count_text(len(rejected), len(request.exposures), 'exposure')} rejected: the mosaics leave {them} out."
        )
    return tuple(lines)


def _rejected(request: ReportRequest) -> list[str]:
    """Return the roots of included exposures that the mosaics leave out."""
    return [
        exposure.root
        for exposure, included in request.exposures
        if included and request.tags.get(exposure.root, Tag()).verdict == ExposureVerdict.REJECTED
    ]


def _aligned(record: Any) -> list[Mapping[str, Any]]:
    """Return the shifts by the alignment in a run; a step that was skipped, or fitted nothing, moved nothing."""
    entries = list(record.facts.get("shifts") or ())
    if "tweakreg" in skipped_steps(record) or not any(map(_fitted, entries)):
        return []
    # what was not fitted has not been measured to be 0
    unknown = {"dra_mas": None, "ddec_mas": None, "rmse_mas": None}
    return [entry if _fitted(entry) or entry.get("reference") else {**entry, **unknown} for entry in entries]


def _fitted(entry: Mapping[str, Any]) -> bool:
    return entry.get("used") is not None or any(
        abs(entry.get(name) or 0) > 0 for name in ("dra_mas", "ddec_mas")
    )


def default_path(program: Program) -> Path:
    """
    Return the default path of the report of a program.

    Parameters
    ----------
    program : Program
        The program.

    Returns
    -------
    Path
        A path in the workspace.
    """
    return program.workspace / "reports" / f"{program.name}.html"
