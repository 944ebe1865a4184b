"""Warm pixels: those that stand out of their neighbours at every pointing, while the sky under them changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.sky.pointings import pointing_of, pointings
from miri_widgets.core.warm_pixel_counts import SAMPLE, STEPS, PixelCounts, count_excesses, needed_of
from miri_widgets.errors import InputError, MixedExposuresError, ParameterError

__all__ = ["flag_warm_pixels"]

_CHANCE_ALONE = 1e-4
"""The same of pixels that stand alone, at each threshold. What comes back there is not random as stars are: fewer are
flagged than this allows."""

_NEIGHBOURHOOD = 33
_MANY, _UNJUDGED = 0.02, 0.05
_AGAIN = 3
"""Pointings at which a pixel must stand alone: two are a coincidence of two cosmic rays."""


def flag_warm_pixels(
    exposures: Sequence[ExposureArrays],
    *,
    nsigma: float = 3.0,
    fraction: float = 0.7,
    min_exposures: int = 4,
    min_separation: float = 1.5,
    box: int = 5,
    cold: bool = False,
    do_not_use: bool = True,
    blinking: float = 0.3,
    pattern_sigma: float = 4.5,
) -> CorrectionResult:
    """
    Flag pixels that are high at nearly all pointings of a dithered set.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Dithered exposures of one subarray, with sky positions. Not modified; each is asked for twice, one
        at a time, and again when its result is.
    nsigma : float
        A pixel stands out when it exceeds the median of its neighbours by this, in standard deviations of one
        exposure.
    fraction : float
        Fraction of the pointings at which a pixel must stand out, at least; more are asked for in crowded places.
    min_exposures : int
        Fewer independent pointings are an error; a pixel that is good at fewer is not judged.
    min_separation : float
        Exposures pointed closer than this, FWHM, count as one pointing.
    box : int
        Side of the square of neighbours, pixels; odd.
    cold : bool
        Flag also pixels that are low at nearly all pointings.
    do_not_use : bool
        Flag DO_NOT_USE as well, not only WARM (cold ones: LOW_QE).
    blinking : float
        Flag also pixels that stand alone, without their neighbours, at this fraction of the pointings at least: warm
        pixels that are warm a part of the time. 0 for none.
    pattern_sigma : float
        A pixel is left alone whose mean excess is within so many standard deviations of what all pixels have at every
        pointing, as errors of the flat field. 0 to flag those, too.

    Returns
    -------
    CorrectionResult
        The same pixels; DQ gains flags. Image ``warm``: 1 for warm pixels, 2 for cold ones. Facts: ``warm`` and
        ``cold`` pixels, ``blinking`` among the warm ones; ``flat_residual``, scatter of the mean excesses beyond noise, in the
        noise of one exposure; ``warm_above``, how many remain at higher thresholds; ``pointings`` and ``exposures``;
        ``outstanding``, the fraction of samples that stand out; ``unjudged``, the fraction of good pixels of which
        nothing can be said.

    Raises
    ------
    InputError
        If there are too few independent pointings, or sky positions are missing.
    MixedExposuresError
        If exposures differ in their window on the detector.
    ParameterError
        If `box` is even.

    Notes
    -----
    Of each exposure, the difference of a pixel to the median of its neighbours is compared with its own ERR, enlarged
    where the exposure is noisier than its ERR says. A star lifts a pixel at one pointing only: pixels are flagged
    that stand out at k pointings, k at least `fraction` of those where the pixel is good, and so many that stars,
    with the density found in its neighbourhood of 33 pixels, reach k at one pixel of 100,000. Exposures of one
    pointing vote first: more than half of them must agree. Where even standing out always could be chance, a pixel
    is not judged. Memory: small counters per pixel, whatever the number of exposures.

    A pixel that is warm a part of the time reaches fewer pointings than `fraction` asks for. It is told from a star by its
    neighbours, which it leaves alone while a star lifts them: of what stands alone there is so little, and the less the
    higher above the noise, that three or four pointings of ten are no chance. Pixels whose excess is small and the same
    everywhere are errors of the flat: the scatter that the mean excesses of all pixels have beyond noise tells how large
    these are.

    Pixels that stand out because their neighbours are
    wrong, such as those beside a bad flat field, are flagged as well.
    """
    if box % 2 == 0:
        raise ParameterError(f"box = {box!r}", "an odd number of pixels", "take the next odd number")
    groups = _groups(exposures, min_separation)
    if len(groups) < min_exposures:
        raise InputError(
            f"{len(exposures)} exposures at {len(groups)} pointings more than {min_separation:g} FWHM apart",
            f"at least {min_exposures} pointings to tell warm pixels from stars",
            "add dithered exposures, or leave this step out",
        )
    counts, noise = count_excesses(exposures, groups, nsigma, box, cold)
    high, judged = _decided(counts.high, counts.valid, fraction, min_exposures)
    blink = _blinking(counts, blinking, min_exposures) & ~high[0]
    high[0] |= blink
    residual = _pattern_scatter(counts)
    if pattern_sigma > 0:
        mean = np.abs(counts.total) / np.maximum(counts.samples, 1)
        real = mean > pattern_sigma * residual
        high = [mask & real for mask in high]
        blink &= real
    low = np.zeros_like(high[0])
    if cold:
        low = _decided(counts.low, counts.valid, fraction, min_exposures)[0][0] & ~high[0]
    good = counts.valid > 0
    facts: dict[str, Any] = {
        "exposures": len(exposures),
        "pointings": len(groups),
        "warm": int(high[0].sum()),
        "cold": int(low.sum()),
        "blinking": int(blink.sum()),
        "flat_residual": residual,
        "warm_above": {f"{nsigma * step:g}": int(mask.sum()) for step, mask in zip(STEPS, high, strict=True)},
        "outstanding": float(counts.high[0].sum() / max(int(counts.valid.sum()), 1)),
        "unjudged": float(1 - judged[good].mean()) if good.any() else 1.0,
    }
    flags = _bits("WARM", do_not_use) * high[0] + _bits("LOW_QE", do_not_use) * low
    sentence = f"{facts['warm']} warm and {facts['cold']} cold pixels"
    note = f"{sentence} flagged, from {len(groups)} pointings, {nsigma:g} sigma at {fraction:.0%} of them"
    flag = partial(
        _flagged, exposures=exposures, flags=flags.astype(np.uint32), noise=noise, groups=groups, note=note
    )
    image = high[0].astype(np.uint8) + 2 * low.astype(np.uint8)
    return CorrectionResult(Lazy(len(exposures), flag), facts, {"warm": image}, _warnings(facts, good))


def _blinking(counts: PixelCounts, fraction: float, least: int) -> NDArray[np.bool_]:
    """Which pixels stand alone more often than chance, at any threshold."""
    result = np.zeros(counts.valid.shape, bool)
    if fraction <= 0:
        return result
    samples = uniform_filter(counts.valid.astype(np.float32), _NEIGHBOURHOOD, mode="mirror")
    for count in counts.alone:
        # pixels that stand alone again and again are what is sought, not what chance does
        rare = np.where(count < _AGAIN, count, 0).astype(np.float32)
        often = uniform_filter(rare, _NEIGHBOURHOOD, mode="mirror")
        needed = needed_of(counts.valid, often / np.maximum(samples, 1e-6), fraction, _CHANCE_ALONE)
        result |= (counts.valid >= least) & (count >= np.maximum(needed, _AGAIN))
    return result


def _pattern_scatter(counts: PixelCounts) -> float:
    """Return the scatter of the mean excesses of pixels beyond that of noise, in the noise of one exposure."""
    usual = counts.samples >= max(int(counts.samples.max(initial=0)) // 2, 1)
    if not usual.any():
        return 0.0
    number = counts.samples[usual].astype(float)
    mean = counts.total[usual] / number
    low, middle, high = np.percentile(mean[:: max(mean.size // SAMPLE, 1)], [15.866, 50, 84.134])
    spread = min(middle - low, high - middle)
    return float(np.sqrt(max(spread**2 - float(np.median(1 / number)), 0.0)))


def _decided(
    counts: NDArray[np.int16], valid: NDArray[np.int16], fraction: float, least: int
) -> tuple[list[NDArray[np.bool_]], NDArray[np.bool_]]:
    """Which pixels stand out often enough, for each threshold; and which are judged at all."""
    samples = uniform_filter(valid.astype(np.float32), _NEIGHBOURHOOD, mode="mirror")
    often = uniform_filter(counts[0].astype(np.float32), _NEIGHBOURHOOD, mode="mirror")
    needed = needed_of(valid, often / np.maximum(samples, 1e-6), fraction)
    judged = (valid >= least) & (needed <= valid)
    return [judged & (count >= needed) for count in counts], judged


def _groups(exposures: Sequence[ExposureArrays], separation: float) -> list[list[int]]:
    """Indices of exposures by pointing, earliest first."""
    seen: list[tuple[float, str, int]] = []
    positions, windows = [], set()
    for index, exposure in enumerate(exposures):
        seen.append((exposure.time_order, exposure.root, index))
        windows.add((exposure.shape, exposure.corner))
        positions.append(pointing_of(exposure))
    if len(windows) > 1:
        raise MixedExposuresError(
            f"exposures of {len(windows)} different windows on the detector",
            "one subarray",
            "run this step for each subarray by itself",
        )
    if not seen:
        return []
    order = [index for *_, index in sorted(seen)]
    ra, dec, fwhm = np.array(positions)[order].T
    return [[order[index] for index in group] for group in pointings(ra, dec, separation * fwhm)]


def _bits(name: str, do_not_use: bool) -> np.uint32:
    return np.uint32(1 << BITS[name] | (1 << BITS["DO_NOT_USE"]) * bool(do_not_use))


def _flagged(
    index: int,
    *,
    exposures: Sequence[ExposureArrays],
    flags: NDArray[np.uint32],
    noise: dict[int, float],
    groups: list[list[int]],
    note: str,
) -> ExposureArrays:
    exposure = exposures[index]
    dq = exposure.dq | flags
    own = {
        "pointing": next(number for number, group in enumerate(groups) if index in group),
        "noise_over_err": noise[index],
        "flagged": int(np.count_nonzero(flags)),
        "newly": int(np.count_nonzero(dq != exposure.dq)),
    }
    return exposure.replace(
        dq=dq, facts={**exposure.facts, "warm_pixels": own}, notes=(*exposure.notes, note)
    )


def _warnings(facts: dict[str, Any], good: NDArray[np.bool_]) -> tuple[str, ...]:
    lines = []
    share = (facts["warm"] + facts["cold"]) / max(int(good.sum()), 1)
    if share > _MANY:
        lines.append(
            f"{share:.1%} of the pixels would be flagged, more than detectors have warm pixels: look at the mask, "
            "and subtract sky pattern and stripes first."
        )
    if facts["unjudged"] > _UNJUDGED:
        lines.append(
            f"{facts['unjudged']:.0%} of the pixels could not be judged: too few pointings for so many sources."
        )
    return tuple(lines)
