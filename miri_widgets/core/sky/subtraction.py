"""Sky in detector coordinates: made of the exposures themselves or of dedicated ones, and taken away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.core.regions import Region
from miri_widgets.core.sky.exposure_sky import MaskSettings, require_like
from miri_widgets.core.sky.pointings import whole_exposure
from miri_widgets.core.sky.predicted_loss import offsets_on_the_sky, predicted_losses
from miri_widgets.core.sky.refinement import refine
from miri_widgets.core.sky.samples import Samples
from miri_widgets.core.sky.sky_images import SkyImages, combine
from miri_widgets.core.sky.subtracted_exposures import Subtraction
from miri_widgets.errors import InputError, ParameterError

__all__ = ["METHODS", "SCALINGS", "THRESHOLDS", "subtract_sky"]

METHODS = ("self", "background", "median")
SCALINGS = ("multiplicative", "additive", "none")
THRESHOLDS = {"coadd": 4.0, "exposures": 3.0}
"""Where sources are looked for, and what they stand above there when nothing is said, in standard deviations."""

_FEW = 5
_CROWDED = 0.4
_STRUCTURE = 0.2
_UNEVEN = 2.0
_AT_HAND = 31 * 2**20


def subtract_sky(
    exposures: Sequence[ExposureArrays],
    *,
    backgrounds: Sequence[ExposureArrays] = (),
    exclude: Sequence[Region] = (),
    method: str = "self",
    leave_one_out: bool = True,
    clip_low: float = 3.0,
    clip_high: float = 3.0,
    scaling: str = "multiplicative",
    match_background: bool = False,
    preserve_level: bool = False,
    mask_sources: bool = True,
    source_threshold: float | None = None,
    source_grow: float = 2.0,
    mask_rounds: int = 2,
    sources_from: str = "coadd",
    exclude_above: float | None = None,
    exclude_delta: float | None = None,
    min_separation: float = 1.5,
    min_exposures: int = 3,
    min_samples: int | None = None,
    fill: bool = True,
) -> CorrectionResult:
    """
    Subtract a sky image, which is fixed to the detector, from exposures of one filter.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Calibrated exposures of one filter and subarray, dithered. Not modified; each is asked for twice.
    backgrounds : sequence of ExposureArrays
        Exposures of empty sky, for the method "background".
    exclude : sequence of Region
        Pixels inside are no sky.
    method : str
        "self": the clipped mean of the exposures themselves. "background": that of `backgrounds`. "median": the
        median of all exposures, own included.
    leave_one_out : bool
        Method "self": make the sky of an exposure of the others only.
    clip_low, clip_high : float
        Leave out samples so many standard deviations below and above the median of a pixel.
    scaling : str
        How exposures are brought to one level first: "multiplicative", "additive" or "none".
    match_background : bool
        Method "background": bring the sky also to the level of each exposure.
    preserve_level : bool
        Subtract the pattern alone; the exposures keep their level.
    mask_sources : bool
        Find sources and leave them out of the sky.
    source_threshold, source_grow, mask_rounds : float or None, float, int
        Standard deviations of the smoothed image, `THRESHOLDS` when not given; growth in FWHM; how often levels and
        sources are determined.
    sources_from : str
        "coadd": sources are found on the sum of the dithers on the sky, and extended light that moves with the sky is
        taken off the samples. "exposures": on each exposure by itself, and nothing is taken off, as before version 3.
    exclude_above, exclude_delta : float, optional
        Values above this, and above the level of the exposure by this, are no sky.
    min_separation : float
        Exposures pointed closer than this, in FWHM, do not enter each other's sky; 0 for no such rule.
    min_exposures : int
        Fewer exposures in a sky are an error; a sky without the exposure itself needs one more in all.
    min_samples : int, optional
        A pixel with fewer samples has no sky of its own. When not given, what the data allow: 1 where a sky has fewer
        than five exposures, else 2.
    fill : bool
        Take the sky of such pixels from their neighbours; else flag them.

    Returns
    -------
    CorrectionResult
        Exposures, each made when asked for; images ``sky``, ``sky_err`` and ``sky_count``, of the sky of all
        exposures at the mean level.

    Raises
    ------
    InputError
        If a sky would have fewer than `min_exposures` exposures.
    MixedExposuresError
        If exposures differ in filter, subarray or unit.
    ParameterError
        If a choice is unknown, a limit is not finite, or nothing counts as sky.

    Notes
    -----
    Assumes that the sky illuminates the detector alike in all exposures and that what moves with the sky is sparse
    or masked. "multiplicative" is right for light, zodiacal or of the telescope: its pattern is what the flat leaves
    of it, and follows the level. "additive" is right when the electronics drift.

    The level of an exposure is the median of its source-free imager pixels (coronagraphs left aside), relative to
    the sky. Sources are searched in 2 x 2 pixels after subtraction of a first sky, and again after the next.
    The uncertainty of the sky is added in quadrature to the error, and to the read-noise variance, from which later
    weights are made.

    References
    ----------
    The sky step of the MIRI imaging example notebooks (K. Gordon 2022), here symmetric, without the exposure itself,
    and with its uncertainty. Separation of dithers: D. Dicken et al. 2024, A&A 689, A5.
    """
    _require_sense(method, sources_from, scaling, exclude_above=exclude_above, exclude_delta=exclude_delta)
    # glibc then keeps freed memory up to this size at hand, which spares page faults; untouched, it takes none
    np.empty(_AT_HAND, np.uint8)
    masks = MaskSettings(
        sources=mask_sources, threshold=source_threshold or THRESHOLDS[sources_from], grow=source_grow, rounds=mask_rounds,
        above=exclude_above, delta=exclude_delta, regions=tuple(exclude),
        together=mask_sources and sources_from == "coadd",
    )  # fmt: skip
    dedicated = method == "background"
    used = backgrounds if dedicated else exposures
    alone = method == "self" and leave_one_out
    _require_enough(
        len(used) - alone, min_exposures, "background" if dedicated else "other" if alone else "science"
    )
    samples = Samples.collect(used, masks, scaling=scaling)
    _even(samples)
    apart = _apart(samples, min_separation) if alone else None
    if apart is not None:
        _require_others(samples, apart, min_exposures)
    small = refine(samples)
    targets = _targets(exposures, samples, small, masks, match=match_background) if dedicated else samples
    least = min_samples or (1 if masks.together and _fewest(samples, apart) < _FEW else 2)
    images = combine(
        samples, low=clip_low, high=clip_high, median=method == "median", apart=apart, min_samples=least
    )
    facts = _facts(samples, targets, images, apart, method, min_separation)
    note = _note(method, facts, clip_low, clip_high, targets.scaling)
    correct = Subtraction(exposures, targets, images, apart, note, preserve=preserve_level, fill=fill)
    common = images.common
    products = {
        "sky": common.mean,
        "sky_err": np.sqrt(common.var),
        "sky_count": common.count.astype(np.int32),
    }
    warnings = _warnings(samples, targets, apart, facts, scaling, min_separation)
    return CorrectionResult(Lazy(len(exposures), correct), facts, products, warnings)


def _require_sense(method: str, sources_from: str, scaling: str, **limits: float | None) -> None:
    """Refuse what bounds of single parameters cannot say; the bounds stand in the spec of the step."""
    for name, value, known in (
        ("method", method, METHODS),
        ("sources_from", sources_from, THRESHOLDS),
        ("scaling", scaling, SCALINGS),
    ):
        if value not in known:
            raise ParameterError(f"{name} = {value!r}", "one of " + ", ".join(known), "choose one of them")
    for name, limit in limits.items():
        if limit is not None and not np.isfinite(limit):
            raise ParameterError(f"{name} = {limit!r}", "a finite number, or none", "correct it")


def _require_enough(found: int, least: int, kind: str) -> None:
    if found < least:
        raise InputError(
            f"{max(found, 0)} {kind} exposures for a sky",
            f"at least {least}",
            "add exposures, or lower min_exposures",
        )


def _require_others(samples: Samples, apart: Sequence[Sequence[int]], least: int) -> None:
    # segments of one exposure are one sample of the sky
    wholes = [whole_exposure(root) or str(place) for place, root in enumerate(samples.roots)]
    left = [len({whole for place, whole in enumerate(wholes) if place not in own}) for own in apart]
    worst = int(np.argmin(left))
    if left[worst] < least:
        raise InputError(
            f"only {left[worst]} of {len(samples)} exposures are far enough from {samples.roots[worst] or worst}",
            f"at least {least} others for its sky",
            "add dithers, use dedicated background exposures, or lower min_separation",
        )


def _even(samples: Samples) -> None:
    """Scale by adding where ratios of levels have no meaning."""
    lowest, highest = float(samples.levels.min()), float(samples.levels.max())
    if samples.scaling == "multiplicative" and not (lowest > 0 and highest <= _UNEVEN * lowest):
        samples.scaling = "additive"


def _apart(samples: Samples, separation: float) -> list[list[int]]:
    """For each exposure, itself, its other segments, and those pointed closer than `separation` FWHM."""
    wholes = [whole_exposure(root) for root in samples.roots]
    ra, dec = np.deg2rad(samples.centres.T)
    limit = separation * samples.fwhm * samples.arcsec
    groups = []
    for index in range(len(samples)):
        turn = np.sin((ra - ra[index]) / 2) ** 2 * np.cos(dec) * np.cos(dec[index])
        apart = 2 * np.arcsin(np.sqrt(np.sin((dec - dec[index]) / 2) ** 2 + turn))
        near = np.rad2deg(apart) * 3600 < limit  # False where positions are not known
        own = {place for place, whole in enumerate(wholes) if whole and whole == wholes[index]}
        groups.append(sorted({index, *own, *np.flatnonzero(near).tolist()}))
    return groups


def _fewest(samples: Samples, apart: Sequence[Sequence[int]] | None) -> int:
    """Exposures in the sky that has the fewest."""
    return len(samples) if apart is None else min(len(samples) - len(own) for own in apart)


def _targets(
    exposures: Sequence[ExposureArrays],
    samples: Samples,
    small: NDArray[np.float32],
    masks: MaskSettings,
    *,
    match: bool,
) -> Samples:
    """Levels of exposures whose sky comes from others."""
    targets = Samples.collect(
        exposures, replace(masks), scaling=samples.scaling if match else "none", keep=False
    )
    require_like(samples.kind, targets.kind)
    targets.reference = samples.reference
    refine(targets, small)
    return targets


def _facts(
    samples: Samples,
    targets: Samples,
    images: SkyImages,
    apart: Sequence[Sequence[int]] | None,
    method: str,
    separation: float,
) -> dict[str, Any]:
    number = _fewest(samples, apart)
    # a median knows as much as a mean of fewer samples
    efficiency = np.pi / 2 if method == "median" else 1.0
    noise = float(np.median(targets.noise))
    return {
        "method": method,
        "scaling": samples.scaling,
        "exposures_in_sky": number,
        "reference_level": samples.reference,
        "levels": [
            {"exposure": root, "start_mjd": mjd, "level": float(level)}
            for root, mjd, level in zip(targets.roots, targets.mjds, targets.levels, strict=True)
        ],
        "noise": noise,
        "noise_gain": float((1 + efficiency / number) ** 0.5),
        "clipped_fraction": 1 - images.kept / max(images.offered, 1),
        "masked_fraction": float(np.median(samples.masked)),
        "moving_structure": float(np.median(samples.structure)) / max(noise, 1e-30),
        "predicted_loss": {}
        if method == "background"
        else _predicted(samples, apart is not None, separation),
        "too_close": 0 if apart is None else sum(len(own) > 1 for own in apart),
    }


def _predicted(samples: Samples, alone: bool, separation: float) -> dict[str, float]:
    """Part of extended light that is lost where no mask covers it, by half-light radius in arcsec."""
    if np.isnan(samples.centres).any():
        return {}
    losses = predicted_losses(
        offsets_on_the_sky(*samples.centres.T.tolist()),
        leave_one_out=alone,
        separation=separation * samples.fwhm * samples.arcsec if alone else 0.0,
    )
    return {f"{one.half_light:g}": one.lost for one in losses if np.isfinite(one.lost)}


def _note(method: str, facts: dict[str, Any], low: float, high: float, scaling: str) -> str:
    clip = "" if method == "median" else f", clip {low:g}/{high:g} sigma"
    return f"sky: {method} of {facts['exposures_in_sky']} exposures{clip}, scaling {scaling}"


def _warnings(
    samples: Samples,
    targets: Samples,
    apart: Sequence[Sequence[int]] | None,
    facts: dict[str, Any],
    wanted: str,
    separation: float,
) -> tuple[str, ...]:
    """Sentences about when not to believe the result."""
    told: list[tuple[bool, Callable[[], str]]] = [
        (
            facts["exposures_in_sky"] < _FEW,
            lambda: (
                f"Only {facts['exposures_in_sky']} exposures are in the sky: it is noisy, and outliers remain."
            ),
        ),
        (
            facts["masked_fraction"] > _CROWDED,
            lambda: (
                f"{facts['masked_fraction']:.0%} of the imager field is masked as sources: the field is crowded or "
                "extended, and its sky must not be made of itself. Use dedicated background exposures."
            ),
        ),
        (
            facts["moving_structure"] > _STRUCTURE,
            lambda: (
                f"Structure that moves with the sky is left ({facts['moving_structure']:.2f} of the noise of a pixel, "
                "over 32 pixels): nebulae or faint sources enter the sky and are subtracted as holes. Use dedicated "
                "background exposures."
            ),
        ),
        (
            facts["too_close"] > 0,
            lambda: (
                f"{facts['too_close']} exposures have neighbours closer than {separation:g} FWHM, which are left out "
                "of their sky: dither further."
            ),
        ),
        (
            apart is not None and bool(np.isnan(samples.centres).any()),
            lambda: (
                "Positions of the exposures are not known: dithers that are too close cannot be left out."
            ),
        ),
        (
            samples.scaling != wanted,
            lambda: "Levels near zero or too different for ratios: exposures were scaled by adding.",
        ),
    ]
    return tuple(sentence() for true, sentence in told if true)
