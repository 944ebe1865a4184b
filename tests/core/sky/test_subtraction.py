"""Laws of the sky subtraction, and one test for each defect of the step that it replaces."""

import json
import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays, Lazy
from miri_widgets.core.regions import Region
from miri_widgets.core.sky.subtraction import METHODS, SCALINGS, subtract_sky
from miri_widgets.errors import InputError, MixedExposuresError, ParameterError

seeds = st.integers(0, 2**32 - 1)
few = partial(settings, deadline=None, max_examples=12)
SHAPE = (48, 64)
SIGMA = 0.05


def to_sky(offset, x, y):
    return (np.asarray(x) + offset) * 0.11 / 3600, np.asarray(y) * 0.11 / 3600


def pattern(shape=SHAPE):
    y, x = np.indices(shape)
    return 1 + 0.05 * np.sin(x / 7) + 0.03 * y / shape[0]


def exposure(seed, index, *, level=5.0, sigma=SIGMA, offset=0.0, shape=SHAPE, star=True, **more):
    rng = np.random.default_rng([seed, index])
    sci = pattern(shape) * level + sigma * rng.standard_normal(shape) + offset
    if star:
        y, x = np.indices(shape)
        sci += 0.8 * np.exp(-((x - 6 - 8.1 * index) ** 2 + (y - 20) ** 2) / 3)
    dq = np.where(rng.uniform(size=shape) < 0.02, 1 << BITS["DO_NOT_USE"] | 1 << BITS["HOT"], 0).astype(
        np.uint32
    )
    dq |= np.where(rng.uniform(size=shape) < 0.1, np.uint32(1 << BITS["JUMP_DET"]), np.uint32(0))
    variances = [np.full(shape, part * max(sigma, 1e-3) ** 2, np.float32) for part in (0.6, 0.3, 0.1)]
    err = np.sqrt(sum(variances))
    bad = has(dq, "DO_NOT_USE")
    sci, err, *variances = (np.where(bad, np.nan, part).astype(np.float32) for part in (sci, err, *variances))
    return ExposureArrays(
        sci, err, dq, root=f"jw{index}", filter="F770W", start_mjd=59000.0 + index, corner=(400, 100),
        to_sky=partial(to_sky, 40.0 * index), var_poisson=variances[0], var_rnoise=variances[1],
        var_flat=variances[2],
    ).replace(**more)  # fmt: skip


def exposures(seed, n=7, **options):
    return [exposure(seed, index, **options) for index in range(n)]


def corrected(inputs, **options):
    return list(subtract_sky(inputs, **options).exposures)


def same(one, other):
    arrays = ("sci", "err", "dq", "var_poisson", "var_rnoise", "var_flat")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in arrays)


@few()
@given(seeds, st.sampled_from(["multiplicative", "additive", "none"]), st.booleans())
def test_pattern_without_noise_is_taken_away(seed, scaling, alone):
    inputs = exposures(seed, sigma=0.0, star=False)
    for planes in corrected(inputs, scaling=scaling, leave_one_out=alone, mask_sources=False):
        assert np.nanmax(np.abs(planes.sci)) < 1e-4


@few()
@given(seeds, st.floats(-3.0, 100.0))
def test_a_constant_added_to_all_does_not_matter(seed, shift):
    inputs = exposures(seed)
    moved = [planes.replace(sci=planes.sci + np.float32(shift)) for planes in inputs]
    options = {"scaling": "additive"}
    for one, other in zip(corrected(inputs, **options), corrected(moved, **options), strict=True):
        # rounding may move a pixel over the edge of a mask
        assert np.nanquantile(np.abs(one.sci - other.sci), 0.95) < 0.2 * SIGMA
        assert abs(np.nanmedian(one.sci) - np.nanmedian(other.sci)) < 0.1 * SIGMA


