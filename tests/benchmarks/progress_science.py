"""
What the page shows of the progress of a whole reduction: ``python tests/benchmarks/progress_science.py [PROGRAM]``.

A simulated twin is reduced from nothing in a workspace of its own while a recorder takes what the model of the page
shows, several times a second. With ``--events FILE`` the recorder is given the events of a job that has ended, as they
came: the model is a function of events and clock only. ``--fresh`` takes the predictions of a machine on which nothing
has run, from the plans beside the events.

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

from miri_widgets.models.progress import JobsInProgress, Progress
from miri_widgets.run.events import EventKind, JobEvent, read_events
from miri_widgets.run.jobs import JobFold, JobState

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
    folded, jobs, found = JobFold(), JobsInProgress(), []
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
    from miri_widgets.products.program import as_twin, load_program
    from miri_widgets.run.engine import Engine
    from miri_widgets.run.reduction import Reduction
    from miri_widgets.simulation.twins import ensure_twin

    program = load_program(ROOT / "dashboards" / f"{name}.toml")
    ensure_twin(name, say=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        job = Reduction(replace(as_twin(program, name), workspace=Path(folder)), engine=engine).submit()
        jobs, found = JobsInProgress(), []
        while (state := engine.state(job)).active:
            found.append(shown(state, jobs, time.time()))
            time.sleep(TICK)
        engine.shutdown()
    return found


def as_fresh(
    events: Sequence[JobEvent], plans: Iterable[object], exposures: Sequence[object]
) -> list[JobEvent]:
    """Replace the predictions of a job by those of a machine on which nothing has run."""
    from miri_widgets.run.estimates import estimate

    by_root = {one.root: one for one in exposures}  # type: ignore[attr-defined]
    seconds = {
        plan.key: estimate(plan.stage, [by_root[root] for root in plan.exposures], ()).seconds  # type: ignore[attr-defined]
        for plan in plans
    }
    return [
        replace(one, seconds=seconds[one.key], measured=False)
        if one.kind == EventKind.QUEUED and one.seconds
        else one
        for one in events
    ]


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
    longest, since, last = 0.0, record[0].time, record[0].progress.words
    for one in record:
        if one.progress.words != last:
            since, last = one.time, one.progress.words
        longest = max(longest, one.time - since)
    return longest


def main() -> int:
    """Record, or replay, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", nargs="?", default="smacs0723_2736")
    parser.add_argument("--events", type=Path, help="events.jsonl of a job that has ended, instead of a run")
    parser.add_argument(
        "--fresh", type=Path, metavar="FOLDER", help="folder of the raw exposures of that job"
    )
    options = parser.parse_args()
    if options.events is None:
        record = live(options.program)
    else:
        events, _ = read_events(options.events)
        if options.fresh is not None:
            from miri_widgets.products.scan import scan
            from miri_widgets.run.job_files import read_job
            from miri_widgets.run.workspace import Workspace

            job = options.events.parent
            plans = read_job(Workspace(job.parents[1]), job.name).plans
            events = as_fresh(events, plans, scan([options.fresh]).exposures)
        record = replayed(events)
    print("\n".join(table(record)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
