"""The panel of a table of shifts: choose a CSV or ECSV file, assess it, save the assessed table."""

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
    A file chooser above the assessment of the shifts in the chosen file.

    Parameters
    ----------
    start : Path
        Initial folder; the home folder if it does not exist.
    workspace : Path, optional
        Workspace that copies go into; by default they go beside the file.
    """

    def __init__(self, start: Path, workspace: Path | None = None) -> None:
        super().__init__("mw-app", "mw-panel")
        self.folders = FolderModel(start if start.is_dir() else None, (".csv", ".ecsv", ".tsv", ".txt"))
        self.shifts = ShiftsModel()
        self.chooser, self.view = FolderChooser(self.folders), ShiftsView(self.shifts, workspace)
        self.other_guide_stars = ipywidgets.Checkbox(
            description="Give groups that failed the mean of those on other guide stars, if they agree",
            indent=False,
        )
        self.other_guide_stars.add_class("mw-wide")
        for widget in (self.view, self.other_guide_stars):
            widget.layout.display = "none"
        self.children = (
            stylesheet(),
            text(_heading(), "mw-panel-head"),
            self.chooser,
            self.other_guide_stars,
            self.view,
        )
        self.watch(self.folders, self._update, "value")
        self.other_guide_stars.observe(self._update, "value")

    def _update(self, _: Any) -> None:
        """Assess the chosen file; a changed file is assessed again."""
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
