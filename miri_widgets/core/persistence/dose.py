"""How much charge a pixel collected in an exposure: what its after-images grow with, whether or not it saturated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["collected_dose"]


def collected_dose(
    groups: NDArray[np.number], first_saturated: NDArray[np.integer], full_well: NDArray[np.floating]
) -> NDArray[np.float32]:
    """
    Return what each pixel collects in one integration, in units of its full well, beyond what the sky gives.

    Parameters
    ----------
    groups : ndarray, shape (ngroups, ny, nx)
        A raw integration, DN. Not modified.
    first_saturated : ndarray of int, shape (ny, nx)
        First saturated group; `ngroups` or more where none is.
    full_well : ndarray of float, shape (ny, nx)
        Level at which pixels saturate, DN; NaN where it is not known.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The median of the unsaturated pixels subtracted. Above 1 for pixels that would have filled their well in less than
        the integration; NaN where nothing is known.

    Notes
    -----
    The slope of the groups before saturation, times the length of the integration, over the well that was left at its
    start. A pixel that saturates in its first group has at least twice as many wells as groups, in the second as many: such
    a dose is a lower limit. An even dose, as of a bright sky, leaves an even after-image, which is sky to everything that
    follows.

    Assumes straight ramps: near saturation the true dose is some percent higher.
    """
    number = len(groups)
    usable = np.minimum(first_saturated, number).astype(np.int64)
    start = groups[0].astype(np.float64)
    last = np.take_along_axis(groups, np.maximum(usable - 1, 0)[None], axis=0)[0].astype(np.float64)
    slope = (last - start) / np.maximum(usable - 1, 1)
    well = full_well - (start - slope)
    with np.errstate(divide="ignore", invalid="ignore"):
        dose = np.where(well > 0, slope * number / well, np.nan)
    dose = np.where(usable == 1, np.maximum(np.nan_to_num(dose), float(number)), dose)
    dose = np.where(usable == 0, 2.0 * number, dose)
    quiet = dose[(usable == number) & np.isfinite(dose)]
    sky = float(np.median(quiet)) if quiet.size else 0.0
    # a pixel that saturated collected its well, whatever the slope says
    dose = np.where(usable < number, np.fmax(dose, 1.0), dose)
    return (dose - max(sky, 0.0) * (usable == number)).astype(np.float32)
