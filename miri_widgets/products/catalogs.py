"""
Source catalogues of mosaics, as plain values.

References
----------
JWST documentation, ``source_catalog`` step: columns of the ``cat`` product.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.fits_files import shown_name

__all__ = ["Source", "catalog_beside", "read_catalog"]

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


def catalog_beside(mosaic: Path) -> Path | None:
    """Return the catalogue that the pipeline wrote beside a mosaic, or None."""
    path = Path(mosaic)
    candidate = path.with_name(path.name.removesuffix("_i2d.fits") + "_cat.ecsv")
    return candidate if path.name.endswith("_i2d.fits") and candidate.is_file() else None


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
    if not path.is_file():
        raise MissingFileError(
            f"no catalogue {shown_name(path)}", f"a file in {path.parent}", "run image3 again"
        )
    try:
        # mixin columns (SkyCoord) are not needed and would import astropy.coordinates
        table = Table.read(path, format="ascii.basic", guess=False, comment="#")
        sources = tuple(
            Source(
                number=int(row["label"]),
                ra=float(row["sky_centroid.ra"]),
                dec=float(row["sky_centroid.dec"]),
                x=float(row["xcentroid"]),
                y=float(row["ycentroid"]),
                flux=float(row["aper_total_flux"]) * _JY_TO_UJY,
                err=float(row["aper_total_flux_err"]) * _JY_TO_UJY,
                snr=float(row["aper_total_flux"]) / float(row["aper_total_flux_err"]),
                extended=str(row["is_extended"]) == "True",
            )
            for row in table
        )
    except (ValueError, KeyError, TypeError, ZeroDivisionError, OSError, UnicodeDecodeError) as error:
        raise BadTableError(
            f"{shown_name(path)} cannot be read ({str(error)[:80]})",
            "a JWST source catalogue",
            "run image3 again",
        ) from error
    return tuple(sorted(sources, key=lambda source: (source.flux != source.flux, -source.flux)))
