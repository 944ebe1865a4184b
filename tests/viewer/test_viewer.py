"""The viewer without a browser: files, labels, queueing, fall-back, the light viewer."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.core.display_range import find_range
from miri_widgets.errors import InputError, MissingFileError, NotFitsError, ParameterError, TooLargeError
from miri_widgets.viewer import ImageViewer, make_viewer
from miri_widgets.viewer.brightness import to_brightness
from miri_widgets.viewer.deferred import DeferredViewer
from miri_widgets.viewer.image import load_image, safe_label, xy_to_index
from miri_widgets.viewer.light_viewer import LightViewer
from miri_widgets.viewer.overlay import MaskPicture
from miri_widgets.viewer.protocol import Hints


def write_image(path: Path, *, zipped: bool = False) -> Path:
    """Write a product of 12 rows and 16 columns, whose pixel (x=3, y=2) must not be used."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [83.8, -5.4]
    wcs.wcs.crpix, wcs.wcs.cdelt = [8, 6], [-3e-5, 3e-5]
    pixels = np.arange(192, dtype=np.float32).reshape(12, 16)
    flags = np.zeros((12, 16), dtype=np.uint32)
    flags[2, 3], flags[4, 4] = 1 | 4, 4
    science = fits.ImageHDU(pixels, wcs.to_header(), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    fits.HDUList([fits.PrimaryHDU(), science, fits.ImageHDU(flags, name="DQ")]).writeto(path)
    if zipped:
        path.write_bytes(gzip.compress(path.read_bytes()))
    return path


@pytest.mark.parametrize("zipped", [False, True])
def test_pixels_mask_unit_and_sky_are_read(tmp_path: Path, zipped: bool) -> None:
    image = load_image(write_image(tmp_path / "a_cal.fits", zipped=zipped))
    assert str(image.unit) == "MJy / sr"
    assert np.isnan(image.value(3, 2))
    assert np.isfinite(image.value(4, 4)), "only DO_NOT_USE hides a pixel"
    assert image.value(5, 1) == 21.0
    sky = image.sky(7, 5)
    assert sky is not None and sky.ra.deg == pytest.approx(83.8) and sky.dec.deg == pytest.approx(-5.4)
    assert image.pixel(sky) == pytest.approx((7, 5))


def test_the_flip_counts_rows_by_y() -> None:
    assert xy_to_index(3.4, 7.6) == (8, 3)
    assert xy_to_index(-0.5, -0.6) == (-1, 0)


def test_outside_of_the_image_there_is_no_value(tmp_path: Path) -> None:
    image = load_image(write_image(tmp_path / "a.fits"))
    assert image.value(-0.6, 0) is None
    assert image.value(15.6, 0) is None


def test_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        load_image(tmp_path / "gone.fits")
    (tmp_path / "text.fits").write_text("no FITS")
    with pytest.raises(NotFitsError):
        load_image(tmp_path / "text.fits")
    whole = write_image(tmp_path / "whole.fits").read_bytes()
    (tmp_path / "cut.fits").write_bytes(whole[:-4000])
    with pytest.raises(NotFitsError):
        load_image(tmp_path / "cut.fits")
    huge = whole.replace(b"NAXIS1  =                   16", b"NAXIS1  =          90000000000", 1)
    (tmp_path / "huge.fits").write_bytes(huge)
    with pytest.raises((TooLargeError, NotFitsError)):
        load_image(tmp_path / "huge.fits")
    with pytest.raises(InputError):
        load_image(np.zeros(5))


def test_labels_carry_no_html() -> None:
    assert "<" not in safe_label('<img src=x onerror="a()">&\n')
    assert len(safe_label("a" * 1000)) <= 120


@pytest.mark.parametrize("function", ["linear", "sqrt", "log", "arcsinh"])
def test_brightness_is_monotonic_and_ignores_bad_pixels(function: str) -> None:
    pixels = np.linspace(-5, 50, 200).reshape(10, 20).astype(np.float32)
    dirty = pixels.copy()
    dirty[0, 0] = np.nan
    bright = to_brightness(dirty, function, *find_range(dirty, 90))
    assert np.isnan(bright[0, 0])
    rest = bright.ravel()[1:]
    assert np.all(np.diff(rest) >= 0) and rest.min() == 0 and rest.max() == pytest.approx(1)


def test_an_unknown_stretch_is_refused() -> None:
    viewer = make_viewer("light")
    with pytest.raises(ParameterError):
        viewer.stretch("cubic")  # type: ignore[arg-type]
    with pytest.raises(ParameterError):
        viewer.stretch("sqrt", 20)
    viewer.close()


def test_light_viewer_shows_blinks_marks_and_reads(tmp_path: Path) -> None:
    viewer = make_viewer("light")
    assert isinstance(viewer, ImageViewer) and viewer.ready
    backend = viewer._backend
    viewer.show(write_image(tmp_path / "a.fits"), label="one")
    viewer.show(np.full((4, 4), 7.0), label="two")
    assert viewer.labels == ("one", "two") and backend._top == "two"
    viewer.blink()
    assert backend._top == "one"
    # 16 rows of a ramp scatter by tens: no decimals
    assert backend.read(5, 1) == "21 MJy/sr   05h35m12.01s -05d24'00.4\"   x 5 y 1"
    viewer.mark(Table({"ra": [83.8], "dec": [-5.4]}), label="stars")
    marks = backend._marks["stars"]
    assert (marks.x[0], marks.y[0]) == pytest.approx((7, 5))
    viewer.unmark("stars")
    assert backend._marks == {}
    viewer.center_on(SkyCoord(83.8, -5.4, unit="deg"))
    assert backend._plane.view[0] == pytest.approx(7)
    viewer.remove("one")
    viewer.remove("unknown")
    assert viewer.labels == ("two",) and backend._top == "two"
    assert viewer.regions() == {}
    viewer.close()


def test_requests_made_before_the_viewer_is_ready_are_done_in_order() -> None:
    async def scenario() -> None:
        seen: list[str] = []
        viewer = DeferredViewer(lambda: seen.append("prepared"), LightViewer)
        assert not viewer.ready and "loading" in viewer._frame.waiting_text
        viewer.show(np.ones((3, 3)), label="one")
        viewer.show(np.ones((3, 3)), label="two")
        viewer.blink()
        viewer.on_ready(lambda: seen.append("ready"))
        assert viewer.labels == ("one", "two")
        await viewer._task
        assert viewer.ready and seen == ["prepared", "ready"]
        assert viewer._backend._top == "one"
        viewer.close()

    asyncio.run(scenario())


def test_another_viewer_takes_the_place_of_a_missing_one() -> None:
    def missing() -> None:
        raise ImportError("no jdaviz here")

    viewer = DeferredViewer(missing, LightViewer, LightViewer)
    viewer.show(np.ones((3, 3)), label="one")
    assert viewer._backend._top == "one"
    viewer.close()


def test_importing_the_room_is_light() -> None:
    code = "import sys, miri_widgets.viewer; print([m for m in ('jdaviz', 'glue', 'jwst', 'bqplot') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_fake_satisfies_the_protocol() -> None:
    spec = importlib.util.spec_from_file_location("fake_viewer", Path(__file__).with_name("fake_viewer.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.FakeViewer(), ImageViewer)


@pytest.mark.filterwarnings("ignore")
def test_jdaviz_shows_blinks_marks_and_forgets(tmp_path: Path) -> None:
    viewer = make_viewer("jdaviz")
    backend = viewer._backend
    seen = lambda: [label for label, state in backend._layers().items() if state.visible]  # noqa: E731
    viewer.show(write_image(tmp_path / "a_cal.fits"), label="one")
    viewer.show(write_image(tmp_path / "b_i2d.fits", zipped=True), label="two")
    assert seen() == ["two"]
    viewer.blink()
    assert seen() == ["one"]
    viewer.mark(Table({"ra": [83.8], "dec": [-5.4]}), label="stars")
    viewer.mark(Table({"x": [1.0], "y": [2.0]}), label="stars")
    viewer.blink()
    assert seen() == ["two"]
    viewer.remove("two")
    assert seen() == ["one"] and viewer.labels == ("one",)
    viewer.center_on((3, 4))
    viewer.stretch("sqrt", 99)
    assert viewer.regions() == {}
    viewer.close()


@pytest.mark.filterwarnings("ignore")
def test_what_is_drawn_outlives_its_image_as_long_as_there_is_another() -> None:
    from regions import CirclePixelRegion, PixCoord

    viewer = make_viewer("jdaviz")
    image = np.random.default_rng(1).normal(size=(20, 30)).astype(np.float32)
    viewer.show(image, label="one")
    viewer._backend._app.plugins["Subset Tools"].import_region(CirclePixelRegion(PixCoord(10.0, 8.0), 4.0))
    viewer.show(image, label="two")
    viewer.remove("one")
    (drawn,) = viewer.regions().values()
    assert (drawn.center.x, drawn.center.y, drawn.radius) == (10, 8, 4)
    viewer.remove("two")
    assert viewer.labels == () and viewer.regions() == {}
    viewer.show(image, label="three")
    assert viewer.labels == ("three",)
    viewer.close()


def test_a_viewer_whose_coming_was_cancelled_is_replaced() -> None:
    async def scenario() -> None:
        light = LightViewer()
        viewer = DeferredViewer(lambda: None, lambda: light, lambda: light)
        viewer._task.cancel()
        await asyncio.sleep(0.05)
        assert viewer.ready and viewer.widget.children[0] is light.widget
        viewer.close()

    asyncio.run(scenario())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["jdaviz", "light"])
def test_what_is_in_view_is_told_whoever_brings_it(kind: str) -> None:
    viewer, seen = make_viewer(kind), []
    viewer.on_view(seen.append)
    viewer.show(np.arange(400.0).reshape(20, 20), label="one")
    viewer.show(np.arange(400.0).reshape(20, 20) * 2, label="two", hints=Hints(like="one"))
    assert [view.label for view in seen] == ["one", "two"]
    assert (seen[0].black, seen[0].white) == (seen[1].black, seen[1].white), "two is shown like one"
    viewer.blink()
    assert seen[-1].label == "one"
    viewer.set_range("one", 3.0, 7.0)
    assert (seen[-1].label, seen[-1].black, seen[-1].white) == ("one", 3.0, 7.0)
    viewer.front("two")
    assert (seen[-1].label, seen[-1].black, seen[-1].white) == ("two", 3.0, 7.0)
    viewer.set_range("two")
    assert seen[-1].white > 300
    with pytest.raises(ParameterError):
        viewer.set_range("two", 5.0, 5.0)
    with pytest.raises(ParameterError):
        viewer.set_range("two", 5.0)
    viewer.remove("one")
    viewer.remove("two")
    assert seen[-1].label == ""
    viewer.close()


@pytest.mark.filterwarnings("ignore")
def test_images_aligned_by_the_sky_show_no_overlay_and_it_is_told(tmp_path: Path) -> None:
    viewer, seen = make_viewer("jdaviz"), []
    viewer.on_view(seen.append)
    first = write_image(tmp_path / "a.fits")
    with fits.open(first) as hdus:
        hdus["SCI"].header["CRVAL1"] += 1e-4
        hdus.writeto(tmp_path / "b.fits")
    viewer.show(first, label="one")
    viewer.show(tmp_path / "b.fits", label="two")
    viewer.overlay(np.ones((12, 16), bool), label="DEAD")
    backend = viewer._backend
    drawn = backend._overlays._marks["DEAD"]

    def marked() -> int:
        picture = drawn.array_maker([(-0.5, 11.5, 12), (-0.5, 15.5, 16)])
        return 0 if picture is None else np.count_nonzero(picture[..., 3])

    assert seen[-1].by_pixels and marked() == 192
    orientation = backend._app.plugins["Orientation"]
    orientation.align_by = "WCS"
    assert seen[-1].label == "two" and not seen[-1].by_pixels
    assert marked() == 0
    orientation.align_by = "Pixels"
    assert seen[-1].by_pixels and marked() == 192
    viewer.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["jdaviz", "light"])
def test_overlays_come_and_go(kind: str) -> None:
    viewer = make_viewer(kind)
    mask = np.zeros((20, 30), bool)
    mask[3, 4] = True
    viewer.show(np.ones((20, 30)), label="one")
    figure = viewer._backend._glue.figure if kind == "jdaviz" else viewer._backend._figure
    before = len(figure.marks)
    viewer.overlay(mask, label="DEAD", color="#d55e00", opacity=0.5)
    viewer.overlay(mask, label="DEAD", color="#0072b2")
    assert len(figure.marks) == before + 1 and viewer.labels == ("one",)
    if kind == "light":
        picture = viewer._backend._overlays["DEAD"].image
        assert picture.shape == (20, 30, 4)
        assert picture[3, 4].tolist() == [0, 0x72, 0xB2, 178] and np.count_nonzero(picture[..., 3]) == 1
    viewer.clear_overlay("DEAD")
    viewer.clear_overlay("unknown")
    assert len(figure.marks) == before
    viewer.close()


@given(ny=st.integers(1, 12), nx=st.integers(1, 12), cells=st.integers(1, 9), seed=st.integers(0, 99))
def test_no_marked_pixel_in_view_vanishes(ny: int, nx: int, cells: int, seed: int) -> None:
    mask = np.random.default_rng(seed).uniform(size=(ny, nx)) < 0.2
    picture = MaskPicture(mask, "#d55e00", 1.0)
    whole = picture.cells([(-0.5, ny - 0.5, cells), (-0.5, nx - 0.5, cells)])[..., 3] > 0
    assert whole.any() == mask.any()
    fine = picture.cells([(-0.5, ny - 0.5, ny * 3), (-0.5, nx - 0.5, nx * 3)])[..., 3] > 0
    np.testing.assert_array_equal(fine, mask.repeat(3, axis=0).repeat(3, axis=1))
    outside = picture.cells([(ny + 0.5, ny + 9.5, 4), (-9.0, -1.0, 3)])
    assert not outside.any()


@pytest.mark.filterwarnings("ignore")
def test_an_image_of_another_size_that_comes_back_is_seen_whole() -> None:
    viewer = make_viewer("jdaviz")
    viewer.show(np.ones((20, 30)), label="exposure")
    viewer.show(np.ones((400, 500)), label="mosaic")
    viewer.front("exposure")
    state = viewer._backend._glue.state
    assert state.x_max - state.x_min < 100
    viewer.center_on((3, 4))
    seen = (state.x_min, state.x_max)
    viewer.show(np.zeros((20, 30)), label="before", hints=Hints(like="exposure"))
    viewer.front("exposure")
    assert (state.x_min, state.x_max) == seen, "what has the same pixels does not move"
    viewer.close()


def test_a_picture_is_packed_as_it_is() -> None:
    import io

    from PIL import Image

    viewer = make_viewer("light")
    mask = np.random.default_rng(2).uniform(size=(20, 30)) < 0.3
    viewer.show(np.ones((20, 30)), label="one")
    viewer.overlay(mask, label="DEAD", color="#d55e00", opacity=0.5)
    mark = viewer._backend._overlays["DEAD"]
    sent = mark.get_state("image")["image"]
    assert (sent["type"], sent["format"], tuple(sent["shape"])) == ("image", "png", (20, 30, 4))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(sent["data"]))), mark.image)
    viewer.close()


