"""Source catalogues of several filters: one list of sources, their shapes and their colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

__all__ = [
    "EXTENDED",
    "POINT",
    "SHARP",
    "UNSURE",
    "brightest_at",
    "colour",
    "merged",
    "shapes",
    "stellar_locus",
]

POINT, EXTENDED, SHARP, UNSURE = "point", "extended", "sharp", "unsure"

_LIKELY = 0.3
"""How far, in ln, stars may lie from the concentration that the aperture corrections promise."""

_GOOD = 0.05
_FEW, _ROUNDS = 5, 3
_NSIGMA = 3.0
_LEAST = 0.06
"""A source that is less than this wider than a star, in ln, is called no galaxy: PSFs differ by as much."""

_BLIND = 0.25
"""Above this uncertainty, in ln, a galaxy of half an arcsecond looks like a star."""

_MOFFAT_BETA = 2.5


def merged(positions: Sequence[NDArray[np.floating]], radius: float) -> NDArray[np.intp]:
    """
    Make one list of the sources of several catalogues.

    Parameters
    ----------
    positions : sequence of ndarray of float, shape (n_k, 2)
        RA and Dec, degrees, of each catalogue, the sharpest first.
    radius : float
        Sources closer than this, arcsec, and nearest to each other, are one.

    Returns
    -------
    ndarray of int, shape (n, number of catalogues)
        Index of each source in each catalogue; -1 where it is not there. Sources of the first catalogue come first,
        in its order, then those that only later ones have.

    Notes
    -----
    A source keeps the position that the first catalogue gave it: no chains of matches.
    """
    members: list[list[int]] = []
    known = np.empty((0, 3))
    for column, catalogue in enumerate(positions):
        vectors = _unit_vectors(np.asarray(catalogue, float).reshape(-1, 2))
        here, there = _mutual(known, vectors, radius)
        matches = dict(zip(there.tolist(), here.tolist(), strict=True))
        for index in range(len(vectors)):
            if index in matches:
                members[matches[index]].append(index)
            else:
                members.append([-1] * column + [index])
        new = [index for index in range(len(vectors)) if index not in matches]
        known = np.concatenate([known, vectors[new]])
        for row in members:
            row.extend([-1] * (column + 1 - len(row)))
    return np.array(members, np.intp).reshape(-1, len(positions))


def _unit_vectors(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    ra, dec = np.deg2rad(positions).T
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def _mutual(
    first: NDArray[np.float64], other: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of pairs that are nearest to each other, and closer than `radius`, arcsec."""
    if not (len(first) and len(other)):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    reach = 2 * np.sin(np.deg2rad(radius / 3600) / 2)
    distance, to_other = cKDTree(other).query(first)
    _, to_first = cKDTree(first).query(other)
    here = np.arange(len(first))
    mutual = (to_first[to_other] == here) & (distance <= reach)
    return here[mutual], to_other[mutual]


def brightest_at(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    flux: NDArray[np.floating],
    at: tuple[float, float],
    fwhm: float,
    reach: float,
) -> int | None:
    """
    Return the index of the source whose light is brightest at a position.

    Parameters
    ----------
    x, y : ndarray of float, shape (n,)
        Positions, pixels; NaN where unknown.
    flux : ndarray of float, shape (n,)
        Brightness of each in one unit; what is not positive or not known counts as the faintest of all.
    at : (float, float)
        The position (x, y), pixels.
    fwhm : float
        FWHM of the PSF, pixels.
    reach : float
        A source farther away, pixels, is not meant.

    Returns
    -------
    int or None
        None when no source is within `reach`.

    Notes
    -----
    Who clicks a bright star seldom hits its centre, and a faint neighbour may be nearer. Each source is given a Moffat
    profile, ``flux * (1 + 4 (2**(1/beta) - 1) (r / fwhm)**2)**-beta`` with beta of 2.5, whose wings are near those of
    real PSFs (Moffat 1969, A&A 3, 455): the source that lights the clicked pixel most is meant. The faint neighbour
    is chosen where its own light prevails.
    """
    distance = np.hypot(np.asarray(x, float) - at[0], np.asarray(y, float) - at[1])
    near = distance <= reach  # False for NaN
    if not near.any():
        return None
    known = np.asarray(flux, float)
    good = np.isfinite(known) & (known > 0)
    faintest = known[good & near].min() if (good & near).any() else 1.0
    light = np.where(good, known, faintest)
    light = light * (1 + 4 * (2 ** (1 / _MOFFAT_BETA) - 1) * (distance / fwhm) ** 2) ** -_MOFFAT_BETA
    return int(np.argmax(np.where(near, light, -np.inf)))


