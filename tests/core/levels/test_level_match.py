"""Laws of levels matched where exposures see the same sky."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.levels.groups import group_exposures, visit_of
from miri_widgets.core.levels.level_match import match_levels
from miri_widgets.core.sky.cells import Grid, sky_cells
from miri_widgets.errors import InputError, MixedExposuresError, ParameterError

SHAPE, CORNER, SCALE = (80, 88), (640, 470), 0.11 / 3600
CORNERS = np.array([(0, 0), (52, 0), (0, 48), (52, 48)])
NOISE = 0.5
seeds = st.integers(0, 2**32 - 1)
few = settings(deadline=None, max_examples=6)


def scene(x, y):
    """A nebula with filaments and a few stars, on sky pixels."""
    nebula = 8 * np.exp(np.sin(x / 23) * np.cos(y / 31))
    for a, b in [(30, 40), (70, 66), (75, 20), (110, 90)]:
        nebula = nebula + 300 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 6)
    return nebula


def tiles(seed, steps=(1.0, -2.0, 0.5, 3.0), planes=None, dithers=2, corners=CORNERS, drift=0.0, noise=NOISE):
    """Exposures of up to four tiles that overlap by some 30 pixels, each tile with a step and a plane."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE, dtype=float)
    made = []
    for tile, step in enumerate(steps):
        for dither in range(dithers):
            shift = corners[tile] + np.array([3.3, 2.7]) * dither
            sci = scene(x + shift[0], y + shift[1]) + step + rng.normal(0, noise, SHAPE) + drift * dither
            if planes is not None:
                sci = sci + planes[tile][0] * (x - 44) + planes[tile][1] * (y - 40)
            lost = rng.random(SHAPE) < 0.03
            made.append(exposure(np.where(lost, np.nan, sci), lost, f"{tile + 1:03d}", dither, shift, noise))
    return made


def exposure(sci, lost, visit, dither, shift, noise):
    def to_sky(x, y):
        return 80 + (np.asarray(x) + shift[0]) * SCALE, (np.asarray(y) + shift[1]) * SCALE

    err = np.where(lost, np.nan, max(noise, 1e-3)).astype(np.float32)
    return ExposureArrays(
        sci.astype(np.float32), err, (lost * np.uint32(1 | 1 << 10)).astype(np.uint32),
        root=f"jw01040001{visit}_02101_{dither + 1:05d}_mirimage", filter="F770W",
        start_mjd=6e4 + int(visit) + 0.01 * dither, fwhm=2.43, corner=CORNER, to_sky=to_sky,
        var_rnoise=err**2,
    )  # fmt: skip


def match(exposures, **named):
    return match_levels(exposures, **({"box": 8} | named))


def levels(outcome):
    return np.array([one.facts["level_match"]["level"] for one in outcome.exposures])


@few
@given(seeds, st.lists(st.floats(-50, 50), min_size=4, max_size=4))
def test_steps_are_found_whatever_the_sky(seed, steps):
    found = levels(match(tiles(seed, steps)))[::2]
    assert found == pytest.approx(np.array(steps) - np.mean(steps), abs=0.12)


@few
@given(seeds, st.floats(-1e3, 1e3))
def test_a_common_level_changes_nothing(seed, shift):
    exposures = tiles(seed)
    lifted = [one.replace(sci=one.sci + np.float32(shift)) for one in exposures]
    assert levels(match(exposures)) == pytest.approx(levels(match(lifted)), abs=2e-3)


@few
@given(seeds, st.sampled_from([0.125, 8.0, 1024.0]))
def test_levels_follow_the_unit(seed, scale):
    exposures = tiles(seed)
    scaled = [
        one.replace(sci=one.sci * np.float32(scale), err=one.err * np.float32(scale)) for one in exposures
    ]
    assert levels(match(scaled)) == pytest.approx(
        scale * levels(match(exposures)), rel=1e-5, abs=1e-6 * scale
    )


