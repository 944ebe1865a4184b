"""What one exposure shows of the sky: which pixels count, what kind it is, where it points, how uneven it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region, mask_of
from miri_widgets.core.stacks.fast_masking import blank
from miri_widgets.errors import MixedExposuresError

__all__ = [
    "BOX",
    "FIRST_IMAGER_COLUMN",
    "MaskSettings",
    "centre",
    "kind_of",
    "pixel_arcsec",
    "require_like",
    "sky_values",
    "stated_noise",
    "structure",
]

FIRST_IMAGER_COLUMN = 360
"""0-based column of the full detector where the imager field begins; left of it are the coronagraphs."""


BOX = 32
"""Side, in pixels, of the boxes in which structure that moves over the detector is looked for."""


_NO_SKY = np.uint32(sum(1 << BITS[flag] for flag in ("DO_NOT_USE", "NON_SCIENCE", "REFERENCE_PIXEL")))


@dataclass(frozen=True)
class MaskSettings:
    """
    Which pixels of an exposure count as sky.

    Attributes
    ----------
    sources : bool
        Whether sources are found and masked.
    threshold, grow : float
        As of `miri_widgets.core.stacks.source_masks.source_mask`.
    rounds : int
        How often levels are measured and sources searched, each time on a better sky.
    above, delta : float, optional
        Values above this, and above the level by this, are no sky; unit of the exposures.
    regions : tuple of Region
        Pixels inside are no sky.
    together : bool
        Find sources on the coadd of the dithers, and take off extended light that moves with the sky; else on single
        exposures.
    """

    sources: bool = True
    threshold: float = 3.0
    grow: float = 2.0
    rounds: int = 2
    above: float | None = None
    delta: float | None = None
    regions: Sequence[Region] = ()
    together: bool = True


def sky_values(planes: ExposureArrays, settings: MaskSettings) -> NDArray[np.float32]:
    """
    Return the values of an exposure that can be sky, whatever sources may lie on them.

    Parameters
    ----------
    planes : ExposureArrays
        The exposure; not modified.
    settings : MaskSettings
        What counts as sky; sources are not looked for here.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        A copy; NaN where flags, regions or `settings.above` leave a pixel out.
    """
    leave = (planes.dq & _NO_SKY) != 0
    if settings.regions:
        leave |= mask_of(settings.regions, planes)
    values = np.array(planes.sci, np.float32)
    if settings.above is not None:
        with np.errstate(invalid="ignore"):
            leave |= values > settings.above
    leave |= ~np.isfinite(values)
    blank(values, leave)
    return values


def structure(residual: NDArray[np.floating], free: NDArray[np.bool_], sigma: float) -> float:
    """
    Return how uneven a residual is: the rms of its averages in boxes, in excess of the noise.

    Parameters
    ----------
    residual : ndarray of float, shape (ny, nx)
        Exposure minus sky, in means of 2 x 2 pixels.
    free : ndarray of bool, shape (ny, nx)
        Pixels without sources.
    sigma : float
        Standard deviation of a pixel of `residual`, in its unit; what is five times farther out does not count.

    Returns
    -------
    float
        In the unit of `residual`; 0 when no box of `BOX` pixels is at least half full.
    """
    side = BOX // 2
    ny, nx = residual.shape[0] // side * side, residual.shape[1] // side * side
    if not (ny and nx):
        return 0.0
    boxes = (ny // side, side, nx // side, side)
    rest = residual[:ny, :nx]
    with np.errstate(invalid="ignore"):
        kept = free[:ny, :nx] & (np.abs(rest) < 5 * max(sigma, 1e-30))
    count = (
        kept.reshape(boxes[0], side, nx)
        .sum(axis=1, dtype=np.uint16)
        .reshape(boxes[0], boxes[2], side)
        .sum(axis=2)
    )
    total = np.where(kept, rest, np.float32(0)).reshape(boxes[0], side, nx).sum(axis=1)
    total = total.reshape(boxes[0], boxes[2], side).sum(axis=2, dtype=np.float64)
    full = count >= side * side // 2
    if not full.any():
        return 0.0
    number = np.asarray(count[full], np.float64)
    mean = np.asarray(total[full]) / number
    return float(max(float(np.mean(mean**2) - np.mean(sigma**2 / number)), 0.0) ** 0.5)


def stated_noise(planes: ExposureArrays) -> float:
    """Return the median error of an exposure's pixels, some thousand of them; NaN when none is known."""
    some = planes.err[::17, ::13]
    some = some[np.isfinite(some) & (some > 0)]
    return float(np.median(some)) if some.size else float("nan")


def centre(planes: ExposureArrays) -> tuple[float, float]:
    """Return RA and Dec of the central pixel, degrees; NaN when not known."""
    if planes.to_sky is None:
        return float("nan"), float("nan")
    ny, nx = planes.shape
    ra, dec = planes.to_sky(np.array([(nx - 1) / 2]), np.array([(ny - 1) / 2]))
    return float(np.ravel(ra)[0]), float(np.ravel(dec)[0])


def pixel_arcsec(planes: ExposureArrays) -> float:
    """Side of the central pixel on the sky; NaN when not known."""
    if planes.to_sky is None:
        return float("nan")
    ny, nx = planes.shape
    x, y = np.array([nx / 2, nx / 2 + 1]), np.array([ny / 2, ny / 2])
    ra, dec = (np.asarray(part, float) for part in planes.to_sky(x, y))
    turn = ((ra[1] - ra[0] + 180) % 360 - 180) * np.cos(np.deg2rad(dec[0]))
    return float(3600 * np.hypot(turn, dec[1] - dec[0]))


def kind_of(planes: ExposureArrays) -> dict[str, Any]:
    """Return what exposures of one sky must have in common: shape, filter, unit and corner on the detector."""
    return {name: getattr(planes, name) for name in ("shape", "filter", "unit", "corner")}


def require_like(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Raise MixedExposuresError where exposures are of two kinds."""
    for name, value in one.items():
        if value != other[name]:
            raise MixedExposuresError(
                f"exposures of {name} {value} and {other[name]}",
                "one filter, one subarray and one unit: the sky is a picture of the detector",
                "leave the odd ones out",
            )
