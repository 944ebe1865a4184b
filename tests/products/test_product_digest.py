"""The content of a product: dates do not count, every pixel, keyword and cell does."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.errors import NotFitsError
from miri_widgets.products.product_digest import VOLATILE, content_hash, content_parts

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)


def write(path, image=IMAGE, tree=b"{meta: {date: 2024, cal_step: 1}}", **cards):
    sci = fits.ImageHDU(image, name="SCI")
    raw = b"#ASDF 1.0.0\n%YAML 1.1\n--- !core/asdf-1.1.0\n" + tree + b"\n...\n" + b"\xd3BLK data"
    column = fits.Column("ASDF_METADATA", format=f"{len(raw)}B", array=np.frombuffer(raw, np.uint8)[None])
    heads = fits.BinTableHDU.from_columns(
        [fits.Column("DATE", "20A", array=[cards.get("DATE", "2024")]), fits.Column("X", "D", array=[1.0])],
        name="HDRTAB",
    )
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    asdf = fits.BinTableHDU.from_columns([column], name="ASDF")
    fits.HDUList([primary, sci, heads, asdf]).writeto(path, overwrite=True)
    return path


def test_dates_do_not_count(tmp_path):
    first = write(tmp_path / "a.fits", DATE="2024-01-01T00:00:00", FILTER="F770W")
    later = write(
        tmp_path / "b.fits", tree=b"{meta: {date: 2025-01-01T00:00:00, cal_step: 1}}",
        DATE="2025-02-02T01:01:01", FILTER="F770W",
    )  # fmt: skip
    assert content_hash(first) == content_hash(later)
    assert "DATE" in VOLATILE


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, 11), value=st.floats(-1e6, 1e6, width=32))
def test_every_pixel_counts(tmp_path_factory, place, value):
    folder = tmp_path_factory.mktemp("pixel")
    image = IMAGE.copy()
    image.flat[place] = value
    same = content_hash(write(folder / "a.fits")) == content_hash(write(folder / "b.fits", image))
    assert same == (value == IMAGE.flat[place] and np.signbit(value) == np.signbit(IMAGE.flat[place]))


def test_the_part_that_differs_is_named(tmp_path):
    first = content_parts(write(tmp_path / "a.fits", FILTER="F770W"))
    for change, part in (
        ({"FILTER": "F1000W"}, "PRIMARY,1 header"),
        ({"FILTER": "F770W", "tree": b"{meta: {cal_step: 2}}"}, "ASDF,1 data"),
        ({"FILTER": "F770W", "image": IMAGE.astype(np.float64)}, "SCI,1 data"),
    ):
        second = content_parts(write(tmp_path / "b.fits", **change))
        assert part in {name for name in first if first[name] != second[name]}


def test_tables_and_associations(tmp_path):
    def table(name, flux, date):
        made = QTable({"flux": [flux]}, meta={"aperture": 3, "date": date})
        made.write(tmp_path / name, format="ascii.ecsv")
        return content_hash(tmp_path / name)

    def members(name, folder):
        values = {"products": [{"name": "m", "members": [{"expname": f"{folder}/x_cal.fits"}]}]}
        (tmp_path / name).write_text(json.dumps(values))
        return content_hash(tmp_path / name)

    assert table("a.ecsv", 1.0, "now") == table("b.ecsv", 1.0, "then") != table("c.ecsv", 1.1, "now")
    assert members("a_asn.json", "/here") == members("b_asn.json", "/there")
    (tmp_path / "c_asn.json").write_text("not JSON")
    assert content_parts(tmp_path / "c_asn.json").keys() == {"members"}


def test_a_damaged_file_is_a_sentence(tmp_path):
    (tmp_path / "x.fits").write_bytes(b"nothing")
    with pytest.raises(NotFitsError, match="is not FITS"):
        content_hash(tmp_path / "x.fits")
