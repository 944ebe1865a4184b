"""One shift per group follows what was put in, from measurements and overlaps together."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.shifts.solution import Measurement, Overlap, Status, solve_shifts
from miri_widgets.errors import ParameterError

seeds = st.integers(0, 10**6)
shift = st.floats(-2, 2)


def program(seed, *, groups=5, each=9, scatter=0.003, noise=0.002, relative=False):
    """True shifts, measurements of every exposure, and overlaps of neighbouring groups."""
    rng = np.random.default_rng(seed)
    true = {f"g{index}": rng.normal(0, 0.5, 2) for index in range(groups)}
    constant = rng.normal(0, 0.3, 2) if relative else np.zeros(2)
    measurements, overlaps = [], []
    for name, value in true.items():
        for number in range(each):
            dx, dy = value + constant + rng.normal(0, scatter, 2)
            measurements.append(Measurement(f"{name}e{number}", name, dx, dy, relative=relative))
    for index in range(groups - 1):
        for number in range(each):
            offset = true[f"g{index}"] - true[f"g{index + 1}"] + rng.normal(0, noise, 2)
            overlaps.append(Overlap(f"g{index}e{number}", f"g{index + 1}e{number}", *offset, 0.002, 30))
    return true, measurements, overlaps


def errors(solution, true, zero=None):
    origin = true[zero] if zero else np.zeros(2)
    return np.array([(one.dx, one.dy) - (true[name] - origin) for name, one in solution.shifts.items()])


@given(seeds)
@settings(deadline=None, max_examples=20)
def test_truth_is_found_within_its_errors(seed):
    true, measurements, overlaps = program(seed)
    solution = solve_shifts(measurements, overlaps)
    assert np.sqrt(np.mean(errors(solution, true) ** 2)) < 0.003
    assert all(one.tied and one.used >= 6 and one.overlaps for one in solution.shifts.values())
    assert all(0.0001 < one.dx_err < 0.003 for one in solution.shifts.values())


@given(seeds, shift, shift)
@settings(deadline=None, max_examples=15)
def test_common_shift_and_order(seed, dx, dy):
    _, measurements, overlaps = program(seed, groups=3, each=4)
    moved = [Measurement(one.root, one.group, one.dx + dx, one.dy + dy) for one in reversed(measurements)]
    here, there = solve_shifts(measurements, overlaps), solve_shifts(moved, overlaps[::-1])
    for name, one in here.shifts.items():
        assert there.shifts[name].dx - one.dx == pytest.approx(dx, abs=1e-6)
        assert there.shifts[name].dy - one.dy == pytest.approx(dy, abs=1e-6)


@given(seeds)
@settings(deadline=None, max_examples=15)
def test_an_overlap_may_be_told_from_either_side(seed):
    _, measurements, overlaps = program(seed, groups=3, each=3)
    turned = [Overlap(one.root_b, one.root_a, -one.dx, -one.dy, one.sigma, one.n) for one in overlaps]
    here, there = solve_shifts(measurements, overlaps), solve_shifts(measurements, turned)
    assert all(there.shifts[name].dx == pytest.approx(one.dx, abs=1e-7) for name, one in here.shifts.items())


@given(seeds, st.floats(0, 2 * math.pi))
@settings(deadline=None, max_examples=25)
def test_one_exposure_of_four_wrong_by_an_arcsec_and_a_half(seed, angle):
    _, measurements, overlaps = program(seed, groups=3, each=4)
    bad = measurements[5]
    wrong = Measurement(bad.root, bad.group, bad.dx + 1.5 * math.cos(angle), bad.dy + 1.5 * math.sin(angle))
    spoiled = [*measurements[:5], wrong, *measurements[6:]]
    for lines in ((), overlaps):
        before, after = solve_shifts(measurements, lines), solve_shifts(spoiled, lines)
        for name, one in before.shifts.items():
            assert math.hypot(after.shifts[name].dx - one.dx, after.shifts[name].dy - one.dy) < 0.005
        assert (bad.root, "disagrees with the other exposures") in after.shifts[bad.group].left_out


def test_wrong_overlaps_are_rejected_and_named():
    true, measurements, overlaps = program(3)
    bad = overlaps[10]
    overlaps[10] = Overlap(bad.root_a, bad.root_b, bad.dx + 0.7, bad.dy, bad.sigma, bad.n)
    solution = solve_shifts(measurements, overlaps)
    assert overlaps[10] in solution.rejected
    assert np.max(np.abs(errors(solution, true))) < 0.005


def test_overlaps_carry_a_group_without_any_measurement():
    true, measurements, overlaps = program(4)
    owners = {one.root: one.group for one in measurements}
    rest = [one for one in measurements if one.group != "g4"]
    solution = solve_shifts(rest, overlaps, groups=owners)
    assert np.max(np.abs(errors(solution, true))) < 0.005
    assert (solution.shifts["g4"].used, solution.shifts["g4"].tied) == (0, True)
    assert solution.shifts["g4"].dx_err > solution.shifts["g3"].dx_err


@pytest.mark.parametrize("reference", [None, "g2"])
def test_without_absolute_data_a_stated_group_is_zero(reference):
    true, measurements, overlaps = program(5, relative=True)
    solution = solve_shifts(measurements, overlaps, reference=reference)
    zero = reference or "g0"
    assert zero in solution.gauge and "0 by definition" in solution.gauge
    assert (solution.shifts[zero].dx, solution.shifts[zero].dx_err) == (0, 0)
    assert np.max(np.abs(errors(solution, true, zero))) < 0.006
    assert not any(one.tied for one in solution.shifts.values())


def test_relative_measurements_are_tied_by_one_absolute_group():
    true, measurements, overlaps = program(6, relative=True)
    extra = [Measurement(f"abs{number}", "g1", *true["g1"]) for number in range(4)]
    solution = solve_shifts([*measurements, *extra], overlaps)
    assert all(one.tied for one in solution.shifts.values())
    assert np.max(np.abs(errors(solution, true))) < 0.006


def test_groups_that_are_not_connected_are_said():
    true, _, overlaps = program(7, groups=5)
    owners = {f"g{index}e{number}": f"g{index}" for index in range(5) for number in range(9)}
    cut = [one for one in overlaps if not one.root_a.startswith("g1")]
    solution = solve_shifts([], cut, groups=owners)
    assert {one.component for one in solution.shifts.values()} == {0, 1}
    assert len(solution.notes) == 2 and all("not connected" in note for note in solution.notes)
    apart = true["g3"] - true["g2"]
    assert solution.shifts["g3"].dx - solution.shifts["g2"].dx == pytest.approx(apart[0], abs=0.004)


def test_what_nothing_determines_is_not_a_number_and_said():
    _, measurements, _ = program(8, groups=2)
    failed = [
        Measurement(one.root, one.group, one.dx, one.dy, status=Status.SHARED) for one in measurements[9:]
    ]
    solution = solve_shifts([*measurements[:9], *failed])
    assert math.isnan(solution.shifts["g1"].dx)
    assert solution.shifts["g1"].left_out[0][1] == "carries only the shift of the whole run"
    assert any("Nothing determines the shift of g1" in note for note in solution.notes)


def test_stated_errors_that_are_too_small_are_enlarged():
    _, measurements, _ = program(9, scatter=0.008)
    stated = [Measurement(one.root, one.group, one.dx, one.dy, 0.001) for one in measurements]
    for one in solve_shifts(stated).shifts.values():
        assert 0.0015 < one.dx_err < 0.006
        assert one.used >= 7


def test_rotation_of_a_group():
    rng = np.random.default_rng(2)
    rows = [
        Measurement(f"e{number}", "g", 0.1, 0.1, rotation=0.01 + rng.normal(0, 0.001), rotation_err=0.001)
        for number in range(6)
    ]
    rows.append(Measurement("e9", "g", 0.1, 0.1, rotation=1.0, rotation_err=0.001))
    turn = solve_shifts(rows, rotation=True).shifts["g"]
    assert turn.rotation == pytest.approx(0.01, abs=0.0015)
    assert 0 < turn.rotation_err < 0.002
    assert math.isnan(solve_shifts(rows).shifts["g"].rotation)


def test_forty_five_exposures_with_all_overlaps_are_quick():
    true, measurements, _ = program(10)
    overlaps = [
        Overlap(one.root, two.root, *(true[one.group] - true[two.group]), 0.003, 20)
        for index, one in enumerate(measurements)
        for two in measurements[:index]
    ]
    start = time.thread_time()  # what others do meanwhile does not count
    solve_shifts(measurements, overlaps)
    assert time.thread_time() - start < 2


@pytest.mark.parametrize(
    ("measurements", "overlaps", "options", "words"),
    [
        ([], [], {}, "no measured shifts"),
        ([Measurement("a", "g", 0, 0)] * 2, [], {}, "measured 2 times"),
        ([Measurement("a", "g", 0, 0)], [Overlap("a", "b", 0, 0)], {}, "an overlap names b"),
        ([Measurement("a", "g", 0, 0)], [], {"reference": "h"}, "no group h"),
        ([Measurement("a", "g", 0, 0, sigma=0.0)], [], {}, "standard deviation of a"),
        (
            [Measurement("a", "g", 0, 0), Measurement("b", "h", 0, 0)],
            [Overlap("a", "b", math.nan, 0)],
            {},
            "has no offset",
        ),
    ],
)
def test_bad_input_is_one_sentence(measurements, overlaps, options, words):
    with pytest.raises(ParameterError, match=words):
        solve_shifts(measurements, overlaps, **options)


def test_a_roll_that_nothing_measures_is_in_the_error_however_many_overlaps_there_are():
    def errors(number, lever, turn=math.nan):
        rows = [Measurement(f"a{index}", "a", 0.0, 0.0, 0.002) for index in range(4)]
        overlaps = [
            Overlap(
                f"b{index}", f"a{index % 4}", 0.1, 0.2, 0.004, 50, (lever, 0.0), (-lever, 0.0), turn, 0.001
            )
            for index in range(number)
        ]
        groups = {f"b{index}": "b" for index in range(number)}
        return solve_shifts(rows, overlaps, groups=groups).shifts["b"]

    near, far, many = errors(4, 0.0), errors(4, 60.0), errors(40, 60.0)
    assert near.dy_err < 0.004
    # two rolls of 0.01 degrees at an arcminute
    expected = math.radians(0.01) * 60 * math.sqrt(2)
    assert far.dy_err == pytest.approx(expected, rel=0.1)
    assert many.dy_err == pytest.approx(expected, rel=0.05)
    assert far.dx_err == pytest.approx(near.dx_err, rel=0.01)
    # a run whose overlaps show large rolls has larger errors
    assert errors(4, 60.0, 0.05).dy_err > 2 * far.dy_err
