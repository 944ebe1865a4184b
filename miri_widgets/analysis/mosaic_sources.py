"""The sources of a mosaic: from the pipeline's catalogue, or found on the spot."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from miri_widgets.analysis.mosaic_photometry import MosaicPixels
from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.fits_reader import read_image
from miri_widgets.products.tables.source_catalogs import CatalogRow, catalog_beside, read_catalog

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
    """

    sources: tuple[CatalogRow, ...] = ()
    origin: str = ""


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
    from miri_widgets.core.photometry.source_finding import find_sources

    pixels = MosaicPixels.read(mosaic)
    to_sky = None if pixels.wcs is None else lambda x, y: pixels.wcs.all_pix2world(x, y, 0)
    image = np.array(read_image(mosaic), float)
    with contextlib.suppress(MiriWidgetsError):  # only mosaics have weights
        image[~(read_image(mosaic, "WHT") > 0)] = np.nan
    fwhm = pixels.fwhm_arcsec / pixels.scale
    table = find_sources(image, fwhm=max(fwhm, 1.5), nsigma=_NSIGMA, to_sky=to_sky)
    sources = tuple(
        CatalogRow(
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
