"""The panel of the reference files: references of a program, state of the cache, and download."""

from __future__ import annotations

from typing import Any

import ipywidgets
from humanize import naturalsize

from miri_widgets.models.references import ReferencesModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.downloadbar import DownloadBar
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, chip, escape, help_page, sentences, stylesheet, text
from miri_widgets.products.observing_modes import modes_of
from miri_widgets.products.program import Program
from miri_widgets.products.scan import scan

__all__ = ["ReferencesPanel", "show_references"]

_COLUMNS: list[dict[str, Any]] = [
    {"key": "state", "title": "Cache", "kind": "state", "tip": "Whether the file is in the CRDS cache"},
    {"key": "kind", "title": "Type"},
    {"key": "filters", "title": "Filters", "tip": "Exposures in these filters need it"},
    {"key": "size", "title": "Size", "right": True},
    {"key": "name", "title": "File"},
]


class ReferencesPanel(Part):
    """
    Reference files of a program: check, fetch.

    Parameters
    ----------
    model : ReferencesModel
        The model to show.
    """

    def __init__(self, model: ReferencesModel) -> None:
        super().__init__("mw-app", "mw-panel", "mw-references")
        self.model = model
        self.owns_model = False
        self.check = button("Check", "mw-primary", tip="Ask CRDS which reference files the exposures need")
        self.state = text("")
        self.location = text("", "mw-muted")
        self.status = text("")
        self.table = Table(
            columns=_COLUMNS, placeholder="Filter: flat, F770W, missing …", max_height="440px",
            empty="Not checked yet: press Check.",
        )  # fmt: skip
        self.download = DownloadBar(model, model.fetch, tip="Fetch what is missing into the CRDS cache")
        self.check.on_click(lambda _: model.request())
        row = ipywidgets.HBox([self.check, self.state])
        row.add_class("mw-row")
        self.children = (
            stylesheet(), text(_heading(), "mw-panel-head"), self.location, row, self.status, self.download, self.table,
        )  # fmt: skip
        self.watch(model, self._update, "needs", "asking", "sentence", "downloading")

    def _update(self, _: Any) -> None:
        model = self.model
        self.check.disabled = model.asking or model.downloading
        self.state.value = chip("running", "querying CRDS") if model.asking else ""
        context = model.needs.context if model.needs else model.environment.get("CRDS_CONTEXT", "")
        folder = model.environment.get("CRDS_PATH", "")
        self.location.value = escape(
            f"Context {context or 'of the cache'} · cache {folder or 'not set (CRDS_PATH)'}"
        )
        summary = [model.summary()] if model.needs else []
        self.status.value = (
            sentences([model.sentence] if model.sentence else [], "bad")
            + sentences(summary, "warn" if model.missing else "good")
            + sentences(model.notes(), "warn")
        )
        rows = [_cells(reference) for reference in model.needs.references] if model.needs else []
        # what is missing comes first
        self.table.rows = sorted(rows, key=lambda row: row["state"]["rank"])
        count, size = len(model.missing), sum(reference.expected for reference in model.missing)
        size_text = f" ({naturalsize(size)})" if size else ""
        self.download.set_action(f"Fetch {count} missing{size_text}", bool(count) and not model.asking)
        self.download.layout.display = "" if count or model.downloading or model.faults else "none"

    def close(self) -> None:
        """Close the panel, and the model if it was made for this panel."""
        super().close()
        if self.owns_model:
            self.model.close()


def show_references(program: Program) -> ReferencesPanel:
    """
    Show which reference files the exposures of a program need, and fetch them.

    Parameters
    ----------
    program : Program
        The program, whose folders are scanned.

    Returns
    -------
    ReferencesPanel
        The panel.
    """
    model = ReferencesModel(
        program.environment(), lambda: modes_of(scan(program.folders, suffix=program.start).exposures)
    )
    panel = ReferencesPanel(model)
    panel.owns_model = True
    model.request()
    return panel


def _cells(reference: Any) -> dict[str, Any]:
    if reference.damaged:
        state = {"text": "damaged", "tone": "bad", "glyph": "✗", "rank": 0}
    elif reference.present:
        state = {"text": "here", "tone": "good", "glyph": "✓", "rank": 2}
    else:
        state = {"text": "missing", "tone": "warn", "glyph": "○", "rank": 1}
    size = reference.expected or reference.size
    return {
        "id": reference.name,
        "state": state,
        "kind": ", ".join(reference.kinds),
        "filters": ", ".join(reference.filters),
        "size": {"text": naturalsize(size) if size else "unknown", "rank": size},
        "name": reference.name,
    }


def _heading() -> str:
    page = help_page("references")
    return (
        "<h2>Reference files<span>CRDS</span></h2>"
        "<p>What the pipeline will ask for, and what of it the cache has: fill it before you run offline.</p>"
        + (f"<details><summary>? How to use this page</summary>{page}</details>" if page else "")
    )
