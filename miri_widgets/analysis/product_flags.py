"""The flags of a product: how many, and what its stage changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS, changes_by_flag, count_by_flag, has
from miri_widgets.errors import NotJwstError
from miri_widgets.products.fits_reader import read_image

__all__ = ["FlagRow", "ProductFlags", "read_flags"]


@dataclass(frozen=True)
class FlagRow:
    """
    One flag of a product.

    Attributes
    ----------
    name : str
        As in the JWST documentation.
    count : int
        Pixels that carry it.
    fraction : float
        The same as a share of the detector.
    gained, lost : int
        Pixels on which the stage has set it, and taken it away.
    """

    name: str
    count: int
    fraction: float
    gained: int = 0
    lost: int = 0


@dataclass(frozen=True, eq=False)
class ProductFlags:
    """
    The flags of a product, and those before its stage.

    Attributes
    ----------
    path : Path
        The product.
    title : str
        Of its stage; empty when nothing came before it.
    rows : tuple of FlagRow
        The flags that occur, before or after; lowest bit first.
    dq : ndarray of uint32, shape (ny, nx)
        Flags.
    before : ndarray of uint32, shape (ny, nx), or None
        Flags of the product before the stage.
    """

    path: Path
    title: str
    rows: tuple[FlagRow, ...]
    dq: NDArray[np.uint32]
    before: NDArray[np.uint32] | None = None

    def mask(self, name: str, *, only_gained: bool = False) -> NDArray[np.bool_]:
        """
        Return where a flag is set, shape (ny, nx); or only where the stage has set it.

        Parameters
        ----------
        name : str
            Name of the flag.
        only_gained : bool
            Return only the pixels that the stage flagged.
        """
        carried = has(self.dq, name)
        if only_gained and self.before is not None:
            carried &= ~has(self.before, name)
        return carried

    @property
    def gained(self) -> tuple[str, ...]:
        """The flags that the stage has set somewhere."""
        return tuple(row.name for row in self.rows if row.gained)


def read_flags(path: Path, before: Path | None = None, title: str = "") -> ProductFlags:
    """
    Count the flags of a product; of a cube, of its last plane, which is the one in the viewer.

    Parameters
    ----------
    path : Path
        A product with DQ.
    before : Path, optional
        The product before its stage; one of another shape, or without DQ, is left aside.
    title : str
        Of the stage.

    Raises
    ------
    MiriWidgetsError
        If the product cannot be read or has no DQ.
    """
    dq = read_image(path, "DQ").astype(np.uint32)
    old = None
    if before is not None:
        try:
            flags = read_image(before, "DQ").astype(np.uint32)
            old = flags if flags.shape == dq.shape else None
        except NotJwstError:  # a product without flags is none to compare with
            old = None
    counts = count_by_flag(dq)
    gained, lost = ({}, {}) if old is None else changes_by_flag(old, dq)
    rows = tuple(
        FlagRow(
            name, counts.get(name, 0), counts.get(name, 0) / dq.size, gained.get(name, 0), lost.get(name, 0)
        )
        for name in BITS
        if name in counts or name in lost
    )
    return ProductFlags(path, title if old is not None else "", rows, dq, old)
