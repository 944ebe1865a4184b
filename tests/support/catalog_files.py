"""Small mosaics of stars and a galaxy, with the catalogues that the pipeline would have made of them."""

from __future__ import annotations

import numpy as np
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from miri_widgets.products.exposure import PSF_FWHM_ARCSEC

SIDE, PIXEL = 201, 0.11
AREA = PIXEL**2
UJY = 1e12 * np.deg2rad(1 / 3600) ** 2 * AREA  # of 1 MJy/sr in one pixel
STARS = ((60.0, 60.0, 100.0), (140.0, 60.0, 50.0), (60.0, 140.0, 80.0), (140.0, 140.0, 20.0))
GALAXY = (100.0, 100.0, 400.0)
SIGMA = {name: PSF_FWHM_ARCSEC[name] / PIXEL / 2.3548 for name in ("F560W", "F1500W")}
RADII = {"F560W": (0.75, 1.6), "F1500W": (1.6, 3.0)}


def image_of(name, colour):
    y, x = np.indices((SIDE, SIDE))
    image = np.zeros((SIDE, SIDE))
    for px, py, flux, size in (*((*one, 0.0) for one in STARS), (*GALAXY, 3.0)):
        sigma = np.hypot(SIGMA[name], size)
        image += flux * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    return image * colour / UJY


def inside(radius, size, name):
    """Fraction of a Gaussian source within a radius."""
    return 1 - np.exp(-(radius**2) / (2 * (SIGMA[name] ** 2 + size**2)))


def write(folder, name, *, colour=1.0, listed=(0, 1, 2, 3, 4), crval=(80.0, -69.0)):
    """A mosaic, and the catalogue that the pipeline would have made of it."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], crval, [101, 101]
    wcs.wcs.cdelt = [-PIXEL / 3600, PIXEL / 3600]
    image = image_of(name, colour)
    noise = np.random.default_rng(5).normal(0, 0.002, image.shape)
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = name
    header = wcs.to_header()
    header["PIXAR_A2"] = AREA
    planes = [
        fits.ImageHDU(image + noise, header, name="SCI"),
        fits.ImageHDU(np.full(image.shape, 0.002), name="ERR"),
    ]
    path = folder / f"field_{name.lower()}_i2d.fits"
    fits.HDUList([primary, *planes, fits.ImageHDU(np.ones(image.shape), name="WHT")]).writeto(path)
    sources = [(*one, 0.0) for one in STARS] + [(*GALAXY, 3.0)]
    small, large = RADII[name]
    rows = {key: [] for key in ("label", "x", "y", "ra", "dec", "small", "large", "total", "extended")}
    correction = 1 / inside(large, 0.0, name)
    for label, place in enumerate(listed, start=1):
        x, y, flux, size = sources[place]
        ra, dec = wcs.all_pix2world([x], [y], 0)
        # what a 30 per cent aperture would hold, for the star of this field
        for key, value in (
            ("label", label), ("x", x), ("y", y), ("ra", ra[0]), ("dec", dec[0]),
            ("small", colour * flux * inside(small, size, name) * 1e-6),
            ("large", colour * flux * inside(large, size, name) * 1e-6),
            ("total", colour * flux * inside(large, size, name) * correction * 1e-6), ("extended", False),
        ):  # fmt: skip
            rows[key].append(value)
    table = QTable(
        {
            "label": rows["label"], "xcentroid": rows["x"], "ycentroid": rows["y"],
            "sky_centroid.ra": rows["ra"], "sky_centroid.dec": rows["dec"],
            "aper30_flux": rows["small"], "aper30_flux_err": np.full(len(listed), 2e-8),
            "aper70_flux": rows["large"], "aper70_flux_err": np.full(len(listed), 4e-8),
            "aper_total_flux": rows["total"], "aper_total_flux_err": np.full(len(listed), 6e-8),
            "isophotal_flux": rows["total"], "is_extended": rows["extended"],
        }
    )  # fmt: skip
    table.meta["aperture_params"] = {
        "aperture_radii": np.array([small, small * 1.4, large]),
        "aperture_corrections": np.array([3.0, 2.0, correction]),
        "bkg_aperture_inner_radius": 18.0,
        "bkg_aperture_outer_radius": 26.0,
    }
    table.write(folder / f"field_{name.lower()}_cat.ecsv", format="ascii.ecsv")
    return path
