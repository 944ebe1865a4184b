"""The regions of a program: save drawn ones, load DS9 files, show them, and list their uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.core.regions import Region
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.regions import RegionSet, RegionUse
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.table import Table
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.viewer import ImageViewer

__all__ = ["RegionList"]

_COLUMNS = [
    {"key": "name", "title": "Name"},
    {"key": "kind", "title": "Holds"},
    {"key": "use", "title": "Used as"},
    {"key": "show", "title": "", "kind": "button"},
]
_LABEL = "regions "
_READING = "Reading the file …"
_POLYGON = "the polygon that is being drawn"
_COLOUR = "#56b4e9"
_HOW = (
    "Draw on the image with the region tools above it (circle, rectangle, ellipse) or <b>Draw polygon</b>, then press "
    "<b>Keep drawing</b>; or load a DS9 file. The lightweight viewer draws polygons only."
)


class RegionList(Part):
    """
    A table of the saved regions, with actions on the chosen one.

    Parameters
    ----------
    session : SessionModel
        The session.
    viewer : ImageViewer
        The viewer.
    """

    def __init__(self, session: SessionModel, viewer: ImageViewer) -> None:
        super().__init__("mw-regions")
        self.session, self.viewer, self.model = session, viewer, session.regions
        self._outlined: set[str] = set()
        wide = ipywidgets.Layout(flex="1 1 140px", width="auto")
        self.name = ipywidgets.Text(placeholder="name", description="Name", layout=wide)
        self.save_drawing = button(
            "Keep drawing", "mw-primary", tip="Save what is drawn in the viewer as regions of this program"
        )
        self.polygon = ipywidgets.ToggleButton(
            description="Draw polygon", tooltip="Click the corners on the image, then press this again"
        )
        self.polygon.layout.width = "auto"
        self.polygon.add_class("mw-button")
        self._reading = False
        self._corners: list[tuple[float, float]] = []
        self.erase = button("Clear drawing", tip="Forget what is drawn; kept regions stay")
        self.path = ipywidgets.Text(placeholder="path of a .reg file", description="DS9 file", layout=wide)
        self.load = button("Load", tip="Copy this file into the program")
        self.upload = ipywidgets.FileUpload(accept=".reg", multiple=False, description="Upload")
        self.upload.add_class("mw-button")
        self.table = Table(
            columns=_COLUMNS, on_act=self._toggle, placeholder="Filter regions", max_height="200px",
            empty="No regions yet.",
        )  # fmt: skip
        self.use = ipywidgets.Dropdown(options=(), description="Use as", layout=wide)
        self.apply = button("Use", tip="Give the chosen regions to this step")
        self.stop = button("Stop using", tip="No step takes the chosen regions any longer")
        self.remove = button("Remove", tip="Delete the chosen regions from the program")
        self.status = text("")
        for control in (self.name, self.path, self.use):
            control.add_class("mw-control")
        self.children = (
            text(f"<p>{_HOW}</p>", "mw-muted"),
            _row(self.name, self.save_drawing, self.polygon, self.erase),
            _row(self.path, self.load, self.upload),
            self.table,
            _row(self.use, self.apply, self.stop, self.remove),
            self.status,
        )
        self._connect()
        self.model.refresh()

    def _connect(self) -> None:
        """Follow the controls, the kept regions, and the stages that can take them."""
        self.save_drawing.on_click(lambda _: self._act(self._save_drawing))
        self.polygon.observe(self._polygon_pressed, "value")
        self.erase.on_click(lambda _: self.viewer.erase())
        self.load.on_click(lambda _: self._act(lambda: self.model.load(self.path.value)))
        self.apply.on_click(lambda _: self._act(self._use))
        self.stop.on_click(lambda _: self._act(lambda: self.model.stop_using(self._chosen)))
        self.remove.on_click(lambda _: self._act(lambda: self.model.remove(self._chosen)))
        self.upload.observe(self._uploaded, "value")
        self.table.observe(self._update_choice, "selected")
        self.watch(self.model, self._update, "sets", "shown")
        self.watch(self.model, self._update_loading, "working", "sentence")
        for model in self.session.models.values():
            if model.stage.regions:
                self.watch(model, self._update, "settings", "loaded")
        self.watch(self.session, self._update, "chain")

    @property
    def _chosen(self) -> Path:
        return Path(self.table.selected[0]) if self.table.selected else Path()

    def _act(self, action: Callable[[], Any]) -> None:
        """Run the action of a button, and show its result."""
        self.status.value = ""
        try:
            message = action()
        except MiriWidgetsError as error:
            self.status.value = sentences([str(error)], "bad")
        else:
            if isinstance(message, str):
                self.status.value = sentences([message], "good")

    def _save_drawing(self) -> str:
        entered = self.name.value.strip()
        path = self.model.keep_drawn(entered)
        self.name.value = ""
        self.table.selected = [str(path)]
        saved_name = next(
            (region_set.name for region_set in self.model.sets if region_set.path == path), path.stem
        )
        renamed = (
            f" as {saved_name}: names are made of letters, digits, - and _"
            if entered not in ("", saved_name)
            else ""
        )
        return f"Kept{renamed}. Choose below what uses it."

    def _polygon_pressed(self, change: dict[str, Any]) -> None:
        self.polygon.description = "Finish polygon" if change["new"] else "Draw polygon"
        corners, self._corners = self._corners, []
        self.viewer.unmark(_POLYGON)
        hint = (
            "Click the corners on the image, one after the other; then press Finish polygon."
            if change["new"]
            else ""
        )
        if not change["new"] and 0 < len(corners) < 3:
            hint = f"A polygon needs three corners; {len(corners)} were clicked."
        elif not change["new"] and corners:
            self.viewer.draw([Region("polygon", tuple(corners))])
        self.status.value = sentences([hint], "calm") if hint else ""

    def add_corner(self, x: float, y: float) -> bool:
        """
        Add a click on the image as a corner while a polygon is being drawn.

        Parameters
        ----------
        x, y : float
            0-based pixels of the image on top.

        Returns
        -------
        bool
            Whether a polygon is being drawn.
        """
        if not self.polygon.value:
            return False
        self._corners.append((float(x), float(y)))
        corners = tuple(self._corners)
        shown = (
            [Region("polygon", corners)]
            if len(corners) > 2
            else [Region("point", (corner,)) for corner in corners]
        )
        self.viewer.outline(shown, label=_POLYGON)
        return True

    def _use(self) -> str:
        use: RegionUse | None = self.use.value
        return self.model.use(self._chosen, use) if use is not None else ""

    def _uploaded(self, change: dict[str, Any]) -> None:
        for file in change["new"]:
            self.model.load_bytes(str(file["name"]), bytes(file["content"]))
        if change["new"]:
            self.upload.value = ()

    def _toggle(self, identity: str) -> None:
        path = Path(identity)
        self.model.show(path, path not in self.model.shown)

    def _update_loading(self, _: Any) -> None:
        self._reading = (self._reading and not self.model.sentence) or self.model.working
        if self.model.sentence:
            self.status.value = sentences([self.model.sentence], "bad")
        elif self.model.working:
            self.status.value = sentences([_READING], "calm")
        elif self._reading:
            self._reading = False
            self.status.value = sentences(["Loaded. Choose below what uses it."], "good")

    def _update(self, _: Any) -> None:
        self.table.rows = [self._row_of(item) for item in self.model.sets]
        ids = {row["id"] for row in self.table.rows}
        if not set(self.table.selected) <= ids:
            self.table.selected = [item for item in self.table.selected if item in ids]
        uses = self.model.possible_uses()
        options = [
            (f"{self.session.models[use.stage].stage.short}: {use.declared.title}", use) for use in uses
        ]
        if tuple(options) != tuple(self.use.options):
            self.use.options = options
            # Trap: a dropdown that had no options does not choose one of those that it gets
            self.use.value = self.use.value or (uses[0] if uses else None)
        self._draw()
        self._update_choice(None)

    def _row_of(self, region_set: RegionSet) -> dict[str, Any]:
        used = ", ".join(
            f"{self.session.models[use.stage].stage.short}: {use.declared.title}"
            for use in self.model.uses_of(region_set.path)
        )
        label = "Hide" if region_set.path in self.model.shown else "Show"
        return {
            "id": str(region_set.path),
            "name": {"text": region_set.name, "tip": str(region_set.path)},
            "kind": {"text": region_set.kind, "tip": region_set.sentence or region_set.kind},
            "use": used,
            "show": label if region_set.regions else "",
        }

    def _draw(self) -> None:
        """Outline the shown regions on the image."""
        shown = {
            _LABEL + path.name: region_set
            for path in self.model.shown
            if (region_set := self.model.find(path))
        }
        for label in self._outlined - shown.keys():
            self.viewer.unmark(label)
        for label in shown.keys() - self._outlined:
            self.viewer.outline(shown[label].regions, label=label, color=_COLOUR)
        self._outlined = set(shown)

    def _update_choice(self, _: Any) -> None:
        region_set = self.model.find(self._chosen) if self.table.selected else None
        used = bool(region_set and self.model.uses_of(region_set.path))
        self.apply.disabled = region_set is None or not region_set.regions or not self.use.options
        self.stop.disabled = not used
        self.remove.disabled = region_set is None
        if region_set is not None and region_set.sentence:
            self.status.value = f'<p class="mw-sentence mw-bad">{escape(region_set.sentence)}</p>'


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(widgets)
    row.add_class("mw-row")
    return row