@few()
@given(seeds, st.lists(st.floats(0.7, 1.3), min_size=7, max_size=7))
def test_light_that_varies_is_scaled(seed, factors):
    steady = exposures(seed, sigma=0.0, star=False)
    varied = [
        planes.replace(sci=planes.sci * np.float32(factor))
        for planes, factor in zip(steady, factors, strict=True)
    ]
    outcome = subtract_sky(varied, mask_sources=False)
    assert max(np.nanmax(np.abs(planes.sci)) for planes in outcome.exposures) < 2e-3
    levels = np.array([entry["level"] for entry in outcome.facts["levels"]])
    np.testing.assert_allclose(levels / levels[0], np.array(factors) / factors[0], rtol=1e-3)


@few()
@given(seeds, st.randoms(use_true_random=False), st.sampled_from(["self", "median"]))
def test_order_of_exposures_does_not_matter(seed, random, method):
    inputs = exposures(seed)
    order = list(range(len(inputs)))
    random.shuffle(order)
    one, other = (subtract_sky(some, method=method) for some in (inputs, [inputs[k] for k in order]))
    assert all(same(one.exposures[k], other.exposures[place]) for place, k in enumerate(order))
    assert one.images["sky"].tobytes() == other.images["sky"].tobytes()


@few()
@given(seeds, st.sampled_from(METHODS), st.sampled_from(SCALINGS), st.booleans())
def test_rules_of_every_correction(seed, method, scaling, fill):
    inputs = exposures(seed)
    before = [(planes.sci.tobytes(), planes.err.tobytes(), planes.dq.tobytes()) for planes in inputs]
    options = {
        "method": method,
        "scaling": scaling,
        "fill": fill,
        "backgrounds": exposures(seed + 1, 4, star=False),
    }
    outcome = subtract_sky(inputs, **options)
    results, again = list(outcome.exposures), corrected(inputs, **options)
    assert [(planes.sci.tobytes(), planes.err.tobytes(), planes.dq.tobytes()) for planes in inputs] == before
    for planes, result, twin in zip(inputs, results, again, strict=True):
        assert same(result, twin)
        assert not np.any(planes.dq & ~result.dq)
        assert has(result.dq, "DO_NOT_USE")[~np.isfinite(result.sci)].all()
        assert np.isfinite(result.sci[result.good]).all()
        assert not fill or np.array_equal(result.good, planes.good)
        assert (result.err[result.good] >= planes.err[result.good]).all()
        total = result.var_poisson + result.var_rnoise + result.var_flat
        np.testing.assert_allclose(result.err**2, total, rtol=1e-5)
        assert result.notes
    json.dumps([dict(outcome.facts), *(dict(result.facts) for result in results)])
    assert outcome.facts["method"] == method


@few()
@given(seeds, st.sampled_from([np.nan, 0.0, 1e6, -1e6]))
def test_flagged_pixels_do_not_count(seed, value):
    inputs = exposures(seed)
    flagged = [has(planes.dq, "DO_NOT_USE") for planes in inputs]
    spoiled = [
        planes.replace(sci=np.where(bad, np.float32(value), planes.sci))
        for planes, bad in zip(inputs, flagged, strict=True)
    ]
    for one, other, bad in zip(corrected(inputs), corrected(spoiled), flagged, strict=True):
        assert np.array_equal(one.sci[~bad], other.sci[~bad])


@few()
@given(seeds, st.floats(50, 1e5), st.integers(0, 6))
def test_an_outlier_of_one_exposure_stays_in_it(seed, value, index):
    inputs = exposures(seed, n=8, star=False)
    sci = inputs[index].sci.copy()
    sci[10, 30] = value
    spoiled = [planes.replace(sci=sci) if k == index else planes for k, planes in enumerate(inputs)]
    for k, (one, other) in enumerate(zip(corrected(inputs), corrected(spoiled), strict=True)):
        if k != index and one.good[10, 30]:
            # another sample near the clip may go with it
            assert abs(one.sci[10, 30] - other.sci[10, 30]) < 1.5 * SIGMA


