"""
Pixels of an exposure that collected much charge, as a short list on the full detector: where, how much, and until when.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from miri_widgets.core.dq import has
from miri_widgets.core.persistence.dose import collected_dose
from miri_widgets.errors import MixedExposuresError

__all__ = ["FULL_SHAPE", "SaturationMap", "Target", "saturated_map"]

FULL_SHAPE = (1024, 1032)
"""(ny, nx) of the full detector."""

_SECONDS = 86400.0
_NEVER = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class Target:
    """
    One exposure that may show after-images.

    Attributes
    ----------
    root, filter : str
        Name without suffix, and filter.
    start_mjd, end_mjd : float
        Start and end, MJD UTC.
    shape : tuple of int
        (ny, nx) of its array.
    corner : tuple of int
        (x, y) of its first pixel on the full detector, 0-based.
    """

    root: str
    filter: str
    start_mjd: float
    end_mjd: float
    shape: tuple[int, int] = FULL_SHAPE
    corner: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_mjd) and self.start_mjd <= self.end_mjd < math.inf):
            raise MixedExposuresError(
                f"{self.root or 'an exposure'} lasts from MJD {self.start_mjd} to {self.end_mjd}",
                "a start and an end in that order",
                "download it again, or leave it out",
            )
        (ny, nx), (x, y) = self.shape, self.corner
        if min(x, y) < 0 or y + ny > FULL_SHAPE[0] or x + nx > FULL_SHAPE[1]:
            raise MixedExposuresError(
                f"{self.root or 'an exposure'} has {ny} x {nx} pixels from ({x}, {y}) on",
                f"a part of the detector of {FULL_SHAPE[0]} x {FULL_SHAPE[1]}",
                "leave it out",
            )

    @property
    def window(self) -> tuple[slice, slice]:
        """Where it lies on the full detector: rows and columns."""
        (ny, nx), (x, y) = self.shape, self.corner
        return slice(y, y + ny), slice(x, x + nx)


@dataclass(frozen=True, eq=False)
class SaturationMap:
    """
    The pixels of one exposure that saturated, or collected much charge.

    Attributes
    ----------
    target : Target
        The exposure.
    rows, columns : ndarray of int16, shape (n,)
        The pixels, 0-based on the full detector, in the order of the detector.
    unsaturated : ndarray of uint16, shape (n,)
        Groups before the first saturated one, in the integration that saturated first; fewer means brighter. All groups
        for a pixel that did not saturate.
    reached_mjd : ndarray of float64, shape (n,)
        When each saturated first; infinite for never.
    released_mjd : ndarray of float64, shape (n,)
        When the last of its saturated integrations ended, or the exposure: after-images fade from here.
    ngroups : int
        Groups per integration.
    dose : ndarray of float32, shape (n,)
        Charge in the integration that collected most, full wells above the sky (`collected_dose`); NaN when not known.
    """

    target: Target
    rows: NDArray[np.int16]
    columns: NDArray[np.int16]
    unsaturated: NDArray[np.uint16]
    reached_mjd: NDArray[np.float64]
    released_mjd: NDArray[np.float64]
    ngroups: int = 0
    dose: NDArray[np.float32] | None = None

    @property
    def saturated(self) -> int:
        """Number of pixels that saturated."""
        return int(np.count_nonzero(self.unsaturated < max(self.ngroups, 1)))

    @property
    def wells(self) -> NDArray[np.float32]:
        """`dose`; 1 of saturated pixels where it is not known."""
        saturated = np.where(self.unsaturated < self.ngroups, np.float32(1), np.float32(0))
        if self.dose is None:
            return saturated
        return np.where(np.isfinite(self.dose), self.dose, saturated).astype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)


def saturated_map(
    groupdq: NDArray[np.integer],
    target: Target,
    integration_starts: Sequence[float] | NDArray[np.floating],
    *,
    group_seconds: float,
    ignored: NDArray[np.bool_] | None = None,
    grow: int = 0,
    data: NDArray[np.number] | None = None,
    full_well: NDArray[np.floating] | None = None,
    least_dose: float = np.inf,
) -> SaturationMap:
    """
    List the pixels of an exposure that are saturated in any of its integrations, or collected much charge.

    Parameters
    ----------
    groupdq : ndarray of int, shape (nints, ngroups, ny, nx)
        Flags of groups after the saturation step; SATURATED is tested as a bit. Not modified.
    target : Target
        The exposure.
    integration_starts : sequence of float, length nints
        Start of each integration, MJD UTC.
    group_seconds : float
        Time from one group to the next, s.
    ignored : ndarray of bool, shape (ny, nx), optional
        Pixels whose saturation means no light: hot and dead ones. They do not grow either.
    grow : int
        Add neighbours within so many pixels, where charge of a saturated pixel has spilled.
    data : ndarray, shape (nints, ngroups, ny, nx), optional
        The groups themselves, DN; without them doses are not known. Not modified.
    full_well : ndarray of float, shape (ny, nx), optional
        Level at which pixels saturate, DN.
    least_dose : float
        List also unsaturated pixels that collected so many full wells above the sky.

    Raises
    ------
    MixedExposuresError
        If shapes or times do not belong together.

    Notes
    -----
    A group that is DO_NOT_USE but not saturated counts as unsaturated: the pixel went on collecting light. Of several
    integrations the one with the highest dose counts: pixels are reset in between.
    """
    starts = np.asarray(integration_starts, np.float64)
    if groupdq.ndim != 4 or groupdq.shape[2:] != target.shape or starts.shape != groupdq.shape[:1]:
        raise MixedExposuresError(
            f"{target.root or 'an exposure'} has groups of shape {groupdq.shape} and {starts.size} integrations",
            f"(integrations, groups, {target.shape[0]}, {target.shape[1]}) and a start of each integration",
            "download it again, or leave it out",
        )
    ngroups = groupdq.shape[1]
    fewest = np.full(target.shape, _NEVER, np.uint16)
    reached, released = np.full(target.shape, np.inf), np.full(target.shape, -np.inf)
    known = data is not None and full_well is not None
    dose = np.full(target.shape, np.nan, np.float32)
    for integration, start in enumerate(starts):
        first = _first_saturated(groupdq[integration], ignored, grow)
        hit = first < ngroups
        np.minimum(fewest, first, out=fewest, where=hit)
        seconds = (first[hit].astype(np.float64) + 1) * group_seconds
        reached[hit] = np.minimum(reached[hit], start + seconds / _SECONDS)
        released[hit] = start + ngroups * group_seconds / _SECONDS
        if data is not None and full_well is not None:
            dose = np.fmax(dose, collected_dose(data[integration], first, full_well))
    if ignored is not None:
        dose[ignored] = np.nan
    rows, columns = np.nonzero((fewest < _NEVER) | (dose >= least_dose))
    never = released == -np.inf
    released[never] = starts[-1] + ngroups * group_seconds / _SECONDS
    x, y = target.corner
    return SaturationMap(
        target,
        (rows + y).astype(np.int16),
        (columns + x).astype(np.int16),
        np.minimum(fewest[rows, columns], ngroups).astype(np.uint16),
        reached[rows, columns],
        released[rows, columns],
        ngroups,
        dose[rows, columns] if known else None,
    )


def _first_saturated(
    groups: NDArray[np.integer], ignored: NDArray[np.bool_] | None, grow: int
) -> NDArray[np.uint16]:
    """First saturated group of one integration, `_NEVER` for none."""
    first = np.full(groups.shape[1:], _NEVER, np.uint16)
    for group in range(len(groups) - 1, -1, -1):
        first[has(groups[group], "SATURATED")] = group
    if ignored is not None:
        first[ignored] = _NEVER
    if grow > 0 and (first < _NEVER).any():
        first = ndimage.minimum_filter(first, 2 * grow + 1, mode="nearest")
    return first
