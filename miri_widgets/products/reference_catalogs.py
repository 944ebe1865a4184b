"""
Absolute catalogues: any file with positions on the sky, brought to the epoch of the exposures.

References
----------
Gaia DR3 documentation, table ``gaia_source``: ``ra``, ``dec``, ``pmra`` (times cos Dec), ``pmdec``, ``ref_epoch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.fits_files import shown_name

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["ReferenceCatalog", "read_reference_catalog", "require_field", "write_reference_catalog"]

# in the order of preference; compared without case
_RA = ("ra_icrs", "ra", "ra_deg", "raj2000", "_raj2000", "alpha", "right_ascension", "sky_centroid.ra")
_DEC = (
    *(
        "de_icrs",
        "dec_icrs",
        "dec",
        "de",
        "dec_deg",
        "dej2000",
        "decj2000",
        "_dej2000",
        "delta",
        "declination",
    ),
    "sky_centroid.dec",
)
_PM_RA = ("pmra", "pm_ra", "pm_ra_cosdec", "pmra_cosdec", "mu_ra", "mualphastar")
_PM_DEC = ("pmdec", "pmde", "pm_dec", "mu_dec", "mudelta")
_EPOCH = ("ref_epoch", "refepoch", "epoch")
_GAIA = ("source_id", "source", "solution_id", "designation")
_GAIA_EPOCH = 2016.0
"""Of Gaia DR3, for extracts that lost the column ``ref_epoch``."""


@dataclass(frozen=True, eq=False)
class ReferenceCatalog:
    """
    Positions to align to.

    Attributes
    ----------
    name : str
        Of the file.
    ra, dec : ndarray of float, shape (n,)
        Degrees, ICRS, at `epoch`.
    epoch : float or None
        Julian year to which the positions were moved; None when nothing was moved.
    moving : int
        Sources with a proper motion.
    """

    name: str
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    epoch: float | None
    moving: int

    def __len__(self) -> int:
        return len(self.ra)


def read_reference_catalog(
    path: Path, *, epoch: float | None = None, catalog_epoch: float | None = None
) -> ReferenceCatalog:
    """
    Read a catalogue.

    Parameters
    ----------
    path : Path
        ECSV, CSV, FITS, VOTable or any text table with a line of names. RA and Dec in degrees, or RA in hours and
        Dec in degrees when they are written with colons or letters. Proper motions in mas/yr, or in the unit that
        the column says; that of RA times cos(Dec).
    epoch : float, optional
        Julian year of the exposures; without it nothing is moved.
    catalog_epoch : float, optional
        Julian year of the catalogue, when the file does not say.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is no table, is empty, has no positions, or has proper motions without an epoch.

    Notes
    -----
    Sources without a proper motion keep their position. Motion is along great circles, to first order: 1e-6 arcsec
    in 20 years for 1 arcsec/yr away from the poles.
    """
    path = Path(path)
    table = _read(path)
    names = {name.lower(): name for name in reversed(table.colnames)}
    ra_name, dec_name = _first(names, _RA), _first(names, _DEC)
    if not (ra_name and dec_name):
        raise BadTableError(
            f"{shown_name(path)} has the columns {', '.join(table.colnames)[:120] or 'none'}",
            "columns ra and dec",
            "rename the columns of its positions",
        )
    ra, dec = _angles(table[ra_name], hours=True), _angles(table[dec_name], hours=False)
    good = np.isfinite(ra) & np.isfinite(dec)
    if not good.any():
        raise BadTableError(
            f"{shown_name(path)} has no sources with a position",
            "at least one row with RA and Dec",
            "choose another catalogue",
        )
    if (np.abs(dec[good]) > 90).any() or (ra[good] < -180).any() or (ra[good] > 360).any():
        raise BadTableError(
            f"{shown_name(path)} has positions such as RA {ra[good][0]:g}, Dec {dec[good][0]:g}",
            "RA from 0 to 360 and Dec from -90 to 90 degrees",
            "check its units and which column is which",
        )
    motions = _motions(table, names)
    moving = 0
    if motions is not None and epoch is not None:
        years = epoch - _epochs(path, table, names, catalog_epoch)
        moving = int(np.count_nonzero(np.hypot(*motions)[good]))
        ra = ra + motions[0] * years / 3.6e6 / np.cos(np.deg2rad(dec))
        dec = dec + motions[1] * years / 3.6e6
    return ReferenceCatalog(path.name, ra[good] % 360, dec[good], epoch if moving else None, moving)


def require_field(catalog: ReferenceCatalog, ra: float, dec: float, radius: float) -> ReferenceCatalog:
    """
    Return the sources of a catalogue that lie in a field.

    Parameters
    ----------
    catalog : ReferenceCatalog
        Not modified.
    ra, dec, radius : float
        Circle around the exposures, degrees.

    Raises
    ------
    BadTableError
        If there are none.
    """
    away = _separation(catalog.ra, catalog.dec, ra, dec)
    inside = away <= radius
    if not inside.any():
        raise BadTableError(
            f"the nearest source of {shown_name(Path(catalog.name))} is {float(away.min()):.2f} degrees away",
            f"sources within {radius * 60:.0f} arcmin of RA {ra:.4f}, Dec {dec:+.4f}",
            "choose the catalogue of this field",
        )
    return ReferenceCatalog(
        catalog.name, catalog.ra[inside], catalog.dec[inside], catalog.epoch, catalog.moving
    )


def write_reference_catalog(catalog: ReferenceCatalog, path: Path) -> None:
    """Write positions as ``tweakreg.abs_refcat`` takes them: ECSV with columns RA and DEC; atomically."""
    from astropy.table import Table

    table = Table({"RA": catalog.ra, "DEC": catalog.dec})
    table["RA"].unit = table["DEC"].unit = "deg"
    table.meta.update({"name": catalog.name, "epoch": catalog.epoch or "as given"})
    with new_file(Path(path)) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)


def _read(path: Path) -> Table:
    from astropy.table import Table

    if not path.is_file():
        raise MissingFileError(
            f"no catalogue {shown_name(path)}", f"a file in {path.parent}", "correct its name"
        )
    formats: Sequence[str | None] = {
        ".fits": ("fits",),
        ".fit": ("fits",),
        ".ecsv": ("ascii.ecsv",),
        ".csv": ("ascii.csv", "ascii"),
        ".vot": ("votable",),
        ".xml": ("votable",),
    }.get(path.suffix.lower(), ("ascii",))
    if path.stat().st_size == 0:
        raise BadTableError(f"{shown_name(path)} is empty", "a table of sources", "choose another catalogue")
    last: Exception | None = None
    for kind in formats:
        try:
            table = Table.read(path, format=kind)
        except Exception as error:  # every reader has errors of its own
            last = error
            continue
        if len(table) == 0:
            raise BadTableError(
                f"{shown_name(path)} has no rows", "a table of sources", "choose another catalogue"
            )
        return table
    raise BadTableError(
        f"{shown_name(path)} cannot be read ({str(last).splitlines()[0][:80] if str(last) else type(last).__name__})",
        "a table (ECSV, CSV, FITS, VOTable or text)",
        "choose another catalogue",
    )


def _first(names: dict[str, str], wanted: Sequence[str]) -> str:
    return next((names[name] for name in wanted if name in names), "")


def _angles(column: Any, *, hours: bool) -> NDArray[np.float64]:
    """Return a column in degrees; NaN where it is masked or no angle."""
    from astropy import units
    from astropy.coordinates import Angle

    masked = np.asarray(getattr(column, "mask", False))
    if np.asarray(column).dtype.kind in "US":
        unit = units.hourangle if hours else units.deg
        try:
            values = np.asarray(Angle([str(text) for text in column], unit=unit).deg, float)
        except (ValueError, TypeError):
            return np.full(len(column), np.nan)
    else:
        values = np.ma.filled(np.ma.asarray(np.asarray(column, float)), np.nan)
        unit = getattr(column, "unit", None)
        if unit is not None and unit.is_equivalent(units.deg):
            values = values * unit.to(units.deg)
    return np.where(masked, np.nan, values)


def _motions(table: Table, names: dict[str, str]) -> tuple[NDArray, NDArray] | None:
    """Return proper motions in mas/yr, 0 where there are none; None without the columns."""
    from astropy import units

    found = [_first(names, wanted) for wanted in (_PM_RA, _PM_DEC)]
    if not all(found):
        return None
    motions = []
    for name in found:
        column = table[name]
        values = np.where(np.asarray(getattr(column, "mask", False)), np.nan, np.asarray(column, float))
        unit = getattr(column, "unit", None)
        wanted = units.mas / units.yr
        if unit is not None and unit.is_equivalent(wanted):
            values = values * unit.to(wanted)
        motions.append(np.nan_to_num(values))
    return motions[0], motions[1]


def _epochs(path: Path, table: Table, names: dict[str, str], given: float | None) -> NDArray[np.float64]:
    if given is not None:
        return np.full(len(table), float(given))
    name = _first(names, _EPOCH)
    if name:
        values = np.asarray(table[name], float)
        if np.isfinite(values).all() and (values > 1800).all() and (values < 2200).all():
            return values
    for key in table.meta:
        if str(key).lower() in _EPOCH:
            try:
                return np.full(len(table), float(str(table.meta[key]).lstrip("Jj")))
            except ValueError:
                break
    if any(key in names for key in _GAIA):
        return np.full(len(table), _GAIA_EPOCH)
    raise BadTableError(
        f"{shown_name(path)} has proper motions but no epoch",
        "a column ref_epoch with the Julian year of the positions",
        "add it, or give the epoch of the catalogue",
    )


def _separation(ra: NDArray, dec: NDArray, ra0: float, dec0: float) -> NDArray[np.float64]:
    """Degrees, by the haversine."""
    delta, delta0 = np.deg2rad(dec), np.deg2rad(dec0)
    half = np.sin((delta - delta0) / 2) ** 2
    half += np.cos(delta) * np.cos(delta0) * np.sin(np.deg2rad(ra - ra0) / 2) ** 2
    return np.rad2deg(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
