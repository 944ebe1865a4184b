"""Extended light that a sky made of the dithers themselves will lose, said before the run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from miri_widgets.core.sky.predicted_loss import faintest_found, offsets_on_the_sky, predicted_losses
from miri_widgets.products.exposure import PSF_FWHM_ARCSEC, Exposure, psf_fwhm_pixels

__all__ = ["lost_light_note"]

_RADII = (3.0, 7.0, 15.0, 30.0)


def lost_light_note(exposures: Sequence[Exposure], settings: Mapping[str, Any]) -> str:
    """
    Return what the sky step will take from extended light, by size; empty when the pointings do not tell.

    Parameters
    ----------
    exposures : sequence of Exposure
        Of loss filter.
    settings : mapping
        What is chosen for the step; what is not there has its default.
    """
    method = settings.get("method", "self")
    known = [exposure for exposure in exposures if math.isfinite(exposure.ra) and math.isfinite(exposure.dec)]
    if method == "background" or len(known) < 2 or any(exposure.is_moving for exposure in exposures):
        return ""
    name = known[0].filter
    alone = method == "self" and bool(settings.get("leave_one_out", True))
    separation = float(settings.get("min_separation", 1.5)) * PSF_FWHM_ARCSEC.get(name, 0.0) if alone else 0.0
    losses = predicted_losses(
        offsets_on_the_sky([exposure.ra for exposure in known], [exposure.dec for exposure in known]),
        radii=_RADII,
        leave_one_out=alone,
        separation=separation,
    )
    if not all(math.isfinite(loss.lost) for loss in losses):
        return ""
    sizes = ", ".join(f"{loss.half_light:.0f}" for loss in losses[:-1]) + f" and {losses[-1].half_light:.0f}"
    parts = ", ".join(f"{100 * max(loss.lost, 0):.0f}" for loss in losses[:-1])
    parts += f" and {100 * max(losses[-1].lost, 0):.0f} %"
    return (
        f"{name}: with these {len(known)} pointings, extended light that is not masked loses {parts} at half-light radii "
        f"of {sizes} arcsec{_masked_part(name, len(known), settings)}."
    )


def _masked_part(name: str, count: int, settings: Mapping[str, Any]) -> str:
    """What is masked, and so is not lost."""
    if settings.get("method", "self") != "self" or not settings.get("mask_sources", True):
        return ""
    if settings.get("sources_from", "coadd") != "coadd":
        return "; sources are masked where single exposures show them"
    least = faintest_found(psf_fwhm_pixels(name), count, float(settings.get("source_threshold") or 4.0))
    return f"; what is brighter than {least:.2g} of the noise of a pixel is found on the sum of the dithers and masked"
