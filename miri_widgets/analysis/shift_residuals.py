"""Residuals of measured shifts as values: of exposures, of overlaps, of stars, and histograms of offsets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ExposureResidual",
    "HistogramPicture",
    "OverlapResidual",
    "StarMatch",
    "star_matches",
    "stored_histograms",
]


@dataclass(frozen=True)
class ExposureResidual:
    """
    The shift of one exposure beside that of its group.

    Attributes
    ----------
    root, group, guide_star : str
        The exposure, its group and guide star.
    mjd : float
        Start, MJD UTC; NaN when not known.
    before : (float, float)
        Its own shift, arcsec along RA cos(Dec) and Dec: what is wrong before shifts are applied.
    after : (float, float)
        The same less the shift of its group: what is wrong afterwards.
    usable : bool
        Whether it was a measurement; else a fall-back or a failed fit.
    note : str
        What it is when it is no measurement.
    """

    root: str
    group: str
    guide_star: str
    mjd: float
    before: tuple[float, float]
    after: tuple[float, float]
    usable: bool
    note: str = ""


@dataclass(frozen=True)
class OverlapResidual:
    """What two overlapping exposures of different groups disagree by, arcsec, before and after."""

    root_a: str
    root_b: str
    matches: int
    before: tuple[float, float]
    after: tuple[float, float]


@dataclass(frozen=True, eq=False)
class HistogramPicture:
    """
    Pairs of stars by offset.

    Attributes
    ----------
    group, of : str
        Group, and what was compared with what.
    dx, dy : float
        The peak, arcsec.
    significance : float
        Of the peak.
    counts : ndarray of float, shape (n, n)
        First axis dy, second axis dx.
    edges : ndarray of float, shape (n + 1,)
        Edges of the bins, arcsec.
    """

    group: str
    of: str
    dx: float
    dy: float
    significance: float
    counts: NDArray[np.float64]
    edges: NDArray[np.float64]


@dataclass(frozen=True)
class StarMatch:
    """
    A star that is in two lists.

    Attributes
    ----------
    root, other : str
        Its exposure; the other exposure, empty for the catalogue.
    x, y : float
        In `root`, 0-based pixels.
    ra, dec : float
        Degrees.
    before, after : (float, float)
        Residual, arcsec along RA cos(Dec) and Dec: what would have to be added.
    """

    root: str
    other: str
    x: float
    y: float
    ra: float
    dec: float
    before: tuple[float, float]
    after: tuple[float, float]


def stored_histograms(report: Mapping[str, Any]) -> tuple[HistogramPicture, ...]:
    """
    Return the histograms of a step's report; those that are not whole are left out.

    Parameters
    ----------
    report : mapping
        Report of the step, from its record.
    """
    histograms = []
    for group, values in dict(report.get("histograms") or {}).items():
        try:
            counts, edges = np.asarray(values["counts"], float), np.asarray(values["edges"], float)
            dx, dy, significance = (_number(values.get(name)) for name in ("dx", "dy", "significance"))
            of = " to ".join(str(part) for part in values.get("of", ()))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
        if counts.ndim == 2 and counts.size and counts.shape == (len(edges) - 1,) * 2:
            histograms.append(HistogramPicture(str(group), of, dx, dy, significance, counts, edges))
    return tuple(histograms)


def star_matches(report: Mapping[str, Any]) -> tuple[StarMatch, ...]:
    """
    Return the matched stars of a step's report; none when they are not whole.

    Parameters
    ----------
    report : mapping
        Report of the step, from its record.
    """
    columns = report.get("matches") or {}
    try:
        names = ("root", "other", "x", "y", "ra", "dec", "dx_before", "dy_before", "dx", "dy")
        rows = list(zip(*(columns[name] for name in names), strict=True))
        return tuple(
            StarMatch(str(root), str(other), x, y, ra, dec, (dx_before, dy_before), (dx, dy))
            for root, other, x, y, ra, dec, dx_before, dy_before, dx, dy in rows
        )
    except (KeyError, TypeError, ValueError):
        return ()


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
