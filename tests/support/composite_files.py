"""Mosaics of three filters on one grid, with stars of known colours, for composites."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

FILTERS = ("F770W", "F1000W", "F1500W")
SKY = {"F770W": 5.0, "F1000W": 12.0, "F1500W": 40.0}
NOISE = 0.05


def wcs_of(angle=0.0, shape=(90, 120), scale=0.11, center=(110.83, -73.45)):
    """A tangential WCS whose y axis is turned by `angle` degrees."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = center
    wcs.wcs.crpix = [0.4 * shape[1], 0.7 * shape[0]]
    turn = np.deg2rad(angle)
    wcs.wcs.cdelt = [scale / 3600, scale / 3600]
    wcs.wcs.pc = [[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    wcs.wcs.radesys = "ICRS"
    return wcs


def star(image, x, y, peak, sigma=1.5):
    rows, columns = np.indices(image.shape)
    image += peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 2 / sigma**2)


def write_mosaic(
    folder, name="F770W", *, wcs=None, shape=(90, 120), unit="MJy/sr", image=None, program="02736"
):
    """Write a mosaic; by default sky with noise, and a star that is brightest in F770W at (30, 40), in F1500W at (80, 50)."""
    if image is None:
        rng = np.random.default_rng(FILTERS.index(name) if name in FILTERS else 9)
        image = rng.normal(SKY.get(name, 5.0), NOISE, shape)
        star(image, 30, 40, {"F770W": 60, "F1000W": 20}.get(name, 4))
        star(image, 80, 50, {"F1500W": 60, "F1000W": 20}.get(name, 4))
    image = np.asarray(image, np.float32)
    primary = fits.PrimaryHDU()
    primary.header.update(
        FILTER=name, PROGRAM=program, TARGNAME="SMACS 0723", TELESCOP="JWST", INSTRUME="MIRI"
    )
    header = (
        (wcs if wcs is not None else wcs_of(shape=image.shape)).to_header()
        if wcs is not False
        else fits.Header()
    )
    science = fits.ImageHDU(image, header, name="SCI")
    science.header["BUNIT"] = unit
    weight = fits.ImageHDU(np.isfinite(image).astype(np.float32), name="WHT")
    path = Path(folder) / f"trial_{name.lower()}_i2d.fits"
    fits.HDUList([primary, science, weight]).writeto(path, overwrite=True)
    return path


def write_mosaics(folder, angle=0.0, shape=(90, 120)):
    """Write the mosaics of all three filters."""
    return [write_mosaic(folder, name, wcs=wcs_of(angle, shape), shape=shape) for name in FILTERS]
