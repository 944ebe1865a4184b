"""The panel of tile shifts: verdicts, vectors on the sky, times, histograms, residuals, stars, groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.session import SessionModel
from miri_widgets.models.shifts import APPLY, ShiftsModel, next_step
from miri_widgets.panels.charts.offsets import OffsetHistogram
from miri_widgets.panels.charts.shiftplots import Residuals, ShiftTimes, ShiftVectors
from miri_widgets.panels.parts.base_view import Part, close_hidden
from miri_widgets.panels.parts.shifttable import Groups, Stars, Verdicts
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import button, escape, named, sentences, stylesheet, text
from miri_widgets.panels.sections import Sections
from miri_widgets.panels.stage import StagePanel

__all__ = ["ShiftsPanel", "ShiftsView", "show_shifts"]


class ShiftsView(Part):
    """
    The shifts of a program; needs no stage.

    Parameters
    ----------
    shifts : ShiftsModel
        The shifts; closed with the view.
    workspace : Path, optional
        Workspace that copies go into, where the shifts belong to no session; by default they go beside the table.
    """

    charts: ClassVar[dict[str, tuple[str, Callable[[ShiftsModel], Part]]]] = {
        "sky": ("Sky", ShiftVectors),
        "time": ("Time", ShiftTimes),
        "offsets": ("Offsets", OffsetHistogram),
        "residuals": ("Residuals", Residuals),
        "stars": ("Stars", Stars),
        "groups": ("Groups", Groups),
    }
    """Charts and lists below the verdicts, each made when it is opened."""

    def __init__(self, shifts: ShiftsModel, workspace: Path | None = None) -> None:
        super().__init__("mw-shifts")
        self.shifts = shifts
        self.workspace = shifts.session.program.workspace if shifts.session is not None else workspace
        self._named: Path | None = None
        self.state, self.notice = text(""), text("")
        self.next_button = button("", "mw-primary")
        self.next_button.on_click(lambda _: self._next_step())
        self.verdicts = Verdicts(shifts)
        self.name = named(
            ipywidgets.Text(continuous_update=False, layout=ipywidgets.Layout(flex="1 1 240px")),
            "Name of the copy",
        )
        self.save = button("Save a copy", tip="Write the table of shifts as ECSV")
        self.save.on_click(lambda _: self._save())
        self.copy = ipywidgets.HBox([self.name, self.save])
        self.copy.add_class("mw-row")
        charts = {
            name: chart for name, chart in self.charts.items() if name != "groups" or shifts.can_regroup
        }
        self.tabs = Tabs(items=[{"id": name, "title": title} for name, (title, _) in charts.items()])
        self.body = ipywidgets.VBox()
        self.views: dict[str, Part] = {}
        act = ipywidgets.HBox([self.next_button])
        act.add_class("mw-row")
        self.children = [self.state, act, self.verdicts, self.tabs, self.body, self.copy, self.notice]
        self.tabs.observe(self._open, "active")
        self.tabs.active = "sky"
        self.watch(shifts, self._update, "value", "working", "sentence", "stale")
        if shifts.session is not None:
            self.watch(shifts.session, self._update, "chain")

    def _open(self, change: Any) -> None:
        name = change["new"]
        if name in self.charts:
            if name not in self.views:
                self.views[name] = self.charts[name][1](self.shifts)
            self.body.children = (self.views[name],)

    @property
    def _chain(self) -> tuple[str, ...]:
        return self.shifts.session.chain if self.shifts.session is not None else ()

    @property
    def _can_apply(self) -> bool:
        return self.shifts.session is not None and APPLY in self.shifts.session.possible

    def _update(self, _: Any) -> None:
        shifts, facts = self.shifts, self.shifts.facts
        action = ""
        if shifts.sentence:
            self.state.value = sentences([shifts.sentence], "bad")
        elif facts is None:
            self.state.value = sentences(["Reading the shifts …"], "calm") if shifts.working else ""
        elif shifts.stale:
            self.state.value = sentences(
                ["These shifts were measured with other settings: run the stage again."], "warn"
            )
        else:
            sentence, action = next_step(facts, self._chain, can_apply=self._can_apply)
            good = sentence.startswith("All ")
            self.state.value = sentences([sentence], "good" if good else "warn")
        self.next_button.layout.display = "" if action and shifts.session is not None else "none"
        self.next_button.description = "Apply these shifts" if action == "take" else "Go to Apply shifts"
        self.copy.layout.display = "none" if facts is None else ""
        if facts is not None and facts.path != self._named:
            self._named, self.notice.value = facts.path, ""
            folder = self.workspace / "shifts" if self.workspace is not None else facts.path.parent
            end = "copy" if facts.path.stem.endswith("shifts") else "shifts"
            self.name.value = str(folder / f"{facts.path.stem}_{end}.ecsv")

    def _next_step(self) -> None:
        if self.shifts.session is not None:
            session = self.shifts.session
            session.use_stage(APPLY)
            session.tab = APPLY

    def _save(self) -> None:
        try:
            path = self.shifts.save_copy(self.name.value)
            self.notice.value = sentences([f"Saved as {path}."], "good")
        except MiriWidgetsError as error:
            self.notice.value = sentences([str(error)], "bad")

    def close(self) -> None:
        """Close all charts and the model."""
        close_hidden(self.views.values(), self.body)
        super().close()
        self.shifts.close()


class ShiftsPanel(StagePanel):
    """Shifts stage: the default panel, and the shifts of its runs, in front if there are any."""

    stage_name: ClassVar[str] = "shifts"

    def make_sections(self) -> Sections:
        """
        Return the sections of every stage, with the shifts after the settings.

        Returns
        -------
        Sections
            Title and view by name.
        """
        rest = super().make_sections()
        settings = rest.pop("settings")
        return {
            "settings": settings,
            "shifts": ("Shifts", lambda session, model: ShiftsView(ShiftsModel(session))),
            **rest,
        }

    def __init__(self, session: SessionModel, stage: str = "") -> None:
        super().__init__(session, stage)
        if self.model.count_done:
            self.tabs.active = "shifts"


def show_shifts(
    table: Path | str, measured: Path | str | None = None, exposures: Iterable[Path] = ()
) -> Part:
    """
    Return a view of a table of shifts, for display.

    Parameters
    ----------
    table : path
        An ECSV table of shifts.
    measured : path, optional
        Measurements of each exposure; by default the file beside the table.
    exposures : iterable of Path
        Calibrated exposures, for their footprints.

    Returns
    -------
    Part
        The view.
    """
    shifts = ShiftsModel()
    shifts.open(Path(table), Path(measured) if measured is not None else None, exposures)
    view = ShiftsView(shifts)
    view.add_class("mw-app")
    view.children = [stylesheet(), text(f"<b>{escape(Path(table).name)}</b>"), *view.children]
    return view
