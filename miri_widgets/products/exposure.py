"""What the header of a MIRI imager exposure says, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from miri_widgets.products.names import ExposureName
from miri_widgets.serialization import Serializable

__all__ = ["FILTERS", "PIXEL_ARCSEC", "PSF_FWHM_ARCSEC", "Exposure", "psf_fwhm_pixels"]

FILTERS = ("F560W", "F770W", "F1000W", "F1130W", "F1280W", "F1500W", "F1800W", "F2100W", "F2550W")
"""The imaging filters of MIRI, by wavelength."""

PSF_FWHM_ARCSEC = dict(
    zip(FILTERS, (0.207, 0.269, 0.328, 0.375, 0.420, 0.488, 0.591, 0.674, 0.803), strict=True)
)
"""FWHM of the PSF by filter; JWST documentation, "MIRI Imaging", measured in flight."""

PIXEL_ARCSEC = 0.11
"""Mean scale of the imager; JWST documentation, "MIRI Imaging"."""

_TYPICAL_FWHM_ARCSEC = 0.3


@dataclass(frozen=True)
class Exposure(Serializable):
    """
    One exposure of the MIRI imager, from its headers.

    Attributes
    ----------
    path : Path
        The file.
    name : ExposureName
        Its name, taken apart.
    tile : int
        Rank of (observation, visit) in the program, from 1; 0 before a scan.
    dither, dithers : int
        Position in the dither pattern and number of positions.
    nx, ny : int
        Size of the SCI array in pixels.
    start : str
        Start of the exposure, ISO, UTC.
    start_mjd, end_mjd : float
        Start and end of the exposure, MJD, UTC; NaN when no keyword says them.
    ra, dec : float
        Reference point on the sky, degrees, ICRS; NaN when not given.
    exposure_time : float
        Effective exposure time, s.
    s_region : str
        Footprint as an STC-S polygon; empty before image2.
    size, mtime_ns : int
        Bytes and time of last change of the file.
    header_program : str
        Program number as the header says; empty when it does not.
    segments : int
        Segments of the whole exposure as the header says; 0 when it does not.
    is_moving : bool
        Whether the exposure follows a moving target (TARGTYPE).
    target_position : tuple of float or None
        Where a moving target was (MT_RA, MT_DEC), degrees; None when not given.
    is_time_series : bool
        Whether the visit is a time series (TSOVISIT) and the exposure has several integrations.
    faults : tuple of str
        Keywords that are missing or that nobody can read, and what contradicts the data, as ``NGROUPS is missing``.
    """

    path: Path
    name: ExposureName
    filter: str
    subarray: str
    readpatt: str
    nints: int
    ngroups: int
    nx: int
    ny: int
    dither: int
    dithers: int
    start: str
    start_mjd: float
    end_mjd: float
    exposure_time: float
    guide_star: str
    target: str
    ra: float
    dec: float
    s_region: str
    size: int
    mtime_ns: int
    tile: int = 0
    header_program: str = ""
    segments: int = 0
    is_moving: bool = False
    target_position: tuple[float, float] | None = None
    is_time_series: bool = False
    faults: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The name without suffix: what all products of the exposure share."""
        return self.name.root

    @property
    def suffix(self) -> str:
        """The product suffix (uncal, rate, cal ...)."""
        return self.name.suffix

    @property
    def program(self) -> str:
        """Program number, five digits."""
        return self.name.program

    @property
    def observation(self) -> str:
        """Observation number, three digits."""
        return self.name.observation

    @property
    def visit(self) -> str:
        """Visit number, three digits."""
        return self.name.visit

    @property
    def label(self) -> str:
        """A short name for tables and progress lists."""
        return f"{self.filter} tile {self.tile or '?'} dither {self.dither}"

    @property
    def order(self) -> tuple[float, str]:
        """What exposures are sorted by: time, and name; those without a date come last."""
        return (self.start_mjd if math.isfinite(self.start_mjd) else math.inf, self.root)

    def with_tile(self, tile: int) -> Exposure:
        """
        Return the exposure with its tile number.

        Parameters
        ----------
        tile : int
            Number of the tile, from 1.
        """
        return replace(self, tile=tile)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for an index on disk; the name is that of the file."""
        values = super().to_dict()
        values["filename"] = values.pop("name")
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Exposure:
        """
        Return the exposure of plain values.

        Parameters
        ----------
        values : mapping
            Plain values, as `to_dict` gives them.
        """
        return super().from_dict({**values, "name": values.get("filename")})


def psf_fwhm_pixels(filter_name: str) -> float:
    """
    Return the FWHM of the PSF in imager pixels; a typical one for a filter that is not known.

    Parameters
    ----------
    filter_name : str
        Name of the filter, such as ``F770W``.
    """
    return PSF_FWHM_ARCSEC.get(filter_name, _TYPICAL_FWHM_ARCSEC) / PIXEL_ARCSEC
