"""Two runs or two files side by side, alone: no program and no stage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.run_differences import RunDifferencesModel
from miri_widgets.panels.parts.part import Part
from miri_widgets.panels.parts.rundifferences import RunDifferencesView
from miri_widgets.panels.parts.theme import button, escape, sentences, stylesheet, text
from miri_widgets.viewer import ImageViewer, make_viewer

__all__ = ["DifferencesPanel", "show_differences"]


class DifferencesPanel(Part):
    """
    Pickers, differences, and a viewer in which both are blinked.

    Parameters
    ----------
    model : RunDifferencesModel
        What is compared; closed with the panel.
    viewer : ImageViewer, optional
        The viewer; jdaviz, or what stands in for it, by default. Closed with the panel.
    pool : ThreadPoolExecutor, optional
        Where the model reads; shut down with the panel.
    """

    def __init__(
        self,
        model: RunDifferencesModel,
        viewer: ImageViewer | None = None,
        pool: ThreadPoolExecutor | None = None,
    ) -> None:
        super().__init__("mw-app", "mw-panel")
        self.model = model
        self._pool = pool
        self._labels = ("", "")
        self._place = 1
        self.viewer = viewer or make_viewer(height="480px")
        self.folder = _path_box("Folder", "A workspace, or a folder of FITS files")
        self.folder.value = str(model.folder or "")
        self.look = button("List", tip="List what can be compared in this folder")
        self.first = _path_box("File A", "A FITS product, or the folder of a run")
        self.second = _path_box("File B", "A FITS product, or the folder of a run")
        self.compare = button("Compare files", tip="Compare these two files, wherever they are")
        self.blink = button("Blink", tip="Show the other one")
        self.blink.disabled = True
        self.shown = text("", "mw-muted")
        self.view = RunDifferencesView(model, self._show)
        listing, files, seeing = (
            ipywidgets.HBox(held)
            for held in (
                [self.folder, self.look],
                [self.first, self.second, self.compare],
                [self.blink, self.shown],
            )
        )
        for row in (listing, files, seeing):
            row.add_class("mw-row")
        left, right = (
            ipywidgets.VBox(held) for held in ([listing, files, self.view], [seeing, self.viewer.widget])
        )
        left.add_class("mw-left")
        right.add_class("mw-right")
        columns = ipywidgets.HBox([left, right])
        columns.add_class("mw-columns")
        head = text("<h2>What changed<span>between two runs or two files</span></h2>", "mw-panel-head")
        self.children = (stylesheet(), head, columns)
        self.look.on_click(lambda _: self._list())
        self.compare.on_click(lambda _: self._compare_files())
        self.blink.on_click(lambda _: self._next())
        self.watch(model, self._follow_choices, "choices")

    def _follow_choices(self, _: Any) -> None:
        known = [str(path) for one in self.model.choices for path in one.products[:1]]
        for box in (self.first, self.second):
            box.options = known

    def _list(self) -> None:
        if self.folder.value.strip():
            self.model.look(Path(self.folder.value.strip()), mark=object())

    def _compare_files(self) -> None:
        paths = [Path(box.value.strip()) if box.value.strip() else None for box in (self.first, self.second)]
        if None in paths:
            self.model.sentence = "Name two files: A and B."
        else:
            self.model.choose(paths[0], paths[1])

    def _show(self, first: Path, second: Path) -> None:
        """Show B over A, at the black and white of A."""
        try:
            for label in self.viewer.labels:
                self.viewer.remove(label)
            self._labels = (f"A · {first.name}", f"B · {second.name}")
            self.viewer.show(first, label=self._labels[0])
            self.viewer.show(second, label=self._labels[1], like=self._labels[0])
        except MiriWidgetsError as error:
            self.shown.value = sentences([str(error)], "bad")
            return
        self.blink.disabled = False
        self._in_front(1)

    def _next(self) -> None:
        self._in_front(1 - self._place)

    def _in_front(self, place: int) -> None:
        self._place = place
        self.viewer.front(self._labels[place])
        self.shown.value = escape(self._labels[place])

    def close(self) -> None:
        """Close the viewer and everything else."""
        self.viewer.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()


def _path_box(label: str, hint: str) -> ipywidgets.Combobox:
    box = ipywidgets.Combobox(
        description=label, placeholder=hint, ensure_option=False, style={"description_width": "48px"},
        layout=ipywidgets.Layout(flex="1 1 260px", width="auto"), tooltip=hint,
    )  # fmt: skip
    box.add_class("mw-control")
    return box


def show_differences(
    first: Path | str | None = None,
    second: Path | str | None = None,
    folder: Path | str | None = None,
    viewer: ImageViewer | None = None,
) -> DifferencesPanel:
    """
    Return what changed between two runs or two files, beside a viewer, to be displayed.

    Parameters
    ----------
    first, second : path, optional
        FITS products, or folders of runs.
    folder : path, optional
        A workspace, whose runs can be chosen, or a folder of FITS files.
    viewer : ImageViewer, optional
        As for `DifferencesPanel`.

    Returns
    -------
    DifferencesPanel
        With pickers for another folder and other files; a path that cannot be used is told there.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="miri-differences")
    model = RunDifferencesModel(Path(folder) if folder else None, submit=pool.submit)
    panel = DifferencesPanel(model, viewer, pool)
    if first and second:
        panel.first.value, panel.second.value = str(first), str(second)
        model.choose(Path(first), Path(second))
    model.look()
    return panel
