"""Laws of stripes, and the defects of the first notebooks, one by one."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.rates.integrations import clean_rateints
from miri_widgets.core.regions import Region
from miri_widgets.core.stripes.profiles import location
from miri_widgets.core.stripes.stripes import clean_stripes, compare_cleanings, find_stripes, stripe_power
from miri_widgets.errors import MixedExposuresError, ParameterError

SHAPE = (160, 150)
CORNER = (500, 300)
FLAG = np.uint32(1 << BITS["DO_NOT_USE"])
seeds = st.integers(0, 2**32 - 1)
some = settings(deadline=None, max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def offsets(seed, shape=SHAPE, rms=1.0):
    rng = np.random.default_rng([seed, 1])
    columns, rows = rng.normal(0, rms, shape[1]), rng.normal(0, rms, shape[0])
    return (columns - columns.mean())[None, :], (rows - rows.mean())[:, None]


def level(profile):
    """Without its straight line."""
    place = np.arange(profile.size)
    line = np.polynomial.Polynomial.fit(place, profile.ravel(), 1)
    return profile - line(place).reshape(profile.shape)


def exposure(sci, **named):
    sci = np.asarray(sci, np.float32)
    plain = {
        "err": np.ones_like(sci),
        "dq": np.where(np.isfinite(sci), np.uint32(0), FLAG),
        "var_rnoise": np.full_like(sci, 0.5),
        "var_poisson": np.full_like(sci, 0.5),
        "corner": CORNER,
        "root": "a",
    }
    return ExposureArrays(sci=sci, **plain | named)


def striped(seed, shape=SHAPE, rms=1.0, noise=0.3, sky=20.0, **named):
    columns, rows = offsets(seed, shape, rms)
    rng = np.random.default_rng(seed)
    return exposure(sky + columns + rows + rng.normal(0, noise, shape), **named)


def clean(planes, **named):
    return clean_stripes([planes], **named).exposures[0]


def rms(values):
    return float(np.sqrt(np.nanmean((values - np.nanmedian(values)) ** 2)))


@some
@given(seeds)
def test_stripes_are_removed_and_the_level_stays(seed):
    planes, (columns, rows) = striped(seed), offsets(seed)
    found = planes.sci - clean(planes).sci
    assert rms(found - columns - rows) < 0.25 * rms(columns + rows)
    assert np.median(clean(planes).sci) == pytest.approx(20.0, abs=0.15)


@some
@given(seeds, st.floats(-50, 50), st.floats(0.05, 20))
def test_cleaning_follows_shift_and_scale(seed, shift, scale):
    planes = striped(seed)
    one = find_stripes(planes).offset
    other = find_stripes(
        planes.replace(sci=(scale * planes.sci + np.float32(shift)).astype(np.float32))
    ).offset
    assert rms(other - scale * one) < 0.02 * scale * rms(one)


@some
@given(seeds)
def test_noise_alone_is_left_alone(seed):
    planes = striped(seed, rms=0.0)
    removed = planes.sci - clean(planes).sci
    # a profile of noise would be 0.3 / sqrt(150) in columns and in rows
    assert rms(removed) < 0.7 * 0.3 * np.sqrt(1 / 150 + 1 / 160)


@some
@given(seeds, st.sampled_from([np.nan, np.inf, 1e30, -1e20]))
def test_masked_pixels_do_not_count(seed, value):
    planes = striped(seed)
    bad = np.random.default_rng(seed).uniform(size=SHAPE) < 0.15
    flagged = planes.replace(dq=np.where(bad, FLAG, np.uint32(0)))
    spoiled = flagged.replace(sci=np.where(bad, np.float32(value), planes.sci))
    assert np.array_equal(find_stripes(flagged).offset, find_stripes(spoiled).offset)


@some
@given(seeds, st.floats(20, 3e3))
def test_sources_do_not_move_the_profiles(seed, peak):
    planes = striped(seed)
    rng = np.random.default_rng([seed, 2])
    stars = np.zeros(SHAPE)
    stars[rng.integers(5, 155, 6), rng.integers(5, 145, 6)] = peak
    stars = gaussian_filter(stars, 1.2) * 9
    crowded = planes.replace(sci=(planes.sci + stars).astype(np.float32))
    one, other = find_stripes(planes, rows=False), find_stripes(crowded, rows=False)
    # masks may leave too little of a column
    both = (one.variance > 0) & (other.variance > 0)
    assert both.mean() > 0.5
    assert rms(np.where(both, other.offset - one.offset, np.nan)) < 0.12 * rms(one.offset)


@some
@given(seeds)
def test_dq_stays_nothing_becomes_nan_and_inputs_are_not_modified(seed):
    rng = np.random.default_rng(seed)
    dq = np.where(rng.uniform(size=SHAPE) < 0.05, rng.integers(0, 2**31, SHAPE), 0).astype(np.uint32)
    planes = striped(seed).replace(dq=dq)
    planes = planes.replace(sci=np.where(dq & 1, np.float32(np.nan), planes.sci))
    before = [planes.sci.copy(), planes.err.copy(), planes.dq.copy(), planes.var_rnoise.copy()]
    for array in (planes.sci, planes.err, planes.dq, planes.var_rnoise):
        array.setflags(write=False)
    after = clean(planes)
    assert np.array_equal(after.dq, dq)
    assert np.array_equal(np.isnan(after.sci), np.isnan(planes.sci))
    for one, other in zip(before, (planes.sci, planes.err, planes.dq, planes.var_rnoise), strict=True):
        assert np.array_equal(one, other, equal_nan=True)
    assert after.sci.dtype == after.err.dtype == np.float32


@settings(some, max_examples=2)
@given(seeds, st.permutations(range(3)))
def test_same_input_gives_the_same_bytes_in_any_order(seed, order):
    exposures = [striped(seed + index) for index in range(3)]
    one = clean_stripes(exposures).exposures
    other = clean_stripes([exposures[index] for index in order]).exposures
    for place, index in enumerate(order):
        assert one[index].sci.tobytes() == other[place].sci.tobytes()
        assert one[index].facts == other[place].facts


@some
@given(seeds)
def test_turning_the_exposure_swaps_columns_and_rows(seed):
    planes = striped(seed, (140, 140))
    turned = planes.replace(**{name: getattr(planes, name).T for name in ("sci", "err", "dq")})
    one, other = find_stripes(planes, rows=False), find_stripes(turned, columns=False)
    assert rms(one.offset - other.offset.T) < 0.03 * rms(one.offset)


def tilted(seed, sigma):
    """A sky with a slope of some sigma along each axis, from edge to edge."""
    y, x = np.indices(SHAPE) / 150 - 0.5
    slope = np.random.default_rng([seed, 4]).normal(0, sigma, 2)
    return (slope[0] * x + slope[1] * y).astype(np.float32)


@some
@given(seeds)
def test_errors_grow_by_the_variance_of_the_profile(seed):
    planes = striped(seed)
    after = clean(planes)
    added = after.err**2 - planes.err**2
    assert np.allclose(after.var_rnoise - planes.var_rnoise, added, atol=1e-5)
    # noise of the profiles alone, and all that the stripes could hide
    assert 0.3**2 / 150 < np.mean(added) < 0.1


@settings(some, max_examples=2)
@given(st.integers(0, 10**6))
def test_errors_tell_how_well_sky_and_stripes_are_told_apart(seed):
    claimed, wrong = [], []
    for one in range(seed, seed + 8):
        planes, (columns, rows) = striped(one), offsets(one)
        planes = planes.replace(sci=planes.sci + tilted(one, 0.5))
        after = clean(planes)
        claimed.append(np.mean(after.err**2 - planes.err**2))
        wrong.append(np.var(planes.sci - after.sci - columns - rows))
    assert 0.3 < np.mean(claimed) / np.mean(wrong) < 3.0


@some
@given(seeds, st.floats(2, 15))
def test_a_gradient_stays(seed, slope):
    y, x = np.indices(SHAPE) / 150
    plane = (slope * (x + 0.75 * y)).astype(np.float32)
    planes = striped(seed)
    one, other = find_stripes(planes).offset, find_stripes(planes.replace(sci=planes.sci + plane)).offset
    # stripes of rms 1 have such a line of their own, of some 2 / sqrt(150)
    assert rms(other - one) < 0.02 * rms(plane) + 0.25


def test_a_line_that_is_no_more_than_that_of_the_stripes_is_theirs():
    left = [rms(clean(striped(seed, noise=0.1)).sci) for seed in range(6)]
    lines = [rms(sum(offsets(seed)) - sum(map(level, offsets(seed)))) for seed in range(6)]
    assert np.mean(np.square(left)) < 0.1**2 + 0.5 * np.mean(np.square(lines))


def nebula(seed, shape=(320, 300), rms_=30.0):
    rng = np.random.default_rng([seed, 3])
    field = gaussian_filter(rng.standard_normal((shape[0] + 80, shape[1] + 80)), 14)[40:-40, 40:-40]
    return (rms_ * np.exp(0.6 * field / field.std())).astype(np.float32)


@settings(deadline=None, max_examples=4)
@given(st.integers(0, 1000))
def test_emission_that_fills_the_field_stays(seed):
    cloud = nebula(seed)
    planes = striped(seed, cloud.shape, rms=0.15)
    found = find_stripes(planes.replace(sci=planes.sci + cloud))
    assert rms(found.offset) < 0.01 * rms(cloud)
    assert found.facts["imager"]["emission"]


def test_a_region_and_a_limit_keep_pixels_out():
    planes = striped(5)
    sci = planes.sci.copy()
    # half of 40 columns: no estimate of their level can hold it off
    sci[:80, 40:80] += 3.0
    spoiled = planes.replace(sci=sci)
    region = Region("rectangle", ((59.5, 39.5),), (40.0, 80.0))
    masked = find_stripes(spoiled, exclude=[region])
    assert masked.masked[:80, 40:80].all()
    assert rms(masked.offset - find_stripes(planes).offset) < 0.1
    limited = find_stripes(spoiled, exclude_above=22.0, rows=False)
    assert limited.masked[:80, 40:80].mean() > 0.6


def test_comparison_tells_cleaned_from_striped():
    planes = striped(3)
    found = compare_cleanings(
        planes, {"ours": clean(planes), "columns": clean(planes, rows=False), "none": planes}
    )
    assert found["ours"]["column_power_after"] < 0.2 * found["ours"]["column_power_before"]
    assert found["columns"]["row_power_after"] > 0.8 * found["columns"]["row_power_before"]
    assert found["none"]["row_power_after"] == found["none"]["row_power_before"]
    facts = clean(planes).facts["stripes"]
    assert facts["column_power_after"] < 0.2 * facts["column_power_before"]
    assert clean(planes).notes[-1].startswith("stripes subtracted")


@pytest.mark.parametrize(
    "named",
    [
        {"columns": False, "rows": False},
        {"protect_scale": 0.0},
        {"source_nsigma": -1.0},
        {"exclude_above": float("nan")},
        {"coronagraphs": "maybe"},
        {"min_pixels": 0},
    ],
)
def test_parameters_that_make_no_sense_are_refused(named):
    with pytest.raises(ParameterError, match="expected"):
        clean_stripes([striped(1)], **named)


@pytest.mark.parametrize(
    "sci", [np.full(SHAPE, np.nan), np.zeros(SHAPE), np.full(SHAPE, 3.0), np.ones((4, 5))]
)
def test_nothing_to_measure_changes_nothing(sci):
    planes = exposure(sci)
    assert np.array_equal(clean(planes).sci, planes.sci, equal_nan=True)
    assert np.array_equal(clean(planes).err, planes.err)
    assert stripe_power(planes)["column_power"] in (None, 0.0)


def test_no_exposures_and_small_ones():
    assert len(clean_stripes([]).exposures) == 0
    assert (
        "small" in clean_stripes([striped(1, (64, 72))]).warnings[0]
        or "pixels" in clean_stripes([striped(1, (64, 72))]).warnings[0]
    )


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(-1e3, 1e3), st.floats(1e-2, 1e2))
def test_location_follows_shift_scale_and_order(seed, shift, scale):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(5, 60))
    one = location(values)[0]
    assert np.allclose(
        location(scale * values + shift)[0], scale * one + shift, atol=1e-9 * (abs(shift) + scale)
    )
    assert np.allclose(location(rng.permuted(values, axis=1))[0], one, atol=1e-12)
    spoiled = np.concatenate([values, np.full((5, 6), 1e9)], axis=1)
    assert np.all(np.abs(location(spoiled)[0] - one) < 0.6)


def test_location_is_nearly_as_good_as_a_mean():
    values = np.random.default_rng(1).normal(size=(4000, 64))
    assert np.std(location(values)[0]) < 1.06 * np.std(values.mean(axis=1))


# ---- the defects of the first notebooks


def test_defect_empty_column_made_new_nan():
    planes = striped(7)
    dq = planes.dq.copy()
    dq[:, 33] |= FLAG
    after = clean(planes.replace(dq=dq))
    assert np.isfinite(after.sci).all()
    removed = planes.sci - after.sci
    # rows are still cleaned in that column, by nothing but their own offsets
    assert (
        rms(removed[:, 33] - removed[:, 32]) < 1e-4
        and find_stripes(planes.replace(dq=dq), rows=False).offset[:, 33].max() == 0
    )


def test_defect_rate_became_a_median_and_errors_stayed():
    rng = np.random.default_rng(2)
    truth = striped(1, rms=0.0, noise=0.0).sci
    err = np.stack([np.full(SHAPE, 0.2), np.full(SHAPE, 0.2), np.full(SHAPE, 1.0)]).astype(np.float32)
    sci = np.stack([truth + sum(offsets(k)) + rng.normal(0, err[k]) for k in range(3)]).astype(np.float32)
    dq = np.zeros(sci.shape, np.uint32)
    dq[1, :40] = FLAG
    weight = np.where(dq & 1, 0, 1 / err**2)
    rate = exposure((weight * sci).sum(0) / weight.sum(0), err=np.sqrt(1 / weight.sum(0)).astype(np.float32))
    found = clean_rateints(rate, sci, err, dq)
    mean = (weight * found.sci).sum(0) / weight.sum(0)
    assert np.allclose(found.rate.sci, mean, atol=1e-5)
    assert np.all(found.rate.err > rate.err) and np.all(found.err >= err)
    assert rms(found.rate.sci - truth) < 0.5 * rms(rate.sci - truth)
    assert rms(np.median(found.sci, axis=0) - truth) > 1.2 * rms(found.rate.sci - truth)
    with pytest.raises(MixedExposuresError):
        clean_rateints(rate, sci[:, 1:], err, dq)


def test_defect_row_profile_was_applied_where_it_was_not_measured():
    shape = (160, 420)
    noise = np.random.default_rng(4).normal(0, 0.3, shape)
    imager, lyot = offsets(1, shape)[1], offsets(2, shape)[1]
    left = np.arange(shape[1])[None, :] < 160
    planes = exposure(20 + noise + np.where(left, lyot, imager), corner=(200, 700))
    # the imager field begins at column 360
    own = clean(planes, columns=False).sci - 20 - noise
    assert rms(own[:, :160]) < 0.3 * rms(lyot) and rms(own[:, 160:]) < 0.3 * rms(imager)
    alone = clean(planes, columns=False, coronagraphs="leave")
    assert np.array_equal(alone.sci[:, :160], planes.sci[:, :160])
    assert rms(alone.sci[:, 160:] - 20 - noise[:, 160:]) < 0.3 * rms(imager)


def test_defect_exclude_above_was_never_used():
    planes = striped(6)
    sci = planes.sci.copy()
    sci[:70, 20] += 30.0
    assert find_stripes(planes.replace(sci=sci), exclude_above=40.0).masked[:70, 20].all()


def test_defect_zeros_counted():
    planes = striped(8)
    sci = planes.sci.copy()
    sci[:70, 60:70] = 0.0
    found = find_stripes(planes.replace(sci=sci))
    assert found.masked[:70, 60:70].all()
    assert rms(found.offset - find_stripes(planes).offset) < 0.15


def test_defect_nan_was_looked_for_with_equals():
    planes = striped(9)
    sci = planes.sci.copy()
    sci[10:14] = np.nan
    after = clean(planes.replace(sci=sci))
    assert np.isnan(after.sci[10:14]).all() and np.isfinite(after.sci[14:]).all()
    assert rms(after.sci[14:]) < 0.5


def test_defect_input_was_overwritten():
    planes = striped(10)
    sci = planes.sci.tobytes()
    after = clean(planes)
    assert (
        planes.sci.tobytes() == sci and after.sci is not planes.sci and has(after.dq, "DO_NOT_USE").sum() == 0
    )
