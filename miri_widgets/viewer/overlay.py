"""A mask as a coloured picture at any scale: no marked pixel vanishes when many share a screen pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MaskPicture"]


class MaskPicture:
    """
    Colours for the pixels of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (ny, nx)
        True where a pixel is coloured. Not modified.
    color : str
        Colour as ``#rrggbb``.
    opacity : float
        Between 0 and 1.
    """

    def __init__(self, mask: NDArray[np.bool_], color: str, opacity: float) -> None:
        self.shape = mask.shape
        # summed once, so that the count in any rectangle follows from its corners
        self._sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int32)
        np.cumsum(np.cumsum(mask, axis=0, dtype=np.int32), axis=1, out=self._sums[1:, 1:])
        red, green, blue = bytes.fromhex(color.removeprefix("#"))
        self._rgba = np.array([red, green, blue, round(255 * opacity)], dtype=np.uint8)

    def cells(self, bounds: list[tuple[float, float, int]]) -> NDArray[np.uint8]:
        """
        Return the picture of a rectangle.

        Parameters
        ----------
        bounds : list of (low, high, count)
            For y, then x: edges in 0-based pixels, and the number of cells between them.

        Returns
        -------
        ndarray of uint8, shape (county, countx, 4)
            Red, green, blue and opacity; transparent where no pixel of a cell is marked.
        """
        (y0, y1), (x0, x1) = (_edges(*bound, size) for bound, size in zip(bounds, self.shape, strict=True))
        sums = self._sums
        count = sums[y1][:, x1] - sums[y0][:, x1] - sums[y1][:, x0] + sums[y0][:, x0]
        picture = np.zeros((*count.shape, 4), dtype=np.uint8)
        picture[count > 0] = self._rgba
        return picture


def _edges(low: float, high: float, count: int, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first pixel of each cell and the pixel after its last; a cell within a pixel gets that pixel."""
    edges = np.floor(np.linspace(low, high, count + 1) + 0.5).astype(int)
    first, after = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    return np.clip(first, 0, size), np.clip(after, 0, size)
