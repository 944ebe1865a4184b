"""Laws of shower masks and of differences of groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.regions import Region
from miri_widgets.core.showers.search import find_showers, group_differences
from miri_widgets.core.showers.showers import ShowerMask, mask_showers, shower_of
from miri_widgets.errors import MixedExposuresError, ParameterError

DNU, JUMP, SAT = 1 << BITS["DO_NOT_USE"], 1 << BITS["JUMP_DET"], 1 << BITS["SATURATED"]
SHAPE = (2, 6, 24, 30)

seeds = st.integers(0, 2**32 - 1)
some = settings(deadline=None, max_examples=25)


def flags(seed, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def shower(seed):
    rng = np.random.default_rng(seed)
    centre = (float(rng.uniform(3, 26)), float(rng.uniform(3, 20)))
    shape = Region("ellipse", (centre,), tuple(rng.uniform(2, 5, 2)), float(rng.uniform(0, 180)))
    return ShowerMask(shape, int(rng.integers(0, 2)), int(rng.integers(1, 6)))


def ramps(seed=0, shape=(1, 8, 64, 64), rate=40.0, noise=5.0):
    rng = np.random.default_rng(seed)
    steps = rng.normal(rate, noise, shape)
    return np.cumsum(steps, axis=1).astype(np.float32), np.zeros(shape, np.uint8)


@some
@given(seeds)
def test_flags_are_only_added_and_the_input_stays(seed):
    dq = flags(seed)
    before = dq.copy()
    found, _ = mask_showers(dq, [shower(seed), shower(seed + 1)])
    assert np.array_equal(dq, before)
    assert np.array_equal(found & dq, dq)
    assert not ((found ^ dq) & ~np.uint8(DNU | JUMP)).any()


@some
@given(seeds)
def test_masked_are_its_pixels_from_its_group_to_the_end_of_its_integration(seed):
    one = shower(seed)
    found, (facts,) = mask_showers(np.zeros(SHAPE, np.uint8), [one])
    taken = has(found, "DO_NOT_USE")
    assert not taken[1 - one.integration].any()
    assert not taken[one.integration, : one.first_group].any()
    later = taken[one.integration, one.first_group :]
    assert later.any()
    assert (later == later[0]).all()
    jump = has(found, "JUMP_DET")
    assert np.array_equal(jump[one.integration, one.first_group], later[0])
    assert jump.sum() == later[0].sum() == facts["pixels"]
    assert facts["groups"] == taken.sum()


@some
@given(seeds, st.permutations(range(3)))
def test_order_of_showers_does_not_matter_and_again_changes_nothing(seed, order):
    showers = [shower(seed + k) for k in range(3)]
    one, _ = mask_showers(flags(seed), showers)
    other, _ = mask_showers(flags(seed), [showers[k] for k in order])
    assert one.tobytes() == other.tobytes()
    assert mask_showers(one, showers)[0].tobytes() == one.tobytes()


def test_a_group_that_was_out_before_is_not_counted_again():
    one = shower(3)
    dq = np.zeros(SHAPE, np.uint8)
    dq[:, -1] = DNU
    _, (plain,) = mask_showers(np.zeros(SHAPE, np.uint8), [one])
    _, (facts,) = mask_showers(dq, [one])
    assert facts["groups"] == plain["groups"] - plain["pixels"]


@some
@given(seeds, st.integers(1, 7), st.floats(-500, 500))
def test_difference_does_not_see_the_sky_nor_the_pedestal(seed, group, shift):
    ramp, dq = ramps(seed, (1, 8, 16, 16))
    plain = group_differences(ramp, dq, 0, group)
    lifted = ramp + np.float32(shift) + np.float32(7) * np.arange(8, dtype=np.float32)[None, :, None, None]
    np.testing.assert_allclose(group_differences(lifted, dq, 0, group), plain, atol=2e-2)


@some
@given(seeds, st.floats(1.0, 1e4))
def test_difference_does_not_see_stars_but_what_comes_in_one_group(seed, rate):
    ramp, dq = ramps(seed, (1, 8, 16, 16), noise=0.0)
    ramp[0, :, 5, 5] += np.float32(rate) * np.arange(8, dtype=np.float32)
    ramp[0, 4:, 9, 9] += np.float32(rate)
    found = group_differences(ramp, dq, 0, 4)
    assert found[5, 5] == pytest.approx(0, abs=1e-2)
    assert found[9, 9] == pytest.approx(rate, rel=1e-3)


@some
@given(seeds, st.sampled_from([np.nan, 1e30, -1e30]))
def test_flagged_groups_do_not_count(seed, value):
    ramp, dq = ramps(seed, (1, 8, 16, 16))
    bad = np.random.default_rng(seed).random(dq.shape) < 0.1
    dq[bad] = np.where(np.random.default_rng(seed).random(bad.sum()) < 0.5, DNU, SAT | JUMP)
    spoiled = np.where(bad, value, ramp)
    one, other = group_differences(ramp, dq, 0, 3), group_differences(spoiled, dq, 0, 3)
    assert np.array_equal(one, other, equal_nan=True)
    assert np.isnan(one).sum() >= (bad[0, 2] | bad[0, 3]).sum()


def test_raw_integers_do_not_wrap_around():
    ramp = np.full((1, 3, 4, 4), 100, np.uint16)
    ramp[0, 2, 1, 1] = 90
    found = group_differences(ramp, np.zeros(ramp.shape, np.uint8), 0, 2)
    assert found[1, 1] == -10


def with_shower(seed, centre=(40.0, 24.0), group=3, excess=4.0, size=9.0):
    ramp, dq = ramps(seed, (1, 8, 96, 96))
    rows, columns = np.mgrid[:96, :96]
    blob = excess * np.exp(-((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2) / (2 * size**2))
    ramp[0, group:] += blob.astype(np.float32)
    return ramp, dq


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000))
def test_a_faint_extended_excess_is_suggested_where_and_when_it_came(seed):
    found = find_showers(*with_shower(seed), size=6)
    assert found
    first = found[0]
    x, y = first.shape.points[0]
    assert (first.integration, first.first_group) == (0, 3)
    assert np.hypot(x - 40, y - 24) < 5
    assert 5 < min(first.shape.sizes) <= max(first.shape.sizes) < 30


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10_000))
def test_single_hits_and_stars_are_not_suggested(seed):
    ramp, dq = ramps(seed, (1, 8, 96, 96))
    rng = np.random.default_rng(seed)
    for _ in range(6):
        y, x = rng.integers(4, 92, 2)
        ramp[0, int(rng.integers(1, 8)) :, y : y + 2, x] += 5000
        ramp[0, :, y, x + 3] += 800 * np.arange(8, dtype=np.float32)
    assert find_showers(ramp, dq, size=6) == ()


def test_one_shower_is_suggested_once_though_it_glows_on():
    ramp, dq = with_shower(4)
    rows, columns = np.mgrid[:96, :96]
    glow = np.exp(-((columns - 40) ** 2 + (rows - 24) ** 2) / (2 * 9.0**2)).astype(np.float32)
    for group in range(4, 8):
        ramp[0, group:] += 3.0 * 0.5 ** (group - 4) * glow
    near = [
        one
        for one in find_showers(ramp, dq, size=6)
        if np.hypot(*(np.subtract(one.shape.points[0], (40, 24)))) < 12
    ]
    assert len(near) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [("int=2 group=5", (1, 4)), ("group=3", (0, 2)), ("GROUP = 4, integration = 1", (0, 3))],
)
def test_text_of_a_region_tells_when(text, expected):
    found = shower_of(Region("circle", ((5.0, 5.0),), (3.0,), text=text))
    assert (found.integration, found.first_group) == expected


@pytest.mark.parametrize("text", ["", "a shower", "int=2", "group=0", "group=1", "int=0 group=3"])
def test_a_text_that_does_not_tell_is_refused(text):
    with pytest.raises(ParameterError, match="group"):
        shower_of(Region("circle", ((5.0, 5.0),), (3.0,), text=text))


@pytest.mark.parametrize(
    ("centre", "integration", "group"), [((90.0, 5.0), 0, 2), ((5.0, 5.0), 2, 2), ((5.0, 5.0), 0, 6)]
)
def test_a_shower_outside_is_refused(centre, integration, group):
    one = ShowerMask(Region("circle", (centre,), (3.0,)), integration, group)
    with pytest.raises(MixedExposuresError):
        mask_showers(np.zeros(SHAPE, np.uint8), [one])


def test_there_is_no_difference_before_the_first_group():
    ramp, dq = ramps(1)
    for group in (0, 8):
        with pytest.raises(ParameterError, match="groups 2 to 8"):
            group_differences(ramp, dq, 0, group)
