"""The distortion is that of the SIAF, and its inverse is exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.simulation.distortion import flight_distortion, pixel_areas
from miri_widgets.simulation.instrument import APERTURES, FILTERS, SUBARRAYS

pixels = st.floats(0, 1031)


@pytest.fixture(scope="module")
def siaf():
    pysiaf = pytest.importorskip("pysiaf")
    return pysiaf.Siaf("MIRI")


def test_agrees_with_the_siaf(siaf):
    x, y = np.meshgrid([40.0, 400.0, 700.0, 1020.0], [10.0, 500.0, 1010.0])
    v2, v3 = siaf["MIRIM_FULL"].sci_to_tel(x + 1, y + 1)  # SIAF pixels are 1-based
    ours = flight_distortion().to_v2v3(x, y)
    np.testing.assert_allclose(ours, (v2, v3), atol=1e-5)


@pytest.mark.parametrize("name", APERTURES)
def test_apertures_are_those_of_the_siaf(siaf, name):
    ours, theirs = APERTURES[name], siaf[name]
    found = (ours.v2, ours.v3, ours.v3_angle, ours.x, ours.y)
    expected = (theirs.V2Ref, theirs.V3Ref, theirs.V3IdlYAngle, theirs.XDetRef, theirs.YDetRef)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", SUBARRAYS)
def test_reference_point_of_each_aperture_lies_on_its_pixel(name):
    aperture = APERTURES[SUBARRAYS[name].aperture]
    x, y = flight_distortion().to_pixel(aperture.v2, aperture.v3)
    # SIAF values of the subarrays are those of an older distortion: a tenth of a pixel
    assert (x + 1, y + 1) == pytest.approx((aperture.x, aperture.y), abs=0.2)


@settings(max_examples=30, deadline=None)
@given(x=pixels, y=pixels, name=st.sampled_from(list(FILTERS)))
def test_the_way_back_ends_where_it_began(x, y, name):
    distortion = flight_distortion()
    there = distortion.to_v2v3(x, y, name)
    np.testing.assert_allclose(distortion.to_pixel(*there, name), (x, y), atol=1e-6)


def test_boresight_shift_moves_the_image():
    distortion = flight_distortion()
    v2, v3 = distortion.to_v2v3(500.0, 500.0, "F770W")
    x, y = distortion.to_pixel(v2, v3, "F1000W")
    assert (x - 500, y - 500) == pytest.approx(distortion.boresight["F1000W"], abs=1e-6)


def test_pixel_areas_add_up_to_the_field():
    corners = flight_distortion().to_v2v3([-0.5, 1031.5, 1031.5, -0.5], [-0.5, -0.5, 1023.5, 1023.5])
    v2, v3 = (np.append(values, values[0]) for values in corners)
    polygon = abs(np.sum(v2[:-1] * v3[1:] - v2[1:] * v3[:-1])) / 2
    assert pixel_areas().sum() == pytest.approx(polygon, rel=5e-3)


def test_other_origin_moves_the_whole_field():
    moved = flight_distortion().with_origin(-453.63, -373.79)
    v2, v3 = moved.to_v2v3(300.0, 300.0)
    old = flight_distortion().to_v2v3(300.0, 300.0)
    assert (v2 - old[0], v3 - old[1]) == pytest.approx((-0.0302, -0.1426), abs=1e-4)
    np.testing.assert_allclose(moved.to_pixel(v2, v3), (300.0, 300.0), atol=1e-6)


@pytest.mark.parametrize("distance", [90, 200, 300, 450, 1000, 2000])
def test_far_positions_never_fold_onto_the_detector(distance):
    distortion = flight_distortion()
    middle = distortion.to_v2v3(515.0, 511.0)
    turn = np.linspace(0, 2 * np.pi, 3601)
    x, y = distortion.to_pixel(middle[0] + distance * np.cos(turn), middle[1] + distance * np.sin(turn))
    assert not ((x > -0.5) & (x < 1031.5) & (y > -0.5) & (y < 1023.5)).any()
    np.testing.assert_allclose(np.hypot(x - 515, y - 511) * 0.11, distance, rtol=0.07)
