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

import numpy as np
from astropy import units
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import root_of, suffix_of
from miri_widgets.products.tables import FileTable, read_table
from miri_widgets.products.tables.positions import sky_positions

__all__ = ["CONCENTRATION", "Apertures", "CatalogRow", "catalog_beside", "read_apertures", "read_catalog"]

CONCENTRATION = 0.7 / 0.3
"""Flux in the 70 over that in the 30 per cent aperture, for a star; what the apertures are made for."""


@dataclass(frozen=True)
class CatalogRow:
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
        Whether the pipeline resolves it.
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
    """
    Return the catalogue that the pipeline wrote beside a mosaic, or None.

    Parameters
    ----------
    mosaic : Path
        Path of the mosaic.
    """
    path = Path(mosaic)
    candidate = path.with_name(f"{root_of(path)}_cat.ecsv")
    return candidate if suffix_of(path) == "i2d" and candidate.is_file() else None


def read_catalog(path: Path) -> tuple[CatalogRow, ...]:
    """
    Read a ``cat`` product, the brightest source first.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no source catalogue.
    """
    table = read_table(Path(path), "a JWST source catalogue", "run image3 again")
    ra, dec = sky_positions(table)
    label = _column(table, ("label", "id", "number"))
    x, y = _column(table, ("xcentroid", "x_centroid")), _column(table, ("ycentroid", "y_centroid"))
    flux, err = (_column(table, (f"aper_total_flux{what}",), flux=True) for what in ("", "_err"))
    extended = table.text(_index(table, ("is_extended",)))
    apertures = [
        _column(table, (f"aper{energy}_flux{what}",), flux=True, needed=False)
        for what in ("", "_err")
        for energy in (30, 70)
    ]
    isophotal = _column(table, ("isophotal_flux",), flux=True, needed=False)
    sources = []
    for row in range(len(table)):
        concentration, error = _concentration(*(float(aperture[row]) for aperture in apertures))
        sources.append(
            CatalogRow(
                number=int(label[row]) if math.isfinite(label[row]) else row + 1,
                ra=float(ra[row]),
                dec=float(dec[row]),
                x=float(x[row]),
                y=float(y[row]),
                flux=float(flux[row]),
                err=float(err[row]),
                snr=float(flux[row] / err[row]) if err[row] > 0 else math.nan,
                extended=extended[row].lower() in ("true", "1", "t"),
                concentration=concentration,
                concentration_err=error,
                isophotal=float(isophotal[row]),
            )
        )
    return tuple(sorted(sources, key=lambda source: (source.flux != source.flux, -source.flux)))


def _index(table: FileTable, names: tuple[str, ...]) -> int:
    index = table.find(names)
    if index < 0:
        raise table.wrong(
            f"cannot be read (it has no column {names[0]})", "a JWST source catalogue", "run image3 again"
        )
    return index


def _column(
    table: FileTable, names: tuple[str, ...], *, flux: bool = False, needed: bool = True
) -> NDArray[np.float64]:
    """Return numbers; fluxes in microjansky, of a column without unit in Jy."""
    index = _index(table, names) if needed else table.find(names)
    if index < 0:
        return np.full(len(table), np.nan)
    return table.numbers(index, units.uJy, units.Jy) if flux else table.numbers(index)


def _concentration(small: float, large: float, small_err: float, large_err: float) -> tuple[float, float]:
    """Return the ratio of two apertures and its error."""
    if not (small > 0 and large > 0):
        return math.nan, math.nan
    # the small aperture lies within the large one: its noise is in both
    ring = max(large_err**2 - small_err**2, 0.0) ** 0.5
    rest = abs(large - small) or 1.0
    # c = 1 + ring / small
    return large / small, abs((large / small - 1) * math.hypot(ring / rest, small_err / small))


def read_apertures(path: Path) -> Apertures:
    """
    Read how a ``cat`` product was measured.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it does not say.
    """
    path = Path(path)
    with _as_ours(path):
        meta = read_table(path, "a JWST source catalogue", "run image3 again").meta["aperture_params"]
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