def test_ticks_of_the_light_viewer_lie_on_its_axes() -> None:
    viewer = make_viewer("light")
    viewer.show(np.ones((200, 200)), label="one")
    viewer.center_on((40.0, 160.0))
    for axis, middle in zip(viewer._backend._plane._axes, (40.0, 160.0), strict=True):
        low, high = axis.scale.min, axis.scale.max
        assert (low + high) / 2 == pytest.approx(middle)
        assert (
            len(axis.tick_values) >= 2
            and (axis.tick_values >= low).all()
            and (axis.tick_values <= high).all()
        )
    viewer.close()


def test_a_large_mosaic_is_sent_no_finer_than_a_screen() -> None:
    viewer = make_viewer("light")
    viewer.show(np.arange(9_000_000.0).reshape(3000, 3000), label="one")
    assert viewer._backend._plane.drawing.image.shape == (1500, 1500)
    assert viewer._backend._plane.drawing.x.tolist() == [-0.5, 2999.5]
    viewer.close()


@pytest.mark.parametrize(("nx", "ny"), [(300, 900), (1000, 260), (64, 64), (1, 1), (5000, 5), (1032, 1024)])
def test_the_light_viewer_has_square_pixels_and_few_round_numbers(nx, ny):
    viewer = LightViewer()
    viewer.show(np.ones((ny, nx), np.float32), label="one")
    figure, margin = viewer._figure, viewer._figure.fig_margin
    across, up = (axis.scale.max - axis.scale.min for axis in viewer._plane._axes)
    for height in (300.0, 800.0):  # of the whole figure on the screen
        width = height * figure.max_aspect_ratio - margin["left"] - margin["right"]
        assert width / (height - margin["top"] - margin["bottom"]) == pytest.approx(across / up)
    for axis, size, length in zip(viewer._plane._axes, (nx, ny), (across, up), strict=True):
        assert axis.scale.min <= -0.5 and axis.scale.max >= size - 0.5 and length >= size
        ticks = np.asarray(axis.tick_values)
        assert 2 <= len(ticks) <= 9 and ticks[0] == 0 and np.allclose(ticks, np.round(ticks))
