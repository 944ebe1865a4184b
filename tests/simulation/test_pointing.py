"""Sky to focal plane and back, against pysiaf and against a real header."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.simulation.pointing import Pointing, moved, velocity_aberration_scale


@settings(max_examples=50, deadline=None)
@given(
    ra=st.floats(0, 360, exclude_max=True),
    dec=st.floats(-88, 88),
    roll=st.floats(0, 360),
    v2=st.floats(-520, -370),
    v3=st.floats(-440, -310),
    scale=st.floats(0.9999, 1.0001),
)
def test_the_way_back_ends_where_it_began(ra, dec, roll, v2, v3, scale):
    pointing = Pointing(-453.35, -373.67, ra, dec, roll, scale)
    np.testing.assert_allclose(pointing.to_v2v3(*pointing.to_sky(v2, v3)), (v2, v3), atol=1e-6)


def test_reference_point_is_where_the_header_says():
    pointing = Pointing(-453.35, -373.67, 80.0, -69.0, 105.0, 0.9999)
    ra, dec = pointing.to_sky(-453.35, -373.67)
    assert (float(ra), float(dec)) == pytest.approx((80.0, -69.0), abs=1e-10)


def test_attitude_is_that_of_pysiaf():
    rotations = pytest.importorskip("pysiaf.utils.rotations")
    pointing = Pointing(-453.35, -373.67, 159.2, -58.6, 112.0)
    theirs = rotations.attitude_matrix(-453.35, -373.67, 159.2, -58.6, 112.0)
    np.testing.assert_allclose(pointing.attitude(), theirs, atol=1e-12)
    ra, dec, angle = pointing.boresight()
    assert (ra, dec) == pytest.approx([float(value) for value in rotations.pointing(theirs, 0, 0)], abs=1e-9)
    assert angle == pytest.approx(rotations.posangle(theirs, 0, 0), abs=1e-9)


def test_scale_stretches_the_sky_about_the_reference_point():
    plain, scaled = (Pointing(-453.35, -373.67, 10.0, 0.0, 0.0, scale) for scale in (1.0, 1.0001))
    offset = [np.hypot(*(np.array(p.to_sky(-403.35, -373.67)) - (10.0, 0.0))) for p in (plain, scaled)]
    assert offset[1] / offset[0] == pytest.approx(1.0001, abs=1e-7)


def test_velocity_aberration_of_a_real_exposure():
    # jw02731002005_02103_00008, header values of 2022-06-11
    assert velocity_aberration_scale(159.19, -58.64, 59741.5078) == pytest.approx(0.9999562379, abs=2e-6)


def test_moves_are_true_arcseconds():
    assert moved(10.0, 60.0, 3600.0, 0.0) == pytest.approx((12.0, 60.0))
