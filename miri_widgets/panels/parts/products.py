"""The products of a stage, with buttons to show them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
from humanize import naturalsize

from miri_widgets.models.program_files import FilesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.models.stage import StageModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.downloads import DownloadButton
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
        self.files = FilesModel(session)
        self.table = Table(
            columns=_COLUMNS,
            multiple=True,
            on_act=self._show,
            placeholder="Filter products",
            empty="No products with these settings yet.",
        )
        self.location = text("", "mw-muted", "mw-path")
        self.download = DownloadButton(
            self._release, tip="The chosen products as a zip, or all when none is chosen; one alone as it is"
        )
        row = ipywidgets.HBox([self.download, self.location])
        row.add_class("mw-row")
        self.children = (self.table, row)
        self.table.observe(self._update_download, "selected")
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
        self.table.selected = [name for name in self.table.selected if name in {row["id"] for row in rows}]
        self._update_download(None)
        folder = self.session.program.workspace / "runs" / self.model.name
        self.location.value = f"In <code>{escape(folder)}</code>" if rows else ""

    @property
    def _chosen(self) -> list[Path]:
        """The chosen products; all when none is chosen."""
        return [Path(name) for name in self.table.selected or [row["id"] for row in self.table.rows]]

    def _update_download(self, _: Any) -> None:
        count = len(self.table.selected)
        self.download.label = f"Download {count} chosen" if count else "Download all"
        self.download.disabled = not self.table.rows
        self.download.set_paths(self._chosen)

    def _release(self) -> str:
        return self.files.release_paths(self._chosen, self.model.name)

    def close(self) -> None:
        """Close the view; what was released can no longer be fetched."""
        super().close()
        self.files.close()

    def _show(self, name: str) -> None:
        self.session.show(Path(name))
