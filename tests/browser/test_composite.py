"""The colour composite by clicks: from the list of dashboards to a picture on disk, and with the browser."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.composite_files import FILTERS, star, wcs_of, write_mosaic

from .waits import settled


@pytest.fixture(scope="module")
def folder(repository: Path, tmp_path_factory: Any) -> Path:
    """A dashboard whose folder holds the mosaics of three filters."""
    top = tmp_path_factory.mktemp("colour")
    text = (repository / "dashboards" / "demo.ipynb").read_text()
    (top / "field.ipynb").write_text(text.replace("demo.toml", "field.toml"))
    data = top / "data"
    data.mkdir()
    about = f'title = "Field in colours"\nprogram = "02736"\nfolders = ["{data}"]\nworkspace = "{top / "workspace"}"\n'
    (top / "field.toml").write_text(about)
    for number, name in enumerate(FILTERS):
        image = np.random.default_rng(number).normal(5 * (number + 1), 0.05, (300, 400))
        for x, y, colour in ((100, 80, 0), (300, 200, 2), (200, 150, 1)):
            star(image, x, y, 80 if colour == number else 15, 2.0)
        write_mosaic(data, name, image=image, wcs=wcs_of(30.0, image.shape))
    return top


def test_a_picture_is_on_disk_after_three_clicks(
    folder: Path, page: Page, page_report: Any, screenshots: Path, serve_folder: Callable[..., Any]
) -> None:
    """List, dashboard, Colour, Save; then a slider, the wheel, and the zip in the browser."""
    page.goto(serve_folder(folder).url, wait_until="commit")
    page.get_by_text("Field in colours").first.click()
    page.get_by_role("tab").filter(has_text="Colour").click()
    picture = page.locator(".mw-composite-frame img")
    expect(picture).to_be_visible()
    page.get_by_role("button", name="Save picture").click()
    expect(page.locator(".mw-composite-panel").get_by_text("Saved:")).to_be_visible()
    (saved,) = (folder / "workspace" / "composites").glob("*.png")
    assert Image.open(saved).size == (400, 300) and json.loads(Path(f"{saved}.json").read_text())["mapping"]
    settled(page)
    page.screenshot(path=screenshots / "composite.png")

    before = picture.get_attribute("src")
    page.get_by_role("slider", name="Weight of F1500W").press("ArrowLeft")
    expect(picture).not_to_have_attribute("src", before or "")
    before = picture.get_attribute("src")
    page.locator(".mw-composite-frame").focus()
    page.keyboard.press("+")
    expect(picture).not_to_have_attribute("src", before or "")
    page.keyboard.press("0")

    with page.expect_download() as download:
        page.locator(".mw-composite-panel").get_by_role("button", name="Download", exact=True).click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        assert sorted(archive.namelist()) == [f"composites/{saved.name}", f"composites/{saved.name}.json"]
        assert archive.read(f"composites/{saved.name}") == saved.read_bytes()
    page_report.assert_clean()
