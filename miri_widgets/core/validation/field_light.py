"""The field's own extended light, sent through a correction once more: what of it survives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.moving_light import light_rows
from miri_widgets.core.sky.moving_structure import SkyPicture
from miri_widgets.core.validation.residual_structure import boxes_of

__all__ = ["FieldLight", "light_products"]

SHARE = 0.5
"""Part of the field's light that is added once more: enough to be measured, too little to change what is found."""


@dataclass(frozen=True, eq=False)
class FieldLight:
    """
    Light of the field that is added to copies of the exposures, where it is.

    Attributes
    ----------
    picture : SkyPicture
        What moves with the sky.
    side : int
        Side of its boxes, pixels.
    """

    picture: SkyPicture
    side: int

    def image(self, index: int, arrays: ExposureArrays) -> NDArray[np.float32]:
        """
        Return what is added to an exposure, in its unit; shape (ny, nx).

        Parameters
        ----------
        index : int
            Number of the exposure among all; the light is the same in each.
        arrays : ExposureArrays
            That exposure, which must have a WCS; its shape is used.
        """
        assert arrays.to_sky is not None
        my, mx = (length // self.side + 1 for length in arrays.shape)
        row, column = np.indices((my, mx))
        middle = (self.side - 1) / 2
        ra, dec = arrays.to_sky(column * self.side + middle, row * self.side + middle)
        boxes = np.nan_to_num(SHARE * self.picture.at(np.asarray(ra, float), np.asarray(dec, float)))
        ny, nx = arrays.shape
        return light_rows(boxes.astype(np.float32), self.side, 1, slice(0, ny), nx)


def light_products(
    use: NDArray[np.bool_], added: NDArray[np.floating], change: NDArray[np.floating], side: int
) -> tuple[float, float]:
    """
    Return the products of which the lost part of some light is made: with what was lost, and with itself.

    Parameters
    ----------
    use : ndarray of bool, shape (ny, nx)
        Pixels that count.
    added, change : ndarray of float, shape (ny, nx)
        What was added, and how the corrected exposure differs for it.
    side : int
        Side of the boxes over which both are averaged, pixels.
    """
    with np.errstate(invalid="ignore"):
        gave, left = (boxes_of(np.where(use, image, np.nan), side).value for image in (added, change))
    known = np.isfinite(gave) & np.isfinite(left)
    if known.sum() < 12:
        return 0.0, 0.0
    light = gave[known] - gave[known].mean()
    return float((light * (gave - left)[known]).sum()), float((light * light).sum())
