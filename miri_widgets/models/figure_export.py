"""Figures of what is in view, for papers: drawn in the background, written into the workspace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from miri_widgets.analysis.composite_images import celestial_wcs
from miri_widgets.core.display_range import find_range
from miri_widgets.errors import InputError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.in_view import Content, InView
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.covered_images import read_covered_image
from miri_widgets.products.fits_reader import read_headers
from miri_widgets.report.sky_figures import FIGURE_FORMATS, PaperFigure, write_image_figure

__all__ = ["FigureModel", "figure_of"]


class FigureModel(traitlets.HasTraits):
    """
    Writes the image in view as a figure with axes of right ascension and declination.

    Parameters
    ----------
    display : DisplayModel
        How values become brightness; its session knows what is in view.
    """

    suffix = traitlets.Enum(FIGURE_FORMATS, ".pdf", help="format of the figure")
    working = traitlets.Bool(False, help="whether a figure is being drawn")
    saved = traitlets.Instance(Path, allow_none=True, help="the figure that was written last")
    sentence = traitlets.Unicode("", help="why there is none")

    def __init__(self, display: DisplayModel) -> None:
        super().__init__()
        self.display, self.session = display, display.session
        self._drawing = BackgroundValue(self.session.background)
        self._drawing.observe(self._take, ["value", "working", "sentence"])

    @property
    def folder(self) -> Path:
        """Where figures are saved: ``figures`` of the workspace."""
        return self.session.program.workspace / "figures"

    def save(self) -> None:
        """Draw what is in view; `saved` names the file, `sentence` says why there is none."""
        view = self.session.displayed
        if view.content is Content.NOTHING:
            self.sentence = "No image is in view: show one, then save its figure."
            return
        path = self.folder / f"{_file_name(view)}{self.suffix}"
        limits = self.display.black, self.display.white
        self._drawing.request(object(), _drawn, view, limits, self.display.curve, path)

    def _take(self, _: Any) -> None:
        with self.hold_trait_notifications():
            self.working, self.sentence = self._drawing.working, self._drawing.sentence
            if self._drawing.value is not None:
                self.saved = self._drawing.value

    def close(self) -> None:
        """Let go of what is being drawn."""
        self._drawing.close()
        self.unobserve_all()


def figure_of(view: InView, limits: tuple[float, float], curve: str) -> PaperFigure:
    """
    Return an image as it is to be drawn.

    Parameters
    ----------
    view : InView
        The image.
    limits : tuple of float
        Black and white of the viewer; where they are not known, the percentiles of the pixels.
    curve : str
        From black to white.

    Raises
    ------
    MiriWidgetsError
        If the file cannot be read.
    """
    source = view.file or view.product
    headers = {}
    if source is not None:
        headers = {str(header.get("EXTNAME", "PRIMARY")): header for header in read_headers(source)}
    if view.file is not None:
        pixels, unit = read_covered_image(view.file, view.extension), unit_name(headers[view.extension])
    elif view.pixels is not None:
        pixels, unit = view.pixels, view.unit
    else:
        raise InputError("an image without pixels", "an image in view", "show one, then save its figure")
    pixels = np.asarray(pixels, np.float32)
    low, high = limits if np.isfinite(limits).all() and limits[0] < limits[1] else find_range(pixels)
    science = headers.get("SCI")
    same = science is not None and (science.get("NAXIS2"), science.get("NAXIS1")) == pixels.shape
    wcs = celestial_wcs(science) if same else None
    return PaperFigure(pixels, low, high, unit, view.label, wcs, curve, view.is_difference)


def _drawn(view: InView, limits: tuple[float, float], curve: str, path: Path) -> Path:
    return write_image_figure(figure_of(view, limits, curve), path)


def _file_name(view: InView) -> str:
    stem = (view.file or view.product or Path(view.root or "figure")).stem
    label = re.sub(r"[^A-Za-z0-9]+", "_", view.label.removesuffix(".fits")).strip("_").lower()
    return stem if not label or label == stem.lower() else f"{stem}_{label}"[:150]
