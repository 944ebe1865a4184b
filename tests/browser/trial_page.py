"""
A dashboard of a program without the pipeline, in every state at once: what pages of the browser tests display.

A kernel imports this file, with the folders of the fakes on its path.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.dashboard import Dashboard
from miri_widgets.models.session import SessionModel
from miri_widgets.viewer import make_viewer
from tests.support import fake_rooms

MOST = 65535
"""Integrations and groups: NINTS and NGROUPS of JWST are 16 bit numbers."""

PROVED = ("stripes", "sky")

PROOF = {
    "verdict": "doubtful", "sentences": ["Fluxes of added sources change by 0.0 ± 0.1 %.", "Rows got more structure."],
    "grades": ["good", "doubtful"], "unit": "MJy/sr", "exposures": 10, "measured": 6, "sources": 206, "places": 40,
    "flux_bias": 0.0, "flux_bias_err": 0.001, "noise_ratio": 1.05,
}  # fmt: skip
"""What a step tells of its run."""

CELL = """
import sys
sys.path.insert(0, {here!r})
import trial_page
trial_page.{name}({folder!r}, **{more!r})
"""


def cell(folder: Path, name: str = "dashboard", **more: Any) -> str:
    """Return the code that displays the dashboard of a folder, or what another function here makes."""
    return CELL.format(here=str(Path(__file__).parent), name=name, folder=str(folder), more=more)


def dashboard(folder: str, *, start: bool = True, pace: float = 0.0, **more: Any) -> Dashboard:
    """
    Return a dashboard with all optional steps, on exposures that are written into `folder`.

    Parameters
    ----------
    folder : str
        Where exposures and products go.
    start : bool
        Whether a job is at work: runs of detector1 that are done, failed, running and waiting.
    pace : float
        Seconds that the engine takes for a run; 0 when it waits to be told.
    **more
        As for `fake_program`.
    """
    stages = tuple(stage.name for stage in fake_rooms.stages.STAGES if stage.optional)
    program = fake_rooms.fake_program(
        Path(folder), **{"dithers": 4, "stages": stages, "pitfalls": ("It is a trial.",), **more}
    )
    session = SessionModel(program, fake_rooms.fake_services(program, pace=pace))
    session.poll()
    if start:
        begin(session)
    session.follow()
    return Dashboard(session, viewer=make_viewer("light", height="420px"))


def long_names(folder: str) -> Dashboard:
    """Return the dashboard of a program whose runs have the longest labels and states that a run can have."""
    from dataclasses import replace

    stages = tuple(stage.name for stage in fake_rooms.stages.STAGES if stage.optional)
    program = fake_rooms.fake_program(
        Path(folder), dithers=12, filters=("F1500W",), stages=stages, title="A program with a long name " * 6
    )
    services = replace(
        fake_rooms.fake_services(program),
        left_out=lambda plan: "lastframe, rscd, jump (too few usable groups)",
    )
    session = SessionModel(program, services)
    session.poll()
    begin(session)
    session.follow()
    return Dashboard(session, viewer=make_viewer("light", height="420px"))


def sliders(folder: str) -> Dashboard:
    """Return a dashboard of exposures with very many groups and integrations; every slider is at its end."""
    made = dashboard(folder, start=False, dithers=1)
    session = made.session
    session.tab = "showers"
    session.showers.root = session.programs.exposures[0].root
    session.showers.integrations, session.showers.groups = MOST, MOST
    session.showers.integration = session.showers.group = MOST
    return made


def begin(session: SessionModel) -> None:
    """Submit everything; end some runs well, one badly, and leave one at work."""
    engine: Any = session.services.engine
    engine.reports = {
        name: {"proof": PROOF} for name, model in session.models.items() if model.stage.correction
    }
    session.run_all()
    first = [plan.key for plan in session.plans if plan.stage == "persistence"]
    engine.finish(*first)
    keys = [plan.key for plan in session.plans if plan.stage == "detector1"]
    engine.finish(*keys[:5])
    # one filter went through steps with a proof, and has a mosaic
    engine.finish(*[plan.key for plan in session.plans if plan.stage in PROVED or "f770w" in plan.label])
    engine.fail(keys[5])
    engine.step(keys[6], 4)
    session.poll()
    session.show(session.stages["detector1"].products[0])
    session.click(20.0, 30.0)
    session.poll()


def hostile_dashboard(folder: str) -> Dashboard:
    """Return the dashboard of a program whose texts are all of `hostile.PAYLOADS` at once."""
    from tests.support import hostile

    session = hostile.session(fake_rooms, Path(folder), " ".join(hostile.PAYLOADS.values()))
    made = Dashboard(session, viewer=make_viewer("light", height="420px"))
    session.show(session.programs.mosaics[0].path)
    return made


def hostile_shifts(folder: str) -> Any:
    """Return the view of a table of shifts with such texts."""
    from dataclasses import replace

    from miri_widgets.panels.shifts import show_shifts
    from tests.support import hostile, shift_files

    text = " ".join(hostile.PAYLOADS.values())
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    one = shift_files.trusted(1, 3, source=plain)
    one = replace(one, group=replace(one.group, guide_star=plain), reason=plain, filter=plain)
    return show_shifts(shift_files.write_shift_files(Path(folder), (one,), notes=(plain,)).table)
