"""How the pixels of two images differ, in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import count_by_flag, has
from miri_widgets.core.levels.exposure_level import robust_sigma

__all__ = ["PixelDifference", "pixel_difference"]


@dataclass(frozen=True)
class PixelDifference:
    """
    What the second of two images has that the first has not.

    Attributes
    ----------
    compared : int
        Pixels that both can be used in: finite, without DO_NOT_USE.
    changed : int
        Those of them whose values differ.
    median, sigma : float
        Of second minus first over the pixels that both can be used in; sigma is robust. NaN when there are none.
    largest : float
        Largest absolute difference.
    lost, won : int
        Pixels that can be used in the first only, and in the second only.
    gained, dropped : mapping of str to int
        How many pixels carry a flag in the second only, and in the first only.
    """

    compared: int
    changed: int
    median: float
    sigma: float
    largest: float
    lost: int = 0
    won: int = 0
    gained: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def none(self) -> bool:
        """Whether the two are the same."""
        return not (self.changed or self.lost or self.won or self.gained or self.dropped)


def pixel_difference(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    first_dq: NDArray[np.integer] | None = None,
    second_dq: NDArray[np.integer] | None = None,
) -> tuple[NDArray[np.float32], PixelDifference]:
    """
    Compare two images.

    Parameters
    ----------
    first, second : ndarray of float, one shape
        One unit. Not modified.
    first_dq, second_dq : ndarray of int, the same shape, optional
        Their flags; none where a product has no DQ.

    Returns
    -------
    ndarray of float32, the shape of `first`
        Second minus first; NaN where either must not be used.
    PixelDifference
        The same in numbers.
    """
    none = np.zeros(first.shape, np.uint32)
    flags = [none if dq is None else dq.astype(np.uint32) for dq in (first_dq, second_dq)]
    usable = [
        np.isfinite(image) & ~has(dq, "DO_NOT_USE") for image, dq in zip((first, second), flags, strict=True)
    ]
    both = usable[0] & usable[1]
    difference = np.full(first.shape, np.nan, np.float32)
    difference[both] = second[both].astype(np.float64) - first[both]
    values = difference[both]
    middle = float(np.median(values)) if values.size else float("nan")
    return difference, PixelDifference(
        compared=int(values.size),
        changed=int(np.count_nonzero(values)),
        median=middle,
        sigma=float(robust_sigma(values, middle)) if values.size else float("nan"),
        largest=float(np.abs(values).max()) if values.size else float("nan"),
        lost=int((usable[0] & ~usable[1]).sum()),
        won=int((usable[1] & ~usable[0]).sum()),
        gained=count_by_flag(flags[1] & ~flags[0]),
        dropped=count_by_flag(flags[0] & ~flags[1]),
    )
