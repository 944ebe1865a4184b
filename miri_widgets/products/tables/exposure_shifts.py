"""
What was measured of each exposure of a program in one filter, as one table that a person can read.

Two estimates stand side by side: that of ``tweakreg``, and that of the offset histogram of our own star positions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.atomic import new_file
from miri_widgets.products.fits_reader import shown_name

__all__ = ["ExposureShift", "ExposureShifts", "read_exposure_shifts", "write_exposure_shifts"]

_NUMBERS = ("dx", "dy", "sigma", "rms", "significance", "rotation", "rotation_err")
_UNITS = {
    "dx": "arcsec",
    "dy": "arcsec",
    "sigma": "arcsec",
    "rms": "arcsec",
    "rotation": "deg",
    "rotation_err": "deg",
}


@dataclass(frozen=True)
class ExposureShift:
    """
    The two estimates of one exposure.

    Attributes
    ----------
    tweakreg : Measurement
        Read from the positions before and after; its status from the fits, not from what the step says of itself.
    histogram : Measurement
        From the offset histogram.
    stars : int
        Stars that our finder found.
    used : int or None
        Stars left in the fit of tweakreg after clipping; None when unknown.
    cal_step : str
        What tweakreg says of itself.
    """

    tweakreg: Measurement
    histogram: Measurement
    stars: int
    used: int | None = None
    cal_step: str = ""

    @property
    def root(self) -> str:
        """The exposure."""
        return self.tweakreg.root

    @property
    def group(self) -> str:
        """Its group."""
        return self.tweakreg.group

    @property
    def disagreement(self) -> float:
        """Distance of the two estimates, arcsec; NaN when one is missing or they have no common zero point."""
        a, b = self.tweakreg, self.histogram
        if not (a.usable and b.usable and a.relative == b.relative):
            return math.nan
        return math.hypot(a.dx - b.dx, a.dy - b.dy)


@dataclass(frozen=True)
class ExposureShifts:
    """
    All measurements of a run.

    Attributes
    ----------
    filter : str
        Filter.
    catalog : str
        Name of the absolute catalogue; empty when shifts are relative.
    reference : str
        Group to which relative shifts refer; empty when they are absolute.
    exposures : tuple of ExposureShift
        Sorted by name.
    overlaps : tuple of Overlap
        Between groups, from the offset histogram.
    notes : tuple of str
        Sentences for the user.
    """

    filter: str
    catalog: str
    reference: str
    exposures: tuple[ExposureShift, ...]
    overlaps: tuple[Overlap, ...] = ()
    notes: tuple[str, ...] = ()

    def measurements(self, estimate: str = "tweakreg") -> tuple[Measurement, ...]:
        """
        Return one estimate, "tweakreg" or "histogram", as `miri_widgets.core.shifts.solution.solve_shifts` takes it.

        Parameters
        ----------
        estimate : str
            Name of the estimate.
        """
        return tuple(getattr(exposure, estimate) for exposure in self.exposures)


def write_exposure_shifts(measured: ExposureShifts, path: Path) -> None:
    """
    Write as ECSV, atomically; the overlaps go into its header.

    Parameters
    ----------
    measured : ExposureShifts
        What to write.
    path : Path
        Where to write.
    """
    from astropy.table import Table

    rows = [_row(exposure) for exposure in measured.exposures]
    table = Table(rows=rows) if rows else Table(names=list(_row_names()))
    for prefix in ("", "histogram_"):
        for name, unit in _UNITS.items():
            table[prefix + name].unit = unit
    table.meta.update(
        {
            "content": "shifts of exposures, (dRA cos Dec, dDec), ICRS",
            "filter": measured.filter,
            "catalog": measured.catalog,
            "reference": measured.reference,
            "notes": list(measured.notes),
            "overlaps": [
                [
                    overlap.root_a,
                    overlap.root_b,
                    float(overlap.dx),
                    float(overlap.dy),
                    float(overlap.sigma),
                    int(overlap.n or 0),
                ]
                for overlap in measured.overlaps
            ],
        }
    )
    with new_file(Path(path)) as temporary:
        table.write(temporary, format="ascii.ecsv", overwrite=True)


def read_exposure_shifts(path: Path) -> ExposureShifts:
    """
    Read what `write_exposure_shifts` wrote.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MissingFileError
        If there is no such file.
    BadTableError
        If it is another table.
    """
    from astropy.table import Table

    path = Path(path)
    if not path.is_file():
        raise MissingFileError(
            f"no measured shifts {shown_name(path)}", f"a file in {path.parent}", "measure the shifts again"
        )
    try:
        table = Table.read(path, format="ascii.ecsv")
        meta = table.meta
        return ExposureShifts(
            filter=str(meta["filter"]),
            catalog=str(meta["catalog"]),
            reference=str(meta["reference"]),
            exposures=tuple(_exposure(row) for row in table),
            overlaps=tuple(
                Overlap(a, b, dx, dy, sigma, int(n)) for a, b, dx, dy, sigma, n in meta["overlaps"]
            ),
            notes=tuple(str(line) for line in meta["notes"]),
        )
    except Exception as error:  # the reader of astropy has errors of its own
        raise BadTableError(
            f"{shown_name(path)} cannot be read ({str(error).splitlines()[0][:80] if str(error) else 'damaged'})",
            "an ECSV file with measured shifts",
            "measure the shifts again",
        ) from error


def _row_names() -> Iterable[str]:
    blank = Measurement("", "", math.nan, math.nan)
    return _row(ExposureShift(blank, blank, 0)).keys()


def _row(shift: ExposureShift) -> dict[str, Any]:
    row: dict[str, Any] = {"root": shift.root, "group": shift.group}
    for prefix, part in (("", shift.tweakreg), ("histogram_", shift.histogram)):
        row |= {prefix + name: float(getattr(part, name)) for name in _NUMBERS}
        row[prefix + "matches"] = -1 if part.matches is None else int(part.matches)
        row[prefix + "status"] = str(part.status)
        row[prefix + "relative"] = bool(part.relative)
    row["used"] = -1 if shift.used is None else int(shift.used)
    row["stars"], row["cal_step"] = int(shift.stars), shift.cal_step
    return row


def _exposure(row: Any) -> ExposureShift:
    parts = []
    for prefix in ("", "histogram_"):
        matches = int(row[prefix + "matches"])
        parts.append(
            Measurement(
                root=str(row["root"]),
                group=str(row["group"]),
                **{name: float(row[prefix + name]) for name in _NUMBERS},  # type: ignore[arg-type]
                matches=None if matches < 0 else matches,
                status=Status(str(row[prefix + "status"])),
                relative=bool(row[prefix + "relative"]),
            )
        )
    used, state = int(row["used"]), row["cal_step"]
    # an empty text comes back masked
    cal_step = "" if getattr(state, "mask", False) else str(state)
    return ExposureShift(parts[0], parts[1], int(row["stars"]), None if used < 0 else used, cal_step)
