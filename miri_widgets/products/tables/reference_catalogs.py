"""
Absolute catalogues: any file with positions on the sky, brought to the epoch of the exposures.

References
----------
Gaia DR3 documentation, table ``gaia_source``: ``ra``, ``dec``, ``pmra`` (times cos Dec), ``pmdec``, ``ref_epoch``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import BadTableError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.dates import julian_years
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.tables import FileTable, read_table
from miri_widgets.products.tables.position_columns import find_positions
from miri_widgets.products.tables.positions import sky_positions
from miri_widgets.products.tables.units import split_name

__all__ = ["ReferenceCatalog", "read_reference_catalog", "require_field", "write_reference_catalog"]

_PM_RA = (
    "pmra",
    "pm_ra",
    "pm_ra_cosdec",
    "pmra_cosdec",
    "mu_ra",
    "mualphastar",
    "pmra*",
    "pmracosdec",
    "pm_racosd",
)
_PM_RA_COORDINATE = ("pmra_coord", "pmra_nocosdec", "pm_ra_nocosdec", "pmra_without_cosdec", "dra_dt")
"""Of the coordinate RA itself, without cos(Dec)."""
_PM_DEC = ("pmdec", "pmde", "pm_dec", "mu_dec", "mudelta")
_EPOCH = ("ref_epoch", "refepoch", "epoch")
_GAIA = ("source_id", "source", "solution_id", "designation")
_GAIA_EPOCHS = {"1": 2015.0, "2": 2015.5, "3": 2016.0}
"""By release, for extracts that lost the column ``ref_epoch``; the early third release has that of the third."""
_RELEASE = re.compile(r"gaia\s*e?dr([123])", re.IGNORECASE)
_VIZIER_RELEASES = {"I/337": "1", "I/345": "2", "I/350": "3", "I/355": "3"}
_LIKE_MOTIONS = re.compile(r"_?(pm|mu)_?(ra|de|dec|l|b|glon|glat|elon|elat|alpha|delta)[a-z_*]*")
_FASTEST = 12_000.0
"""mas/yr; Barnard's star moves by 10,400."""


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
    notes : tuple of str
        Sentences for the user: rows that were left out, values that could not be read, motions that were not applied.
    """

    name: str
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]
    epoch: float | None
    moving: int
    notes: tuple[str, ...] = ()

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
        Any table that `miri_widgets.products.tables.read_table` takes. RA and Dec in degrees or the unit that the file
        says, or RA in hours and Dec in degrees when they are written in three parts; galactic and B1950 positions
        are brought to ICRS. Proper motions in mas/yr or the unit that the file says; that of RA times cos(Dec).
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
    table = read_table(path, "a table of sources", "choose another catalogue")
    ra, dec = sky_positions(table)
    good = np.isfinite(ra) & np.isfinite(dec)
    if not good.any():
        why = f" ({table.notes[0]})" if table.notes else ""
        raise table.wrong(
            f"has no sources with a position{why}",
            "at least one row with RA and Dec",
            "choose another catalogue",
        )
    if not good.all():
        lost = np.flatnonzero(~good)
        rows = ", ".join(table.sources[row] for row in lost[:3]) + (" ..." if len(lost) > 3 else "")
        table.notes.append(
            f"{shown_name(path)}: {len(lost)} of {len(good)} rows have no position and are left out ({rows})"
        )
    motions = _motions(table, dec)
    moving = 0 if motions is None else int(np.count_nonzero(np.hypot(*motions)[good]))
    moved = None
    if motions is not None and moving and epoch is not None and math.isfinite(epoch):
        years = epoch - _epochs(table, catalog_epoch)
        ra = ra + motions[0] * years / 3.6e6 / np.cos(np.deg2rad(dec))
        dec = dec + motions[1] * years / 3.6e6
        moved = epoch
    elif moving and epoch is not None:
        table.notes.append(
            f"{shown_name(path)}: proper motions are not applied, as no exposure says its date: positions are those of "
            "the epoch of the catalogue"
        )
    return ReferenceCatalog(
        path.name, ra[good] % 360, dec[good], moved, moving if moved is not None else 0, tuple(table.notes)
    )


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
        catalog.name,
        catalog.ra[inside],
        catalog.dec[inside],
        catalog.epoch,
        catalog.moving,
        catalog.notes,
    )


def write_reference_catalog(catalog: ReferenceCatalog, path: Path) -> None:
    """
    Write positions as ``tweakreg.abs_refcat`` takes them: ECSV with columns RA and DEC; atomically.

    Parameters
    ----------
    catalog : ReferenceCatalog
        Positions on the sky.
    path : Path
        Where to write.
    """
    from astropy.table import Table

    table = Table({"RA": catalog.ra, "DEC": catalog.dec})
    table["RA"].unit = table["DEC"].unit = "deg"
    table.meta.update({"name": catalog.name, "epoch": catalog.epoch or "as given"})
    with new_file(Path(path)) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)


def _motions(
    table: FileTable, dec: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return proper motions in mas/yr, along RA cos(Dec) and Dec, 0 where there are none; None without the columns."""
    from astropy import units

    rate = units.mas / units.yr
    cosine = np.cos(np.deg2rad(np.nan_to_num(dec)))
    along_ra, along_dec, factor = table.find(_PM_RA), table.find(_PM_DEC), np.ones_like(dec)
    if along_ra < 0 and (along_ra := table.find(_PM_RA_COORDINATE)) >= 0:
        factor = cosine
    if along_ra < 0 or along_dec < 0:
        like = [name for name in table.names if _LIKE_MOTIONS.fullmatch(split_name(name)[0])]
        if like:
            table.notes.append(
                f"{shown_name(table.path)}: {', '.join(like)[:80]} are not read, proper motions are pmra (times cos Dec) and "
                "pmdec: positions are those of the epoch of the catalogue"
            )
        return None
    unit = table.unit(along_ra)
    if unit is not None and unit.is_equivalent(units.s / units.yr):
        # seconds of time are those of the coordinate itself
        east = table.numbers(along_ra) * float(unit.to(units.s / units.yr)) * 15000.0 * cosine
    else:
        east = table.numbers(along_ra, rate) * factor
    north = table.numbers(along_dec, rate)
    known = np.isfinite(east) & np.isfinite(north)
    fast = np.flatnonzero(known & (np.hypot(east, north) > _FASTEST))
    table.note_rows(
        fast.tolist(),
        [f"a proper motion of {np.hypot(east[row], north[row]):g} mas/yr is none of a star" for row in fast],
    )
    known[fast] = False
    return np.where(known, east, 0.0), np.where(known, north, 0.0)


