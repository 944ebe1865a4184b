"""What a sky of the dithers will take from extended light, as a sentence before it is made."""

from __future__ import annotations

import math
from collections.abc import Sequence

from miri_widgets.core.sky.predicted_loss import faintest_found, offsets_on_the_sky, predicted_losses

__all__ = ["loss_note"]

_RADII = (3.0, 7.0, 15.0, 30.0)


def loss_note(
    ra: Sequence[float],
    dec: Sequence[float],
    *,
    fwhm_arcsec: float,
    fwhm_pixels: float,
    method: str = "self",
    leave_one_out: bool = True,
    min_separation: float = 1.5,
    mask_sources: bool = True,
    sources_from: str = "coadd",
    source_threshold: float | None = None,
) -> str:
    """
    Return what the sky step will take from extended light, by size; empty when the pointings do not tell.

    Parameters
    ----------
    ra, dec : sequence of float
        Where the exposures of one filter point, degrees.
    fwhm_arcsec, fwhm_pixels : float
        Width of the PSF.
    method, leave_one_out, min_separation, mask_sources, sources_from, source_threshold
        As for `miri_widgets.core.sky.dedicated_exposures.subtract_program_sky`.
    """
    if method == "background" or len(ra) < 2:
        return ""
    alone = method == "self" and leave_one_out
    losses = predicted_losses(
        offsets_on_the_sky(list(ra), list(dec)),
        radii=_RADII,
        leave_one_out=alone,
        separation=min_separation * fwhm_arcsec if alone else 0.0,
    )
    if not all(math.isfinite(loss.lost) for loss in losses):
        return ""
    sizes = ", ".join(f"{loss.half_light:.0f}" for loss in losses[:-1]) + f" and {losses[-1].half_light:.0f}"
    parts = ", ".join(f"{100 * max(loss.lost, 0):.0f}" for loss in losses[:-1])
    parts += f" and {100 * max(losses[-1].lost, 0):.0f} %"
    masked = ""
    if method == "self" and mask_sources and sources_from != "coadd":
        masked = "; sources are masked where single exposures show them"
    elif method == "self" and mask_sources:
        least = faintest_found(fwhm_pixels, len(ra), float(source_threshold or 4.0))
        masked = f"; what is brighter than {least:.2g} of the noise of a pixel is found on the sum of the dithers and masked"
    return (
        f"with these {len(ra)} pointings, extended light that is not masked loses {parts} at half-light radii "
        f"of {sizes} arcsec{masked}."
    )