@few()
@given(seeds)
def test_sources_are_masked_and_keep_their_light(seed):
    with_star, without = exposures(seed, sigma=0.02), exposures(seed, sigma=0.02, star=False)
    ratios = []
    for one, other, before, bare in zip(
        corrected(with_star), corrected(without), with_star, without, strict=True
    ):
        light, change = np.nan_to_num(before.sci - bare.sci), np.nan_to_num(one.sci - other.sci)
        ratios.append(np.sum(light * change) / np.sum(light**2))
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)


@few()
@given(seeds)
def test_level_can_be_kept(seed):
    inputs = exposures(seed)
    for planes, before in zip(corrected(inputs, preserve_level=True), inputs, strict=True):
        level = planes.facts["sky"]["level"]
        assert np.nanmedian(planes.sci) == pytest.approx(np.nanmedian(before.sci), abs=0.1)
        assert np.nanmedian(planes.sci) == pytest.approx(level, abs=0.02)
        # the pattern is gone: rows no longer climb
        assert abs(np.nanmedian(planes.sci[:8]) - np.nanmedian(planes.sci[-8:])) < 0.03


def test_residuals_have_the_predicted_noise():
    outcome = subtract_sky(exposures(3, n=10, shape=(128, 128), star=False))
    gain = outcome.facts["noise_gain"]
    assert gain == pytest.approx((1 + 1 / 9) ** 0.5)
    scatter = [np.nanstd(planes.sci) for planes in outcome.exposures]
    assert np.mean(scatter) == pytest.approx(SIGMA * gain, rel=0.03)
    told = [np.nanmean(planes.err) for planes in outcome.exposures]
    assert np.mean(told) == pytest.approx(SIGMA * gain, rel=0.03)


def test_pixels_without_samples_are_filled_or_flagged():
    inputs = exposures(5, star=False)
    hole = [
        planes.replace(dq=planes.dq | _at(SHAPE, 12, 20, k != 2), sci=planes.sci)
        for k, planes in enumerate(inputs)
    ]
    filled, flagged = corrected(hole)[2], corrected(hole, fill=False)[2]
    assert inputs[2].good[12, 20]
    assert abs(filled.sci[12, 20]) < 6 * SIGMA
    assert filled.err[12, 20] > filled.err[13, 21]
    assert filled.facts["sky"]["filled_pixels"] >= 1
    assert has(flagged.dq, "DO_NOT_USE")[12, 20] and has(flagged.dq, "OTHER_BAD_PIXEL")[12, 20]
    assert np.isnan(flagged.sci[12, 20])


def _at(shape, row, column, on):
    dq = np.zeros(shape, np.uint32)
    dq[row, column] = np.uint32(on)
    return dq


def test_dithers_that_are_too_close_are_left_out_of_each_other():
    inputs = exposures(6, n=8, star=False)
    inputs[3] = inputs[3].replace(to_sky=partial(to_sky, 40.0 * 2 + 1.0))  # a pixel from number 2
    outcome = subtract_sky(inputs, mask_sources=False, scaling="none")
    assert outcome.facts["too_close"] == 2
    assert outcome.exposures[2].facts["sky"]["left_out"] == ["jw3"]
    assert any("closer than 1.5 FWHM" in sentence for sentence in outcome.warnings)
    bright = [
        planes.replace(sci=planes.sci + np.float32(0.03)) if k == 3 else planes
        for k, planes in enumerate(inputs)
    ]
    moved = subtract_sky(bright, mask_sources=False, scaling="none")
    changes = [np.abs(outcome.exposures[k].sci - moved.exposures[k].sci) for k in (2, 5)]
    assert np.nanmax(changes[0]) == 0
    assert np.nanmedian(changes[1]) > 0.003
    free = subtract_sky(inputs, min_separation=0.0)
    assert free.facts["too_close"] == 0


