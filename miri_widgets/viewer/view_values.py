"""What a viewer is told of an image, and what it tells: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cursor", "Hints", "View"]


@dataclass(frozen=True)
class View:
    """
    The image on top and its display range.

    Attributes
    ----------
    label : str
        Label of the image on top; empty if there is none.
    black, white : float
        Values drawn black and white, in the unit of the image.
    by_pixels : bool
        Whether images are aligned by pixels; aligned by the sky they show no overlay.
    """

    label: str
    black: float
    white: float
    by_pixels: bool = True


@dataclass(frozen=True)
class Hints:
    """
    How an image is to be drawn, and what an array does not say of itself.

    Attributes
    ----------
    like : str
        Label of an image whose display range is used, for comparison; empty for its own.
    offset : float
        Added to that range, so that images of different levels are drawn with equal width around each median.
    difference : bool
        Whether values are differences: a symmetric range and diverging colours, drawn linearly.
    unit : str
        Of the values of an array; a file has its own.
    sky : Path or None
        A FITS product whose world coordinates hold for an array; a file has its own.
    """

    like: str = ""
    offset: float = 0.0
    difference: bool = False
    unit: str = ""
    sky: Path | None = None


@dataclass(frozen=True)
class Cursor:
    """
    What is under the cursor.

    Attributes
    ----------
    label : str
        Label of the image on top.
    x, y : float
        0-based pixels of it.
    text : str
        Value and position with sensible digits; empty outside of the image.
    """

    label: str
    x: float
    y: float
    text: str
