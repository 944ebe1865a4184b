"""The catalogue of mosaics without a program or stage."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from miri_widgets.analysis.source_catalog import catalog_of
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.catalog_choice import CatalogModel
from miri_widgets.panels.charts.marks import SourceMarks
from miri_widgets.panels.charts.sources import SourcesView
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import stylesheet
from miri_widgets.viewer import ImageViewer, make_viewer

__all__ = ["CatalogPanel", "show_catalog"]


class CatalogPanel(Part):
    """
    Catalogue and viewer, linked both ways.

    Parameters
    ----------
    catalog : CatalogModel
        What is displayed.
    folder : Path
        Where tables and regions are saved.
    viewer : ImageViewer, optional
        The viewer, closed with the panel; by default jdaviz, or the light viewer without it.
    """

    def __init__(self, catalog: CatalogModel, folder: Path, viewer: ImageViewer | None = None) -> None:
        super().__init__("mw-app", "mw-panel")
        self.catalog = catalog
        self.viewer = viewer or make_viewer(height="480px")
        self._marks = SourceMarks(self.viewer)
        self.view = SourcesView(catalog, self._center, lambda: (folder, folder.name or "mosaics"))
        self.children = (stylesheet(), self.viewer.widget, self.view)
        mosaics = catalog.value.mosaics if catalog.value is not None else ()
        for path in reversed(mosaics):
            with contextlib.suppress(MiriWidgetsError):  # the catalogue says what cannot be read
                self.viewer.show(path, label=path.name)
        catalog.in_view = mosaics[0] if mosaics else None
        self.viewer.on_click(lambda x, y: catalog.click(x, y))
        self.watch(catalog, self._update_marks, "marked", "kind", "value", "in_view", "chosen")

    def _center(self, _: int) -> None:
        position = self.catalog.position()
        if position is not None:
            self.viewer.center_on(position)

    def _update_marks(self, _: Any) -> None:
        self._marks.draw(self.catalog.marks())

    def close(self) -> None:
        """Close the viewer and all other parts."""
        self.viewer.close()
        super().close()


def show_catalog(
    mosaics: Iterable[Path | str], folder: Path | str = ".", viewer: ImageViewer | None = None
) -> CatalogPanel:
    """
    Return the catalogue of mosaics beside a viewer, for display.

    Parameters
    ----------
    mosaics : iterable of path
        Drizzled images (``i2d``), one per filter, with the pipeline's catalogues beside them.
    folder : path
        Where tables and regions are saved.
    viewer : ImageViewer, optional
        As for `CatalogPanel`.

    Returns
    -------
    CatalogPanel
        The panel.
    """
    value = catalog_of([Path(path) for path in mosaics])
    panel = CatalogPanel(CatalogModel(value), Path(folder).resolve(), viewer)
    panel.add_class("mw-alone")
    return panel