def test_too_many_close_dithers_are_refused():
    inputs = [planes.replace(to_sky=partial(to_sky, 0.1)) for planes in exposures(7)]
    with pytest.raises(InputError, match="far enough"):
        subtract_sky(inputs)


def test_unknown_positions_are_told():
    outcome = subtract_sky([planes.replace(to_sky=None) for planes in exposures(8)])
    assert any("Positions" in sentence for sentence in outcome.warnings)


def test_dedicated_backgrounds_leave_the_object_alone():
    backgrounds = exposures(9, n=5, star=False)
    inputs = exposures(10, offset=2.0, star=False)  # an object that fills the field
    outcome = subtract_sky(inputs, method="background", backgrounds=backgrounds)
    for planes in outcome.exposures:
        assert np.nanmedian(planes.sci) == pytest.approx(2.0, abs=0.02)
    matched = subtract_sky(
        inputs, method="background", backgrounds=backgrounds, match_background=True, scaling="additive"
    )
    assert np.nanmedian(matched.exposures[0].sci) == pytest.approx(0.0, abs=0.02)


def test_regions_and_thresholds_keep_light_out_of_the_sky():
    clean = exposures(11, star=False)
    spot = np.zeros(SHAPE, np.float32)
    spot[4:12, 30:42] = 2.0  # on the same pixels in all exposures
    inputs = [planes.replace(sci=planes.sci + spot) for planes in clean]
    region = Region("rectangle", ((35.5, 7.5),), (14.0, 10.0))
    for options in ({"exclude": (region,)}, {"exclude_above": 6.2}, {"exclude_delta": 1.2}):
        planes = corrected(inputs, mask_sources=False, **options)[0]
        assert np.nanmedian(planes.sci[5:11, 32:40]) > 1.6, options
    plain = corrected(inputs, mask_sources=False)[0]
    assert abs(np.nanmedian(plain.sci[5:11, 32:40])) < 0.1


def test_fields_that_are_not_for_this_step_are_told():
    rng = np.random.default_rng(1)
    shape = (256, 256)
    blobs = np.kron(rng.uniform(0, 1, (12, 12)), np.ones((40, 40)))
    moving = [
        planes.replace(sci=planes.sci + blobs[90 + 13 * k : 346 + 13 * k, 40 : 296].astype(np.float32))
        for k, planes in enumerate(exposures(12, n=6, shape=shape, star=False))
    ]  # fmt: skip
    nebula = subtract_sky(moving)
    assert any("moves with the sky" in sentence for sentence in nebula.warnings)
    empty = subtract_sky(exposures(12, n=6, shape=shape, star=False))
    assert empty.warnings == ()
    crowd, stars = [], (rng.integers(1, 95, 400), rng.integers(1, 140, 400))
    for k, planes in enumerate(exposures(13, n=6, shape=(96, 96), star=False)):
        sci, seen = planes.sci.copy(), (stars[1] >= 8 * k) & (stars[1] < 96 + 8 * k)
        sci[stars[0][seen], stars[1][seen] - 8 * k] += 5
        crowd.append(planes.replace(sci=sci, to_sky=partial(to_sky, 8.0 * k)))
    assert any("crowded" in sentence for sentence in subtract_sky(crowd).warnings)
    assert any("Only 3" in sentence for sentence in subtract_sky(exposures(12, n=4)).warnings)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"method": "magic"}, ParameterError),
        ({"scaling": "magic"}, ParameterError),
        ({"clip_low": 0.0}, ParameterError),
        ({"source_threshold": float("nan")}, ParameterError),
        ({"source_grow": -1.0}, ParameterError),
        ({"mask_rounds": 0}, ParameterError),
        ({"exclude_above": float("inf")}, ParameterError),
        ({"exclude_above": -100.0}, ParameterError),
        ({"min_exposures": 9}, InputError),
        ({"method": "background"}, InputError),
    ],
)
def test_impossible_requests_are_our_errors(options, error):
    with pytest.raises(error):
        subtract_sky(exposures(1), **options)


