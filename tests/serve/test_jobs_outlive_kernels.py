"""A job goes on when the kernel that submitted it is ended: by its lease, by the system, or with the whole server."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import re
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import psutil
import pytest
from tornado.websocket import websocket_connect

from miri_widgets.products.exposure import Exposure
from miri_widgets.products.names import ExposureName
from miri_widgets.run import Engine, RunStatus, completed, plan_stages, products
from miri_widgets.serve import ServerProcess, start_server

RUN = Path(__file__).parents[1] / "run"
"""Has `fake_executor`, which does the work of a stage without the pipeline."""

PATIENCE = 120.0

CELL = """
import os, pickle
from pathlib import Path
from miri_widgets.run import Engine
engine = Engine({workspace!r}, workers=2, idle_minutes=1, memory_mb=4000)
job = engine.submit(pickle.loads(Path({plans!r}).read_bytes()))
Path({told!r}).with_suffix(".new").write_text(f"{{os.getpid()}} {{job}}")
Path({told!r}).with_suffix(".new").rename({told!r})
"""


def raw_exposure(folder: Path, number: int) -> Exposure:
    """Return what `fake_executor` takes for a raw exposure."""
    name = ExposureName.parse(f"jw01040001001_02101_{number:05d}_mirimage_uncal.fits")
    path = folder / name.filename
    path.write_text(f"ramp {number}")
    status = path.stat()
    return Exposure(
        path=path, name=name, filter="F770W", subarray="SUB256", readpatt="FASTR1", nints=1, ngroups=10, nx=256, ny=256,
        dither=number, dithers=2, start=f"2022-07-01T00:00:{number:02d}", start_mjd=59761.0 + number / 1000,
        end_mjd=59761.001 + number / 1000, exposure_time=10.0, guide_star="N1", target="x", ra=10.0, dec=20.0,
        s_region="", size=status.st_size, mtime_ns=status.st_mtime_ns, tile=1,
    )  # fmt: skip


def wait_for(condition: Callable[[], object], because: str) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, because
        time.sleep(0.2)


def open_page(server: ServerProcess) -> None:
    """Load the page as a browser does, and connect to its kernel for a moment."""
    with urllib.request.urlopen(server.page_url("page.ipynb"), timeout=PATIENCE) as answer:
        text = answer.read().decode()
    found = re.search(r'"kernelId":\s*"([-\w]+)"', text)
    assert found is not None, "the page names its kernel"
    address = urljoin(server.url, f"api/kernels/{found[1]}/channels").replace("http", "ws", 1)

    async def connect() -> None:
        connection = await websocket_connect(address)
        await asyncio.sleep(1.0)
        assert server.status()["connected"] == 1
        connection.close()

    asyncio.run(asyncio.wait_for(connect(), PATIENCE))


@pytest.mark.parametrize("how", ["lease", "killed", "server"])
def test_a_job_ends_with_its_products_after_its_kernel_is_gone(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MIRI_WIDGETS_EXECUTOR": "fake_executor:execute",
        "MIRI_WIDGETS_PRELOAD": "",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(RUN), os.environ.get("PYTHONPATH", "")])),
    }.items():
        monkeypatch.setenv(name, value)
    pages, raw = tmp_path / "pages", tmp_path / "uncal"
    pages.mkdir()
    raw.mkdir()
    engine = Engine(tmp_path / "work", workers=2, idle_minutes=1, memory_mb=4000)
    exposures = [raw_exposure(raw, number) for number in (1, 2)]
    environment = {"CRDS_CONTEXT": "jwst_9001.pmap", "CRDS_PATH": "/nowhere"}
    release = tmp_path / "release"
    settings = {"detector1": {"jump.hold_until": str(release), "jump.tag": how}}
    plans = plan_stages(engine.workspace, exposures, ("detector1",), settings, environment, product_name="x")
    told = tmp_path / "told.txt"
    (tmp_path / "plans").write_bytes(pickle.dumps(plans))
    cell = CELL.format(workspace=str(tmp_path / "work"), plans=str(tmp_path / "plans"), told=str(told))
    (pages / "page.ipynb").write_text(
        json.dumps(
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "execution_count": None,
                        "id": "a",
                        "metadata": {},
                        "outputs": [],
                        "source": cell,
                    }
                ],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        )
    )
    try:
        with start_server(pages, ping=1.0, grace=2.0) as server:
            open_page(server)
            wait_for(told.exists, "the cell has not run")
            pid, job = told.read_text().split()
            process = psutil.Process(int(pid))
            assert process.is_running()

            def at_work() -> dict[str, str]:
                """Process and folder of each run that is at work, by its key."""
                journals = engine.workspace.runs.rglob("*.partial/journal.txt")
                found = {path.parent.name.removesuffix(".partial"): path.read_text() for path in journals}
                return found if len(found) == len(plans) and all(found.values()) else {}

            if how == "killed":
                process.kill()
            if how == "server":
                wait_for(at_work, "the runs have not begun")
                server.close()
            wait_for(
                lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE,
                "the kernel outlives its page",
            )
            if how != "server":
                wait_for(lambda: server.status()["kernels"] == 0, "the server keeps what has ended")
            wait_for(at_work, "the runs have not begun")
            begun = at_work()
            state = engine.state(job)
            assert state.active and not any(run.status.ended for run in state.runs), (
                "the job is still at work"
            )
            release.touch()
            state = engine.wait(job, PATIENCE)
        assert [run.status for run in state.runs] == [RunStatus.DONE] * 2
        for plan in plans:
            record = completed(engine.workspace.root, plan.key, plan.stage)
            assert record is not None
            kept = engine.workspace.run_folder(plan.stage, plan.key) / "journal.txt"
            assert kept.read_text() == begun[plan.key], "the run was not begun anew"
            names = [path.name for path in products(engine.workspace, plan)]
            assert names == [f"{plan.label}_rate.fits", f"{plan.label}_rateints.fits"]
        assert not list(engine.workspace.runs.rglob("*.partial"))
    finally:
        for each in engine.active():
            engine.cancel(each)
        engine.shutdown()
