"""Scale bar and compass are those of the sky, at every orientation."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.viewer.annotations import Annotations, compass_of, scale_bar_of


def rotated_wcs(angle=0.0, scale=0.11, dec=-69.4, ra=83.8):
    """North up and east left, turned by `angle` degrees clockwise."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [ra, dec], [10, 10]
    turned = np.deg2rad(angle)
    rotation = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    wcs.wcs.cd = scale / 3600 * np.diag([-1.0, 1.0]) @ rotation
    return wcs


@given(
    angle=st.floats(0, 360), x=st.floats(0, 1000), y=st.floats(0, 1000), dec=st.sampled_from([-73.5, 0.0, 60.0]),
    ra=st.sampled_from([0.0001, 110.8, 359.999]),
)  # fmt: skip
def test_a_step_to_north_and_east_leads_there(angle, x, y, dec, ra):
    wcs = rotated_wcs(angle, dec=dec, ra=ra)
    north, east, scale = compass_of(wcs, x, y)
    here = wcs.pixel_to_world(x, y)
    for direction, wanted in ((north, 0.0), (east, 90.0)):
        there = wcs.pixel_to_world(x + direction[0], y + direction[1])
        turned = (here.position_angle(there).deg - wanted + 180) % 360 - 180
        assert abs(turned) < 0.05
        assert here.separation(there).arcsec == pytest.approx(scale, rel=1e-3)
    assert np.hypot(*north) == pytest.approx(1)


@given(width=st.floats(1.0, 4e4))
def test_the_scale_bar_is_long_and_fits(width):
    bar = scale_bar_of(width)
    assert bar is not None and bar.share <= 0.25
    assert bar.share > 0.25 / 3.01 or bar.text == "1°", "another round length would be longer"
    number, unit = float(bar.text[:-1]), {"″": 1, "′": 60, "°": 3600}[bar.text[-1]]
    assert number * unit == pytest.approx(bar.share * width)


def test_too_close_for_a_scale_bar():
    assert scale_bar_of(0.3) is None and scale_bar_of(float("nan")) is None


def test_marks_follow_the_part_in_view_and_go_without_a_sky():
    annotations = Annotations()
    wcs = rotated_wcs(0.0)
    annotations.update(wcs, (0.0, 1000.0, 0.0, 1000.0))
    line, label = annotations.marks[0], annotations.marks[-1]
    assert "20″" in list(label.text) and {"N", "E"} <= set(label.text)
    assert line.x[1] - line.x[0] == pytest.approx(20 / 110)
    annotations.update(wcs, (0.0, 100.0, 0.0, 100.0))
    assert "2″" in list(label.text)
    finite = np.isfinite(line.x)
    assert (line.x[finite] >= 0).all() and (line.x[finite] <= 1).all()
    annotations.update(None, (0.0, 100.0, 0.0, 100.0))
    assert not line.visible and set(label.text) == {""}
    annotations.close()


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_the_compass_stays_in_the_figure(angle):
    annotations = Annotations()
    annotations.update(rotated_wcs(angle), (0.0, 1000.0, 0.0, 600.0))
    label = annotations.marks[-1]
    assert (np.array(label.x) > 0.01).all() and (np.array(label.x) < 0.99).all()
    assert (np.array(label.y) > 0.01).all() and (np.array(label.y) < 0.99).all()
    annotations.close()
