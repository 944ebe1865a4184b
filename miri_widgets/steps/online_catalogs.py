"""
Absolute catalogues through the network, from the service that ``jwst.tweakreg`` asks.

The variable ``ASTROMETRIC_CATALOG_URL`` names another service of the same kind; stcal reads it once, when it is imported.

References
----------
``stcal.tweakreg.astrometric_utils``: ``ra`` and ``dec`` of the answer are at the epoch that was asked for.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
from stcal.tweakreg import astrometric_utils

from miri_widgets.errors import InputError
from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog, require_field

__all__ = ["ONLINE_CATALOGS", "fetch_catalog"]

ONLINE_CATALOGS = ("GAIADR3", "GAIADR2", "GAIADR1", "GAIAREFCAT")
"""Names that ask for a catalogue through the network."""

_FILE_INSTEAD = "give a catalogue as a file instead"


def fetch_catalog(
    name: str, ra: float, dec: float, radius: float, epoch: float, *, timeout: float = 30.0
) -> ReferenceCatalog:
    """
    Return the sources of a catalogue around a field.

    Parameters
    ----------
    name : str
        One of `ONLINE_CATALOGS`.
    ra, dec, radius : float
        Circle around the exposures, degrees.
    epoch : float
        Julian year of the exposures: the service moves the sources there, and those without a proper motion are left
        out.
    timeout : float
        Longest silence of the service, seconds.

    Returns
    -------
    ReferenceCatalog
        Sources in the circle.

    Raises
    ------
    InputError
        If the service cannot be reached, answers with an error or something else than a catalogue, or knows no source
        in the circle.
    BadTableError
        If the sources that it gives are those of another field.
    """
    where = urlsplit(astrometric_utils.SERVICELOCATION).hostname or astrometric_utils.SERVICELOCATION
    try:
        table = astrometric_utils.get_catalog(
            ra, dec, epoch=epoch, search_radius=radius, catalog=name, timeout=timeout
        )
    except requests.exceptions.RequestException as error:
        raise InputError(
            f"the catalogue {name} cannot be reached at {where[:80]}", "a network", _FILE_INSTEAD
        ) from error
    except (
        Exception
    ) as error:  # stcal reads pages of errors as tables, and answers of one line as names of files
        raise _no_catalogue(name, where) from error
    if len(table) == 0:
        raise InputError(
            f"{name} has no sources with proper motions within {radius * 60:.0f} arcmin of RA {ra:.4f}, Dec {dec:+.4f}",
            "some stars to align to",
            _FILE_INSTEAD,
        )
    if not {"ra", "dec"} <= set(table.colnames):
        raise _no_catalogue(name, where)
    right, up = _numbers(table["ra"]), _numbers(table["dec"])
    good = np.isfinite(right) & np.isfinite(up)
    if not good.any():
        raise _no_catalogue(name, where)
    catalog = ReferenceCatalog(name, right[good], up[good], epoch, int(np.count_nonzero(good)))
    return require_field(catalog, ra, dec, radius)


def _no_catalogue(name: str, where: str) -> InputError:
    return InputError(
        f"{where[:80]} answers with something that is no catalogue {name}",
        "a table with ra and dec",
        f"try again later, or {_FILE_INSTEAD}",
    )


def _numbers(column: Any) -> np.ndarray:
    try:
        return np.asarray(np.ma.filled(np.ma.asarray(column).astype(float), np.nan), float)
    except (TypeError, ValueError):
        return np.full(len(column), np.nan)
