"""Two runs or two files side by side, alone: no program and no stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.analysis.comparison import compared
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.run_differences import RunDifferencesModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.rundifferences import RunDifferencesView
from miri_widgets.panels.parts.theme import button, escape, sentences, stylesheet, text
from miri_widgets.viewer import ImageViewer, make_viewer

__all__ = ["DifferencesPanel", "show_differences"]

_DIFFERENCE = "B \N{MINUS SIGN} A"
_HINT = "Blink, beside a product in the table, shows both here."


class DifferencesPanel(Part):
    """
    Pickers, differences, and a viewer in which both are blinked.

    Parameters
    ----------
    model : RunDifferencesModel
        What is compared; closed with the panel.
    viewer : ImageViewer, optional
        The viewer; jdaviz, or what stands in for it, by default. Closed with the panel.
    """

    def __init__(self, model: RunDifferencesModel, viewer: ImageViewer | None = None) -> None:
        super().__init__("mw-app", "mw-panel")
        self.model = model
        self._labels = ("", "")
        self._pair = Path(), Path()
        self._of: tuple[Any, Any] = (None, None)
        """The choice that the images in view belong to."""
        self.difference = BackgroundValue(model.background)
        self._place = 1
        self.viewer = viewer or make_viewer(height="clamp(400px, calc(100vh - 220px), 900px)")
        self.folder = _path_box("Folder", "A workspace, or a folder of FITS files")
        self.folder.value = str(model.folder or "")
        self.look = button("List", tip="List what can be compared in this folder")
        self.first = _path_box("File A", "A FITS product, or the folder of a run")
        self.second = _path_box("File B", "A FITS product, or the folder of a run")
        for one in (self.first, self.second):
            one.layout.flex = "1 1 100%"  # of a path, the end tells
        self.compare = button("Compare files", tip="Compare these two files, wherever they are")
        self.blink = button("Blink", tip="Show the other one")
        self.subtract = button("Difference", tip="Show B minus A")
        self.blink.disabled = self.subtract.disabled = True
        self.shown = text(_HINT, "mw-muted")
        self.view = RunDifferencesView(model, self._show)
        listing, files, seeing = (
            ipywidgets.HBox(held)
            for held in (
                [self.folder, self.look],
                [self.first, self.second, self.compare],
                [self.blink, self.subtract, self.shown],
            )
        )
        for row in (listing, files, seeing):
            row.add_class("mw-row")
        left, right = (
            ipywidgets.VBox([listing, files, self.view]),
            ipywidgets.VBox([seeing, self.viewer.widget]),
        )
        left.add_class("mw-left")
        right.add_class("mw-right")
        columns = ipywidgets.HBox([left, right])
        columns.add_class("mw-columns")
        self.children = (
            stylesheet(), text("<h2>What changed<span>between two runs or two files</span></h2>", "mw-panel-head"),
            columns,
        )  # fmt: skip
        self.look.on_click(lambda _: self._list())
        self.compare.on_click(lambda _: self._compare_files())
        self.subtract.on_click(lambda _: self._ask_difference())
        self.blink.on_click(lambda _: self._next())
        self.watch(model, self._follow_choices, "choices")
        self.watch(model, self._follow_chosen, "first", "second")
        self.watch(self.difference, self._follow_difference, "value", "sentence")

    def _follow_choices(self, _: Any) -> None:
        known = [str(path) for one in self.model.choices for path in one.products[:1]]
        for box in (self.first, self.second):
            box.options = known

    def _follow_chosen(self, _: Any) -> None:
        """Take images out of view that belong to another choice: A and B are those of now, and so is B minus A."""
        if (self.model.first, self.model.second) == self._of or self._pair == (Path(), Path()):
            return
        for label in self.viewer.labels:
            self.viewer.remove(label)
        self._pair, self._labels = (Path(), Path()), ("", "")
        self.difference.clear()
        self.blink.disabled = self.subtract.disabled = True
        self.shown.value = _HINT

    def offer(self, workspaces: Sequence[Path]) -> None:
        """Offer workspaces as the folder; one that is picked is listed at once."""
        self.folder.options = [str(path) for path in workspaces]
        self.folder.observe(
            lambda change: self._list() if change["new"] in self.folder.options else None, "value"
        )

    def _list(self) -> None:
        self.model.look_into(self.folder.value)

    def _compare_files(self) -> None:
        self.model.choose_entered(self.first.value, self.second.value)

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
        self._pair, self._of = (first, second), (self.model.first, self.model.second)
        self.difference.clear()
        self.blink.disabled = self.subtract.disabled = False
        self._in_front(1)

    def _ask_difference(self) -> None:
        """Bring B minus A to the front; it is made when it is asked for first."""
        if self.viewer.front(_DIFFERENCE):
            self.shown.value = escape(self._difference_words())
        else:
            self.shown.value = "The pixels are being subtracted."
            self.difference.request(self._pair, compared, *self._pair, "")

    def _follow_difference(self, _: Any) -> None:
        found = self.difference.value
        if self.difference.sentence:
            self.shown.value = sentences([self.difference.sentence], "bad")
        elif found is not None and (found.before, found.after) == self._pair:
            plane = found.difference if found.difference.ndim == 2 else found.difference[0]
            self.viewer.show(plane, label=_DIFFERENCE)
            self.shown.value = escape(self._difference_words())

    def _difference_words(self) -> str:
        """What the difference in view is: its unit, and which of several integrations."""
        found = self.difference.value
        if found is None:
            return _DIFFERENCE
        cube = found.difference.ndim == 3
        return f"{_DIFFERENCE} [{found.unit}]" + (
            f", integration 1 of {len(found.difference)}" if cube else ""
        )

    def _next(self) -> None:
        self._in_front(1 - self._place)

    def _in_front(self, place: int) -> None:
        self._place = place
        there = self.viewer.front(self._labels[place])
        self.shown.value = escape(
            self._labels[place] if there else f"{self._labels[place]} is not in the viewer."
        )

    def close(self) -> None:
        """Close the viewer and everything else."""
        self.viewer.close()
        super().close()
        self.difference.close()


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
    *,
    workspaces: Sequence[Path] = (),
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
    workspaces : sequence of Path
        Folders that are offered; the first of them is listed when no other is named.

    Returns
    -------
    DifferencesPanel
        With pickers for another folder and other files; a path that cannot be used is told there.
    """
    folder = folder or next(iter(workspaces), None)
    model = RunDifferencesModel(Path(folder) if folder else None)
    panel = DifferencesPanel(model, viewer)
    panel.offer(workspaces)
    panel.add_class("mw-alone")
    if first and second:
        panel.first.value, panel.second.value = str(first), str(second)
        model.choose(Path(first), Path(second))
    model.look()
    return panel
