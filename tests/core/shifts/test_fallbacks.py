"""Values that are shared are told from values that were measured."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.shifts.fallbacks import find_fallbacks, rounding
from miri_widgets.core.shifts.measurements import Measurement, Status, mark_fallbacks

seeds = st.integers(0, 10**6)


def turned(vector, angles):
    """What one shift is in tangent planes turned by small angles."""
    x, y = vector
    return np.column_stack([x * np.cos(angles) - y * np.sin(angles), x * np.sin(angles) + y * np.cos(angles)])


def measured(rng, groups=4, each=8, scatter=0.006):
    centres = np.repeat(rng.normal(0, 0.3, (groups, 2)), each, axis=0)
    return centres + rng.normal(0, scatter, centres.shape)


def members(values, **options):
    found = find_fallbacks(*np.round(values, 8).T, **options)
    return {index for shared in found for index in shared.members}


@given(seeds, st.integers(4, 12))
@settings(deadline=None, max_examples=50)
def test_a_shared_shift_among_measured_ones_is_found(seed, count):
    rng = np.random.default_rng(seed)
    values = measured(rng)
    chosen = rng.choice(len(values), count, replace=False)
    values[chosen] = turned((1.2, -0.4), rng.normal(0, 1e-3, count))
    assert members(values) == set(chosen.tolist())


def test_measured_values_are_hardly_ever_taken_for_shared_ones():
    wrong = 0
    for seed in range(200):
        scatter = (0.0005, 0.001, 0.002, 0.006)[seed % 4]
        wrong += bool(members(measured(np.random.default_rng(seed), scatter=scatter)))
    assert wrong <= 6


def test_sharing_is_looked_for_across_visits_but_not_across_runs():
    rng = np.random.default_rng(5)
    values = measured(rng, groups=3, each=6)
    chosen = [1, 7, 13]
    values[chosen] = turned((0.9, 0.2), np.array([0, 2e-4, -3e-4]))
    assert members(values) == set(chosen)
    assert members(values, runs=[f"run {index // 6}" for index in range(18)]) == set()


def test_meridians_that_converge_do_not_hide_it():
    """Tiles 8 arcmin apart at Dec -70: the shared shift differs by 10 mas, 30 times the usual box."""
    rng = np.random.default_rng(6)
    values = measured(rng)
    values[[0, 9, 18, 27]] = turned((0.1, -1.6), np.array([0, 0.002, 0.004, 0.006]))
    assert np.ptp(values[[0, 9, 18, 27], 0]) > 0.008
    assert members(values) == {0, 9, 18, 27}


def test_three_in_the_middle_of_measured_values():
    """Even where measured values lie all around, equal lengths stand out."""
    extra = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = np.array([0.2, -0.3]) + rng.normal(0, 0.003, (10, 2))
        values[:3] = turned((0.201, -0.299), rng.normal(0, 2e-4, 3))
        found = members(values)
        assert found >= {0, 1, 2}
        extra += len(found) - 3
    assert extra <= 4


def test_pairs_are_not_believed():
    values = measured(np.random.default_rng(7))
    values[[3, 20]] = (0.5, 0.5)
    assert members(values) == set()


def test_exactly_zero_was_not_corrected_even_once():
    values = measured(np.random.default_rng(8))
    values[3] = 0.0
    (found,) = find_fallbacks(*values.T)
    assert (found.members, found.zero) == ((3,), True)


def test_coarse_values_tell_nothing_unless_all_are_equal():
    values = np.round(measured(np.random.default_rng(10)), 2)
    assert members(values) == set()
    assert members(np.tile([0.25, -0.5], (4, 1))) == {0, 1, 2, 3}


def test_values_rounded_to_a_milliarcsecond():
    rng = np.random.default_rng(9)
    values = np.round(measured(rng), 3)
    assert members(values) == set()
    values[:10] = (0.006, -1.64)
    assert members(values) == set(range(10))


@given(seeds, st.randoms())
@settings(deadline=None, max_examples=20)
def test_order_does_not_count(seed, random):
    rng = np.random.default_rng(seed)
    values = measured(rng)
    values[:5] = turned((0.7, 0.7), rng.normal(0, 1e-4, 5))
    order = list(range(len(values)))
    random.shuffle(order)
    assert {order[index] for index in members(values[order])} == members(values)


@pytest.mark.parametrize(("values", "step"), [([0.1, 0.25], 0.01), ([1.0, 3.0], 1.0), ([1 / 3], 1e-9)])
def test_rounding(values, step):
    assert rounding(np.array(values)) == pytest.approx(step)


def test_real_fields(shared_data):
    with (shared_data / "tables" / "measured_tweakreg_shifts.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    fields = [row["field"] for row in rows]
    values = np.array([(float(row["dx_arcsec"]), float(row["dy_arcsec"])) for row in rows])
    (found,) = find_fallbacks(*values.T, fields)
    assert {fields[index] for index in found.members} == {"smacs0723"}
    assert len(found.members) == fields.count("smacs0723") == 10
    assert found.spread == pytest.approx(0.00021, abs=2e-5)


def test_groups_that_were_moved_as_one_are_no_fallbacks():
    rows = [
        Measurement(f"g{group}e{n}", f"g{group}", 0.1234 * group, 0.3)
        for group in (1, 2, 3)
        for n in range(4)
    ]
    marked, found = mark_fallbacks(rows)
    assert found == () and all(one.status == "measured" for one in marked)
    spoiled = [*rows[:8], *(Measurement(f"g3e{n}", "g3", 0.2468, 0.3) for n in range(4))]
    assert {index for one in mark_fallbacks(spoiled)[1] for index in one.members} == set(range(12))
    assert len(mark_fallbacks(rows[:4])[1]) == 1


def test_marking_spares_the_known_reference():
    values = turned((0.4, 0.3), np.array([0, 1e-4, 2e-4, 3e-4]))
    given_ = [
        Measurement(f"e{index}", "g", *value, status=Status.REFERENCE if index == 2 else Status.MEASURED)
        for index, value in enumerate(np.round(values, 8))
    ]
    marked, _ = mark_fallbacks(given_)
    assert [one.status for one in marked] == ["shared", "shared", "reference", "shared"]
    assert all(one.status in ("measured", "reference") for one in given_)