def _epochs(table: FileTable, given: float | None) -> NDArray[np.float64]:
    """Return the Julian year of each position."""
    if given is not None:
        return np.full(len(table), float(given))
    index = table.find(_EPOCH)
    if index >= 0:
        years = julian_years(table.text(index))
        if np.isfinite(years).any():
            # a source whose epoch is missing has that of the others
            return np.where(np.isfinite(years), years, np.nanmedian(years))
    for key in table.meta:
        if str(key).lower() in _EPOCH and np.isfinite(year := julian_years([str(table.meta[key])])[0]):
            return np.full(len(table), year)
    columns = find_positions(table)
    name = split_name(table.names[columns.first[0]])[0] if columns else ""
    is_gaia = any(table.find((key,)) >= 0 for key in _GAIA)
    if "epoch2000" in name or (is_gaia and "2000" in name):
        # the Gaia archive and VizieR give positions at two epochs: these are moved to 2000 already
        return np.full(len(table), 2000.0)
    if is_gaia:
        year = _GAIA_EPOCHS[_gaia_release(table)]
        table.notes.append(
            f"{shown_name(table.path)} does not say the epoch of its positions: J{year} of Gaia DR{_gaia_release(table)} is "
            "used; a column ref_epoch would say another"
        )
        return np.full(len(table), year)
    raise table.wrong(
        "has proper motions but no epoch",
        "a column ref_epoch with the Julian year of the positions",
        "add it, or give the epoch of the catalogue",
    )


def _gaia_release(table: FileTable) -> str:
    """Which release of Gaia a table is of, by its designations or its header; the third when nothing says it."""
    index = table.find(("designation", "source_name"))
    texts = [*(table.text(index)[:1] if index >= 0 else ()), *(str(value) for value in table.meta.values())]
    for text in texts:
        if match := _RELEASE.search(text):
            return match[1]
        for number, release in _VIZIER_RELEASES.items():
            if number in text:
                return release
    return "3"


def _separation(ra: NDArray, dec: NDArray, ra0: float, dec0: float) -> NDArray[np.float64]:
    """Degrees, by the haversine."""
    delta, delta0 = np.deg2rad(dec), np.deg2rad(dec0)
    half = np.sin((delta - delta0) / 2) ** 2
    half += np.cos(delta) * np.cos(delta0) * np.sin(np.deg2rad(ra - ra0) / 2) ** 2
    return np.rad2deg(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
