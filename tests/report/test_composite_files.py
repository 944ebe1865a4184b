"""Pictures on disk: every format, with metadata that is read again, and a record that gives the same picture."""

import io
import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image
from pyavm import AVM
from pypdf import PdfReader

from miri_widgets.analysis.composite_images import read_composite
from miri_widgets.core.composite import Method, composite_rgb
from miri_widgets.errors import InputError, NotWritableError, ParameterError
from miri_widgets.report.annotations import PictureAnnotations
from miri_widgets.report.composite_files import (
    DPI,
    mapping_of_record,
    picture_source,
    save_composite,
    write_composite,
)
from miri_widgets.report.picture_metadata import wcs_deviation
from tests.support.composite_files import wcs_of, write_mosaics

PLAIN = PictureAnnotations(False, False)


@pytest.fixture
def images(tmp_path):
    return read_composite(write_mosaics(tmp_path, 35.0))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".pdf"])
def test_every_format_has_the_position(images, tmp_path, suffix):
    saved = write_composite(
        images, images.start, tmp_path / "out" / f"picture{suffix}", PictureAnnotations(text="MIRI")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        avm = AVM.from_image(str(saved.picture))
    assert wcs_deviation(avm, wcs_of(35.0), images.shape) <= 0.1
    assert list(avm.Spectral.ColorAssignment) == ["Blue", "Green", "Red"]
    assert (
        saved.notes == ()
        and [path.name for path in saved.picture.parent.iterdir() if path.name.startswith(".")] == []
    )


def test_the_pixels_are_those_of_the_mapping(images, tmp_path):
    expected = composite_rgb(images.images, images.start)[::-1]
    png = Image.open(write_composite(images, images.start, tmp_path / "a.png", PLAIN).picture)
    assert np.abs(np.asarray(png) / 255 - expected).max() <= 0.5 / 255 + 1e-6
    assert png.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    tiff = write_composite(images, images.start, tmp_path / "a.tif", PLAIN).picture
    deep = tifffile.imread(tiff)
    assert deep.dtype == np.uint16 and np.abs(deep / 65535 - expected).max() <= 0.5 / 65535 + 1e-6
    jpeg = Image.open(write_composite(images, images.start, tmp_path / "a.jpg", PLAIN).picture)
    assert jpeg.info["dpi"] == (DPI, DPI) and np.abs(np.asarray(jpeg) / 255 - expected).mean() < 0.02


def test_a_pdf_holds_every_pixel_at_300_per_inch(images, tmp_path):
    page = PdfReader(
        write_composite(images, images.start, tmp_path / "a.pdf", PictureAnnotations(text="MIRI")).picture
    ).pages[0]
    ny, nx = images.shape
    assert float(page.mediabox.width) / 72 * DPI == pytest.approx(nx, abs=0.5)
    assert page.images[0].image.size == (nx, ny)
    bare = PdfReader(write_composite(images, images.start, tmp_path / "b.pdf", PLAIN).picture).pages[0]
    assert len(page.get_contents().get_data()) > 2 * len(bare.get_contents().get_data())  # drawn as curves


def test_the_record_gives_the_same_picture(images, tmp_path):
    mapping = replace(images.start, method=Method.CURVES, saturation=1.4)
    saved = write_composite(
        images,
        mapping,
        tmp_path / "a.png",
        PictureAnnotations(text=picture_source(images, mapping).attribution()),
    )
    record = json.loads(saved.record.read_text())
    assert mapping_of_record(saved.record) == mapping
    assert [entry["filter"] for entry in record["mosaics"]] == list(images.filters)
    assert record["center"]["dec_deg"] == pytest.approx(-73.45, abs=0.01)
    before = saved.picture.read_bytes()
    saved.picture.unlink()
    exec(compile(record["code"], "record", "exec"), {})
    assert np.array_equal(np.asarray(Image.open(saved.picture)), np.asarray(Image.open(io.BytesIO(before))))


def test_one_call_does_it_all(tmp_path):
    paths = write_mosaics(tmp_path)
    saved = save_composite(paths, tmp_path / "one.png", attribution=False)
    assert Image.open(saved.picture).size == (120, 90)
    assert json.loads(saved.record.read_text())["annotations"]["text"] == ""


def test_what_cannot_be_written_is_a_sentence(images, tmp_path):
    with pytest.raises(ParameterError, match=r"ends in \.png"):
        write_composite(images, images.start, tmp_path / "a.gif", PLAIN)
    other = read_composite(write_mosaics(tmp_path)[:2])
    with pytest.raises(ParameterError, match="begin with new settings"):
        write_composite(other, images.start, tmp_path / "a.png", PLAIN)
    with pytest.raises(ParameterError, match="cannot be read"):
        save_composite(write_mosaics(tmp_path), tmp_path / "a.png", {"channels": 3})
    (tmp_path / "note.json").write_text("{}")
    with pytest.raises(InputError, match="no settings"):
        mapping_of_record(tmp_path / "note.json")


def test_a_folder_without_permission_is_a_sentence(images, tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise PermissionError(13, "no")

    monkeypatch.setattr("miri_widgets.products.atomic.tempfile.mkstemp", refuse)
    with pytest.raises(NotWritableError):
        write_composite(images, images.start, tmp_path / "a.png", PLAIN)
