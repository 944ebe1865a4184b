"""Black and white of the image in view: chosen, kept for its filter, and told when they show nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import traitlets
from numpy.typing import NDArray

from miri_widgets.core.display_range import (
    RANGE_METHODS,
    RangeVerdict,
    check_range,
    difference_range,
    find_range,
    judge_range,
    thinned,
)
from miri_widgets.core.dq import has
from miri_widgets.errors import ParameterError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.history import UserChange
from miri_widgets.models.in_view import Content, InView
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.fits_reader import read_headers, read_image
from miri_widgets.products.program_schema import DISPLAYED

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["CURVES", "PERCENTILE", "DisplayModel", "Sample", "read_sample", "sample_of"]

CURVES = ("arcsinh", "linear", "sqrt", "log")
PERCENTILE = 99.5
"""Of pixels between black and white, as delivered."""


@dataclass(frozen=True, eq=False)
class Sample:
    """
    Enough pixels of an image to judge a range.

    Attributes
    ----------
    pixels : ndarray of float32, shape (ny, nx)
        Thinned; NaN where a pixel does not count.
    unit, filter : str
        From the headers; empty where they are silent.
    is_difference : bool
        Whether values are differences: their range is that of no product.
    """

    pixels: NDArray[np.float32]
    unit: str
    filter: str
    is_difference: bool = False


def read_sample(path: Path, extension: str = "SCI") -> Sample:
    """
    Read enough of an image to judge a range.

    Parameters
    ----------
    path : Path
        A FITS product.
    extension : str
        Name of its image.

    Raises
    ------
    MiriWidgetsError
        If the image cannot be read.
    """
    headers = {str(header.get("EXTNAME", "PRIMARY")): header for header in read_headers(path)}
    pixels = read_image(path, extension, few=thinned).astype(np.float32, copy=False)
    if "DQ" in headers:
        pixels[has(read_image(path, "DQ", few=thinned), "DO_NOT_USE")] = np.nan
    elif "WHT" in headers:
        pixels[~(read_image(path, "WHT", few=thinned) > 0)] = np.nan
    unit = unit_name(headers[extension])
    return Sample(pixels, unit, str(headers["PRIMARY"].get("FILTER", "")).strip())


def sample_of(view: InView) -> Sample:
    """
    Return enough pixels of what is in view to judge a range.

    Parameters
    ----------
    view : InView
        What is in view: pixels in memory, or an image of a file.

    Raises
    ------
    MiriWidgetsError
        If its file cannot be read.
    """
    if view.file is not None:
        return read_sample(view.file, view.extension)
    pixels = np.zeros((1, 1)) if view.pixels is None else thinned(view.pixels)
    return Sample(np.array(pixels, np.float32), view.unit, view.filter, view.is_difference)


class DisplayModel(traitlets.HasTraits):
    """
    How values become brightness.

    Parameters
    ----------
    session : SessionModel
        What its viewer shows is meant: a product, a preview, a difference.

    Notes
    -----
    A fixed range belongs to a filter and a unit: the sky of one filter is white in the range of another.
    """

    curve = traitlets.Enum(CURVES, "arcsinh", help="from black to white")
    percentile = traitlets.Float(PERCENTILE, help="of pixels between black and white, where none is fixed")
    method = traitlets.Enum(
        RANGE_METHODS, "percentile", help="how black and white are measured, where none is fixed"
    )
    black = traitlets.Float(float("nan"), help="in force for the product in view, its unit")
    white = traitlets.Float(float("nan"), help="in force for the product in view, its unit")
    unit = traitlets.Unicode("")
    fixed = traitlets.Instance(tuple, allow_none=True, help="(black, white) fixed for the product in view")
    ranges: traitlets.Dict[str, tuple[float, float]] = traitlets.Dict(
        help="ranges of the program for the product in view, by kind of image"
    )
    sentence = traitlets.Unicode("", help="why what is in view shows nothing, or why a range is refused")
    can_mend = traitlets.Bool(False, help="whether a range from this image would show it")

    def __init__(self, session: SessionModel) -> None:
        super().__init__()
        self.session = session
        self._ranges: dict[tuple[str, str, bool], tuple[float, float]] = {}
        self._dragged: tuple[tuple[str, str, bool], tuple[float, float] | None] | None = None
        self._reading = BackgroundValue(session.background)
        self._reading.observe(self._judge, ["value"])
        self._watches = Subscriptions()
        self._watches.add(session, self._follow, "displayed")
        self._watches.add(session, self._recall, "recalled")
        session.history.follow(self, "curve", "stretch")
        session.history.follow(self, "percentile", "percentile of the display")
        session.history.follow(self, "method", "how the display range is measured")
        self._follow(None)

    def _follow(self, _: object) -> None:
        with self.hold_trait_notifications():
            self.black = self.white = float("nan")
            self.sentence, self.can_mend, self.fixed, self.unit = "", False, None, ""
            self.ranges = {}
        view = self.session.displayed
        self._reading.clear()
        if view.content is not Content.NOTHING:
            self._reading.request(view, sample_of, view)

    def _recall(self, _: object) -> None:
        """Take the stretch of last time, so that the controls say what the viewer draws."""
        stretch = self.session.recalled.get("stretch")
        if not isinstance(stretch, Mapping):
            return
        curve, percentile = stretch.get("function"), stretch.get("percentile")
        method = stretch.get("method", "percentile")
        if curve in CURVES and isinstance(percentile, int | float) and 50 < percentile <= 100:
            with self.hold_trait_notifications():
                self.curve, self.percentile = curve, float(percentile)
                self.method = method if method in RANGE_METHODS else "percentile"

    def in_force(self, black: float, white: float) -> None:
        """
        Take the range that the viewer draws the product with.

        Parameters
        ----------
        black, white : float
            Values at which the colour map begins and ends, in the unit of the image.
        """
        with self.hold_trait_notifications():
            self.black, self.white = black, white
        self._judge(None)

    def fix(self, black: float, white: float) -> None:
        """
        Fix a range for the filter and unit of the product in view; what cannot be one is a sentence.

        Parameters
        ----------
        black, white : float
            Values at which the colour map begins and ends, in the unit of the image.
        """
        try:
            check_range(black, white)
        except ParameterError as error:
            self.sentence = str(error)
            return
        offset = self._offset
        self._change((black - offset, white - offset))

    def drag(self, black: float, white: float) -> None:
        """
        Draw with a range while it is being moved; `fix` ends the movement, which is one change for Undo.

        Parameters
        ----------
        black, white : float
            In the unit of the image in view; what cannot be a range is left out.
        """
        if self._sample is None or not (np.isfinite([black, white]).all() and white > black):
            return
        key, offset = self._key, self._offset
        if self._dragged is None or self._dragged[0] != key:
            self._dragged = key, self._ranges.get(key)
        self._ranges[key] = black - offset, white - offset
        self._judge(None)

    def take(self, kind: str) -> None:
        """
        Fix a range that the program offers, by the kind of image that it is meant for.

        Parameters
        ----------
        kind : str
            Kind of image, as the program's ranges name it.
        """
        if kind in self.ranges:
            self.fix(*self.ranges[kind])

    def release(self) -> None:
        """Let the percentile find the range again."""
        self._change(None)

    def _change(self, limits: tuple[float, float] | None) -> None:
        """Fix or release the range of the image in view; it can be undone, whatever is in view then."""
        if self._sample is None:
            return
        key = self._key
        before = self._ranges.get(key)
        if self._dragged is not None and self._dragged[0] == key:
            before = self._dragged[1]
        self._dragged = None

        def apply(limits: tuple[float, float] | None) -> None:
            if limits is None:
                self._ranges.pop(key, None)
            else:
                self._ranges[key] = limits
            self._judge(None)  # why a range was refused before is over

        apply(limits)
        if limits != before:
            self.session.history.add(UserChange("display range", ("range", key), before, limits, apply))

    def mend(self) -> None:
        """Fix the range that shows this image."""
        sample = self._sample
        if sample is None:
            return
        if sample.is_difference:
            self.fix(*difference_range(sample.pixels, self.percentile))
        else:
            self.fix(*find_range(sample.pixels, self.percentile))

    @property
    def _sample(self) -> Sample | None:
        sample: Sample | None = self._reading.value
        return sample

    def is_fixed_to(self, kind: str) -> bool:
        """
        Return whether the range is one that the program offers.

        Parameters
        ----------
        kind : str
            Kind of image, as the program's ranges name it.
        """
        known = self.ranges.get(kind)
        return self.fixed is not None and known is not None and bool(np.allclose(self.fixed, known))

    @property
    def is_diverging(self) -> bool:
        """Whether what is in view is drawn on a diverging scale."""
        view = self.session.displayed
        return view.mode == "difference" and view.content is not Content.GROUPS

    @property
    def _offset(self) -> float:
        """Level of the image before relative to the product, whose range is kept."""
        view = self.session.displayed
        return view.offset if view.mode == "before" and view.shares_range else 0.0

    @property
    def _key(self) -> tuple[str, str, bool]:
        assert self._sample is not None
        return self._sample.filter, self._sample.unit, self._sample.is_difference

    def _judge(self, _: object) -> None:
        sample = self._sample
        if sample is None:
            return
        self.unit = sample.unit
        kept = self._ranges.get(self._key)
        self.fixed = None if kept is None else (kept[0] + self._offset, kept[1] + self._offset)
        known = {} if sample.is_difference else self.session.program.display.get(sample.filter, {})
        self.ranges = {kind: ends for kind, ends in known.items() if DISPLAYED[kind] == sample.unit}
        verdict = judge_range(sample.pixels, self.black, self.white) if np.isfinite(self.white) else None
        with self.hold_trait_notifications():
            self.sentence = "" if verdict is None or not verdict.plain else _problem_text(verdict, sample)
            self.can_mend = bool(self.sentence)

    def close(self) -> None:
        """Let go of everything that is watched."""
        self._watches.end()
        self._reading.close()
        self.unobserve_all()


def _problem_text(verdict: RangeVerdict, sample: Sample) -> str:
    """Say what is plain, with both numbers."""
    unit = f" {sample.unit}" if sample.unit else ""
    where = f" in {sample.filter}" if sample.filter else ""
    share = verdict.as_white if verdict.plain == "white" else verdict.as_black
    end = verdict.white if verdict.plain == "white" else verdict.black
    return (
        f"{100 * share:.0f} percent of the pixels are plain {verdict.plain}: the sky is {verdict.middle:.3g}{unit}"
        f"{where} and {verdict.plain} is {end:.3g}. Set the range from this image."
    )
