"""A click on the image tells the story of the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.models.in_view import Content, InView
from miri_widgets.products.pixels import PixelRamp

from .stub_viewer import Viewer


@pytest.fixture
def dashboard(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    board = Dashboard(session, viewer=Viewer())
    session.show(session.stages["image2"].products[0])
    yield board
    if board.comm is not None:
        board.close()


def test_before_a_click_it_says_what_to_do(dashboard):
    assert "Click a pixel" in dashboard.view.pixel.status.value


def test_values_after_every_stage(dashboard):
    dashboard.view.viewer.clicked(3.4, 1.6)
    view = dashboard.view.pixel
    assert "Pixel (3, 2)" in view.heading.value
    assert [row["stage"]["text"] for row in view.table.rows] == ["Detector 1", "Image 2"]
    assert [row["unit"] for row in view.table.rows] == ["DN/s", "MJy/sr"]


def test_the_ramp_is_drawn_with_its_jumps(dashboard, monkeypatch):
    from miri_widgets.analysis import pixel_history

    flags = (((), ("JUMP_DET",), ("SATURATED", "JUMP_DET")),)
    ramp = PixelRamp(np.array([[10.0, 20.0, 90.0]]), np.array([2.0, 4.0, 6.0]), flags)
    monkeypatch.setattr(pixel_history, "read_pixel_ramp", lambda *_: ramp)
    dashboard.view.viewer.clicked(1.0, 1.0)
    view = dashboard.view.pixel
    assert view.figure in view.children
    assert view.groups.y.tolist() == [10.0, 20.0, 90.0]
    assert view.marks["JUMP_DET"].x.tolist() == [4.0, 6.0] and view.marks["SATURATED"].x.tolist() == [6.0]
    slope = (view.line.y[-1] - view.line.y[0]) / 4.0
    assert slope == pytest.approx(view.reading.value.slope)
    assert "jump" in view.status.value


def test_a_preview_is_no_product(dashboard):
    dashboard.session.displayed = InView(Content.PREVIEW, "Preview: after", pixels=np.ones((4, 4)))
    dashboard.view.viewer.clicked(3.0, 2.0)
    assert "end the preview" in dashboard.view.pixel.status.value


def test_nothing_stays_alive(dashboard):
    dashboard.view.viewer.clicked(3.0, 2.0)
    parts = [dashboard.view.pixel.figure, dashboard.view.pixel.table, dashboard.view.pixel.groups]
    dashboard.close()
    assert all(part.comm is None for part in parts)
