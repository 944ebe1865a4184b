"""The panel of the colour composite: how each filter becomes a colour, and saved pictures."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any

import ipywidgets

from miri_widgets.core.composite import Channel, Curve, Method
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.composite import SUFFIXES, CompositeModel
from miri_widgets.models.program_files import FilesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.downloads import DownloadButton
from miri_widgets.panels.parts.theme import button, escape, help_page, named, sentences, stylesheet, text
from miri_widgets.products.filter_colours import filter_colour
from miri_widgets.report.composite_files import FORMATS

__all__ = ["ChannelControls", "CompositePanel", "composite_item"]

_METHODS = (("Lupton", Method.LUPTON), ("Curves", Method.CURVES))
_CURVES = tuple((curve.value, curve) for curve in Curve)
_GREY_BELOW = 0.12
"""Saturation of a picked colour below which it is white: no colour."""


class ChannelControls(Part):
    """
    The controls of one filter.

    Parameters
    ----------
    channel : Channel
        Its values.
    start : Channel
        The values that its sliders are made for.
    change : callable
        Called with the name of the filter and changed fields.
    """

    def __init__(self, channel: Channel, start: Channel, change: Callable[..., None]) -> None:
        super().__init__("mw-channel")
        self._updating = False
        self._name, self._change = channel.filter, change
        width = start.white - start.black
        self.color = named(ipywidgets.ColorPicker(concise=True), f"Colour of {channel.filter}")
        self.range = named(
            ipywidgets.FloatRangeSlider(
                min=start.black - 0.5 * width, max=start.white + 1.5 * width, step=width / 500, readout=False,
                value=(channel.black, channel.white), layout=ipywidgets.Layout(flex="1 1 120px", width="auto"),
            ),
            f"Black and white of {channel.filter}",
        )  # fmt: skip
        self.weight = named(_slider(0, 2, 0.02), f"Weight of {channel.filter}")
        self.curve = named(
            ipywidgets.Dropdown(options=_CURVES, layout=ipywidgets.Layout(width="84px")), f"Curve of {channel.filter}"
        )  # fmt: skip
        self.values = text("", "mw-muted")
        label = text(
            f'<b style="border-left: 4px solid {filter_colour(channel.filter)}">&nbsp;{escape(channel.filter)}</b>'
        )
        head = ipywidgets.HBox([label, self.color, self.values, self.curve])
        rows = [
            head,
            ipywidgets.HBox([text("Black, white", "mw-muted", "mw-channel-label"), self.range]),
            ipywidgets.HBox([text("Weight", "mw-muted", "mw-channel-label"), self.weight]),
        ]
        for row in rows:
            row.add_class("mw-row")
        self.children = rows
        self.show(channel, Method.LUPTON)
        self.range.observe(self._ranged, "value")
        self.weight.observe(lambda change: self._commit(weight=change["new"]), "value")
        self.curve.observe(lambda change: self._commit(curve=change["new"]), "value")
        self.color.observe(lambda change: self._commit(hue=_hue_of(change["new"])), "value")

    def show(self, channel: Channel, method: Method) -> None:
        """
        Show values.

        Parameters
        ----------
        channel : Channel
            The values.
        method : Method
            How the picture is made: curves act with one of them only.
        """
        self._updating = True
        try:
            self.range.min = min(self.range.min, channel.black)
            self.range.max = max(self.range.max, channel.white)
            self.range.value = (channel.black, channel.white)
            self.weight.max = max(self.weight.max, channel.weight)
            self.weight.value, self.curve.value = channel.weight, channel.curve
            self.color.value = _hex_of(channel.hue)
            self.curve.layout.display = "" if method == Method.CURVES else "none"
            used = "" if channel.weight > 0 else " · not in the picture"
            self.values.value = f"{channel.black:.3g} to {channel.white:.3g} MJy/sr{used}"
        finally:
            self._updating = False

    def _ranged(self, change: dict[str, Any]) -> None:
        black, white = change["new"]
        if black < white:
            self._commit(black=black, white=white)

    def _commit(self, **values: Any) -> None:
        if not self._updating:
            self._change(self._name, **values)


class CompositePanel(Part):
    """
    Settings of the colour composite; the picture itself is in the viewer area.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-app", "mw-panel", "mw-composite-panel")
        self.session, self.model = session, session.composite
        self.files = FilesModel(session)
        self._updating = False
        self.channels: dict[str, ChannelControls] = {}
        self.method = ipywidgets.ToggleButtons(options=_METHODS, style={"button_width": "auto"})
        self.method.add_class("mw-toggle")
        self.sliders = {
            "stretch": _log_slider("Stretch", -4, 1),
            "softening": _log_slider("Softening Q", -1, 2.5),
            "saturation": _slider(0, 3, 0.05, "Saturation"),
        }
        self.reset = button("Reset", tip="Begin again with the values of the data")
        self.undo = button("Undo", tip="Take the last change back")
        self.state, self.problem = text(""), text("")
        self.list = ipywidgets.VBox()
        self.save = button(
            "Save picture",
            "mw-primary",
            tip="Full resolution, into the workspace, with its settings beside it",
        )
        self.format = named(
            ipywidgets.Dropdown(
                options=[(FORMATS[suffix], suffix) for suffix in SUFFIXES],
                layout=ipywidgets.Layout(width="130px"),
            ),
            "Format",
        )  # fmt: skip
        self.marks = {
            name: ipywidgets.Checkbox(description=title, indent=False, layout=ipywidgets.Layout(width="auto"))
            for name, title in (
                ("scale_bar", "Scale bar"),
                ("compass", "Compass"),
                ("attribution", "Attribution"),
            )
        }
        self.moc = button("MOC", tip="The covered area as a MOC (FITS), for Aladin and catalogue services")
        self.hips = button(
            "HiPS", tip="The picture as HiPS tiles, for Aladin and other sky browsers; takes some minutes"
        )
        self.download = DownloadButton(
            self._release, "Download", "Save the picture and its record with the browser"
        )
        self.saved = text("")
        self.code = text("", "mw-code")
        code_box = ipywidgets.Accordion([self.code], titles=("Code of this picture",), selected_index=None)
        code_box.add_class("mw-fold")
        code_box.observe(self._update_code, "selected_index")
        self.code_box = code_box
        self.children = (
            stylesheet(), text(_heading(), "mw-panel-head"), self.state,
            _row(self.save, self.format, *self.marks.values()), _row(self.download, self.moc, self.hips), self.saved,
            _row(self.method, self.reset, self.undo), *self.sliders.values(), self.list, self.problem, code_box,
        )  # fmt: skip
        self._wire()

    def _wire(self) -> None:
        model = self.model
        self.method.observe(lambda change: self._set(method=change["new"]), "value")
        for name, slider in self.sliders.items():
            slider.observe(lambda change, name=name: self._set(**{name: change["new"]}), "value")
        for name, box in self.marks.items():
            box.observe(lambda change, name=name: model.set_trait(name, change["new"]), "value")
        self.format.observe(lambda change: model.set_trait("suffix", change["new"]), "value")
        self.reset.on_click(lambda _: model.reset())
        self.undo.on_click(lambda _: model.undo())
        self.save.on_click(lambda _: model.save())
        self.moc.on_click(lambda _: model.save_moc())
        self.hips.on_click(lambda _: model.save_hips())
        self.watch(model, self._update_state, "working", "sentence", "images")
        self.watch(model, self._update_mapping, "mapping", "images")
        self.watch(model, self._update_choices, "scale_bar", "compass", "attribution", "suffix")
        self.watch(model, self._update_saved, "saving", "saved", "save_sentence")

    # -- from the controls ----------------------------------------------------

    def _set(self, **values: Any) -> None:
        if not self._updating:
            self._try(lambda: self.model.set_mapping(**values))

    def _set_channel(self, name: str, **values: Any) -> None:
        self._try(lambda: self.model.set_channel(name, **values))

    def _try(self, change: Callable[[], None]) -> None:
        try:
            change()
            self.problem.value = ""
        except MiriWidgetsError as error:
            self.problem.value = sentences([str(error)], "bad")
            self._update_mapping(None)

    def _release(self) -> str:
        return self.files.release_paths(self.model.saved, "composite")

    # -- from the model -------------------------------------------------------

    def _update_state(self, _: Any) -> None:
        model = self.model
        if model.working:
            self.state.value = sentences(["Reading the mosaics …"], "calm")
        elif model.sentence:
            self.state.value = sentences([model.sentence], "warn" if model.images is not None else "calm")
        else:
            self.state.value = ""
        known = model.images is not None
        sky = model.images is not None and model.images.wcs is not None
        for control in (self.save, self.reset, self.moc, self.hips):
            control.disabled = not known
        self.moc.disabled = self.hips.disabled = not sky

    def _update_mapping(self, _: Any) -> None:
        mapping, images = self.model.mapping, self.model.images
        if mapping is None or images is None:
            self.list.children = ()
            return
        if list(self.channels) != [channel.filter for channel in mapping.channels] or not self.list.children:
            self.channels = {
                channel.filter: ChannelControls(channel, start, self._set_channel)
                for channel, start in zip(mapping.channels, images.start.channels, strict=True)
            }
            self.list.children = tuple(self.channels.values())
        self._updating = True
        try:
            self.method.value = mapping.method
            for name, slider in self.sliders.items():
                slider.value = getattr(mapping, name)
            for channel in mapping.channels:
                self.channels[channel.filter].show(channel, mapping.method)
        finally:
            self._updating = False
        for name in ("stretch", "softening"):
            self.sliders[name].layout.display = "" if mapping.method == Method.LUPTON else "none"
        self._update_code(None)

    def _update_choices(self, _: Any) -> None:
        for name, box in self.marks.items():
            box.value = getattr(self.model, name)
        self.format.value = self.model.suffix

    def _update_saved(self, _: Any) -> None:
        model = self.model
        self.download.set_paths(model.saved)
        self.download.disabled = not model.saved
        if model.saving:
            self.saved.value = sentences(["Writing …"], "calm")
        elif model.save_sentence:
            self.saved.value = sentences([model.save_sentence], "bad")
        elif model.saved:
            self.saved.value = sentences([f"Saved: `{model.saved[0]}`."], "good")
        else:
            self.saved.value = ""

    def _update_code(self, _: Any) -> None:
        if self.code_box.selected_index is not None:
            self.code.value = f"<pre>{escape(self.model.code())}</pre>"

    def close(self) -> None:
        """Close the panel; what was released can no longer be fetched."""
        super().close()
        self.files.close()


