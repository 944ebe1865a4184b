"""
Aperture photometry of point sources, with a local sky.

References
----------
photutils, "Aperture Photometry": exact overlap of circle and pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from photutils.aperture import CircularAnnulus, CircularAperture, aperture_photometry
from scipy.spatial import cKDTree

from miri_widgets.core.levels.exposure_level import robust_sigma

__all__ = ["ApertureFlux", "aperture_flux", "isolated", "noise_factor"]

_EMPTY, _ENOUGH = 300, 30


@dataclass(frozen=True)
class ApertureFlux:
    """
    Fluxes of n sources.

    Attributes
    ----------
    flux : ndarray, shape (n,)
        Sum over the aperture, local sky subtracted; unit of the image x pixel.
    err : ndarray, shape (n,)
        Its standard deviation, from the error image and the error of the sky.
    sky : ndarray, shape (n,)
        Median of the annulus per pixel; unit of the image.
    complete : ndarray of bool, shape (n,)
        True where aperture and annulus hold no bad pixel and lie on the image.
    """

    flux: NDArray[np.floating]
    err: NDArray[np.floating]
    sky: NDArray[np.floating]
    complete: NDArray[np.bool_]


def aperture_flux(
    image: NDArray[np.floating],
    err: NDArray[np.floating],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    radius: float,
    sky_inner: float,
    sky_outer: float,
) -> ApertureFlux:
    """
    Measure point sources in circular apertures.

    Parameters
    ----------
    image, err : ndarray, shape (ny, nx)
        Surface brightness and its standard deviation; NaN where bad. Not modified.
    x, y : ndarray, shape (n,)
        Positions, 0-based pixels (x along the last axis).
    radius : float
        Radius of the aperture, pixels.
    sky_inner, sky_outer : float
        Radii of the sky annulus, pixels.

    Returns
    -------
    ApertureFlux
        Of n sources; NaN where the aperture lies off the image.
    """
    positions = np.column_stack([np.atleast_1d(x), np.atleast_1d(y)]).astype(float)
    bad = ~np.isfinite(image) | ~np.isfinite(err)
    filled, sigma = np.where(bad, 0.0, image), np.where(bad, 0.0, err)
    circle = CircularAperture(positions, radius)
    annulus = CircularAnnulus(positions, sky_inner, sky_outer)
    table = aperture_photometry(filled, circle, error=sigma)
    badness = aperture_photometry(bad.astype(float), circle)["aperture_sum"]
    sky, sky_err, sky_whole = _annulus_sky(filled, bad, annulus)
    ny, nx = image.shape
    margin = sky_outer + 1
    inside = (
        (positions[:, 0] >= margin)
        & (positions[:, 0] <= nx - 1 - margin)
        & (positions[:, 1] >= margin)
        & (positions[:, 1] <= ny - 1 - margin)
    )
    flux = np.asarray(table["aperture_sum"], float) - sky * circle.area
    error = np.hypot(np.asarray(table["aperture_sum_err"], float), sky_err * circle.area)
    return ApertureFlux(flux, error, sky, inside & (np.asarray(badness) == 0) & sky_whole)


def noise_factor(
    image: NDArray[np.floating],
    err: NDArray[np.floating],
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    *,
    radius: float,
    sky_inner: float,
    sky_outer: float,
) -> float:
    """
    Return by how much fluxes in empty apertures scatter more than their errors say.

    Parameters
    ----------
    image, err : ndarray of float, shape (ny, nx)
        Values and errors. Not modified.
    x, y : ndarray, shape (n,)
        Sources, which are avoided by two radii.
    radius, sky_inner, sky_outer : float
        Radii of the aperture and of the sky annulus, pixels.

    Returns
    -------
    float
        At least 1; 1 where there are fewer than thirty empty places.

    Notes
    -----
    Drizzled pixels share noise with their neighbours, which their errors do not know, and faint sources are noise,
    too. The places are drawn with a fixed seed: the same each time.
    """
    ny, nx = image.shape
    rng = np.random.default_rng(1)
    positions = rng.uniform((0, 0), (nx - 1, ny - 1), (4 * _EMPTY, 2))
    known = np.column_stack([x, y])
    known = known[np.isfinite(known).all(axis=1)]
    if len(known):
        positions = positions[cKDTree(known).query(positions)[0] > 2 * radius]
    column, row = np.rint(positions).astype(int).T
    positions = positions[np.isfinite(image[row, column])][:_EMPTY]
    if not len(positions):
        return 1.0
    result = aperture_flux(image, err, *positions.T, radius=radius, sky_inner=sky_inner, sky_outer=sky_outer)
    good = result.complete & (result.err > 0)
    if np.count_nonzero(good) < _ENOUGH:
        return 1.0
    pulls = result.flux[good] / result.err[good]
    return max(float(robust_sigma(pulls, float(np.median(pulls)))), 1.0)


def _annulus_sky(
    image: NDArray[np.floating], bad: NDArray[np.bool_], annulus: CircularAnnulus
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.bool_]]:
    sky, error, whole = [], [], []
    for mask in annulus.to_mask(method="center"):
        values, flags = mask.get_values(image), mask.get_values(bad)
        good = values[~flags.astype(bool)]
        if good.size < 5:
            sky.append(np.nan)
            error.append(np.nan)
            whole.append(False)
            continue
        middle = float(np.median(good))
        spread = robust_sigma(good, middle)
        sky.append(middle)
        # a median is sqrt(pi / 2) times noisier than a mean
        error.append(1.2533 * spread / np.sqrt(good.size))
        whole.append(good.size > 0.7 * values.size)
    return np.array(sky), np.array(error), np.array(whole, bool)


def isolated(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    flux: NDArray[np.floating],
    *,
    radius: float,
    fraction: float,
) -> NDArray[np.bool_]:
    """
    Tell which sources have no neighbour that matters.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Positions, pixels.
    flux : ndarray, shape (n,)
        Fluxes in any one unit.
    radius : float
        Distance within which neighbours count, pixels.
    fraction : float
        A neighbour counts when brighter than this fraction of the source.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    tree = cKDTree(np.column_stack([x, y]))
    near = tree.query_ball_point(np.column_stack([x, y]), radius)
    return np.array(
        [
            all(other == index or flux[other] < fraction * flux[index] for other in group)
            for index, group in enumerate(near)
        ],
        bool,
    )
