"""Raw exposures that lie side by side on the sky, over RA 0, each partly on its neighbours."""

import numpy as np
from astropy.io import fits

RA, DEC, HALF = 359.999, -69.0, 0.01


def square(number, step=0.004):
    """A footprint that overlaps its neighbours; the field lies over RA 0."""
    x = number * step
    corners = [(x - HALF, -HALF), (x + HALF, -HALF), (x + HALF, HALF), (x - HALF, HALF)]
    return [((RA + east / np.cos(np.radians(DEC))) % 360, DEC + north) for east, north in corners]


def place(path, number):
    words = " ".join(f"{value:.9f}" for corner in square(number) for value in corner)
    fits.setval(path, "S_REGION", value=f"POLYGON ICRS  {words}", extname="SCI")


def place_all(folder):
    """Give the exposures of a folder their places, in the order of their names."""
    for number, path in enumerate(sorted(folder.glob("*.fits"))):
        place(path, number)
