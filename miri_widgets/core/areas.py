"""Areas of the MIRI imager's detector: the imager field, the Lyot and 4QPM coronagraphs, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import CorrectionResult, ExposureArrays, Lazy
from miri_widgets.errors import InputError, ParameterError

__all__ = ["AREAS", "IMAGER_COLUMN", "area_of", "imager_area", "mask_areas"]

IMAGER_COLUMN = 360
"""First column of the imager field on the full detector, 0-based: SIAF, aperture MIRIM_ILLUM."""

_COLUMNS = 1032
_REFERENCE = 4
_WINDOWS: Mapping[str, tuple[slice, slice]] = {
    "lyot": (slice(716, 1024), slice(_REFERENCE, 320)),
    "4qpm_1550": (slice(466, 690), slice(_REFERENCE, 288)),
    "4qpm_1140": (slice(244, 468), slice(_REFERENCE, 288)),
    "4qpm_1065": (slice(18, 242), slice(_REFERENCE, 288)),
}
AREAS = ("imager", *_WINDOWS, "support", "reference")
"""Names of the areas; each pixel lies in one of them. "support" is what is left beside the coronagraphs' windows."""

_FLAGS = np.uint32(1 << BITS["DO_NOT_USE"] | 1 << BITS["NON_SCIENCE"])


def area_of(
    shape: tuple[int, int], corner: tuple[int, int] = (0, 0), *, first_column: int = IMAGER_COLUMN
) -> dict[str, NDArray[np.bool_]]:
    """
    Tell where the areas of the detector lie in an exposure.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx) of the exposure.
    corner : tuple of int
        (x, y) of its first pixel on the full detector, 0-based.
    first_column : int
        Where the imager field begins on the full detector, 0-based.

    Returns
    -------
    dict of str to ndarray of bool, shape (ny, nx)
        For each name of `AREAS`, in that order; every pixel is True in exactly one.

    Notes
    -----
    The windows of the coronagraphs are the subarrays MASKLYOT, MASK1550, MASK1140 and MASK1065; that of the Lyot
    coronagraph reaches to the last row.

    References
    ----------
    MIRI subarray definitions and SIAF; JWST documentation, "MIRI Coronagraphic Imaging".
    """
    x = corner[0] + np.arange(shape[1])[np.newaxis, :]
    y = corner[1] + np.arange(shape[0])[:, np.newaxis]
    everywhere = np.ones(shape, bool)
    free = everywhere & (x >= _REFERENCE) & (x < _COLUMNS - _REFERENCE)
    areas = {"imager": free & (x >= first_column)}
    left = free & (x < first_column)
    for name, (rows, columns) in _WINDOWS.items():
        inside = left & (y >= rows.start) & (y < rows.stop) & (x >= columns.start) & (x < columns.stop)
        areas[name] = inside
        left &= ~inside
    return areas | {"support": left, "reference": ~free}


def imager_area(shape: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> NDArray[np.bool_]:
    """
    Return True where an exposure sees the imager field, shape (ny, nx); arguments as in `area_of`.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    corner : tuple of int
        (x, y) of the first pixel on the detector.
    """
    return area_of(shape, corner)["imager"]


def mask_areas(
    exposures: Sequence[ExposureArrays], *, lyot: bool = True, coronagraphs: bool = True, margin: int = 0
) -> CorrectionResult:
    """
    Flag the Lyot and 4QPM areas, so that the mosaic holds the imager field alone.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Any of the imager's subarrays. Not modified.
    lyot : bool
        Flag the Lyot area. It sees the sky, weaker and with stray light of its own.
    coronagraphs : bool
        Flag the areas of the three four-quadrant phase masks.
    margin : int
        Columns by which the areas grow into the imager field; negative: by which they shrink.

    Returns
    -------
    CorrectionResult
        The same pixels; DQ gains DO_NOT_USE and NON_SCIENCE. Fact ``areas`` of each exposure: ``pixels`` in the
        flagged areas, those ``newly`` flagged, and ``usable`` before and after.

    Raises
    ------
    InputError
        If nothing of an exposure would remain, as with SUB64 and SUB128, which lie in the Lyot area.
    ParameterError
        If `margin` is out of bounds.

    Notes
    -----
    The supports beside the coronagraphs, which see no sky, are flagged with either of them.

    References
    ----------
    The MIRI imaging reductions that flag these areas by hand, as ``dq[700:, :310]``.
    """
    if not -60 <= margin <= 200:
        raise ParameterError(f"margin = {margin!r}", "-60 to 200 columns", "correct the parameter")
    flag = partial(_flagged, lyot=lyot, coronagraphs=coronagraphs, margin=margin)
    warnings: tuple[str, ...] = ()
    if not (lyot or coronagraphs):
        warnings = ("Neither the Lyot area nor the coronagraphs are to be flagged: nothing is done.",)
    for exposure in exposures:
        _require_rest(exposure, lyot, coronagraphs, margin)
    facts = {"lyot": bool(lyot), "coronagraphs": bool(coronagraphs), "margin": int(margin)}
    return CorrectionResult(Lazy.mapped(flag, exposures), facts, {}, warnings)


def _chosen(exposure: ExposureArrays, lyot: bool, coronagraphs: bool, margin: int) -> NDArray[np.bool_]:
    """The areas to flag; reference pixels do not count."""
    areas = area_of(exposure.shape, exposure.corner, first_column=IMAGER_COLUMN + margin)
    wanted = {"lyot": lyot, "support": lyot or coronagraphs, "imager": False, "reference": False}
    chosen = np.zeros(exposure.shape, bool)
    for name, area in areas.items():
        if wanted.get(name, coronagraphs):
            chosen |= area
    return chosen


def _require_rest(exposure: ExposureArrays, lyot: bool, coronagraphs: bool, margin: int) -> None:
    areas = area_of(exposure.shape, exposure.corner)
    chosen = _chosen(exposure, lyot, coronagraphs, margin)
    if chosen.any() and not (~chosen & ~areas["support"] & ~areas["reference"]).any():
        name, (ny, nx) = exposure.root or "an exposure", exposure.shape
        raise InputError(
            f"{name} of {nx} x {ny} pixels lies in the areas to flag",
            "an exposure of which something remains",
            "leave this step out for SUB64, SUB128 and coronagraphic subarrays",
        )


def _flagged(exposure: ExposureArrays, *, lyot: bool, coronagraphs: bool, margin: int) -> ExposureArrays:
    chosen = _chosen(exposure, lyot, coronagraphs, margin)
    dq = exposure.dq | np.where(chosen, _FLAGS, np.uint32(0))
    good = exposure.good
    before, after = int(good.sum()), int((good & ~chosen).sum())
    own: dict[str, Any] = {
        "pixels": int(np.count_nonzero(chosen)),
        "newly": before - after,
        "usable_before": before,
        "usable_after": after,
    }
    names = " and ".join(
        name for name, on in (("Lyot area", lyot), ("4QPM coronagraphs", coronagraphs)) if on
    )
    note = f"flagged {own['pixels']} pixels of {names or 'no area'}, margin {margin}, {own['newly']} newly"
    return exposure.replace(dq=dq, facts={**exposure.facts, "areas": own}, notes=(*exposure.notes, note))
