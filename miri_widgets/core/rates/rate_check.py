"""
The rate of an exposure from the rates of its integrations, recomputed to check the one that the pipeline gives.

The rates of the pipeline need no repair: integrations that are not usable do not enter the mean. This tells where
a plain look at the integrations would expect another value, and why.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import has
from miri_widgets.errors import MixedExposuresError, ParameterError

__all__ = ["REASONS", "MeanRate", "RateComparison", "compare_rates", "rate_from_integrations"]

REASONS: Mapping[str, tuple[int, str]] = {
    "flagged": (0, "an integration is flagged DO_NOT_USE and left out"),
    "weights": (1, "integrations have different weights, so that a plain mean differs"),
    "saturated": (2, "an integration is saturated, in part or whole"),
    "nan": (3, "an integration has no value"),
    "no_rate": (4, "the rate has no value, although integrations have"),
    "no_integration": (5, "the rate has a value, although no integration has"),
    "other": (6, "nothing in the integrations explains it"),
}
"""Bit and sentence of each reason for which two rates differ."""


@dataclass(frozen=True, eq=False)
class MeanRate:
    """
    The rate of an exposure.

    Attributes
    ----------
    sci, err, var_poisson, var_rnoise : ndarray of float32, shape (ny, nx)
        DN/s and its square; NaN where no integration is usable.
    count : ndarray of int32, shape (ny, nx)
        Integrations that went in.
    reasons : ndarray of uint8, shape (ny, nx)
        Bits of `REASONS` that the integrations of a pixel give; "no_rate" and later ones never.
    """

    sci: NDArray[np.float32]
    err: NDArray[np.float32]
    var_poisson: NDArray[np.float32]
    var_rnoise: NDArray[np.float32]
    count: NDArray[np.int32]
    reasons: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class RateComparison:
    """
    Where a rate and the recomputed one differ, and why.

    Attributes
    ----------
    difference : ndarray of float32, shape (ny, nx)
        Rate minus recomputed, DN/s; NaN where one has no value.
    differs : ndarray of bool, shape (ny, nx)
        True where they differ by more than the tolerance, or only one has a value.
    reasons : ndarray of uint8, shape (ny, nx)
        Bits of `REASONS`; 0 where they agree.
    facts : mapping
        Plain numbers: pixels, ``compared``, ``differ``, the ``largest`` difference in DN/s, ``largest_sigma`` in units
        of the larger error, and the count of each reason.
    sentences : tuple of str
        The same in words.
    """

    difference: NDArray[np.float32]
    differs: NDArray[np.bool_]
    reasons: NDArray[np.uint8]
    facts: Mapping[str, Any] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()


def rate_from_integrations(
    sci: NDArray[np.floating],
    var_poisson: NDArray[np.floating],
    var_rnoise: NDArray[np.floating],
    dq: NDArray[np.integer],
    *,
    weighting: str = "read noise",
) -> MeanRate:
    """
    Average the rates of integrations as the ramp fit does.

    Parameters
    ----------
    sci : ndarray of float, shape (nints, ny, nx)
        Rates, DN/s. Not modified.
    var_poisson, var_rnoise : ndarray of float, shape (nints, ny, nx)
        Their variances. Not modified.
    dq : ndarray of int, shape (nints, ny, nx)
        Flags; an integration with DO_NOT_USE does not count. Not modified.
    weighting : str
        "read noise": weights 1 / var_rnoise, as the fit OLS_C; "total": 1 / (var_poisson + var_rnoise), where
        var_poisson is first scaled to the common rate, as the fit LIKELY; "none": equal weights.

    Returns
    -------
    MeanRate

    Raises
    ------
    MixedExposuresError
        If shapes differ.
    ParameterError
        If there is no such weighting.

    Notes
    -----
    OLS_C (``stcal.ramp_fitting`` 1.20) sums ``slope / var_rnoise`` of all segments over all integrations, and
    divides by the sum of ``1 / var_rnoise``; var_poisson and var_rnoise of the exposure are the inverse of the sums of
    their inverses, each by itself, and err is the root of their sum. Weights by read noise do not depend on the
    signal, and so do not favour integrations that came out low by chance.
    """
    sci, poisson, rnoise = (np.asarray(array, np.float64) for array in (sci, var_poisson, var_rnoise))
    if sci.ndim != 3 or not sci.shape == poisson.shape == rnoise.shape == dq.shape:
        raise MixedExposuresError(
            f"rates of integrations with shapes {sci.shape}, {poisson.shape}, {rnoise.shape}, {dq.shape}",
            "one shape (integrations, rows, columns)",
            "take the rateints file of this exposure",
        )
    usable = np.isfinite(sci) & ~has(dq, "DO_NOT_USE") & np.isfinite(rnoise)
    if weighting != "none":
        # ramp fit writes 0 for a variance that it could not compute
        usable &= rnoise > 0
    weight, poisson = _weights(sci, poisson, rnoise, usable, weighting)
    total = weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(total > 0, (weight * np.where(usable, sci, 0)).sum(axis=0) / total, np.nan)
        if weighting == "read noise":
            known = usable & (poisson > 0)
            inverse = np.where(known, 1 / poisson, 0).sum(axis=0)
            variance_p = np.where(inverse > 0, 1 / inverse, 0)
            variance_r = 1 / total
        else:
            share = weight / total
            variance_p = (share**2 * np.where(usable, poisson, 0)).sum(axis=0)
            variance_r = (share**2 * np.where(usable, rnoise, 0)).sum(axis=0)
    empty = total <= 0
    variance_p, variance_r = np.where(empty, np.nan, variance_p), np.where(empty, np.nan, variance_r)
    return MeanRate(
        mean.astype(np.float32),
        np.sqrt(variance_p + variance_r).astype(np.float32),
        variance_p.astype(np.float32),
        variance_r.astype(np.float32),
        usable.sum(axis=0, dtype=np.int32),
        _reasons(sci, dq, rnoise, usable),
    )


def _weights(
    sci: NDArray, poisson: NDArray, rnoise: NDArray, usable: NDArray[np.bool_], weighting: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return weights, and var_poisson as they see it."""
    if weighting == "none":
        return usable.astype(np.float64), poisson
    if weighting == "read noise":
        return np.where(usable, 1 / np.where(usable, rnoise, 1), 0), poisson
    if weighting != "total":
        raise ParameterError(
            f"the weighting {weighting!r}", "'read noise', 'total' or 'none'", "choose one of them"
        )
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = np.nanmedian(np.where(usable, sci, np.nan), axis=0)
        weight = scaled = np.zeros_like(sci)
        for _ in range(2):  # as stcal.ramp_fitting.likely_fit does
            scale = mean / sci
            scale = np.where(np.isfinite(scale) & (scale > 0), scale, 0)
            scaled = np.where(usable, poisson * scale, 0)
            weight = np.where(usable, 1 / (scaled + rnoise), 0)
            mean = (weight * np.where(usable, sci, 0)).sum(axis=0) / weight.sum(axis=0)
    return weight, scaled


