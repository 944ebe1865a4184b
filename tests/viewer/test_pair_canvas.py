"""Two images as the page gets them: codes of a byte, no finer than a screen, and sent again to a page that opens later."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.viewer.image import ViewerImage
from miri_widgets.viewer.pair_canvas import PairCanvas, encode_layer


def image(pixels, *, is_mosaic=False, wcs=None):
    return ViewerImage(np.asarray(pixels, np.float32), units.Unit("MJy/sr"), wcs, is_mosaic)


@given(
    black=st.floats(-5, 5),
    width=st.floats(0.1, 10),
    function=st.sampled_from(["linear", "sqrt", "log", "arcsinh"]),
)
def test_codes_grow_with_the_value_from_black_to_white(black, width, function):
    values = black + width * np.linspace(-0.5, 1.5, 33)
    codes = encode_layer(image(values[None, :]), function, black, black + width)[0]
    assert (np.diff(codes.astype(int)) >= 0).all()
    assert codes[0] == 2 and codes[-1] == 255


def test_what_has_no_value_is_masked_within_and_nothing_outside():
    pixels = np.ones((6, 8))
    pixels[0] = pixels[1, 0] = np.nan
    pixels[3, 4] = np.nan
    of_exposure = encode_layer(image(pixels), "linear", 0, 1)
    assert (of_exposure == 1).sum() == 10 and (of_exposure == 255).sum() == 38
    of_mosaic = encode_layer(image(pixels, is_mosaic=True), "linear", 0, 1)
    assert (of_mosaic == 0).sum() == 9 and of_mosaic[3, 4] == 1 and of_mosaic[0, 0] == 0


def test_a_large_mosaic_is_sent_as_means_of_cells():
    pixels = np.arange(64.0).reshape(8, 8)
    codes = encode_layer(image(pixels), "linear", 0, 63, most=4)
    assert codes.shape == (4, 4)
    assert codes[0, 0] == 2 + round(253 * np.mean([0, 1, 8, 9]) / 63)


def test_a_page_that_opens_later_gets_both_pictures(monkeypatch):
    canvas, sent = PairCanvas(), []
    monkeypatch.setattr(canvas, "send", lambda content, buffers=None: sent.append((content, buffers)))
    canvas.vue_ready()
    assert sent == [], "there is nothing yet"
    first, second = image(np.zeros((3, 5))), image(np.ones((3, 5)))
    canvas.show(first, second, ((0, 1), (0, 1)), "linear", aim=(2.0, 1.0, 5.0))
    assert canvas.visible
    canvas.vue_ready()
    assert len(sent) == 2 and sent[0] == sent[1]
    content, buffers = sent[1]
    assert content["method"] == "layers" and content["args"][0]["shape"] == (3, 5)
    assert buffers == [bytes([2] * 15), bytes([255] * 15)]
    canvas.hide()
    assert not canvas.visible and canvas.layers is None
    canvas.close()


def test_the_cursor_and_the_part_in_view_are_reported():
    canvas, places = PairCanvas(), []
    canvas.on_cursor(lambda x, y: places.append((x, y)))
    canvas.vue_cursor({"x": 3, "y": 4.5})
    canvas.vue_cursor(None)
    assert places == [(3.0, 4.5), (None, None)]
    canvas.vue_aim({"x": 1, "y": 2, "width": 30})
    assert canvas.aim == (1.0, 2.0, 30.0)
    canvas.close()


@pytest.mark.parametrize("angle", [0.0, 30.0, 135.0, 270.0])
def test_the_page_gets_scale_and_directions(angle):
    from tests.viewer.test_annotations import rotated_wcs

    canvas = PairCanvas()
    shown = image(np.ones((20, 20)), wcs=rotated_wcs(angle))
    canvas.show(shown, shown, ((0, 1), (0, 1)), "linear")
    assert canvas.sky["scale"] == pytest.approx(0.11, rel=1e-3)
    turned = np.deg2rad(angle)
    assert canvas.sky["north"] == pytest.approx([np.sin(turned), np.cos(turned)], abs=1e-3)
    canvas.close()
