"""The covered area as a MOC, and the picture as a HiPS."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from mocpy import MOC
from PIL import Image

from miri_widgets.analysis.composite_images import read_composite
from miri_widgets.errors import InputError
from miri_widgets.report.sky_maps import hips_level, moc_order, write_hips, write_moc
from tests.support.composite_files import FILTERS, wcs_of, write_mosaic, write_mosaics


def test_the_moc_covers_what_has_data(tmp_path):
    shape, paths = (300, 400), []
    for name in FILTERS:
        image = np.ones(shape)
        image[:100] = np.nan
        paths.append(
            write_mosaic(
                tmp_path, name, image=image + np.random.default_rng(1).random(shape), wcs=wcs_of(30.0, shape)
            )
        )
    moc = MOC.from_fits(str(write_moc(read_composite(paths), tmp_path, "trial")))
    area = moc.sky_fraction * 4 * np.pi * np.degrees(1) ** 2 * 3600**2
    assert area == pytest.approx(200 * 400 * 0.11**2, rel=0.03)
    ra, dec = wcs_of(30.0, shape).all_pix2world([200, 200], [250, 50], 0)
    inside = moc.contains_skycoords(SkyCoord(ra * units.deg, dec * units.deg))
    assert list(inside) == [True, False]


def test_cells_are_not_larger_than_pixels():
    cell = np.sqrt(np.pi / 3) * np.degrees(1) * 3600
    assert cell / 2 ** hips_level(0.11) / 512 <= 0.11 < 2 * cell / 2 ** hips_level(0.11) / 512
    assert 0.11 <= cell / 2 ** moc_order(0.11) < 0.22


@pytest.mark.filterwarnings("ignore")
def test_a_hips_shows_the_colours_where_the_star_is(tmp_path):
    images = read_composite(write_mosaics(tmp_path))
    folder = write_hips(images, images.start, tmp_path, "trial")
    properties = (folder / "properties").read_text()
    assert "hips_tile_format     = png" in properties and "F770W blue" in properties
    tiles = list((folder / f"Norder{hips_level(images.scale)}").rglob("*.png"))
    bright = [np.asarray(Image.open(tile).convert("RGB")).max() for tile in tiles]
    assert tiles and max(bright) > 200
    assert write_hips(images, images.start, tmp_path, "trial") == folder


def test_without_a_wcs_there_is_no_map(tmp_path):
    images = read_composite([write_mosaic(tmp_path, "F770W", wcs=False)])
    with pytest.raises(InputError, match="celestial"):
        write_moc(images, tmp_path, "trial")
