"""Groups of exposures that share one level: tiles, single exposures, or what the user names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.cells import Grid
from miri_widgets.core.sky.pointings import axes_of, pointing_of, pointings
from miri_widgets.errors import MixedExposuresError

__all__ = ["GROUPS", "Sets", "group_exposures", "visit_of"]

GROUPS = ("tile", "exposure")

_VISIT = re.compile(r"jw\d{11}")
_SAME_TILE = 0.4
"""Exposures of one visit closer than this, in units of the shorter side of the array, are dithers of one tile."""


@dataclass(frozen=True, eq=False)
class Sets:
    """
    Exposures in groups.

    Attributes
    ----------
    order : list of int
        Numbers of the exposures among the inputs, in order of time.
    groups : ndarray of int, shape (nexp,)
        Group of each exposure, in that order.
    names : list of str
        Of the groups.
    axes : ndarray of float64, shape (ngroup, 2, 2)
        Which way the axes of the first exposure of each group point, see `axes_of`.
    centre : tuple of float
        (ra, dec) in degrees, amid all exposures.
    pixel : float
        Size of a pixel, degrees.
    """

    order: list[int]
    groups: NDArray[np.int64]
    names: list[str]
    axes: NDArray[np.float64]
    centre: tuple[float, float]
    pixel: float

    def grid(self, box: int) -> Grid:
        """
        Return cells of `box` pixels on the sky.

        Parameters
        ----------
        box : int
            Side of a cell, pixels.
        """
        return Grid(*self.centre, box * self.pixel)


def visit_of(root: str) -> str:
    """
    Return program, observation and visit of an exposure's root, ``jw01040001001``; other names as they are.

    Parameters
    ----------
    root : str
        Root of a file name.
    """
    visit = _VISIT.match(root)
    return visit.group() if visit else root


def group_exposures(exposures: Sequence[ExposureArrays], group: str | Callable[[str], str]) -> Sets:
    """
    Sort exposures into groups.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Of one filter, with sky positions; each is asked for once.
    group : str or callable
        "tile", "exposure", or a function from root to name.

    Returns
    -------
    Sets

    Raises
    ------
    InputError
        If an exposure has no sky positions.
    MixedExposuresError
        If exposures differ in filter or unit.

    Notes
    -----
    Exposures of one visit that point further apart than 0.4 of the field are several tiles.
    """
    seen, kinds, axes = [], set(), {}
    for index, exposure in enumerate(exposures):
        kinds.add(f"{exposure.filter} {exposure.unit}")
        ra, dec, fwhm = pointing_of(exposure)
        pixel, axes[index] = fwhm / exposure.fwhm, axes_of(exposure)
        seen.append((exposure.time_order, exposure.root, index, ra, dec, pixel, pixel * min(exposure.shape)))
    if len(kinds) > 1:
        raise MixedExposuresError(
            "exposures in " + ", ".join(sorted(kinds)),
            "one filter and one unit",
            "match the levels of each filter by itself",
        )
    seen.sort()
    labels = _labels(seen, group)
    names = list(dict.fromkeys(labels))
    groups = np.array([names.index(label) for label in labels], np.int64)
    order = [entry[2] for entry in seen]
    turns = np.array([axes[order[labels.index(name)]] for name in names]).reshape(-1, 2, 2)
    return Sets(order, groups, names, turns, _centre(seen), seen[0][5] if seen else 1.0)


_Seen = tuple[float, str, int, float, float, float, float]


def _labels(seen: list[_Seen], group: str | Callable[[str], str]) -> list[str]:
    if callable(group):
        return [group(root) for _, root, *_ in seen]
    if group == "exposure":
        return [
            f"{root}#{number}" if _repeated(seen, root) else root for number, (_, root, *_) in enumerate(seen)
        ]
    labels = [visit_of(root) for _, root, *_ in seen]
    for visit in dict.fromkeys(labels):
        own = [number for number, label in enumerate(labels) if label == visit]
        ra, dec, field = np.array(
            [(entry[3], entry[4], entry[6]) for entry in (seen[number] for number in own)]
        ).T
        tiles = pointings(ra, dec, _SAME_TILE * field)
        if len(tiles) > 1:
            for tile, members in enumerate(tiles, start=1):
                for member in members:
                    labels[own[member]] = f"{visit} tile {tile}"
    return labels


def _repeated(seen: list[_Seen], root: str) -> bool:
    return sum(entry[1] == root for entry in seen) > 1


def _centre(seen: list[_Seen]) -> tuple[float, float]:
    """Mean direction, of the earliest exposure first so that right ascensions around 0 do not cancel."""
    if not seen:
        return 0.0, 0.0
    ra, dec = np.array([(entry[3], entry[4]) for entry in seen]).T
    turn = (ra - ra[0] + 180) % 360 - 180
    return float((ra[0] + math.fsum(turn) / len(turn)) % 360), math.fsum(dec) / len(dec)
