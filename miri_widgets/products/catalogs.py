"""
Source catalogues of mosaics, as plain values.

References
----------
JWST documentation, ``source_catalog`` step: columns of the ``cat`` product.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_files import shown_name
from miri_widgets.products.names import root_of, suffix_of

__all__ = ["CONCENTRATION", "Apertures", "Source", "catalog_beside", "read_apertures", "read_catalog"]

CONCENTRATION = 0.7 / 0.3
"""Flux in the 70 over that in the 30 per cent aperture, for a star; what the apertures are made for."""

_JY_TO_UJY = 1e6


@dataclass(frozen=True)
class Source:
    """
    One source of a mosaic.

    Attributes
    ----------
    number : int
        Label in the catalogue, or rank by brightness.
    ra, dec : float
        Degrees, ICRS; NaN without a WCS.
    x, y : float
        0-based pixels of the mosaic.
    flux, err : float
        Total flux and its standard deviation, microjansky; NaN when not measured.
    snr : float
        Signal over noise.
    extended : bool
        Whether the pipeline tells it from a point.
    concentration, concentration_err : float
        Flux in the 70 over that in the 30 per cent aperture; NaN when not measured.
    isophotal : float
        Flux within the isophote of detection, microjansky; NaN when not measured.
    """

    number: int
    ra: float
    dec: float
    x: float
    y: float
    flux: float
    err: float
    snr: float
    extended: bool = False
    concentration: float = float("nan")
    concentration_err: float = float("nan")
    isophotal: float = float("nan")


@dataclass(frozen=True)
class Apertures:
    """
    How a catalogue was measured.

    Attributes
    ----------
    radius : float
        Of the 70 per cent aperture, pixels of the mosaic.
    correction : float
        Total over aperture flux of a point source.
    sky_inner, sky_outer : float
        Radii of the sky annulus, pixels.
    """

    radius: float
    correction: float
    sky_inner: float
    sky_outer: float


def catalog_beside(mosaic: Path) -> Path | None:
    """Return the catalogue that the pipeline wrote beside a mosaic, or None."""
    path = Path(mosaic)
    candidate = path.with_name(f"{root_of(path)}_cat.ecsv")
    return candidate if suffix_of(path) == "i2d" and candidate.is_file() else None


def read_catalog(path: Path) -> tuple[Source, ...]:
    """
    Read a ``cat`` product, the brightest source first.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no source catalogue.
    """
    from astropy.table import Table

    path = Path(path)
    with _as_ours(path):
        # mixin columns (SkyCoord) are not needed and would import astropy.coordinates
        table = Table.read(path, format="ascii.basic", guess=False, comment="#")
        sources = tuple(_source(row) for row in table)
    return tuple(sorted(sources, key=lambda source: (source.flux != source.flux, -source.flux)))


def _source(row: Any) -> Source:
    def number(name: str) -> float:
        return float(row[name]) if name in row.colnames else math.nan

    small, large, small_err, large_err = (
        number(f"aper{energy}_flux{what}") for what in ("", "_err") for energy in (30, 70)
    )
    usable = small > 0 and large > 0
    # the small aperture lies within the large one: its noise is in both
    ring = max(large_err**2 - small_err**2, 0.0) ** 0.5
    rest = abs(large - small) or 1.0
    concentration = large / small if usable else math.nan
    # c = 1 + ring / small
    error = (concentration - 1) * math.hypot(ring / rest, small_err / small) if usable else math.nan
    return Source(
        number=int(row["label"]),
        ra=float(row["sky_centroid.ra"]),
        dec=float(row["sky_centroid.dec"]),
        x=float(row["xcentroid"]),
        y=float(row["ycentroid"]),
        flux=float(row["aper_total_flux"]) * _JY_TO_UJY,
        err=float(row["aper_total_flux_err"]) * _JY_TO_UJY,
        snr=float(row["aper_total_flux"]) / float(row["aper_total_flux_err"]),
        extended=str(row["is_extended"]) == "True",
        concentration=concentration,
        concentration_err=abs(error),
        isophotal=number("isophotal_flux") * _JY_TO_UJY,
    )


def read_apertures(path: Path) -> Apertures:
    """
    Read how a ``cat`` product was measured.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it does not say.
    """
    from astropy.table import Table

    path = Path(path)
    with _as_ours(path):
        meta = Table.read(path, format="ascii.ecsv").meta["aperture_params"]
        return Apertures(
            radius=float(meta["aperture_radii"][-1]),
            correction=float(meta["aperture_corrections"][-1]),
            sky_inner=float(meta["bkg_aperture_inner_radius"]),
            sky_outer=float(meta["bkg_aperture_outer_radius"]),
        )


@contextmanager
def _as_ours(path: Path) -> Iterator[None]:
    if not path.is_file():
        raise MissingFileError(
            f"no catalogue {shown_name(path)}", f"a file in {path.parent}", "run image3 again"
        )
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        ZeroDivisionError,
        OSError,
        UnicodeDecodeError,
    ) as error:
        raise BadTableError(
            f"{shown_name(path)} cannot be read ({str(error)[:80]})",
            "a JWST source catalogue",
            "run image3 again",
        ) from error
