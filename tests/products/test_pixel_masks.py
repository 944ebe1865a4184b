"""Masks of users, and those for dq_init."""

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.errors import BadTableError, MissingFileError, NotFitsError
from miri_widgets.products.pixel_masks import read_pixel_mask, write_dq_mask

SHAPE = (20, 30)


@pytest.mark.parametrize("first_image", [True, False])
def test_an_image_of_the_right_shape_is_read(tmp_path, first_image):
    image = np.zeros(SHAPE, np.uint8)
    image[3, 25] = 7
    hdu = fits.PrimaryHDU(image) if first_image else fits.ImageHDU(image, name="DQ")
    fits.HDUList([hdu] if first_image else [fits.PrimaryHDU(), hdu]).writeto(tmp_path / "m.fits")
    assert np.argwhere(read_pixel_mask(tmp_path / "m.fits", SHAPE)).tolist() == [[3, 25]]


def test_defect_a_correct_mask_is_refused_and_a_transposed_one_taken(tmp_path):
    full = np.zeros((1024, 1032), np.uint8)
    full[1000, 1031] = 1
    fits.PrimaryHDU(full).writeto(tmp_path / "right.fits")
    assert read_pixel_mask(tmp_path / "right.fits", full.shape)[1000, 1031]
    fits.PrimaryHDU(full.T).writeto(tmp_path / "turned.fits")
    with pytest.raises(BadTableError, match="transpose it"):
        read_pixel_mask(tmp_path / "turned.fits", full.shape)


def test_defect_the_refusal_repeats_itself(tmp_path):
    fits.PrimaryHDU(np.zeros((5, 6))).writeto(tmp_path / "m.fits")
    with pytest.raises(BadTableError, match=r"5 rows of 6 pixels.* 20 rows of 30"):
        read_pixel_mask(tmp_path / "m.fits", SHAPE)


@pytest.mark.parametrize("one_based", [True, False])
def test_a_list_has_x_first_and_counts_from_one_or_zero(tmp_path, one_based):
    (tmp_path / "m.txt").write_text("# bad pixels\nx y\n 26, 4 \n1.0 2 # corner\n\n", encoding="utf-8")
    first = 1 if one_based else 0
    found = read_pixel_mask(tmp_path / "m.txt", SHAPE, one_based=one_based)
    assert {(x, y) for y, x in np.argwhere(found).tolist()} == {
        (26 - first, 4 - first),
        (1 - first, 2 - first),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4 26\n", "x comes first"),
        ("1 1\n0 1\n", "line 2"),
        ("1.5 2\n", "whole numbers"),
        ("nan 2\n", "line 1"),
        ("1 2 3\n", "two numbers"),
        ("", "no pixel"),
        ("<b>x</b>\n", "two numbers"),
    ],
)
def test_a_list_that_is_none_is_refused_by_line(tmp_path, text, message):
    (tmp_path / "m.txt").write_text(text, encoding="utf-8")
    with pytest.raises(BadTableError, match=message):
        read_pixel_mask(tmp_path / "m.txt", SHAPE)


def test_files_that_cannot_be_masks_are_refused(tmp_path):
    with pytest.raises(MissingFileError):
        read_pixel_mask(tmp_path / "none.fits", SHAPE)
    (tmp_path / "m.fits").write_bytes(b"not FITS")
    with pytest.raises(NotFitsError):
        read_pixel_mask(tmp_path / "m.fits", SHAPE)
    fits.PrimaryHDU(np.zeros((2, *SHAPE))).writeto(tmp_path / "cube.fits")
    with pytest.raises(BadTableError, match="two axes"):
        read_pixel_mask(tmp_path / "cube.fits", SHAPE)
    fits.PrimaryHDU(np.full(SHAPE, np.nan)).writeto(tmp_path / "nan.fits")
    with pytest.raises(BadTableError, match="not finite"):
        read_pixel_mask(tmp_path / "nan.fits", SHAPE)


def test_a_mask_comes_back_as_it_was_written(tmp_path):
    dq = np.zeros(SHAPE, np.uint32)
    dq[2, 3], dq[19, 29] = 2**31 + 33, 1
    write_dq_mask(tmp_path / "a_dqmask.fits", dq, {"FILTER": "F770W"}, ["made by a test"])
    # the pipeline reads it like this
    found = fits.getdata(tmp_path / "a_dqmask.fits")
    assert found.shape == SHAPE
    assert np.array_equal(found.astype(np.uint32), dq)
    assert np.array_equal(read_pixel_mask(tmp_path / "a_dqmask.fits", SHAPE), dq != 0)
    header = fits.getheader(tmp_path / "a_dqmask.fits")
    assert (header["FILTER"], str(header["HISTORY"])) == ("F770W", "made by a test")
