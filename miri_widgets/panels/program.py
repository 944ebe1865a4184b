"""The panel of the program: its exposures, those included, and unusable files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.exposuremap import ExposureMapView
from miri_widgets.panels.parts.acceleration import AccelerationView
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.chain import ChainView
from miri_widgets.panels.parts.downloads import FilesView
from miri_widgets.panels.parts.reportbar import ReportBar
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import (
    GLYPHS,
    TONES,
    button,
    counted,
    escape,
    help_page,
    sentences,
    stylesheet,
    text,
)
from miri_widgets.panels.parts.twin import TwinView
from miri_widgets.run.status_rows import ExposureRow, RowState

__all__ = ["ProgramPanel"]

_COLUMNS: list[dict[str, Any]] = [
    {"key": "states", "title": "State", "kind": "states", "tip": "One mark per step of the chain"},
    {"key": "filter", "title": "Filter"},
    {"key": "tile", "title": "Tile", "right": True, "tip": "Rank of observation and visit"},
    {"key": "dither", "title": "Dither", "right": True},
    {"key": "observation", "title": "Obs", "tip": "Observation"},
    {"key": "visit", "title": "Visit"},
    {
        "key": "groups",
        "title": "Groups/int × ints",
        "right": True,
        "tip": "Groups per integration × integrations",
    },
    {"key": "time", "title": "Time [s]", "right": True, "tip": "Effective exposure time, s"},
    {"key": "start", "title": "Start (UTC)", "tip": "Start of the exposure, UTC"},
    {"key": "subarray", "title": "Subarray"},
    {"key": "guide_star", "title": "Guide star"},
    {"key": "target", "title": "Target"},
]

_MOSAIC_COLUMNS = [
    {"key": "name", "title": "Mosaic"},
    {"key": "filter", "title": "Filter"},
    {"key": "target", "title": "Target"},
    {"key": "pixels", "title": "Pixels", "right": True},
    {"key": "unit", "title": "Unit"},
    {"key": "show", "title": "", "kind": "button"},
]

_MARKS = {name: (glyph, TONES.get(name, "calm")) for name, glyph in GLYPHS.items()}
"""Glyph and tone of every state."""

_COMMON_TEXTS = {
    "groups": "{} groups/int × ints",
    "time": "{} s each",
    "subarray": "subarray {}",
    "guide_star": "guide star {}",
    "target": "target {}",
}
"""Columns that may become words when all rows agree."""


class ProgramPanel(Part):
    """
    The table of exposures with their state in every stage.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-app", "mw-panel", "mw-program")
        self.session = session
        self.model = session.programs
        self._updating = False
        self._common: list[str] = []
        self.chain = ChainView(session)
        self.table = Table(
            columns=_COLUMNS, multiple=True, placeholder="Filter: F770W, tile, S1AB …", max_height="520px",
            empty="No exposures yet.",
        )  # fmt: skip
        self.map = ExposureMapView(session)
        self.sky = ipywidgets.Accordion([self.map], titles=("Exposures on the sky",), selected_index=0)
        self.sky.add_class("mw-fold")
        self.mosaics = Table(
            columns=_MOSAIC_COLUMNS, on_act=lambda name: session.show(Path(name)), placeholder="Filter mosaics",
            empty="",
        )  # fmt: skip
        self.mosaic_heading = text("", "mw-heading")
        self.filters = ipywidgets.HBox()
        self.filters.add_class("mw-filters")
        self.show = button(
            "Show in the viewer", "mw-primary", tip="The newest product of the first chosen exposure"
        )
        self.exclude = button("Exclude", tip="Chosen exposures take no part in runs")
        self.include = button("Include", tip="Chosen exposures take part again")
        self.rescan = button("Scan again", tip="Look through the folders again")
        self.counts = text("", "mw-muted")
        self.status = text("")
        self.problems = text("")
        self.warnings = text("")
        self.twin = TwinView(session)
        self.acceleration = AccelerationView(session)
        self.report = ReportBar(session)
        self.files = FilesView(session)
        self.show.on_click(lambda _: self._show())
        self.exclude.on_click(lambda _: self.model.exclude(self.model.selected))
        self.include.on_click(lambda _: self.model.include(self.model.selected))
        self.rescan.on_click(lambda _: session.rescan())
        actions = ipywidgets.HBox([self.show, self.exclude, self.include, self.rescan])
        actions.add_class("mw-row")
        self.children = (
            stylesheet(), self._heading(), self.twin, self.warnings, self.chain, self.status, self.filters, self.sky, actions, self.counts, self.table, self.problems,
            self.mosaic_heading, self.mosaics, self.acceleration, self.report, text("Files", "mw-heading"), self.files,
        )  # fmt: skip
        self.table.observe(self._chosen, "selected")
        self.watch(self.model, self._update_filters, "exposures", "excluded")
        self.watch(
            self.model, self._update, "exposures", "excluded", "states", "left_out", "scanned", "selected"
        )
        self.watch(session, self._update, "chain")
        self.watch(session.twin, self._update, "working", "wanted")
        self.watch(self.model, self._update_problems, "problems", "warnings")
        self.watch(self.model, self._update_mosaics, "mosaics")

    def _heading(self) -> ipywidgets.HTML:
        program = self.session.program
        page = help_page("program")
        details = f"<details><summary>? How to use this page</summary>{page}</details>" if page else ""
        if program.pitfalls:
            lines = "".join(f"<li>{escape(line)}</li>" for line in program.pitfalls)
            details = (
                f"<details><summary>Pitfalls of this program</summary><ul>{lines}</ul></details>{details}"
            )
        return text(
            f"<h2>Program<span>{escape(program.program)}</span></h2><p>{escape(program.description)}</p>{details}",
            "mw-panel-head",
        )

    def _update(self, _: Any) -> None:
        rows = [self._row(row) for row in self.model.rows()]
        if rows != self.table.rows:
            self._choose_columns(rows)  # first: the page reads rows by their columns
            self.table.rows = rows
        self._updating = True
        try:
            self.table.selected = list(self.model.selected)
        finally:
            self._updating = False
        self.status.value = sentences(self.model.blockers(), "calm")
        chosen, total = len(self.model.selected), len(self.model.exposures)
        excluded = total - len(self.model.included)
        counts = [
            "" if self.session.twin.working else counted(total, "exposure"),
            f"{excluded} excluded" if excluded else "",
            f"{chosen} chosen" if chosen else "",
        ]
        self.counts.value = escape(" · ".join(count for count in (*counts, *self._common) if count))
        for action in (self.show, self.exclude, self.include):
            action.disabled = not chosen

    def _update_mosaics(self, _: Any) -> None:
        self.mosaic_heading.value = "Mosaics in the folders" if self.model.mosaics else ""
        self.mosaics.layout.display = "" if self.model.mosaics else "none"
        self.mosaics.rows = [
            {
                "id": str(mosaic.path),
                "name": {"text": mosaic.path.name, "tip": str(mosaic.path)},
                "filter": mosaic.filter,
                "target": mosaic.target,
                "pixels": {"text": f"{mosaic.nx} × {mosaic.ny}", "rank": mosaic.nx * mosaic.ny},
                "unit": mosaic.unit,
                "show": "Show",
            }
            for mosaic in self.model.mosaics
        ]

    def _choose_columns(self, rows: list[dict[str, Any]]) -> None:
        """Show values that are the same in every row once, which leaves room for the other columns."""
        self._common = []
        columns = []
        names = [stage.stage.title.partition(":")[0] for stage in self.session.stages.values()]
        for column in _COLUMNS:
            key = column["key"]
            cells = _cells(rows, key) if key in _COMMON_TEXTS else set()
            if len(cells) == 1 and len(rows) > 1:
                self._common.append(_COMMON_TEXTS[key].format(cells.pop()))
            elif key == "states":
                columns.append({**column, "names": names, "marks": _MARKS})
            else:
                columns.append(column)
        self.table.columns = columns

    def _row(self, row: ExposureRow) -> dict[str, Any]:
        absent = "rejected" if row.root in self.session.tags.rejected else "excluded"
        statuses, left_out = row.statuses, dict(row.left_out)
        shown = [statuses.get(name, absent) for name in self.session.stages]
        tips = [
            f"{status}: {left_out[name]}" if name in left_out else status
            for name, status in zip(self.session.stages, shown, strict=True)
        ]
        done = sum(state == RowState.DONE for _, state in row.states)
        return {
            "id": row.root,
            "dim": not row.included,
            "states": {"states": shown, "tips": tips, "rank": done, "tip": row.root},
            "filter": {"text": row.filter, "rank": int("".join(filter(str.isdigit, row.filter)) or 0)},
            "tile": row.tile,
            "dither": row.dither,
            "observation": row.observation,
            "visit": row.visit,
            "groups": {"text": f"{row.ngroups} × {row.nints}", "rank": row.ngroups * row.nints},
            "time": {"text": f"{row.exposure_time:.1f}", "rank": row.exposure_time},
            "start": row.start.replace("T", " ")[:19],
            "subarray": row.subarray,
            "guide_star": row.guide_star,
            "target": row.target,
        }

    def _update_filters(self, _: Any) -> None:
        names = self.model.filters
        if [box.description for box in self.filters.children] != list(names):
            for box in self.filters.children:
                close_all(box)
            boxes = []
            for name in names:
                box = ipywidgets.Checkbox(
                    description=name, indent=False, tooltip=f"Exposures in {name} take part"
                )
                box.observe(self._filter_clicked, "value")
                boxes.append(box)
            self.filters.children = tuple(boxes)
        self._updating = True
        try:
            for box in self.filters.children:
                box.value = self.model.uses_filter(box.description)
        finally:
            self._updating = False
        self.filters.layout.display = "" if len(names) > 1 else "none"

    def _filter_clicked(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self.model.use_filter(change["owner"].description, change["new"])

    def _update_problems(self, _: Any) -> None:
        lines = [str(problem.error) for problem in self.model.problems[:20]]
        if len(self.model.problems) > 20:
            lines.append(f"{len(self.model.problems) - 20} more files cannot be used.")
        self.problems.value = sentences(lines, "warn")
        self.warnings.value = sentences(list(self.model.warnings), "warn")

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self.model.selected = tuple(change["new"])

    def _show(self) -> None:
        self.session.choose(self.model.selected, show=True)


def _cells(rows: list[dict[str, Any]], key: str) -> set[str]:
    """Return the different texts of a column."""
    return {str(row[key]["text"] if isinstance(row[key], dict) else row[key]) for row in rows}
