"""Laws of the coadd of dithers: what all exposures show is a source, what one alone shows is none."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.sky.dithered_coadd import Coadd, box_means
from miri_widgets.core.sky.moving_light import MovingLight, light_rows, moving_light, zero_of
from miri_widgets.core.sky.sky_grid import bilinear_matrix, footprint_of, overlapping_groups
from miri_widgets.core.sky.subtraction import subtract_sky

SHAPE = (256, 256)
SIGMA = 0.05
SCALE = 0.11 / 3600
seeds = st.integers(0, 2**31)


def to_sky(dx, dy, x, y):
    return (np.asarray(x) + dx) * SCALE, (np.asarray(y) + dy) * SCALE


def offsets(count, step):
    turn = 2.4 * np.arange(count)
    radius = step * np.sqrt(np.arange(count) + 0.5)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])


def planes(index, place, light, rng, cosmic=0.0):
    y, x = np.indices(SHAPE)
    pattern = 5 * (1 + 0.02 * np.sin(x / 17) + 0.01 * np.cos(y / 23))
    sci = pattern + light(x + place[0], y + place[1]) + SIGMA * rng.standard_normal(SHAPE)
    hits = rng.uniform(size=SHAPE) < cosmic
    sci[hits] += 30 * SIGMA
    return ExposureArrays(
        sci.astype(np.float32), np.full(SHAPE, SIGMA, np.float32), np.zeros(SHAPE, np.uint32), root=f"jw{index}",
        start_mjd=float(index), corner=(440, 256), to_sky=partial(to_sky, *place),
    )  # fmt: skip


def exposures(light, count=8, step=40.0, cosmic=0.0, seed=1):
    rng = np.random.default_rng(seed)
    return [planes(index, place, light, rng, cosmic) for index, place in enumerate(offsets(count, step))]


def nothing(x, y):
    return np.zeros(np.shape(x))


def halo(x, y):
    """An exponential disc of half-light radius 7 arcsec, a fifth of the noise at its half-light radius."""
    return 1.2 * SIGMA * np.exp(-1.678 * np.hypot(x - 128, y - 128) / 64)


def masked(result):
    return np.array([one.facts["sky"]["masked_fraction"] for one in result.exposures])


def kept(light, step=25.0, **options):
    """Ring photometry of an added object, after over before, mean of the exposures."""
    with_object, without = (
        list(subtract_sky(exposures(one, step=step, cosmic=0.003), **options).exposures)
        for one in (light, nothing)
    )
    y, x = np.indices(SHAPE)
    ratios = []
    for place, one, other in zip(offsets(8, step), with_object, without, strict=True):
        true = light(x + place[0], y + place[1])
        distance = np.hypot(x + place[0] - 128, y + place[1] - 128)
        inside, ring = distance < 64, (distance > 120) & (distance < 160)
        change = one.sci - other.sci
        ratios.append(
            (np.nanmean(change[inside]) - np.nanmean(change[ring]))
            / (true[inside].mean() - true[ring].mean())
        )
    return float(np.mean(ratios))


@settings(deadline=None, max_examples=20)
@given(seeds, st.permutations(range(6)))
def test_a_coadd_does_not_depend_on_order_and_one_exposure_alone_makes_no_source(seed, order):
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal((6, 400)).astype(np.float32)
    samples[2, 100] += 1000
    cells = np.arange(400)
    found = []
    for sequence in (range(6), order):
        coadd = Coadd((20, 20), 1.0)
        for _ in range(2):
            for index in sequence:
                coadd.add(cells, samples[index].copy())
            if coadd._first is None:
                coadd.next_pass()
        found.append(coadd.significance())
    assert found[0].tobytes() == found[1].tobytes()
    assert found[0].ravel()[100] < 4


def test_a_source_of_all_exposures_stands_out_of_the_coadd():
    rng = np.random.default_rng(0)
    coadd = Coadd((20, 20), 1.0)
    samples = rng.standard_normal((9, 400)).astype(np.float32)
    samples[:, 55] += 3
    for _ in range(2):
        for one in samples:
            coadd.add(np.arange(400), one.copy())
        if coadd._first is None:
            coadd.next_pass()
    assert coadd.significance().ravel()[55] > 6
    assert abs(np.median(coadd.significance())) < 0.3


def test_cosmic_rays_do_not_grow_into_masks():
    inputs = exposures(nothing, cosmic=0.003)
    together = masked(subtract_sky(inputs))
    alone = masked(subtract_sky(inputs, sources_from="exposures"))
    assert together.max() < 0.1
    assert alone.min() > 0.3


def test_extended_light_is_kept_where_a_plain_mean_loses_it():
    assert kept(halo) > 0.9
    assert kept(halo, mask_sources=False) < 0.8


def test_an_empty_field_has_no_light_taken_off():
    for planes_out, before in zip(
        subtract_sky(exposures(nothing)).exposures, exposures(nothing), strict=True
    ):
        assert abs(np.mean(planes_out.sci)) < 0.02 * SIGMA
        assert planes_out.good.all() and before.good.all()


@pytest.mark.parametrize("count", [6, 8])
def test_light_and_detector_are_told_apart_without_noise(count):
    side, boxes = 16, (16, 16)
    footprints = [footprint_of(one) for one in exposures(nothing, count)]
    (grid,) = overlapping_groups(footprints)
    y, x = (np.indices(boxes) + 0.5) * side - 0.5
    detector = np.cos(x / 40) * np.sin(y / 30)
    truth = {index: halo(x + dx, y + dy) / SIGMA for index, (dx, dy) in enumerate(offsets(count, 40.0))}
    values = np.stack([truth[index] + detector + 0.1 * index for index in grid.members]).astype(np.float32)
    found = moving_light(grid, side, values, np.full(values.shape, 256, np.float32), 1.0)
    assert isinstance(found, MovingLight) and found.rms > 0
    for index in grid.members:
        light = found.boxes(index, boxes)
        assert np.corrcoef(light.ravel(), truth[index].ravel())[0, 1] > 0.97


def test_noise_alone_is_no_light():
    rng = np.random.default_rng(3)
    (grid,) = overlapping_groups([footprint_of(one) for one in exposures(nothing)])
    quiet = 0
    for _ in range(20):
        values = rng.normal(0, 1 / 16, (8, 16, 16)).astype(np.float32)
        quiet += moving_light(grid, 16, values, np.full(values.shape, 256, np.float32), 1.0).rms < 0.15
    assert quiet >= 18


@settings(deadline=None, max_examples=30)
@given(seeds, st.floats(0.0, 0.45), st.floats(-5, 5))
def test_the_dark_level_ignores_objects(seed, part, level):
    rng = np.random.default_rng(seed)
    values = level + 0.1 * rng.standard_normal(4000)
    values[: int(part * 4000)] += rng.exponential(3, int(part * 4000)) + 0.5
    assert zero_of(values) == pytest.approx(level, abs=0.12)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 9), st.floats(-3, 3), st.floats(-3, 3))
def test_planes_are_interpolated_exactly(count, slope, level):
    nodes = np.sort(np.random.default_rng(count).uniform(0, 100, count)) + np.arange(count)
    at = np.linspace(-10, 120, 40)
    weights = bilinear_matrix(nodes, at)
    np.testing.assert_allclose(weights @ (slope * nodes + level), slope * at + level, atol=1e-2)
    rows = light_rows(np.add.outer(np.arange(4.0), np.arange(5.0)).astype(np.float32), 16, 2, slice(3, 9), 40)
    assert rows.shape == (6, 40)
    np.testing.assert_allclose(np.diff(rows, axis=1), 1 / 8, atol=1e-5)


def test_exposures_that_share_no_sky_are_in_groups_of_their_own():
    near = [footprint_of(one) for one in exposures(nothing, 4)]
    far = exposures(nothing, 3)
    far = [footprint_of(one.replace(to_sky=partial(to_sky, 9e4 + 10 * k, 0.0))) for k, one in enumerate(far)]
    groups = overlapping_groups([*near, *far])
    assert sorted(sorted(one.members) for one in groups) == [[0, 1, 2, 3], [4, 5, 6]]
    unknown = footprint_of(exposures(nothing, 1)[0].replace(to_sky=None))
    assert overlapping_groups([unknown]) == []


def test_boxes_leave_out_sources_and_hits():
    rest = np.full((32, 32), 0.1, np.float32)
    free = np.ones((32, 32), bool)
    rest[:, :4], free[:, :4] = 50, False
    rest[20, 20] = 1e4
    means, count = box_means(rest, free, 16, 0.05)
    assert count[0, 0] == 16 * 12 and means[0, 0] == pytest.approx(0.1)
    assert means[1, 1] == pytest.approx(0.1, abs=0.001)
    free[:16, :16] = False
    assert np.isnan(box_means(rest, free, 16, 0.05)[0][0, 0])
