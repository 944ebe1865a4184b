"""Laws of the roughness of the sky: no offset changes it, and it grows with the square of the light."""

import numpy as np
from scipy.ndimage import gaussian_filter

from miri_widgets.core.stripes.sky_roughness import sky_roughness

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


def noise(seed):
    return np.random.default_rng(seed).normal(0, 1, SHAPE)


def test_roughness_is_free_of_offsets_and_grows_with_the_square_of_light():
    image, use = galaxy() + noise(1), np.ones(SHAPE, bool)
    plain = sky_roughness(image, use, 1.0, *PLACES)
    other = sky_roughness(image + offsets(2), use, 1.0, *PLACES)
    for mine, same in zip(plain, other, strict=True):
        assert np.allclose(mine, same, rtol=1e-6)
    brighter = sky_roughness(10 * galaxy(), use, 1e-6, *PLACES)[0]
    assert np.allclose(brighter / sky_roughness(galaxy(), use, 1e-6, *PLACES)[0], 100, rtol=1e-3)


def test_noise_alone_is_nearly_a_plain_sky():
    plain = sky_roughness(noise(3), np.ones(SHAPE, bool), 1.0, *PLACES)[0]
    rough = sky_roughness(noise(3) + galaxy(), np.ones(SHAPE, bool), 1.0, *PLACES)[0]
    assert np.median(plain) < 1e-3 * np.median(rough)
