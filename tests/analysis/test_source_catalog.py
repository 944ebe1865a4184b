"""One catalogue for all filters, of real files: listed, forced, coloured, chosen, saved."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import QTable

from miri_widgets.analysis.source_catalog import catalog_of
from miri_widgets.errors import ParameterError
from miri_widgets.models.catalog_choice import CatalogModel
from miri_widgets.products.tables.region_files import read_regions
from tests.support.catalog_files import GALAXY, PIXEL, STARS, write


@pytest.fixture
def two(tmp_path):
    return write(tmp_path, "F560W"), write(tmp_path, "F1500W", colour=0.5, listed=(0, 2, 4))


def at(catalog, place):
    return next(
        one
        for one in catalog.sources
        if np.hypot(one.pixels[0][0] - place[0], one.pixels[0][1] - place[1]) < 2
    )


def test_one_list_with_forced_fluxes_shapes_and_colours(two):
    catalog = catalog_of(two[::-1])
    assert catalog.filters == ("F560W", "F1500W")
    assert len(catalog.sources) == 5
    assert "All mosaics lie on one grid." in catalog.notes
    assert [one.fluxes[0].flux for one in catalog.sources] == sorted(
        (one.fluxes[0].flux for one in catalog.sources), reverse=True
    )
    star, faint, galaxy = at(catalog, STARS[0]), at(catalog, STARS[1]), at(catalog, GALAXY)
    assert star.fluxes[0].flux == pytest.approx(100)
    assert star.fluxes[1].kind == "measured"
    assert star.colours[0][0] == pytest.approx(-2.5 * np.log10(2), abs=0.01)
    # the other filter does not list it: measured where it is
    assert faint.fluxes[1].kind == "forced"
    assert faint.fluxes[1].flux == pytest.approx(25, abs=4 * faint.fluxes[1].err + 0.5)
    assert faint.labels == (2, 0)
    assert galaxy.shape == "extended"
    # its light is as red as that of the stars; the ratio of the point fluxes says something else
    assert galaxy.colours[0][0] == pytest.approx(-2.5 * np.log10(2), abs=0.03)
    plain = -2.5 * np.log10(galaxy.fluxes[0].flux / galaxy.fluxes[1].flux)
    assert abs(plain + 2.5 * np.log10(2)) > 0.2


def test_mosaics_on_two_grids_are_matched_on_the_sky(tmp_path):
    paths = write(tmp_path, "F560W"), write(tmp_path, "F1500W", crval=(80.0, -69.0 + 5 * PIXEL / 3600))
    catalog = catalog_of(paths)
    assert any("different grids" in words for words in catalog.notes)


def test_bad_mosaics_are_told_and_the_others_listed(two, tmp_path):
    (tmp_path / "bad_i2d.fits").write_text("no")
    again = tmp_path / "again_i2d.fits"
    again.write_bytes(two[0].read_bytes())
    catalog = catalog_of((*two, tmp_path / "bad_i2d.fits", again))
    assert len(catalog.sources) == 5 and len(catalog.sentences) == 2
    assert "bad_i2d.fits" in catalog.sentences[0] and "second mosaic" in catalog.sentences[1]
    assert catalog_of([tmp_path / "bad_i2d.fits"]).sources == ()


def test_without_a_catalogue_maxima_are_listed(two):
    two[0].with_name("field_f560w_cat.ecsv").unlink()
    catalog = catalog_of(two[:1])
    assert len(catalog.sources) == 5 and catalog.sources[0].shape == ""
    assert "Without a catalogue beside" in catalog.notes[0]


def test_what_is_chosen(two):
    model = CatalogModel(catalog_of(two))
    model.in_view = two[1]
    assert model.marks() == ()
    model.marked = True
    assert len(model.marks()) == 5
    model.kind = "point"
    assert {kind for _, _, kind in model.marks()} <= {"point"}
    galaxy = at(model.value, GALAXY)
    assert model.click(101.0, 99.0)
    assert model.chosen == galaxy.number and model.kind == "all"
    assert model.position() == pytest.approx(GALAXY[:2], abs=0.01)
    assert not model.click(10.0, 10.0)
    model.in_view = two[0].with_name("other.fits")
    assert model.position() is None and model.marks() == ()
    model.value = None
    assert model.chosen == 0 and model.sources == () and not model.click(1.0, 1.0)


def test_saved_as_table_and_regions(two, tmp_path):
    model = CatalogModel(catalog_of(two))
    table, regions = model.save(tmp_path / "out", "field")
    read = QTable.read(table)
    assert len(read) == 5
    assert read["flux_F560W"].unit == "uJy" and read["ra"].unit == "deg"
    assert set(read["kind_F1500W"]) == {"measured", "forced"}
    assert np.isfinite(read["colour_F560W_F1500W"].value).all()
    shapes = read_regions(regions)
    assert len(shapes) == 5 and shapes[0].sky
    assert shapes[0].points[0] == pytest.approx((read["ra"][0].value, read["dec"][0].value), abs=1e-6)
    model.kind = "sharp"
    with pytest.raises(ParameterError, match="no source is listed"):
        model.save(tmp_path / "out", "field")
