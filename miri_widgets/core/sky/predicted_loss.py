"""What a sky made of the dithers themselves takes from extended light, predicted from where they point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["RADII", "SizeLoss", "faintest_found", "offsets_on_the_sky", "predicted_losses"]

RADII = (1.0, 3.0, 7.0, 15.0, 30.0)
"""Half-light radii for which the loss is predicted, arcsec."""

RING = (2.0, 2.6)
"""Inner and outer radius of the ring of the photometry, in half-light radii."""

_SCALE = 1.67835  # half-light radius of an exponential disc, in its scale length
_FARTHEST = 12.0  # half-light radii: discs farther apart do not reach each other
_STEP = 0.1  # half-light radii, of the integration over the plane
_KERNEL = 3.0  # FWHM, of the wider smoothing in which sources are searched


@dataclass(frozen=True)
class SizeLoss:
    """
    Predicted loss of objects of one size.

    Attributes
    ----------
    half_light : float
        Half-light radius, arcsec.
    lost : float
        Part of the light above a ring that is lost, mean of all exposures; of light that no mask covers.
    """

    half_light: float
    lost: float


def offsets_on_the_sky(ra: Sequence[float], dec: Sequence[float]) -> NDArray[np.float64]:
    """
    Return where exposures point, in a tangent plane about their mean.

    Parameters
    ----------
    ra, dec : sequence of float
        Degrees.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Arcsec to the east and north.
    """
    east, north = np.asarray(ra, float), np.asarray(dec, float)
    turn = (east - east[0] + 180) % 360 - 180 if east.size else east
    x = turn * np.cos(np.deg2rad(np.mean(north))) if east.size else turn
    found = np.column_stack([x, north]) * 3600
    centred: NDArray[np.float64] = found - found.mean(axis=0) if east.size else found
    return centred


def predicted_losses(
    offsets: NDArray[np.floating],
    *,
    radii: Sequence[float] = RADII,
    leave_one_out: bool = True,
    separation: float = 0.0,
) -> tuple[SizeLoss, ...]:
    """
    Predict what a mean of dithers takes from extended light that it does not mask.

    Parameters
    ----------
    offsets : ndarray of float, shape (n, 2)
        Where the exposures point, arcsec.
    radii : sequence of float
        Half-light radii, arcsec.
    leave_one_out : bool
        Whether the sky of an exposure is made of the others only.
    separation : float
        Exposures pointed closer than this, arcsec, do not enter each other's sky.

    Returns
    -------
    tuple of SizeLoss
        NaN where no other exposure is far enough.

    Notes
    -----
    The sky at a pixel of exposure i is the mean over the exposures j. An exponential disc that lies at ``o_i`` on the
    detector in exposure i is at ``o_j`` in the others, so that what is left of it is::

        S(x - o_i) - mean_j S(x - o_j)

    Ring photometry at ``o_i`` (aperture of one half-light radius, ring of 2 to 2.6) of a disc at a distance s gives
    A(s), and the lost part is the mean over j of A(s_ij) / A(0). It depends on s over the half-light radius alone.
    Masks and the light that is told from the detector make the real loss smaller for all that is bright enough to be
    found: see `faintest_found`.
    """
    offsets = np.asarray(offsets, float)
    apart = np.hypot(*(offsets[:, None] - offsets[None]).transpose(2, 0, 1))
    used = apart >= separation
    np.fill_diagonal(used, not leave_one_out)
    found = []
    for radius in radii:
        overlap = _overlap(apart / radius)
        number = used.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            lost = (overlap * used).sum(axis=1) / number
        known = lost[number > 0]
        found.append(SizeLoss(float(radius), float(known.mean()) if known.size else float("nan")))
    return tuple(found)


def faintest_found(fwhm: float, count: int, threshold: float = 4.0) -> float:
    """
    Return how bright extended light must be to be found on the sum of the dithers, in the noise of a pixel.

    Parameters
    ----------
    fwhm : float
        FWHM of the PSF, pixels.
    count : int
        Number of dithers.
    threshold : float
        Standard deviations of the smoothed sum.

    Notes
    -----
    A Gaussian of standard deviation s pixels lowers the noise by ``sqrt(4 pi) s``; the wider smoothing of the search
    has a FWHM of three PSFs.
    """
    sigma = _KERNEL * fwhm / 2.3548
    return float(threshold / (np.sqrt(4 * np.pi) * sigma * np.sqrt(max(count, 1))))


def _overlap(distance: NDArray[np.floating]) -> NDArray[np.float64]:
    """A(s) / A(0) at distances in half-light radii."""
    at, values = _table()
    result: NDArray[np.float64] = np.interp(distance, at, values, right=0.0)
    return result


@lru_cache(maxsize=1)
def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    axis = np.arange(-RING[1], RING[1] + _STEP / 2, _STEP)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    radius = np.hypot(x, y)
    inside, ring = radius < 1, (radius >= RING[0]) & (radius < RING[1])
    at = np.arange(0, _FARTHEST, _STEP)
    values = np.empty_like(at)
    for number, shift in enumerate(at):
        light = np.exp(-_SCALE * np.hypot(x - shift, y))
        values[number] = light[inside].mean() - light[ring].mean()
    return at, values / values[0]
