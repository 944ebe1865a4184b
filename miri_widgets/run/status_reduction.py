"""Facts from the disk into what the models hold: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.errors import error_from_dict
from miri_widgets.run.progress import time_left
from miri_widgets.run.queue_reasons import waiting_reasons
from miri_widgets.run.snapshot import Snapshot
from miri_widgets.run.status_rows import RowState, RunRow, StageState
from miri_widgets.steps.left_out import left_out_notes
from miri_widgets.steps.stage import Stage

__all__ = ["engine_text", "exposure_states", "left_out_steps", "rows", "stage_values"]

_STATES = {
    "waiting": RowState.WAITING,
    "running": RowState.RUNNING,
    "failed": RowState.FAILED,
    "upstream_failed": RowState.FAILED,
    "cancelled": RowState.CANCELLED,
}
_GOOD = ("done", "reused")


def rows(facts: Snapshot) -> dict[str, tuple[RunRow, ...]]:
    """
    Return the rows of every stage for the current plans.

    A run is done only when its products, under the key of the settings of
    now, are on the disk; what an event says is not enough.

    Parameters
    ----------
    facts : Snapshot
        What the last read found.
    """
    rows_by_stage: dict[str, list[RunRow]] = {}
    statuses = {key: str(run.status) for key, (_, run) in facts.runs.items()}
    reasons = waiting_reasons(facts.plans or (), statuses, facts.products, facts.engine)
    for plan in facts.plans or ():
        rows_by_stage.setdefault(plan.stage, []).append(_row(plan, facts, reasons.get(plan.key, "")))
    return {stage: tuple(some) for stage, some in rows_by_stage.items()}


def _row(plan: Any, facts: Snapshot, waits: str) -> RunRow:
    job, run = facts.runs.get(plan.key, ("", None))
    products = facts.products.get(plan.key, ())
    state = RowState.STALE if (plan.stage, plan.label) in facts.finished else RowState.NEW
    if run is not None and str(run.status) in _STATES:
        state = _STATES[str(run.status)]
    if products:
        state = RowState.DONE
    values: dict[str, Any] = {}
    if run is not None:
        sentence = str(error_from_dict(run.error)) if run.error else waits or run.reason
        if run.status not in _GOOD and products:
            sentence = ""
        values = {
            "step": run.step,
            "step_seconds": float(round(run.step_seconds)),
            "index": run.index,
            "total": run.total,
            # whole seconds: rows that look the same are the same
            "seconds": float(round(run.seconds)),
            "sentence": sentence,
        }
    fraction = 1.0 if products else (run.fraction if run is not None else 0.0)
    return RunRow(
        key=plan.key,
        label=plan.label,
        exposures=tuple(plan.exposures),
        state=state,
        fraction=fraction,
        job=job,
        products=products,
        report=facts.reports.get(plan.key, {}) if products else {},
        harm=facts.harms.get(plan.key, "") if products else "",
        left_out=facts.left_out.get(plan.key, "") if products else "",
        **values,
    )


def stage_values(
    stage: Stage, every: Mapping[str, Sequence[RunRow]], facts: Snapshot, no_exposures: list[str]
) -> dict[str, Any]:
    """
    Return the traits of one stage model.

    Parameters
    ----------
    stage : Stage
        The stage.
    every : mapping of str to sequence of RunRow
        Rows by name of the stage.
    facts : Snapshot
        What the last read found.
    no_exposures : list of str
        Why there are no exposures; empty when there are.
    """
    own = tuple(every.get(stage.name, ()))
    reasons, notes = _reasons(stage, own, every, facts, no_exposures)
    notes = [
        *notes,
        *facts.notes.get(stage.name, ()),
        *left_out_notes([(row.label, row.left_out) for row in own], len(own)),
    ]
    failed = [f"{row.label}: {row.sentence}" for row in own if row.state == RowState.FAILED and row.sentence]
    jobs = {row.job for row in own if row.active}
    return {
        "rows": own,
        "planning": False,
        "reasons": tuple(reasons),
        "notes": tuple(notes),
        "errors": tuple(failed),
        "products": tuple(path for row in own for path in row.products),
        "state": _state(own, reasons),
        # what failed or was cancelled counts with what it had reached: nothing unfinished is shown as done
        "fraction": sum(row.fraction for row in own) / len(own) if own else 0.0,
        "eta": time_left([job for job in facts.jobs if job.job in jobs], stage.name),
        "late": any(job.forecast.late for job in facts.jobs if job.job in jobs),
    }


def _state(own: Sequence[RunRow], reasons: Sequence[str]) -> StageState:
    states = {row.state for row in own}
    if RowState.RUNNING in states:
        return StageState.RUNNING
    if RowState.WAITING in states:
        return StageState.QUEUED
    if RowState.FAILED in states:
        return StageState.FAILED
    if any(row.harm for row in own):
        return StageState.NEEDS_CONFIRMATION
    if states == {RowState.DONE}:
        return StageState.DONE
    if RowState.STALE in states:
        return StageState.STALE
    if RowState.DONE in states:
        return StageState.PARTLY
    return StageState.BLOCKED if reasons else StageState.READY


def _reasons(
    stage: Stage,
    own: Sequence[RunRow],
    every: Mapping[str, Sequence[RunRow]],
    facts: Snapshot,
    no_exposures: list[str],
) -> tuple[list[str], list[str]]:
    """Return the blockers and the notes of a stage."""
    if no_exposures:
        return no_exposures, []
    if not own:
        return [
            facts.refused.get(stage.name) or facts.error or "There is nothing to run: no exposure takes part."
        ], []
    if all(row.state == RowState.DONE for row in own):
        return ["Up to date."], []
    if any(row.active for row in own):
        return ["A run is in progress: wait for it, or cancel it."], []
    depends = {plan.key: plan.depends for plan in facts.plans or ()}
    open_rows = [row for row in own if row.state != RowState.DONE]
    question = _question(open_rows, depends, every)
    if question:
        return [question], []
    waiting = [row for row in open_rows if any(key not in facts.products for key in depends.get(row.key, ()))]
    if not waiting:
        return [], []
    missing = {key for row in waiting for key in depends[row.key] if key not in facts.products}
    before, total = _before(missing, every)
    sentence = f"{before} has no {stage.takes} product with its present settings for {len(missing)} of {total} exposures"
    if len(waiting) == len(open_rows):
        return [f"{sentence}: run it first, or exclude them."], []
    return [], [f"{sentence}: these are left out."]


def _question(
    open_rows: Sequence[RunRow],
    depends: Mapping[str, Sequence[str]],
    every: Mapping[str, Sequence[RunRow]],
) -> str:
    """Return the sentence that keeps a stage from running on products that were harmed."""
    needed = {key for row in open_rows for key in depends.get(row.key, ())}
    for name, some in every.items():
        harmed = [row for row in some if row.key in needed and row.harm]
        if harmed:
            return (
                f"The stage {name} did harm to {harmed[0].label}"
                + (f" and {len(harmed) - 1} others" if len(harmed) > 1 else "")
                + ": change its settings, leave it out, or accept it there."
            )
    return ""


def _before(missing: set[str], every: Mapping[str, Sequence[RunRow]]) -> tuple[str, int]:
    for name, some in every.items():
        if any(row.key in missing for row in some):
            return {"detector1": "Detector 1", "image2": "Image 2"}.get(name, name), len(some)
    return "The stage before", len(missing)


def exposure_states(
    every: Mapping[str, Sequence[RunRow]],
) -> dict[str, tuple[tuple[str, RowState], ...]]:
    """
    Return the state of each exposure in each stage, by root.

    Parameters
    ----------
    every : mapping of str to sequence of RunRow
        Rows by name of the stage.
    """
    states: dict[str, dict[str, RowState]] = {}
    for name, some in every.items():
        for row in some:
            for root in row.exposures:
                states.setdefault(root, {})[name] = row.state
    return {root: tuple(states.items()) for root, states in states.items()}


def left_out_steps(every: Mapping[str, Sequence[RunRow]]) -> dict[str, tuple[tuple[str, str], ...]]:
    """
    Return the stages whose result of an exposure was made with steps left out, and which steps, by root.

    Parameters
    ----------
    every : mapping of str to sequence of RunRow
        Rows by name of the stage.
    """
    steps: dict[str, dict[str, str]] = {}
    for name, some in every.items():
        for row in some:
            for root in row.exposures if row.left_out else ():
                steps.setdefault(root, {})[name] = row.left_out
    return {root: tuple(stages.items()) for root, stages in steps.items()}


def engine_text(status: Any) -> str:
    """
    Return the state of the job engine in a few words.

    Parameters
    ----------
    status : object
        Status of the engine; None when it cannot be reached.
    """
    if status is None:
        return "engine not reachable"
    if not status.alive:
        return "idle"
    workers = getattr(status, "workers", 0)
    return f"engine on, {workers} worker{'' if workers == 1 else 's'}"
