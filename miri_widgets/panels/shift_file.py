"""The panel of a table of shifts: choose a CSV or ECSV file, see it judged, save the judged table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.analysis.shift_assessment import read_any_shifts
from miri_widgets.models.program_chooser import FolderModel
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.folders import FolderChooser
from miri_widgets.panels.parts.theme import stylesheet, text
from miri_widgets.panels.shifts import ShiftsView
from miri_widgets.products.tables.measured_shifts import COLUMNS

__all__ = ["ShiftFilePanel"]


class ShiftFilePanel(Part):
    """
    A file chooser above all that is known of the shifts in the chosen file.

    Parameters
    ----------
    start : Path
        Where to look for files first; the home folder when it does not exist.
    """

    def __init__(self, start: Path) -> None:
        super().__init__("mw-app", "mw-panel")
        self.folders = FolderModel(start if start.is_dir() else None, (".csv", ".ecsv", ".tsv", ".txt"))
        self.shifts = ShiftsModel()
        self.chooser, self.view = FolderChooser(self.folders), ShiftsView(self.shifts)
        self.other_guide_stars = ipywidgets.Checkbox(
            description="Give groups that failed the mean of those on other guide stars, if they agree",
            indent=False,
        )
        self.other_guide_stars.add_class("mw-wide")
        for part in (self.view, self.other_guide_stars):
            part.layout.display = "none"
        self.children = (
            stylesheet(),
            text(_heading(), "mw-panel-head"),
            self.chooser,
            self.other_guide_stars,
            self.view,
        )
        self.watch(self.folders, self._follow, "value")
        self.other_guide_stars.observe(self._follow, "value")

    def _follow(self, _: Any) -> None:
        """Judge the chosen file; another version of the same file is another one."""
        path = getattr(self.folders.value, "chosen", None)
        if path is None:
            return
        self.view.layout.display = self.other_guide_stars.layout.display = ""
        try:
            changed = path.stat().st_mtime_ns
        except OSError:  # it went away since: reading it says so
            changed = 0
        guess = self.other_guide_stars.value
        self.shifts.request((path, changed, guess), read_any_shifts, path, guess)


def _heading() -> str:
    need = " or ".join(f"<code>{name}</code>" for name in COLUMNS["root"][:3])
    return (
        "<h2>Table of shifts<span>measured elsewhere</span></h2><p>Choose a CSV or ECSV file of shifts that were measured "
        "exposure by exposure. It is judged at once: groups, robust averages, fall-backs, verdicts.</p>"
        f'<details><summary>? Columns that are needed</summary><div class="mw-help"><p>File name of the exposure ({need}), and '
        "<code>dx_arcsec</code>, <code>dy_arcsec</code>: what must be added to RA cos(Dec) and Dec. Optional: guide star, "
        "filter, field, group, err, matches, status.</p></div></details>"
    )
