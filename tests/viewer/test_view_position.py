"""What is far from an image is neither marked nor outlined on it, and is no place to go to."""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.units import dimensionless_unscaled
from astropy.wcs import WCS, Sip

from miri_widgets.core.regions import Region
from miri_widgets.core.tangent_plane import from_plane
from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.outlines import outlines
from miri_widgets.viewer.view_position import view_on_image, view_position_of

SHAPE = (1024, 1032)
CENTRE = (80.5, -69.5)


def folding_wcs():
    """SIP polynomials whose inverse, and whose iteration, fail some arcmin away."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    wcs.wcs.crval, wcs.wcs.crpix = CENTRE, [516.5, 512.5]
    wcs.wcs.cdelt = [-0.11 / 3600, 0.11 / 3600]
    a, b = np.zeros((4, 4)), np.zeros((4, 4))
    a[2, 0], a[3, 0], a[1, 2] = 1e-5, -5e-8, -5e-8
    b[0, 3], b[2, 1] = -5e-8, -5e-8
    wcs.sip = Sip(a, b, None, None, [516.5, 512.5])
    wcs.array_shape = SHAPE
    return wcs


def at(distance, angle):
    turn = np.deg2rad(angle)
    return tuple(map(float, from_plane(distance * np.sin(turn), distance * np.cos(turn), CENTRE)))


@pytest.mark.parametrize("distance", [200, 450, 900, 3600])
@pytest.mark.parametrize("angle", range(0, 360, 45))
def test_far_positions_stay_off_the_image(distance, angle):
    wcs, place = folding_wcs(), at(distance, angle)
    image = ViewerImage(np.zeros(SHAPE, np.float32), dimensionless_unscaled, wcs)
    x, y = (float(part[0]) for part in image.pixels_of([place[0]], [place[1]]))
    assert np.hypot(x - 515.5, y - 511.5) * 0.11 > 0.85 * distance
    found = image.pixel(SkyCoord(*place, unit="deg"))
    assert found is None or not (0 < found[0] < 1032 and 0 < found[1] < 1024)
    assert view_on_image(wcs, {"center": list(place), "width": 20.0, "sky": True}) is None
    line = np.column_stack(
        [part[0] for part in outlines([Region("circle", (place,), (10.0,), sky=True)], wcs)]
    )
    assert (np.hypot(*(line - (515.5, 511.5)).T) * 0.11 > 0.8 * distance).all()


def test_the_outline_of_a_region_around_the_image_goes_around_it():
    x, y = outlines([Region("circle", (CENTRE,), (1000.0,), sky=True)], folding_wcs())
    reach = np.hypot(x - 515.5, y - 511.5) * 0.11
    assert reach.min() > 850 and reach.max() < 1150


def test_a_near_position_is_exact():
    wcs = folding_wcs()
    image = ViewerImage(np.zeros(SHAPE, np.float32), dimensionless_unscaled, wcs)
    assert image.pixel(wcs.pixel_to_world(100.25, 900.5)) == pytest.approx((100.25, 900.5), abs=1e-3)


@pytest.mark.parametrize("middle", [(515.5, 511.5), (80.0, 900.0), (1000.0, 30.0)])
@pytest.mark.parametrize("width", [30.0, 265.0, 1100.0])
def test_a_place_on_a_distorted_image_comes_back_to_its_width(middle, width):
    wcs = folding_wcs()
    wcs.wcs.cdelt = [-0.11 / 3600, 0.1112 / 3600]  # pixels that are no squares
    found = view_on_image(wcs, view_position_of(wcs, *middle, width))
    np.testing.assert_allclose(found, (*middle, width), rtol=1e-6, atol=1e-4)
