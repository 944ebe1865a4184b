"""The engine against a serial loop, and what it costs and saves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.product_digest import content_hash
from miri_widgets.products.scan import scan
from miri_widgets.run import RunPlan, plan_stages, products
from miri_widgets.run.engine import Engine
from miri_widgets.run.jobs import JobState, RunStatus
from miri_widgets.run.records import completed
from miri_widgets.run.workspace import Workspace
from miri_widgets.simulation import PROGRAMS, crds_environment, simulate
from miri_widgets.simulation.twins import ensure_twin

EXPOSURES = 4
CHAIN = ("detector1", "image2")
MINUTES = 30 * 60


class Bench:
    """Simulated exposures, their environment, and a folder that is thrown away."""

    def __init__(self) -> None:
        full, small = ensure_twin("demo"), ensure_twin("small")
        self.environment = {**crds_environment(full.cache, full.context)}
        self.full = scan([full.folder / "uncal"]).exposures[:EXPOSURES]
        self.small = scan([small.folder / "uncal"]).exposures
        self.folder = Path(tempfile.mkdtemp(prefix="miri-bench-"))

    def many_integrations(self) -> tuple[Exposure, ...]:
        """Simulate exposures of 50 short integrations."""
        program = PROGRAMS["small"].replace(name="many", subarray="SUB64", ngroups=10, nints=50)
        simulate(program, self.folder / "many-raw")
        return scan([self.folder / "many-raw" / "uncal"]).exposures

    def engine(self, name: str, workers: int) -> Engine:
        """Return an engine of its own, warmed with one small exposure."""
        engine = Engine(Workspace(self.folder / name), workers=workers)
        warm = self.plans(engine, self.small[:1], CHAIN)
        engine.wait(engine.submit(warm), timeout=MINUTES)
        return engine

    def plans(
        self,
        engine: Engine,
        exposures: Sequence[Exposure],
        stages: Sequence[str],
        settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> tuple[RunPlan, ...]:
        """Plan stages."""
        return plan_stages(engine.workspace, exposures, stages, settings or {}, self.environment)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def timed(engine: Engine, plans: Sequence[RunPlan]) -> tuple[float, JobState]:
    """Run plans to their end; every run must end well."""
    began = time.perf_counter()
    state = engine.wait(engine.submit(plans), timeout=MINUTES)
    seconds = time.perf_counter() - began
    bad = [run for run in state.runs if not run.status.good]
    if bad:
        raise RuntimeError(f"{bad[0].stage} {bad[0].label}: {bad[0].error}")
    return seconds, state


def serial(bench: Bench, exposures: Sequence[Exposure], name: str, processes: int = 1) -> float:
    """
    Return the seconds of the serial loop, or of the slowest of several loops at the same time, each with one thread.

    The products of all lie in one folder.
    """
    script = str(Path(__file__).with_name("serial_loop.py"))
    environment = {**os.environ, **bench.environment}
    if processes > 1:
        environment |= {"OMP_NUM_THREADS": "1", "MAXIMUM_CORES": "1"}
    loops = [
        subprocess.Popen(
            [sys.executable, script, str(bench.folder / name), str(bench.small[0].path)]
            + [str(one.path) for one in exposures[first::processes]],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in range(processes)
    ]
    outputs = [loop.communicate()[0] for loop in loops]
    if any(loop.returncode for loop in loops):
        raise RuntimeError(f"the loop of {name} ended with {[loop.returncode for loop in loops]}")
    return max(float(output.split()[-1]) for output in outputs)


def differing(bench: Bench, engine: Engine, plans: Sequence[RunPlan], name: str) -> int:
    """Return how many products of runs are not, bit by bit, those of a loop."""
    made = [path for plan in plans for path in products(engine.workspace, plan) if path.suffix == ".fits"]
    if not made:
        raise RuntimeError("the runs left no products")
    return sum(content_hash(path) != content_hash(bench.folder / name / path.name) for path in made)


def recomputed(state: JobState) -> int:
    """Return how many runs were done and not reused."""
    return sum(run.status == RunStatus.DONE for run in state.runs)


def measure() -> dict[str, float]:
    """Return the figures of the engine."""
    bench = Bench()
    values: dict[str, float] = {}
    try:
        values["engine.serial_s"] = serial(bench, bench.full, "serial")
        values["engine.by_hand_s"] = serial(bench, bench.full, "by_hand", processes=2)
        two = bench.engine("two", workers=2)
        plans = bench.plans(two, bench.full, CHAIN)
        values["engine.two_workers_s"], _ = timed(two, plans)
        values["engine.speedup_2_workers"] = values["engine.serial_s"] / values["engine.two_workers_s"]
        values["engine.speedup_by_hand"] = values["engine.by_hand_s"] / values["engine.two_workers_s"]
        values["engine.differing"] = sum(differing(bench, two, plans, name) for name in ("serial", "by_hand"))
        many = bench.many_integrations()
        slow = serial(bench, many, "many")
        plans = bench.plans(two, many, CHAIN)
        values["engine.many_ints_speedup"] = slow / timed(two, plans)[0]
        values["engine.differing"] += differing(bench, two, plans, "many")
        values |= reruns(bench, two)
        values["engine.cancel_s"] = cancel(bench, two)
        two.shutdown()
        values["engine.overhead_s"] = overhead(bench)
    finally:
        bench.close()
    return values


def reruns(bench: Bench, engine: Engine) -> dict[str, float]:
    """Run a finished program again: unchanged, and with one parameter of image3 changed."""
    stages = (*CHAIN, "image3")
    timed(engine, bench.plans(engine, bench.small, stages))
    began = time.perf_counter()
    fresh = Engine(engine.workspace)
    _, unchanged = timed(fresh, bench.plans(fresh, bench.small, stages))
    seconds = time.perf_counter() - began
    changed = {"image3": {"resample.pixfrac": 0.9}}
    _, state = timed(fresh, bench.plans(fresh, bench.small, stages, changed))
    if any(run.status == RunStatus.DONE and run.stage != "image3" for run in state.runs):
        raise RuntimeError("a changed image3 parameter recomputed an earlier stage")
    return {
        "engine.unchanged_rerun_s": seconds,
        "engine.unchanged_recomputed": recomputed(unchanged),
        "engine.changed_image3_recomputed": recomputed(state),
    }


def cancel(bench: Bench, engine: Engine) -> float:
    """Return the seconds from the wish to stop until the job has ended and left nothing half-written."""
    plans = bench.plans(engine, bench.full, ("detector1",), {"detector1": {"jump.rejection_threshold": 7.5}})
    job = engine.submit(plans)
    time.sleep(4.0)
    began = time.perf_counter()
    engine.cancel(job)
    engine.wait(job, timeout=60)
    seconds = time.perf_counter() - began
    left = list(engine.workspace.root.rglob("*.partial"))
    if left:
        raise RuntimeError(f"left half-written: {left}")
    return seconds


def overhead(bench: Bench) -> float:
    """Return the seconds per run that are not spent in the pipeline, one worker, warm."""
    engine = bench.engine("one", workers=1)
    plans = bench.plans(engine, bench.small[1:], CHAIN)
    seconds, _ = timed(engine, plans)
    records = [completed(engine.workspace, plan.key, plan.stage) for plan in plans]
    inside = sum(record.seconds for record in records if record)
    engine.shutdown()
    return (seconds - inside) / len(plans)
