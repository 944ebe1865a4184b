"""Figures with axes of right ascension and declination."""

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from miri_widgets.analysis.composite_images import read_composite
from miri_widgets.errors import InputError, ParameterError
from miri_widgets.report.annotations import PictureAnnotations
from miri_widgets.report.composite_files import DPI
from miri_widgets.report.sky_figures import PaperFigure, write_composite_figure, write_image_figure
from tests.support.composite_files import wcs_of, write_mosaics

PIXELS = np.random.default_rng(1).normal(5, 0.1, (90, 120))


def test_a_pdf_names_both_axes_and_the_unit(tmp_path):
    path = write_image_figure(
        PaperFigure(PIXELS, 4.5, 6.0, "MJy/sr", "a $ title", wcs_of(30.0)), tmp_path / "a.pdf"
    )
    words = PdfReader(path).pages[0].extract_text()
    assert "RA (ICRS)" in words and "Dec (ICRS)" in words and "MJy/sr" in words and "a $ title" in words
    bare = (
        PdfReader(write_image_figure(PaperFigure(PIXELS, 4.5, 6.0), tmp_path / "b.pdf"))
        .pages[0]
        .extract_text()
    )
    assert "x [pixel]" in bare and "RA" not in bare


def test_a_png_has_300_pixels_per_inch_and_the_stretch_acts(tmp_path):
    pictures = []
    for curve in ("linear", "arcsinh"):
        figure = PaperFigure(PIXELS, 4.5, 9.0, curve=curve, wcs=wcs_of())
        picture = Image.open(
            write_image_figure(figure, tmp_path / f"{curve}.png", PictureAnnotations(compass=False))
        )
        assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1) and picture.width == pytest.approx(
            7 * DPI, abs=2
        )
        pictures.append(np.asarray(picture.convert("L"), float).mean())
    assert pictures[0] != pictures[1]


def test_differences_are_white_where_nothing_changed(tmp_path):
    figure = PaperFigure(np.zeros((50, 50)), -1.0, 3.0, diverging=True)
    picture = np.asarray(Image.open(write_image_figure(figure, tmp_path / "a.png")).convert("RGB"))
    ny, nx = picture.shape[:2]
    assert picture[ny // 2, nx // 3].min() > 240


def test_a_composite_has_the_axes_too(tmp_path):
    images = read_composite(write_mosaics(tmp_path, 20.0))
    words = (
        PdfReader(write_composite_figure(images, images.start, tmp_path / "a.pdf")).pages[0].extract_text()
    )
    assert "RA (ICRS)" in words and "F770W blue" in words


def test_what_cannot_be_drawn_is_a_sentence(tmp_path):
    with pytest.raises(ParameterError, match=r"\.pdf or \.png"):
        write_image_figure(PaperFigure(PIXELS, 4.5, 6.0), tmp_path / "a.svg")
    with pytest.raises(InputError, match="without a value"):
        write_image_figure(PaperFigure(np.full((3, 3), np.nan), 0, 1), tmp_path / "a.png")
    with pytest.raises(InputError, match="range from 1 to 1"):
        write_image_figure(PaperFigure(PIXELS, 1, 1), tmp_path / "a.png")
