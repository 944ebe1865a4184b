"""Exposures without their sky, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.samples import Samples
from miri_widgets.core.sky.sky_images import SkyImages, filled
from miri_widgets.core.sky.threads import bands, in_parallel

__all__ = ["Subtraction"]

_UNUSABLE = np.uint32(1 << BITS["DO_NOT_USE"])
_FLAGS = np.uint32(1 << BITS["DO_NOT_USE"] | 1 << BITS["OTHER_BAD_PIXEL"])

Sky = tuple[NDArray[np.float32], NDArray[np.integer | np.bool_] | int]


class Subtraction:
    """
    Subtract skies from exposures, each when it is asked for.

    Parameters
    ----------
    exposures : sequence of ExposureArrays
        Not modified.
    targets : Samples
        Of these exposures.
    images : SkyImages
        The skies.
    apart : sequence of sequences of int, optional
        For each exposure, those that are not in its sky.
    note : str
        What HISTORY says.
    preserve : bool
        Whether the exposures keep their level.
    fill : bool
        Take absent sky from neighbours; else flag such pixels.

    Notes
    -----
    The sky of the next exposure is made while the caller is busy with this one: two skies are in memory.
    """

    def __init__(
        self,
        exposures: Sequence[ExposureArrays],
        targets: Samples,
        images: SkyImages,
        apart: Sequence[Sequence[int]] | None,
        note: str,
        *,
        preserve: bool,
        fill: bool,
    ) -> None:
        self._exposures = exposures
        self._targets = targets
        self._images = images
        self._apart = apart
        self._note = note
        self._preserve = preserve
        self._fill = fill
        self._thread = ThreadPoolExecutor(1)
        self._ahead: dict[int, Future[Sky]] = {}

    def __call__(self, index: int) -> ExposureArrays:
        """Return one exposure without its sky."""
        pending = self._ahead.pop(index, None) or self._thread.submit(self._sky, index)
        self._ahead.clear()
        planes = self._exposures[index]
        sky, left = pending.result()
        if index + 1 < len(self._exposures):
            self._ahead[index + 1] = self._thread.submit(self._sky, index + 1)
        absent = _absent(sky, planes)
        number = int(np.count_nonzero(absent))
        extra: Callable[[slice], NDArray[np.float32]] = partial(self._variance, left)
        if self._fill and number:
            sky, var = filled(sky, extra(slice(None)), absent)
            absent &= np.isnan(sky)
            extra = var.__getitem__
        result = self._subtracted(index, planes, sky, extra)
        flagged = int(np.count_nonzero(absent))
        if flagged:
            result.dq[absent] |= _FLAGS
        targets, out = self._targets, self._apart[index] if self._apart else ()
        own = {
            "level": float(targets.levels[index]),
            "start_mjd": planes.start_mjd,
            "noise": float(targets.noise[index]),
            "masked_fraction": float(targets.masked[index]),
            "filled_pixels": number - flagged,
            "flagged_pixels": flagged,
            "left_out": [targets.roots[one] for one in out if one != index],
        }
        note = f"{self._note}, level {own['level']:.5g} {planes.unit}, {targets.masked[index]:.1%} masked"
        return result.replace(facts={**planes.facts, "sky": own}, notes=(*planes.notes, note))

    def _sky(self, index: int) -> Sky:
        """Return the sky of the reference level for one exposure, new, and how many samples of each pixel it lacks."""
        left = 0 if self._apart is None else _offered(self._targets, self._apart[index])
        return self._images.of(index, self._targets), left

    def _variance(self, left: NDArray[np.integer | np.bool_] | int, rows: slice) -> NDArray[np.float32]:
        """Return rows of the variance of a sky that lacks so many samples; a new array."""
        return self._images.var_of(left if isinstance(left, int) else left[rows], rows)

    def _subtracted(
        self,
        index: int,
        planes: ExposureArrays,
        sky: NDArray[np.float32],
        variance: Callable[[slice], NDArray[np.float32]],
    ) -> ExposureArrays:
        """Take a sky away, and add its variance, given by rows; overwrites both."""
        factor, offset = self._targets.to_reference(float(self._targets.levels[index]))
        if self._preserve:
            offset = self._targets.reference
        dq, err = np.empty(planes.shape, np.uint32), np.empty(planes.shape, np.float32)
        rnoise = None if planes.var_rnoise is None else np.empty(planes.shape, np.float32)
        rows = bands(planes.shape[0])

        def part(band: int) -> None:
            sci, more = sky[rows[band]], variance(rows[band])
            sci -= np.float32(offset)
            sci *= np.float32(1 / factor)
            np.subtract(planes.sci[rows[band]], sci, out=sci, casting="same_kind")
            np.multiply(~np.isfinite(sci), _UNUSABLE, out=dq[rows[band]])
            dq[rows[band]] |= planes.dq[rows[band]].astype(np.uint32, copy=False)
            more *= np.float32(1 / factor**2)
            np.fmax(more, np.float32(0), out=more)  # NaN becomes 0
            own = err[rows[band]]
            np.square(planes.err[rows[band]], out=own, casting="same_kind")
            own += more
            np.sqrt(own, out=own)
            if rnoise is not None and planes.var_rnoise is not None:
                np.add(planes.var_rnoise[rows[band]], more, out=rnoise[rows[band]], casting="same_kind")

        in_parallel(part, len(rows))
        return planes.replace(sci=sky, err=err, dq=dq, var_rnoise=rnoise)


def _absent(sky: NDArray[np.float32], planes: ExposureArrays) -> NDArray[np.bool_]:
    """Return True where a usable pixel has no sky."""
    absent = np.empty(sky.shape, bool)
    rows = bands(len(sky))

    def part(band: int) -> None:
        own = absent[rows[band]]
        np.isnan(sky[rows[band]], out=own)
        # most bands have no such pixel, or few
        if own.any():
            own &= np.isfinite(planes.sci[rows[band]])
            own &= (planes.dq[rows[band]] & _UNUSABLE) == 0

    in_parallel(part, len(rows))
    return absent


def _offered(samples: Samples, exposures: Sequence[int]) -> NDArray[np.uint8 | np.bool_]:
    """Count the samples of each pixel that some exposures offer."""
    first, *rest = (samples.offers(one) for one in exposures)
    return np.sum([first, *rest], axis=0, dtype=np.uint8) if rest else first
