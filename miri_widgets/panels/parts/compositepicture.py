"""The colour composite in the viewer area: zoomed and moved by mouse and keys, painted at the resolution of the screen."""

from __future__ import annotations

import base64
import io
from importlib import resources
from typing import Any

import ipyvue
import traitlets
from numpy import flipud

from miri_widgets.models.composite import CompositeModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.report.annotations import compass_directions

__all__ = ["CompositePicture", "PictureFrame"]

_QUALITY = 92
_LARGEST = 4096
"""Longest side of a picture that is sent to the page, pixels, whatever the page says of its size."""


class PictureFrame(ipyvue.VueTemplate):
    """
    The picture on the page. Pictures are messages, not traits: notebooks do not save them.

    Parameters
    ----------
    model : CompositeModel
        What is displayed.

    Attributes
    ----------
    label, note, attribution : str
        What a screen reader says, why there is no picture, and the line below it.
    aspect : float
        Width over height of the whole picture.
    arcsec : float
        Width of the whole picture; 0 when it is not known.
    compass : list
        Unit vectors (x, y) to the north and east.
    """

    template = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode("Colour composite").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    attribution = traitlets.Unicode("").tag(sync=True)
    aspect = traitlets.Float(1.0).tag(sync=True)
    arcsec = traitlets.Float(0.0).tag(sync=True)
    compass: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, model: CompositeModel) -> None:
        self._model = model
        self.painted: bytes = b""
        """The JPEG on the page."""
        template = resources.files("miri_widgets.panels.parts").joinpath("compositepicture.vue")
        super().__init__(template=template.read_text(encoding="utf-8"))

    def paint(self) -> None:
        """Send the picture of the model to the page."""
        picture, area = self._model.picture, self._model.area
        if picture is None:
            self.painted, url = b"", ""
        else:
            self.painted = _jpeg(picture)
            url = "data:image/jpeg;base64," + base64.b64encode(self.painted).decode("ascii")
        edges = {"left": area.left, "bottom": area.bottom, "right": area.right, "top": area.top}
        self.send({"method": "paint", "args": [url, edges]})

    def vue_ready(self, _: Any = None) -> None:
        """Send the picture to a page that has opened."""
        self.paint()

    def vue_see(self, message: Any) -> None:
        """
        Take the part that the page shows.

        Parameters
        ----------
        message : dict
            Edges and ``size``: (height, width) in pixels.
        """
        tall, wide = (min(max(int(side), 16), _LARGEST) for side in message["size"])
        left, bottom, right, top = (float(message[edge]) for edge in ("left", "bottom", "right", "top"))
        self._model.show_part(left, bottom, right, top, (tall, wide))


class CompositePicture(Part):
    """
    The picture of a composite.

    Parameters
    ----------
    model : CompositeModel
        What is displayed; while this is on the page it is awake.
    """

    def __init__(self, model: CompositeModel) -> None:
        super().__init__("mw-right", "mw-composite-area")
        self.model = model
        self.frame = PictureFrame(model)
        self.children = (self.frame,)
        self.watch(model, self._update_facts, "images", "working", "sentence", "mapping", "attribution")
        self.watch(model, self._update_overlays, "scale_bar", "compass", "images")
        self.watch(model, self._paint, "picture")

    def _update_facts(self, _: Any) -> None:
        model, frame = self.model, self.frame
        images = model.images
        frame.note = "Reading the mosaics …" if model.working else model.sentence or "Making the picture …"
        frame.attribution = model.annotations.text
        if images is not None:
            frame.aspect = images.shape[1] / images.shape[0]
            frame.label = (
                f"Colour composite of {', '.join(images.filters)}; + and − zoom, arrows move, 0 shows all"
            )

    def _update_overlays(self, _: Any) -> None:
        model, images = self.model, self.model.images
        self.frame.arcsec, self.frame.compass = 0.0, []
        if images is None or images.wcs is None:
            return
        if model.scale_bar:
            self.frame.arcsec = images.scale * images.shape[1]
        if model.compass:
            self.frame.compass = [list(vector) for vector in compass_directions(images.wcs, images.shape)]

    def _paint(self, _: Any) -> None:
        self.frame.paint()


def _jpeg(picture: Any) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(flipud(picture)).save(stream, "JPEG", quality=_QUALITY, subsampling=0)
    return stream.getvalue()
