"""The panel of the program: its exposures, what takes part, and what cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.charts.exposuremap import ExposureMapView
from miri_widgets.panels.parts.acceleration import AccelerationView
from miri_widgets.panels.parts.base_view import Part, close_all
from miri_widgets.panels.parts.chain import ChainView
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
        "title": "Groups × ints",
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

_SAID_ONCE = {
    "groups": "{} groups × ints",
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
        self._following = False
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
        self.mosaic_words = text("", "mw-heading")
        self.filters = ipywidgets.HBox()
        self.filters.add_class("mw-filters")
        self.show = button(
            "Show in the viewer", "mw-primary", tip="The newest product of the first chosen exposure"
        )
        self.exclude = button("Exclude", tip="Chosen exposures take no part in runs")
        self.include = button("Include", tip="Chosen exposures take part again")
        self.rescan = button("Scan again", tip="Look through the folders again")
        self.counts = text("", "mw-muted")
        self.words = text("")
        self.problems = text("")
        self.warnings = text("")
        self.twin = TwinView(session)
        self.acceleration = AccelerationView(session)
        self.report = ReportBar(session)
        self.show.on_click(lambda _: self._show())
        self.exclude.on_click(lambda _: self.model.exclude(self.model.selected))
        self.include.on_click(lambda _: self.model.include(self.model.selected))
        self.rescan.on_click(lambda _: session.rescan())
        actions = ipywidgets.HBox([self.show, self.exclude, self.include, self.rescan])
        actions.add_class("mw-row")
        self.children = (
            stylesheet(), self._heading(), self.twin, self.warnings, self.chain, self.words, self.filters, self.sky, actions, self.counts, self.table, self.problems,
            self.mosaic_words, self.mosaics, self.acceleration, self.report,
        )  # fmt: skip
        self.table.observe(self._chosen, "selected")
        self.watch(self.model, self._follow_filters, "exposures", "excluded")
        self.watch(
            self.model, self._follow, "exposures", "excluded", "states", "left_out", "scanned", "selected"
        )
        self.watch(session, self._follow, "chain")
        self.watch(session.twin, self._follow, "working", "wanted")
        self.watch(self.model, self._follow_problems, "problems", "warnings")
        self.watch(self.model, self._follow_mosaics, "mosaics")

    def _heading(self) -> ipywidgets.HTML:
        program = self.session.program
        page = help_page("program")
        fold = f"<details><summary>? How to use this page</summary>{page}</details>" if page else ""
        if program.pitfalls:
            lines = "".join(f"<li>{escape(line)}</li>" for line in program.pitfalls)
            fold = f"<details><summary>Pitfalls of this program</summary><ul>{lines}</ul></details>{fold}"
        return text(
            f"<h2>Program<span>{escape(program.program)}</span></h2><p>{escape(program.description)}</p>{fold}",
            "mw-panel-head",
        )

    def _follow(self, _: Any) -> None:
        rows = [self._row(row) for row in self.model.rows()]
        if rows != self.table.rows:
            self._choose_columns(rows)  # first: the page reads rows by their columns
            self.table.rows = rows
        self._following = True
        try:
            self.table.selected = list(self.model.selected)
        finally:
            self._following = False
        self.words.value = sentences(self.model.blockers(), "calm")
        chosen, total = len(self.model.selected), len(self.model.exposures)
        left_out = total - len(self.model.included)
        parts = [
            "" if self.session.twin.working else counted(total, "exposure"),
            f"{left_out} excluded" if left_out else "",
            f"{chosen} chosen" if chosen else "",
        ]
        self.counts.value = escape(" · ".join(part for part in (*parts, *self._common) if part))
        for action in (self.show, self.exclude, self.include):
            action.disabled = not chosen

    def _follow_mosaics(self, _: Any) -> None:
        self.mosaic_words.value = "Mosaics in the folders" if self.model.mosaics else ""
        self.mosaics.layout.display = "" if self.model.mosaics else "none"
        self.mosaics.rows = [
            {
                "id": str(one.path),
                "name": {"text": one.path.name, "tip": str(one.path)},
                "filter": one.filter,
                "target": one.target,
                "pixels": {"text": f"{one.nx} × {one.ny}", "rank": one.nx * one.ny},
                "unit": one.unit,
                "show": "Show",
            }
            for one in self.model.mosaics
        ]

    def _choose_columns(self, rows: list[dict[str, Any]]) -> None:
        """Say once what is the same in every row; the other columns have the room."""
        self._common = []
        columns = []
        names = [stage.stage.title.partition(":")[0] for stage in self.session.stages.values()]
        for column in _COLUMNS:
            key = column["key"]
            cells = _cells(rows, key) if key in _SAID_ONCE else set()
            if len(cells) == 1 and len(rows) > 1:
                self._common.append(_SAID_ONCE[key].format(cells.pop()))
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
            f"{words}: {left_out[name]}" if name in left_out else words
            for name, words in zip(self.session.stages, shown, strict=True)
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

    def _follow_filters(self, _: Any) -> None:
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
        self._following = True
        try:
            for box in self.filters.children:
                box.value = self.model.uses_filter(box.description)
        finally:
            self._following = False
        self.filters.layout.display = "" if len(names) > 1 else "none"

    def _filter_clicked(self, change: dict[str, Any]) -> None:
        if not self._following:
            self.model.use_filter(change["owner"].description, change["new"])

    def _follow_problems(self, _: Any) -> None:
        lines = [str(problem.error) for problem in self.model.problems[:20]]
        if len(self.model.problems) > 20:
            lines.append(f"{len(self.model.problems) - 20} more files cannot be used.")
        self.problems.value = sentences(lines, "warn")
        self.warnings.value = sentences(list(self.model.warnings), "warn")

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._following:
            self.model.selected = tuple(change["new"])

    def _show(self) -> None:
        self.session.choose(self.model.selected, show=True)


def _cells(rows: list[dict[str, Any]], key: str) -> set[str]:
    """Return the texts that a column has."""
    return {str(row[key]["text"] if isinstance(row[key], dict) else row[key]) for row in rows}
