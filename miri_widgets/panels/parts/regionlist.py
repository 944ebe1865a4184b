"""The regions of a program: keep what is drawn, load DS9 files, show them, and say what uses them."""

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
_READING = "The file is being read."
_POLYGON = "the polygon that is being drawn"
_COLOUR = "#56b4e9"
_HOW = (
    "Draw on the image with the region tools above it (circle, rectangle, ellipse) or <b>Draw polygon</b>, then press "
    "<b>Keep drawing</b>; or load a DS9 file. The small viewer without jdaviz draws polygons only, and shows all."
)


class RegionList(Part):
    """
    A table of the kept regions with what can be done to the one that is chosen.

    Parameters
    ----------
    session : SessionModel
        Whose regions they are.
    viewer : ImageViewer
        Where they are drawn and shown.
    """

    def __init__(self, session: SessionModel, viewer: ImageViewer) -> None:
        super().__init__("mw-regions")
        self.session, self.viewer, self.model = session, viewer, session.regions
        self._outlined: set[str] = set()
        wide = ipywidgets.Layout(flex="1 1 140px", width="auto")
        self.name = ipywidgets.Text(placeholder="name", description="Name", layout=wide)
        self.keep = button(
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
        self.words = text("")
        for one in (self.name, self.path, self.use):
            one.add_class("mw-control")
        self.children = (
            text(f"<p>{_HOW}</p>", "mw-muted"),
            _row(self.name, self.keep, self.polygon, self.erase),
            _row(self.path, self.load, self.upload),
            self.table,
            _row(self.use, self.apply, self.stop, self.remove),
            self.words,
        )
        self._connect()
        self.model.look()

    def _connect(self) -> None:
        """Follow the controls, the kept regions, and the stages that can take them."""
        self.keep.on_click(lambda _: self._act(self._keep))
        self.polygon.observe(self._polygon_pressed, "value")
        self.erase.on_click(lambda _: self.viewer.erase())
        self.load.on_click(lambda _: self._act(lambda: self.model.load(self.path.value)))
        self.apply.on_click(lambda _: self._act(self._use))
        self.stop.on_click(lambda _: self._act(lambda: self.model.stop_using(self._chosen)))
        self.remove.on_click(lambda _: self._act(lambda: self.model.remove(self._chosen)))
        self.upload.observe(self._uploaded, "value")
        self.table.observe(self._follow_choice, "selected")
        self.watch(self.model, self._follow, "sets", "shown")
        self.watch(self.model, self._follow_loading, "working", "sentence")
        for model in self.session.models.values():
            if model.stage.regions:
                self.watch(model, self._follow, "settings", "loaded")
        self.watch(self.session, self._follow, "chain")

    @property
    def _chosen(self) -> Path:
        return Path(self.table.selected[0]) if self.table.selected else Path()

    def _act(self, action: Callable[[], Any]) -> None:
        """Do what a button says; say what came of it."""
        self.words.value = ""
        try:
            told = action()
        except MiriWidgetsError as error:
            self.words.value = sentences([str(error)], "bad")
        else:
            if isinstance(told, str):
                self.words.value = sentences([told], "good")

    def _keep(self) -> str:
        entered = self.name.value.strip()
        path = self.model.keep_drawn(entered)
        self.name.value = ""
        self.table.selected = [str(path)]
        kept = next((one.name for one in self.model.sets if one.path == path), path.stem)
        other = f" as {kept}: names are made of letters, digits, - and _" if entered not in ("", kept) else ""
        return f"Kept{other}. Choose below what uses it."

    def _polygon_pressed(self, change: dict[str, Any]) -> None:
        self.polygon.description = "Finish polygon" if change["new"] else "Draw polygon"
        corners, self._corners = self._corners, []
        self.viewer.unmark(_POLYGON)
        told = (
            "Click the corners on the image, one after the other; then press Finish polygon."
            if change["new"]
            else ""
        )
        if not change["new"] and 0 < len(corners) < 3:
            told = f"A polygon needs three corners; {len(corners)} were clicked."
        elif not change["new"] and corners:
            self.viewer.draw([Region("polygon", tuple(corners))])
        self.words.value = sentences([told], "calm") if told else ""

    def take_corner(self, x: float, y: float) -> bool:
        """
        Take a click on the image as a corner, when a polygon is being drawn; return whether it is.

        Parameters
        ----------
        x, y : float
            0-based pixels of the image on top.
        """
        if not self.polygon.value:
            return False
        self._corners.append((float(x), float(y)))
        corners = tuple(self._corners)
        shown = (
            [Region("polygon", corners)] if len(corners) > 2 else [Region("point", (one,)) for one in corners]
        )
        self.viewer.outline(shown, label=_POLYGON)
        return True

    def _use(self) -> str:
        found: RegionUse | None = self.use.value
        return self.model.use(self._chosen, found) if found is not None else ""

    def _uploaded(self, change: dict[str, Any]) -> None:
        for one in change["new"]:
            self.model.load_bytes(str(one["name"]), bytes(one["content"]))
        if change["new"]:
            self.upload.value = ()

    def _toggle(self, identity: str) -> None:
        path = Path(identity)
        self.model.show(path, path not in self.model.shown)

    def _follow_loading(self, _: Any) -> None:
        self._reading = (self._reading and not self.model.sentence) or self.model.working
        if self.model.sentence:
            self.words.value = sentences([self.model.sentence], "bad")
        elif self.model.working:
            self.words.value = sentences([_READING], "calm")
        elif self._reading:
            self._reading = False
            self.words.value = sentences(["Loaded. Choose below what uses it."], "good")

    def _follow(self, _: Any) -> None:
        self.table.rows = [self._row_of(one) for one in self.model.sets]
        there = {row["id"] for row in self.table.rows}
        if not set(self.table.selected) <= there:
            self.table.selected = [one for one in self.table.selected if one in there]
        uses = self.model.possible_uses()
        options = [
            (f"{self.session.models[one.stage].stage.short}: {one.declared.title}", one) for one in uses
        ]
        if tuple(options) != tuple(self.use.options):
            self.use.options = options
            # Trap: a dropdown that had no options does not choose one of those that it gets
            self.use.value = self.use.value or (uses[0] if uses else None)
        self._draw()
        self._follow_choice(None)

    def _row_of(self, one: RegionSet) -> dict[str, Any]:
        used = ", ".join(
            f"{self.session.models[use.stage].stage.short}: {use.declared.title}"
            for use in self.model.uses_of(one.path)
        )
        label = "Hide" if one.path in self.model.shown else "Show"
        return {
            "id": str(one.path),
            "name": {"text": one.name, "tip": str(one.path)},
            "kind": {"text": one.kind, "tip": one.sentence or one.kind},
            "use": used,
            "show": label if one.regions else "",
        }

    def _draw(self) -> None:
        """Lay the outlines of what is shown over the image."""
        shown = {_LABEL + path.name: one for path in self.model.shown if (one := self.model.find(path))}
        for label in self._outlined - shown.keys():
            self.viewer.unmark(label)
        for label in shown.keys() - self._outlined:
            self.viewer.outline(shown[label].regions, label=label, color=_COLOUR)
        self._outlined = set(shown)

    def _follow_choice(self, _: Any) -> None:
        found = self.model.find(self._chosen) if self.table.selected else None
        used = bool(found and self.model.uses_of(found.path))
        self.apply.disabled = found is None or not found.regions or not self.use.options
        self.stop.disabled = not used
        self.remove.disabled = found is None
        if found is not None and found.sentence:
            self.words.value = f'<p class="mw-sentence mw-bad">{escape(found.sentence)}</p>'


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(widgets)
    row.add_class("mw-row")
    return row
