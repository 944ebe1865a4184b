"""How soon the view of measured shifts stands: 45 exposures of 5 groups, read from files."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from keys import Key

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))

from shift_files import ShiftFiles, write_shift_files

from miri_widgets.models.shifts import ShiftsModel, read_shift_facts
from miri_widgets.panels.shifts import ShiftsView

KEYS = (
    Key("shifts.panel_45_s", "s", at_most=1.0),
    Key("shifts.panel_45_all_tabs_s", "s"),
)
REPEATS = 5


def opened(files: ShiftFiles) -> tuple[float, float]:
    """Return seconds until the verdicts and the map stand, and until every tab was opened."""
    began = time.perf_counter()
    shifts = ShiftsModel()
    footprints = {path.name.rpartition("_")[0]: path for path in files.exposures}
    shifts.ask("bench", lambda: read_shift_facts(files.table, files=footprints, report=files.report))
    view = ShiftsView(shifts)
    first = time.perf_counter() - began
    assert len(view.verdicts.table.rows) == 5
    for name in view.looks:
        view.tabs.active = name
    seconds = time.perf_counter() - began
    view.close()
    return first, seconds


def measure() -> tuple[dict[str, float | None], list[str]]:
    """Open the view some times; the slowest counts, and that is the first, which imports the most."""
    with tempfile.TemporaryDirectory() as name:
        files = write_shift_files(Path(name))
        times = [opened(files) for _ in range(REPEATS)]
    values: dict[str, float | None] = {
        "shifts.panel_45_s": max(first for first, _ in times),
        "shifts.panel_45_all_tabs_s": max(every for _, every in times),
    }
    fastest = min(first for first, _ in times)
    note = f"shifts panel: {len(files.exposures)} exposures, fastest {fastest:.2f} s; load {os.getloadavg()[0]:.1f}"
    return values, [note]


if __name__ == "__main__":
    from tables import write

    raise SystemExit(int(write("shifts_panel_bench", KEYS, *measure()) > 0))
