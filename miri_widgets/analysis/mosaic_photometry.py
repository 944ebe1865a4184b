"""The pixels of a mosaic as its catalogue measures them, for sources that the catalogue does not list."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.brightness_units import mjy_per_sr
from miri_widgets.products.exposure import PIXEL_ARCSEC, PSF_FWHM_ARCSEC
from miri_widgets.products.fits_reader import read_headers, read_image
from miri_widgets.products.image_wcs import inverse_of
from miri_widgets.products.tables.source_catalogs import Apertures, catalog_beside, read_apertures

__all__ = ["MosaicPixels", "forced", "matched"]

Images: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]

_MJY_SR_TO_UJY_ARCSEC2 = 1e12 * math.radians(1 / 3600) ** 2
_TYPICAL_FWHM = 0.3


@dataclass(frozen=True, eq=False)
class MosaicPixels:
    """
    A mosaic.

    Attributes
    ----------
    path : Path
        The file.
    name : str
        Filter, or the file's name where the header has none.
    fwhm_arcsec, scale : float
        FWHM of the PSF; side of a pixel, arcsec.
    grid : tuple
        Shape and WCS keywords: equal for mosaics on one grid.
    wcs : astropy.wcs.WCS or None
        Of the image.
    to_ujy : float
        Microjansky per unit of the image and pixel; NaN where the image is no surface brightness (DN/s).
    apertures : Apertures or None
        How its catalogue was measured; None without one.
    """

    path: Path
    name: str
    fwhm_arcsec: float
    scale: float
    grid: tuple[Any, ...]
    wcs: Any
    to_ujy: float
    apertures: Apertures | None

    @classmethod
    def read(cls, path: Path) -> MosaicPixels:
        """
        Read what the header says, and the catalogue beside of how it was measured.

        Parameters
        ----------
        path : Path
            The file.

        Raises
        ------
        InputError
            If it is no image.
        """
        headers = read_headers(path)
        sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
        wcs, scale = _sky(sci)
        name = str(headers[0].get("FILTER", "")) or Path(path).name
        keys = (
            "NAXIS1",
            "NAXIS2",
            "CRVAL1",
            "CRVAL2",
            "CRPIX1",
            "CRPIX2",
            "PC1_1",
            "PC1_2",
            "CDELT1",
            "CDELT2",
        )
        beside = catalog_beside(path)
        area = float(sci.get("PIXAR_A2", 0) or scale**2)
        return cls(
            path=Path(path),
            name=name,
            fwhm_arcsec=PSF_FWHM_ARCSEC.get(name, _TYPICAL_FWHM),
            scale=scale,
            grid=tuple(sci.get(key) for key in keys),
            wcs=wcs,
            to_ujy=_MJY_SR_TO_UJY_ARCSEC2 * area * mjy_per_sr(sci),
            apertures=read_apertures(beside) if beside is not None else None,
        )

    def pixel(self, ra: float, dec: float) -> tuple[float, float]:
        """
        Return the position (x, y), 0-based pixels, of a place on the sky, degrees; NaN when it is not known.

        Parameters
        ----------
        ra : float
            Right ascension, degrees.
        dec : float
            Declination, degrees.
        """
        inverse = inverse_of(self.wcs)
        if inverse is None or not (math.isfinite(ra) and math.isfinite(dec)):
            return math.nan, math.nan
        x, y = inverse(ra, dec)
        return float(x), float(y)

    def images(self) -> Images:
        """Return pixels and errors, shape (ny, nx); NaN where no exposure contributes."""
        image = np.array(read_image(self.path), float)
        err = np.array(read_image(self.path, "ERR"), float)
        with contextlib.suppress(MiriWidgetsError):  # only mosaics have weights
            bad = ~(read_image(self.path, "WHT") > 0)
            image[bad], err[bad] = np.nan, np.nan
        return image, err


def forced(
    mosaic: MosaicPixels,
    images: Images,
    at: Sequence[tuple[float, float]],
    known: Sequence[tuple[float, float]],
) -> list[tuple[float, float]]:
    """
    Measure point sources at given positions, as the mosaic's own catalogue does.

    Parameters
    ----------
    mosaic : MosaicPixels
        The mosaic.
    images : (ndarray, ndarray)
        Its `MosaicPixels.images`.
    at : sequence of (float, float)
        Positions (x, y), 0-based pixels.
    known : sequence of (float, float)
        Where sources are: the noise is measured elsewhere.

    Returns
    -------
    list of (float, float)
        Total flux and its standard deviation, scaled to that of empty apertures, microjansky; NaN where pixels are
        missing, or all without a catalogue.
    """
    apertures = mosaic.apertures
    inside = [index for index, position in enumerate(at) if all(math.isfinite(part) for part in position)]
    result = [(math.nan, math.nan)] * len(at)
    if apertures is None or not inside:
        return result
    from miri_widgets.core.photometry.aperture import aperture_flux, noise_factor

    x, y = np.array([at[index] for index in inside]).T
    image, err = images
    radii = (apertures.radius, apertures.sky_inner, apertures.sky_outer)
    fluxes = aperture_flux(image, err, x, y, radius=radii[0], sky_inner=radii[1], sky_outer=radii[2])
    others = np.array(known, float).reshape(-1, 2).T
    noisier = noise_factor(image, err, *others, radius=radii[0], sky_inner=radii[1], sky_outer=radii[2])
    scale = mosaic.to_ujy * apertures.correction
    for row, index in enumerate(inside):
        if fluxes.complete[row]:
            result[index] = float(fluxes.flux[row] * scale), float(fluxes.err[row] * scale * noisier)
    return result


def matched(
    mosaic: MosaicPixels, images: Images, at: Sequence[tuple[float, float]], target: MosaicPixels
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Measure sources of any shape at the resolution, and in the aperture, of the widest filter.

    Parameters
    ----------
    mosaic : MosaicPixels
        The mosaic.
    images : (ndarray, ndarray)
        `MosaicPixels.images` of the first.
    at : sequence of (float, float)
        Positions (x, y), 0-based pixels of `mosaic`.
    target : MosaicPixels
        The mosaic of the widest PSF.

    Returns
    -------
    flux, err : ndarray of float, shape (n,)
        Microjansky within the aperture, without a correction: for ratios. NaN where pixels are missing.
    """
    if target.apertures is None:
        nothing = np.full(len(at), np.nan)
        return nothing, nothing.copy()
    from miri_widgets.core.photometry.matched import matched_flux

    to_pixels = target.scale / mosaic.scale
    image, err = images
    x, y = np.array(at, float).reshape(-1, 2).T
    fluxes = matched_flux(
        image, err, x, y,
        fwhm=mosaic.fwhm_arcsec / mosaic.scale, target=target.fwhm_arcsec / mosaic.scale,
        radius=target.apertures.radius * to_pixels, sky_inner=target.apertures.sky_inner * to_pixels,
        sky_outer=target.apertures.sky_outer * to_pixels,
    )  # fmt: skip
    bad = ~fluxes.complete
    flux, sigma = (np.asarray(part, float) * mosaic.to_ujy for part in (fluxes.flux, fluxes.err))
    flux[bad], sigma[bad] = np.nan, np.nan
    return flux, sigma


def _sky(header: Any) -> tuple[Any, float]:
    """Return the WCS and the side of a pixel in arcsec; (None, 0.11) without one."""
    from astropy.wcs import WCS
    from astropy.wcs.utils import proj_plane_pixel_scales

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(header)
        if not wcs.has_celestial:
            return None, PIXEL_ARCSEC
        scale = float(np.mean(proj_plane_pixel_scales(wcs.celestial))) * 3600
    return wcs.celestial, scale
