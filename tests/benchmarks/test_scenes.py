"""Laws of the second truth: known fluxes, PSF and noise, light that moves with the sky, and the truth of a correction."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "scenes"))

from catalogue import SCENES
from detector import cosmic_ray_residuals, flat_residual, slow_rows
from light import Plane, disc
from material import FILTERS, PIXEL, SAMPLING, point_spread
from proof_table import confusion, table
from scene import Spec, dither_offsets, make_scene
from truth import FINE, HARMED, truth_of

from miri_widgets.core.exposure_arrays import CorrectionResult

HERE = Path(__file__).parent
SPEC = Spec("small", "sparse", "F770W", 3, 2.0, 5, False, shape=(192, 192))


@pytest.fixture(scope="module")
def small():
    return make_scene(SPEC)


def test_scenes_share_nothing_with_the_simulator():
    for path in [*(HERE / "scenes").glob("*.py"), HERE / "proof_table.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any("simulation" in name for name in names), path.name


def test_half_of_the_scenes_are_held_and_no_seed_is_shared():
    held = [spec for spec in SCENES.values() if spec.held]
    assert len(SCENES) >= 20 and 2 * len(held) == len(SCENES)
    assert len({spec.seed for spec in SCENES.values()}) == len(SCENES)
    assert all(name.endswith(".held") == spec.held for name, spec in SCENES.items())


@pytest.mark.parametrize("name", ["F560W", "F770W"])
def test_the_psf_is_normalised_centred_and_as_wide_as_documented(name):
    psf = point_spread(name)
    assert psf.sum() == pytest.approx(1) and psf.min() >= 0
    axis = np.arange(psf.shape[0]) - psf.shape[0] // 2
    core = psf * (np.hypot(axis[:, None], axis[None]) < 20)
    assert abs((core.sum(axis=0) * axis).sum() / core.sum()) < 0.5
    half = np.sqrt(np.count_nonzero(psf > psf.max() / 2) * 4 / np.pi) * SAMPLING
    assert half == pytest.approx(FILTERS[name][1], rel=0.2)


@pytest.mark.parametrize("where", [(200.0, 200.0), (203.3, 195.75)])
def test_a_point_has_its_flux_and_its_place(where):
    plane = Plane(401, "F560W", 1.0)
    plane.point(*where, 50.0)
    pixel = (PIXEL / SAMPLING) ** 2
    assert plane.sharp.sum() / pixel == pytest.approx(50)
    y, x = np.indices(plane.sharp.shape)
    assert (plane.sharp * x).sum() / plane.sharp.sum() == pytest.approx(where[0])
    assert (plane.sharp * y).sum() / plane.sharp.sum() == pytest.approx(where[1])


@pytest.mark.parametrize(("index", "within"), [(0.8, 0.01), (1.0, 0.01), (2.5, 0.08), (4.0, 0.15)])
def test_a_galaxy_has_its_flux_and_its_half_light_radius(index, within):
    plane = Plane(801, "F770W", 1.0)
    plane.sersic(400, 400, half_light=2.0, index=index, flux=30.0, axis=1.0, angle=0.0)
    assert plane.sharp.sum() / (PIXEL / SAMPLING) ** 2 == pytest.approx(30, rel=within)
    y, x = plane.arcsec
    assert plane.sharp[np.hypot(x, y) < 2.0].sum() / (PIXEL / SAMPLING) ** 2 == pytest.approx(15, rel=within)


def test_a_disc_has_its_mean_brightness():
    plane = Plane(801, "F770W", 0.2)
    disc(plane, 400, 400, 3.0, 1.5)
    y, x = plane.arcsec
    assert plane.sharp[np.hypot(x, y) < 3.0].mean() == pytest.approx(0.3, rel=0.01)


def test_an_exposure_is_the_sum_of_its_parts_and_noise_is_what_err_states(small):
    first, second = small.exposures(1)[0], small.exposures(2)[0]
    good = first.good
    rest = first.sci - small.light[0] - small.pattern[0] - small.cosmic[0] - small.rows[0]
    assert np.std((rest / first.err)[good]) == pytest.approx(1, abs=0.02)
    assert abs(np.mean((rest / first.err)[good])) < 0.03
    difference = (first.sci - second.sci)[good] / first.err[good]
    assert np.std(difference) == pytest.approx(2**0.5, rel=0.02)
    assert np.array_equal(small.exposures(1)[0].sci, first.sci, equal_nan=True)
    variances = first.var_poisson + first.var_rnoise + first.var_flat
    assert np.allclose(variances[good], first.err[good] ** 2, rtol=1e-5)
    assert np.isnan(first.sci[~good]).all() and (first.dq[~good] & 1).all()
    dark = good & (small.light[0] < 0.1 * small.sigma)
    assert np.median(first.err[dark]) == pytest.approx(small.sigma, rel=0.05)


def test_light_moves_with_the_sky_and_keeps_its_flux(small):
    plane = small.empty_plane()
    x, y = small.to_plane(plane, np.array([80.0]), np.array([110.0]))
    plane.point(float(x[0]), float(y[0]), 100.0)
    ra, dec = small.wcs[0](np.array([80.0]), np.array([110.0]))
    for index, light in enumerate(small.light_of(plane)):
        light = light / (1 + small.flat)
        column, row = (float(part[0]) for part in small.wcs[index].inverse(ra, dec))
        assert light.sum() == pytest.approx(100, rel=0.02)
        rows, columns = np.indices(light.shape)
        near = np.hypot(columns - column, rows - row) < 6
        assert (light * near * columns).sum() / (light * near).sum() == pytest.approx(column, abs=0.1)
        assert (light * near * rows).sum() / (light * near).sum() == pytest.approx(row, abs=0.1)


def test_pixels_and_sky_are_inverse(small):
    x, y = np.array([3.0, 90.0, 180.0]), np.array([170.0, 5.0, 60.0])
    for wcs in small.wcs:
        back = wcs.inverse(*wcs(x, y))
        assert np.allclose(back[0], x, atol=1e-5) and np.allclose(back[1], y, atol=1e-5)


@pytest.mark.parametrize("count", [2, 5, 10])
def test_the_nearest_dithers_are_one_step_apart(count):
    offsets = dither_offsets(count, 3.0, np.random.default_rng(1))
    apart = np.hypot(*(offsets[:, None] - offsets[None]).transpose(2, 0, 1))
    assert apart[np.triu_indices(count, 1)].min() == pytest.approx(3.0)
    assert np.allclose(offsets.mean(axis=0), 0)


def test_the_detector_adds_as_much_as_it_says():
    rng = np.random.default_rng(2)
    assert np.std(flat_residual((256, 256), rng, 0.02)) == pytest.approx(0.02, rel=0.25)
    rows = slow_rows((256, 64), rng, 0.5)
    assert np.std(rows[:, 0]) == pytest.approx(0.5) and np.ptp(rows, axis=1).max() == 0
    touched = np.mean(np.abs(cosmic_ray_residuals((128, 128), rng, 0.2)) > 1 / 3)
    assert 0.15 < touched < 0.3


def test_the_first_exposures_of_a_scene_are_those_of_the_whole(small):
    part = small.first(2)
    assert part.spec.dithers == 2 and part.whole is small
    for one, other in zip(part.exposures(1), small.exposures(1)[:2], strict=True):
        assert np.array_equal(one.sci, other.sci, equal_nan=True)


@pytest.fixture(scope="module")
def clouds():
    return make_scene(Spec("clouds", "cirrus", "F770W", 3, 4.0, 7, False, shape=(256, 256)))


def test_the_truth_of_a_correction_that_does_nothing_is_fine(clouds):
    truth = truth_of(clouds, CorrectionResult)
    assert (
        truth.state == "fine"
        and truth.flux == pytest.approx(0, abs=1e-6)
        and truth.light == pytest.approx(0, abs=1e-9)
    )
    assert set(truth.damage) <= set(HARMED) == set(FINE)


def test_the_truth_of_a_known_loss_is_that_loss(clouds):
    def correct(exposures):
        return CorrectionResult(
            [
                one.replace(sci=one.sci - np.float32(0.3) * light)
                for one, light in zip(exposures, clouds.light, strict=True)
            ]
        )

    def scaled(exposures):
        return CorrectionResult([one.replace(sci=one.sci * np.float32(0.7)) for one in exposures])

    assert truth_of(clouds, correct).light == pytest.approx(0.3, abs=0.02)
    known = truth_of(clouds, scaled)
    assert known.flux == pytest.approx(-0.3, abs=1e-3)
    assert all(kept == pytest.approx(0.7, abs=1e-3) for kept in known.kept.values() if np.isfinite(kept))
    assert known.state == "harmed"


def test_the_confusion_table_counts_each_scene_and_step_once():
    rows = [
        {"truth": {"state": state}, "proof": {"verdict": verdict}}
        for state, verdict in (("harmed", "harm"), ("harmed", "doubtful"), ("fine", "good"), ("fine", "good"))
    ]
    counts = confusion(rows)
    assert sum(counts.values()) == 4
    assert counts["fine", "good"] == 2 and counts["harmed", "good"] == 0
    assert table(rows)[-1] == "| fine | 2 | 0 | 0 |"
