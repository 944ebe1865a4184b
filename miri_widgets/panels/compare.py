"""Comparison of two runs or two files, without a program or stage."""

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
from miri_widgets.viewer.protocol import Hints

__all__ = ["DifferencesPanel", "show_differences"]

_DIFFERENCE = "B \N{MINUS SIGN} A"
_HINT = "Blink, beside a product in the table, shows both here."


class DifferencesPanel(Part):
    """
    Choices, differences, and a viewer to blink both.

    Parameters
    ----------
    model : RunDifferencesModel
        The comparison, closed with the panel.
    viewer : ImageViewer, optional
        The viewer, closed with the panel; by default jdaviz, or the light viewer without it.
    """

    def __init__(self, model: RunDifferencesModel, viewer: ImageViewer | None = None) -> None:
        super().__init__("mw-app", "mw-panel")
        self.model = model
        self._labels = ("", "")
        self._pair = Path(), Path()
        self._choice_in_view: tuple[Any, Any] = (None, None)
        """The choice to which the images in view belong."""
        self.difference = BackgroundValue(model.background)
        self._front_index = 1
        self.viewer = viewer or make_viewer(height="clamp(400px, calc(100vh - 220px), 900px)")
        self.folder = _path_box("Folder", "A workspace, or a folder of FITS files")
        self.folder.value = str(model.folder or "")
        self.list_button = button("List", tip="List what can be compared in this folder")
        self.first = _path_box("File A", "A FITS product, or the folder of a run")
        self.second = _path_box("File B", "A FITS product, or the folder of a run")
        for box in (self.first, self.second):
            box.layout.flex = "1 1 100%"  # the end of a path matters
        self.compare = button("Compare files", tip="Compare these two files, wherever they are")
        self.blink = button("Blink", tip="Show the other one")
        self.subtract = button("Difference", tip="Show B minus A")
        self.blink.disabled = self.subtract.disabled = True
        self.shown = text(_HINT, "mw-muted")
        self.view = RunDifferencesView(model, self._show)
        listing, files, viewing = (
            ipywidgets.HBox(widgets)
            for widgets in (
                [self.folder, self.list_button],
                [self.first, self.second, self.compare],
                [self.blink, self.subtract, self.shown],
            )
        )
        for row in (listing, files, viewing):
            row.add_class("mw-row")
        controls, viewer_column = (
            ipywidgets.VBox([listing, files, self.view]),
            ipywidgets.VBox([viewing, self.viewer.widget]),
        )
        controls.add_class("mw-left")
        viewer_column.add_class("mw-right")
        columns = ipywidgets.HBox([controls, viewer_column])
        columns.add_class("mw-columns")
        self.children = (
            stylesheet(), text("<h2>What changed<span>between two runs or two files</span></h2>", "mw-panel-head"),
            columns,
        )  # fmt: skip
        self.list_button.on_click(lambda _: self._list())
        self.compare.on_click(lambda _: self._compare_files())
        self.subtract.on_click(lambda _: self._show_difference())
        self.blink.on_click(lambda _: self._next())
        self.watch(model, self._update_choices, "choices")
        self.watch(model, self._update_chosen, "first", "second")
        self.watch(self.difference, self._update_difference, "value", "sentence")

    def _update_choices(self, _: Any) -> None:
        paths = [str(path) for run in self.model.choices for path in run.products[:1]]
        for box in (self.first, self.second):
            box.options = paths

    def _update_chosen(self, _: Any) -> None:
        """Remove images that belong to an earlier choice."""
        if (self.model.first, self.model.second) == self._choice_in_view or self._pair == (Path(), Path()):
            return
        for label in self.viewer.labels:
            self.viewer.remove(label)
        self._pair, self._labels = (Path(), Path()), ("", "")
        self.difference.clear()
        self.blink.disabled = self.subtract.disabled = True
        self.shown.value = _HINT

    def set_workspaces(self, workspaces: Sequence[Path]) -> None:
        """
        Offer workspaces as the folder; a chosen one is listed at once.

        Parameters
        ----------
        workspaces : sequence of Path
            Folders.
        """
        self.folder.options = [str(path) for path in workspaces]
        self.folder.observe(
            lambda change: self._list() if change["new"] in self.folder.options else None, "value"
        )

    def _list(self) -> None:
        self.model.look_into(self.folder.value)

    def _compare_files(self) -> None:
        self.model.choose_entered(self.first.value, self.second.value)

    def _show(self, first: Path, second: Path) -> None:
        """Show B over A, with the display range of A."""
        try:
            for label in self.viewer.labels:
                self.viewer.remove(label)
            self._labels = (f"A · {first.name}", f"B · {second.name}")
            self.viewer.show(first, label=self._labels[0])
            self.viewer.show(second, label=self._labels[1], hints=Hints(like=self._labels[0]))
        except MiriWidgetsError as error:
            self.shown.value = sentences([str(error)], "bad")
            return
        self._pair, self._choice_in_view = (first, second), (self.model.first, self.model.second)
        self.difference.clear()
        self.blink.disabled = self.subtract.disabled = False
        self._in_front(1)

    def _show_difference(self) -> None:
        """Bring B minus A to the front; it is computed at the first request."""
        if self.viewer.front(_DIFFERENCE):
            self.shown.value = escape(self._difference_text())
        else:
            self.shown.value = "Subtracting the pixels …"
            self.difference.request(self._pair, compared, *self._pair, "")

    def _update_difference(self, _: Any) -> None:
        result = self.difference.value
        if self.difference.sentence:
            self.shown.value = sentences([self.difference.sentence], "bad")
        elif result is not None and (result.before, result.after) == self._pair:
            plane = result.difference if result.difference.ndim == 2 else result.difference[0]
            hints = Hints(difference=True, unit=result.unit, sky=result.after)
            self.viewer.show(plane, label=_DIFFERENCE, hints=hints)
            self.shown.value = escape(self._difference_text())

    def _difference_text(self) -> str:
        """Describe the difference in view: its unit, and the integration."""
        result = self.difference.value
        if result is None:
            return _DIFFERENCE
        cube = result.difference.ndim == 3
        return f"{_DIFFERENCE} [{result.unit}]" + (
            f", integration 1 of {len(result.difference)}" if cube else ""
        )

    def _next(self) -> None:
        self._in_front(1 - self._front_index)

    def _in_front(self, index: int) -> None:
        self._front_index = index
        in_viewer = self.viewer.front(self._labels[index])
        self.shown.value = escape(
            self._labels[index] if in_viewer else f"{self._labels[index]} is not in the viewer."
        )

    def close(self) -> None:
        """Close the viewer and all other parts."""
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
    Return the differences between two runs or two files beside a viewer, for display.

    Parameters
    ----------
    first, second : path, optional
        FITS products, or folders of runs.
    folder : path, optional
        A workspace, whose runs can be chosen, or a folder of FITS files.
    viewer : ImageViewer, optional
        As for `DifferencesPanel`.
    workspaces : sequence of Path
        Folders to offer; the first is listed if no other is given.

    Returns
    -------
    DifferencesPanel
        The panel, which reports unusable paths.
    """
    folder = folder or next(iter(workspaces), None)
    model = RunDifferencesModel(Path(folder) if folder else None)
    panel = DifferencesPanel(model, viewer)
    panel.set_workspaces(workspaces)
    panel.add_class("mw-alone")
    if first and second:
        panel.first.value, panel.second.value = str(first), str(second)
        model.choose(Path(first), Path(second))
    model.refresh()
    return panel
