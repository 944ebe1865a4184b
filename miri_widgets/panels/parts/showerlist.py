"""Showers: drawn in the viewer, suggested, listed and removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.analysis.shower_list import ShowerRow
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.session import SessionModel
from miri_widgets.models.showers import PARAMETER, suggestion_threshold
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, escape, named, sentences, text

__all__ = ["ShowerList"]

_COLUMNS = [
    {"key": "exposure", "title": "Exposure"},
    {"key": "integration", "title": "Int.", "right": True, "tip": "Integration, from 1"},
    {"key": "group", "title": "From group", "right": True, "tip": "The first group that is left out, from 1"},
    {"key": "shape", "title": "Shape"},
    {"key": "pixels", "title": "Pixels", "right": True},
    {"key": "act", "title": "", "kind": "button"},
]


class ShowerList(Part):
    """
    The showers of the program, with suggestions; choosing a row shows its group.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-drawn", "mw-showers")
        self.session = session
        self.showers = session.showers
        self.model = session.models["showers"]
        self.use_drawn = button(
            "Use drawn regions", tip="Shapes drawn on the group in view are left out from this group on"
        )
        self.suggest = button("Suggest", tip="Search for wide faint excesses in all groups of this exposure")
        self.threshold = named(
            ipywidgets.Text("5", continuous_update=False, layout=ipywidgets.Layout(width="70px")),
            "Suggest what stands above, in σ",
        )
        self.threshold.add_class("mw-control")
        self.undo = button("Undo", tip="Take the last change of this step's settings back")
        self.state = text("", "mw-muted")
        self.error = text("")
        self.table = Table(
            columns=_COLUMNS,
            on_act=lambda name: self._try(lambda: self.showers.remove(int(name))),
            empty="No shower yet: draw one on a group difference and take it.",
            max_height="220px",
        )
        self.candidates = Table(columns=_COLUMNS, on_act=self._accept, empty="", max_height="220px")
        self.candidate_status = text("", "mw-muted")
        self.use_drawn.on_click(lambda _: self._try(self._use_drawn))
        self.suggest.on_click(lambda _: self._try(lambda: self.showers.suggest(self.threshold.value)))
        self.threshold.observe(lambda change: self._try(lambda: suggestion_threshold(change["new"])), "value")
        self.undo.on_click(lambda _: self._try(self.model.undo))
        self.table.observe(self._chosen, "selected")
        self.candidates.observe(self._candidate_chosen, "selected")
        row = ipywidgets.HBox(
            [
                self.use_drawn,
                self.undo,
                self.suggest,
                text("above", "mw-muted"),
                self.threshold,
                text("σ", "mw-muted"),
            ]
        )
        row.add_class("mw-row")
        self.children = (row, self.error, self.state, self.table, self.candidate_status, self.candidates)
        self.watch(self.showers, self._update, "rows", "trouble")
        self.watch(self.model, self._update, "settings", "loaded")
        self.watch(session.programs, self._update, "exposures")
        self.watch(self.showers, self._update_candidates, "rows", "suggested", "searching", "searched")
        self.watch(self.showers, self._update_buttons, "picture", "root", "searching", "on")

    def _try(self, action: Callable[[], Any]) -> None:
        self.error.value = ""
        try:
            action()
        except MiriWidgetsError as error:
            self.error.value = sentences([str(error)], "bad")

    def _use_drawn(self) -> None:
        count = self.showers.take_drawn()
        position = f"group {self.showers.group} of integration {self.showers.integration}"
        count_text = "1 shower" if count == 1 else f"{count} showers"
        self.error.value = sentences([f"{count_text} from {position} on."], "good")

    # -- the showers --------------------------------------------------------

    def _update(self, _: Any) -> None:
        rows = [self._row(row) for row in self.showers.rows]
        if rows != self.table.rows:
            self.table.selected, self.table.rows = [], rows
        value = self.model.settings[PARAMETER] if self.model.loaded else None
        lines = [self.showers.trouble] if self.showers.trouble else []
        lines += [row.sentence for row in self.showers.rows if row.sentence]
        file_text = f'<p class="mw-muted">Kept in {escape(Path(str(value)).name)}</p>' if value else ""
        self.state.value = file_text + sentences(lines[:4], "bad")
        self.undo.disabled = not self.model.can_undo

    def _row(self, row: ShowerRow) -> dict[str, Any]:
        pixels = self.showers.pixels_of(row)
        return {
            "id": str(row.number),
            "exposure": self._exposure(row),
            "integration": {"text": str(row.integration or "?"), "rank": row.integration},
            "group": {"text": str(row.first_group or "?"), "rank": row.first_group},
            "shape": row.region.shape,
            "pixels": {"text": "on the sky" if pixels is None else str(pixels), "rank": pixels or 0},
            "act": "Remove",
        }

    def _exposure(self, row: ShowerRow) -> dict[str, Any]:
        if not row.names:
            return {"text": "every exposure"}
        exposures = [exposure for exposure in self.session.programs.exposures if row.is_in(exposure.root)]
        label = exposures[0].label if len(exposures) == 1 else f"{len(exposures)} exposures"
        return {"text": label, "tip": ", ".join(row.names)}

    def _chosen(self, change: dict[str, Any]) -> None:
        row = next(
            (candidate for candidate in self.showers.rows if [str(candidate.number)] == change["new"]), None
        )
        if row is None or row.sentence:
            return
        roots = [root for root in self.showers.roots() if row.is_in(root)]
        if roots:
            # a shower of all exposures is shown in the exposure in view
            root = self.showers.root if self.showers.root in roots else roots[0]
            self.showers.show(root, row.integration, row.first_group)

    # -- suggestions --------------------------------------------------------

    def _update_buttons(self, _: Any) -> None:
        self.use_drawn.disabled = self.showers.picture is None
        self.suggest.disabled = self.showers.searching or self.showers.ramp(self.showers.root) is None

    def _update_candidates(self, _: Any) -> None:
        showers = self.showers
        rows = []
        for number, shower in enumerate(showers.suggested):
            row = ShowerRow(
                number, shower.shape, (showers.searched,), shower.integration + 1, shower.first_group + 1
            )
            if not showers.is_taken(shower):
                rows.append({**self._row(row), "act": "Take"})
        if rows != self.candidates.rows:
            self.candidates.selected, self.candidates.rows = [], rows
        self.candidates.layout.display = "" if rows else "none"
        self.candidate_status.value = self._candidate_text(len(rows))

    def _candidate_text(self, remaining: int) -> str:
        showers = self.showers
        if showers.searching:
            return "Searching all groups …"
        if not showers.searched:
            return ""
        find = self.session.programs.find
        name = escape(exposure.label if (exposure := find(showers.searched)) else showers.searched)
        if not showers.suggested:
            return f"No wide faint excess was found in {name}; a lower threshold finds fainter ones."
        if not remaining:
            return f"All suggestions for {name} are taken."
        return f"Suggestions for {name}, strongest first: choose a row to look at it before you take it."

    def _accept(self, name: str) -> None:
        self._try(lambda: self.showers.accept(self.showers.suggested[int(name)]))

    def _candidate_chosen(self, change: dict[str, Any]) -> None:
        numbers = [int(name) for name in change["new"]]
        if numbers and numbers[0] < len(self.showers.suggested):
            shower = self.showers.suggested[numbers[0]]
            self.showers.show(self.showers.searched, shower.integration + 1, shower.first_group + 1)
            self.session.center_on(*self._middle(shower.shape))

    @staticmethod
    def _middle(region: Any) -> tuple[float, float]:
        x, y = zip(*region.points, strict=True)
        return sum(x) / len(x), sum(y) / len(y)
