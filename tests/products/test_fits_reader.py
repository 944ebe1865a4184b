"""Bad files end in one sentence, before any memory is taken."""

import gzip

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import MissingFileError, NotFitsError, NotJwstError, TooLargeError
from miri_widgets.products.fits_reader import read_headers, read_image, read_light_headers, shown_name


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.fits"
    image = np.arange(60, dtype="f4").reshape(6, 10)
    fits.HDUList(
        [fits.PrimaryHDU(), fits.ImageHDU(image, name="SCI"), fits.ImageHDU(image + 1, name="ERR")]
    ).writeto(path)
    return path


def test_headers_and_image(good):
    assert [header.get("EXTNAME") for header in read_headers(good)] == [None, "SCI", "ERR"]
    assert read_image(good, "ERR")[0, 0] == 1


def test_gzip_inside_a_fits_name(good, tmp_path):
    zipped = tmp_path / "zipped.fits"
    zipped.write_bytes(gzip.compress(good.read_bytes()))
    assert np.array_equal(read_image(zipped), read_image(good))


@pytest.mark.parametrize("keep", [0, 5, 2000, 5000, 7000, -2880])
def test_truncated(good, keep):
    good.write_bytes(good.read_bytes()[:keep])
    with pytest.raises(NotFitsError, match="expected a whole FITS file") as caught:
        read_headers(good)
    assert str(caught.value).count(";") == 1
    with pytest.raises(NotFitsError, match="expected a whole FITS file"):
        read_light_headers(good)


def test_light_headers_say_the_same(good, tmp_path):
    path = tmp_path / "long.fits"
    with fits.open(good) as hdus:
        header = hdus[0].header
        header["TEXT"] = "it's 'so'"
        header["LONG"] = ("POLYGON ICRS " + " ".join(f"{80 + n / 7:.9f}" for n in range(30)), "a comment")
        header["REAL"], header["WHOLE"], header["YES"], header["SMALL"] = 1.5e-7, -3, True, 2.5
        header["NOTHING"] = fits.card.Undefined()
        for place in range(80):
            header[f"KEY{place}"] = place
        header["AFTER"] = "beyond the first block"
        hdus.writeto(path)
    text = path.read_bytes()
    double = b"SMALL   =                  7.5"
    path.write_bytes(text.replace(b"WHOLE   =                   -3".ljust(80), double.ljust(80), 1))
    for whole, light in zip(read_headers(path), read_light_headers(path), strict=True):
        for key in (*whole, "ABSENT"):
            if key not in ("COMMENT", "HISTORY", ""):
                assert light.get(key, "none") == whole.get(key, "none"), key
        with pytest.raises(KeyError):
            light["ABSENT"]
    zipped = tmp_path / "zipped.fits"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert [one.get("EXTNAME") for one in read_light_headers(zipped)] == [None, "SCI", "ERR"]


def test_truncated_gzip(good, tmp_path):
    zipped = tmp_path / "zipped.fits"
    zipped.write_bytes(gzip.compress(good.read_bytes())[:-40])
    with pytest.raises(NotFitsError):
        read_image(zipped)


def test_not_fits(tmp_path):
    path = tmp_path / "text.fits"
    path.write_text("hello, this is a text\n" * 500)
    with pytest.raises(NotFitsError, match="is not FITS"):
        read_headers(path)


def test_missing(tmp_path):
    with pytest.raises(MissingFileError):
        read_headers(tmp_path / "none.fits")


def test_huge_naxis_is_refused_without_memory(tmp_path):
    header = fits.Header(
        [("XTENSION", "IMAGE"), ("BITPIX", -64), ("NAXIS", 3), ("NAXIS1", 900000), ("NAXIS2", 900000)]
    )
    header["NAXIS3"], header["PCOUNT"], header["GCOUNT"], header["EXTNAME"] = 1000, 0, 1, "SCI"
    path = tmp_path / "huge.fits"
    primary = fits.Header([("SIMPLE", True), ("BITPIX", 8), ("NAXIS", 0), ("EXTEND", True)])
    path.write_bytes(primary.tostring().encode() + header.tostring().encode() + bytes(2880))
    with pytest.raises(TooLargeError, match="900000 x 900000 x 1000"):
        read_headers(path)
    with pytest.raises(TooLargeError):
        read_image(path)


def test_no_such_extension(good):
    with pytest.raises(NotJwstError, match="no DQ extension"):
        read_image(good, "DQ")


def test_names_are_fit_for_a_sentence():
    assert shown_name("/tmp/a\nb\x1b[31m.fits") == "a?b?[31m.fits"
    assert len(shown_name("x" * 999)) == 120


def test_a_part_of_an_image_is_that_of_the_whole(good):
    whole = read_image(good)
    part = read_image(good, few=lambda image: image[::2, 1::3])
    np.testing.assert_array_equal(part, whole[::2, 1::3])
    assert part.dtype == whole.dtype and part.flags.owndata