@few
@given(seeds, st.permutations(range(8)))
def test_the_order_of_exposures_does_not_matter(seed, order):
    exposures = tiles(seed)
    one, other = match(exposures), match([exposures[index] for index in order])
    assert one.facts == other.facts
    by_root = {each.root: each for each in other.exposures}
    for each in one.exposures:
        assert np.array_equal(each.sci, by_root[each.root].sci, equal_nan=True)
        assert np.array_equal(each.err, by_root[each.root].err, equal_nan=True)
        assert each.facts == by_root[each.root].facts


@few
@given(seeds, st.sampled_from([np.nan, np.inf, 1e30, -1e30]))
def test_pixels_that_are_not_good_do_not_count(seed, value):
    exposures = tiles(seed)
    spoiled = [one.replace(sci=np.where(one.good, one.sci, np.float32(value))) for one in exposures]
    assert np.array_equal(levels(match(exposures)), levels(match(spoiled)))


@few
@given(seeds)
def test_outliers_do_not_move_levels(seed):
    exposures = tiles(seed)
    rng = np.random.default_rng(seed)
    spoiled = [
        one.replace(sci=np.where(rng.random(SHAPE) < 0.03, np.float32(1e4), one.sci)) for one in exposures
    ]
    patch = spoiled[2].sci.copy()
    patch[10:40, 5:30] += 500  # an artefact in the overlap
    spoiled[2] = spoiled[2].replace(sci=patch)
    assert levels(match(spoiled)) == pytest.approx(levels(match(exposures)), abs=0.2)


@few
@given(seeds, st.sampled_from(["constant", "plane"]), st.sampled_from(["tile", "exposure"]))
def test_what_a_correction_may_change(seed, model, group):
    exposures, copies = (
        tiles(seed, planes=[(0.1, 0)] * 2 + [(0, 0)] * 2),
        tiles(seed, planes=[(0.1, 0)] * 2 + [(0, 0)] * 2),
    )
    outcome = match(Lazy(8, exposures.__getitem__), model=model, group=group)
    for before, copy, after in zip(exposures, copies, outcome.exposures, strict=True):
        assert np.array_equal(before.sci, copy.sci, equal_nan=True)
        assert np.array_equal(before.err, copy.err, equal_nan=True)
        assert np.array_equal(after.dq, before.dq)
        assert np.array_equal(np.isnan(after.sci), np.isnan(before.sci))
        assert after.sci.dtype == after.err.dtype == np.float32
        good = before.good
        assert np.all(after.err[good] >= before.err[good])
        added = after.err[good].astype(float) ** 2 - before.err[good].astype(float) ** 2
        assert np.allclose(after.var_rnoise[good] - before.var_rnoise[good], added, atol=1e-6)


@few
@given(seeds)
def test_matching_twice_is_matching_once(seed):
    once = match(tiles(seed))
    again = match([one.replace(facts={}) for one in once.exposures])
    assert np.abs(levels(again)).max() < 1e-4 * np.abs(levels(once)).max() + 1e-5


@few
@given(seeds)
def test_lowest_comes_down_to_the_lowest(seed):
    mean, lowest = match(tiles(seed)), match(tiles(seed), reference="lowest")
    assert levels(lowest).min() == 0
    assert levels(lowest) - levels(mean) == pytest.approx(np.full(8, 2.625), abs=0.1)
    assert np.mean(levels(mean)) == pytest.approx(0, abs=1e-9)
    untouched = lowest.exposures[int(np.argmin(levels(lowest)))]
    assert untouched.facts["level_match"]["level_err"] == pytest.approx(0, abs=1e-9)


@few
@given(seeds)
def test_no_plane_is_invented(seed):
    outcome = match(tiles(seed), model="plane")
    assert outcome.facts["plane_groups"] == []
    assert np.array_equal(levels(outcome), levels(match(tiles(seed))))


