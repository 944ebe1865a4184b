"""Sources of a mosaic: the pipeline's when there, else found on the spot; real mosaics too."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from miri_widgets.analysis.mosaic_sources import sources_of
from miri_widgets.errors import NotFitsError
from miri_widgets.products.scan import scan


def test_found_on_the_spot(tmp_path):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [80.0, -69.0], [50, 50]
    wcs.wcs.cdelt = [-0.11 / 3600, 0.11 / 3600]
    y, x = np.mgrid[0:100, 0:100]
    image = np.random.default_rng(1).normal(3, 0.05, (100, 100)) + 9 * np.exp(
        -((x - 30) ** 2 + (y - 60) ** 2) / 3
    )
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = "F770W"
    path = tmp_path / "x_i2d.fits"
    fits.HDUList([primary, fits.ImageHDU(image, wcs.to_header(), name="SCI")]).writeto(path)
    found = sources_of(path)
    brightest = found.sources[0]
    assert brightest.x == pytest.approx(30, abs=0.2)
    assert brightest.y == pytest.approx(60, abs=0.2)
    assert brightest.dec == pytest.approx(-69 + 11 * 0.11 / 3600, abs=2e-5)
    assert "no catalogue" in found.origin


def test_bad_file(tmp_path):
    (tmp_path / "x_i2d.fits").write_text("no")
    with pytest.raises(NotFitsError):
        sources_of(tmp_path / "x_i2d.fits")


def test_real_mosaics_are_listed_and_read(shared_data):
    mosaics = scan([shared_data / "i2d"]).mosaics
    assert sorted(one.filter for one in mosaics) == ["F1130W", "F770W"]
    assert all(one.unit == "MJy/sr" and one.target == "ORIBAR-IMAGING-MIRI" for one in mosaics)
    for one in mosaics:
        found = sources_of(one.path)
        assert len(found.sources) > 0
        # the Orion Bar
        assert abs(found.sources[0].ra - 83.83) < 0.05
        assert abs(found.sources[0].dec + 5.42) < 0.05
