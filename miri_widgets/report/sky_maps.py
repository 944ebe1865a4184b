"""A composite for sky browsers: the covered area as a MOC, and the picture as a HiPS."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

import numpy as np

from miri_widgets.analysis.composite_images import CompositeImages
from miri_widgets.core.composite import CompositeMapping
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.products.atomic import new_file, os_errors_as_ours
from miri_widgets.report.annotations import PictureAnnotations
from miri_widgets.report.composite_files import picture_source, write_composite

__all__ = ["hips_level", "moc_order", "write_hips", "write_moc"]

_TILE = 512
_MOST_ORDER = 21
"""Cells of 0.1 arcsec: no MIRI mosaic knows its edge better."""


def moc_order(scale: float) -> int:
    """
    Return the order of a MOC whose cells are about as small as the pixels.

    Parameters
    ----------
    scale : float
        Side of a pixel, arcsec.
    """
    cell = math.sqrt(math.pi / 3) * math.degrees(1) * 3600  # of order 0
    return min(max(math.floor(math.log2(cell / scale)), 0), _MOST_ORDER)


def hips_level(scale: float) -> int:
    """
    Return the HiPS order at which the pixels of the tiles are not larger than those of the mosaic.

    Parameters
    ----------
    scale : float
        Side of a pixel, arcsec.
    """
    cell = math.sqrt(math.pi / 3) * math.degrees(1) * 3600
    return min(max(math.ceil(math.log2(cell / (_TILE * scale))), 0), 13)


def write_moc(images: CompositeImages, folder: Path, name: str) -> Path:
    """
    Write the area that any of the mosaics covers, as a MOC in FITS.

    Parameters
    ----------
    images : CompositeImages
        The mosaics.
    folder : Path
        Where to.
    name : str
        First part of the name of the file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the mosaics have no celestial WCS.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    from astropy.io import fits
    from mocpy import MOC

    _require_sky(images)
    covered = np.any([np.isfinite(image) for image in images.images], axis=0)
    header = images.wcs.to_header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, images.shape[1], images.shape[0]
    order = moc_order(images.scale)
    moc = MOC.from_fits_image(fits.ImageHDU(covered.astype(np.uint8), header), max_norder=order, mask=covered)
    path = folder / f"{name}_moc.fits"
    with new_file(path) as temporary:
        moc.save(str(temporary), format="fits", overwrite=True)
    return path


def write_hips(images: CompositeImages, mapping: CompositeMapping, folder: Path, name: str) -> Path:
    """
    Write a composite as a HiPS of PNG tiles, in equatorial coordinates.

    Parameters
    ----------
    images : CompositeImages
        The mosaics.
    mapping : CompositeMapping
        How they become colours.
    folder : Path
        Where to.
    name : str
        First part of the name of the folder.

    Returns
    -------
    Path
        The folder, which a sky browser takes as an address; an earlier one is replaced.

    Raises
    ------
    InputError
        If the mosaics have no celestial WCS.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    from reproject import reproject_interp
    from reproject.hips import reproject_to_hips

    _require_sky(images)
    target = folder / f"{name}_hips"
    with os_errors_as_ours(folder):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
        try:
            # the library takes colours from a picture with AVM, not from an array
            picture = write_composite(
                images, mapping, temporary / "picture.png", PictureAnnotations(False, False)
            ).picture
            made = temporary / "hips"
            reproject_to_hips(
                str(picture), coord_system_out="equatorial",
                reproject_function=reproject_interp, output_directory=str(made), level=hips_level(images.scale),
                properties={"obs_title": picture_source(images, mapping).attribution(), "creator_did": f"ivo://miri_widgets/{name}"},
            )  # fmt: skip
            if target.exists():
                shutil.rmtree(target)
            made.replace(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return target


def _require_sky(images: CompositeImages) -> None:
    if images.wcs is None:
        raise InputError("mosaics without a celestial WCS", "mosaics on the sky", "take those of Image 3")
    if not images.images:
        raise ParameterError("no mosaic", "at least one", "run Image 3 first")
