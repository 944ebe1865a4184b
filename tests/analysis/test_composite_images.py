"""Mosaics for a composite: by wavelength, in one unit, on one grid."""

import numpy as np
import pytest
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.analysis.composite_images import (
    Viewport,
    celestial_wcs,
    read_composite,
    screen_area,
    screen_images,
)
from miri_widgets.errors import InputError, MixedExposuresError
from tests.support.composite_files import FILTERS, SKY, star, wcs_of, write_mosaic, write_mosaics


def test_mosaics_come_by_wavelength_with_their_facts(tmp_path):
    images = read_composite(list(reversed(write_mosaics(tmp_path, 40.0))))
    assert images.filters == FILTERS and images.program == "2736" and images.target == "SMACS 0723"
    assert images.shape == (90, 120) and images.scale == pytest.approx(0.11, rel=1e-6)
    assert not images.simulated and images.notes == ()
    for channel in images.start.channels:
        assert channel.black == pytest.approx(SKY[channel.filter], abs=0.03)


def test_another_grid_is_resampled_and_that_is_said(tmp_path):
    paths = write_mosaics(tmp_path)[:2]
    turned, image = wcs_of(70.0, (150, 150)), np.full((150, 150), 40.0)
    ra, dec = wcs_of().all_pix2world(30.0, 40.0, 0)
    x, y = turned.all_world2pix(ra, dec, 0)
    star(image, float(x), float(y), 60)
    paths.append(write_mosaic(tmp_path, "F1500W", wcs=turned, image=image))
    images = read_composite(paths)
    assert any("F1500W was on a grid of its own" in note for note in images.notes) and len(images.notes) == 1
    moved = np.nan_to_num(images.images[2])
    row, column = np.unravel_index(moved.argmax(), moved.shape)
    assert abs(column - 30) <= 1 and abs(row - 40) <= 1
    assert np.isnan(images.images[2]).any()


def test_mosaics_that_cannot_be_brought_together_are_a_sentence(tmp_path):
    blue = write_mosaic(tmp_path, "F770W")
    far = write_mosaic(tmp_path, "F1000W", wcs=wcs_of(center=(10.0, 20.0)))
    with pytest.raises(InputError, match=r"F1000W covers no pixel of F770W"):
        read_composite([blue, far])
    small = write_mosaic(tmp_path, "F1500W", wcs=False, image=np.ones((20, 30)))
    with pytest.raises(InputError, match="no WCS links them"):
        read_composite([blue, small])
    rate = write_mosaic(tmp_path, "F1130W", unit="DN/s")
    with pytest.raises(InputError, match=r"is in DN/s.*MJy/sr"):
        read_composite([blue, rate])
    (tmp_path / "again").mkdir()
    with pytest.raises(MixedExposuresError, match="2 mosaics of F770W"):
        read_composite([blue, write_mosaic(tmp_path / "again", "F770W")])
    with pytest.raises(InputError, match="no mosaic"):
        read_composite([])


def test_another_unit_of_brightness_is_converted_and_that_is_said(tmp_path):
    paths = [
        write_mosaic(tmp_path, "F770W"),
        write_mosaic(tmp_path, "F1000W", unit="Jy/sr", image=np.full((90, 120), 3e6)),
    ]
    images = read_composite(paths)
    assert images.images[1].mean() == pytest.approx(3.0, rel=1e-5)
    assert "F1000W was converted from Jy/sr to MJy/sr." in images.notes


@given(
    edges=st.tuples(*[st.floats(-0.5, 1.5)] * 4),
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_the_screen_shows_the_part_that_is_wanted(edges, shape, size):
    left, right = sorted(edges[:2])
    bottom, top = sorted(edges[2:])
    viewport = Viewport(left, bottom, right, top)
    rows, columns, factor = screen_area(shape, viewport, size)
    assert 0 <= rows.start < rows.stop <= shape[0] and 0 <= columns.start < columns.stop <= shape[1]
    image = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    (part,) = screen_images([image], viewport, size)
    assert part.shape == (
        -(-(rows.stop - rows.start) // factor),
        -(-(columns.stop - columns.start) // factor),
    )
    assert part.shape[0] <= size[0] and part.shape[1] <= size[1]
    block = image[rows, columns][:factor, :factor]
    assert part[0, 0] == pytest.approx(block.mean(), rel=1e-5)


def test_a_block_is_the_mean_of_its_pixels_with_data():
    image = np.array([[1.0, np.nan], [3.0, np.nan]], np.float32)
    assert screen_images([image], Viewport(), (1, 1))[0] == 2.0


def test_only_a_celestial_wcs_counts():
    assert celestial_wcs(wcs_of().to_header()).has_celestial
    assert celestial_wcs(WCS(naxis=2).to_header()) is None


def test_borders_without_data_are_cut_and_the_position_stays(tmp_path):
    image = np.full((90, 120), np.nan)
    image[20:80, 10:100] = 1.0
    image[40, 50] = 900.0
    other = np.full((90, 120), np.nan)
    other[30:85, 15:90] = 2.0
    paths = [
        write_mosaic(tmp_path, name, image=plane, wcs=wcs_of(25.0))
        for name, plane in (("F770W", image), ("F1500W", other))
    ]
    images = read_composite(paths)
    assert images.shape == (65, 90)
    row, column = np.unravel_index(np.nanargmax(images.images[0]), images.shape)
    found, true = images.wcs.all_pix2world(column, row, 0), wcs_of(25.0).all_pix2world(50, 40, 0)
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-9)
