"""The colour of each filter: on every chart, map and figure, of pages and of reports."""

from __future__ import annotations

from miri_widgets.products.exposure import FILTERS

__all__ = ["FILTER_COLOURS", "UNKNOWN_FILTER", "filter_colour"]

FILTER_COLOURS = dict(
    zip(
        FILTERS,
        ("#373f6a", "#2e93f8", "#5cbad5", "#0e6765", "#61bf9e", "#515c0b", "#bd9a14", "#613329", "#eb705b"),
        strict=True,
    )
)
"""
From blue to red as the wavelength grows, with lightness going up and down so that neighbours differ.

Chosen by a search for the largest distance between neighbouring filters in CIELAB, the smallest of normal vision,
deuteranopia and protanopia (Machado et al. 2009), with a lightness between 27 and 71, which shows on white and on black.
"""

UNKNOWN_FILTER = "#5b6775"
"""Of a filter that is none of the imager."""


def filter_colour(name: str) -> str:
    """
    Return the colour of a filter.

    Parameters
    ----------
    name : str
        Name of the filter, such as ``F770W``.

    Returns
    -------
    str
        As ``#rrggbb``; `UNKNOWN_FILTER` where there is no such filter.
    """
    return FILTER_COLOURS.get(name, UNKNOWN_FILTER)
