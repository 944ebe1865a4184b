"""Colours of extended sources: the shape of the PSF does not make one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.photometry.aperture import aperture_flux
from miri_widgets.core.photometry.matched import matched_flux, smoothed_to

SHAPE = (121, 121)
SIZES = {"radius": 7.0, "sky_inner": 30.0, "sky_outer": 42.0}


def blob(sigma, total=1000.0, at=(60.3, 59.6)):
    y, x = np.indices(SHAPE)
    image = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * sigma**2))
    return total * image / (2 * np.pi * sigma**2)


@settings(deadline=None)
@given(st.floats(1.0, 4.0), st.floats(0.1, 10.0))
def test_one_source_has_one_flux_in_all_filters(size, ratio):
    fwhm, target = 2.5, 6.0
    narrow, wide = (blob(np.hypot(size, width / 2.3548)) for width in (fwhm, target))
    err = np.full(SHAPE, 0.01)
    where = np.array([60.3]), np.array([59.6])
    one = matched_flux(narrow * ratio, err, *where, fwhm=fwhm, target=target, **SIZES)
    other = matched_flux(wide, err, *where, fwhm=target, target=target, **SIZES)
    assert one.flux[0] / other.flux[0] == pytest.approx(ratio, rel=0.01)
    assert one.complete.all() and other.complete.all()


def test_without_matching_there_is_a_false_colour():
    narrow, wide = blob(1.5), blob(3.0)
    err = np.full(SHAPE, 0.01)
    sizes = {**SIZES, "radius": 3.0}
    plain = [aperture_flux(image, err, [60.3], [59.6], **sizes).flux[0] for image in (narrow, wide)]
    assert plain[0] / plain[1] > 1.5


def test_absent_pixels_stay_absent_and_do_not_spread():
    image = np.full(SHAPE, 5.0)
    image[:40] = np.nan
    smooth = smoothed_to(image, 2.0, 5.0)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(image))
    np.testing.assert_allclose(smooth[40:], 5.0)


def test_a_wider_psf_is_left_alone():
    image = blob(2.0)
    np.testing.assert_array_equal(smoothed_to(image, 5.0, 5.0), image)


def test_off_the_image_there_is_nothing():
    err = np.full(SHAPE, 0.01)
    found = matched_flux(blob(2.0), err, [500.0, np.nan], [5.0, 5.0], fwhm=2, target=3, **SIZES)
    assert np.isnan(found.flux).all() and not found.complete.any()
    assert matched_flux(blob(2.0), err, [], [], fwhm=2, target=3, **SIZES).flux.shape == (0,)
