"""Tables of sources for other programs: ECSV, and DS9 regions."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.core.regions import Region
from miri_widgets.products.atomic import write_text
from miri_widgets.products.tables.region_files import write_regions

__all__ = ["write_source_regions", "write_source_table"]


def write_source_table(
    path: Path, columns: Mapping[str, tuple[Sequence[Any], str, str]], notes: Sequence[str]
) -> None:
    """
    Write a table of sources as ECSV, atomically.

    Parameters
    ----------
    path : Path
        The file; replaced if it exists.
    columns : mapping of str to (sequence, str, str)
        Values, unit ("" for none) and description by name, in order.
    notes : sequence of str
        What the numbers are, for a reader of the file.
    """
    from astropy.table import Column, Table

    table = Table(
        [
            Column(values, name=name, unit=unit or None, description=description)
            for name, (values, unit, description) in columns.items()
        ]
    )
    table.meta["comments"] = list(notes)
    text = io.StringIO()
    table.write(text, format="ascii.ecsv")
    write_text(Path(path), text.getvalue())


def write_source_regions(
    path: Path, sources: Sequence[tuple[float, float, str]], radius: float, *, sky: bool = True
) -> None:
    """
    Write sources as circles with a text, in a DS9 region file.

    Parameters
    ----------
    path : Path
        The file; replaced if it exists.
    sources : sequence of (float, float, str)
        RA and Dec in degrees, or 0-based (x, y); and what is written beside.
    radius : float
        Arcsec, or pixels.
    sky : bool
        Whether positions are on the sky.
    """
    write_regions(
        path, [Region("circle", ((a, b),), sizes=(radius,), sky=sky, text=text) for a, b, text in sources]
    )
