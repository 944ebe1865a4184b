"""Arms: straight strips from a bright source to the edge of the field, and how their level runs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.levels.exposure_level import robust_sigma
from miri_widgets.core.stripes.profiles import location

__all__ = ["PullStrip", "PullStripFit", "fit_strip"]

_LENGTHS = (np.inf, 1200.0, 800.0, 560.0, 400.0, 290.0, 210.0, 150.0, 110.0, 80.0, 60.0)
_FALLS = 12.0  # by how much chi-squared must fall for an arm that falls along its length
_FEWEST = 20  # pixels along an arm
_PIECE = 64  # pixels
_CENTRE = 6  # pixels from the source, across, where a strip must begin


@dataclass(frozen=True)
class PullStrip:
    """
    One strip of an exposure.

    Attributes
    ----------
    side : str
        "top", "bottom", "left" or "right".
    strip : tuple of slice
        (rows, columns) of all of it, flanks included, from the source on.
    centre : float
        Position of the source across the strip, from its first pixel.
    width : int
        Widest that the level may be shifted, pixels.
    offset : int
        Distance from the source at which measuring begins.
    """

    side: str
    strip: tuple[slice, slice]
    centre: float
    width: int
    offset: int

    @classmethod
    def of(
        cls, side: str, x: float, y: float, *, rows: tuple[int, int], columns: tuple[int, int], width: int, flank: int,
        offset: int,
    ) -> PullStrip:  # fmt: skip
        """
        Lay the arm of a source at (x, y); it ends where the field ends: rows and columns (first, end).

        Parameters
        ----------
        side : str
            Which way the strip runs from the source.
        x : float
            Column of the source, 0-based pixels.
        y : float
            Row of the source, 0-based pixels.
        rows : tuple of int
            First and end row of the field.
        columns : tuple of int
            First and end column of the field.
        width : int
            Width of the strip without its flanks, pixels.
        flank : int
            Width of each flank, pixels.
        offset : int
            Distance from the source at which the strip begins, pixels.
        """
        upright = side in ("top", "bottom")
        along, across = (rows, columns) if upright else (columns, rows)
        here, middle = (y, x) if upright else (x, y)
        start = int(np.clip(round(here), along[0], along[1]))
        run = slice(start, along[1]) if side in ("top", "right") else slice(along[0], start)
        reach = width // 2 + flank
        low, high = max(round(middle) - reach, across[0]), min(round(middle) + reach + 1, across[1])
        strip = (run, slice(low, high)) if upright else (slice(low, high), run)
        return cls(side, strip, middle - low, width, offset)

    def turned(self, image: NDArray[Any]) -> NDArray[Any]:
        """
        Return a view of the strip: first axis across, second along, away from the source.

        Parameters
        ----------
        image : ndarray
            An image of the exposure's shape.
        """
        part = image[self.strip]
        part = part.T if self.side in ("top", "bottom") else part
        return part if self.side in ("top", "right") else part[:, ::-1]

    def core(self, image: NDArray[Any]) -> NDArray[Any]:
        """
        Return a view of the strip without its flanks, turned.

        Parameters
        ----------
        image : ndarray
            An image of the exposure's shape.
        """
        low = max(round(self.centre - self.width / 2), 0)
        return self.turned(image)[low : round(self.centre + self.width / 2) + 1]

    def flatten(self, flat: NDArray[np.float32]) -> None:
        """
        Take the level off each line of the strip without its flanks, in pieces of 64 pixels along it.

        Parameters
        ----------
        flat : ndarray
            Exposure minus a smooth surface, NaN where a pixel does not count; changed in place.
        """
        part = self.core(flat)
        for low in range(0, part.shape[1], _PIECE):
            piece = part[:, low : low + _PIECE]
            piece -= np.nan_to_num(location(np.ascontiguousarray(piece))[0])[:, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class PullStripFit:
    """
    The level of an arm: ``across`` times exp(-distance / length).

    Attributes
    ----------
    across, err : ndarray of float64, shape (n,)
        Level of each line at the source and its standard deviation; 0 where the strip is not shifted.
    length : float
        Pixels; infinite for a constant arm.
    """

    across: NDArray[np.float64]
    err: NDArray[np.float64]
    length: float

    def add_to(self, image: NDArray[np.float32], strip: PullStrip, sign: float = 1.0) -> None:
        """
        Add the level to an image.

        Parameters
        ----------
        image : ndarray
            Changed in place.
        strip : PullStrip
            Where the fit was made.
        sign : float
            Factor of the level: 1 or -1.
        """
        part = strip.turned(image)
        part += np.float32(sign) * np.outer(self.across, self._fall(part.shape[1])).astype(np.float32)

    def add_variance_to(self, image: NDArray[np.float32], strip: PullStrip) -> None:
        """
        Add the variance of the level to an image.

        Parameters
        ----------
        image : ndarray
            Changed in place.
        strip : PullStrip
            Where the fit was made.
        """
        part = strip.turned(image)
        part += np.outer(self.err**2, self._fall(part.shape[1]) ** 2).astype(np.float32)

    def facts(self) -> dict[str, Any]:
        """Return level, width and length for the record; a length of None is a constant arm."""
        shifted = self.across[self.across != 0]
        return {
            "level": float(shifted[np.argmax(np.abs(shifted))]),
            "width": int(shifted.size),
            "length": None if np.isinf(self.length) else self.length,
        }

    def _fall(self, length: int) -> NDArray[np.float64]:
        return np.exp(-np.arange(length) / self.length)


def fit_strip(
    flat: NDArray[np.float32], others: NDArray[np.float32], strip: PullStrip, significance: float
) -> PullStripFit | None:
    """
    Fit the level of one strip, if there is one.

    Parameters
    ----------
    flat : ndarray of float32, shape (ny, nx)
        Exposure without sky and sources; NaN where a pixel does not count. Not modified.
    others : ndarray of float32, shape (ny, nx)
        Levels of other arms. Not modified.
    strip : Arm
        Where.
    significance : float
        Standard deviations by which a line must stand out.

    Notes
    -----
    Each line of the strip has one level, from all its pixels with outliers held off; a straight line through the
    flanks is taken off. Lines that stand out and touch the source are shifted. How they fall with distance is the
    exponential of least squares, constant unless that is clearly worse; then lines are measured again, each pixel
    with the weight that the fall gives it.
    """
    values = (strip.turned(flat) - strip.turned(others)).astype(np.float64)[:, strip.offset :]
    if values.shape[1] < _FEWEST or values.shape[0] < 8:
        return None
    sigma = robust_sigma(values[np.isfinite(values)])
    if not sigma > 0:
        return None
    levels, count = location(values)
    measured = count >= _FEWEST
    err = np.where(measured, sigma * 1.02 / np.sqrt(np.maximum(count, 1)), np.inf)
    levels, shifted = _shifted(levels, err, strip, significance)
    if not shifted.any():
        return None
    distance = np.arange(values.shape[1]) + strip.offset
    values -= _baseline(location(values)[0], measured & ~_core(levels.size, strip))[:, None]
    length = _length(values[shifted], levels[shifted], distance, sigma)
    fall = np.exp(-distance / length)
    if not _holds(values[shifted], levels[shifted], fall, significance):
        return None
    clipped = np.clip(
        values,
        levels[:, None] * fall / fall.mean() - 3 * sigma,
        levels[:, None] * fall / fall.mean() + 3 * sigma,
    )
    known = np.isfinite(values)
    weight = np.maximum((known * fall**2).sum(axis=1), 1e-12)
    across = np.nansum(np.where(known, clipped, 0.0) * fall, axis=1) / weight
    return PullStripFit(
        np.where(shifted, across, 0.0), np.where(shifted, 1.02 * sigma / np.sqrt(weight), 0.0), length
    )


def _core(n: int, strip: PullStrip) -> NDArray[np.bool_]:
    return np.abs(np.arange(n) - strip.centre) <= strip.width / 2 + 1


def _baseline(levels: NDArray[np.float64], use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Straight line through the flanks."""
    position = np.arange(levels.size, dtype=float)
    use = use & np.isfinite(levels)
    if np.count_nonzero(use) < 4:
        return np.zeros(levels.size)
    for _ in range(3):
        line = np.polynomial.Polynomial.fit(position[use], levels[use], 1)(position)
        off = np.abs(levels - line)
        keep = use & (off <= 3 * 1.4826 * np.median(off[use]) + 1e-30)
        if np.count_nonzero(keep) < 4:
            break
        use = keep
    return line


