"""Tables that astropy reads: FITS, VOTable, machine-readable tables of CDS and AAS; what `Table.read` drops is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["READERS", "AstropyTable", "read_mrt"]

_NO_CATALOGUES = ("LDAC_IMHEAD", "ASDF", "HDRTAB", "WCS-TABLE")
"""Tables of headers and of metadata that stand beside a catalogue."""


@dataclass(frozen=True)
class AstropyTable:
    """
    A table as astropy reads it.

    Attributes
    ----------
    table : astropy.table.Table
        Columns with units, masks and descriptions.
    systems : dict of str to str
        Coordinate system of columns, as a VOTable states it.
    notes : tuple of str
        What was left out; each completes "the file ...".
    """

    table: Any
    systems: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_mrt(text: str) -> AstropyTable:
    """
    Read a machine-readable table of CDS or AAS.

    Parameters
    ----------
    text : str
        The file, lines ended by a line feed.
    """
    from astropy.table import Table

    lines = text.rstrip().split("\n")
    try:
        return AstropyTable(Table.read(lines, format="ascii.mrt"))
    except Exception:  # the older form, whose errors are the ones to show
        return AstropyTable(Table.read(lines, format="ascii.cds"))


def _read_fits(path: Path) -> AstropyTable:
    from astropy.io import fits
    from astropy.table import Table

    with fits.open(path) as hdus:
        names = {
            index: hdu.name
            for index, hdu in enumerate(hdus)
            if isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not isinstance(hdu, fits.CompImageHDU)
        }
        wanted = [index for index, name in names.items() if name not in _NO_CATALOGUES]
        if not wanted:
            raise ValueError("it holds no table")
        table = Table.read(hdus, format="fits", hdu=wanted[0])
        for key in ("EQUINOX", "RADESYS", "RADECSYS"):
            # programs write them into the primary header, too
            if key not in table.meta and key in hdus[0].header:
                table.meta[key] = hdus[0].header[key]
    return AstropyTable(table, notes=_of_several([names[index] for index in wanted]))


def _read_votable(path: Path) -> AstropyTable:
    from astropy.io import votable

    document = votable.parse(path, verify="ignore")
    tables = [table for table in document.iter_tables() if len(table.array)] or list(document.iter_tables())
    if not tables:
        raise ValueError("it holds no table")
    chosen = tables[0]
    systems = {
        system.ID: " ".join(filter(None, (system.system, _equinox(system))))
        for system in document.iter_coosys()
    }
    table = chosen.to_table(use_names_over_ids=True)
    fields = {field.name: systems.get(str(field.ref), "") for field in chosen.fields if field.ref}
    if len(systems) == 1 and not any(fields.values()):
        table.meta["coosys"] = next(iter(systems.values()))
    return AstropyTable(table, fields, _of_several([table.name or table.ID or "" for table in tables]))


def _equinox(system: Any) -> str:
    return f"equinox {system.equinox}" if getattr(system, "equinox", None) else ""


def _of_several(names: list[str]) -> tuple[str, ...]:
    if len(names) < 2:
        return ()
    first = f" ({names[0]})" if names[0] else ""
    return (f"holds {len(names)} tables: the first{first} is used",)


READERS: Mapping[str, Callable[[Path], AstropyTable]] = {"fits": _read_fits, "votable": _read_votable}
"""By kind of file."""
