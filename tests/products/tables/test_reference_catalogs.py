"""Catalogues of any form become positions at the epoch of the exposures; others are refused in one sentence."""

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.reference_catalogs import (
    read_reference_catalog,
    require_field,
    write_reference_catalog,
)

RA, DEC = np.array([80.5, 80.51, 80.52]), np.array([-69.5, -69.51, -69.52])
FORMATS = {
    "c.ecsv": "ascii.ecsv",
    "c.csv": "ascii.csv",
    "c.fits": "fits",
    "c.txt": "ascii.basic",
    "c.vot": "votable",
}


@pytest.fixture
def write(tmp_path):
    def write(table, name="c.ecsv"):
        path = tmp_path / name
        table.write(path, format=FORMATS[name], overwrite=True)
        return path

    return write


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "columns", [("ra", "dec"), ("RA", "DEC"), ("RAJ2000", "DEJ2000"), ("RA_ICRS", "DE_ICRS")]
)
def test_forms_and_names(write, name, columns):
    found = read_reference_catalog(write(Table(dict(zip(columns, (RA, DEC), strict=True))), name))
    assert found.ra == pytest.approx(RA)
    assert found.dec == pytest.approx(DEC)
    assert found.epoch is None


def test_sexagesimal(write):
    table = Table({"RA": ["05:22:00.0", "05:22:02.4"], "Dec": ["-69:30:00", "-69:30:36"]})
    found = read_reference_catalog(write(table, "c.csv"))
    assert found.ra == pytest.approx([80.5, 80.51])
    assert found.dec == pytest.approx([-69.5, -69.51])


@settings(max_examples=25, deadline=None)
@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(2020, 2030))
def test_proper_motion_is_along_ra_cos_dec(tmp_path_factory, pmra, pmdec, epoch):
    path = tmp_path_factory.mktemp("gaia") / "gaia.csv"
    Table(
        {"source_id": [1, 2, 3], "ra": RA, "dec": DEC, "pmra": [pmra, 0.0, 0.0], "pmdec": [pmdec, 0.0, 0.0]}
    ).write(path, format="ascii.csv")
    found = read_reference_catalog(path, epoch=epoch)
    years = epoch - 2016.0
    assert (found.ra[0] - RA[0]) * np.cos(np.deg2rad(DEC[0])) * 3.6e6 == pytest.approx(pmra * years, abs=1e-4)
    assert (found.dec[0] - DEC[0]) * 3.6e6 == pytest.approx(pmdec * years, abs=1e-4)
    assert (found.ra[1:] == RA[1:]).all()


def test_sources_without_motion_stay_and_units_count(write):
    table = Table(
        {"ra": RA, "dec": DEC, "pmra": np.ma.masked_invalid([0.1, np.nan, 0.0]), "pmdec": [0.0, 0.0, 0.0]}
    )
    table["pmra"].unit, table["pmdec"].unit = "arcsec/yr", "arcsec/yr"
    table["ref_epoch"] = [2000.0, 2000.0, 2000.0]
    found = read_reference_catalog(write(table), epoch=2022.0)
    assert (found.ra[0] - RA[0]) * np.cos(np.deg2rad(DEC[0])) * 3600 == pytest.approx(2.2, abs=1e-6)
    assert (found.ra[1:] == RA[1:]).all()
    assert (found.epoch, found.moving) == (2022.0, 1)


def test_epoch_from_the_file_or_by_hand(write):
    table = Table({"ra": RA, "dec": DEC, "pmra": [1.0] * 3, "pmdec": [1.0] * 3})
    with pytest.raises(BadTableError, match="proper motions but no epoch"):
        read_reference_catalog(write(table), epoch=2022.5)
    by_hand = read_reference_catalog(write(table), epoch=2022.5, catalog_epoch=2015.5)
    table.meta["EPOCH"] = "J2015.5"
    assert read_reference_catalog(write(table), epoch=2022.5).ra == pytest.approx(by_hand.ra, abs=1e-12)


def test_rows_without_position_are_left_out(write):
    table = Table({"ra": [80.5, np.nan, 80.52], "dec": DEC})
    assert len(read_reference_catalog(write(table, "c.fits"))) == 2


def test_what_cannot_be_used_is_said(write, tmp_path):
    with pytest.raises(MissingFileError, match=r"no file none\.ecsv"):
        read_reference_catalog(tmp_path / "none.ecsv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BadTableError, match=r"empty\.csv is empty"):
        read_reference_catalog(tmp_path / "empty.csv")
    (tmp_path / "head.csv").write_text("ra,dec\n")
    with pytest.raises(BadTableError, match="no rows"):
        read_reference_catalog(tmp_path / "head.csv")
    (tmp_path / "noise.fits").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(BadTableError, match="cannot be read"):
        read_reference_catalog(tmp_path / "noise.fits")
    with pytest.raises(BadTableError, match="has the columns x, y"):
        read_reference_catalog(write(Table({"x": [1.0], "y": [2.0]})))
    with pytest.raises(BadTableError, match="check its units"):
        read_reference_catalog(write(Table({"ra": [5.3], "dec": [-250.0]})))
    with pytest.raises(BadTableError, match="no sources with a position"):
        read_reference_catalog(write(Table({"ra": [np.nan], "dec": [np.nan]}), "c.fits"))


def test_another_field_is_said_and_the_field_is_cut_out(write):
    catalog = read_reference_catalog(write(Table({"ra": np.append(RA, 200.0), "dec": np.append(DEC, 10.0)})))
    assert len(require_field(catalog, 80.51, -69.51, 0.1)) == 3
    with pytest.raises(
        BadTableError, match=r"nearest source of c\.ecsv is .* degrees away; expected .* this field"
    ):
        require_field(catalog, 10.0, 41.0, 0.1)


def test_written_as_tweakreg_reads_it(write, tmp_path):
    catalog = read_reference_catalog(write(Table({"ra": RA, "dec": DEC})))
    write_reference_catalog(catalog, tmp_path / "out.ecsv")
    table = Table.read(tmp_path / "out.ecsv")
    assert table.colnames == ["RA", "DEC"]
    assert (table["RA"] == RA).all()
