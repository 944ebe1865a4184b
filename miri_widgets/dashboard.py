"""A program's dashboard: stages on the left, pixels on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.opening import open_session
from miri_widgets.models.program_chooser import OpeningModel
from miri_widgets.models.session import SessionModel
from miri_widgets.panels import ProgramPanel, StagePanel, stage_panel
from miri_widgets.panels.charts.groupshifts import GroupShifts
from miri_widgets.panels.composite import CompositePanel, composite_item
from miri_widgets.panels.contact_sheet import ContactSheetPanel, contact_sheet_item
from miri_widgets.panels.data import DataPanel
from miri_widgets.panels.header import Header
from miri_widgets.panels.image_pane import ImagePane
from miri_widgets.panels.opener import Opener
from miri_widgets.panels.parts.base_view import Part, close_hidden
from miri_widgets.panels.parts.compositepicture import CompositePicture
from miri_widgets.panels.parts.divider import Divider
from miri_widgets.panels.parts.tabs import Tabs
from miri_widgets.panels.parts.theme import GLYPHS, TONES, counted, stylesheet
from miri_widgets.panels.shift_file import ShiftFilePanel
from miri_widgets.products.program import Program, load_program
from miri_widgets.run.durations import short_duration
from miri_widgets.run.status_rows import STEPS_LEFT_OUT, RowState, StageState
from miri_widgets.viewer import ImageViewer, make_viewer

__all__ = ["Dashboard", "show", "show_any"]


class Dashboard(Part):
    """
    All panels of a session around one viewer.

    Parameters
    ----------
    session : SessionModel
        The session, which is closed with the dashboard.
    stages : sequence of str, optional
        The stages that get a tab; all by default.
    viewer : ImageViewer, optional
        The viewer; by default jdaviz, or the light viewer without it.
    colour_when_done : bool
        Whether the colour composite comes to the front when all mosaics are there, unless another panel was chosen.
    """

    def __init__(
        self,
        session: SessionModel,
        stages: Sequence[str] | None = None,
        viewer: ImageViewer | None = None,
        *,
        colour_when_done: bool = False,
    ) -> None:
        super().__init__("mw-app", "mw-dashboard")
        self.session = session
        self._selected_stages = stages
        self._colour_when_done = colour_when_done
        self.panels: dict[str, Part] = {}
        self.header = Header(session)
        self.tabs = Tabs(variant="steps", items=self._items(), label="Steps of the reduction")
        self.body = ipywidgets.VBox()
        self.body.add_class("mw-body")
        self.view = ImagePane(session, viewer or make_viewer(height="100%"), colour=self._has_composite)
        column = ipywidgets.VBox([self.tabs, self.body])
        column.add_class("mw-left")
        self.divider = Divider(session.page_layout)
        self.picture = CompositePicture(session.composite)
        self.shifts_chart: GroupShifts | None = None
        self._columns = ipywidgets.HBox([column, self.divider, self.view, self.picture])
        self._columns.add_class("mw-columns")
        self.children = (stylesheet(), self.header, self._columns)
        self.tabs.observe(self._tab_clicked, "active")
        self.watch(session, self._update_tab, "tab")
        self.watch(session, self._update_items, "chain")
        self.watch(session.tags, self._update_items, "tags")
        self.watch(session.programs, self._update_items, "exposures", "excluded", "scanned")
        self.watch(session.twin, self._update_items, "working")
        self.watch(session.composite, self._update_items, "mosaics")
        self.watch(session.composite, self._bring_colour, "mosaics")
        for stage in session.models.values():
            self.watch(stage, self._update_items, "rows", "state", "eta")

    @property
    def viewer(self) -> ImageViewer:
        """The image viewer."""
        return self.view.viewer

    @property
    def names(self) -> list[str]:
        """The stages that have a tab."""
        return [
            name
            for name in self.session.stages
            if self._selected_stages is None or name in self._selected_stages
        ]

    def _items(self) -> list[dict[str, Any]]:
        programs = self.session.programs
        count = counted(len(programs.included), "exposure") if programs.scanned else "scanning …"
        bad = len(programs.problems)
        detail = f"{count}, {bad} unusable" if bad else count
        if self.session.twin.working:
            detail = "being simulated"  # the number so far is shown where they are made
        items: list[dict[str, Any]] = [{"id": "program", "title": "Program", "detail": detail, "glyph": "≡"}]
        if self._selected_stages is None and not self.session.program.chain:
            items.append(contact_sheet_item(self.session))
            items.append({"id": "data", "title": "Get data", "detail": "archive, CRDS", "glyph": "↓"})
        if "shifts" in self.session.program.chain:
            items.append({"id": "table", "title": "From a table", "detail": "CSV, ECSV", "glyph": "↓"})
        items += [self._stage_item(name) for name in self.names]
        if self._has_composite:
            items.append(composite_item(self.session.composite))
        return items

    def _stage_item(self, name: str) -> dict[str, Any]:
        """Return the entry of a stage: state, runs that are done of all, and the time that they took or will take."""
        stage = self.session.stages[name]
        count = f"{stage.count_done}/{len(stage.rows)}" if stage.rows else ""
        spent = short_duration(sum(row.seconds for row in stage.rows if row.state == RowState.DONE))
        time = spent if stage.state == StageState.DONE else ""
        if stage.state == StageState.RUNNING and stage.eta:
            time = short_duration(stage.eta)
        facts = [stage.status, count.replace("/", " of "), f"{time} left" if stage.active and time else time]
        return {
            "id": name,
            "title": stage.stage.title.partition(":")[0],
            "tip": f"{stage.stage.title} ({', '.join(fact for fact in facts if fact)})",
            "detail": "steps left out" if stage.status == STEPS_LEFT_OUT else str(stage.state),
            "count": "" if stage.status == STEPS_LEFT_OUT else count,  # in the tip
            "time": time,
            "glyph": GLYPHS[stage.status],
            "tone": TONES.get(stage.status, "calm"),
        }

    @property
    def _has_composite(self) -> bool:
        """Whether mosaics can come about here: they are what a composite is made of."""
        return "image3" in self.names

    def _bring_colour(self, _: Any) -> None:
        """Bring the composite to the front once, while nothing else was chosen."""
        mosaics = len(self.session.composite.mosaics)
        complete = self._has_composite and mosaics == len(self.session.models["image3"].rows)
        if self._colour_when_done and mosaics > 1 and complete and self.session.tab == "program":
            self._colour_when_done = False
            self.session.tab = "composite"

    def _update_items(self, _: Any) -> None:
        items = self._items()
        if items != self.tabs.items:
            self.tabs.items = items

    def _tab_clicked(self, change: dict[str, Any]) -> None:
        self.session.tab = change["new"]

    def _update_tab(self, _: Any) -> None:
        known = {item["id"] for item in self._items()}
        name = self.session.tab if self.session.tab in known else "program"
        self.tabs.active = name
        in_colour = name == "composite"
        self.session.composite.awake = in_colour
        if self.session.previews.stage not in ("", name):
            self.session.previews.stop()
        for other, panel in self.panels.items():
            if other != name and isinstance(panel, StagePanel):
                panel.leave()
        if name not in self.panels:
            self.panels[name] = self._panel(name)
        self._show_beside(name)
        self.body.children = (self.panels[name],)

    def _show_beside(self, name: str) -> None:
        """Show the image beside the panel, or what takes its place there."""
        in_colour = name == "composite"
        in_table = name == "table"  # shifts that were measured elsewhere have no image
        beside: list[tuple[Part | None, bool]] = [
            (self.view, not in_colour and not in_table),
            (self.picture, in_colour),
            (self.shifts_chart, in_table),
        ]
        for part, shown in beside:
            if part is not None:
                part.layout.display = None if shown else "none"

    def _panel(self, name: str) -> Part:
        if name == "program":
            return ProgramPanel(self.session)
        if name == "contact_sheet":
            return ContactSheetPanel(self.session)
        if name == "data":
            return DataPanel(self.session)
        if name == "composite":
            return CompositePanel(self.session)
        if name == "table":
            workspace = self.session.program.workspace
            panel = ShiftFilePanel(workspace.parent, workspace)
            self.shifts_chart = GroupShifts(panel.shifts)
            self._columns.children = (*self._columns.children, self.shifts_chart)
            return panel
        return stage_panel(self.session, name)

    def close(self) -> None:
        """Close every view, the viewer and the session; jobs go on."""
        close_hidden(self.panels.values(), self.body)
        super().close()
        self.session.close()


def show(
    program: Program | Path | str | SessionModel, stages: Sequence[str] | None = None, **options: Any
) -> Dashboard:
    """
    Return the dashboard of a program for display.

    Parameters
    ----------
    program : Program, path or SessionModel
        The program, its TOML file, or an open session.
    stages : sequence of str, optional
        The only stages of a small dashboard, instead of the program's own `chain`: nothing else is shown, planned or
        run, and optional ones among them take part from the start. With an open session, those that get a tab.
    **options
        Further arguments of `Dashboard`.

    Returns
    -------
    Dashboard
        The dashboard.
    """
    if isinstance(program, SessionModel):
        return Dashboard(program, stages, **options)
    chosen = program if isinstance(program, Program) else load_program(Path(program))
    if stages is not None:
        chosen = replace(chosen, chain=tuple(stages))
    return Dashboard(open_session(chosen), **options)


def show_any(program: Path | str | None = None) -> Opener:
    """
    Return a page on which any folder or program of the archive can be opened.

    Parameters
    ----------
    program : path, optional
        TOML file of the program shown first, whose stages apply to what is opened.

    Returns
    -------
    Opener
        The page.
    """
    if program is None:
        return Opener(show)
    path = Path(program)
    return Opener(show, OpeningModel(load_program(path)), path)
