"""What a simulated calibrated exposure consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ToSky

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["CalibratedTruth"]


@dataclass(frozen=True, eq=False)
class CalibratedTruth:
    """
    What one calibrated exposure consists of. Arrays of shape (ny, nx), MJy/sr; ``sci`` is the sum of all of them.

    Attributes
    ----------
    scene : ndarray of float32
        Sky without zodiacal light: sources and nebula, behind the coronagraphs weaker.
    nebula : ndarray of float32
        The part of the scene that is not in the catalogue.
    sky_level : float
        Level of the sky over the imager, drift included.
    sky_pattern : ndarray of float32
        Fixed on the detector: `sky_level` times gradient, glow, tree rings and coronagraph areas, and columns of the
        dark; mean 0 over the good pixels of the imager.
    stripes, pullupdown, persistence, warm_excess, plane : ndarray of float32
        Columns and rows; strips through very bright sources; after-images; excess of warm pixels; tilted plane.
    level_offset : float
        Step of the tile and the exposure.
    noise : ndarray of float32
        The noise that was drawn; 0 where it is not known: in pixels that are NaN.
    noise_sigma : ndarray of float32
        Its true standard deviation.
    warm : ndarray of bool
        Warm pixels.
    sources : Table
        ``id``, ``x``, ``y`` (0-based pixels of the window), ``flux`` [uJy], ``type``, ``ra``, ``dec``: sources inside.
    bright : ndarray of int, shape (n,)
        Rows of `sources` that pull columns and rows and leave after-images.
    to_sky, to_pixel : callable
        The true WCS; that of the exposure differs when "pointing_error" is on.
    pointing_error : tuple of float
        True minus header position, (dRA cos Dec, dDec) in arcsec.
    """

    scene: NDArray[np.float32]
    nebula: NDArray[np.float32]
    sky_level: float
    sky_pattern: NDArray[np.float32]
    stripes: NDArray[np.float32]
    pullupdown: NDArray[np.float32]
    persistence: NDArray[np.float32]
    warm_excess: NDArray[np.float32]
    plane: NDArray[np.float32]
    level_offset: float
    noise: NDArray[np.float32]
    noise_sigma: NDArray[np.float32]
    warm: NDArray[np.bool_]
    sources: Table
    bright: NDArray[np.intp]
    to_sky: ToSky
    to_pixel: ToSky
    pointing_error: tuple[float, float]

    @property
    def noiseless(self) -> NDArray[np.float32]:
        """Everything but the noise."""
        return self.scene + self.background

    @property
    def background(self) -> NDArray[np.float32]:
        """Everything but scene and noise: what a perfect correction takes away."""
        added = self.sky_pattern + self.stripes + self.pullupdown + self.persistence + self.warm_excess
        return added + self.plane + np.float32(self.sky_level + self.level_offset)
