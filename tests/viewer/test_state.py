"""What a viewer shows, told as plain values and shown again: both viewers, and one that is on its way."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.core.regions import Region
from miri_widgets.viewer import make_viewer
from miri_widgets.viewer.deferred import DeferredViewer
from miri_widgets.viewer.light_viewer import LightViewer
from miri_widgets.viewer.outlines import outlines
from miri_widgets.viewer.state import checked_state
from miri_widgets.viewer.view_position import is_view_position, view_on_image, view_position_of

pytestmark = pytest.mark.filterwarnings("ignore")

CIRCLE = Region("circle", ((6.0, 5.0),), (3.0,))
POLYGON = Region("polygon", ((2.0, 2.0), (9.0, 2.0), (6.0, 8.0)))


def sky(size: int = 40, scale: float = 3e-5) -> WCS:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [83.8, -69.4]
    wcs.wcs.crpix, wcs.wcs.cdelt = [size / 2, size / 2], [-scale, scale]
    return wcs


def write(path: Path, size: int = 40, scale: float = 3e-5) -> Path:
    pixels = np.random.default_rng(size).normal(5, 1, (size, size)).astype(np.float32)
    science = fits.ImageHDU(pixels, sky(size, scale).to_header(), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(path)
    return path


def shown(kind: Any, folder: Path) -> Any:
    viewer = make_viewer(kind)
    viewer.show(write(folder / f"{kind}_a.fits"), label="one")
    viewer.show(write(folder / f"{kind}_b.fits", 40), label="two")
    return viewer


@settings(deadline=None)
@given(st.floats(-50, 90), st.floats(-50, 90), st.floats(0.5, 500))
def test_a_place_comes_back_to_its_pixels(x: float, y: float, width: float) -> None:
    for wcs in (sky(), None):
        place = json.loads(json.dumps(view_position_of(wcs, x, y, width)))
        assert is_view_position(place)
        np.testing.assert_allclose(view_on_image(wcs, place), (x, y, width), rtol=1e-6, atol=1e-4)


def test_a_place_on_another_grid_is_the_same_sky() -> None:
    place = view_position_of(sky(40), 10.0, 12.0, 8.0)
    x, y, width = view_on_image(sky(80, 1.5e-5), place)
    assert width == pytest.approx(16, rel=1e-4)
    again, there = sky(80, 1.5e-5).pixel_to_world(x, y), sky(40).pixel_to_world(10, 12)
    assert again.separation(there).arcsec < 1e-3


@pytest.mark.parametrize("kind", ["light", "jdaviz"])
def test_a_state_survives_json_and_another_viewer(kind: Any, tmp_path: Path) -> None:
    viewer = shown(kind, tmp_path)
    viewer.stretch("sqrt", 97.0)
    viewer.front("one")
    viewer.restore({"position": {"center": [83.8, -69.4], "width": 1.5, "sky": True}})
    viewer.draw([CIRCLE, POLYGON])
    told = json.loads(json.dumps(viewer.state()))
    assert told["front"] == "one" and told["images"] == ["one", "two"]
    assert told["stretch"] == {"function": "sqrt", "percentile": 97.0, "method": "percentile"}
    assert told["position"]["width"] == pytest.approx(1.5, rel=1e-3)
    assert told["position"]["center"] == pytest.approx([83.8, -69.4], abs=1e-6)
    assert {one["shape"] for one in told["regions"]} == {"circle", "polygon"}
    viewer.close()
    again = make_viewer(kind)
    again.show(write(tmp_path / "c.fits"), label="two")
    again.show(tmp_path / "c.fits", label="three")
    again.show(tmp_path / "c.fits", label="one")
    again.restore(told)
    assert again.labels == ("one", "two", "three")
    now = again.state()
    assert now["front"] == "one" and now["stretch"] == told["stretch"]
    assert now["position"]["center"] == pytest.approx(told["position"]["center"], abs=1e-6)
    assert now["position"]["width"] == pytest.approx(told["position"]["width"], rel=1e-3)
    assert {repr(one) for one in now["regions"]} == {repr(one) for one in told["regions"]}
    again.erase()
    assert again.regions() == {} and again.state()["regions"] == []
    again.close()


def test_black_and_white_set_by_hand_in_jdaviz_come_back(tmp_path: Path) -> None:
    viewer = shown("jdaviz", tmp_path)
    assert viewer.state()["levels"] == {}
    layer = viewer._backend._layers()["two"]
    layer.v_min, layer.v_max, layer.stretch = 1.5, 33.0, "log"
    told = viewer.state()
    assert told["levels"] == {"two": {"function": "log", "black": 1.5, "white": 33.0}}
    viewer.close()
    other = tmp_path / "other"
    other.mkdir()
    again = shown("jdaviz", other)
    again.restore(told)
    layer = again._backend._layers()["two"]
    assert (layer.v_min, layer.v_max, layer.stretch) == (1.5, 33.0, "log")
    assert again.state()["levels"] == told["levels"]
    again.close()


@pytest.mark.parametrize("kind", ["light", "jdaviz"])
def test_outlines_lie_on_the_sky_of_the_image_on_top(kind: Any, tmp_path: Path) -> None:
    viewer = shown(kind, tmp_path)
    viewer.show(np.zeros((40, 40)), label="no sky")
    region = Region("circle", ((83.8, -69.4),), (0.5,), sky=True)

    def lines() -> list[Any]:
        drawn = viewer._backend
        return list(drawn._lines if kind == "light" else drawn._drawings._marks.values())

    viewer.outline([region], label="kept")
    assert lines() == [], "an image without a WCS cannot show them"
    viewer.front("one")
    (line,) = lines()
    assert (np.mean(line.x), np.mean(line.y)) == pytest.approx((19, 19), abs=0.2)
    viewer.unmark("kept")
    assert lines() == []
    viewer.close()


def test_before_it_is_ready_a_viewer_tells_what_it_was_given() -> None:
    async def scenario() -> None:
        viewer = DeferredViewer(lambda: None, LightViewer)
        viewer.show(np.ones((30, 30)), label="one")
        place = {"center": [12.0, 9.0], "width": 6.0, "sky": False}
        viewer.restore({"position": place, "regions": [CIRCLE.to_dict()], "front": "one"})
        assert not viewer.ready and viewer.state()["position"] == place
        await viewer._task
        assert viewer.ready and viewer.state()["position"] == place
        assert len(viewer.regions()) == 1
        viewer.close()

    asyncio.run(scenario())


BAD = [
    None,
    7,
    {"images": "abc", "front": 3, "stretch": {"function": "cubic", "percentile": 99}},
    {
        "stretch": {"function": [], "percentile": {}},
        "levels": {"one": {"function": "log", "black": 2, "white": 1}},
    },
    {"position": {"center": [1, 2, 3], "width": 1, "sky": True}},
    {"position": {"center": [float("nan"), 0], "width": 1, "sky": False}},
    {"position": {"center": [10, 95], "width": 1, "sky": True}},
    {"position": {"center": ["a", 5], "width": 1, "sky": True}},
    {"regions": [5, {"shape": "star"}, {"shape": "circle", "points": [[1, 2]], "sizes": [-3]}]},
]


@pytest.mark.parametrize("state", BAD)
def test_what_does_not_fit_is_ignored(state: Any) -> None:
    assert not any(
        checked_state(state).get(name) for name in ("stretch", "levels", "position", "regions", "front")
    )
    viewer = make_viewer("light")
    viewer.show(np.ones((20, 20)), label="one")
    before = viewer.state()
    viewer.restore(state)
    assert viewer.state() == before
    viewer.close()


def test_an_outline_that_the_wcs_does_not_reach_is_left_out() -> None:
    far = Region("circle", ((263.8, 69.4),), (5.0,), sky=True)
    x, _ = outlines([far, CIRCLE], sky())
    assert len(x) == 1


def test_jdaviz_is_asked_without_making_widgets(tmp_path: Path) -> None:
    from tests.support.widgets import OPEN_WIDGETS

    viewer = shown("jdaviz", tmp_path)
    viewer.draw([CIRCLE])
    viewer.state()
    before = len(OPEN_WIDGETS)
    for _ in range(5):
        viewer.state()
    assert len(OPEN_WIDGETS) == before, "it is asked four times a second for as long as a page is open"
    viewer.close()
