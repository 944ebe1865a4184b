"""Robust location follows what is put in and not its outliers; the plain average is that of the notebooks."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.shifts.robust_location import plain_average, robust_fit, robust_location
from miri_widgets.errors import ParameterError

seeds = st.integers(0, 10**6)
shifts = st.floats(-2, 2)


def cloud(seed, n, scatter=0.003):
    return np.random.default_rng(seed).normal(0, scatter, (n, 2))


@given(seeds, st.integers(4, 10), st.floats(0, 2 * np.pi), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_one_of_four_or_more_wrong_by_an_arcsec_and_a_half(seed, n, angle, which):
    good = cloud(seed, n)
    bad = good.copy()
    bad[which] += 1.5 * np.array([np.cos(angle), np.sin(angle)])
    before, after = robust_location(*good.T), robust_location(*bad.T)
    assert np.hypot(before.dx - after.dx, before.dy - after.dy) < 0.005
    assert after.weights[which] == 0
    assert after.used <= n - 1


@given(seeds, st.integers(3, 8), shifts, shifts)
@settings(deadline=None, max_examples=40)
def test_shift_turn_and_order(seed, n, dx, dy):
    values = cloud(seed, n)
    here = robust_location(*values.T)
    there = robust_location(values[:, 0] + dx, values[:, 1] + dy)
    assert (there.dx - here.dx, there.dy - here.dy) == pytest.approx((dx, dy), abs=1e-6)
    turned = robust_location(-values[:, 1], values[:, 0])
    assert (turned.dx, turned.dy) == pytest.approx((-here.dy, here.dx), abs=1e-6)
    swapped = robust_location(*values[::-1].T)
    assert (swapped.dx, swapped.dy) == pytest.approx((here.dx, here.dy), abs=1e-6)


@given(seeds)
@settings(deadline=None, max_examples=20)
def test_two_exposures_give_their_mean_and_a_larger_error_the_farther_they_are_apart(seed):
    values = cloud(seed, 2, 0.01)
    location = robust_location(*values.T)
    assert (location.dx, location.dy) == pytest.approx(tuple(values.mean(axis=0)), abs=1e-9)
    farther = robust_location(*(values * 3).T)
    assert max(farther.dx_err, farther.dy_err) > max(location.dx_err, location.dy_err)


@pytest.mark.parametrize(("n", "low", "high"), [(3, 0.9, 1.8), (4, 0.85, 1.15), (8, 0.85, 1.25)])
def test_errors_are_those_of_many_repetitions(n, low, high):
    """Of three exposures the error is stated too small, by up to that factor: they tell their scatter badly."""
    pulls = []
    for seed in range(300):
        location = robust_location(*cloud(seed, n, 0.005).T)
        pulls.append((location.dx / location.dx_err, location.dy / location.dy_err))
    assert low < np.std(pulls) < high


def test_three_bad_of_eight():
    values = cloud(1, 8)
    values[:3] += [[1.5, 0], [0.4, 0.4], [-0.9, 2]]
    location = robust_location(*values.T)
    assert np.hypot(location.dx, location.dy) < 0.005
    assert location.used == 5


def test_stated_errors_weigh():
    location = robust_location(np.array([0.0, 0.004]), np.zeros(2), np.array([0.001, 0.010]))
    assert location.dx < 0.0001


def test_one_exposure_has_no_known_error():
    location = robust_location(np.array([0.3]), np.array([0.1]))
    assert (location.dx, location.dx_err) == (pytest.approx(0.3), np.inf)


def test_nothing_to_locate_is_said():
    with pytest.raises(ParameterError, match="not finite"):
        robust_location(np.array([np.nan, 1.0]), np.array([0.0, 1.0]))


@given(seeds)
@settings(deadline=None, max_examples=20)
def test_fit_of_exact_equations_is_exact_but_for_the_outlier(seed):
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(20, 3))
    true = rng.normal(size=(3, 2))
    values = design @ true
    values[4] += 5
    fit = robust_fit(design, values, np.full(20, 0.01))
    assert np.allclose(fit.values, true, atol=1e-6)
    assert list(np.flatnonzero(~fit.used)) == [4]


def test_defect_plain_average_is_pulled_by_one_of_four():
    values = np.zeros((4, 2)) + cloud(2, 4)
    values[0, 0] += 1.5
    assert plain_average(*values.T)[0] > 0.37


def test_plain_average_is_that_of_the_notebooks(shared_data):
    table = json.loads((shared_data / "tables" / "notebook_numbers.json").read_text())["tweakreg_shifts"]
    compared = 0
    for program in table["programs"].values():
        values = {one["file"]: (one["dx_arcsec"], one["dy_arcsec"]) for one in program["images"]}
        for tile in program["tiles"]:
            found = plain_average(*np.array([values[name] for name in tile["files"]]).T)
            assert np.max(np.abs(np.subtract(found, tile["notebook_average"]))) < 1e-8
            compared += 1
    assert compared >= 8
