"""What an unknown roll does to shifts: stars away from the reference point of an exposure take the roll for a shift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.shifts.measurements import Measurement, Overlap
from miri_widgets.core.shifts.robust_location import Fit

__all__ = ["UNKNOWN_ROLL", "roll_covariances", "roll_sigmas"]

UNKNOWN_ROLL = 0.01
"""Degrees; standard deviation of a roll that nothing measures, in a run that measures none: three times the 0.003 degrees
that alignment to Gaia finds in public programs, since nothing checks it."""
_LEAST_ROLL = 0.003


def roll_sigmas(
    names: Sequence[str],
    turns: Mapping[str, tuple[float, float]],
    measured: Mapping[str, tuple[float, float]],
    overlaps: Sequence[Overlap] = (),
) -> dict[str, float]:
    """
    Return the standard deviation of the roll that is left of each group, degrees.

    Parameters
    ----------
    names : sequence of str
        All groups.
    turns : mapping of str to (float, float)
        Rotation of the groups that are turned too, and its error, degrees.
    measured : mapping of str to (float, float)
        The same of all groups whose rotation is measured, turned or not.
    overlaps : sequence of Overlap
        Between groups, with the relative rolls that their stars show.

    Notes
    -----
    A group without a measured roll is wrong by as much as the rolls of the same run that are known, from groups or from
    overlaps; `UNKNOWN_ROLL` counts as one of them.
    """
    squares = [turn**2 for turn, _ in measured.values() if math.isfinite(turn)]
    shown = [
        (max(overlap.turn**2 - overlap.turn_err**2, 0.0) / 2, overlap.turn_err**-4)
        for overlap in overlaps
        if math.isfinite(overlap.turn) and 0 < overlap.turn_err < UNKNOWN_ROLL
    ]
    if shown:
        value, weight = np.array(shown).T
        squares.append(float((value * weight).sum() / weight.sum()))
    unknown = max(math.sqrt((UNKNOWN_ROLL**2 + sum(squares)) / (1 + len(squares))), _LEAST_ROLL)
    return {
        name: turns[name][1] if name in turns and math.isfinite(turns[name][1]) else unknown for name in names
    }


def roll_covariances(
    fit: Fit,
    design: NDArray[np.float64],
    sigma: NDArray[np.float64],
    lines: Sequence[Measurement | Overlap],
    owners: Mapping[str, str],
    rolls: Mapping[str, float],
    turned: frozenset[str],
) -> NDArray[np.float64]:
    """
    Return what the rolls add to the covariance of each unknown, arcsec squared.

    Parameters
    ----------
    fit : Fit
        The solution.
    design : ndarray, shape (n, p)
        Its equations.
    sigma : ndarray, shape (n,)
        Their stated errors, arcsec.
    lines : sequence of Measurement or Overlap
        What each equation is.
    owners : mapping of str to str
        Group by exposure.
    rolls : mapping of str to float
        Standard deviation of the roll that is left, degrees.
    turned : frozenset of str
        Groups whose own measurements were fitted with a rotation: these have its error already.

    Returns
    -------
    ndarray, shape (p, 2, 2)

    Notes
    -----
    A roll that is wrong by t moves stars at (x, y) from the reference point of an exposure by t (y, -x). All lines of a
    group share its roll, so that more of them do not average it away: the solution is linear in the lines, and each roll
    moves it as a whole.
    """
    weight = fit.weights / (sigma * fit.scale) ** 2
    gain = np.linalg.pinv(design.T @ (weight[:, None] * design)) @ (design.T * weight)
    total = np.zeros((design.shape[1], 2, 2))
    for group, roll in rolls.items():
        moved = np.zeros((len(lines), 2))
        for row, line in enumerate(lines):
            for root, lever, sign in _ends(line):
                if owners[root] != group or not all(map(math.isfinite, lever)):
                    continue
                if isinstance(line, Measurement) and group in turned:
                    continue
                moved[row] += sign * np.array([lever[1], -lever[0]])
        swing = gain @ moved * math.radians(roll)
        total += swing[:, :, None] * swing[:, None, :]
    return total


def _ends(line: Measurement | Overlap) -> list[tuple[str, tuple[float, float], float]]:
    """Exposures of a line, where its stars lie from their reference points, arcsec, and the sign of their shift."""
    if isinstance(line, Measurement):
        return [(line.root, line.lever, 1.0)]
    return [(line.root_a, line.lever_a, 1.0), (line.root_b, line.lever_b, -1.0)]
