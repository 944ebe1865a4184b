"""Why a run waits, as a sentence: for other runs, for a worker, or for memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from humanize import naturalsize

__all__ = ["waiting_reasons"]


def waiting_reasons(
    plans: Sequence[Any],
    statuses: Mapping[str, str],
    complete: Collection[str],
    engine: Any = None,
) -> dict[str, str]:
    """
    Tell what every waiting run waits for.

    Parameters
    ----------
    plans : sequence of RunPlan
        Current runs; a run comes after those that it needs.
    statuses : mapping of str to str
        Status by key, of all runs that the engine knows.
    complete : collection of str
        Keys of the runs whose products are there.
    engine : EngineStatus, optional
        How many workers there are, and the memory of all runs [MB]; 0 where it is not known.

    Returns
    -------
    dict of str to str
        Sentences by key, without a full stop; what is not known is left out.
    """
    by_key = {plan.key: plan for plan in plans}
    busy = sum(status == "running" for status in statuses.values())
    limit = float(getattr(engine, "memory_mb", 0.0) or 0.0)
    taken = sum(
        min(float(getattr(by_key[key], "predicted_mb", 0.0)), limit)
        for key, status in statuses.items()
        if status == "running" and key in by_key
    )
    reasons = {}
    for plan in plans:
        if statuses.get(plan.key) != "waiting":
            continue
        needed = [by_key[key] for key in plan.depends if key in by_key and key not in complete]
        text = _for_runs(needed) or _for_capacity(plan, busy, limit, taken, engine)
        if text:
            reasons[plan.key] = text
    return reasons


def _for_runs(needed: Sequence[Any]) -> str:
    if not needed:
        return ""
    if len(needed) == 1:
        return f"waits for {needed[0].stage} of {needed[0].label}"
    counts = Counter(plan.stage for plan in needed)
    return "waits for " + " and ".join(
        f"{count} {stage} run{'' if count == 1 else 's'}" for stage, count in counts.items()
    )


def _for_capacity(plan: Any, busy: int, limit: float, taken: float, engine: Any) -> str:
    if engine is None or not getattr(engine, "alive", False):
        return "waits for the job engine to start"
    workers = int(getattr(engine, "workers", 0) or 0)
    if workers and busy >= workers:
        return f"waits for a free worker: {busy} of {workers} {'is' if busy == 1 else 'are'} at work"
    need = min(float(getattr(plan, "predicted_mb", 0.0)), limit)
    if limit and busy and need > limit - taken:
        return f"waits for memory: needs {naturalsize(need * 1e6)}, {naturalsize(max(limit - taken, 0) * 1e6)} free"
    return ""
