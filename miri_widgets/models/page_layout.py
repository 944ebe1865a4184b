"""How the page of a program is divided: widths, where charts are, which bars are open; kept with the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

__all__ = ["CHART_POSITIONS", "COUNT_SCALES", "DEFAULT_SIDE", "DEFAULT_TOP", "LEVEL_UNITS", "PageLayout"]

CHART_POSITIONS = ("below", "beside", "hidden")
"""Where the charts of the image in view are."""

COUNT_SCALES = ("log", "linear")
"""Axis of the pixels of a histogram."""

LEVEL_UNITS = ("percent", "brightness")
"""Levels of exposures relative to the median of their filter, or as they are."""

DEFAULT_SIDE = 38.0
"""Width of the panels beside the image, percent of the page: the image has 45 % of a window of 1440 x 900."""

DEFAULT_TOP = 56.0
"""Height of the image above the panels on a narrow page, percent of the page."""

_SMALLEST, _LARGEST = 20.0, 80.0


class PageLayout(traitlets.HasTraits):
    """
    The division of a program's page.

    Attributes
    ----------
    side : float
        Width of the panels beside the image, percent of the page.
    top : float
        Height of the image on a narrow page, where it is above the panels, percent of the page.
    charts : str
        Where the charts of the image are, one of `CHART_POSITIONS`.
    viewer_bars : bool
        Whether the bars of the image viewer itself (jdaviz) are open.
    counts : str
        Axis of the pixels of the histogram, one of `COUNT_SCALES`.
    levels : str
        In what the chart of levels is drawn, one of `LEVEL_UNITS`.
    """

    side = traitlets.Float(DEFAULT_SIDE)
    top = traitlets.Float(DEFAULT_TOP)
    charts = traitlets.Enum(CHART_POSITIONS, "below")
    viewer_bars = traitlets.Bool(False)
    counts = traitlets.Enum(COUNT_SCALES, "log")
    levels = traitlets.Enum(LEVEL_UNITS, "percent")

    @traitlets.validate("side", "top")
    def _within_the_page(self, proposal: Any) -> float:
        """Keep both sides of the divider wide enough to be seen and dragged back."""
        return float(min(max(proposal["value"], _SMALLEST), _LARGEST))

    def reset(self) -> None:
        """Divide the page as it was delivered."""
        with self.hold_trait_notifications():
            self.side, self.top = DEFAULT_SIDE, DEFAULT_TOP

    def state(self) -> dict[str, Any]:
        """Return the division as plain values, for the session file."""
        return {
            "side": self.side,
            "top": self.top,
            "charts": self.charts,
            "viewer_bars": self.viewer_bars,
            "counts": self.counts,
            "levels": self.levels,
        }

    def restore(self, values: Mapping[str, Any]) -> None:
        """
        Take the values of a session file; what cannot be used is left as it is.

        Parameters
        ----------
        values : mapping
            As `state` returns them.
        """
        with self.hold_trait_notifications():
            for name in ("side", "top"):
                value = values.get(name)
                if isinstance(value, int | float) and not isinstance(value, bool) and value == value:
                    setattr(self, name, float(value))
            for name, allowed in (
                ("charts", CHART_POSITIONS),
                ("counts", COUNT_SCALES),
                ("levels", LEVEL_UNITS),
            ):
                if values.get(name) in allowed:
                    setattr(self, name, values[name])
            if isinstance(values.get("viewer_bars"), bool):
                self.viewer_bars = values["viewer_bars"]
