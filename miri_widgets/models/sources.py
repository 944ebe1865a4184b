"""The sources of a mosaic: from the pipeline's catalogue, or found on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.catalogs import Source, catalog_beside, read_catalog
from miri_widgets.products.exposure import PSF_FWHM_ARCSEC
from miri_widgets.products.fits_files import read_headers, read_image

__all__ = ["SourceList", "sources_of"]

_NSIGMA = 5.0


@dataclass(frozen=True)
class SourceList:
    """
    Sources, brightest first.

    Attributes
    ----------
    sources : tuple of Source
        What was found.
    origin : str
        Where they come from, as a sentence.
    sentence : str
        Why there are none; else empty.
    """

    sources: tuple[Source, ...] = ()
    origin: str = ""
    sentence: str = ""

    @classmethod
    def failed(cls, error: MiriWidgetsError) -> SourceList:
        """Return the list of a mosaic that cannot be read."""
        return cls(sentence=str(error))


def sources_of(mosaic: Path) -> SourceList:
    """
    List the sources of an image product.

    Parameters
    ----------
    mosaic : Path
        An image with a WCS in its header. The pipeline's catalogue is taken when
        it lies beside; otherwise maxima 5 sigma above the local sky are listed,
        without fluxes.

    Raises
    ------
    MiriWidgetsError
        If the image or its catalogue cannot be read.
    """
    catalog = catalog_beside(mosaic)
    if catalog is not None:
        return SourceList(read_catalog(catalog), f"Catalogue of the pipeline: {catalog.name}.")
    from miri_widgets.core.sources import find_sources

    headers = read_headers(mosaic)
    sci = next((header for header in headers if header.get("EXTNAME") == "SCI"), headers[0])
    image = np.array(read_image(mosaic), float)
    try:
        weight = read_image(mosaic, "WHT")
        image[~(weight > 0)] = np.nan
    except MiriWidgetsError:
        pass  # only mosaics have weights
    to_sky, scale = _sky(sci)
    fwhm = PSF_FWHM_ARCSEC.get(str(headers[0].get("FILTER", "")), 0.3) / scale
    table = find_sources(image, fwhm=max(fwhm, 1.5), nsigma=_NSIGMA, to_sky=to_sky)
    sources = tuple(
        Source(
            number=number,
            ra=float(row["ra"]) if to_sky else float("nan"),
            dec=float(row["dec"]) if to_sky else float("nan"),
            x=float(row["x"]),
            y=float(row["y"]),
            flux=float("nan"),
            err=float("nan"),
            snr=float(row["nsigma"]),
        )
        for number, row in enumerate(table, start=1)
    )
    return SourceList(
        sources, f"Maxima {_NSIGMA:g} sigma above the local sky; there is no catalogue beside the image."
    )


def _sky(header: Any) -> tuple[Any, float]:
    """Return pixel to sky as a callable and the pixel scale in arcsec; (None, 0.11) without a WCS."""
    import warnings

    from astropy.wcs import WCS
    from astropy.wcs.utils import proj_plane_pixel_scales

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wcs = WCS(header)
        if not wcs.has_celestial:
            return None, 0.11
        scale = float(np.mean(proj_plane_pixel_scales(wcs.celestial))) * 3600
    return lambda x, y: wcs.celestial.all_pix2world(x, y, 0), scale
