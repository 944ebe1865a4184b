"""The products of a stage, with buttons to show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from humanize import naturalsize

from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import escape, text

__all__ = ["Products"]

_COLUMNS = [
    {"key": "name", "title": "Product"},
    {"key": "kind", "title": "Kind"},
    {"key": "size", "title": "Size", "right": True},
    {"key": "show", "title": "", "kind": "button"},
]


class Products(Part):
    """
    The files that a stage made with the current settings.

    Parameters
    ----------
    session : SessionModel
        The session.
    model : StageModel
        The stage.
    """

    def __init__(self, session: SessionModel, model: StageModel) -> None:
        super().__init__("mw-products")
        self.session, self.model = session, model
        self.table = Table(
            columns=_COLUMNS,
            on_act=self._show,
            placeholder="Filter products",
            empty="No products with these settings yet.",
        )
        self.location = text("", "mw-muted", "mw-path")
        self.children = (self.table, self.location)
        self.watch(model, self._update, "products")

    def _update(self, _: Any) -> None:
        rows = []
        for path in self.model.products:
            try:
                size = path.stat().st_size
            except OSError:
                continue
            is_image = path.suffix == ".fits"
            rows.append(
                {
                    "id": str(path),
                    "name": {"text": path.name, "tip": str(path)},
                    "kind": path.stem.rpartition("_")[2],
                    "size": {"text": naturalsize(size), "rank": size},
                    "show": "Show" if is_image else "",
                }
            )
        self.table.rows = rows
        folder = self.session.program.workspace / "runs" / self.model.name
        self.location.value = f"In <code>{escape(folder)}</code>" if rows else ""

    def _show(self, name: str) -> None:
        self.session.show(Path(name))
