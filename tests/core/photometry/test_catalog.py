"""One list of sources from several catalogues, their shapes and colours."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.photometry.catalog import brightest_at, colour, merged, shapes, stellar_locus

COUNTS = st.integers(0, 30)
NOMINAL = 7 / 3


def field(count, seed, spread=20.0):
    """Positions at least 2 arcsec apart."""
    rng = np.random.default_rng(seed)
    places = rng.permutation(100)[:count]
    grid = np.column_stack([places % 10, places // 10]) * spread / 9 + rng.uniform(-0.05, 0.05, (count, 2))
    return np.column_stack([80 + grid[:, 0] / 3600 / np.cos(np.deg2rad(-69.0)), -69 + grid[:, 1] / 3600])


@given(COUNTS, COUNTS, st.integers(0, 99))
def test_every_source_is_listed_once(first, second, seed):
    catalogues = [field(first, seed), field(second, seed + 1), field(first, seed)]
    rows = merged(catalogues, 0.3)
    for place, catalogue in enumerate(catalogues):
        own = rows[:, place]
        assert sorted(own[own >= 0]) == list(range(len(catalogue)))
    assert (rows >= 0).any(axis=1).all()
    # the third is the first: every source of it has a partner, and in the order of the first
    np.testing.assert_array_equal(rows[:first, 0], np.arange(first))
    np.testing.assert_array_equal(rows[:first, 2], np.arange(first))


@given(st.integers(1, 30), st.integers(0, 99), st.randoms())
def test_the_order_within_a_catalogue_does_not_matter(count, seed, chance):
    one, other = field(count, seed), field(count, seed)
    other[:, 1] += 0.1 / 3600
    turned = list(range(count))
    chance.shuffle(turned)
    rows, moved = merged([one, other], 0.3), merged([one, other[turned]], 0.3)
    np.testing.assert_array_equal(rows[:, 1], np.array(turned)[moved[:, 1]])


def test_only_the_nearest_of_two_is_the_same():
    one = np.array([[80.0, -69.0]])
    other = np.array([[80.0, -69.0 + 0.2 / 3600], [80.0, -69.0 - 0.1 / 3600]])
    np.testing.assert_array_equal(merged([one, other], 0.3), [[0, 1], [-1, 0]])
    np.testing.assert_array_equal(merged([one, other], 0.05), [[0, -1], [-1, 0], [-1, 1]])


def test_across_the_meridian():
    rows = merged([np.array([[359.99999, 0.0]]), np.array([[0.00001, 0.0]])], 0.1)
    np.testing.assert_array_equal(rows, [[0, 0]])


def test_no_source_at_all():
    assert merged([np.empty((0, 2)), np.empty((0, 2))], 1.0).shape == (0, 2)


@given(st.floats(-0.1, 0.1), st.integers(0, 50), st.integers(0, 99))
def test_stars_are_found_among_galaxies(offset, galaxies, seed):
    rng = np.random.default_rng(seed)
    stars = NOMINAL * np.exp(offset + rng.normal(0, 0.01, 60))
    wide = NOMINAL * np.exp(offset + rng.uniform(0.15, 0.8, galaxies))
    values = np.concatenate([stars, wide])
    err = 0.01 * values
    locus, scatter, _ = stellar_locus(values, err, NOMINAL)
    assert np.log(locus / NOMINAL) == pytest.approx(offset, abs=0.012)
    kinds = shapes(values, err, locus, scatter)
    assert (kinds[60:] == "extended").mean() > 0.9 if galaxies else True
    assert (kinds[:60] == "point").mean() > 0.93


def test_few_sources_are_judged_by_the_aperture_corrections():
    values = np.array([2.3, 5.0, 1.0, np.nan, 2.4])
    err = np.array([0.02, 0.1, 0.05, np.nan, 0.9])
    locus, scatter, used = stellar_locus(values, err, NOMINAL)
    assert (locus, scatter, used) == (NOMINAL, 0.0, 1)
    assert shapes(values, err, locus, scatter).tolist() == ["point", "extended", "sharp", "unsure", "unsure"]


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4), st.floats(1e-3, 1e3))
def test_colour_is_a_ratio(one, other, scale):
    value, sigma = colour([one], [one / 10], [other], [other / 10])
    assert value[0] == pytest.approx(-2.5 * np.log10(one / other), abs=1e-9)
    assert sigma[0] == pytest.approx(1.0857 * np.hypot(0.1, 0.1), rel=1e-3)
    again, _ = colour([one * scale], [1e-9], [other * scale], [1e-9])
    assert again[0] == pytest.approx(value[0], abs=1e-6)


def test_noise_has_no_colour():
    value, sigma = colour([1.0, -1.0, np.nan], [0.6, 0.1, 0.1], [1.0, 1.0, 1.0], [0.1, 0.1, 0.1])
    assert np.isnan(value).all() and np.isnan(sigma).all()


def test_a_click_finds_what_is_within_reach_and_nothing_else():
    x, y = np.array([1.0, 5.0, np.nan]), np.array([1.0, 5.0, 2.0])
    flux = np.array([1.0, 1.0, 100.0])
    assert brightest_at(x, y, flux, (4.0, 5.0), 2.5, 2.0) == 1
    assert brightest_at(x, y, flux, (20.0, 5.0), 2.5, 2.0) is None
    none = np.array([])
    assert brightest_at(none, none, none, (0.0, 0.0), 2.5, 2.0) is None


@given(
    ratio=st.floats(50, 1e5),
    apart=st.floats(2.0, 8.0),
    share=st.floats(0.0, 1.0),
    angle=st.floats(0, 2 * np.pi),
)
def test_a_click_beside_a_bright_star_means_the_star_unless_its_neighbour_is_brighter_there(
    ratio, apart, share, angle
):
    fwhm = 2.5
    where = np.array([[10.0, 10.0], [10.0 + apart * np.cos(angle), 10.0 + apart * np.sin(angle)]])
    at = where[0] + share * (where[1] - where[0])
    chosen = brightest_at(where[:, 0], where[:, 1], np.array([ratio, 1.0]), tuple(at), fwhm, 20.0)
    steep = 4 * (2 ** (1 / 2.5) - 1) / fwhm**2
    light = [
        ratio * (1 + steep * (share * apart) ** 2) ** -2.5,
        (1 + steep * ((1 - share) * apart) ** 2) ** -2.5,
    ]
    if abs(np.log(light[0] / light[1])) > 1e-6:
        assert chosen == int(light[1] > light[0])


def test_a_source_without_a_flux_is_as_faint_as_the_faintest():
    x, y = np.array([10.0, 11.0, 12.0]), np.array([10.0, 10.0, 10.0])
    assert brightest_at(x, y, np.array([np.nan, 30.0, 0.1]), (10.2, 10.0), 2.5, 5.0) == 1
    assert brightest_at(x, y, np.array([np.nan, -1.0, 0.0]), (10.2, 10.0), 2.5, 5.0) == 0
