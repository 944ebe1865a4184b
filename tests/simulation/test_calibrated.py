"""Calibrated exposures: their truth adds up, their noise is what ERR says, every effect is there when it is on."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.dq import has
from miri_widgets.errors import ParameterError
from miri_widgets.simulation.artefacts import LYOT_BACKGROUND, stripes, usable_imager
from miri_widgets.simulation.calibrated import calibrated_program
from miri_widgets.simulation.effects import CAL_EFFECTS
from miri_widgets.simulation.instrument import FILTERS, PIXEL_ARCSEC

WINDOW = (200, 240)
IMAGES = (
    "scene",
    "sky_pattern",
    "stripes",
    "pullupdown",
    "persistence",
    "warm_excess",
    "plane",
)


def _program(kind="sparse", *effects, shape=WINDOW, **others):
    return calibrated_program(kind, "F770W", shape=shape, effects=effects, **others)


@pytest.fixture(scope="module")
def everything():
    return _program("crowded", *CAL_EFFECTS, dithers=4, tiles=2)


def test_truth_adds_up_to_the_exposure(everything):
    for exposure in (everything[0], everything[5]):
        planes, truth = exposure.arrays, exposure.truth
        total = sum((getattr(truth, name).astype(float) for name in IMAGES), truth.noise.astype(float))
        total += truth.sky_level + truth.level_offset
        good = planes.good
        np.testing.assert_allclose(planes.sci[good], total[good], rtol=2e-6, atol=1e-4)
        np.testing.assert_allclose((truth.scene + truth.background)[good], truth.noiseless[good], rtol=1e-6)
        assert np.all(truth.nebula <= truth.scene + 1e-4)


def test_err_is_the_sum_of_the_variances_and_nan_goes_with_do_not_use(everything):
    planes = everything[1].arrays
    total = planes.var_poisson + planes.var_rnoise + planes.var_flat
    np.testing.assert_allclose(planes.err**2, total, rtol=1e-5)
    unusable = has(planes.dq, "DO_NOT_USE")
    for part in (planes.sci, planes.err, planes.var_poisson, planes.var_rnoise, planes.var_flat):
        assert part.dtype == np.float32
        assert np.array_equal(np.isnan(part), unusable)
    assert planes.dq.dtype == np.uint32


@pytest.mark.parametrize("filter_name", ["F560W", "F770W"])
def test_noise_is_what_err_says(filter_name):
    program = calibrated_program("sparse", filter_name, shape=WINDOW, dithers=2, effects=("noise",))
    for exposure in program:
        planes, truth = exposure.arrays, exposure.truth
        pull = truth.noise[planes.good] / truth.noise_sigma[planes.good]
        assert abs(pull.mean()) < 5 / np.sqrt(pull.size)
        assert pull.std() == pytest.approx(1, abs=0.02)
        assert np.median(planes.err[planes.good] / truth.noise_sigma[planes.good]) == pytest.approx(
            1, abs=0.02
        )
        residual = (planes.sci - truth.noiseless)[planes.good] / planes.err[planes.good]
        assert residual.std() == pytest.approx(1, abs=0.03)
    first, second = (exposure.truth.noise for exposure in program)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_bright_pixels_are_noisier():
    truth = _program("crowded", "noise", dithers=1)[0].truth
    bright = truth.scene > 5 * truth.sky_level
    assert bright.sum() > 20
    assert truth.noise_sigma[bright].min() > 1.5 * np.median(truth.noise_sigma)


def test_equal_arguments_give_equal_pixels_in_any_order():
    first, second = (_program("sparse", *CAL_EFFECTS, dithers=4, shape=(96, 128)) for _ in range(2))
    forward = [exposure.arrays.sci.tobytes() for exposure in first]
    backward = [second[index].arrays.sci.tobytes() for index in reversed(range(4))]
    assert forward == backward[::-1]
    assert first[0].arrays.sci.tobytes() == forward[0]
    assert len(set(forward)) == 4


def test_another_seed_gives_another_sky():
    first, second = (_program("sparse", "noise", dithers=1, shape=(96, 128), seed=seed) for seed in (1, 2))
    assert first[0].arrays.sci.tobytes() != second[0].arrays.sci.tobytes()
    assert not np.array_equal(first.catalog["ra"], second.catalog["ra"])


@pytest.mark.parametrize("effect", [name for name in CAL_EFFECTS if name not in ("noise", "pointing_error")])
def test_an_effect_changes_nothing_but_its_own_part(effect):
    lyot = (900, 300) if effect == "coronagraphs" else WINDOW
    shape = "FULL" if effect == "coronagraphs" else lyot
    other = {"shape": shape, "dithers": 3, "seed": 3}
    plain = _program("sparse", "noise", **other)[2]
    touched = _program("sparse", "noise", effect, **other)[2]
    if effect == "bad_pixels":
        gained = touched.arrays.dq & ~plain.arrays.dq
        assert has(gained, "DO_NOT_USE").sum() > 50
        assert not np.any(plain.arrays.dq & ~touched.arrays.dq)
        return
    own = {
        "sky_pattern": "sky_pattern",
        "coronagraphs": "sky_pattern",
        "stripes": "stripes",
        "pullupdown": "pullupdown",
        "warm_pixels": "warm_excess",
        "planes": "plane",
        "persistence": "persistence",
    }.get(effect)
    if own is not None:
        assert np.any(getattr(touched.truth, own)) and not np.any(getattr(plain.truth, own))
    else:
        levels = [one.truth.sky_level + one.truth.level_offset for one in (plain, touched)]
        assert levels[0] != levels[1]
    unchanged = set(IMAGES) - {own} - ({"scene"} if effect == "coronagraphs" else set())
    for name in unchanged:
        assert np.array_equal(getattr(touched.truth, name), getattr(plain.truth, name)), name


def test_sky_pattern_is_fixed_scales_with_the_level_and_has_mean_0():
    program = _program("sparse", "sky_pattern", "drift", shape="FULL", dithers=2, drift=[1.0, 2.0])
    parts = [program[index].truth.sky_pattern.astype(float) for index in range(2)]
    good = usable_imager()
    for part in parts:
        assert abs(part[good].mean()) < 1e-6 * program.levels[0]
        assert 0.002 < part[good].std() / program.levels[0] < 0.05
    # dark columns do not scale: they drop out of differences between rows
    difference = [np.diff(part[:, 400:1000], axis=0) for part in parts]
    np.testing.assert_allclose(difference[1], 2 * difference[0], atol=1e-5)


def test_lyot_area_has_a_background_of_its_own():
    program = _program("sparse", "coronagraphs", shape="FULL", dithers=1)
    truth, planes = program[0].truth, program[0].arrays
    lyot = (slice(800, 1000), slice(20, 100))
    expected = program.levels[0] * LYOT_BACKGROUND
    np.testing.assert_allclose(truth.sky_pattern[lyot], expected, rtol=1e-4)
    assert planes.good[lyot].mean() > 0.98
    assert not planes.good[:700, 4:360].any() and has(planes.dq[:700, 4:360], "NON_SCIENCE").all()
    assert has(planes.dq[:, :4], "REFERENCE_PIXEL").all()


def test_stripes_differ_between_exposures_and_between_imager_and_lyot():
    program = _program("sparse", "stripes", shape="FULL", dithers=2)
    first, second = program[0].truth.stripes, program[1].truth.stripes
    assert not np.array_equal(first, second)
    rows = [np.diff(image[:, column]) for image in (first, second) for column in (100, 600)]
    for one in range(4):
        for other in range(one):
            assert abs(np.corrcoef(rows[one], rows[other])[0, 1]) < 0.2
    np.testing.assert_allclose(np.diff(first[:, 100]), np.diff(first[:, 300]), atol=1e-6)


@settings(deadline=None, max_examples=25)
@given(rms=st.floats(1e-3, 10), x=st.integers(360, 700), y=st.integers(0, 600), seed=st.integers(0, 99))
def test_stripes_are_columns_plus_rows(rms, x, y, seed):
    image = stripes((40, 50), (x, y), rms, np.random.default_rng(seed)).astype(float)
    flat = image - image.mean(axis=0) - image.mean(axis=1)[:, None] + image.mean()
    assert np.abs(flat).max() < 1e-5 * max(rms, 1e-2)
    assert 0.5 * rms < np.std(image.mean(axis=0)) < 1.8 * rms


def test_pull_up_and_down_go_through_the_very_bright_stars():
    program = _program("sparse", "pullupdown", dithers=2, amplitudes={"pullupdown": 3.0})
    truth = program[0].truth
    stars = truth.sources[truth.bright]
    assert len(stars) > 0 and np.all(stars["flux"] > program.bright_flux)
    hit = truth.pullupdown != 0
    row, column = round(stars["y"][0]), round(stars["x"][0])
    assert hit[row].all() and hit[:, column].all()
    assert 0 < hit.mean() < 0.6
    arms = truth.pullupdown[[row - 60 if row > 100 else row + 60], column] / program.usual_noise
    assert abs(arms[0]) > 0.5
    assert not np.array_equal(truth.pullupdown, program[1].truth.pullupdown)


def test_warm_pixels_stay_where_they_are_and_carry_no_flag():
    program = _program("sparse", "warm_pixels", "bad_pixels", dithers=2)
    first, second = program[0].truth, program[1].truth
    assert np.array_equal(first.warm, second.warm)
    assert 0.001 < first.warm.mean() < 0.006
    assert not np.any(has(program[0].arrays.dq, "WARM"))
    excess = first.warm_excess[first.warm] / program.usual_noise
    assert excess.min() >= 4.99 and excess.max() <= 50.01


def test_persistence_decays_and_sits_where_stars_were():
    program = _program("sparse", "persistence", dithers=3)
    first, second, third = (program[index].truth for index in range(3))
    assert not np.any(first.persistence)
    star = first.sources[first.bright][0]
    place = round(star["y"]), round(star["x"])
    assert second.persistence[place] > 5 * program.usual_noise
    assert 0 < third.persistence[place] < second.persistence[place]


def test_measured_drift_is_that_of_the_public_programs():
    falling = calibrated_program("sparse", "F560W", shape=(32, 32), dithers=5).levels
    assert falling[0] / falling[-1] == pytest.approx(1.25, abs=0.02)
    assert np.all(np.diff(falling) < 0)
    steady = calibrated_program("sparse", "F770W", shape=(32, 32), dithers=10).levels
    assert np.ptp(steady) < 0.02 and np.median(steady) == pytest.approx(FILTERS["F770W"].sky, rel=1e-3)
    epochs = calibrated_program("sparse", "F770W", shape=(32, 32), dithers=4, tiles=2, drift="epochs").levels
    assert epochs[4] / epochs[0] == pytest.approx(6.035 / 7.212, rel=2e-3)
    ramp = calibrated_program("sparse", "F770W", shape=(32, 32), dithers=5, drift=0.1).levels
    assert (ramp[0] - ramp[-1]) / ramp.mean() == pytest.approx(0.1)


@settings(deadline=None, max_examples=30)
@given(x=st.floats(-20, 260), y=st.floats(-20, 220))
def test_to_pixel_is_the_inverse_of_to_sky(everything, x, y):
    planes = everything[3].arrays
    again = planes.to_pixel(*planes.to_sky(np.array([x]), np.array([y])))
    np.testing.assert_allclose([again[0][0], again[1][0]], [x, y], atol=1e-3)


def test_to_pixel_does_not_cover_the_rest_of_the_sky():
    planes = _program("sparse", shape=(32, 32), dithers=1)[0].arrays
    ra, dec = planes.to_sky(np.array([10.0]), np.array([10.0]))
    for far in ((ra + 180, dec), (ra, dec + 0.5), (ra, -dec)):
        assert np.isnan(planes.to_pixel(*far)).all()


def test_sources_lie_where_their_light_is(everything):
    truth = everything[2].truth
    sources = truth.sources
    stars = sources[(sources["type"] == "star") & (sources["flux"] > 20)]
    checked = 0
    for star in stars:
        row, column = round(star["y"]), round(star["x"])
        if 3 <= row < WINDOW[0] - 3 and 3 <= column < WINDOW[1] - 3:
            near = truth.scene[row - 3 : row + 4, column - 3 : column + 4]
            peak = np.unravel_index(np.argmax(near), near.shape)
            neighbours = np.hypot(sources["x"] - star["x"], sources["y"] - star["y"]) < 6
            if np.sum(sources["flux"][neighbours] > 0.3 * star["flux"]) == 1:
                assert np.hypot(peak[0] - 3, peak[1] - 3) < 1.5
                checked += 1
    assert checked > 3
    pixels = truth.to_pixel(sources["ra"], sources["dec"])
    np.testing.assert_allclose(pixels, [sources["x"], sources["y"]], atol=1e-3)


def test_pointing_error_is_between_header_and_truth():
    program = _program("sparse", "pointing_error", dithers=2, tiles=2)
    for exposure in (program[0], program[3]):
        header, truth = exposure.arrays, exposure.truth
        x, y = np.array([100.0]), np.array([100.0])
        ra, dec = header.to_sky(x, y)
        true_ra, true_dec = truth.to_sky(x, y)
        east = (true_ra - ra) * np.cos(np.deg2rad(dec)) * 3600
        moved = float(east[0]), float((true_dec - dec)[0] * 3600)
        np.testing.assert_allclose(moved, truth.pointing_error, atol=0.01)
        assert np.hypot(*moved) > 0.02
    exact = _program("sparse", dithers=1)[0]
    assert exact.arrays.to_sky(5, 5) == exact.truth.to_sky(5, 5)


def test_dithers_are_apart_and_tiles_overlap():
    program = calibrated_program("sparse", "F770W", shape=(256, 256), dithers=10, tiles=2)
    moves = np.array(program.program.dithers)
    apart = np.hypot(*(moves[:, None] - moves[None]).T)[~np.eye(10, dtype=bool)]
    assert apart.min() > 1 and apart.max() < 13
    first, second = program[0].truth, program[10].truth
    x, _ = first.to_pixel(*second.to_sky(np.array([0.0, 255.0]), np.array([128.0, 128.0])))
    inside = (x >= 0) & (x <= 255)
    assert inside.sum() == 1 and np.abs(np.diff(x))[0] == pytest.approx(255, rel=0.02)


def test_kinds_differ_as_their_names_say():
    fields = {kind: _program(kind, dithers=1)[0].truth for kind in ("sparse", "crowded", "extended")}
    assert len(fields["crowded"].sources) > 5 * len(fields["sparse"].sources)
    assert np.median(fields["sparse"].scene) < 0.05 * fields["sparse"].sky_level
    assert np.median(fields["extended"].scene) > 0.3 * fields["extended"].sky_level
    nebula = fields["extended"].nebula
    assert nebula.min() > 0 and nebula.max() > 1.5 * nebula.min()
    assert not np.any(fields["crowded"].nebula)
    galaxies = np.mean(fields["sparse"].sources["type"] == "galaxy")
    assert galaxies > 0.5


def test_nebula_is_fixed_on_the_sky():
    program = _program("extended", dithers=2)
    first, second = program[0].truth, program[1].truth
    x, y = second.to_pixel(*first.to_sky(np.array([120.0]), np.array([100.0])))
    there = second.nebula[round(float(y[0])), round(float(x[0]))]
    assert there == pytest.approx(first.nebula[100, 120], rel=0.05)


def test_saturated_cores_are_flagged():
    program = _program("sparse", "noise", dithers=1)
    planes, truth = program[0].arrays, program[0].truth
    star = truth.sources[truth.bright][0]
    row, column = round(star["y"]), round(star["x"])
    assert has(planes.dq, "SATURATED")[row, column]
    assert has(planes.dq, "SATURATED").mean() < 0.02


def test_facts_of_the_exposure_are_there(everything):
    planes = [exposure.arrays for exposure in everything]
    assert len({one.root for one in planes}) == len(planes) == 8
    starts = [one.start_mjd for one in planes]
    assert starts == sorted(starts) and all(one.end_mjd > one.start_mjd for one in planes)
    assert planes[0].fwhm == pytest.approx(FILTERS["F770W"].fwhm / PIXEL_ARCSEC)
    assert planes[0].corner == everything.corner
    assert planes[0].unit == "MJy/sr"
    again = everything.arrays[0]
    assert again.root == planes[0].root and np.array_equal(again.dq, planes[0].dq)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "empty"}, "sparse"),
        ({"filter_name": "F444W"}, "F770W"),
        ({"effects": ("gravity",)}, "gravity"),
        ({"amplitudes": {"gravity": 1.0}}, "gravity"),
        ({"shape": "SUB7"}, "SUB256"),
        ({"shape": (5, 5)}, "16 pixels"),
        ({"drift": "sideways"}, "measured"),
        ({"drift": [1.0, 2.0]}, "one per exposure"),
    ],
)
def test_unknown_words_are_refused(change, message):
    with pytest.raises(ParameterError, match=message):
        calibrated_program(**{"kind": "sparse", "filter_name": "F770W", "shape": (32, 32), **change})


def test_file_has_header_arrays_and_the_same_wcs(tmp_path):
    from stdatamodels.jwst.datamodels import ImageModel

    from miri_widgets.simulation.calibrated_files import write_cal

    exposure = _program("sparse", "noise", "bad_pixels", "pointing_error", shape=(64, 80), dithers=2)[1]
    path = write_cal(exposure, tmp_path)
    assert path.name.endswith("_00002_mirimage_cal.fits") and list(tmp_path.iterdir()) == [path]
    planes = exposure.arrays
    with ImageModel(path) as model:
        for name, part in (("data", planes.sci), ("err", planes.err), ("var_poisson", planes.var_poisson)):
            np.testing.assert_array_equal(getattr(model, name), part)
        np.testing.assert_array_equal(model.dq, planes.dq)
        assert model.meta.filename == path.name
        assert model.meta.cal_step.assign_wcs == model.meta.cal_step.photom == "COMPLETE"
        assert model.meta.wcsinfo.s_region.startswith("POLYGON ICRS")
        x, y = np.array([0.0, 79.0, 40.0]), np.array([0.0, 63.0, 31.0])
        np.testing.assert_allclose(model.meta.wcs(x, y), planes.to_sky(x, y), atol=1e-9)
        assert (model.meta.subarray.xstart - 1, model.meta.subarray.ystart - 1) == planes.corner


def test_other_planes_can_be_written(tmp_path):
    from stdatamodels.jwst.datamodels import ImageModel

    from miri_widgets.simulation.calibrated_files import write_cal

    exposure = _program("sparse", shape="SUB64", dithers=1)[0]
    changed = dataclasses.replace(exposure.arrays, sci=exposure.arrays.sci + 1)
    with ImageModel(write_cal(exposure, tmp_path, arrays=changed)) as model:
        np.testing.assert_array_equal(model.data, exposure.arrays.sci + 1)
        assert model.meta.subarray.name == "SUB64"


_IMAGE3 = """
import sys
def audit(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"network: {args}")
sys.addaudithook(audit)
from jwst.pipeline import Image3Pipeline
Image3Pipeline.call(sys.argv[2:], output_dir=sys.argv[1], output_file="mosaic", save_results=True)
"""


@pytest.mark.pipeline
def test_image3_takes_the_files_as_they_are(tmp_path):
    from astropy.io import fits

    from miri_widgets.simulation import write_cal, write_reference_cache

    cache = write_reference_cache(tmp_path / "crds", filters=("F770W",), subarrays=("SUB256",))
    program = _program("crowded", "noise", "bad_pixels", "pointing_error", shape="SUB256", dithers=3)
    files = [str(write_cal(exposure, tmp_path / "cal")) for exposure in program]
    result = subprocess.run(
        [sys.executable, "-c", _IMAGE3, str(tmp_path), *files],
        env={**os.environ, **cache.environment()},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    with fits.open(tmp_path / "mosaic_i2d.fits") as hdus:
        median = np.nanmedian(hdus["SCI"].data)
        assert hdus[0].header["S_TWKREG"] == hdus[0].header["S_RESAMP"] == "COMPLETE"
    assert median == pytest.approx(program.levels[0], rel=0.03)
    assert (tmp_path / "mosaic_cat.ecsv").is_file()
