"""Measured shifts as plain values for tables and charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.footprints import Corners
from miri_widgets.analysis.shift_residuals import (
    ExposureResidual,
    HistogramPicture,
    OverlapResidual,
    StarMatch,
)
from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.measurements import Measurement
from miri_widgets.core.tangent_plane import mean_position
from miri_widgets.products.tables.exposure_shifts import ExposureShift, ExposureShifts
from miri_widgets.products.tables.shift_tables import ShiftTable

__all__ = ["ShiftFacts", "group_labels", "short_name", "star_of"]


@dataclass(frozen=True, eq=False)
class ShiftFacts:
    """
    All that is known of the shifts of a program.

    Attributes
    ----------
    path : Path
        The table's file.
    table : ShiftTable
        One row per group.
    measured : ExposureShifts or None
        What was measured of each exposure.
    sentence : str
        Why `measured` is missing.
    footprints : mapping of str to Corners
        By exposure.
    files : mapping of str to Path
        Exposures that the viewer can show.
    histograms : tuple of HistogramPicture
        By group, as far as kept.
    matches : tuple of StarMatch
        Some matched stars of each exposure, as far as kept.
    """

    path: Path
    table: ShiftTable
    measured: ExposureShifts | None = None
    sentence: str = ""
    footprints: Mapping[str, Corners] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    histograms: tuple[HistogramPicture, ...] = ()
    matches: tuple[StarMatch, ...] = ()

    @cached_property
    def by_root(self) -> dict[str, TrustedShift]:
        """The shift of each exposure that the table lists."""
        return {root: shift for shift in reversed(self.table.shifts) for root in shift.group.roots}

    @cached_property
    def guide_stars(self) -> tuple[str, ...]:
        """All guide stars, in the order of the table; the name of the group where it has none."""
        return tuple(dict.fromkeys(star_of(shift.group) for shift in self.table.shifts))

    def centre(self, group: Group) -> tuple[float, float] | None:
        """
        Return (RA, Dec) of the middle of a group's footprints, degrees; None when none is known.

        Parameters
        ----------
        group : Group
            The group.
        """
        corners = [corner for root in group.roots for corner in self.footprints.get(root, ())]
        return mean_position(*np.array(corners).T) if corners else None

    @cached_property
    def exposures(self) -> tuple[ExposureResidual, ...]:
        """
        The shift of each exposure beside that of its group.

        Notes
        -----
        Shifts relative to one another have a zero point of their own: the median of what they differ by from
        those of their groups is taken away.
        """
        rows = self.measured.exposures if self.measured is not None else ()
        known = [(row, _believed(row), self.by_root[row.root]) for row in rows if row.root in self.by_root]
        apart = [(m.dx - s.dx, m.dy - s.dy) for _, m, s in known if m.usable and m.relative]
        zero = np.median(apart, axis=0) if apart else np.zeros(2)
        return tuple(self._residual(m, s, zero) for _, m, s in known)

    def _residual(
        self, measurement: Measurement, shift: TrustedShift, zero: NDArray[Any]
    ) -> ExposureResidual:
        dx, dy = (zero if measurement.relative else np.zeros(2)).tolist()
        before = (measurement.dx - dx, measurement.dy - dy)
        times = dict(zip(shift.group.roots, shift.group.times, strict=False))
        text = {"shared": "only the shift of the whole run", "failed": "not corrected"}
        return ExposureResidual(
            measurement.root,
            shift.group.name,
            star_of(shift.group),
            times.get(measurement.root, shift.group.mjd),
            before,
            (before[0] - shift.dx, before[1] - shift.dy),
            measurement.usable,
            "" if measurement.usable else text.get(str(measurement.status), str(measurement.status)),
        )

    @cached_property
    def overlaps(self) -> tuple[OverlapResidual, ...]:
        """What overlapping exposures of different groups disagree by."""
        overlaps = []
        for overlap in self.measured.overlaps if self.measured is not None else ():
            a, b = self.by_root.get(overlap.root_a), self.by_root.get(overlap.root_b)
            if a is None or b is None:
                continue
            # an overlap measures the shift of a less that of b
            after = (overlap.dx - a.dx + b.dx, overlap.dy - a.dy + b.dy)
            overlaps.append(
                OverlapResidual(
                    overlap.root_a, overlap.root_b, overlap.n or 0, (overlap.dx, overlap.dy), after
                )
            )
        return tuple(overlaps)


def star_of(group: Group) -> str:
    """
    Return the guide star of a group, for colours; the group's name where it is not known.

    Parameters
    ----------
    group : Group
        The group.
    """
    return group.guide_star or group.name


def short_name(group: Group) -> str:
    """
    Return observation and visit of a group, and its part when it was split.

    Parameters
    ----------
    group : Group
        The group.
    """
    if not group.observation:
        return group.name
    _, _, part = group.name.partition("/")
    visit = "+".join(text.lstrip("0") or "0" for text in group.visit.split("+"))
    observation = "+".join(text.lstrip("0") or "0" for text in group.observation.split("+"))
    return f"{observation}.{visit}" + (f"/{part}" if part else "")


def group_labels(groups: Iterable[Group]) -> dict[str, str]:
    """
    Return a label for every group of a table, by its name: as short as it is unique.

    Parameters
    ----------
    groups : iterable of Group
        Those that stand in one table or chart.

    Returns
    -------
    dict of str to str
        Observation and visit as ``2.1``; with the program before it where the groups are of several programs, and with
        the guide star behind it where one visit has several; else the whole name.
    """
    listed = {group.name: group for group in groups}
    labels = {name: short_name(group) for name, group in listed.items()}
    if len({group.program for group in listed.values()}) > 1:
        for name, group in listed.items():
            if group.observation:
                program = "+".join(part.lstrip("0") or "0" for part in group.program.split("+"))
                labels[name] = f"{program} {labels[name]}".strip()
    for lengthen in (
        lambda group, label: f"{label} {group.guide_star}".strip(),
        lambda group, label: group.name,
    ):
        counts = Counter(labels.values())
        for name, group in listed.items():
            if counts[labels[name]] > 1:
                labels[name] = lengthen(group, labels[name])
    return labels


def _believed(shift: ExposureShift) -> Measurement:
    """The measurement that is solved with: the offset histogram only where tweakreg failed."""
    return shift.histogram if shift.histogram.usable and not shift.tweakreg.usable else shift.tweakreg
