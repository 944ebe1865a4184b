"""Download, cancel and progress, for files of the archive and reference files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from humanize import naturalsize

from miri_widgets.models.download_model import FetchingModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.runbar import bar
from miri_widgets.panels.parts.theme import button, sentences, text
from miri_widgets.products.download.queue import DownloadProgress
from miri_widgets.run.durations import duration

__all__ = ["DownloadBar", "progress_text"]


def progress_text(progress: DownloadProgress) -> str:
    """
    Describe the progress of a download.

    Parameters
    ----------
    progress : DownloadProgress
        The progress.

    Returns
    -------
    str
        The text.
    """
    size = f" of {naturalsize(progress.size_all)}" if progress.size_all else ""
    details = [
        f"file {progress.index} of {progress.count}: {progress.name}",
        f"{naturalsize(progress.done_all)}{size}",
    ]
    if progress.text:
        return " · ".join([*details, progress.text])
    if progress.rate > 0:
        details.append(f"{naturalsize(progress.rate)}/s")
    if progress.eta is not None and progress.eta > 1:
        details.append(f"about {duration(progress.eta)} left")
    return " · ".join(details)


class DownloadBar(Part):
    """
    The button that starts a download, its progress and faults.

    Parameters
    ----------
    model : FetchingModel
        The model that downloads.
    start : callable
        Called to start it.
    tip : str
        Tooltip of the button.
    """

    def __init__(self, model: FetchingModel, start: Callable[[], None], *, tip: str) -> None:
        super().__init__("mw-runbar")
        self.model = model
        self.start = button("Download", "mw-primary", tip=tip)
        self.cancel = button(
            "Cancel", "mw-danger", tip="Stop; what came is kept, the next download goes on there"
        )
        self.progress = text("", "mw-progress")
        self.faults = text("")
        self.start.on_click(lambda _: start())
        self.cancel.on_click(lambda _: model.cancel())
        row = ipywidgets.HBox([self.start, self.cancel])
        row.add_class("mw-row")
        self.children = (row, self.progress, self.faults)
        self.watch(model, self._update, "downloading", "stopping", "progress", "faults")

    def set_action(self, label: str, possible: bool) -> None:
        """
        Set the label of the button and whether it is enabled.

        Parameters
        ----------
        label : str
            The label.
        possible : bool
            Whether a download can start.
        """
        self.start.description = label
        self.start.disabled = not possible

    def _update(self, _: Any) -> None:
        model = self.model
        self.start.layout.display = "none" if model.downloading else ""
        self.cancel.layout.display = "" if model.downloading else "none"
        self.cancel.disabled = model.stopping
        if not model.downloading:
            self.progress.value = ""
        elif model.stopping:
            self.progress.value = bar(model.progress.fraction if model.progress else 0.0, "stopping")
        elif model.progress is None:
            self.progress.value = bar(0.0, "starting")
        else:
            self.progress.value = bar(model.progress.fraction, progress_text(model.progress))
        shown = list(model.faults[:6])
        if len(model.faults) > 6:
            shown.append(f"{len(model.faults) - 6} more files failed for reasons of their own.")
        self.faults.value = sentences(shown, "bad")
