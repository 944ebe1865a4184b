"""Laws of the roughness of the sky: no offset changes it, and it grows with the square of the light."""

import numpy as np

from miri_widgets.core.stripes.sky_roughness import sky_roughness
from tests.support.striped_windows import SHAPE, galaxy, noise, offsets

PLACES = np.linspace(20, 260, 6), np.linspace(20, 250, 5)


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
