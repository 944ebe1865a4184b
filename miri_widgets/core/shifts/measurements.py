"""
Measured shifts as values: of exposures, of overlaps between them, and of groups.

A shift is what must be added to positions, (dRA cos Dec, dDec) in arcsec, ICRS, so that they become true.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from miri_widgets.core.shifts.fallbacks import MEMBERS, SharedValue, find_fallbacks

__all__ = [
    "GroupShift",
    "Measurement",
    "Overlap",
    "Solution",
    "Status",
    "mark_fallbacks",
]


class Status(StrEnum):
    """What the number of one exposure is."""

    MEASURED = "measured"
    REFERENCE = "reference"  # the exposure that others were aligned to
    SHARED = "shared"  # only the common shift of the run
    FAILED = "failed"  # no fit, or not corrected
    EXCLUDED = "excluded"  # by the user
    AMBIGUOUS = "ambiguous"  # another offset fits as well


@dataclass(frozen=True)
class Measurement:
    """
    The measured shift of one exposure.

    Attributes
    ----------
    root : str
        Name of the exposure, without suffix.
    group : str
        Name of its group.
    dx, dy : float
        Shift, arcsec.
    sigma : float
        Standard deviation per axis, arcsec; NaN when not known: it is then taken from the scatter.
    matches : int or None
        Stars that were matched; None when not known.
    rms : float
        Root mean square residual of the stars, arcsec; NaN when not known.
    status : Status
        Only measured and reference exposures are used.
    relative : bool
        Whether the shift is known only up to a constant that all relative measurements share.
    significance : float
        Height of the peak of the offset histogram over what chance gives, standard deviations; NaN: not
        known.
    rotation, rotation_err : float
        Rotation about the reference point of the exposure, degrees from north through east; NaN: not
        measured.
    joint_matches : int or None
        Stars that were matched in all exposures of the group, where these were searched together; None when not known.
    common_sigma : float
        Standard deviation per axis of what all exposures of the group share, arcsec: errors of the catalogue's positions.
    alternative : (float, float)
        Another shift that as many stars support, arcsec; NaN: none.
    lever : (float, float)
        Mean position of its stars about the reference point of the exposure, arcsec; NaN when not known, or when the
        shift does not depend on the roll.
    """

    root: str
    group: str
    dx: float
    dy: float
    sigma: float = math.nan
    matches: int | None = None
    rms: float = math.nan
    status: Status = Status.MEASURED
    relative: bool = False
    significance: float = math.nan
    rotation: float = math.nan
    rotation_err: float = math.nan
    joint_matches: int | None = None
    common_sigma: float = 0.0
    alternative: tuple[float, float] = (math.nan, math.nan)
    lever: tuple[float, float] = (math.nan, math.nan)

    @property
    def usable(self) -> bool:
        """Whether it says something about its group."""
        fit = self.status in (Status.MEASURED, Status.REFERENCE)
        return fit and math.isfinite(self.dx) and math.isfinite(self.dy)


@dataclass(frozen=True)
class Overlap:
    """
    The offset between two exposures, from stars that both see.

    Attributes
    ----------
    root_a, root_b : str
        Names of the exposures.
    dx, dy : float
        What must be added to positions in a so that they fall on those in b, arcsec: the mean of (position
        in b minus position in a). It measures the shift of a minus the shift of b.
    sigma : float
        Standard deviation per axis, arcsec; NaN when not known.
    n : int or None
        Stars in common.
    lever_a, lever_b : (float, float)
        Where the overlap lies from the reference points of the exposures, arcsec; NaN when not known.
    turn, turn_err : float
        Roll of a against that of b as the stars show it, and its standard deviation, degrees; NaN when not known.
    """

    root_a: str
    root_b: str
    dx: float
    dy: float
    sigma: float = math.nan
    n: int | None = None
    lever_a: tuple[float, float] = (math.nan, math.nan)
    lever_b: tuple[float, float] = (math.nan, math.nan)
    turn: float = math.nan
    turn_err: float = math.nan


@dataclass(frozen=True)
class GroupShift:
    """
    The solved shift of one group.

    Attributes
    ----------
    group : str
        Its name.
    dx, dy : float
        Arcsec; NaN when nothing determines it.
    dx_err, dy_err, corr : float
        Standard errors, arcsec, and their correlation.
    rotation, rotation_err : float
        Degrees; NaN when not asked for or not measured.
    exposures, used : int
        Exposures that have a measurement of any status, and those that count.
    overlaps : int
        Overlaps with other groups that count.
    tied : bool
        Whether absolute measurements fix it; else it is relative to the first group of its component.
    component : int
        Groups of one component are connected by measurements; shifts of different ones cannot be compared
        unless both are tied.
    left_out : tuple of (str, str)
        Exposures that do not count, each with the reason.
    """

    group: str
    dx: float
    dy: float
    dx_err: float
    dy_err: float
    corr: float
    exposures: int
    used: int
    overlaps: int = 0
    tied: bool = True
    component: int = 0
    rotation: float = math.nan
    rotation_err: float = math.nan
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Solution:
    """
    Shifts of all groups, and what the user must know about them.

    Attributes
    ----------
    shifts : mapping of str to GroupShift
        By group, sorted.
    weights : mapping of str to float
        0 (rejected) to 1 (fully used), by exposure, of usable measurements.
    rejected : tuple of Overlap
        Overlaps that disagree with everything else.
    gauge : str
        What fixes the zero point, as a sentence.
    notes : tuple of str
        Sentences about groups that are not connected, or not determined.
    """

    shifts: Mapping[str, GroupShift]
    weights: Mapping[str, float]
    rejected: tuple[Overlap, ...]
    gauge: str
    notes: tuple[str, ...] = field(default=())


def mark_fallbacks(
    measurements: Sequence[Measurement], runs: Sequence[str] | None = None
) -> tuple[tuple[Measurement, ...], tuple[SharedValue, ...]]:
    """
    Return the measurements with those that only carry a shared value marked.

    Parameters
    ----------
    measurements : sequence of Measurement
        Of one or several runs; not modified.
    runs : sequence of str, optional
        See `find_fallbacks`.

    Returns
    -------
    tuple of Measurement
        In the same order. Shared values become ``shared`` and zeros ``failed``; an exposure known to be the
        reference keeps its status, for the common shift is its own.
    tuple of SharedValue
        What was found; members are indices of `measurements`.

    Notes
    -----
    A run has one common shift. When every group of three or more exposures has one value, and there are
    several, the exposures of each group were moved as one (tweakreg with a group_id): nothing is marked.
    """
    x = np.array([measurement.dx if measurement.usable else math.nan for measurement in measurements])
    y = np.array([measurement.dy if measurement.usable else math.nan for measurement in measurements])
    shared_values = _without_rigid_groups(find_fallbacks(x, y, runs), measurements, runs)
    marked = list(measurements)
    for shared in shared_values:
        for index in shared.members:
            if marked[index].status is Status.MEASURED:
                status = Status.FAILED if shared.zero else Status.SHARED
                marked[index] = replace(marked[index], status=status)
    return tuple(marked), shared_values


def _without_rigid_groups(
    shared: tuple[SharedValue, ...], measurements: Sequence[Measurement], runs: Sequence[str] | None
) -> tuple[SharedValue, ...]:
    """What was found, but for runs in which every group moved as one."""
    labels = list(runs) if runs is not None else [""] * len(measurements)
    sizes = Counter(
        (labels[index], measurement.group)
        for index, measurement in enumerate(measurements)
        if measurement.usable
    )
    kept = []
    for label in dict.fromkeys(labels):
        own = [shared for shared in shared if labels[shared.members[0]] == label]
        values = [
            {(label, measurements[index].group) for index in shared.members}
            for shared in own
            if not shared.zero
        ]
        large = {key for key, size in sizes.items() if key[0] == label and size >= MEMBERS}
        whole = sum(len(shared.members) for shared in own if not shared.zero)
        rigid = len(values) > 1 and all(len(value) == 1 for value in values) and len(values) == len(large)
        if not (rigid and whole == sum(sizes[key] for key in large)):
            kept += own
    return tuple(kept)
