"""One list of the stars of several exposures that point alike: each star once, with all its measurements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from miri_widgets.core.shifts.star_positions import StarPositions
from miri_widgets.core.tangent_plane import from_plane, mean_position, to_plane

__all__ = ["merged_stars"]

_SAME = 0.1
"""Arcsec, a pixel: dithers on one guide star agree to a few hundredths of it, and stars are listed farther apart."""


def merged_stars(stars: Sequence[StarPositions]) -> StarPositions:
    """
    Merge the star lists of exposures of one group.

    Parameters
    ----------
    stars : sequence of StarPositions
        Of exposures that share their pointing error. Not modified.

    Returns
    -------
    StarPositions
        Each star once, at the mean of its positions, the most significant first; pixels are those of one of the exposures.

    Notes
    -----
    Chance pairs repeat with the dithers, for the same stars make them: pairs of several exposures are not independent, and
    what agrees is to be counted by stars.
    """
    filled = [part for part in stars if len(part)]
    if len(filled) < 2:
        return filled[0] if filled else stars[0]
    columns = {
        name: np.concatenate([getattr(part, name) for part in filled])
        for name in ("x", "y", "ra", "dec", "flux", "snr", "sigma")
    }
    known = np.isfinite(columns["ra"]) & np.isfinite(columns["dec"])
    columns = {name: values[known] for name, values in columns.items()}
    if not known.any():
        return filled[0]
    centre = mean_position(columns["ra"], columns["dec"])
    positions = np.column_stack(to_plane(columns["ra"], columns["dec"], centre))
    pairs = cKDTree(positions).query_pairs(_SAME, output_type="ndarray")
    size = len(positions)
    graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    number, label = connected_components(graph, directed=False)
    count = np.bincount(label, minlength=number)
    x, y = (np.bincount(label, positions[:, axis], number) / count for axis in (0, 1))
    ra, dec = (np.asarray(part, float) for part in from_plane(x, y, centre))
    best = np.array([members[np.argmax(columns["snr"][members])] for members in _members(label, number)])
    order = np.argsort(-columns["snr"][best], kind="stable")
    top = best[order]
    return StarPositions(
        filled[0].root,
        columns["x"][top],
        columns["y"][top],
        ra[order],
        dec[order],
        columns["flux"][top],
        columns["snr"][top],
        columns["sigma"][top] / np.sqrt(count[order]),
    )


def _members(label: np.ndarray, number: int) -> list[np.ndarray]:
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, number)))
