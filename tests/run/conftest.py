"""Workspaces whose runs are done by `fake_executor`, so that the engine is tested in seconds."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.names import ExposureName
from miri_widgets.run import Engine, plan_stages

ENVIRONMENT = {"CRDS_CONTEXT": "jwst_9001.pmap", "CRDS_PATH": "/nowhere"}


@pytest.fixture(autouse=True)
def fake_pipeline(monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.setenv("MIRI_WIDGETS_EXECUTOR", "fake_executor:execute")
    monkeypatch.setenv("MIRI_WIDGETS_PRELOAD", "")
    monkeypatch.syspath_prepend(here)  # for processes that multiprocessing spawns
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")])))


def make_exposure(folder: Path, number: int, text: str = "", filter_name: str = "F770W") -> Exposure:
    name = ExposureName.parse(f"jw01040001001_02101_{number:05d}_mirimage_uncal.fits")
    path = folder / name.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or f"ramp {number}")
    status = path.stat()
    return Exposure(
        path=path,
        name=name,
        filter=filter_name,
        subarray="SUB256",
        readpatt="FASTR1",
        nints=1,
        ngroups=10,
        nx=256,
        ny=256,
        dither=number,
        dithers=4,
        start=f"2022-07-01T00:00:{number:02d}",
        start_mjd=59761.0 + number / 1000,
        end_mjd=59761.001 + number / 1000,
        exposure_time=10.0,
        guide_star="N1",
        target="x",
        ra=10.0,
        dec=20.0,
        s_region="",
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        tile=1,
    )


PATIENCE = 600.0
"""Seconds for a job of short runs, on a machine that others use; it takes 1 to 5."""


class Bench:
    """A workspace, its raw exposures and an engine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine = Engine(root / "work", workers=2, idle_minutes=1, memory_mb=4000)
        self.workspace = self.engine.workspace

    def exposures(self, count: int, **texts: str) -> list[Exposure]:
        return [
            make_exposure(self.root / "uncal", number, texts.get(f"n{number}", ""))
            for number in range(1, count + 1)
        ]

    def plan(self, exposures, stages=("detector1",), **settings):
        values = {stage: {f"jump.{name}": v for name, v in settings.items()} for stage in stages[:1]}
        return plan_stages(self.workspace, exposures, stages, values, ENVIRONMENT, product_name="mosaic")

    def run(self, plans, timeout=PATIENCE, **more):
        job = self.engine.submit(plans)
        return self.engine.wait(job, timeout, **more)

    def partials(self):
        return [path for path in self.workspace.runs.rglob("*") if ".partial" in path.name]

    def kill_service(self) -> None:
        os.kill(self.engine.status().pid, signal.SIGKILL)

    def close(self) -> None:
        for job in self.engine.active():
            self.engine.cancel(job)
        if not self.engine.shutdown():
            with suppress(ProcessLookupError):
                self.kill_service()


@pytest.fixture
def bench(tmp_path):
    """A bench of its own, for tests that kill the service."""
    found = Bench(tmp_path)
    yield found
    found.close()


@pytest.fixture(scope="module")
def shared_root(tmp_path_factory):
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def shared_engine(shared_root):
    found = Bench(shared_root)
    yield found
    found.close()


@pytest.fixture
def shared(shared_engine, tmp_path):
    """A bench whose service lives for the whole module; raw exposures are the test's own."""
    shared_engine.root = tmp_path
    return shared_engine
