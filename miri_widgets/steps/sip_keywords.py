"""SIP keywords that follow a gWCS to a stated accuracy."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from jwst.assign_wcs.util import update_fits_wcsinfo
from numpy.typing import NDArray

from miri_widgets.core.tangent_plane import to_plane

__all__ = ["SIP_DEGREES", "SIP_LIMIT_MAS", "SipFit", "check_points", "fit_sip", "sip_error_mas"]

SIP_LIMIT_MAS = 0.1
"""A thousandth of a pixel: a tenth of what star positions are good for."""

SIP_DEGREES = (4, 5, 6, 7)
_POINTS = 32
# a thousandth of the usual accuracy of the inverse, in pixels
_INVERSE_PIX = 1e-3

log = logging.getLogger(f"stpipe.{__name__}")


@dataclass(frozen=True)
class SipFit:
    """
    How well SIP keywords follow the gWCS.

    Attributes
    ----------
    degree : int
        Degree of the polynomials.
    error_mas : float
        Largest distance at `check_points`, mas.
    """

    degree: int
    error_mas: float


def fit_sip(model: Any, limit_mas: float = SIP_LIMIT_MAS) -> SipFit:
    """
    Write the SIP keywords anew, of the lowest degree that is good enough, or of the best.

    Parameters
    ----------
    model : stdatamodels.jwst.datamodels.ImageModel
        Modified: ``meta.wcsinfo``.
    limit_mas : float
        Largest distance from the gWCS at `check_points`, mas.

    Returns
    -------
    SipFit
        What was reached. A warning is logged when it is more than `limit_mas`.
    """
    best: SipFit | None = None
    tried: dict[int, dict[str, Any]] = {}
    for degree in SIP_DEGREES:
        try:
            with warnings.catch_warnings():
                # its normal equations are badly scaled, and solved well enough: the error is measured below
                warnings.simplefilter("ignore")
                update_fits_wcsinfo(
                    model,
                    degree=degree,
                    inv_degree=degree,
                    max_inv_pix_error=_INVERSE_PIX,
                    npoints=_POINTS,
                )
        except (ValueError, RuntimeError):
            continue
        tried[degree] = dict(model.meta.wcsinfo.instance)
        fit = SipFit(degree, sip_error_mas(model))
        if best is None or fit.error_mas < best.error_mas:
            best = fit
        if fit.error_mas <= limit_mas:
            return fit
    if best is None:
        log.warning("%s: no SIP keywords could be fitted; use the gWCS", model.meta.filename)
        return SipFit(0, float("nan"))
    info = model.meta.wcsinfo.instance
    info.clear()
    info.update(tried[best.degree])
    log.warning(
        "%s: SIP keywords of degree %d leave %.2f mas to the gWCS; programs that read FITS keywords see that much",
        model.meta.filename,
        best.degree,
        best.error_mas,
    )
    return best


def check_points(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return 0-based pixels (x, y) of the four corners and of nine inner points of an array (ny, nx).

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    """
    ny, nx = shape
    inner_x, inner_y = np.meshgrid(
        (nx - 1) * np.array([0.25, 0.5, 0.75]), (ny - 1) * np.array([0.25, 0.5, 0.75])
    )
    x = np.concatenate([[0, nx - 1, 0, nx - 1], inner_x.ravel()])
    y = np.concatenate([[0, 0, ny - 1, ny - 1], inner_y.ravel()])
    return x.astype(float), y.astype(float)


def sip_error_mas(model: Any) -> float:
    """
    Return the largest distance between gWCS and SIP keywords at `check_points`, mas.

    Parameters
    ----------
    model : object
        The data model.
    """
    x, y = check_points(model.data.shape)
    ra, dec = model.meta.wcs(x, y, with_bounding_box=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ra_sip, dec_sip = WCS(_header(model)).all_pix2world(x, y, 0)
    centre = (float(ra[0]), float(dec[0]))
    east, north = np.subtract(to_plane(ra_sip, dec_sip, centre), to_plane(ra, dec, centre))
    return float(np.hypot(east, north).max() * 1000)


def _header(model: Any) -> fits.Header:
    """Return the WCS keywords as they will be written."""
    header = fits.Header()
    for key, value in model.meta.wcsinfo.instance.items():
        if isinstance(value, bool | int | float | str) and len(key) <= 8:
            header[key.upper()] = value
    return header
