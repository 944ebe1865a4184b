"""The MIRI imager in numbers: subarrays, apertures and filters, read from ``data/instrument.toml`` with their sources."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

__all__ = [
    "APERTURES",
    "FILTERS",
    "FULL_SHAPE",
    "PIXEL_ARCSEC",
    "REFERENCE_COLUMNS",
    "SUBARRAYS",
    "Aperture",
    "ImagingFilter",
    "Subarray",
]

FULL_SHAPE = (1024, 1032)
"""Shape (ny, nx) of the detector, reference columns included."""

REFERENCE_COLUMNS = 4
"""Reference pixels at the left and at the right end of each row."""

PIXEL_ARCSEC = 0.11092
"""Geometric mean of the pixel scales at the centre of the field, 0.11050 and 0.11134 arcsec (SIAF)."""


_FIXED_PATTERN = 0.02
"""Phase step from frame to frame, in cycles, below which interference looks like a fixed pattern."""


@dataclass(frozen=True)
class Subarray:
    """
    A readout window.

    `xstart` and `ystart` are 1-based detector columns and rows, as in the headers; `frame_time` is in seconds;
    `rowclocks` and `frameclocks` count pixel times of 10 microseconds; `emi` are frequencies of interference, Hz.
    """

    name: str
    xstart: int
    ystart: int
    xsize: int
    ysize: int
    frame_time: float
    rowclocks: int
    frameclocks: int
    emi: tuple[float, ...]
    aperture: str
    pps_aperture: str

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) in pixels."""
        return (self.ysize, self.xsize)

    @property
    def window(self) -> tuple[slice, slice]:
        """Slices (rows, columns) that cut this window out of a full-frame array."""
        return (
            slice(self.ystart - 1, self.ystart - 1 + self.ysize),
            slice(self.xstart - 1, self.xstart - 1 + self.xsize),
        )

    @property
    def corrected_emi(self) -> tuple[float, ...]:
        """
        Frequencies [Hz] that the pipeline can correct.

        Where the frame time is a whole multiple of the period, as for 390.625 Hz in FULL, BRIGHTSKY and SUB256, the
        wave is a fixed pattern that drops out of every slope, and its amplitude cannot be fitted.
        """
        cycles = ((frequency, frequency * self.frame_time) for frequency in self.emi)
        return tuple(frequency for frequency, count in cycles if abs(count - round(count)) > _FIXED_PATTERN)

    @property
    def reads_reference_pixels_on_both_sides(self) -> bool:
        """Whether the pipeline can correct drifts with the reference columns."""
        return self.name == "FULL"


@dataclass(frozen=True)
class Aperture:
    """A SIAF aperture: its reference point in V2, V3 [arcsec], the angle of its y axis [deg] and its 1-based pixel."""

    name: str
    v2: float
    v3: float
    v3_angle: float
    x: float
    y: float


@dataclass(frozen=True)
class ImagingFilter:
    """
    An imaging filter.

    Wavelengths in micron, `fwhm` in arcsec, `photmjsr` in MJy/sr per DN/s, `sky` in MJy/sr, `ab_vega` in
    magnitudes, `kernel_fwhm` in pixels.
    """

    name: str
    wavelength: float
    width: float
    fwhm: float
    photmjsr: float
    sky: float
    ab_vega: float
    kernel_fwhm: float


def _tables() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("data/instrument.toml").read_text(encoding="utf-8"))


_TABLES = _tables()

SUBARRAYS: Mapping[str, Subarray] = MappingProxyType(
    {
        name: Subarray(name=name, **{**values, "emi": tuple(values["emi"])})
        for name, values in _TABLES["subarrays"].items()
    }
)
APERTURES: Mapping[str, Aperture] = MappingProxyType(
    {name: Aperture(name=name, **values) for name, values in _TABLES["apertures"].items()}
)
FILTERS: Mapping[str, ImagingFilter] = MappingProxyType(
    {name: ImagingFilter(name=name, **values) for name, values in _TABLES["filters"].items()}
)
