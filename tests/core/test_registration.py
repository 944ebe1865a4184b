"""Offsets on the sky follow the shift that was put in, everywhere."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.registration import group_rms, sky_offset

small = st.floats(-5, 5)


@given(st.floats(0, 360), st.floats(-80, 80), small, small)
def test_offset_is_what_was_put_in(ra, dec, dra, ddec):
    moved_ra, moved_dec = (ra + dra / 3600 / np.cos(np.deg2rad(dec))) % 360, dec + ddec / 3600
    found = sky_offset(np.array([moved_ra]), np.array([moved_dec]), np.array([ra]), np.array([dec]))
    assert found[0][0] == pytest.approx(dra, abs=1e-7)
    assert found[1][0] == pytest.approx(ddec, abs=1e-7)


def test_agrees_with_astropy():
    true, seen = SkyCoord(80.5, -69.4, unit="deg"), SkyCoord(80.5007, -69.40012, unit="deg")
    east, north = true.spherical_offsets_to(seen)
    dra, ddec = sky_offset(seen.ra.deg, seen.dec.deg, true.ra.deg, true.dec.deg)
    assert dra == pytest.approx(east.arcsec, abs=1e-4)
    assert ddec == pytest.approx(north.arcsec, abs=1e-4)


@given(small, small, st.permutations(range(6)))
def test_common_offset_and_order_do_not_count(dx, dy, order):
    x, y = np.array([0.0, 0, 0, 3, 3, 3]), np.array([1.0, 1, 1, 1, 1, 1])
    group = np.array([1, 1, 1, 2, 2, 2])
    order = list(order)
    rms, means = group_rms(x[order] + dx, y[order] + dy, group[order])
    assert rms == pytest.approx(1.5)
    assert means[2][0] - means[1][0] == pytest.approx(3)
