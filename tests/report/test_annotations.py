"""Scale bar, compass and attribution."""

import math

import numpy as np
import pytest

from miri_widgets.report.annotations import PictureAnnotations, blended, compass_directions, scale_bar_length
from tests.support.composite_files import wcs_of

EVERYTHING = PictureAnnotations(text="JWST/MIRI · 100 $ & more")


@pytest.mark.parametrize("angle", range(0, 360, 30))
def test_the_compass_points_to_north_and_east(angle):
    wcs = wcs_of(angle, (200, 300))
    (nx, ny), (ex, ey) = compass_directions(wcs, (200, 300))
    x, y = 149.5, 99.5
    ra, dec = wcs.all_pix2world([x, x + 5 * nx, x + 5 * ex], [y, y + 5 * ny, y + 5 * ey], 0)
    step = 5 * 0.11 / 3600
    assert dec[1] - dec[0] == pytest.approx(step, rel=1e-3)
    assert (ra[2] - ra[0]) * math.cos(math.radians(dec[0])) == pytest.approx(step, rel=1e-3)


def test_a_scale_bar_is_round_and_fits():
    assert scale_bar_length(1000, 0.11) == 20
    assert scale_bar_length(100, 0.11) == 2
    assert scale_bar_length(1000, math.nan) == 0
    assert compass_directions(None, (5, 5)) == ()


@pytest.mark.parametrize("shape", [(90, 120), (400, 300), (70, 900)])
def test_only_the_annotated_pixels_change(shape):
    picture = np.full((*shape, 3), 0.3, np.float32)
    drawn = blended(picture, wcs_of(20.0, shape), 0.11, EVERYTHING)
    assert (picture == np.float32(0.3)).all()
    changed = np.abs(drawn - picture).max(axis=2) > 0.01
    assert changed.any() and not changed[max(60, math.ceil(0.16 * min(shape))) :].any()
    assert drawn.min() >= 0 and drawn.max() <= 1
    nothing = blended(picture, None, math.nan, PictureAnnotations(False, False))
    np.testing.assert_array_equal(nothing, picture)


def test_the_bar_is_as_long_as_it_says():
    picture = np.zeros((600, 1000, 3), np.float32)
    drawn = blended(picture, None, 0.11, PictureAnnotations(compass=False))
    rows = (drawn.min(axis=2) > 0.95).sum(axis=1)
    assert rows.max() == pytest.approx(20 / 0.11, abs=4)


def test_a_long_attribution_leaves_the_corner_to_the_compass():
    picture = np.zeros((400, 400, 3), np.float32)
    drawn = blended(
        picture, None, math.nan, PictureAnnotations(False, False, "Simulated JWST/MIRI, program 1048, " * 4)
    )
    columns = np.flatnonzero(drawn.max(axis=(0, 2)) > 0.3)
    assert 200 < columns.max() < 0.9 * 400
