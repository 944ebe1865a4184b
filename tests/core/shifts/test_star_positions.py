"""Stars are found where they are, and what is no star is not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.shifts.star_overlaps import believed_overlaps, overlap_offset, pair_offsets
from miri_widgets.core.shifts.star_positions import FINDERS, Finder, StarPositions, find_stars, finder_for
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix, to_plane
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


PLACE = (0.0, -69.5)


def stars(root, x, y):
    ra, dec = from_plane(x, y, PLACE)
    one = np.ones(len(x))
    return StarPositions(root, x, y, ra, dec, one, one * 30, one * 0.01)


def tiles(shift=(1.3, -0.4), count=3000, seed=5):
    """Two tiles that have a tenth of their field in common, the second seen shifted."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-110, 110, (2, count))
    first, second = x < 10, x > -10
    return (
        stars("a", x[first] + rng.normal(0, 0.01, first.sum()), y[first]),
        stars("b", x[second] - shift[0], y[second] - shift[1]),
    )


def test_overlap_says_what_brings_a_onto_b():
    a, b = tiles()
    found = overlap_offset(a, b)
    assert found is not None
    assert found.shift == pytest.approx((-1.3, 0.4), abs=0.005)
    assert np.abs((found.centre[0] + 180) % 360 - 180) < 0.002
    (one,) = believed_overlaps(pair_offsets([b, a], {"a": "1", "b": "2"}))
    assert (one.root_a, one.root_b) == ("a", "b")
    assert (one.dx, one.dy) == pytest.approx(found.shift)
    assert one.n == pytest.approx(270, rel=0.2)


def test_exposures_of_one_group_or_of_other_places_are_no_pair():
    a, b = tiles()
    far = stars("c", b.x + 4000, b.y)
    assert pair_offsets([a, b], {"a": "1", "b": "1"}) == {}
    assert set(pair_offsets([a, b, far], {"a": "1", "b": "2", "c": "3"})) == {("a", "b")}
    assert overlap_offset(a, stars("d", b.x[:2], b.y[:2])) is None


def test_chance_is_not_taken_for_an_overlap():
    a, _ = tiles()
    _, b = tiles(seed=6)
    assert believed_overlaps(pair_offsets([a, b], {"a": "1", "b": "2"})) == ()


def test_a_wrong_roll_is_not_taken_for_a_shift():
    a, b = tiles((0.0, 0.0))
    turn, reference = 0.05, from_plane(60.0, -20.0, PLACE)
    x, y = to_plane(b.ra, b.dec, reference)
    # seen turned the other way: the rotation that it gets puts it right
    ra, dec = from_plane(*rotation_matrix(-turn) @ [x, y], reference)
    turned = replace(b, ra=ra, dec=dec)
    offsets = pair_offsets([a, turned], {"a": "1", "b": "2"})
    (raw,) = believed_overlaps(offsets)
    assert np.hypot(raw.dx, raw.dy) > 0.03
    (left,) = believed_overlaps(offsets, references={"a": PLACE, "b": reference}, turns={"a": 0.0, "b": turn})
    assert (left.dx, left.dy) == pytest.approx((0, 0), abs=0.004)