def _shifted(
    levels: NDArray[np.float64], err: NDArray[np.float64], strip: PullStrip, significance: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Levels above the flanks, and which lines stand out together with the ones at the source."""
    measured, core = np.isfinite(err), _core(levels.size, strip)
    levels = np.where(measured, levels - _baseline(levels, measured & ~core), 0.0)
    flank = measured & ~core
    # emission makes the flanks uneven: lines must stand out of that too
    uneven = 1.4826 * float(np.median(np.abs(levels[flank]))) if flank.any() else 0.0
    outstanding = core & measured & (np.abs(levels) > significance * np.maximum(err, uneven))
    near = np.abs(np.arange(levels.size) - strip.centre) <= _CENTRE
    if np.count_nonzero(outstanding & near) < 2:
        return levels, np.zeros(levels.size, bool)
    sign = np.sign(np.median(levels[outstanding & near]))
    same = outstanding & (levels * sign > 0)
    shifted = np.zeros(levels.size, bool)
    start = int(np.argmax(np.where(near & same, np.abs(levels), -1.0)))
    for step in (1, -1):
        gap, position = 0, start
        while 0 <= position < levels.size and gap < 3:
            shifted[position] |= same[position]
            gap = 0 if same[position] else gap + 1
            position += step
    return levels, shifted


def _holds(
    values: NDArray[np.float64], levels: NDArray[np.float64], fall: NDArray[np.float64], significance: float
) -> bool:
    """Tell whether the pieces of an arm agree with one level: emission under it changes along the way."""
    edges = np.linspace(0, fall.size, max(3, fall.size // 50) + 1).astype(int)
    pieces, expected = [], []
    shape = levels / np.sum(levels**2)
    for low, high in pairwise(edges):
        line, count = location(np.ascontiguousarray(values[:, low:high]))
        if (count > 0).all():
            pieces.append(float(line @ shape))
            expected.append(float(fall[low:high].mean()))
    if len(pieces) < 3:
        return True
    measured, model = np.array(pieces), np.array(expected)
    level = float(np.sum(measured * model) / np.sum(model**2))
    scatter = float(np.sqrt(np.sum((measured - level * model) ** 2) / (len(pieces) - 1) / np.sum(model**2)))
    return level > significance * scatter


def _length(
    values: NDArray[np.float64], levels: NDArray[np.float64], distance: NDArray[np.integer], sigma: float
) -> float:
    """Length of the exponential of least squares, infinite unless a finite one is clearly better."""
    share = levels / np.sqrt(np.sum(levels**2))
    known = np.isfinite(values)
    clipped = np.where(known, np.clip(values, levels[:, None] - 4 * sigma, levels[:, None] + 4 * sigma), 0.0)
    weight = (known * share[:, None] ** 2).sum(axis=0)
    run = (clipped * share[:, None]).sum(axis=0)
    best, least = np.inf, np.inf
    for length in _LENGTHS:
        fall = np.exp(-distance / length)
        amplitude = np.sum(run * fall) / max(np.sum(weight * fall**2), 1e-30)
        misfit = -(amplitude**2) * np.sum(weight * fall**2) / sigma**2 + (0.0 if np.isinf(length) else _FALLS)
        if misfit < least:
            best, least = length, misfit
    return float(best)