@few
@given(seeds, st.floats(0.05, 0.2), st.floats(-0.2, -0.05))
def test_a_plane_of_one_tile_is_found_in_that_tile(seed, a, b):
    planes = [(0, 0), (a, b), (0, 0), (0, 0)]
    outcome = match(tiles(seed, planes=planes), model="plane")
    assert outcome.facts["plane_groups"] == ["jw01040001002"]
    found = np.array(outcome.exposures[2].facts["level_match"]["plane"]) / 512
    assert found == pytest.approx([a, b], abs=0.02)
    flat = [one.sci - before.sci for one, before in zip(outcome.exposures, tiles(seed), strict=True)]
    assert np.ptp([np.nanmedian(one) for one in flat[:2]]) < 0.01


def test_errors_of_levels_are_honest():
    pulls = []
    for seed in range(20):
        outcome = match(tiles(seed, noise=1.0))
        for one, true in zip(outcome.exposures[::2], np.array((1.0, -2.0, 0.5, 3.0)) - 0.625, strict=True):
            fact = one.facts["level_match"]
            pulls.append((fact["level"] - true) / fact["level_err"])
    assert 0.6 < np.std(pulls) < 1.7


def test_by_exposure_a_drift_goes_too():
    exposures = tiles(5, drift=0.7)
    by_tile, by_exposure = match(exposures), match(exposures, group="exposure")
    assert levels(by_tile)[0] == levels(by_tile)[1]
    assert levels(by_exposure)[1::2] - levels(by_exposure)[::2] == pytest.approx(np.full(4, 0.7), abs=0.1)
    named = match(exposures, group=lambda root: root[10:13])
    assert np.array_equal(levels(named), levels(by_tile))
    assert [one.facts["level_match"]["group"] for one in named.exposures][::2] == ["001", "002", "003", "004"]


def test_tiles_without_overlap_are_left_alone_and_told():
    corners = np.array([(0, 0), (52, 0), (1000, 0), (3000, 0)])
    outcome = match(tiles(6, corners=corners))
    assert np.array_equal(levels(outcome)[4:], np.zeros(4))
    assert levels(outcome)[0] - levels(outcome)[2] == pytest.approx(3.0, abs=0.1)
    assert "jw01040001003, jw01040001004: no overlap" in outcome.warnings[0]
    for before, after in zip(tiles(6, corners=corners)[4:], outcome.exposures[4:], strict=True):
        assert np.array_equal(after.sci, before.sci, equal_nan=True)
        assert np.array_equal(after.err, before.err, equal_nan=True)
    pairs = match(tiles(6, corners=np.array([(0, 0), (52, 0), (1000, 0), (1052, 0)])))
    assert "2 sets of groups do not overlap" in pairs.warnings[-1]
    assert levels(pairs)[4] - levels(pairs)[6] == pytest.approx(-2.5, abs=0.1)


def test_one_tile_or_none_is_no_error():
    alone = match(tiles(7, steps=(1.0,)))
    assert np.array_equal(levels(alone), np.zeros(2))
    assert "nothing is changed" in alone.warnings[0]
    assert len(match([]).exposures) == 0


def test_a_pattern_fixed_to_the_detector_is_told():
    x = np.indices(SHAPE)[1]
    glow = (4 * np.exp(-x / 12)).astype(np.float32)
    exposures = [one.replace(sci=one.sci + glow) for one in tiles(8, steps=(0.3, 0.0, 0.1, -0.1), dithers=4)]
    assert any("subtract the sky image first" in line for line in match(exposures).warnings)
    assert match(tiles(8, steps=(0.3, 0.0, 0.1, -0.1), dithers=4)).warnings == ()


def test_tiles_of_one_visit_are_told_apart_by_where_they_point():
    exposures = [one.replace(root="jw01040001001" + one.root[13:]) for one in tiles(9)]
    assert len(group_exposures(exposures, "tile").names) == 4
    assert visit_of("jw01040001001_02101_00001_mirimage") == "jw01040001001"
    assert visit_of("mosaic") == "mosaic"