@pytest.mark.parametrize("change", [{"filter": "F1500W"}, {"unit": "DN/s"}, {"corner": (0, 0)}])
def test_unlike_exposures_are_refused(change):
    inputs = exposures(1)
    inputs[4] = inputs[4].replace(**change)
    with pytest.raises(MixedExposuresError):
        subtract_sky(inputs)
    with pytest.raises(MixedExposuresError):
        subtract_sky(
            exposures(1), method="background", backgrounds=[one.replace(**change) for one in exposures(2)]
        )


def test_levels_near_zero_are_scaled_by_adding():
    inputs = [
        planes.replace(sci=planes.sci - np.float32(5.2 - 0.02 * k)) for k, planes in enumerate(exposures(2))
    ]
    outcome = subtract_sky(inputs)
    assert outcome.facts["scaling"] == "additive"
    assert any("by adding" in sentence for sentence in outcome.warnings)


def test_defect_dq_wiped_and_nan_made_a_good_zero():
    inputs = exposures(21)
    dq = inputs[0].dq.copy()
    sci = inputs[0].sci.copy()
    sci[5, 6], dq[5, 6] = np.nan, 1 << BITS["HOT"]
    result = corrected([inputs[0].replace(sci=sci, dq=dq), *inputs[1:]])[0]
    assert np.isnan(result.sci[5, 6])
    assert has(result.dq, "DO_NOT_USE")[5, 6] and has(result.dq, "HOT")[5, 6]
    assert not np.any(inputs[0].dq & ~result.dq)
    assert not np.any((result.sci == 0) & ~np.isfinite(inputs[0].sci))


def test_defect_wrong_level_with_separate_backgrounds():
    backgrounds = [exposure(22, k, level=4 + 0.1 * k, star=False) for k in range(4)]
    inputs = [exposure(23, k, level=4.5 + 0.2 * k, star=False) for k in range(7)]
    options = {"method": "background", "match_background": True}
    one = corrected(inputs, backgrounds=backgrounds, **options)
    other = corrected(inputs, backgrounds=backgrounds[::-1], **options)
    for planes, twin in zip(one, other, strict=True):
        assert abs(np.nanmedian(planes.sci)) < 0.01  # each by its own level
        assert same(planes, twin)


def test_defect_level_taken_before_exclude_delta():
    # a third of the pixels is brighter, in some exposures more than in others
    inputs = []
    for k, planes in enumerate(exposures(24, star=False)):
        sci = planes.sci.copy()
        sci[:, : 8 + 2 * k] += 3.0
        inputs.append(planes.replace(sci=sci))
    outcome = subtract_sky(inputs, exclude_delta=1.0, mask_sources=False, leave_one_out=False)
    levels = [entry["level"] for entry in outcome.facts["levels"]]
    # equal skies, and so equal levels, once what is excluded does not count
    assert np.ptp(levels) < 0.02
    sky = outcome.images["sky"]
    assert np.nanmedian(sky[:, 8:]) == pytest.approx(outcome.facts["reference_level"], abs=0.02)
    assert np.isnan(sky[:, :8]).all()


def test_defect_level_taken_over_coronagraphs_and_zeros():
    shape = (40, 720)
    plain = [planes.replace(corner=(0, 0)) for planes in exposures(25, shape=shape)]
    spoiled = []
    for k, planes in enumerate(plain):
        sci = planes.sci.copy()
        sci[:, :360] = 0.0 if k % 2 else 50.0
        spoiled.append(planes.replace(sci=sci))
    one, other = (subtract_sky(some, mask_sources=False, scaling="additive") for some in (plain, spoiled))
    for first, second in zip(one.facts["levels"], other.facts["levels"], strict=True):
        assert first["level"] == second["level"]


