"""The grid holds everything, agrees with FITS, and knows no order of files."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.mosaic_grid import MosaicGrid, grid_around, parse_footprint, tightest_rotation
from miri_widgets.core.tangent_plane import from_plane, rotation_matrix
from miri_widgets.errors import InputError, ParameterError


def footprints(place=(80.5, -69.5), tilt=20.0, offsets=((0, 0), (95, 3), (-4, 90), (91, 88))):
    box = np.array([(-56, -56), (56, -56), (56, 56), (-56, 56)]) @ rotation_matrix(tilt).T
    found = []
    for offset in offsets:
        ra, dec = from_plane(*(box + offset).T, place)
        found.append(tuple(zip(ra.tolist(), dec.tolist(), strict=True)))
    return found


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(4)), st.sampled_from([0.0, None, 33.3]))
def test_order_of_exposures_and_of_corners_does_not_count(order, rotation):
    exposures = footprints()
    mixed = [exposures[i][i:] + exposures[i][:i] for i in order]
    assert grid_around(mixed, rotation=rotation) == grid_around(exposures, rotation=rotation)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([(0.001, 0.0), (359.99, 80.0), (80.5, -69.5)]),
    st.floats(-180, 180),
    st.floats(0.05, 0.5),
)
def test_everything_is_inside_with_the_margin(place, rotation, scale):
    exposures = footprints(place)
    grid = grid_around(exposures, scale=scale, rotation=rotation)
    x, y = grid.wcs().all_world2pix(*np.array(exposures).reshape(-1, 2).T, 0)
    assert min(x.min(), y.min()) > 3 - 0.5
    assert x.max() < grid.nx - 0.5 - 3
    assert y.max() < grid.ny - 0.5 - 3
    # and no larger than that takes
    assert min(x.min(), y.min(), grid.nx - x.max(), grid.ny - y.max()) < 8


@settings(max_examples=25, deadline=None)
@given(st.floats(-90, 90))
def test_rotation_is_the_position_angle_of_y(rotation):
    grid = MosaicGrid(12.0, 30.0, 0.11, rotation, 101, 51)
    middle, above = grid.wcs().all_pix2world([[50, 25], [50, 26]], 0)
    assert tuple(middle) == pytest.approx((12.0, 30.0), abs=1e-10)
    east, north = (above - middle) * [np.cos(np.deg2rad(30)), 1] * 3600
    assert np.hypot(east, north) == pytest.approx(0.11, rel=1e-6)
    assert np.rad2deg(np.arctan2(east, north)) == pytest.approx(rotation, abs=1e-3)


def test_corners_are_those_of_the_array():
    grid = MosaicGrid(359.999, -70.0, 0.2, 25.0, 700, 300)
    x, y = grid.wcs().all_world2pix(*np.array(grid.corners()).T, 0)
    assert x == pytest.approx([-0.5, 699.5, 699.5, -0.5], abs=1e-6)
    assert y == pytest.approx([-0.5, -0.5, 299.5, 299.5], abs=1e-6)


def test_tightest_rotation_is_that_of_the_exposures():
    assert tightest_rotation(footprints(tilt=20.0, offsets=((0, 0),))) == pytest.approx(20.0)
    upright = grid_around(footprints(offsets=((0, 0),)))
    tight = grid_around(footprints(offsets=((0, 0),)), rotation=None)
    assert tight.nx * tight.ny < 0.7 * upright.nx * upright.ny


def test_typed_grid_is_taken_as_it_is():
    grid = grid_around(footprints(), centre=(80.4, -69.49), size=(1000, 800), rotation=12.0, scale=0.06)
    assert grid == MosaicGrid(80.4, -69.49, 0.06, 12.0, 1000, 800)


def test_s_region():
    text = "POLYGON ICRS  80.5 -69.5 80.6 -69.5 8.061e1 -69.4 80.5 -69.4 "
    assert parse_footprint(text) == ((80.5, -69.5), (80.6, -69.5), (80.61, -69.4), (80.5, -69.4))
    for bad in ("", "CIRCLE ICRS 1 2 3", "POLYGON ICRS 1 2 3"):
        with pytest.raises(InputError, match="expected POLYGON"):
            parse_footprint(bad)


def test_impossible_grids_are_refused():
    with pytest.raises(InputError, match="no footprints"):
        grid_around([])
    with pytest.raises(InputError, match="ten degrees apart"):
        grid_around(footprints() + footprints((100.0, -20.0)))
    with pytest.raises(ParameterError, match="larger pixels"):
        grid_around(footprints() + footprints((80.6, -68.0)), scale=0.02)
    with pytest.raises(ParameterError):
        MosaicGrid(1.0, 2.0, 0.0, 0.0, 10, 10)


def test_pixels_of_a_grid_are_those_of_its_wcs_and_never_behind():
    from miri_widgets.core.mosaic_grid import MosaicGrid

    grid = MosaicGrid(80.5, -69.5, 0.11, 33.0, 900, 700)
    corners = [*grid.corners(), (80.5, -69.5), (80.9, -69.4)]
    expected = grid.wcs().all_world2pix(np.array(corners), 0).T
    np.testing.assert_allclose(grid.pixels(corners), expected, atol=1e-6)
    assert grid.holds([(80.5, -69.5)]) and not grid.holds([(80.5, -69.5), (260.5, 69.5)])
