"""The first page shows the newest mosaic of a program, and nothing where there is none."""

import io
import json

import numpy as np
from astropy.io import fits
from PIL import Image

from miri_widgets.serve.mosaic_pictures import mosaic_picture


def notebook(path):
    path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def test_the_newest_mosaic_is_a_small_picture(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    notebook(tmp_path / "one.ipynb")
    notebook(tmp_path / "tool.ipynb")
    (tmp_path / "one.toml").write_text('title = "One"\nfolders = ["data"]\nworkspace = "work"\n')
    assert mosaic_picture(tmp_path, "one.ipynb") == mosaic_picture(tmp_path, "tool.ipynb") == b""
    run = tmp_path / "work/runs/image3" / ("c" * 20)
    run.mkdir(parents=True)
    (run / "record.json").write_text("{}")
    pixels = np.random.default_rng(1).normal(5, 1, (300, 400)).astype(np.float32)
    pixels[:150, :200] += 50  # lower left
    science = fits.ImageHDU(pixels, name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    mosaic = run / "one_f770w_i2d.fits"
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(mosaic)
    picture = np.asarray(Image.open(io.BytesIO(mosaic_picture(tmp_path, "one.ipynb"))).convert("L"), float)
    ny, nx = picture.shape
    assert max(ny, nx) <= 176 and abs(nx / ny - 4 / 3) < 0.05
    assert picture[ny // 2 + 5 :, : nx // 2 - 5].mean() > picture[: ny // 2 - 5, nx // 2 + 5 :].mean() + 50
    mosaic.write_text("no FITS")
    assert mosaic_picture(tmp_path, "one.ipynb") == b""