@few
@given(seeds)
def test_cells_hold_the_mean_of_their_pixels(seed):
    rng = np.random.default_rng(seed)
    slope = rng.normal(0, 1, 2)
    y, x = np.indices(SHAPE, dtype=float)
    planes = exposure(slope[0] * x + slope[1] * y, rng.random(SHAPE) < 0.1, "001", 0, (0, 0), 1.0)
    cells = sky_cells(planes, Grid(80.0 - 0.5 * SCALE, -0.5 * SCALE, 8 * SCALE))
    row, column = cells.key % (1 << 21) - (1 << 20), (cells.key >> 21) - (1 << 20)
    # a plane in its middle, for cells of 8 pixels
    expected = slope[0] * (8 * column + 3.5) + slope[1] * (8 * row + 3.5)
    assert cells.key.size == 110
    # a tenth of the pixels is missing at random: six standard deviations of what that moves a mean
    assert cells.value == pytest.approx(expected, abs=0.25 * np.abs(slope).sum())


def test_defect_the_lyot_area_counts_in_whole_outlines():
    """Levels from whole outlines follow the Lyot area, which sees another background; ours do not."""
    exposures = [one.replace(corner=(336, 800)) for one in tiles(10)]
    glow = np.zeros(SHAPE, np.float32)
    glow[:, :24] = 30  # columns left of the imager
    lit = [one.replace(sci=one.sci + glow * (index < 2)) for index, one in enumerate(exposures)]
    assert np.array_equal(levels(match(exposures)), levels(match(lit)))
    whole = [float(np.nanmean(one.sci)) for one in lit]
    assert abs(whole[0] - float(np.nanmean(exposures[0].sci))) > 5


def test_defect_a_median_of_each_exposure_follows_the_scene():
    """The mean of medians of whole exposures takes nebulae for steps; cells of common sky do not."""
    exposures = tiles(11, steps=(0.0, 0.0, 0.0, 0.0))
    medians = np.array([np.nanmedian(one.sci) for one in exposures])
    assert np.std(medians) > 1
    assert np.abs(levels(match(exposures))).max() < 0.1


def test_mixed_or_unplaced_exposures_are_sentences():
    exposures = tiles(12)
    with pytest.raises(InputError, match="no sky positions"):
        match([one.replace(to_sky=None) for one in exposures])
    with pytest.raises(MixedExposuresError, match="F770W"):
        match([*exposures[:4], exposures[4].replace(filter="F1500W")])


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "curve"},
        {"group": "night"},
        {"reference": "first"},
    ],
)
def test_an_unknown_choice_is_a_sentence(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        match(tiles(13), **wrong)


PLANES = [(0.04, 0.0), (-0.03, 0.02), (0.0, -0.05), (0.02, 0.03)]


@few
@given(seeds)
def test_constants_are_not_believed_where_tiles_show_planes(seed):
    steps = np.array([1.0, -2.0, 0.5, 3.0])
    result = match(tiles(seed, planes=PLANES))
    facts = [one.facts["level_match"] for one in result.exposures]
    level = np.array([fact["level"] for fact in facts]).reshape(4, 2).mean(1)
    errors = np.array([fact["level_err"] for fact in facts]).reshape(4, 2).mean(1)
    wrong = level - (steps - steps.mean())
    # the stated error covers what the planes do
    assert np.sqrt(np.mean(wrong**2)) < 2.5 * np.sqrt(np.mean(errors**2))
    assert len(result.facts["planes_seen"]) >= 3
    (line,) = [line for line in result.warnings if "show planes" in line]
    assert "choose the model plane" in line
    even = match(tiles(seed))
    assert even.facts["planes_seen"] == []
    assert not any("show planes" in line for line in even.warnings)
    assert errors.mean() > 5 * np.mean([one.facts["level_match"]["level_err"] for one in even.exposures])


def test_a_plane_that_all_tiles_share_is_said_to_be_the_skys():
    result = match(tiles(3, planes=PLANES), model="plane")
    assert any("cannot be told from the sky" in line for line in result.warnings)
    assert not any("cannot be told from the sky" in line for line in match(tiles(3), model="plane").warnings)
