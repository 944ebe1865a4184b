"""Read an exposure's file as `ExposureArrays`, without the pipeline: for previews in the user's own process."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS
from numpy.typing import NDArray

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.inverse_wcs import deferred_inverse
from miri_widgets.errors import NotJwstError
from miri_widgets.products.brightness_units import unit_name
from miri_widgets.products.dates import exposure_times
from miri_widgets.products.exposure import psf_fwhm_pixels
from miri_widgets.products.fits_reader import read_headers, shown_name
from miri_widgets.products.names import root_of

__all__ = ["read_cube", "read_exposure_arrays", "read_footprint"]

_VARIANCES = {"var_poisson": "VAR_POISSON", "var_rnoise": "VAR_RNOISE", "var_flat": "VAR_FLAT"}


def read_exposure_arrays(path: Path) -> ExposureArrays:
    """
    Read a rate or cal exposure.

    Parameters
    ----------
    path : Path
        A FITS product with SCI, ERR and DQ of one plane.

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError, NotJwstError, WrongSuffixError
        If the file is something else.

    Notes
    -----
    Sky positions come from the FITS keywords with their SIP polynomials, which follow the gWCS to 0.01 pixel.
    """
    path = Path(path)
    read_headers(path)  # refuses what is damaged or too large
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        with fits.open(path) as hdus:
            missing = [name for name in ("SCI", "ERR", "DQ") if name not in hdus or hdus[name].data is None]
            if missing or hdus["SCI"].data.ndim != 2:
                raise NotJwstError(
                    f"{shown_name(path)} has no plane of {', '.join(missing) or 'two axes'}",
                    "a rate or cal product",
                    "choose another file",
                )
            primary, sci = hdus[0].header, hdus["SCI"].header
            band = str(primary.get("FILTER", ""))
            to_sky, to_pixel = _sky(sci)
            variances: dict[str, Any] = {
                name: _array(hdus[extension].data, np.float32)
                for name, extension in _VARIANCES.items()
                if extension in hdus and hdus[extension].data is not None
            }
            return ExposureArrays(
                sci=_array(hdus["SCI"].data, np.float32),
                err=_array(hdus["ERR"].data, np.float32),
                dq=_array(hdus["DQ"].data, np.uint32),
                root=root_of(path),
                filter=band,
                unit=unit_name(sci),
                start_mjd=exposure_times(primary)[0],
                end_mjd=exposure_times(primary)[1],
                fwhm=psf_fwhm_pixels(band),
                # FITS counts from 1
                corner=(int(primary.get("SUBSTRT1", 1)) - 1, int(primary.get("SUBSTRT2", 1)) - 1),
                to_sky=to_sky,
                to_pixel=to_pixel,
                **variances,
            )


def read_footprint(path: Path) -> ExposureArrays:
    """
    Return where an image lies on the sky, without its pixels: an exposure of one NaN with the image's WCS.

    Parameters
    ----------
    path : Path
        Any product with a SCI extension and a celestial WCS in its FITS keywords, mosaics included.

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError
        If the file cannot be read.
    """
    headers = read_headers(Path(path))
    sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        to_sky, to_pixel = _sky(sci)
    nothing = np.full((1, 1), np.nan, np.float32)
    flags = np.ones((1, 1), np.uint32)
    name = root_of(path)
    return ExposureArrays(sci=nothing, err=nothing, dq=flags, root=name, to_sky=to_sky, to_pixel=to_pixel)


def read_cube(path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint32]]:
    """
    Read the rates of integrations.

    Parameters
    ----------
    path : Path
        The rateints product.

    Returns
    -------
    tuple of ndarray
        SCI, ERR and DQ, each of shape (nints, ny, nx).

    Raises
    ------
    NotFitsError, MissingFileError, TooLargeError, NotJwstError
        If the file is something else.
    """
    path = Path(path)
    read_headers(path)  # refuses what is damaged or too large
    with fits.open(path) as hdus:
        names = ("SCI", "ERR", "DQ")
        if any(name not in hdus or hdus[name].data is None or hdus[name].data.ndim != 3 for name in names):
            raise NotJwstError(
                f"{shown_name(path)} has no cubes of SCI, ERR and DQ",
                "a rateints product",
                "choose another file",
            )
        sci, err = (_array(hdus[name].data, np.float32) for name in names[:2])
        return sci, err, _array(hdus["DQ"].data, np.uint32)


def _array(data: Any, kind: Any) -> NDArray[Any]:
    return np.array(data, dtype=kind)


def _sky(header: fits.Header) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    if not str(header.get("CTYPE1", "")).startswith("RA--"):
        return None, None
    wcs = WCS(header, naxis=2)

    def to_sky(x: Any, y: Any) -> tuple[Any, ...]:
        return tuple(wcs.all_pix2world(x, y, 0))

    # a header of a file without pixels, too
    shape = max(int(header.get("NAXIS2", 0)), 1), max(int(header.get("NAXIS1", 0)), 1)
    return to_sky, deferred_inverse(to_sky, shape)
