"""From the sky to the pixels of an image, for world coordinates of any library."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from miri_widgets.core.inverse_wcs import InverseWcs
from miri_widgets.errors import InputError

__all__ = ["inverse_of"]

_DETECTOR = (1024, 1032)  # where a WCS does not know its array


def inverse_of(wcs: Any, shape: tuple[int, int] | None = None) -> InverseWcs | None:
    """
    Return the inverse of a WCS, which holds for positions far from the image, too.

    Parameters
    ----------
    wcs : object or None
        Of astropy or gwcs, with `pixel_to_world`; not changed later.
    shape : tuple of int, optional
        (ny, nx) of the image; by default what the WCS knows.

    Returns
    -------
    InverseWcs or None
        None without a WCS, and where the WCS gives no positions on the image.
    """
    if wcs is None:
        return None
    known = shape or getattr(wcs, "array_shape", None) or _DETECTOR
    size = int(known[0]), int(known[1])
    kept = _KEPT.setdefault(wcs, {})
    if size not in kept:
        try:
            kept[size] = InverseWcs(lambda x, y: _to_sky(wcs, x, y), size)
        except (InputError, ValueError, TypeError, AttributeError):  # of a spectrum, say
            kept[size] = None
    return kept[size]


_KEPT: weakref.WeakKeyDictionary[Any, dict[tuple[int, int], InverseWcs | None]] = weakref.WeakKeyDictionary()


def _to_sky(wcs: Any, x: Any, y: Any) -> tuple[Any, Any]:
    if hasattr(wcs, "bounding_box"):
        # gwcs knows nothing beyond its bounding box unless told so
        sky = wcs(x, y, with_bounding_box=False, with_units=True)
        sky = sky[0] if isinstance(sky, tuple) else sky
    else:
        sky = wcs.pixel_to_world(x, y)
    icrs = sky.icrs
    return np.asarray(icrs.ra.deg, float), np.asarray(icrs.dec.deg, float)
