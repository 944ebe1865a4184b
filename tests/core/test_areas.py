"""Laws of the detector's areas and of the flags that mask them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.areas import AREAS, area_of, imager_area, mask_areas
from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.errors import InputError

FULL = (1024, 1032)
seeds = st.integers(0, 2**32 - 1)
corners = st.tuples(st.integers(0, 700), st.integers(0, 800))


def exposure(seed, shape=(60, 120), corner=(300, 690)):
    rng = np.random.default_rng(seed)
    sci = rng.normal(10, 1, shape).astype(np.float32)
    dq = rng.integers(0, 2**32, shape, dtype=np.uint32) & ~np.uint32(1)
    bad = rng.random(shape) < 0.1
    sci[bad], dq[bad] = np.nan, dq[bad] | np.uint32(1)
    return ExposureArrays(sci, np.abs(sci), dq, root="jw01040001001_02101_00001_mirimage", corner=corner)


@settings(deadline=None, max_examples=30)
@given(corners, st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_every_pixel_lies_in_one_area(corner, shape):
    areas = area_of(shape, corner)
    assert tuple(areas) == AREAS
    assert np.array_equal(sum(area.astype(int) for area in areas.values()), np.ones(shape, int))


@settings(deadline=None, max_examples=30)
@given(corners, st.tuples(st.integers(1, 220), st.integers(1, 320)))
def test_a_subarray_is_cut_out_of_the_full_frame(corner, shape):
    whole, part = area_of(FULL), area_of(shape, corner)
    window = (slice(corner[1], corner[1] + shape[0]), slice(corner[0], corner[0] + shape[1]))
    for name in AREAS:
        assert np.array_equal(whole[name][window], part[name])


def test_known_pixels_lie_where_the_instrument_has_them():
    areas = area_of(FULL)
    for name, (x, y) in {
        "lyot": (143, 885), "4qpm_1550": (120, 575), "4qpm_1140": (120, 354), "4qpm_1065": (120, 132),
        "imager": (693, 512), "support": (340, 300), "reference": (1030, 500),
    }.items():  # fmt: skip
        assert areas[name][y, x], name
    assert np.count_nonzero(imager_area(FULL)) == 1024 * (1028 - 360)


@settings(deadline=None, max_examples=40)
@given(seeds, st.booleans(), st.booleans(), st.integers(-60, 40))
def test_dq_only_gains_bits_and_nothing_else_changes(seed, lyot, coronagraphs, margin):
    before, copy = exposure(seed), exposure(seed)
    after = mask_areas([before], lyot=lyot, coronagraphs=coronagraphs, margin=margin).exposures[0]
    assert np.array_equal(after.dq & before.dq, before.dq)
    gained = after.dq & ~before.dq
    assert not np.any(gained & ~np.uint32(1 | 1 << BITS["NON_SCIENCE"]))
    assert after.sci is before.sci
    assert after.err is before.err
    assert np.array_equal(before.dq, copy.dq)
    assert np.array_equal(before.sci, copy.sci, equal_nan=True)


@settings(deadline=None, max_examples=20)
@given(seeds)
def test_what_is_flagged_carries_both_flags_and_the_imager_none(seed):
    before = exposure(seed)
    after = mask_areas([before]).exposures[0]
    imager = imager_area(before.shape, before.corner)
    assert np.array_equal(after.dq[imager], before.dq[imager])
    assert np.all(has(after.dq, "DO_NOT_USE")[~imager] & has(after.dq, "NON_SCIENCE")[~imager])


@settings(deadline=None, max_examples=20)
@given(seeds, st.booleans(), st.booleans())
def test_twice_is_once(seed, lyot, coronagraphs):
    once = mask_areas([exposure(seed)], lyot=lyot, coronagraphs=coronagraphs).exposures[0]
    twice = mask_areas([once], lyot=lyot, coronagraphs=coronagraphs).exposures[0]
    assert np.array_equal(once.dq, twice.dq)
    assert twice.facts["areas"]["newly"] == 0
    assert once.facts["areas"]["pixels"] == twice.facts["areas"]["pixels"]


@settings(deadline=None, max_examples=20)
@given(seeds, st.integers(-60, 20), st.integers(1, 30))
def test_a_larger_margin_flags_more(seed, margin, more):
    small = mask_areas([exposure(seed)], margin=margin).exposures[0]
    large = mask_areas([exposure(seed)], margin=margin + more).exposures[0]
    assert np.array_equal(small.dq & large.dq, small.dq)


def test_the_lyot_area_can_be_kept():
    blank = np.zeros(FULL, np.float32)
    planes = ExposureArrays(blank, blank, np.zeros(FULL, np.uint32))
    areas = area_of(FULL)
    kept = has(mask_areas([planes], lyot=False).exposures[0].dq, "DO_NOT_USE")
    assert not kept[areas["lyot"]].any()
    assert kept[areas["4qpm_1065"]].all()
    assert kept[areas["support"]].all()
    alone = has(mask_areas([planes], coronagraphs=False).exposures[0].dq, "DO_NOT_USE")
    assert alone[areas["lyot"]].all()
    assert not alone[areas["4qpm_1550"]].any()


def test_each_exposure_by_its_own_whatever_the_order():
    exposures = [exposure(seed, corner=(250 + 30 * seed, 650)) for seed in range(4)]
    forward = mask_areas(Lazy(4, exposures.__getitem__)).exposures
    backward = mask_areas(exposures[::-1]).exposures
    for one, other in zip(forward, reversed(list(backward)), strict=True):
        assert np.array_equal(one.dq, other.dq)
        assert one.facts == other.facts
        assert one.notes == other.notes


@pytest.mark.parametrize(("shape", "corner"), [((64, 72), (0, 778)), ((128, 136), (0, 888))])
def test_a_subarray_inside_the_lyot_area_is_refused_not_lost(shape, corner):
    planes = exposure(1, shape, corner)
    with pytest.raises(InputError, match="lies in the areas to flag"):
        mask_areas([exposure(1), planes])
    kept = mask_areas([planes], lyot=False).exposures[0]
    assert kept.good.any()


def test_nothing_asked_is_told():
    outcome = mask_areas([exposure(1)], lyot=False, coronagraphs=False)
    assert "nothing is done" in outcome.warnings[0]
    assert np.array_equal(outcome.exposures[0].dq, exposure(1).dq)


def test_defect_by_hand_numbers_are_for_full_frames_only():
    """``dq[700:, :310]`` misses the Lyot area in a window that begins higher up."""
    window = exposure(3, (300, 400), (300, 700))
    by_hand = np.zeros(window.shape, bool)
    by_hand[700:, :310] = True
    ours = has(mask_areas([window]).exposures[0].dq, "NON_SCIENCE") & ~has(window.dq, "NON_SCIENCE")
    assert ours[:, :60].any()
    assert not by_hand.any()