def _reasons(
    sci: NDArray, dq: NDArray[np.integer], rnoise: NDArray, usable: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    noisiest = np.where(usable, rnoise, -np.inf).max(axis=0)
    quietest = np.where(usable, rnoise, np.inf).min(axis=0)
    causes = {
        "flagged": has(dq, "DO_NOT_USE").any(axis=0),
        "weights": (usable.sum(axis=0) > 1) & (noisiest > quietest * 1.0001),
        "saturated": has(dq, "SATURATED").any(axis=0),
        "nan": ~np.isfinite(sci).all(axis=0),
    }
    bits = np.zeros(sci.shape[1:], np.uint8)
    for name, where in causes.items():
        bits[where] |= np.uint8(1 << REASONS[name][0])
    return bits


def compare_rates(
    sci: NDArray[np.floating],
    dq: NDArray[np.integer],
    err: NDArray[np.floating],
    recomputed: MeanRate,
    *,
    tolerance: float = 0.01,
) -> RateComparison:
    """
    Tell where a rate is not the one that its integrations give, and why.

    Parameters
    ----------
    sci : ndarray of float, shape (ny, nx)
        The rate, DN/s. Not modified.
    dq : ndarray of int, shape (ny, nx)
        Its flags; a value under DO_NOT_USE counts as none. Not modified.
    err : ndarray of float, shape (ny, nx)
        Its error, DN/s. Not modified.
    recomputed : MeanRate
        From the integrations, by any weighting: the ramp fit's own to check files, "none" to see what weights do.
    tolerance : float
        Differences of so many errors count.

    Raises
    ------
    MixedExposuresError
        If shapes differ.
    """
    if not sci.shape == dq.shape == err.shape == recomputed.sci.shape:
        raise MixedExposuresError(
            f"a rate of {sci.shape} and integrations of {recomputed.sci.shape}",
            "one shape (rows, columns)",
            "take the rateints file of this exposure",
        )
    value, other = np.isfinite(sci) & ~has(dq, "DO_NOT_USE"), np.isfinite(recomputed.sci)
    both = value & other
    difference = np.where(both, sci.astype(np.float64) - recomputed.sci, np.nan).astype(np.float32)
    # float32 of large rates cannot agree better than this
    limit = np.maximum(tolerance * np.nan_to_num(np.maximum(err, recomputed.err)), 2e-6 * np.abs(sci))
    off = both & (np.abs(difference) > limit)
    reasons = np.where(off, recomputed.reasons, 0).astype(np.uint8)
    reasons[off & (recomputed.reasons == 0)] |= np.uint8(1 << REASONS["other"][0])
    reasons[other & ~value] = 1 << REASONS["no_rate"][0]
    reasons[value & ~other] = 1 << REASONS["no_integration"][0]
    differs = reasons != 0
    counts = {name: int(np.count_nonzero(reasons & np.uint8(1 << bit))) for name, (bit, _) in REASONS.items()}
    sigma = np.maximum(err, recomputed.err)[both & (err > 0)]
    facts = {
        "pixels": int(sci.size),
        "compared": int(both.sum()),
        "differ": int(differs.sum()),
        "largest": float(np.nanmax(np.abs(difference[both]), initial=0.0)),
        "largest_sigma": float(np.nanmax(np.abs(difference[both & (err > 0)]) / sigma, initial=0.0)),
        **counts,
    }
    return RateComparison(difference, differs, reasons, facts, _sentences(facts))


def _sentences(facts: Mapping[str, Any]) -> tuple[str, ...]:
    if not facts["differ"]:
        return (f"The rate is what its integrations give, in all {facts['compared']} pixels that have both.",)
    lines = [
        f"{facts['differ']} of {facts['pixels']} pixels differ from what the integrations give, by at most "
        f"{facts['largest']:.4g} DN/s."
    ]
    lines += [f"{facts[name]} pixels: {text}." for name, (_, text) in REASONS.items() if facts[name]]
    return tuple(lines)
