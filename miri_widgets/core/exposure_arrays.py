"""
One calibrated exposure as arrays, and what a correction makes of several: the common form of all our corrections.

A correction is a function of this form::

    def correct(exposures: Sequence[ExposureArrays], *, clip: float = 3.0, ...) -> CorrectionResult

Its keyword arguments are the parameters that the user sees, by the same names. Pipeline steps and live previews
call the same function, so that a preview shows the pixels that a run gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import has
from miri_widgets.core.inverse_wcs import InverseWcs, inverse_wcs
from miri_widgets.errors import ParameterError

__all__ = ["CorrectionResult", "ExposureArrays", "Lazy"]

ToSky = Callable[[Any, Any], tuple[NDArray[np.floating], NDArray[np.floating]]]


@dataclass(frozen=True, eq=False)
class ExposureArrays:
    """
    The arrays of one exposure, and the few facts that corrections need. Never modified: see `replace`.

    Attributes
    ----------
    sci, err : ndarray of float32, shape (ny, nx)
        Signal and its standard deviation, in `unit`; NaN where unusable.
    dq : ndarray of uint32, shape (ny, nx)
        Flags, as in `miri_widgets.core.dq`.
    var_poisson, var_rnoise, var_flat : ndarray of float32, shape (ny, nx), optional
        Variances whose sum is the square of `err`.
    root : str
        The exposure's name without suffix.
    filter : str
        Filter.
    unit : str
        Of `sci`: "MJy/sr" or "DN/s".
    start_mjd, end_mjd : float
        Start and end, MJD UTC.
    fwhm : float
        FWHM of the PSF, pixels.
    corner : tuple of int
        (x, y) of the first pixel on the full detector, 0-based: (0, 0) for FULL.
    to_sky : callable, optional
        (x, y) in 0-based pixels to (ra, dec) in degrees, ICRS; arrays of one shape.
    to_pixel : callable, optional
        Its inverse, best an `InverseWcs`; corrections take `inverse` instead, which holds for positions far from the
        exposure, too.
    facts : mapping
        Small numbers about what a correction did to this exposure, for its record.
    notes : tuple of str
        Lines for its HISTORY.
    """

    sci: NDArray[np.float32]
    err: NDArray[np.float32]
    dq: NDArray[np.uint32]
    root: str = ""
    filter: str = ""
    unit: str = "MJy/sr"
    start_mjd: float = 0.0
    end_mjd: float = 0.0
    fwhm: float = 2.5
    corner: tuple[int, int] = (0, 0)
    to_sky: ToSky | None = None
    to_pixel: ToSky | None = None
    var_poisson: NDArray[np.float32] | None = None
    var_rnoise: NDArray[np.float32] | None = None
    var_flat: NDArray[np.float32] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def time_order(self) -> float:
        """Start for sorting: exposures without a date come last."""
        return self.start_mjd if math.isfinite(self.start_mjd) else math.inf

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        ny, nx = self.sci.shape
        return ny, nx

    @property
    def good(self) -> NDArray[np.bool_]:
        """True where a pixel is finite and not flagged DO_NOT_USE; a new array."""
        return np.isfinite(self.sci) & ~has(self.dq, "DO_NOT_USE")

    def inverse(self, purpose: str = "positions on the sky") -> InverseWcs:
        """
        Return the way from the sky to the exposure's pixels.

        Parameters
        ----------
        purpose : str
            What needs it, for the sentence.

        Raises
        ------
        ParameterError
            If the exposure has no WCS.
        """
        if isinstance(self.to_pixel, InverseWcs) and self.to_pixel.shape == self.shape:
            return self.to_pixel
        if self.to_sky is None or self.to_pixel is None:
            raise ParameterError(
                f"{purpose}, but {self.root or 'the exposure'} has no WCS",
                "exposures with a WCS (cal), or regions in image pixels",
                "run image2 first, or save the regions in image coordinates",
            )
        return inverse_wcs(self.to_sky, self.shape)

    def replace(self, **changes: Any) -> ExposureArrays:
        """
        Return the same exposure with some attributes replaced.

        Parameters
        ----------
        **changes : object
            New values by name of the attribute.
        """
        return replace(self, **changes)


class Lazy(Sequence[ExposureArrays]):
    """
    Exposures that are made when they are asked for, one at a time, and not kept.

    Parameters
    ----------
    count : int
        How many.
    make : callable
        Index to `ExposureArrays`; may be called in any order and again, and must give the same each time.
    """

    def __init__(self, count: int, make: Callable[[int], ExposureArrays]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._make(index % self._count)

    def __iter__(self) -> Iterator[ExposureArrays]:
        return (self._make(index) for index in range(self._count))

    @classmethod
    def mapped(
        cls, function: Callable[[ExposureArrays], ExposureArrays], exposures: Sequence[ExposureArrays]
    ) -> Lazy:
        """
        Return the exposures with a function applied to each when it is asked for.

        Parameters
        ----------
        function : callable
            Maps an exposure to a new one; must not modify its argument.
        exposures : sequence of ExposureArrays
            The exposures.
        """
        return cls(len(exposures), partial(_apply, function, exposures))


def _apply(
    function: Callable[[ExposureArrays], ExposureArrays], exposures: Sequence[ExposureArrays], index: int
) -> ExposureArrays:
    return function(exposures[index])


@dataclass(frozen=True, eq=False)
class CorrectionResult:
    """
    What a correction made.

    Attributes
    ----------
    exposures : sequence of ExposureArrays
        The corrected exposures, in the order of the inputs; often `Lazy`. Each carries its own facts and notes.
    facts : mapping
        Small numbers about all exposures together, for the record; plain JSON values.
    images : mapping of str to ndarray, shape (ny, nx)
        Images that are products of their own, such as ``sky``, ``sky_err`` and ``sky_count``.
    warnings : tuple of str
        Sentences: what the user must know before believing the result.
    """

    exposures: Sequence[ExposureArrays]
    facts: Mapping[str, Any] = field(default_factory=dict)
    images: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
