"""How soon the panel of shifts stands after a run on 45 exposures of 5 groups: files are read, all is drawn."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from keys import Key

sys.path.insert(0, str(Path(__file__).parents[2]))

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.shifts import ShiftsPanel
from tests.support import fake_rooms
from tests.support.shift_files import field_session, finish_stage, trusted, write_shift_files

KEYS = (
    Key("shifts.panel_45_s", "s", at_most=1.0),
    Key("shifts.panel_45_all_tabs_s", "s"),
)
REPEATS = 5
GROUPS, EACH = 5, 9


def measured_session(folder: Path) -> SessionModel:
    """Return a session whose stage of shifts has run."""
    session = field_session(fake_rooms, folder / "field", tiles=GROUPS, each=EACH)
    shifts = tuple(trusted(tile, EACH, first=(tile - 1) * EACH + 1) for tile in range(1, GROUPS + 1))
    files = write_shift_files(folder, shifts)
    finish_stage(session, "shifts", (files.table, files.measured), files.report)
    return session


def opened(session: SessionModel) -> tuple[float, float]:
    """Return seconds until verdicts and map stand, and until every chart and list was opened, too."""
    began = time.perf_counter()
    panel = ShiftsPanel(session)
    view = panel.views["shifts"]
    first = time.perf_counter() - began
    assert len(view.verdicts.table.rows) == GROUPS
    assert view.views["sky"].map.figure.marks[0].x.shape == (GROUPS * EACH, 5)
    for name in view.charts:
        view.tabs.active = name
    seconds = time.perf_counter() - began
    panel.close()
    return first, seconds


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Open the panel some times; the slowest counts, which is the first."""
    with tempfile.TemporaryDirectory() as name:
        session = measured_session(Path(name))
        times = [opened(session) for _ in range(REPEATS)]
        session.close()
    values: dict[str, float | None] = {
        "shifts.panel_45_s": max(first for first, _ in times),
        "shifts.panel_45_all_tabs_s": max(every for _, every in times),
    }
    fastest = min(first for first, _ in times)
    note = (
        f"panel of shifts: {GROUPS * EACH} exposures, fastest {fastest:.2f} s; load {os.getloadavg()[0]:.1f}"
    )
    return values, [note]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(bool(write("shifts_panel_bench", KEYS, *measure()))))