def test_defect_asymmetric_clip_leaves_sky():
    inputs = exposures(26, n=10, shape=(96, 96), star=False)
    options = {"mask_sources": False, "scaling": "none"}
    plain = corrected(inputs, clip_low=3.0, clip_high=1.0, leave_one_out=False, **options)
    ours = corrected(inputs, **options)
    assert np.nanmean([planes.sci for planes in plain]) > 0.1 * SIGMA
    assert abs(np.nanmean([planes.sci for planes in ours])) < 0.01 * SIGMA


def test_defect_exposure_in_its_own_sky():
    inputs = exposures(27, n=5, star=False)
    blob = np.zeros(SHAPE, np.float32)
    blob[15:20, 15:20] = 0.04  # too faint for any clip
    brighter = [inputs[0].replace(sci=inputs[0].sci + blob), *inputs[1:]]
    options = {"mask_sources": False, "scaling": "none"}
    alone, plain = ({"leave_one_out": True}, {"leave_one_out": False})
    change = [
        corrected(brighter, **options, **kind)[0].sci - corrected(inputs, **options, **kind)[0].sci
        for kind in (alone, plain)
    ]
    np.testing.assert_allclose(np.nan_to_num(change[0] - blob), 0, atol=2e-6)
    assert np.nanmean(change[1][15:20, 15:20]) < 0.035  # a fifth is lost


def test_defect_no_error_propagation():
    for planes, before in zip(corrected(exposures(28, n=5)), exposures(28, n=5), strict=True):
        good = planes.good
        added = planes.err[good] ** 2 - before.err[good] ** 2
        assert (added > 0).all()
        assert np.median(added) == pytest.approx(SIGMA**2 / 4, rel=0.4)
        np.testing.assert_allclose((planes.var_rnoise - before.var_rnoise)[good], added, atol=1e-7)


def test_defect_cube_of_all_exposures_in_memory():
    shape = (256, 256)
    planes = exposure(29, 0, shape=shape, star=False)
    rng = np.random.default_rng(1)
    drawn = (0.01 * rng.standard_normal(shape)).astype(np.float32)

    def make(index):
        return planes.replace(
            sci=planes.sci + np.roll(drawn, 7 * index), to_sky=partial(to_sky, 40.0 * index), root=str(index)
        )

    peaks = []
    for count in (20, 80):
        tracemalloc.start()
        for _ in subtract_sky(Lazy(count, make)).exposures:
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.15 * peaks[0]


def test_exact_offset_is_mean_of_levels_minus_level(shared_data):
    """The notebooks' recorded offsets, 96 values, from their recorded levels."""
    numbers = json.loads((shared_data / "tables" / "notebook_numbers.json").read_text())
    checked = 0
    for name, entry in numbers["scalebkg"].items():
        medians = numbers["sky_medians_MJy_sr"][f"eros_stephansquintet_{name}_skysub"]
        files = list(entry["offset_medsky_minus_median"])
        inputs = [
            ExposureArrays(
                np.full((4, 4), medians[file], np.float32),
                np.ones((4, 4), np.float32),
                np.zeros((4, 4), np.uint32),
            )
            for file in files
        ]
        outcome = subtract_sky(inputs, scaling="additive", mask_sources=False, leave_one_out=False)
        for file, level in zip(files, outcome.facts["levels"], strict=True):
            offset = outcome.facts["reference_level"] - level["level"]
            assert offset == pytest.approx(entry["offset_medsky_minus_median"][file], abs=2e-5)
            checked += 1
    assert checked == 96


def test_segments_of_an_exposure_do_not_enter_each_others_sky_and_count_once():
    inputs = [
        exposure(5, index).replace(root=f"jw01234001001_02101_{index // 2:05d}-seg00{index % 2 + 1}_mirimage")
        for index in range(8)
    ]
    outcome = subtract_sky(inputs, min_separation=0.0)  # not even where the positions would allow it
    assert outcome.facts["too_close"] == 8 and outcome.facts["exposures_in_sky"] == 6
    with pytest.raises(InputError, match="only 3 of 8 exposures"):
        subtract_sky(inputs, min_separation=0.0, min_exposures=4)
