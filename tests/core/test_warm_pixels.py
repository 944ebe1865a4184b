"""Laws of warm pixels, found by the dithers themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.lone_pixels import excess_over_neighbours
from miri_widgets.core.warm_pixel_counts import needed_of
from miri_widgets.core.warm_pixels import flag_warm_pixels
from miri_widgets.errors import InputError, MixedExposuresError, ParameterError

SHAPE, CORNER, SCALE = (48, 56), (500, 300), 0.11 / 3600
seeds = st.integers(0, 2**32 - 1)
few = settings(deadline=None, max_examples=12)
WARM = [(5, 7), (20, 30), (21, 31), (40, 50), (33, 3)]


def dithers(seed, count=8, warm=WARM, excess=8.0, step=6.0, stars=4, level=10.0, bad=0.03):
    """Exposures of noise 1 with stars that move over the detector, and warm pixels that do not."""
    rng = np.random.default_rng(seed)
    sky = rng.uniform(-20, 76, (stars, 2))
    y, x = np.indices(SHAPE)
    made = []
    for index in range(count):
        shift = step * np.array([index % 3, index // 3])
        sci = rng.normal(level, 1.0, SHAPE)
        for place in sky - shift:
            sci += 500 * np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 2 / 1.03**2)
        for row, column in warm:
            sci[row, column] += excess
        lost = rng.random(SHAPE) < bad
        for row, column in warm:
            lost[row, column] = False
        dq = np.where(lost, 1 | 1 << 10, 0).astype(np.uint32)
        made.append(planes(np.where(lost, np.nan, sci), dq, index, shift))
    return made


def planes(sci, dq, index, shift):
    def to_sky(x, y):
        return 80 + (np.asarray(x) + shift[0]) * SCALE, (np.asarray(y) + shift[1]) * SCALE

    sci = sci.astype(np.float32)
    err = np.where(np.isfinite(sci), np.float32(1), np.float32(np.nan)).astype(np.float32)
    root = f"jw01040001001_02101_{index + 1:05d}_mirimage"
    return ExposureArrays(
        sci, err, dq, root=root, start_mjd=6e4 + index, fwhm=2.43, corner=CORNER, to_sky=to_sky
    )


def mask(outcome):
    return outcome.images["warm"]


@few
@given(seeds)
def test_all_warm_pixels_are_found_and_no_other(seed):
    found = mask(flag_warm_pixels(dithers(seed)))
    assert all(found[place] == 1 for place in WARM)
    assert np.count_nonzero(found) == len(WARM)


@few
@given(seeds, st.floats(-100, 100))
def test_a_level_that_changes_between_exposures_does_not_matter(seed, step):
    exposures = dithers(seed)
    lifted = [one.replace(sci=one.sci + np.float32(step * index)) for index, one in enumerate(exposures)]
    assert np.array_equal(mask(flag_warm_pixels(exposures)), mask(flag_warm_pixels(lifted)))


@few
@given(seeds, st.sampled_from([0.125, 4.0, 1024.0]))
def test_the_unit_does_not_matter(seed, scale):
    exposures = dithers(seed)
    scaled = [
        one.replace(sci=one.sci * np.float32(scale), err=one.err * np.float32(scale)) for one in exposures
    ]
    assert np.array_equal(mask(flag_warm_pixels(exposures)), mask(flag_warm_pixels(scaled)))


@few
@given(seeds, st.permutations(range(8)))
def test_the_order_of_exposures_does_not_matter(seed, order):
    exposures = dithers(seed)
    one, other = flag_warm_pixels(exposures), flag_warm_pixels([exposures[index] for index in order])
    assert np.array_equal(mask(one), mask(other))
    assert one.facts == other.facts
    by_root = {each.root: each for each in other.exposures}
    for each in one.exposures:
        assert np.array_equal(each.dq, by_root[each.root].dq)
        assert each.facts == by_root[each.root].facts


@few
@given(seeds, st.sampled_from([np.nan, np.inf, 1e30, -1e30]))
def test_pixels_that_are_not_good_do_not_count(seed, value):
    exposures = dithers(seed, bad=0.1)
    spoiled = [one.replace(sci=np.where(one.good, one.sci, np.float32(value))) for one in exposures]
    assert np.array_equal(mask(flag_warm_pixels(exposures)), mask(flag_warm_pixels(spoiled)))


@few
@given(seeds, st.booleans())
def test_dq_only_gains_bits_and_nothing_else_changes(seed, do_not_use):
    exposures, copies = dithers(seed), dithers(seed)
    outcome = flag_warm_pixels(Lazy(8, exposures.__getitem__), do_not_use=do_not_use)
    allowed = np.uint32(1 << BITS["WARM"] | int(do_not_use))
    for before, copy, after in zip(exposures, copies, outcome.exposures, strict=True):
        assert np.array_equal(after.dq & before.dq, before.dq)
        assert not np.any((after.dq & ~before.dq) & ~allowed)
        assert np.array_equal(has(after.dq, "WARM"), mask(outcome) == 1)
        assert np.array_equal(before.sci, copy.sci, equal_nan=True)
        assert np.array_equal(before.dq, copy.dq)
        assert after.sci is before.sci


@few
@given(seeds)
def test_a_higher_threshold_finds_no_more(seed):
    outcome = flag_warm_pixels(dithers(seed, excess=20.0))
    above = list(outcome.facts["warm_above"].values())
    assert above[0] == outcome.facts["warm"] == len(WARM)
    assert above == sorted(above, reverse=True)
    assert flag_warm_pixels(dithers(seed, excess=20.0), nsigma=40).facts["warm"] == 0


@few
@given(seeds)
def test_one_spoiled_exposure_does_not_hide_or_make_warm_pixels(seed):
    exposures = dithers(seed)
    rng = np.random.default_rng(seed)
    cosmic = np.where(rng.random(SHAPE) < 0.05, np.float32(1e4), np.float32(0))
    exposures[3] = exposures[3].replace(sci=exposures[3].sci + cosmic)
    found = mask(flag_warm_pixels(exposures))
    assert all(found[place] for place in WARM)
    assert np.count_nonzero(found) == len(WARM)


@few
@given(seeds)
def test_cold_pixels_are_warm_ones_upside_down(seed):
    exposures = dithers(seed, stars=0)
    turned = [one.replace(sci=-one.sci) for one in exposures]
    assert not mask(flag_warm_pixels(turned)).any()
    outcome = flag_warm_pixels(turned, cold=True)
    assert np.array_equal(mask(outcome), 2 * mask(flag_warm_pixels(exposures)))
    assert np.array_equal(has(outcome.exposures[0].dq, "LOW_QE"), mask(outcome) == 2)


@few
@given(seeds, st.floats(-1e3, 1e3), st.sampled_from([0.5, 2.0, 64.0]))
def test_excess_follows_scale_and_not_shift(seed, shift, scale):
    rng = np.random.default_rng(seed)
    sci = rng.integers(0, 64, SHAPE).astype(np.float32)  # sums of these are exact
    good = rng.random(SHAPE) < 0.8
    one, other = (
        excess_over_neighbours(data, good)
        for data in (sci, np.float32(scale) * (sci + np.float32(round(shift))))
    )
    assert np.array_equal(np.isnan(one), np.isnan(other))
    assert np.array_equal(np.float32(scale) * one, other, equal_nan=True)


@few
@given(st.integers(1, 40), st.floats(1e-4, 0.9), st.floats(0.5, 1))
def test_more_is_asked_for_where_more_stands_out(number, rate, fraction):
    valid = np.full((1, 2), number, np.int16)
    low, high = needed_of(valid, np.array([[rate, min(2 * rate, 1.0)]]), fraction)[0]
    assert fraction * number - 1e-6 <= low <= high <= number + 1


def test_defect_a_star_in_an_undithered_set_is_not_a_warm_pixel():
    """The clipped median over exposures calls every star warm where the telescope did not move."""
    with pytest.raises(InputError, match=r"8 exposures at 1 pointings more than 1\.5 FWHM apart"):
        flag_warm_pixels(dithers(1, step=0.2))


def test_defect_repeats_of_a_pointing_do_not_outvote_the_others():
    exposures = dithers(2, warm=[], stars=1, bad=0)
    again = [
        one.replace(root=f"{one.root}{turn}", start_mjd=7e4 + turn)
        for turn in range(30)
        for one in exposures[:1]
    ]
    outcome = flag_warm_pixels(exposures + again)
    assert outcome.facts["pointings"] == 8
    assert outcome.facts["warm"] == 0


def test_defect_crowding_is_not_warmth():
    """With few pointings in a crowd, pixels that always lie on stars are not judged, and that is told."""
    outcome = flag_warm_pixels(dithers(3, count=4, stars=400, warm=[]))
    assert outcome.facts["warm"] <= 1
    assert outcome.facts["unjudged"] > 0.5
    assert "could not be judged" in outcome.warnings[0]


def test_defect_err_that_is_too_small_does_not_make_warm_pixels():
    exposures = [one.replace(err=one.err * np.float32(0.1)) for one in dithers(4, warm=[])]
    outcome = flag_warm_pixels(exposures)
    assert outcome.facts["warm"] == 0
    assert outcome.exposures[0].facts["warm_pixels"]["noise_over_err"] == pytest.approx(10, rel=0.2)


def test_too_few_mixed_or_unplaced_exposures_are_sentences():
    exposures = dithers(5)
    with pytest.raises(InputError, match="3 pointings"):
        flag_warm_pixels(exposures[:3])
    with pytest.raises(InputError, match="0 exposures"):
        flag_warm_pixels([])
    with pytest.raises(InputError, match="no sky positions"):
        flag_warm_pixels([one.replace(to_sky=None) for one in exposures])
    with pytest.raises(MixedExposuresError, match="2 different windows"):
        flag_warm_pixels([*exposures[:7], exposures[7].replace(corner=(0, 0))])


def test_an_even_box_is_a_sentence():
    with pytest.raises(ParameterError, match="box = 4; expected an odd number"):
        flag_warm_pixels(dithers(6, count=4), box=4)


@few
@given(seeds)
def test_pixels_that_are_warm_at_three_of_eight_pointings_are_found_where_they_stand_alone(seed):
    exposures = dithers(seed, warm=[], stars=2)
    on = np.random.default_rng(seed).permutation(8)[:4]
    for index in on:
        for row, column in WARM:
            exposures[index].sci[row, column] += np.float32(20)
    usable = [place for place in WARM if sum(one.good[place] for one in exposures) >= 7]
    found = mask(flag_warm_pixels(exposures))
    # two of the pixels touch by a corner, and still stand alone
    assert all(found[place] == 1 for place in usable if sum(exposures[i].good[place] for i in on) == 4)
    assert np.count_nonzero(found) <= len(WARM)
    assert not mask(flag_warm_pixels(exposures, blinking=0.0)).any()


def test_stars_that_come_back_are_no_blinking_pixels():
    exposures = dithers(5, warm=[], stars=0)
    y, x = np.indices(SHAPE)
    for index in (0, 2, 5, 6):
        star = 60 * np.exp(-((x - 20) ** 2 + (y - 30) ** 2) / 2 / 1.03**2)
        exposures[index] = exposures[index].replace(sci=(exposures[index].sci + star).astype(np.float32))
    assert not mask(flag_warm_pixels(exposures)).any()


@few
@given(seeds, st.floats(1.0, 2.0))
def test_errors_of_the_flat_are_no_warm_pixels(seed, size):
    flat = np.random.default_rng([seed, 9]).normal(0, size, SHAPE).astype(np.float32)
    exposures = [one.replace(sci=one.sci + flat) for one in dithers(seed, stars=0, excess=30.0)]
    result = flag_warm_pixels(exposures)
    assert all(mask(result)[place] == 1 for place in WARM)
    # four and a half standard deviations of a field of 2,700 pixels, measured on itself
    assert np.count_nonzero(mask(result)) <= len(WARM) + 3
    assert result.facts["flat_residual"] > 0.3
    taken = mask(flag_warm_pixels(exposures, pattern_sigma=0.0))
    assert np.count_nonzero(taken) >= np.count_nonzero(mask(result))
