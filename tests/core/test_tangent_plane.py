"""The tangent plane has no seam and no pole, and agrees with astropy."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.tangent_plane import from_plane, mean_position, rotation_matrix, to_plane

near = st.floats(-300, 300)
declination = st.floats(-89.99, 89.99)


@given(st.floats(0, 360), declination, near, near)
def test_there_and_back(ra, dec, x, y):
    back = to_plane(*from_plane(x, y, (ra, dec)), (ra, dec))
    assert back[0] == pytest.approx(x, abs=2e-6)
    assert back[1] == pytest.approx(y, abs=2e-6)


@given(declination, near, near)
def test_ra_zero_is_no_seam(dec, x, y):
    ra, dec_there = from_plane(x, y, (0.0, dec))
    assert to_plane(ra, dec_there, (360.0, dec))[0] == pytest.approx(x, abs=2e-6)


def test_agrees_with_astropy():
    middle, other = SkyCoord(359.999, -69.5, unit="deg"), SkyCoord(0.01, -69.51, unit="deg")
    x, y = to_plane(other.ra.deg, other.dec.deg, (middle.ra.deg, middle.dec.deg))
    separation = middle.separation(other).radian
    angle = middle.position_angle(other).radian
    assert np.hypot(x, y) == pytest.approx(np.tan(separation) * 206264.806247, rel=1e-9)
    assert np.arctan2(x, y) % (2 * np.pi) == pytest.approx(angle, abs=1e-9)


def test_far_side_is_not_seen():
    assert np.isnan(to_plane(180.0, 0.0, (0.0, 0.0))).all()


@given(st.floats(-180, 180))
def test_turn_adds_to_position_angles(turn):
    x, y = rotation_matrix(turn) @ [0.0, 1.0]
    assert np.rad2deg(np.arctan2(x, y)) == pytest.approx(turn, abs=1e-9)


def test_mean_crosses_ra_zero_and_leaves_out_nan():
    ra, dec = mean_position([359.9, 0.1, np.nan], [10.0, 10.0, np.nan])
    assert ra % 360 == pytest.approx(0.0, abs=1e-9) or ra == pytest.approx(360.0)
    assert dec == pytest.approx(10.0, abs=1e-3)
