"""Where the pixels of dithered exposures lie on a common grid of the sky, and which exposures overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.tangent_plane import mean_position, to_plane

__all__ = ["Footprint", "SkyGrid", "bilinear_matrix", "footprint_of", "overlapping_groups", "sky_grid"]

_SPACING = 32
"""Pixels between the nodes of a footprint: a distortion of MIRI is linear between them to a hundredth of a pixel."""

_OVERLAP = 0.75
"""Exposures whose centres are closer than this part of a side share enough sky to tell it from the detector."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """
    Sky positions of one exposure at nodes of its array.

    Attributes
    ----------
    x, y : ndarray of float, shapes (mx,) and (my,)
        Columns and rows of the nodes, pixels.
    ra, dec : ndarray of float, shape (my, mx)
        Degrees; NaN when not known.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    ra: NDArray[np.float64]
    dec: NDArray[np.float64]

    @property
    def known(self) -> bool:
        """Whether the exposure has sky positions."""
        return bool(np.isfinite(self.ra).all() and np.isfinite(self.dec).all())


def footprint_of(planes: ExposureArrays) -> Footprint:
    """Return the footprint of an exposure; positions are NaN where it has no WCS."""
    y, x = (np.linspace(0, length - 1, max(2, math.ceil(length / _SPACING) + 1)) for length in planes.shape)
    if planes.to_sky is None:
        empty = np.full((y.size, x.size), np.nan)
        return Footprint(x, y, empty, empty)
    ra, dec = planes.to_sky(*np.meshgrid(x, y))
    return Footprint(x, y, np.asarray(ra, float), np.asarray(dec, float))


def bilinear_matrix(nodes: NDArray[np.floating], at: NDArray[np.floating]) -> NDArray[np.float32]:
    """
    Return the weights that interpolate linearly between nodes, and go on as a straight line beyond them.

    Parameters
    ----------
    nodes : ndarray of float, shape (m,)
        Ascending; at least one.
    at : ndarray of float, shape (n,)
        Where values are wanted.

    Returns
    -------
    ndarray of float32, shape (n, m)
    """
    weights = np.zeros((len(at), len(nodes)), np.float32)
    if len(nodes) == 1:
        weights[:] = 1
        return weights
    left = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, len(nodes) - 2)
    part = (at - nodes[left]) / (nodes[left + 1] - nodes[left])
    rows = np.arange(len(at))
    weights[rows, left], weights[rows, left + 1] = 1 - part, part
    return weights


@dataclass(frozen=True, eq=False)
class SkyGrid:
    """
    Positions of exposures in the plane of one of them, in its pixels.

    Attributes
    ----------
    members : tuple of int
        The exposures.
    places : dict of int to ndarray, shape (2, my, mx)
        x and y of the nodes of each, pixels of the plane, from 0.
    nodes : (ndarray, ndarray)
        Columns and rows of the nodes on the detector, the same for all.
    extent : (float, float)
        Largest x and y.
    """

    members: tuple[int, ...]
    places: dict[int, NDArray[np.float32]]
    nodes: tuple[NDArray[np.float64], NDArray[np.float64]]
    extent: tuple[float, float]

    def positions(
        self, index: int, side: int, shape: tuple[int, int]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return x and y of the middles of squares of `side` pixels, in cells of that side."""
        columns, rows = ((np.arange(length) + 0.5) * side - 0.5 for length in shape[::-1])
        across, down = bilinear_matrix(self.nodes[0], columns), bilinear_matrix(self.nodes[1], rows)
        x, y = (down @ part @ across.T for part in self.places[index])
        return x / np.float32(side), y / np.float32(side)

    def shape(self, side: int) -> tuple[int, int]:
        """Return (rows, columns) of the grid of cells of `side` pixels."""
        return math.ceil(self.extent[1] / side) + 3, math.ceil(self.extent[0] / side) + 3


def overlapping_groups(footprints: Sequence[Footprint]) -> list[SkyGrid]:
    """
    Group exposures that share sky, directly or through others, and lay a grid for each group.

    Parameters
    ----------
    footprints : sequence of Footprint
        Of all exposures, of one shape. Those without positions are in no group.
    """
    left = [index for index, one in enumerate(footprints) if one.known]
    # by position: groups, grids and sums are the same for any order of the exposures
    left.sort(
        key=lambda index: (*footprints[index].ra.ravel()[[0, -1]], *footprints[index].dec.ravel()[[0, -1]])
    )
    rank = {index: number for number, index in enumerate(left)}
    groups = []
    while left:
        grid = sky_grid(footprints, left)
        side = footprints[left[0]].x[-1], footprints[left[0]].y[-1]
        centres = {index: grid.places[index].reshape(2, -1).mean(axis=1) for index in left}
        joined, queue = [], [left[0]]
        while queue:
            here = queue.pop()
            joined.append(here)
            near = [
                one
                for one in left
                if one not in joined
                and one not in queue
                and (np.abs(centres[one] - centres[here]) < _OVERLAP * np.array(side)).all()
            ]
            queue += near
        groups.append(sky_grid(footprints, sorted(joined, key=rank.__getitem__)))
        left = [one for one in left if one not in joined]
    return groups


def sky_grid(footprints: Sequence[Footprint], members: Sequence[int]) -> SkyGrid:
    """
    Lay a grid over some exposures, in the plane and along the axes of the first of them.

    Parameters
    ----------
    footprints : sequence of Footprint
        Of all exposures.
    members : sequence of int
        Those that are on the grid; at least one.
    """
    first = footprints[members[0]]
    centre = mean_position(first.ra.ravel(), first.dec.ravel())
    x, y = np.meshgrid(first.x, first.y)
    design = np.column_stack([x.ravel(), y.ravel(), np.ones(x.size)])
    plane = np.column_stack([part.ravel() for part in to_plane(first.ra, first.dec, centre)])
    affine = np.linalg.lstsq(design, plane, rcond=None)[0]
    back = np.linalg.inv(affine[:2])
    places = {}
    for index in members:
        one = footprints[index]
        there = np.column_stack([part.ravel() for part in to_plane(one.ra, one.dec, centre)])
        # what lies behind the plane, or very far, is in no group with the first
        there = np.nan_to_num((there - affine[2]) @ back, nan=1e9)
        places[index] = there.T.reshape(2, *one.ra.shape)
    low = np.min([one.reshape(2, -1).min(axis=1) for one in places.values()], axis=0)
    high = np.max([one.reshape(2, -1).max(axis=1) for one in places.values()], axis=0)
    shifted = {index: (one - low[:, None, None]).astype(np.float32) for index, one in places.items()}
    return SkyGrid(tuple(members), shifted, (first.x, first.y), tuple((high - low).tolist()))