def stellar_locus(
    concentration: NDArray[np.floating], err: NDArray[np.floating], nominal: float
) -> tuple[float, float, int]:
    """
    Return the concentration index of stars in a field.

    Parameters
    ----------
    concentration : ndarray of float, shape (n,)
        Flux in a large over flux in a small aperture; NaN where not measured.
    err : ndarray of float, shape (n,)
        Standard deviation.
    nominal : float
        What a star has by the aperture corrections.

    Returns
    -------
    locus : float
        Mode of the well measured sources near `nominal`; `nominal` when there are fewer than five.
    scatter : float
        Robust standard deviation of ln(concentration) about it, 0 when there are fewer than five.
    used : int
        Number of sources.

    Notes
    -----
    A mode, not a median: in a field of galaxies stars are the sharpest clump, not the middle one. It starts from the
    half-sample mode of Robertson & Cryer (1974), and becomes the median of what lies around it.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.log(np.asarray(concentration, float) / nominal)
        good = np.isfinite(values) & (np.asarray(err) / concentration < _GOOD) & (np.abs(values) < _LIKELY)
    values = np.sort(values[good])
    if len(values) < _FEW:
        return nominal, 0.0, len(values)
    middle, scatter = _half_sample_mode(values), 0.0
    for _ in range(_ROUNDS):
        # galaxies lie on one side only: the spread of stars is that of the other
        below = middle - values[values <= middle]
        scatter = 1.4826 * float(np.median(below)) if len(below) > 2 else scatter
        near = values[np.abs(values - middle) <= max(2.5 * scatter, 0.01)]
        middle = float(np.median(near)) if len(near) else middle
    return float(nominal * np.exp(middle)), scatter, len(values)


def _half_sample_mode(values: NDArray[np.float64]) -> float:
    while len(values) > 3:
        half = (len(values) + 1) // 2
        widths = values[half - 1 :] - values[: len(values) - half + 1]
        start = int(np.argmin(widths))
        values = values[start : start + half]
    return float(np.mean(values))


def shapes(
    concentration: NDArray[np.floating], err: NDArray[np.floating], locus: float, scatter: float
) -> NDArray[np.str_]:
    """
    Tell points from extended sources.

    Parameters
    ----------
    concentration, err : ndarray of float, shape (n,)
        As of `stellar_locus`.
    locus, scatter : float
        From `stellar_locus`.

    Returns
    -------
    ndarray of str, shape (n,)
        "extended" where a source is wider than a star by three standard deviations and 6 per cent; "sharp" where it
        is sharper by as much and 20 per cent, as no source in the sky is; "unsure" where the error would hide a galaxy;
        else "point".
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.log(np.asarray(concentration, float) / locus)
        sigma = np.hypot(np.asarray(err, float) / concentration, scatter)
    kinds = np.full(np.shape(concentration), POINT, dtype="U8")
    kinds[~(np.isfinite(beyond) & (sigma < _BLIND))] = UNSURE
    with np.errstate(invalid="ignore"):
        wide = beyond > np.maximum(_NSIGMA * sigma, _LEAST)
        sharp = -beyond > np.maximum(_NSIGMA * sigma, 0.2)
    kinds[wide] = EXTENDED
    kinds[sharp] = SHARP
    return kinds


def colour(
    flux: NDArray[np.floating],
    err: NDArray[np.floating],
    other: NDArray[np.floating],
    other_err: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the colour of sources, AB magnitudes: that of `flux` less that of `other`.

    Parameters
    ----------
    flux, err, other, other_err : ndarray of float, shape (n,)
        Flux densities and their standard deviations, in one unit.

    Returns
    -------
    value, sigma : ndarray of float, shape (n,)
        NaN where either flux is below twice its error: a magnitude of noise says nothing.
    """
    flux, err, other, other_err = (np.asarray(part, float) for part in (flux, err, other, other_err))
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = (flux > 2 * err) & (other > 2 * other_err) & (flux > 0) & (other > 0)
        value = np.where(seen, -2.5 * np.log10(flux / other), np.nan)
        sigma = np.where(seen, 2.5 / np.log(10) * np.hypot(err / flux, other_err / other), np.nan)
    return value, sigma
