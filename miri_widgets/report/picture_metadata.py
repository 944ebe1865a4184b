"""What a picture says of itself: position on the sky, filters and origin, as Astronomy Visualization Metadata (AVM)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from miri_widgets.errors import InputError
from miri_widgets.products.exposure import FILTERS

__all__ = ["BAND_NM", "PictureSource", "avm_packet", "hue_name", "wcs_deviation"]

BAND_NM = dict(zip(FILTERS, (5635, 7639, 9953, 11309, 12810, 15064, 17984, 20795, 25365), strict=True))
"""Pivot wavelengths of the filters of the imager, nm: JWST User Documentation, MIRI Filters and Dispersers."""

_HUES = (
    "Red",
    "Orange",
    "Yellow",
    "Green",
    "Green",
    "Cyan",
    "Cyan",
    "Blue",
    "Blue",
    "Purple",
    "Magenta",
    "Red",
)
"""Colour names by steps of 30 degrees of hue."""

MOST_DEVIATION = 0.1
"""Largest error of the positions that AVM may give, pixels; above it a picture carries none."""


@dataclass(frozen=True)
class PictureSource:
    """
    Where a picture comes from.

    Attributes
    ----------
    filters : tuple of (str, float)
        Name and hue (degrees; negative is white) of the filters that take part.
    program : str
        Number of the program.
    target : str
        Name of the target.
    simulated : bool
        Whether the exposures are simulated.
    """

    filters: tuple[tuple[str, float], ...]
    program: str = ""
    target: str = ""
    simulated: bool = False

    def attribution(self) -> str:
        """Return one line for below the picture: origin, program, and the colour of each filter."""
        colours = ", ".join(
            f"{name} {hue_name(hue).lower()}" if len(self.filters) > 1 else name for name, hue in self.filters
        )
        origin = "Simulated JWST/MIRI" if self.simulated else "JWST/MIRI"
        parts = [origin + (f", program {self.program}" if self.program else ""), self.target, colours]
        return " · ".join(part for part in parts if part)


def hue_name(hue: float) -> str:
    """
    Return the name of a hue.

    Parameters
    ----------
    hue : float
        Degrees; negative is white.
    """
    return "White" if hue < 0 else _HUES[round(hue % 360 / 30) % 12]


def wcs_deviation(avm: Any, wcs: Any, shape: tuple[int, int]) -> float:
    """
    Return the largest error of the positions that AVM gives, at the corners of the picture, pixels.

    Parameters
    ----------
    avm : pyavm.AVM
        The metadata.
    wcs : astropy.wcs.WCS
        The celestial WCS of the picture.
    shape : tuple of int
        (ny, nx).
    """
    ny, nx = shape
    x, y = np.array([0, nx - 1, 0, nx - 1.0]), np.array([0, 0, ny - 1, ny - 1.0])
    ra, dec = wcs.all_pix2world(x, y, 0)
    back = avm.to_wcs().all_world2pix(ra, dec, 0, quiet=True)
    return float(np.hypot(back[0] - x, back[1] - y).max())


def avm_packet(source: PictureSource, wcs: Any, shape: tuple[int, int], title: str = "") -> tuple[bytes, str]:
    """
    Return the metadata of a picture as an XMP packet.

    Parameters
    ----------
    source : PictureSource
        Where it comes from.
    wcs : astropy.wcs.WCS or None
        The celestial WCS of its pixels, the first row at the bottom.
    shape : tuple of int
        (ny, nx).
    title : str
        Title of the picture.

    Returns
    -------
    packet : bytes
        The XMP packet.
    note : str
        Why the packet gives no position, a sentence; "" when it does.
    """
    from pyavm import AVM

    avm, note = AVM(), "The mosaics have no celestial WCS: the picture carries no position."
    if wcs is not None:
        _set_position(avm, wcs, shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            deviation = wcs_deviation(avm, wcs, shape)
        note = ""
        if not deviation <= MOST_DEVIATION:
            avm = AVM()
            note = (
                f"AVM would be wrong by {deviation:.1f} pixels at a corner: the picture carries no position."
            )
    avm.Title = title or source.attribution()
    avm.Headline = source.attribution()
    avm.Credit = "NASA, ESA, CSA, STScI" if not source.simulated else "Simulated exposures, miri_widgets"
    avm.Creator = "miri_widgets"
    avm.Type = "Simulation" if source.simulated else "Observation"
    avm.Date = datetime.now(UTC).strftime("%Y-%m-%d")
    if source.program:
        avm.ID = f"JWST program {source.program}"
    if source.target:
        avm.Subject.Name = [source.target]
    _describe_filters(avm, source.filters)
    return avm.to_xmp(), note


def _set_position(avm: Any, wcs: Any, shape: tuple[int, int]) -> None:
    """
    Set the position with east to the left of north, one scale and one rotation, as the standard has it.

    Not with `AVM.from_wcs`: it leaves the rotation uncertain by 180 degrees and puts that into the signs of the scale,
    which the standard, and pyavm where it reads, ignore.
    """
    matrix = wcs.pixel_scale_matrix
    scale = float(np.sqrt(abs(np.linalg.det(matrix))))
    spatial = avm.Spatial
    spatial.CoordinateFrame = (
        str(wcs.wcs.radesys) if str(wcs.wcs.radesys) in ("ICRS", "FK5", "FK4") else "ICRS"
    )
    spatial.Equinox = "2000.0"
    spatial.ReferenceValue = [float(value) for value in wcs.wcs.crval]
    spatial.ReferencePixel = [float(value) for value in wcs.wcs.crpix]
    spatial.ReferenceDimension = [float(shape[1]), float(shape[0])]
    spatial.Scale = [-scale, scale]
    spatial.Rotation = float(np.degrees(np.arctan2(-matrix[0, 1], matrix[1, 1])))
    spatial.CoordsystemProjection = wcs.wcs.ctype[0][5:8] or "TAN"
    spatial.Quality = "Full"


def _describe_filters(avm: Any, filters: Sequence[tuple[str, float]]) -> None:
    count = len(filters)
    if not count:
        raise InputError("a picture of no filter", "at least one", "raise the weight of a filter")
    avm.Facility = ["JWST"] * count
    avm.Instrument = ["MIRI"] * count
    avm.Spectral.ColorAssignment = [hue_name(hue) for _, hue in filters]
    avm.Spectral.Band = ["Infrared"] * count
    avm.Spectral.Bandpass = [f"Mid-infrared ({name})" for name, _ in filters]
    if all(name in BAND_NM for name, _ in filters):
        avm.Spectral.CentralWavelength = [float(BAND_NM[name]) for name, _ in filters]
