"""One pixel of a product, without the rest of it."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import InputError, MissingFileError, NotFitsError, NotJwstError
from miri_widgets.products.pixels import read_pixel, read_pixel_ramp


@pytest.fixture
def files(tmp_path):
    image = np.arange(20, dtype=np.float32).reshape(4, 5)
    science = fits.ImageHDU(image, name="SCI")
    science.header["BUNIT"] = "DN/s"
    flags = np.zeros((4, 5), np.uint32)
    flags[2, 3] = 1 | 4
    fits.HDUList(
        [fits.PrimaryHDU(), science, fits.ImageHDU(image / 10, name="ERR"), fits.ImageHDU(flags, name="DQ")]
    ).writeto(tmp_path / "a_rate.fits")
    primary = fits.PrimaryHDU()
    primary.header["TGROUP"] = 2.5
    ramp = np.arange(2 * 3 * 4 * 5, dtype=np.uint16).reshape(2, 3, 4, 5)
    groups = np.zeros(ramp.shape, np.uint8)
    groups[1, 2, 2, 3] = 4
    fits.HDUList([primary, fits.ImageHDU(ramp, name="SCI"), fits.ImageHDU(groups, name="GROUPDQ")]).writeto(
        tmp_path / "a_ramp.fits"
    )
    fits.HDUList([primary, fits.ImageHDU(ramp, name="SCI")]).writeto(tmp_path / "a_uncal.fits")
    return tmp_path


def test_an_image(files):
    found = read_pixel(files / "a_rate.fits", 3, 2)
    assert (found.value, found.unit, found.flags) == (13.0, "DN/s", ("DO_NOT_USE", "JUMP_DET"))
    assert found.err == pytest.approx(1.3)
    assert np.isnan(found.weight)


def test_a_ramp(files):
    found = read_pixel_ramp(files / "a_ramp.fits", 3, 2)
    assert found.counts.tolist() == [[13, 33, 53], [73, 93, 113]]
    assert found.times.tolist() == [2.5, 5.0, 7.5]
    assert found.flags[1][2] == ("JUMP_DET",) and found.flags[0][2] == ()
    assert read_pixel_ramp(files / "a_uncal.fits", 0, 0).flags == ()


def test_raw_counts_above_half_of_the_range(tmp_path):
    ramp = np.full((1, 2, 3, 3), 60000, np.uint16)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(ramp, name="SCI")]).writeto(tmp_path / "b_uncal.fits")
    assert read_pixel_ramp(tmp_path / "b_uncal.fits", 1, 1).counts.tolist() == [[60000, 60000]]


def test_bad_questions(files):
    with pytest.raises(InputError, match="pixel \\(5, 0\\)"):
        read_pixel(files / "a_rate.fits", 5, 0)
    with pytest.raises(InputError, match="pixel \\(-1, 0\\)"):
        read_pixel_ramp(files / "a_ramp.fits", -1, 0)
    with pytest.raises(NotJwstError, match="holds no ramp"):
        read_pixel_ramp(files / "a_rate.fits", 0, 0)
    with pytest.raises(MissingFileError):
        read_pixel(files / "none_rate.fits", 0, 0)
    (files / "bad_rate.fits").write_text("no FITS")
    with pytest.raises(NotFitsError):
        read_pixel(files / "bad_rate.fits", 0, 0)
    whole = (files / "a_ramp.fits").read_bytes()
    (files / "cut_ramp.fits").write_bytes(whole[:3000])
    with pytest.raises((NotFitsError, NotJwstError)):
        read_pixel_ramp(files / "cut_ramp.fits", 0, 0)
