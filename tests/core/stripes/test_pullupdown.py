"""Laws of pull-up and pull-down, and the defects of the first notebooks, one by one."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from miri_widgets.core.dq import BITS
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region
from miri_widgets.core.stripes.pull_strips import PullStrip
from miri_widgets.core.stripes.pullupdown import correct_pullupdown, find_bright_sources, find_pullupdown
from miri_widgets.errors import ParameterError

SHAPE = (260, 240)
CORNER = (500, 300)
FLAG = np.uint32(1 << BITS["DO_NOT_USE"])
SATURATED = np.uint32(1 << BITS["SATURATED"])
NOISE = 0.2
seeds = st.integers(0, 2**32 - 1)
places = st.tuples(st.integers(60, 180), st.integers(60, 200))
some = settings(deadline=None, max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def strips(x, y, levels, shape=SHAPE, half=4, length=np.inf):
    """Arms (top, bottom, left, right) of a source."""
    found = np.zeros(shape)
    rows, columns = np.indices(shape)
    up, right = rows - y, columns - x
    narrow_x, narrow_y = np.abs(right) <= half, np.abs(up) <= half
    for level, where, away in (
        (levels[0], narrow_x & (up >= 0), up),
        (levels[1], narrow_x & (up <= 0), -up),
        (levels[2], narrow_y & (right <= 0), -right),
        (levels[3], narrow_y & (right >= 0), right),
    ):
        found += np.where(where, level * np.exp(-np.abs(away) / length), 0)
    return found.astype(np.float32)


def exposure(seed, x, y, added=0.0, shape=SHAPE, corner=CORNER, saturated=True):
    """A field with one very bright star, which saturates."""
    rng = np.random.default_rng(seed)
    sci = 20 + rng.normal(0, NOISE, shape)
    star = np.zeros(shape)
    star[y, x] = 2e5
    sci += gaussian_filter(star, 2.0, truncate=6)
    dq = np.where(sci > 500, SATURATED, np.uint32(0)) if saturated else np.zeros(shape, np.uint32)
    sci = (sci + added).astype(np.float32)
    return ExposureArrays(
        sci, np.full(shape, NOISE, np.float32), dq.astype(np.uint32), corner=corner, root="a",
        var_rnoise=np.full(shape, NOISE**2, np.float32),
    )  # fmt: skip


def correct(planes, **named):
    return correct_pullupdown([planes], **named).exposures[0]


def rms(values):
    return float(np.sqrt(np.mean(values**2)))


def point(x, y, text=""):
    return Region("point", ((float(x), float(y)),), text=text)


@some
@given(seeds, places, st.tuples(*[st.sampled_from([-1.0, -0.6, 0.5, 1.2])] * 4))
def test_strips_are_removed(seed, place, levels):
    truth = strips(*place, levels)
    planes = exposure(seed, *place, truth)
    found = planes.sci - correct(planes).sci
    assert rms((found - truth)[truth != 0]) < 0.2 * rms(truth[truth != 0])
    assert rms(found[truth == 0]) < 0.1 * rms(truth[truth != 0])


@some
@given(seeds, places, st.floats(60, 150))
def test_strips_that_fall_along_their_length_are_removed(seed, place, length):
    truth = strips(*place, (2.0, -2.0, 1.5, 0.0), length=length)
    planes = exposure(seed, *place, truth)
    found = planes.sci - correct(planes).sci
    assert rms((found - truth)[truth != 0]) < 0.2 * rms(truth[truth != 0])


@some
@given(seeds, places)
def test_a_bright_source_without_strips_is_left_alone(seed, place):
    planes = exposure(seed, *place)
    after = correct(planes)
    assert len(find_bright_sources(planes)) == 1
    assert np.array_equal(after.sci, planes.sci) and np.array_equal(after.err, planes.err)


@some
@given(seeds, places, st.floats(-15, 500), st.floats(0.1, 30))
def test_strips_follow_shift_and_scale(seed, place, shift, scale):
    planes = exposure(seed, *place, strips(*place, (1.0, -1.0, 0.8, -0.7)))
    moved = planes.replace(sci=(scale * planes.sci + np.float32(shift)).astype(np.float32))
    one, other = find_pullupdown(planes).offset, find_pullupdown(moved).offset
    assert rms(other - scale * one) < 0.02 * scale * rms(one)


@some
@given(seeds, places, st.sampled_from([np.nan, np.inf, 1e20, -1e20]))
def test_masked_pixels_do_not_count(seed, place, value):
    planes = exposure(seed, *place, strips(*place, (1.0, -1.0, 0.8, -0.7)))
    bad = (np.random.default_rng(seed).uniform(size=SHAPE) < 0.1) & (planes.sci < 100)
    flagged = planes.replace(dq=planes.dq | np.where(bad, FLAG, np.uint32(0)))
    one = find_pullupdown(flagged, sources=[point(*place)], find=False).offset
    spoiled = flagged.replace(sci=np.where(bad, np.float32(value), planes.sci))
    other = find_pullupdown(spoiled, sources=[point(*place)], find=False).offset
    assert np.array_equal(one, other)
    assert rms(one) > 0.1


@some
@given(seeds, places)
def test_dq_stays_nothing_becomes_nan_and_inputs_are_not_modified(seed, place):
    planes = exposure(seed, *place, strips(*place, (1.0, -1.0, 0.8, -0.7)))
    dq = planes.dq | np.where(
        np.random.default_rng(seed).uniform(size=SHAPE) < 0.05, np.uint32(2049), np.uint32(0)
    )
    planes = planes.replace(dq=dq, sci=np.where(dq & 1, np.float32(np.nan), planes.sci))
    for array in (planes.sci, planes.err, planes.dq, planes.var_rnoise):
        array.setflags(write=False)
    after = correct(planes)
    assert np.array_equal(after.dq, dq)
    assert np.array_equal(np.isnan(after.sci), np.isnan(planes.sci))
    added = after.err**2 - planes.err**2
    assert np.all(added[planes.good] >= 0) and added[planes.sci != after.sci].max() > 0
    assert np.allclose(added, after.var_rnoise - planes.var_rnoise, atol=1e-5)


@settings(some, max_examples=2)
@given(seeds, st.permutations(range(3)))
def test_order_of_exposures_and_of_regions_does_not_matter(seed, order):
    exposures = [
        exposure(seed + k, 80 + 20 * k, 120, strips(80 + 20 * k, 120, (1.0, -1.0, 0.8, -0.7)))
        for k in range(3)
    ]
    regions = [point(80, 120), point(100, 120), point(150, 60)]
    one = correct_pullupdown(exposures, sources=regions).exposures
    other = correct_pullupdown([exposures[k] for k in order], sources=[regions[k] for k in order]).exposures
    for where, k in enumerate(order):
        assert one[k].sci.tobytes() == other[where].sci.tobytes()


@some
@given(seeds, places)
def test_turning_the_exposure_turns_the_strips(seed, place):
    shape = (250, 250)
    planes = exposure(seed, *place, strips(*place, (1.0, -0.5, 0.8, -0.7), shape), shape)
    turned = planes.replace(**{name: getattr(planes, name).T for name in ("sci", "err", "dq")})
    assert np.allclose(find_pullupdown(planes).offset, find_pullupdown(turned).offset.T, atol=0.03)


@some
@given(seeds)
def test_emission_is_not_taken_for_strips(seed):
    rng = np.random.default_rng([seed, 5])
    cloud = gaussian_filter(rng.standard_normal(SHAPE), 12)
    cloud = (20 * np.exp(0.6 * cloud / cloud.std())).astype(np.float32)
    planes = exposure(seed, 120, 130, cloud)
    assert rms(planes.sci - correct(planes, sources=[point(120, 130)]).sci) < 0.05 * np.std(cloud)


def test_words_beside_a_region_choose_the_arms():
    truth = strips(120, 130, (1.0, -1.0, 0.8, -0.7))
    planes = exposure(1, 120, 130, truth)
    for text, sides in (
        ("top", {"top"}), ("Left, bottom", {"left", "bottom"}), ("topbotright", {"top", "bottom", "right"}),
        ("all", {"top", "bottom", "left", "right"}), ("my star", {"right"}),
    ):  # fmt: skip
        found = find_pullupdown(planes, sources=[point(121, 130, text)], sides=("right",))
        assert {arm.side for _, arm, _ in found.strips} == sides
        assert len(found.sources) == 1


def test_facts_and_notes_tell_what_was_done():
    planes = exposure(2, 120, 130, strips(120, 130, (1.0, 0.0, 0.0, -0.7)))
    facts = correct(planes).facts["pullupdown"]
    assert {arm["side"]: round(arm["level"]) for arm in facts["arms"]} == {"top": 1, "right": -1}
    assert all(abs(arm["width"] - 9) <= 2 for arm in facts["arms"])
    assert correct(planes).notes[-1].startswith("2 strips of 1 bright sources")


def test_sources_are_found_by_saturation_and_by_brightness():
    planes = exposure(3, 120, 130)
    (one,) = find_bright_sources(planes)
    assert (one.x, one.y) == pytest.approx((120, 130), abs=1)
    assert find_bright_sources(exposure(3, 120, 130, saturated=False)) == ()
    assert len(find_bright_sources(exposure(3, 120, 130, saturated=False), brighter_than=1000.0)) == 1
    dead = planes.dq.copy()
    dead[200:206, 30:36] = SATURATED | FLAG
    assert len(find_bright_sources(planes.replace(dq=dead))) == 1


@pytest.mark.parametrize(
    "named",
    [
        {"top": False, "bottom": False, "left": False, "right": False},
        {"find": False},
        {"width": 1},
        {"offset": -1},
        {"source_nsigma": 0.0},
        {"significance": float("nan")},
    ],
)
def test_parameters_that_make_no_sense_are_refused(named):
    with pytest.raises(ParameterError, match="expected"):
        correct_pullupdown([exposure(1, 120, 130)], **named)


def test_a_region_on_the_sky_needs_a_wcs():
    with pytest.raises(ParameterError, match="no WCS"):
        correct_pullupdown([exposure(1, 120, 130)], sources=[Region("point", ((80.0, -69.0),), sky=True)])


@pytest.mark.parametrize("value", [np.nan, 0.0, 5.0])
def test_nothing_to_measure_changes_nothing(value):
    sci = np.full((50, 60), value, np.float32)
    planes = ExposureArrays(sci, np.ones_like(sci), np.zeros(sci.shape, np.uint32), corner=CORNER)
    after = correct(planes, sources=[point(30, 25)])
    assert np.array_equal(after.sci, sci, equal_nan=True)


def test_a_source_beside_one_exposure_is_not_said_to_be_on_none():
    planes = exposure(1, 30, 25)
    far = point(5000, 25)
    assert correct_pullupdown([planes], sources=[far]).warnings[-1].startswith("Source 1 lies outside ")
    both = correct_pullupdown([planes, planes], sources=[far])
    assert "Source 1 lies on none of the exposures." in both.warnings


# ---- the defects of the first notebooks

FULL = (1024, 1032)


def full(x, y, levels):
    return exposure(4, x, y, strips(x, y, levels, FULL), FULL, (0, 0))


def test_defect_row_was_tested_instead_of_column():
    imager, lyot = full(700, 200, (1.0, -1.0, 0.8, -0.7)), full(200, 800, (1.0, -1.0, 0.8, -0.7))
    for sources in ((), (point(700, 200),)):
        found = find_pullupdown(imager, sources=sources)
        assert {arm.side for _, arm, _ in found.strips} == {"top", "bottom", "left", "right"}
    outcome = correct_pullupdown([lyot], sources=[point(200, 800, "the Lyot star")])
    assert outcome.exposures[0].sci.tobytes() == lyot.sci.tobytes()
    assert "the Lyot star lies at column 200, row 800" in outcome.warnings[0]
    assert outcome.exposures[0].facts["pullupdown"]["refused"] == [[200.0, 800.0]]
    found = find_pullupdown(lyot)
    assert len(found.refused) == 1 and not found.offset.any()


def test_defect_strips_at_the_coronagraphs_made_new_nan():
    planes = full(430, 500, (1.0, -1.0, 0.8, -0.7))
    dq = planes.dq.copy()
    dq[:, :360] |= FLAG
    planes = planes.replace(dq=dq, sci=np.where(dq & 1, np.float32(np.nan), planes.sci))
    after = correct(planes)
    assert np.array_equal(np.isnan(after.sci), np.isnan(planes.sci))
    # the short arm between coronagraphs and source is corrected too
    assert (
        abs(np.median(after.sci[497:504, 362:400]) - 20)
        < 0.1
        < abs(np.median(planes.sci[497:504, 362:400]) - 20)
    )


def test_defect_strips_ended_at_the_other_axis_limit():
    top = PullStrip.of("top", 700, 500, rows=(0, 1024), columns=(360, 1032), width=40, flank=16, offset=20)
    right = PullStrip.of(
        "right", 700, 500, rows=(0, 1024), columns=(360, 1032), width=40, flank=16, offset=20
    )
    assert top.strip[0] == slice(500, 1024) and right.strip[1] == slice(700, 1032)
    planes = full(700, 500, (1.0, 0.0, 0.0, 1.0))
    found = find_pullupdown(planes).offset
    assert abs(found[1023, 700] - 1) < 0.2 and abs(found[500, 1031] - 1) < 0.2


def test_defect_profile_was_not_masked():
    truth = strips(120, 130, (1.0, -1.0, 0.8, -0.7))
    planes = exposure(6, 120, 130, truth)
    dq = planes.dq.copy()
    dq[160:215, 110:130] |= FLAG
    spoiled = planes.replace(dq=dq, sci=np.where(dq & FLAG, np.float32(300.0), planes.sci))
    found = find_pullupdown(spoiled, sources=[point(120, 130)], find=False).offset
    assert rms((found - truth)[truth != 0]) < 0.2 * rms(truth[truth != 0])
