"""Integrations of an exposure and the rate that is made of them: cleaned together, so that they stay consistent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.stripes.stripes import find_stripes, stripe_power
from miri_widgets.errors import MixedExposuresError

__all__ = ["CleanedIntegrations", "clean_rateints"]


@dataclass(frozen=True, eq=False)
class CleanedIntegrations:
    """
    Integrations without stripes, and their rate.

    Attributes
    ----------
    sci, err, variance : ndarray of float32, shape (nints, ny, nx)
        Rates of the integrations, their standard deviation, and the variance that they gained.
    rate : ExposureArrays
        The exposure's rate.
    offset : ndarray of float32, shape (nints, ny, nx)
        What was subtracted.
    """

    sci: NDArray[np.float32]
    err: NDArray[np.float32]
    variance: NDArray[np.float32]
    rate: ExposureArrays
    offset: NDArray[np.float32]


def clean_rateints(
    rate: ExposureArrays,
    sci: NDArray[np.floating],
    err: NDArray[np.floating],
    dq: NDArray[np.integer],
    *,
    bad: NDArray[np.bool_] | None = None,
    **settings: Any,
) -> CleanedIntegrations:
    """
    Clean each integration by itself, and correct the rate by the weighted mean of what was subtracted.

    Parameters
    ----------
    rate : ExposureArrays
        The rate exposure that belongs to the integrations. Not modified.
    sci, err : ndarray of float, shape (nints, ny, nx)
        Rates of the integrations, in the unit of `rate`, and their standard deviation. Not modified.
    dq : ndarray of int, shape (nints, ny, nx)
        Their flags. Not modified.
    bad : ndarray of bool, shape (ny, nx), optional
        Pixels known to be unusable from elsewhere; the coronagraphs are flagged by the flat only, in cal exposures.
    **settings
        Parameters of `miri_widgets.core.stripes.stripes.find_stripes`.

    Returns
    -------
    CleanedIntegrations

    Raises
    ------
    MixedExposuresError
        If integrations and rate differ in shape.
    ParameterError
        If a setting is out of bounds.

    Notes
    -----
    ``ramp_fit`` makes the rate as the mean of the integrations weighted by inverse variance, without those that a
    pixel cannot use. The correction has the same weights: the rate of cleaned integrations is the cleaned rate, and
    stays a mean (a median would lose a fifth of the precision, and differ from the rate of the pipeline).
    """
    if sci.ndim != 3 or not sci.shape == err.shape == dq.shape or sci.shape[1:] != rate.shape:
        raise MixedExposuresError(
            f"integrations of shape {sci.shape}, {err.shape} and {dq.shape} for a rate of {rate.shape}",
            "sci, err and dq of the same exposure",
            "choose the rateints file that belongs to this rate file",
        )
    offset, variance = np.zeros(sci.shape, np.float32), np.zeros(sci.shape, np.float32)
    unusable = np.zeros(rate.shape, np.uint32) if bad is None else bad.astype(np.uint32)
    weight = np.zeros(sci.shape, np.float32)
    for index in range(len(sci)):
        exposure = rate.replace(
            sci=np.asarray(sci[index], np.float32),
            err=np.asarray(err[index], np.float32),
            dq=dq[index].astype(np.uint32) | unusable,
        )
        stripes = find_stripes(exposure, **settings)
        offset[index], variance[index] = stripes.offset, stripes.variance
        usable = exposure.replace(dq=dq[index].astype(np.uint32)).good & (exposure.err > 0)
        weight[index] = np.where(usable, 1.0 / np.where(usable, exposure.err, 1.0) ** 2, 0.0)
    total = weight.sum(axis=0, dtype=np.float64)
    share = weight / np.where(total > 0, total, 1.0)
    mean = np.sum(share * offset, axis=0).astype(np.float32)
    extra = np.sum(share**2 * variance, axis=0).astype(np.float32)
    rnoise = rate.var_rnoise
    cleaned = rate.replace(
        sci=rate.sci - mean,
        err=np.sqrt(rate.err**2 + extra),
        var_rnoise=None if rnoise is None else rnoise + extra,
        facts={**rate.facts, "stripes": _strengths(rate, rate.sci - mean, len(sci))},
        notes=(*rate.notes, f"stripes of {len(sci)} integrations subtracted, weighted by inverse variance"),
    )
    return CleanedIntegrations(
        np.asarray(sci - offset, np.float32),
        np.sqrt(np.asarray(err, np.float32) ** 2 + variance),
        variance,
        cleaned,
        offset,
    )


def _strengths(rate: ExposureArrays, cleaned: NDArray[np.float32], integrations: int) -> dict[str, Any]:
    powers = {"before": stripe_power(rate), "after": stripe_power(rate.replace(sci=cleaned))}
    strengths = {f"{name}_{when}": value for when, power in powers.items() for name, value in power.items()}
    return {**strengths, "integrations": integrations}
