"""Laws of after-images: saturated maps and masks across exposures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.persistence.persistence import filter_thresholds, persistence_masks
from miri_widgets.core.persistence.saturated_pixels import FULL_SHAPE, SaturationMap, Target, saturated_map
from miri_widgets.errors import MixedExposuresError, ParameterError

SAT, DNU = 1 << BITS["SATURATED"], 1 << BITS["DO_NOT_USE"]
SHAPE, CORNER, START = (12, 16), (100, 200), 60000.0
MINUTE, HOUR = 1 / 1440, 1 / 24
GROUP = 2.0

seeds = st.integers(0, 2**32 - 1)
some = settings(deadline=None, max_examples=25)


def target(root="one", start=START, filter_name="F770W", shape=SHAPE, corner=CORNER, seconds=60.0):
    return Target(root, filter_name, start, start + seconds / 86400, shape, corner)


def groups(seed=0, nints=2, ngroups=6, shape=SHAPE, fraction=0.2):
    """Pixels that saturate in a random group of a random integration, other bits beside; and who does."""
    rng = np.random.default_rng(seed)
    first = np.where(
        rng.random((nints, *shape)) < fraction, rng.integers(0, ngroups, (nints, *shape)), ngroups
    )
    saturated = np.arange(ngroups)[None, :, None, None] >= first[:, None]
    others = rng.choice([0, DNU, 4], saturated.shape).astype(np.uint8)
    return np.where(saturated, SAT, 0).astype(np.uint8) | others, first


def event(seed=0, grow=0, **named):
    dq, _ = groups(seed)
    starts = named.get("start", START) + np.arange(len(dq)) * 14 / 86400
    return saturated_map(dq, target(**named), starts, group_seconds=GROUP, grow=grow)


def one_pixel(unsaturated=0, root="star", start=START, filter_name="F770W", pixel=(5, 7)):
    dq = np.zeros((1, 6, *SHAPE), np.uint8)
    dq[0, unsaturated:, pixel[0], pixel[1]] = SAT
    return saturated_map(dq, target(root, start, filter_name), [start], group_seconds=GROUP, grow=0)


def flags(mask):
    return mask.dq()


@some
@given(seeds)
def test_every_saturated_pixel_is_listed_with_its_first_group_and_times(seed):
    dq, first = groups(seed)
    before = dq.copy()
    starts = START + np.array([0.0, 14.0]) / 86400
    found = saturated_map(dq, target(), starts, group_seconds=GROUP, grow=0)
    assert np.array_equal(dq, before)
    hit = (first < 6).any(axis=0)
    assert len(found) == hit.sum()
    rows, columns = found.rows - CORNER[1], found.columns - CORNER[0]
    assert hit[rows, columns].all()
    assert np.array_equal(found.unsaturated, first.min(axis=0)[rows, columns])
    last = np.where(first[1] < 6, 14.0, 0.0)[rows, columns]
    np.testing.assert_allclose((found.released_mjd - START) * 86400, last + 12, atol=1e-3)
    assert (found.reached_mjd <= found.released_mjd).all()


@some
@given(seeds, st.permutations(range(4)), st.permutations(range(4)))
def test_order_of_exposures_does_not_matter_only_their_times(seed, one, other):
    starts = START + np.array([0, 5, 8, 40]) * MINUTE
    events = [event(seed + k, root=f"e{k}", start=start) for k, start in enumerate(starts)]
    targets = [target(f"e{k}", start) for k, start in enumerate(starts)]
    plain = persistence_masks(events, targets)
    moved = persistence_masks([events[k] for k in one], [targets[k] for k in other])
    for place, k in enumerate(other):
        assert flags(moved[place]).tobytes() == flags(plain[k]).tobytes()
        assert moved[place].facts == plain[k].facts


@some
@given(seeds, st.floats(-20.0, 20.0))
def test_masks_follow_time_not_its_origin(seed, days):
    def masks(origin):
        events = [event(seed, root="a", start=origin)]
        return persistence_masks(events, [target("b", origin + 10 * MINUTE), target("c", origin + 3 * HOUR)])

    for one, shifted in zip(masks(START), masks(START + days), strict=True):
        assert np.array_equal(flags(one), flags(shifted))


@some
@given(seeds, st.integers(0, 5), st.integers(0, 5), st.floats(1, 100), st.floats(1, 100))
def test_wider_settings_mask_at_least_as_much(seed, groups_a, groups_b, minutes_a, minutes_b):
    events, targets = [event(seed, root="a")], [target("b", START + 20 * MINUTE)]
    few, many = sorted((groups_a, groups_b))
    short, long = sorted((minutes_a, minutes_b))
    (less,) = persistence_masks(events, targets, unsaturated_groups=few, positive_minutes=short)
    (more,) = persistence_masks(events, targets, unsaturated_groups=many, positive_minutes=long)
    assert not (flags(less) & ~flags(more)).any()


@some
@given(seeds)
def test_masks_of_two_exposures_are_the_union_of_both(seed):
    events = [event(seed, root="a"), event(seed + 1, root="b", start=START + 3 * MINUTE)]
    targets = [target("c", START + 9 * MINUTE)]
    (both,) = persistence_masks(events, targets)
    single = [flags(persistence_masks([one], targets)[0]) for one in events]
    assert np.array_equal(flags(both), single[0] | single[1])


@some
@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 60), st.integers(0, 60))
def test_subarrays_meet_on_the_full_detector(x, y, dx, dy):
    dq = np.zeros((1, 4, 20, 20), np.uint8)
    dq[0, 1:, 10, 10] = SAT
    source = Target("a", "F770W", START, START + MINUTE, (20, 20), (x, y))
    found = saturated_map(dq, source, [START], group_seconds=GROUP, grow=0)
    full = Target("f", "F770W", START + 5 * MINUTE, START + 6 * MINUTE)
    part = Target("p", "F770W", START + 5 * MINUTE, START + 6 * MINUTE, (40, 40), (dx, dy))
    (on_full, on_part) = persistence_masks([found], [full, part])
    assert np.argwhere(flags(on_full)).tolist() == [[y + 10, x + 10]]
    assert np.array_equal(flags(on_part), flags(on_full)[part.window])


@some
@given(seeds, st.integers(0, 2))
def test_growing_reaches_neighbours_and_keeps_the_first_group(seed, grow):
    dq, _ = groups(seed, fraction=0.02)
    small = saturated_map(dq, target(), [START] * 2, group_seconds=GROUP, grow=0)
    large = saturated_map(dq, target(), [START] * 2, group_seconds=GROUP, grow=grow)
    for row, column, count in zip(large.rows, large.columns, large.unsaturated, strict=True):
        near = (abs(small.rows - row) <= grow) & (abs(small.columns - column) <= grow)
        assert near.any()
        assert count == small.unsaturated[near].min()
    assert set(zip(small.rows, small.columns, strict=True)) <= set(
        zip(large.rows, large.columns, strict=True)
    )


def test_ignored_pixels_leave_nothing_and_do_not_grow():
    dq = np.full((1, 4, *SHAPE), 0, np.uint8)
    dq[0, :, 3, 3] = SAT
    hot = np.zeros(SHAPE, bool)
    hot[3, 3] = True
    assert len(saturated_map(dq, target(), [START], group_seconds=GROUP, grow=1)) == 9
    assert len(saturated_map(dq, target(), [START], group_seconds=GROUP, grow=1, ignored=hot)) == 0


@pytest.mark.parametrize(
    ("unsaturated", "minutes", "expected"),
    [
        (3, 10, ["positive"]),
        (0, 10, ["positive", "negative"]),
        (0, 300, ["negative"]),
        (3, 300, []),
        (4, 10, []),
        (0, 3000, []),
    ],
)
def test_positive_fades_in_minutes_and_negative_in_hours(unsaturated, minutes, expected):
    star = one_pixel(unsaturated)
    (mask,) = persistence_masks([star], [target("later", START + minutes * MINUTE)], unsaturated_groups=3)
    assert [cause for cause in ("positive", "negative") if len(mask.pixels[cause])] == expected
    assert mask.causes == (("star",) if expected else ())
    assert mask.facts["masked"] == (1 if expected else 0)


def test_neither_an_exposure_itself_nor_an_earlier_one_is_masked():
    star = one_pixel(0, start=START)
    itself, earlier = target("star", START), target("earlier", START - 5 * MINUTE)
    assert [mask.count for mask in persistence_masks([star], [itself, earlier])] == [0, 0]


def test_thresholds_follow_the_filter_of_the_saturated_exposure():
    events = [
        one_pixel(4, "a", filter_name="F560W", pixel=(1, 1)),
        one_pixel(4, "b", filter_name="F1500W", pixel=(2, 2)),
    ]
    later = [target("c", START + 5 * MINUTE, "F2550W")]
    (mask,) = persistence_masks(
        events, later, unsaturated_groups=3, groups_by_filter=filter_thresholds(["f1500w = 5"])
    )
    assert np.argwhere(flags(mask)).tolist() == [[2, 2]]


@pytest.mark.parametrize("word", ["F1500W", "=3", "F1500W=-1", "F1500W=two", ""])
def test_a_threshold_that_is_none_is_refused(word):
    with pytest.raises(ParameterError, match="FILTER=GROUPS"):
        filter_thresholds([word])


def test_do_not_use_can_be_left_to_the_user_but_not_for_the_users_own_mask():
    user = np.zeros(FULL_SHAPE, bool)
    user[200, 100] = True
    (mask,) = persistence_masks([one_pixel()], [target("b", START + MINUTE)], user=user)
    soft, hard = mask.dq(do_not_use=False), mask.dq()
    assert has(hard, "DO_NOT_USE").sum() == 2
    assert np.argwhere(has(soft, "DO_NOT_USE")).tolist() == [[0, 0]]
    assert np.array_equal(has(soft, "PERSISTENCE"), has(hard, "PERSISTENCE"))


def test_defect_equality_instead_of_bit_test():
    dq = np.zeros((1, 5, *SHAPE), np.uint8)
    dq[0, 1:, 4, 4] = SAT | DNU
    found = saturated_map(dq, target(), [START], group_seconds=GROUP, grow=0)
    assert (len(found), int(found.unsaturated[0])) == (1, 1)


def test_defect_first_integration_only():
    dq = np.zeros((2, 5, *SHAPE), np.uint8)
    dq[1, 2:, 4, 4] = SAT
    found = saturated_map(dq, target(), [START, START + MINUTE], group_seconds=GROUP, grow=0)
    assert (len(found), int(found.unsaturated[0])) == (1, 2)
    assert found.reached_mjd[0] > START + MINUTE


def test_defect_a_short_ramp_is_masked_whole():
    dq = np.zeros((1, 3, *SHAPE), np.uint8)
    found = saturated_map(dq, target(), [START], group_seconds=GROUP)
    (mask,) = persistence_masks([found], [target("b", START + MINUTE)], unsaturated_groups=3)
    assert mask.count == 0


def test_defect_no_time_window():
    star = one_pixel(2)
    masks = persistence_masks([star], [target("b", START + MINUTE), target("c", START + 5 * HOUR)])
    assert [mask.count for mask in masks] == [1, 0]


def test_defect_mask_of_a_single_exposure_is_undefined():
    (mask,) = persistence_masks([one_pixel()], [target("star")])
    assert not flags(mask).any()
    assert persistence_masks([], []) == ()


def test_a_transposed_mask_is_refused_with_the_reason():
    with pytest.raises(ParameterError, match="transpose"):
        persistence_masks([], [target()], user=np.zeros(FULL_SHAPE[::-1], bool))


def test_what_does_not_belong_together_is_refused():
    dq, _ = groups()
    with pytest.raises(MixedExposuresError, match="start of each integration"):
        saturated_map(dq, target(), [START], group_seconds=GROUP)
    with pytest.raises(MixedExposuresError, match="part of the detector"):
        target(corner=(1020, 0))
    with pytest.raises(MixedExposuresError, match="start and an end"):
        target(start=float("nan"))


def test_maps_are_small():
    found = event(3)
    assert isinstance(found, SaturationMap)
    size = sum(
        getattr(found, name).nbytes
        for name in ("rows", "columns", "unsaturated", "reached_mjd", "released_mjd")
    )
    assert size <= 22 * len(found)


def ramps(rates, ngroups=10, well=50000.0, sky=100.0):
    """Straight noiseless ramps of one row of pixels, DN per group, on a pedestal, and their flags."""
    signal = np.arange(1, ngroups + 1)[:, None] * (np.array(rates) + sky)
    full = signal >= well
    data = 9000 + np.minimum(signal, well)
    shape = (1, ngroups, *SHAPE)
    image = np.full((ngroups, *SHAPE), 9000 + np.arange(1, ngroups + 1)[:, None, None] * sky)
    dq = np.zeros((ngroups, *SHAPE), np.uint8)
    image[:, 5, : len(rates)], dq[:, 5, : len(rates)] = data, np.where(full, SAT, 0)
    return image.reshape(shape), dq.reshape(shape), np.full(SHAPE, 9000 + well)


def dosed(rates, least=0.5, **named):
    data, dq, well = ramps(rates)
    return saturated_map(
        dq, target("star", **named), [START], group_seconds=GROUP, data=data, full_well=well, least_dose=least
    )


def test_pixels_that_never_saturated_are_masked_by_their_dose_and_not_by_saturation():
    event = dosed([3000.0, 30000.0])
    later, hours = target("later", START + 2 * MINUTE), target("hours", START + 3 * HOUR)
    by_dose = persistence_masks([event], [later, hours], trigger="dose")
    assert [mask.pixels["positive"].size for mask in by_dose] == [2, 0]
    assert [mask.pixels["negative"].size for mask in by_dose] == [1, 1]
    before = persistence_masks([event], [later, hours], trigger="saturation")
    assert [mask.pixels["positive"].size for mask in before] == [1, 0]
    with pytest.raises(ParameterError, match="trigger"):
        persistence_masks([event], [later], trigger="light")
