"""Noise and flags of a slope image: what a ramp fit makes of a noiseless calibrated image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.simulation.detector import DETECTOR, DQ, coronagraph_areas, detector_maps

__all__ = ["Readout"]

_SATURATED = 2


@dataclass(frozen=True)
class Readout:
    """
    The ramps behind a calibrated image.

    Attributes
    ----------
    photmjsr : float
        MJy/sr per DN/s.
    frame_time : float
        Seconds; one frame per group.
    ngroups, nints : int
        Groups per integration and integrations.
    """

    photmjsr: float
    frame_time: float
    ngroups: int
    nints: int

    def groups(self, image: NDArray[np.floating]) -> NDArray[np.float64]:
        """
        Return how many groups of each pixel are not saturated, `ngroups` at most; `image` in MJy/sr.

        Parameters
        ----------
        image : ndarray
            Sky, MJy/sr, shape (ny, nx).
        """
        full = DETECTOR.full_well / (self._rate(image) * self.frame_time)
        return np.clip(np.floor(full), 0, self.ngroups).astype(float)

    def variances(
        self, image: NDArray[np.floating], groups: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """
        Return the variances by photons and by reads, (MJy/sr)**2.

        Parameters
        ----------
        image : ndarray
            Sky, MJy/sr, shape (ny, nx).
        groups : ndarray
            Number of unsaturated groups of each pixel, shape (ny, nx).

        Notes
        -----
        As the ramp fit of the pipeline estimates them: rate / (gain time) and
        12 read_noise**2 / (n**3 - n) / group_time**2, divided by the number of integrations.
        """
        n = np.maximum(groups, 2)
        poisson = self._rate(image) / (DETECTOR.gain * self.frame_time * (n - 1) * self.nints)
        rnoise = 12 * DETECTOR.read_noise**2 / ((n**3 - n) * self.frame_time**2 * self.nints)
        return poisson * self.photmjsr**2, rnoise * self.photmjsr**2

    def flags(
        self,
        groups: NDArray[np.float64],
        window: tuple[slice, slice],
        *,
        bad_pixels: bool = True,
        coronagraphs: bool = True,
    ) -> NDArray[np.uint32]:
        """
        Return the flags of an image, shape (ny, nx).

        Parameters
        ----------
        groups : ndarray of float, shape (ny, nx)
            From `groups`.
        window : tuple of slice
            Slices (rows, columns) that cut the image out of a full frame.
        bad_pixels, coronagraphs : bool
            Whether to flag dead, hot and noisy pixels, and the parts behind the coronagraphs.
        """
        dq = np.where(groups < self.ngroups, np.uint32(_SATURATED), np.uint32(0))
        dq[groups < 2] |= DQ["DO_NOT_USE"]
        maps = detector_maps()
        if bad_pixels:
            dq |= maps.dq[window]
        dq[maps.reference[window]] |= DQ["REFERENCE_PIXEL"] | DQ["DO_NOT_USE"] | DQ["NON_SCIENCE"]
        if coronagraphs:
            dq |= coronagraph_areas()[2][window]
        return dq

    def _rate(self, image: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.clip(image.astype(float) / self.photmjsr, 0, None) + DETECTOR.dark_current
