"""Laws of aperture photometry: scale, constant sky, masked pixels, known flux."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.photometry.aperture import aperture_flux, isolated, noise_factor

RADII = {"radius": 6.0, "sky_inner": 9.0, "sky_outer": 14.0}
Y, X = np.mgrid[0:41, 0:41]


def star(x, y, flux, sigma=1.2):
    image = np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 2 / sigma**2)
    return flux * image / (2 * np.pi * sigma**2)


@settings(deadline=None, max_examples=25)
@given(st.floats(18, 22), st.floats(18, 22), st.floats(1, 1e4), st.floats(-100, 100))
def test_flux_is_recovered_whatever_the_sky(x, y, flux, sky):
    image = star(x, y, flux) + sky
    measured = aperture_flux(image, np.ones_like(image), np.array([x]), np.array([y]), **RADII)
    assert measured.complete[0]
    assert measured.flux[0] == pytest.approx(flux, rel=2e-3, abs=1e-6)
    assert measured.sky[0] == pytest.approx(sky, rel=1e-3, abs=1e-3 * flux)


@given(st.floats(0.01, 100))
@settings(deadline=None, max_examples=10)
def test_scale(factor):
    image, ones = star(20, 20, 50.0) + 3, np.ones((41, 41))
    one = aperture_flux(image, ones, np.array([20.0]), np.array([20.0]), **RADII)
    many = aperture_flux(factor * image, factor * ones, np.array([20.0]), np.array([20.0]), **RADII)
    assert many.flux[0] == pytest.approx(factor * one.flux[0])
    assert many.err[0] == pytest.approx(factor * one.err[0])


def test_bad_pixels_and_edges_are_told():
    image = star(20, 20, 50.0)
    image[20, 20] = np.nan
    measured = aperture_flux(
        image, np.ones_like(image), np.array([20.0, 3.0]), np.array([20.0, 20.0]), **RADII
    )
    assert not measured.complete.any()


def test_error_of_pure_noise():
    rng = np.random.default_rng(1)
    x = np.full(300, 20.0)
    values = [
        aperture_flux(rng.normal(0, 1, (41, 41)), np.ones((41, 41)), x[:1], x[:1], **RADII)
        for _ in range(300)
    ]
    scatter = np.std([value.flux[0] for value in values])
    assert scatter == pytest.approx(np.mean([value.err[0] for value in values]), rel=0.15)


def test_isolated():
    x, y = np.array([0.0, 5, 50, 60]), np.zeros(4)
    flux = np.array([100.0, 1, 10, 100])  # the third is a tenth of the fourth
    assert isolated(x, y, flux, radius=12, fraction=0.05).tolist() == [True, False, False, False]
    assert isolated(x, y, flux, radius=4, fraction=0.05).all()


def test_noise_that_neighbours_share_is_found():
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(3)
    plain = rng.normal(0, 1.0, (200, 200))
    shared = gaussian_filter(plain, 1.0)
    shared /= shared.std()
    err = np.ones((200, 200))
    sizes = {"radius": 3.0, "sky_inner": 8.0, "sky_outer": 12.0}
    nowhere = np.empty(0)
    assert noise_factor(plain, err, nowhere, nowhere, **sizes) == pytest.approx(1.0, abs=0.2)
    assert noise_factor(shared, err, nowhere, nowhere, **sizes) > 2.0
    # sources are avoided, and an image without room is left alone
    y, x = np.mgrid[20:200:30, 20:200:30]
    stars = plain.copy()
    stars[y, x] += 500.0
    assert noise_factor(stars, err, x.ravel(), y.ravel(), **sizes) == pytest.approx(1.0, abs=0.3)
    assert noise_factor(np.full((30, 30), np.nan), err[:30, :30], nowhere, nowhere, **sizes) == 1.0
