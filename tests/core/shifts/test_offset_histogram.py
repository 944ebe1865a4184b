"""The offset that many pairs share is found whatever else is in the lists."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from miri_widgets.core.shifts.matches import match_pairs
from miri_widgets.core.shifts.offset_histogram import offset_histogram, peak_significance
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix
from miri_widgets.errors import ParameterError

PLACE = (80.5, -69.5)
shifts = st.floats(-2, 2)


def lists(
    count, common, shift=(1.4, -1.1), *, place=PLACE, scatter=0.02, rotation=0.0, half=60.0, extra=1.0, seed=1
):
    """Two lists in a square field, of which a fraction `common` is the same, moved; the second has `extra` more."""
    rng = np.random.default_rng(seed)
    a = rng.uniform(-half, half, (count, 2))
    same = a[: round(common * count)] @ rotation_matrix(rotation).T + shift
    b = np.vstack(
        [same + rng.normal(0, scatter, same.shape), rng.uniform(-half, half, (round(extra * count), 2))]
    )
    return (*from_plane(*a.T, place), *from_plane(*b.T, place)), (a, b)


@settings(max_examples=30, deadline=None)
@given(shifts, shifts, st.sampled_from([(0.001, 0.0), (359.999, 84.0), (80.5, -69.5), (12.0, -88.0)]))
def test_finds_what_was_put_in_anywhere_on_the_sky(dx, dy, place):
    positions, _ = lists(150, 1.0, (dx, dy), place=place)
    found = offset_histogram(*positions, centre=place)
    assert found.shift == pytest.approx((dx, dy), abs=5 * found.sigma + 1e-4)
    assert found.significance > 8
    assert found.rms == pytest.approx(0.02, rel=0.3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_error_is_honest(seed):
    positions, _ = lists(200, 0.5, seed=seed)
    found = offset_histogram(*positions, centre=PLACE)
    assert np.abs(np.subtract(found.shift, (1.4, -1.1))).max() < 5 * found.sigma
    assert found.sigma == pytest.approx(0.02 / np.sqrt(100), rel=0.35)


@pytest.mark.parametrize("count", [300, 2000, 6000])
def test_four_fifths_without_counterpart_where_nearest_neighbours_lie(count):
    positions, (a, b) = lists(count, 0.2, extra=0.8)
    found = offset_histogram(*positions, centre=PLACE)
    assert found.shift == pytest.approx((1.4, -1.1), abs=0.01)
    assert found.significance > 15
    assert found.matches == pytest.approx(0.2 * count, rel=0.1)
    distance, nearest = cKDTree(b).query(a)
    median = np.median((b[nearest] - a)[distance < 3], axis=0)
    assert np.hypot(*(median - (1.4, -1.1))) > 0.3


def test_strangers_make_no_significant_peak():
    for seed in range(12):
        positions, _ = lists(1500, 0.0, seed=seed)
        assert offset_histogram(*positions).significance < 4.5


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(40)), st.permutations(range(60)))
def test_order_does_not_count(first, second):
    (ra_a, dec_a, ra_b, dec_b), _ = lists(40, 0.5, extra=1.0)
    first, second = list(first), list(second)
    one = offset_histogram(ra_a, dec_a, ra_b, dec_b, centre=PLACE)
    other = offset_histogram(ra_a[first], dec_a[first], ra_b[second], dec_b[second], centre=PLACE)
    assert other.shift == pytest.approx(one.shift, abs=1e-7)
    assert (other.histogram == one.histogram).all()


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.05, 0.05))
def test_rotation(rotation):
    positions, _ = lists(300, 0.7, rotation=rotation)
    found = offset_histogram(*positions, centre=PLACE, fit_rotation=True)
    assert found.rotation == pytest.approx(rotation, abs=5 * found.rotation_sigma)
    assert found.shift == pytest.approx((1.4, -1.1), abs=0.01)
    assert found.rotation_sigma < 0.004


def test_exchanging_the_lists_changes_the_sign():
    (ra_a, dec_a, ra_b, dec_b), _ = lists(200, 0.6)
    there = offset_histogram(ra_a, dec_a, ra_b, dec_b, centre=PLACE)
    back = offset_histogram(ra_b, dec_b, ra_a, dec_a, centre=PLACE)
    assert back.shift == pytest.approx((-there.dx, -there.dy), abs=1e-6)


def test_second_peak_is_told():
    (ra_a, dec_a, ra_b, dec_b), (_, b) = lists(200, 1.0, (0.5, 0.0), extra=0.0)
    twice = from_plane(*(b + np.array([0.0, 1.2])).T, PLACE)
    single = offset_histogram(ra_a, dec_a, ra_b, dec_b, centre=PLACE)
    double = offset_histogram(
        ra_a, dec_a, np.append(ra_b, twice[0]), np.append(dec_b, twice[1]), centre=PLACE
    )
    assert single.runner_up < 4
    assert double.runner_up > 0.7 * double.significance


@pytest.mark.parametrize("apart", [0.08, 0.2, 0.4, 0.9])
@pytest.mark.parametrize("again", [1.0, 0.8])
def test_a_catalogue_that_lists_its_stars_twice_is_ambiguous(apart, again):
    (ra_a, dec_a, ra_b, dec_b), (_, b) = lists(120, 0.8, (0.5, -0.2), scatter=0.015, extra=0.3)
    twice = from_plane(*(b[: round(again * len(b))] + apart * np.array([0.6, 0.8])).T, PLACE)
    single = offset_histogram(ra_a, dec_a, ra_b, dec_b, centre=PLACE)
    double = offset_histogram(
        ra_a, dec_a, np.append(ra_b, twice[0]), np.append(dec_b, twice[1]), centre=PLACE
    )
    assert not single.ambiguous
    assert double.ambiguous
    both = {tuple(np.round(double.shift, 2)), tuple(np.round(double.runner_up_shift, 2))}
    wrong = np.round(np.array([0.5, -0.2]) + apart * np.array([0.6, 0.8]), 2)
    assert min(np.hypot(*(np.array(one) - (0.5, -0.2))) for one in both) < 0.02
    assert min(np.hypot(*(np.array(one) - wrong)) for one in both) < 0.02


@pytest.mark.parametrize("scatter", [0.005, 0.02, 0.06, 0.1])
def test_one_offset_is_hardly_ever_called_ambiguous(scatter):
    for seed in range(20):
        (ra_a, dec_a, ra_b, dec_b), _ = lists(60, 0.7, scatter=scatter, seed=seed)
        assert not offset_histogram(ra_a, dec_a, ra_b, dec_b, centre=PLACE).ambiguous


def test_double_stars_in_both_lists_are_not_ambiguous():
    _, (a, b) = lists(80, 1.0, extra=0.0)
    step = np.array([0.3, 0.1])
    both = [from_plane(*np.vstack([part, part + step]).T, PLACE) for part in (a, b)]
    assert not offset_histogram(*both[0], *both[1], centre=PLACE).ambiguous


def test_nan_and_nothing():
    none = offset_histogram([], [], [1.0], [2.0])
    assert np.isnan(none.dx)
    assert none.significance == 0
    (ra_a, dec_a, ra_b, dec_b), _ = lists(100, 1.0)
    found = offset_histogram(np.append(ra_a, np.nan), np.append(dec_a, 0.0), ra_b, dec_b, centre=PLACE)
    assert found.shift == pytest.approx((1.4, -1.1), abs=0.02)


def test_radii_that_do_not_go_together():
    with pytest.raises(ParameterError, match="search radius"):
        offset_histogram([1.0], [1.0], [1.0], [1.0], search_radius=0.2, peak_radius=0.15)


@given(st.floats(0.01, 50), st.floats(1, 1000), st.floats(1, 1e4))
def test_significance_grows_with_pairs_and_falls_with_trials(expected, more, trials):
    one = peak_significance(expected + more, expected, trials)
    assert peak_significance(expected + more + 5, expected, trials) >= one
    assert peak_significance(expected + more, expected, trials * 10) <= one
    assert peak_significance(expected, expected, trials) == 0


def test_significance_is_that_of_chance():
    from scipy.stats import norm, poisson

    exact = norm.isf(400 * poisson.sf(29, 10.0))
    assert exact - 0.7 < peak_significance(30, 10.0, 400) <= exact


def test_pairs_are_unique_and_mutual():
    (ra_a, dec_a, ra_b, dec_b), _ = lists(1500, 0.4, scatter=0.01)
    matches = match_pairs(ra_a, dec_a, ra_b, dec_b, shift=(1.4, -1.1), centre=PLACE)
    assert len(set(matches.index_a)) == len(set(matches.index_b)) == len(matches)
    right = matches.index_a == matches.index_b
    assert right.sum() > 0.9 * 600
    assert matches.rms < 0.05
    assert np.hypot(matches.dx, matches.dy).max() <= 0.15 + 1e-9


def test_no_pairs_without_the_shift():
    (ra_a, dec_a, ra_b, dec_b), _ = lists(30, 1.0, extra=0.0, half=500.0)
    assert len(match_pairs(ra_a, dec_a, ra_b, dec_b)) == 0
    assert np.isnan(match_pairs([], [], [], []).rms)
