"""Sources that were put in are found; nothing is found in nothing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.photometry.source_finding import find_sources

Y, X = np.mgrid[0:120, 0:130]


def field(positions, sky=5.0, noise=0.05):
    image = np.random.default_rng(3).normal(sky, noise, X.shape)
    for x, y in positions:
        image += 20 * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 2 / 1.2**2)
    return image


@settings(deadline=None, max_examples=8)
@given(st.floats(-1e3, 1e3))
def test_finds_stars_whatever_the_sky(sky):
    positions = [(20.3, 30.6), (90.1, 80.7), (60.5, 15.2)]
    table = find_sources(field(positions, sky), fwhm=2.8, nsigma=20, to_sky=lambda x, y: (x + 10, y - 10))
    found = sorted(zip(table["x"], table["y"], strict=True))
    assert np.allclose(found, sorted(positions), atol=0.3)
    assert np.allclose(table["ra"], table["x"] + 10)


def test_masked_pixels_do_not_count():
    image = field([(20, 30)])
    image[60:70, 60:70] = np.nan
    image[65, 65] = 1e9
    image[65, 65] = np.nan
    assert len(find_sources(image, fwhm=2.8, nsigma=20)) == 1


def test_nothing_in_nothing():
    assert len(find_sources(np.full((50, 50), np.nan), fwhm=2.5)) == 0
    assert len(find_sources(np.zeros((50, 50)), fwhm=2.5)) == 0
    assert len(find_sources(field([]), fwhm=2.8, nsigma=8)) == 0
