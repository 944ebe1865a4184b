"""The colour bar says which value has which brightness, in round numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.models.display import CURVES, DisplayModel
from miri_widgets.models.in_view import Content, InView
from miri_widgets.panels.charts.colourbar import ColourBar, bar_ticks
from miri_widgets.viewer.brightness import to_brightness


@given(black=st.floats(-100, 100), width=st.floats(1e-3, 1e4), curve=st.sampled_from(CURVES))
def test_each_value_lies_where_an_image_has_its_brightness(black, width, curve):
    white = black + width
    ticks = bar_ticks(black, white, curve)
    assert ticks[0][0] == 0 and ticks[-1][0] == 1 and len(ticks) >= 3
    assert [position for position, _ in ticks] == sorted(position for position, _ in ticks)
    for position, text in ticks[1:-1]:
        value = np.array([[float(text)]])
        assert to_brightness(value, curve, black, white)[0, 0] == pytest.approx(position, abs=2e-3)
        assert len(text.replace("-", "").replace(".", "").lstrip("0")) <= 8, "a round number"


def test_a_plain_range_has_plain_numbers():
    assert [text for _, text in bar_ticks(0.0, 10.0, "linear")] == ["0.0", "2", "4", "6", "8", "10.0"]


def test_the_bar_follows_what_is_in_view(session):
    display = DisplayModel(session)
    bar = ColourBar(display)
    assert bar.bar.value == "", "nothing is in view"
    display.in_force(0.0, 10.0)
    display.unit = "MJy / sr"
    assert "MJy/sr" in bar.bar.value and ">10.0<" in bar.bar.value and "#000000" in bar.bar.value
    session.displayed = InView(Content.DIFFERENCE, "d", mode="difference", pixels=np.zeros((2, 2)))
    display.in_force(-1.0, 1.0)
    assert "#053061" in bar.bar.value and ">-1.00<" in bar.bar.value
    display.unit = '<img src=x onerror="alert(1)">'
    assert "<img" not in bar.bar.value
    bar.close()
    display.close()
