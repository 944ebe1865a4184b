"""Stars are found where they are, and what is no star is not."""

import numpy as np
from scipy.spatial import cKDTree

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.shifts.star_positions import FINDERS, Finder, find_stars, finder_for
from miri_widgets.products.exposure import FILTERS

FWHM = 3.0
SIGMA = FWHM / 2.3548


def exposure(x, y, flux, *, size=200, noise=0.02, width=SIGMA, seed=1):
    """Gaussians integrated over pixels by five samples a side, on a sky of 10."""
    rng = np.random.default_rng(seed)
    step = (np.arange(5) - 2) / 5
    fine = (np.arange(size)[:, None] + step).ravel()
    image = np.full((size, size), 10.0)
    for cx, cy, total, s in zip(x, y, flux, np.broadcast_to(width, np.shape(x)), strict=True):
        across, along = (np.exp(-0.5 * ((fine - c) / s) ** 2).reshape(size, 5).sum(1) / 5 for c in (cx, cy))
        image += total * np.outer(along, across) / (2 * np.pi * s**2)
    image += rng.normal(0, noise, image.shape)
    data = image.astype(np.float32)
    return ExposureArrays(
        data,
        np.full_like(data, noise),
        np.zeros(data.shape, np.uint32),
        filter="F1000W",
        fwhm=FWHM,
        root="one",
    )


def field(count=25, size=200, seed=2):
    rng = np.random.default_rng(seed)
    grid = (np.arange(round(count**0.5)) + 0.5) * size / round(count**0.5)
    x, y = (part.ravel() + rng.uniform(-0.5, 0.5, count) for part in np.meshgrid(grid, grid))
    return x, y, rng.uniform(5, 100, count)


def nearest(found, x, y):
    distance, index = cKDTree(np.column_stack([x, y])).query(np.column_stack([found.x, found.y]))
    return distance, index


def test_positions_are_good_to_a_hundredth_of_a_pixel():
    x, y, flux = field()
    found = find_stars(exposure(x, y, flux))
    distance, index = nearest(found, x, y)
    assert len(found) == len(x)
    assert distance.max() < 0.05
    assert np.abs(np.mean(found.x - x[index])) < 0.005
    assert (np.diff(found.flux) <= 0).all()


def test_noise_alone_has_no_stars():
    assert len(find_stars(exposure([], [], []))) == 0


def test_knots_of_a_bright_star_are_no_stars():
    x, y, flux = field(9)
    flux = flux + 500.0
    angles = np.arange(6) * np.pi / 3
    knot_x, knot_y = (np.add.outer(c, 4 * FWHM * f(angles)).ravel() for c, f in ((x, np.cos), (y, np.sin)))
    planes = exposure(
        np.append(x, knot_x), np.append(y, knot_y), np.append(flux, np.repeat(0.04 * flux, 6)), noise=0.01
    )
    naive = find_stars(planes, Finder(separation=0.01))
    assert len(naive) == 9 * 7
    found = find_stars(planes)
    assert len(found) == 9
    assert nearest(found, x, y)[0].max() < 0.05


def test_equal_neighbours_stay():
    x, y = np.array([60.0, 75.0, 150.0]), np.array([100.0, 100.0, 100.0])
    assert len(find_stars(exposure(x, y, [50.0, 40.0, 60.0]))) == 3


def test_single_pixels_and_wide_galaxies_are_no_stars():
    x, y, flux = field(9)
    width = np.where(np.arange(9) < 3, 3.2 * SIGMA, SIGMA)
    planes = exposure(x, y, flux * np.where(np.arange(9) < 3, 10, 1) + 30, width=width)
    planes.sci[20, 30] += 200.0
    found = find_stars(planes)
    assert sorted(set(nearest(found, x, y)[1])) == [3, 4, 5, 6, 7, 8]
    assert len(found) == 6


def test_saturated_centres_and_unusable_areas_are_left_out():
    x, y, flux = field(9)
    planes = exposure(x, y, flux + 30)
    first = round(y[0]), round(x[0])
    planes.sci[first] = np.nan
    planes.dq[first] = (1 << BITS["DO_NOT_USE"]) | (1 << BITS["SATURATED"])
    planes.dq[:, 130:] = 1 << BITS["NON_SCIENCE"]
    found = find_stars(planes)
    assert set(nearest(found, x, y)[1]) == {i for i in range(1, 9) if x[i] < 125}


def test_nothing_usable():
    planes = exposure([], [], [])
    planes.dq[:] = 1 << BITS["DO_NOT_USE"]
    assert len(find_stars(planes)) == 0


def test_every_filter_has_a_finder_and_long_ones_ask_for_less():
    assert set(FINDERS) == set(FILTERS)
    limits = [finder_for(name).nsigma for name in FILTERS]
    assert limits == sorted(limits, reverse=True)
    assert finder_for("F1065C") == Finder()
