"""What masks of raw pixels cost: flux of sources that fall on them, noise, and usable area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from miri_widgets.core.proof import Proof
from miri_widgets.errors import ParameterError

__all__ = ["prove_masks"]

_MUCH, _SOME = 0.10, 0.02
"""Mean loss of flux that is harm, and that is doubtful: a tenth of a source is more than any dither repairs in a
set of four; 2 % is what a single bad pixel in the core of one dither of four costs."""

_FULL, _HALF = 0.20, 0.05
"""Masked part of one exposure that is harm, and that is doubtful."""

_TENTH = 0.1


def prove_masks(
    masks: Sequence[NDArray[np.bool_]],
    usable: Sequence[NDArray[np.bool_]],
    fwhm: Sequence[float],
    names: Sequence[str],
    *,
    sources: int = 2000,
    seed: int = 0,
) -> Proof:
    """
    Tell what masks take away from sources of known flux at random places.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (ny, nx)
        True where a pixel is masked; one for each exposure. Not modified.
    usable : sequence of ndarray of bool, shape (ny, nx)
        True where a pixel was usable before. Not modified.
    fwhm : sequence of float
        FWHM of the PSF of each exposure, pixels.
    names : sequence of str
        Of the exposures, for the sentences.
    sources : int
        Places of sources in all exposures together.
    seed : int
        Equal seeds give equal proofs.

    Returns
    -------
    Proof
        ``flux_bias`` (negative: what falls on masked pixels), its error over the places, ``area_lost`` and
        ``noise_ratio`` as a mean over exposures; the verdict and sentences.

    Raises
    ------
    ParameterError
        If there is no exposure.

    Notes
    -----
    A mask changes no value, so that sources need not be added to know what it takes: the loss of a source is the
    part of its PSF, a Gaussian, on masked pixels. Noise of what is left grows as one over the square root of the
    area. A source that another dither sees unmasked is not lost to the mosaic.
    """
    if not masks:
        raise ParameterError("no mask", "at least one exposure", "choose exposures")
    rng = np.random.default_rng(seed)
    each = max(sources // len(masks), 20)
    losses, lost = [], []
    for mask, good, width in zip(masks, usable, fwhm, strict=True):
        taken = mask & good
        lost.append(float(taken.sum() / max(int(good.sum()), 1)))
        loss = gaussian_filter(taken.astype(np.float32), width / 2.3548, mode="constant")
        y, x = np.nonzero(good)
        at = rng.integers(0, max(y.size, 1), each)
        losses.append(loss[y[at], x[at]] if y.size else np.zeros(0))
    found = np.concatenate(losses)
    bias = -float(found.mean()) if found.size else 0.0
    err = float(found.std() / np.sqrt(found.size)) if found.size else 0.0
    tenth = float(np.mean(found > _TENTH)) if found.size else 0.0
    worst = int(np.argmax(lost))
    ratio = float(np.mean([1 / np.sqrt(1 - min(one, 0.99)) for one in lost]))
    verdict = "good"
    if -bias > _SOME or lost[worst] > _HALF:
        verdict = "doubtful"
    if -bias > _MUCH or lost[worst] > _FULL:
        verdict = "harm"
    return Proof(
        verdict=verdict,
        sentences=_sentences(bias, err, tenth, found.size, lost, names[worst], worst, verdict),
        grades=(verdict, "good"),
        exposures=len(masks),
        measured=len(masks),
        sources=int(found.size),
        places=int(found.size),
        flux_bias=bias,
        flux_bias_err=err,
        flux_bias_median=-float(np.median(found)) if found.size else 0.0,
        noise_ratio=ratio,
        noise_ratio_err=0.0,
        newly_flagged=float(np.mean(lost)),
        area_lost=float(np.mean(lost)),
    )


def _sentences(
    bias: float,
    err: float,
    tenth: float,
    number: int,
    lost: Sequence[float],
    name: str,
    worst: int,
    verdict: str,
) -> tuple[str, str]:
    first = (
        f"Sources at random places lose {-100 * bias:.2f} ± {100 * err:.2f} % of their flux to the mask "
        f"({number} places); {100 * tenth:.1f} % of them lose more than a tenth in one exposure."
    )
    if verdict == "harm":
        first += " That is harm: shorten the time, or lower the number of unsaturated groups."
    elif verdict == "doubtful":
        first += " Make sure that other dithers see the masked places."
    second = (
        f"{100 * float(np.mean(lost)):.2f} % of the usable pixels are masked in the mean, "
        f"{100 * lost[worst]:.2f} % in {name}."
    )
    return first, second
