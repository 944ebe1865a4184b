"""
Robust least squares for a handful of two-dimensional offsets, and the plain average beside it.

References
----------
- Holland & Welsch 1977, Communications in Statistics A6, 813: iteratively reweighted least squares.
- Beaton & Tukey 1974, Technometrics 16, 147: the biweight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import ParameterError

__all__ = ["SCATTER_FLOOR", "Fit", "Location", "plain_average", "robust_fit", "robust_location"]

SCATTER_FLOOR = 0.001
"""Arcsec; one exposure is not measured better than this, whatever few values that agree by chance say."""

_TUKEY = 5.0
"""Weights are zero beyond so many standard deviations; 95 % efficient for normal errors in two dimensions."""
_RAYLEIGH = {1: 0.6745, 2: 1.1774}
"""Median length of a normal vector of unit variance per axis, by dimension."""
_PRIOR = 4.0
"""Degrees of freedom that the stated errors count for beside the observed scatter."""
_USED = 0.1
"""A row of less weight than this counts as left out."""
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Fit:
    """
    Result of `robust_fit`.

    Attributes
    ----------
    values : ndarray, shape (p, d)
        The unknowns.
    weights : ndarray, shape (n,)
        0 (rejected) to 1 (fully used), by row.
    covariance : ndarray, shape (p, p)
        Of the unknowns, for an axis of unit scatter.
    scatter : ndarray, shape (d, d)
        Covariance of the normalised residuals; the covariance of unknown k is ``covariance[k, k] * scatter``.
    residuals : ndarray, shape (n, d)
        Observed minus fitted.
    scale : ndarray, shape (n,)
        By what factor the stated standard deviations were multiplied.
    """

    values: NDArray[np.floating]
    weights: NDArray[np.floating]
    covariance: NDArray[np.floating]
    scatter: NDArray[np.floating]
    residuals: NDArray[np.floating]
    scale: NDArray[np.floating]

    @property
    def used(self) -> NDArray[np.bool_]:
        """Which rows count; shape (n,)."""
        return self.weights > _USED


@dataclass(frozen=True, eq=False)
class Location:
    """
    Robust location of several offsets.

    Attributes
    ----------
    dx, dy : float
        Arcsec along RA cos(Dec) and Dec.
    dx_err, dy_err, corr : float
        Standard errors, arcsec, and their correlation; infinite for one exposure without a stated error.
    scatter : float
        Standard deviation of one exposure per axis, arcsec.
    weights : ndarray, shape (n,)
        0 (rejected) to 1, by exposure.
    """

    dx: float
    dy: float
    dx_err: float
    dy_err: float
    corr: float
    scatter: float
    weights: NDArray[np.floating]

    @property
    def used(self) -> int:
        """How many exposures count."""
        return int(np.sum(self.weights > _USED))


def robust_fit(
    design: NDArray[np.floating],
    values: NDArray[np.floating],
    sigma: NDArray[np.floating],
    kinds: NDArray[np.integer] | None = None,
    *,
    smallest_scale: float = 1.0,
) -> Fit:
    """
    Solve ``design @ unknowns = values`` by least squares that outliers do not move.

    Parameters
    ----------
    design : ndarray, shape (n, p)
        Of full column rank.
    values : ndarray, shape (n, d)
        d is 1 or 2; a row is rejected or kept as a whole.
    sigma : ndarray, shape (n,)
        Standard deviation of each row per axis, above 0.
    kinds : ndarray of int, shape (n,), optional
        Rows of one kind share the factor by which their stated errors are too small.
    smallest_scale : float
        That factor is not below this; 1 believes stated errors unless residuals are larger.

    Returns
    -------
    Fit
        Deterministic and independent of the order of rows, to rounding.

    Notes
    -----
    Least absolute lengths first, which is convex and has no starting point to depend on; from there the scale
    of each kind by the median length of the residuals, the p smallest left out because the fit passes
    through as many rows; then Tukey's biweight. Rejected rows keep a weight of 1e-9, so that a part of the
    unknowns that only rejected rows determine is still defined.
    """
    design = np.asarray(design, dtype=float)
    values = np.asarray(values, dtype=float)
    sigma = np.asarray(sigma, dtype=float)
    n, p = design.shape
    kinds = np.zeros(n, dtype=int) if kinds is None else np.asarray(kinds)
    unknowns = _absolute_fit(design, values, sigma)
    lengths = _lengths(values - design @ unknowns) / sigma
    scale = _scales(lengths, kinds, p, values.shape[1], smallest_scale)
    weights: NDArray[np.floating] = np.ones(n)
    for _ in range(100):
        weights = _biweight(_lengths(values - design @ unknowns) / (scale * sigma))
        fitted = _weighted(design, values, weights / (scale * sigma) ** 2)
        moved = np.max(np.abs(fitted - unknowns), initial=0.0)
        unknowns = fitted
        if moved < 1e-12:
            break
    residuals = values - design @ unknowns
    normal = design.T @ (design * (weights / (scale * sigma) ** 2)[:, None])
    reduced = residuals / (scale * sigma)[:, None]
    free = max(float(np.sum(weights)) - p, 0.0)
    scatter = _PRIOR * np.eye(values.shape[1]) + reduced.T @ (reduced * weights[:, None])
    return Fit(
        unknowns,
        np.where(weights <= _TINY, 0.0, weights),
        np.linalg.pinv(normal, hermitian=True),
        scatter / (_PRIOR + free),
        residuals,
        scale,
    )


def robust_location(
    dx: NDArray[np.floating], dy: NDArray[np.floating], sigma: NDArray[np.floating] | None = None
) -> Location:
    """
    Return where most of several offsets lie, with its error.

    Parameters
    ----------
    dx, dy : ndarray, shape (n,)
        Arcsec, finite; n is at least 1.
    sigma : ndarray, shape (n,), optional
        Standard deviation of each, arcsec per axis. Without it the scatter is taken from the offsets.

    Returns
    -------
    Location
        From two offsets their mean, for nothing tells which is wrong.

    Raises
    ------
    ParameterError
        If there is no offset, or one that is not finite.
    """
    values = np.column_stack([np.asarray(dx, dtype=float), np.asarray(dy, dtype=float)])
    n = len(values)
    if n == 0 or not np.all(np.isfinite(values)):
        raise ParameterError(
            f"{n} offsets, {int(np.sum(~np.isfinite(values).all(axis=1)))} of them not finite",
            "one or more finite offsets",
            "leave out what was not measured",
        )
    stated = sigma is not None
    errors = np.asarray(sigma, dtype=float) if sigma is not None else np.full(n, SCATTER_FLOOR)
    fit = robust_fit(np.ones((n, 1)), values, errors)
    covariance = fit.covariance[0, 0] * fit.scatter
    err = np.sqrt(np.diag(covariance))
    if n == 1 and not stated:
        err = np.array([math.inf, math.inf])
    return Location(
        float(fit.values[0, 0]),
        float(fit.values[0, 1]),
        float(err[0]),
        float(err[1]),
        float(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])),
        float(np.median(fit.scale * errors)),
        fit.weights,
    )


def plain_average(dx: NDArray[np.floating], dy: NDArray[np.floating]) -> tuple[float, float]:
    """
    Return the average of offsets as the MIRI example notebooks take it, for comparison.

    Parameters
    ----------
    dx, dy : ndarray, shape (n,)
        Arcsec.

    Returns
    -------
    (float, float)
        Arcsec.

    Notes
    -----
    ``np.average(sigma_clip(values))`` of each axis by itself: clipped beyond 3 standard deviations from the
    median. One wrong value of n lies n / sqrt(n - 1) standard deviations from it, whatever its size, so that
    of fewer than 8 values nothing is ever clipped: one of four that is wrong by 1.5 arcsec moves the average
    by 0.375 arcsec.

    References
    ----------
    STScI-MIRI/Imaging_ExampleNB, shift analysis (Gordon 2022).
    """
    from astropy.stats import sigma_clip

    axes = (np.asarray(dx, dtype=float), np.asarray(dy, dtype=float))
    x, y = (float(np.average(sigma_clip(axis))) for axis in axes)
    return x, y


def _absolute_fit(
    design: NDArray[np.floating], values: NDArray[np.floating], sigma: NDArray[np.floating]
) -> NDArray[np.floating]:
    """The unknowns that make the sum of the lengths of the normalised residuals smallest."""
    unknowns = _weighted(design, values, 1 / sigma**2)
    for _ in range(200):
        lengths = _lengths(values - design @ unknowns) / sigma
        fitted = _weighted(design, values, 1 / (sigma**2 * np.maximum(lengths, 1e-3)))
        moved = np.max(np.abs(fitted - unknowns), initial=0.0)
        unknowns = fitted
        if moved < 1e-7:
            break
    return unknowns


def _weighted(
    design: NDArray[np.floating], values: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    root = np.sqrt(weights)[:, None]
    return np.linalg.lstsq(design * root, values * root, rcond=None)[0]


def _scales(
    lengths: NDArray[np.floating], kinds: NDArray[np.integer], p: int, dimension: int, smallest: float
) -> NDArray[np.floating]:
    """
    Factor on the stated errors of each row, common to its kind.

    The lower median, so that one of three may fail; n / (n - p) makes up for how few they are.
    """
    scale = np.full(len(lengths), smallest)
    for kind in np.unique(kinds):
        rows = kinds == kind
        taken = math.ceil(p * np.mean(rows))
        count = int(rows.sum())
        left = np.sort(lengths[rows])[min(taken, count - 1) :]
        few = count / (count - taken) if count > taken else 1.0
        scale[rows] = max(few * left[(len(left) - 1) // 2] / _RAYLEIGH[dimension], smallest)
    return scale


def _biweight(lengths: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.maximum(np.where(lengths < _TUKEY, (1 - (lengths / _TUKEY) ** 2) ** 2, 0.0), _TINY)


def _lengths(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.sqrt(np.sum(vectors**2, axis=1))
