"""What masks of raw pixels cost: flux of sources that fall on them, noise, and usable area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from miri_widgets.core.validation.figures import Proof
from miri_widgets.core.validation.findings import headline
from miri_widgets.core.validation.validation import judged
from miri_widgets.core.validation.verdicts import GRADES, grade, worst
from miri_widgets.errors import ParameterError

__all__ = ["prove_masks"]

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
        ``noise_ratio`` as a mean over exposures; the verdict and sentences. "doubtful" where nothing was usable
        before, so that no loss can be measured.

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
    return judged(lambda: _measured(masks, usable, fwhm, names, sources, seed), len(masks))


def _measured(
    masks: Sequence[NDArray[np.bool_]],
    usable: Sequence[NDArray[np.bool_]],
    fwhm: Sequence[float],
    names: Sequence[str],
    sources: int,
    seed: int,
) -> Proof:
    rng = np.random.default_rng(seed)
    each = max(sources // len(masks), 20)
    losses, lost, measured = [], [], []
    for mask, good, width, name in zip(masks, usable, fwhm, names, strict=True):
        taken = mask & good
        if not good.any():
            continue
        measured.append(name)
        lost.append(float(taken.sum() / int(good.sum())))
        loss = gaussian_filter(taken.astype(np.float32), width / 2.3548, mode="constant")
        y, x = np.nonzero(good)
        at = rng.integers(0, y.size, each)
        losses.append(loss[y[at], x[at]])
    if not losses:
        text = "No exposure has a usable pixel outside the mask or in it: what the mask takes could not be measured."
        return Proof("doubtful", "could not be measured", (text,), ("doubtful",), exposures=len(masks))
    taken_parts = np.concatenate(losses)
    bias = -float(taken_parts.mean())
    err = float(taken_parts.std() / np.sqrt(taken_parts.size))
    tenth = float(np.mean(taken_parts > _TENTH))
    most = int(np.argmax(lost))
    ratio = float(np.mean([1 / np.sqrt(1 - min(part, 0.99)) for part in lost]))
    grades: tuple[str, ...] = (grade("mask_flux", -bias, err), grade("mask_area", lost[most]))
    if len(measured) < len(masks):
        grades = (max(grades[0], "doubtful", key=GRADES.index), grades[1])
    verdict = worst(grades)
    sentences = _sentences(bias, err, tenth, taken_parts.size, lost, measured[most], most, grades)
    if len(measured) < len(masks):
        sentences += (f"{len(masks) - len(measured)} of {len(masks)} exposures have no usable pixel.",)
        grades += ("doubtful",)
    return Proof(
        verdict=verdict,
        headline=headline(verdict, sentences),
        sentences=sentences,
        grades=grades,
        exposures=len(masks),
        measured=len(measured),
        sources=int(taken_parts.size),
        places=int(taken_parts.size),
        flux_bias=bias,
        flux_bias_err=err,
        flux_bias_median=-float(np.median(taken_parts)),
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
    most: int,
    grades: Sequence[str],
) -> tuple[str, ...]:
    first = (
        f"Sources at random places lose {-100 * bias:.2f} ± {100 * err:.2f} % of their flux to the mask "
        f"({number} places); {100 * tenth:.1f} % of them lose more than a tenth in one exposure."
    )
    advice = {
        "harm": " That is harm: shorten the time, or lower the number of unsaturated groups.",
        "doubtful": " Make sure that other dithers see the masked places.",
        "good": "",
    }
    # once, beside the worse of the two figures
    at = 0 if grades[0] == worst(grades) else 1
    first += advice[grades[0]] if at == 0 else ""
    second = (
        f"{100 * float(np.mean(lost)):.2f} % of the usable pixels are masked in the mean, "
        f"{100 * lost[most]:.2f} % in {name}."
    )
    second += advice[grades[1]] if at == 1 else ""
    return first, second
