"""The button that saves the image in view as a figure."""

from __future__ import annotations

from typing import Any

import ipywidgets

from miri_widgets.models.figure_export import FigureModel
from miri_widgets.models.program_files import FilesModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.downloads import DownloadButton
from miri_widgets.panels.parts.theme import button, named, sentences, text
from miri_widgets.report.sky_figures import FIGURE_FORMATS

__all__ = ["FigureBar"]


class FigureBar(Part):
    """
    Saves the image in view with axes of right ascension and declination, and fetches the figure with the browser.

    Parameters
    ----------
    model : FigureModel
        What is saved; closed with the view.
    """

    def __init__(self, model: FigureModel) -> None:
        super().__init__("mw-figure-bar")
        self.model, self.files = model, FilesModel(model.session)
        self.save = button(
            "Save figure", tip="The image in view with RA and Dec axes, as PDF or PNG of 300 dpi"
        )
        self.format = named(
            ipywidgets.Dropdown(
                options=[(suffix[1:].upper(), suffix) for suffix in FIGURE_FORMATS], layout=ipywidgets.Layout(width="80px")
            ),
            "Format of the figure",
        )  # fmt: skip
        self.download = DownloadButton(self._release, "Download", "Save the figure with the browser")
        self.status = text("")
        self.save.on_click(lambda _: model.save())
        self.format.observe(lambda change: model.set_trait("suffix", change["new"]), "value")
        row = ipywidgets.HBox([self.save, self.format, self.download])
        row.add_class("mw-row")
        self.children = (row, self.status)
        self.watch(model, self._update, "working", "saved", "sentence")

    def _release(self) -> str:
        return self.files.release_paths([self.model.saved] if self.model.saved else [], "figure")

    def _update(self, _: Any) -> None:
        model = self.model
        self.save.disabled = model.working
        self.download.disabled = model.saved is None
        self.download.set_paths([model.saved] if model.saved else [])
        if model.working:
            self.status.value = sentences(["Drawing the figure …"], "calm")
        elif model.sentence:
            self.status.value = sentences([model.sentence], "bad")
        elif model.saved is not None:
            self.status.value = sentences([f"Saved: `{model.saved}`."], "good")
        else:
            self.status.value = ""

    def close(self) -> None:
        """Close the view and its models; what was released can no longer be fetched."""
        super().close()
        self.files.close()
        self.model.close()
