"""
What the page shows of the progress of a whole reduction: ``python tests/benchmarks/progress_science.py [PROGRAM]``.

A simulated twin is reduced from nothing in a workspace of its own while a recorder takes what the model of the page
shows, several times a second. With ``--events FILE`` the recorder is given the events of a job that has ended, as they
came: the model is a function of events and clock only. ``--fresh`` takes the predictions of a machine on which nothing
has run, from the plans beside the events. ``--steady LOAD`` lets each run take its processor time times LOAD, on the
workers of the job: what the job would have taken on a machine that does nothing else, or always the same.

The table: by stage, when its first exposure was done, the estimate of the total then, the true total, and the error;
then the longest time without any change, whether the share ever fell, and what was shown at most before the end.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from miri_widgets.run.events import EventKind, JobEvent, read_events
from miri_widgets.run.jobs import JobReducer, JobState
from miri_widgets.run.progress import JobsInProgress, Progress

ROOT = Path(__file__).parents[2]
TICK = 0.25


@dataclass(frozen=True)
class Shown:
    """What a page shows at one moment: seconds since the start, progress, and stages with a complete run."""

    time: float
    progress: Progress
    complete: frozenset[str]


def shown(job: JobState, jobs: JobsInProgress, now: float) -> Shown:
    """Return what is shown of a job."""
    complete = frozenset(run.stage for run in job.runs if run.status.good)
    return Shown(now - job.submitted, jobs.take([job] if job.active else []), complete)


def replayed(events: Sequence[JobEvent], tick: float = TICK) -> list[Shown]:
    """Give the events of a job to the model as they came, with the clock between them."""
    folded, jobs, found = JobReducer(), JobsInProgress(), []
    now, place, end = events[0].time, 0, events[-1].time
    while now <= end + tick:
        upto = place
        while upto < len(events) and events[upto].time <= now:
            upto += 1
        folded.apply(events[place:upto])
        place = upto
        state = folded.state(now)
        if state.active:
            found.append(shown(state, jobs, now))
        now += tick
    return found


def live(name: str) -> list[Shown]:
    """Simulate a twin, reduce it in a new workspace, and record."""
    from miri_widgets.products.program import as_simulated, load_program
    from miri_widgets.run.engine import Engine
    from miri_widgets.run.reduction import Reduction
    from miri_widgets.simulation.twins import ensure_twin

    program = load_program(ROOT / "dashboards" / f"{name}.toml")
    ensure_twin(name, notify=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        job = Reduction(replace(as_simulated(program, name), workspace=Path(folder)), engine=engine).submit()
        jobs, found = JobsInProgress(), []
        while (state := engine.state(job)).active:
            found.append(shown(state, jobs, time.time()))
            time.sleep(TICK)
        engine.shutdown()
    return found


def as_now(events: Sequence[JobEvent], plans: Iterable[Any]) -> list[JobEvent]:
    """
    Let the events of an earlier version say what they say today.

    A run names the runs that it needs; the import of the pipeline is no part of what the first runs take.
    """
    needs = {plan.key: tuple(plan.depends) for plan in plans}
    worked = {event.key: event.time - event.seconds for event in events if event.kind == EventKind.DONE}
    changed = []
    for event in events:
        if event.kind == EventKind.QUEUED and event.seconds:
            event = replace(event, depends=needs[event.key])
        elif event.kind == EventKind.STARTED and worked.get(event.key, 0.0) - event.time > 2.0:
            event = replace(event, time=worked[event.key])
        changed.append(event)
    return sorted(changed, key=lambda event: event.time)


def as_fresh(events: Sequence[JobEvent], plans: Iterable[Any]) -> list[JobEvent]:
    """Replace the predictions of a job by those of a machine on which nothing has run."""
    from miri_widgets.run.estimates import estimate

    seconds = {plan.key: estimate(plan.stage, exposures_of(plan.size), ()).seconds for plan in plans}
    return [
        replace(event, seconds=seconds[event.key], measured=False)
        if event.kind == EventKind.QUEUED and event.seconds
        else event
        for event in events
    ]


def exposures_of(size: str) -> list[Any]:
    """Return exposures of the size of a plan, as ``12*1024x1032x8x1``."""
    count, _, shape = size.rpartition("*")
    ny, nx, ngroups, nints = map(int, shape.split("x"))
    return [SimpleNamespace(ny=ny, nx=nx, ngroups=ngroups, nints=nints)] * int(count or 1)


def as_steady(
    events: Sequence[JobEvent], plans: Sequence[Any], taken: dict[str, float], startup: float = 8.0
) -> list[JobEvent]:
    """Return the events of the same job if each run took a given time, s, from the end of the import on."""
    first = [event for event in events if event.kind == EventKind.SUBMITTED or event.seconds]
    first = [event for event in first if event.kind in (EventKind.SUBMITTED, EventKind.QUEUED)]
    plans = [plan for plan in plans if plan.key in taken]  # what failed took no time that is known
    first = [event for event in first if not event.key or event.key in taken]
    begin, workers, job = first[0].time, first[0].index, first[0].job
    ranks = {stage: rank for rank, stage in enumerate(dict.fromkeys(plan.stage for plan in plans))}
    ended: dict[str, float] = {}
    waiting, later, busy = list(plans), [], dict.fromkeys(range(workers), begin + startup)
    while waiting:
        worker = min(busy, key=lambda number: busy[number])
        now = busy[worker]
        keys = {plan.key for plan in plans}
        able = [
            plan
            for plan in waiting
            if all(ended.get(key, now + 1) <= now for key in plan.depends if key in keys)
        ]
        if not able:
            busy[worker] = min(end for end in ended.values() if end > now)
            continue
        plan = max(able, key=lambda plan: ranks[plan.stage])
        waiting.remove(plan)
        end = ended[plan.key] = busy[worker] = now + taken[plan.key]
        names = {"job": job, "key": plan.key, "stage": plan.stage, "label": plan.label}
        later.append(JobEvent(time=now, kind=EventKind.STARTED, **names))
        later.append(JobEvent(time=end, kind=EventKind.DONE, seconds=taken[plan.key], **names))
    later.append(JobEvent(time=max(ended.values()), job=job, kind=EventKind.JOB_DONE))
    return [*first, *sorted(later, key=lambda event: event.time)]


def table(record: Sequence[Shown]) -> list[str]:
    """Return the lines of the table."""
    total = record[-1].time
    lines = [f"true total {total:.0f} s, load {os.getloadavg()[0]:.1f}"]
    lines.append(f"{'stage':12s} {'after':>7s} {'estimate':>9s} {'truth':>7s} {'error':>7s}")
    for stage in dict.fromkeys(name for one in record for name in sorted(one.complete)):
        first = next(one for one in record if stage in one.complete)
        if first.progress.eta is None:
            lines.append(f"{stage:12s} {first.time:6.0f}s   unknown")
            continue
        guess = first.time + first.progress.eta
        lines.append(
            f"{stage:12s} {first.time:6.0f}s {guess:8.0f}s {total:6.0f}s {100 * (guess / total - 1):+6.0f}%"
        )
    fractions = [one.progress.fraction for one in record]
    falls = sum(after < before for before, after in pairwise(fractions))
    lines.append(f"longest without any change: {longest_still(record):.1f} s; the share fell {falls} times")
    lines.append(f"most that was shown before the end: {int(100 * max(fractions))} %")
    return lines


def longest_still(record: Sequence[Shown]) -> float:
    """Return the longest time, s, during which the text of the page did not change."""
    longest, since, last = 0.0, record[0].time, record[0].progress.text
    for one in record:
        if one.progress.text != last:
            since, last = one.time, one.progress.text
        longest = max(longest, one.time - since)
    return longest


def recorded(options: argparse.Namespace) -> list[Shown]:
    """Replay a job that has ended."""
    from miri_widgets.run.job_files import read_job
    from miri_widgets.run.records import completed
    from miri_widgets.run.workspace import Workspace

    folder = options.events.parent
    workspace = Workspace(folder.parents[1])
    plans = read_job(workspace, folder.name).plans
    events = as_now(read_events(options.events)[0], plans)
    if options.steady:
        records = {plan.key: completed(workspace, plan.key, plan.stage) for plan in plans}
        taken = {key: options.steady * record.cpu_seconds for key, record in records.items() if record}
        events = as_steady(events, plans, taken)
    return replayed(as_fresh(events, plans) if options.fresh else events)


def main() -> int:
    """Record, or replay, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", nargs="?", default="smacs0723_2736")
    parser.add_argument("--events", type=Path, help="events.jsonl of a job that has ended, instead of a run")
    parser.add_argument("--fresh", action="store_true", help="predictions as where nothing has run")
    parser.add_argument(
        "--steady", type=float, metavar="LOAD", help="runs take their processor time times LOAD"
    )
    options = parser.parse_args()
    record = live(options.program) if options.events is None else recorded(options)
    print("\n".join(table(record)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
