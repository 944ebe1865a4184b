"""Laws of the joint estimate: what no stripe changes, what the sky keeps, and what ERR states."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.stripes.offset_priors import offset_power
from miri_widgets.core.stripes.sky_roughness import sky_roughness
from miri_widgets.core.stripes.sky_splines import SkySplines
from miri_widgets.core.stripes.stripes import clean_stripes

SHAPE = (300, 280)
PLACES = np.linspace(20, 260, 6), np.linspace(20, 250, 5)


def offsets(seed, slow=0.0):
    rng = np.random.default_rng([seed, 1])
    rows, columns = rng.normal(0, 1, SHAPE[0]), rng.normal(0, 1, SHAPE[1])
    if slow:
        rows = rows + gaussian_filter(rng.normal(0, 1, SHAPE[0]), 30) * slow * 10
    return rows[:, None] - rows.mean() + columns[None, :] - columns.mean()


def galaxy(peak=60.0, scale=30.0):
    y, x = np.indices(SHAPE)
    return peak * np.exp(-np.hypot(y - 160, x - 120) / scale)


def exposure(sci):
    sci = np.asarray(sci, np.float32)
    return ExposureArrays(
        sci, np.ones_like(sci), np.zeros(SHAPE, np.uint32), corner=(500, 300), root="a",
        var_rnoise=np.ones_like(sci),
    )  # fmt: skip


def noise(seed):
    return np.random.default_rng(seed).normal(0, 1, SHAPE)


def test_roughness_is_free_of_offsets_and_grows_with_the_square_of_light():
    image, use = galaxy() + noise(1), np.ones(SHAPE, bool)
    one = sky_roughness(image, use, 1.0, *PLACES)
    other = sky_roughness(image + offsets(2), use, 1.0, *PLACES)
    for mine, same in zip(one, other, strict=True):
        assert np.allclose(mine, same, rtol=1e-6)
    brighter = sky_roughness(10 * galaxy(), use, 1e-6, *PLACES)[0]
    assert np.allclose(brighter / sky_roughness(galaxy(), use, 1e-6, *PLACES)[0], 100, rtol=1e-3)


def test_noise_alone_is_nearly_a_plain_sky():
    plain = sky_roughness(noise(3), np.ones(SHAPE, bool), 1.0, *PLACES)[0]
    rough = sky_roughness(noise(3) + galaxy(), np.ones(SHAPE, bool), 1.0, *PLACES)[0]
    assert np.median(plain) < 1e-3 * np.median(rough)


def test_splines_follow_a_plane_at_no_cost():
    splines = SkySplines(SHAPE)
    coefficients = (splines.rows[:, None] - 2 * splines.columns[None, :]).ravel()
    y, x = np.indices(SHAPE)
    assert np.allclose(splines.sheet(coefficients), y - 2 * x, atol=1e-8)
    stiff = np.ones((splines.rows.size, splines.columns.size))
    penalty = splines.penalty(stiff, stiff)
    assert abs(coefficients @ penalty @ coefficients) < 1e-9 * np.sum(coefficients**2)
    assert np.allclose(penalty, penalty.T)


def test_products_of_splines_are_those_of_their_values():
    splines = SkySplines((60, 50))
    weight = np.random.default_rng(4).uniform(0, 1, (60, 50))
    values = np.einsum("yi,xj->yxij", splines.along_rows, splines.along_columns).reshape(3000, -1)
    expected = values.T @ (weight.reshape(-1, 1) * values)
    assert np.allclose(splines.normal_matrix(weight), expected)
    waves = np.random.default_rng(5).normal(size=(60, 3))
    direct = values.T @ (weight[:, :, None] * waves[:, None, :]).reshape(3000, -1)
    assert np.allclose(splines.row_products(weight, waves), direct)


@pytest.mark.parametrize(("white", "slow"), [(0.0, 0.0), (1.0, 0.0), (0.0, 50.0)])
def test_power_is_found_by_likelihood(white, slow):
    order = np.arange(1, 400)
    variance = np.full(order.size, 0.01)
    truth = white + slow / order
    measured = np.random.default_rng(6).normal(0, np.sqrt(truth + variance))
    power, facts = offset_power(measured, variance)
    assert np.all(power >= 0)
    assert (facts["slow"] > 0) == (slow > 0)
    assert np.mean(power) == pytest.approx(np.mean(truth), rel=0.5, abs=0.002)


def test_stripes_beside_a_galaxy_are_removed_and_the_galaxy_stays():
    left, stated, former = [], [], []
    for seed in range(4):
        stripes = offsets(seed)
        planes = exposure(galaxy() + stripes + noise(seed))
        after = clean_stripes([planes]).exposures[0]
        left.append(np.var(planes.sci - after.sci - stripes))
        stated.append(np.mean(after.err**2 - planes.err**2))
        profiles = clean_stripes([planes], method="profiles").exposures[0]
        former.append(np.var(planes.sci - profiles.sci - stripes))
        assert np.array_equal(after.dq, planes.dq) and np.isfinite(after.sci).all()
    assert np.sqrt(np.mean(left) / 2) < 0.2
    assert np.mean(left) < 0.25 * np.mean(former)
    assert 0.6 < np.sqrt(np.mean(stated) / np.mean(left)) < 1.6


def test_slow_rows_are_removed():
    stripes = offsets(7, slow=1.0)
    planes = exposure(stripes + noise(7))
    after = clean_stripes([planes]).exposures[0]
    assert np.std(planes.sci - after.sci - stripes) < 0.25 * np.std(stripes)
    assert after.facts["stripes"]["power"]["rows"]["slow"] > 0
