"""Thumbnails of any product, from the science pixels, kept until the product changes."""

import io
import os
import time

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from miri_widgets.errors import NotFitsError, NotJwstError
from miri_widgets.products import thumbnails
from miri_widgets.products.thumbnails import SIZE, make_sheet, prune, read_thumbnail


def write(path, sci, dq=None, unit="MJy/sr", **cards):
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    hdus = [primary, fits.ImageHDU(sci, name="SCI")]
    hdus[1].header["BUNIT"] = unit
    if dq is not None:
        hdus.append(fits.ImageHDU(dq, name="DQ"))
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def full(level=10.0):
    """A full exposure: a ramp of values in the imager field, and a bright Lyot area."""
    y, x = np.indices((1024, 1032))
    image = (level + x / 1032 + y / 10240).astype(np.float32)
    image[:, :360] = 500
    return image


def test_flagged_pixels_and_other_areas_do_not_scale_it(tmp_path):
    sci, dq = full(), np.zeros((1024, 1032), np.uint32)
    sci[100:200, 500:600], dq[100:200, 500:600] = 1e6, 1 | 1 << 31
    dq[300, 700] = 1 << 2  # a jump is no reason to leave a pixel out
    found = read_thumbnail(write(tmp_path / "x_cal.fits", sci, dq))
    assert max(found.pixels.shape) <= SIZE and found.unit == "MJy/sr"
    assert 10.3 < found.spread.low < found.spread.middle < found.spread.high < 11.2
    assert np.isnan(found.pixels[20:32, 85:99]).all()
    assert found.pixels[50, 20] == 500, "it is shown nevertheless"


def test_a_subarray_outside_of_the_imager_is_scaled_by_what_it_has(tmp_path):
    sci = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    found = read_thumbnail(write(tmp_path / "x_rate.fits", sci, SUBSTRT1=1, SUBSTRT2=800))
    assert 0 < found.spread.low < found.spread.high < 4096
    np.testing.assert_array_equal(found.pixels, sci)


def test_the_last_group_of_a_ramp_stands_for_it(tmp_path):
    ramp = np.zeros((2, 3, 40, 40), np.uint16)
    ramp[-1, -1] = 40_000
    found = read_thumbnail(write(tmp_path / "x_uncal.fits", ramp, unit="DN"))
    assert (found.pixels == 40_000).all()


def test_a_picture_has_the_first_row_below_and_holes_are_transparent(tmp_path):
    sci = np.ones((40, 40), np.float32)
    sci[:20] = 2
    sci[:, 0] = np.nan
    sheet = make_sheet({"a": write(tmp_path / "a_cal.fits", sci)})
    picture = np.asarray(Image.open(io.BytesIO(sheet.pictures["a"])).convert("RGBA"))
    assert picture[0, 20, 0] < picture[-1, 20, 0]
    assert (picture[:, 0, 3] == 0).all() and (picture[:, 1:, 3] == 255).all()


def test_it_is_read_once_until_the_product_changes(tmp_path, monkeypatch):
    path, cache = write(tmp_path / "x_cal.fits", full()), tmp_path / "thumbnails"
    first = read_thumbnail(path, cache)
    with monkeypatch.context() as patch:
        patch.setattr(thumbnails, "open_fits", lambda *path, **options: pytest.fail("read again"))
        again = read_thumbnail(path, cache)
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert (again.spread, again.unit) == (first.spread, first.unit)
    write(path, full(20.0))
    os.utime(path, ns=(1, 1))
    assert read_thumbnail(path, cache).spread.low > 20
    for kept in cache.iterdir():
        kept.write_bytes(b"rubbish")
    assert read_thumbnail(path, cache).spread.low > 20


def test_what_cannot_be_read_says_so_and_the_others_are_drawn(tmp_path):
    good = write(tmp_path / "good_cal.fits", full())
    cut = tmp_path / "cut_cal.fits"
    cut.write_bytes(good.read_bytes()[:9000])
    table = tmp_path / "table_cal.fits"
    fits.HDUList([fits.PrimaryHDU()]).writeto(table)
    with pytest.raises(NotFitsError):
        read_thumbnail(cut)
    with pytest.raises(NotJwstError):
        read_thumbnail(table)
    paths = {"cut": cut, "good": good, "table": table, "gone": tmp_path / "gone_cal.fits"}
    sheet = make_sheet(paths, tmp_path / "kept")
    assert set(sheet.pictures) == {"good"} and set(sheet.failures) == {"cut", "table", "gone"}
    assert "gone_cal.fits" in sheet.failures["gone"]


def test_another_unit_has_no_place_at_the_scaling_of_the_others(tmp_path):
    paths = {name: write(tmp_path / f"{name}_cal.fits", full()) for name in ("a", "b", "c")}
    with fits.open(paths["b"], mode="update") as held:
        held["SCI"].header["BUNIT"] = "DN/s"
    alone = make_sheet({name: paths[name] for name in "ac"})
    sheet = make_sheet(paths)
    assert sheet.unit == alone.unit and sheet.stretch == alone.stretch
    assert set(sheet.pictures) == {"a", "c"}
    assert "b_cal.fits is in DN/s, the others of this kind are in" in sheet.failures["b"]


def test_those_not_used_for_longest_make_room(tmp_path):
    for number in range(4):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(b"x" * 100)
        os.utime(path, (time.time() - number, time.time() - number))
    prune(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.npz", "1.npz"]
    prune(tmp_path / "nowhere", 0)