def composite_item(model: CompositeModel) -> dict[str, Any]:
    """
    Return the entry of the composite among the views of a dashboard.

    Parameters
    ----------
    model : CompositeModel
        The composite.
    """
    count = len(model.mosaics)
    detail = f"{count} filter{'s' if count != 1 else ''}" if count else "no mosaic yet"
    return {
        "id": "composite",
        "title": "Colour",
        "detail": detail,
        "glyph": "◉",
        "tip": "Colour composite of the mosaics",
    }


def _heading() -> str:
    details = f"<details><summary>? How colours are made</summary>{help_page('composite')}</details>"
    return f"<h2>Colour composite<span>of the mosaics</span></h2>{details}"


def _row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    row = ipywidgets.HBox(widgets)
    row.add_class("mw-row")
    return row


def _slider(low: float, high: float, step: float, label: str = "") -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        min=low, max=high, step=step, description=label, readout_format=".2f", style={"description_width": "92px"},
        layout=ipywidgets.Layout(flex="" if label else "1 1 140px", width="auto"),
    )  # fmt: skip


def _log_slider(label: str, low: float, high: float) -> ipywidgets.FloatLogSlider:
    return ipywidgets.FloatLogSlider(
        min=low, max=high, step=0.02, description=label, readout_format=".3g", style={"description_width": "92px"},
        layout=ipywidgets.Layout(width="auto"),
    )  # fmt: skip


def _hex_of(hue: float) -> str:
    rgb = (1.0, 1.0, 1.0) if hue < 0 else colorsys.hsv_to_rgb(hue % 360 / 360, 1.0, 1.0)
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _hue_of(value: str) -> float:
    red, green, blue = (int(value[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    return -1.0 if saturation < _GREY_BELOW else round(hue * 360, 1)
