"""Ramp files, opened so that only the groups that are looked at are read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from miri_widgets.errors import MissingFileError, NotFitsError, NotJwstError
from miri_widgets.products.fits_reader import shown_name

__all__ = ["Ramp", "open_ramp"]


@dataclass(frozen=True, eq=False)
class Ramp:
    """
    A ramp and its flags, of shape (nints, ngroups, ny, nx).

    Attributes
    ----------
    sci : ndarray
        DN; big-endian where it is mapped from a file.
    groupdq : ndarray of int
        Flags of groups.
    """

    sci: NDArray[Any]
    groupdq: NDArray[Any]

    @property
    def integrations(self) -> int:
        """Number of integrations."""
        return int(self.sci.shape[0])

    @property
    def groups(self) -> int:
        """Number of groups of an integration."""
        return int(self.sci.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return int(self.sci.shape[2]), int(self.sci.shape[3])


def open_ramp(path: Path) -> Ramp:
    """
    Open a ramp with the flags of its groups.

    Parameters
    ----------
    path : Path
        A ``ramp`` product, plain FITS.

    Returns
    -------
    Ramp
        Read-only arrays, mapped from the file: memory is needed for what is looked at alone. They outlive the
        closed file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    NotFitsError
        If it is not FITS, or ends before its data do.
    NotJwstError
        If it holds no ramp with flags of groups.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"no file {shown_name(path)}",
            f"a file in {path.parent}",
            "run detector1 again with its ramps kept",
        )
    try:
        with warnings.catch_warnings():
            # a file that is cut off raises an error below
            warnings.simplefilter("ignore", AstropyWarning)
            with fits.open(path, mode="readonly", memmap=True) as hdus:
                names = {hdu.name for hdu in hdus}
                parts = [hdus[name].data if name in names else None for name in ("SCI", "GROUPDQ")]
    except (OSError, ValueError, TypeError, fits.VerifyError) as error:
        raise NotFitsError(
            f"{shown_name(path)} cannot be read to its end", "a whole FITS file", "run detector1 again"
        ) from error
    sci, groupdq = parts
    if sci is None or groupdq is None or sci.ndim != 4 or sci.shape != groupdq.shape:
        raise NotJwstError(
            f"{shown_name(path)} holds no ramp with flags of groups",
            "SCI and GROUPDQ of one shape (integrations, groups, rows, columns)",
            "choose a ramp that detector1 has kept",
        )
    for part in (sci, groupdq):
        part.flags.writeable = False
    return Ramp(sci, groupdq)
