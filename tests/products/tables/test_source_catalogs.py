"""Source catalogues: the pipeline's columns become plain values; other files are a sentence."""

import math

import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.source_catalogs import catalog_beside, read_catalog


def write(folder, name="lmc_f770w_cat.ecsv"):
    table = QTable(
        {
            "label": [1, 2, 3],
            "xcentroid": [1.0, 2.0, 3.0],
            "ycentroid": [4.0, 5.0, 6.0],
            "sky_centroid": SkyCoord([10.0, 11, 12], [-1.0, -2, -3], unit="deg"),
            "aper_total_flux": [1e-6, 5e-6, math.nan],
            "aper_total_flux_err": [1e-7, 1e-7, math.nan],
            "is_extended": [False, True, False],
        }
    )
    table.write(folder / name, format="ascii.ecsv")
    return folder / name


def test_brightest_first_in_microjansky(tmp_path):
    sources = read_catalog(write(tmp_path))
    assert [source.number for source in sources] == [2, 1, 3]
    assert sources[0].flux == pytest.approx(5)
    assert sources[0].snr == pytest.approx(50)
    assert (sources[0].ra, sources[0].dec, sources[0].extended) == (11, -2, True)


def test_the_catalogue_beside_a_mosaic(tmp_path):
    path = write(tmp_path)
    assert catalog_beside(tmp_path / "lmc_f770w_i2d.fits") == path
    assert catalog_beside(tmp_path / "other_i2d.fits") is None
    assert catalog_beside(path) is None


def test_other_files(tmp_path):
    with pytest.raises(MissingFileError):
        read_catalog(tmp_path / "none_cat.ecsv")
    (tmp_path / "bad_cat.ecsv").write_text("a b\n1 2\n")
    with pytest.raises(BadTableError, match="has the columns a, b"):
        read_catalog(tmp_path / "bad_cat.ecsv")
