"""Black and white over the histogram: moved, let go as one change, and found again."""

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.models.display import DisplayModel
from miri_widgets.panels.charts.histogram import HistogramView
from miri_widgets.panels.charts.range_handles import RangeHandles


@pytest.fixture
def model(session, tmp_path):
    rng = np.random.default_rng(1)
    image = fits.ImageHDU(rng.normal(89.0, 1.0, (40, 40)).astype(np.float32), name="SCI")
    image.header["BUNIT"] = "MJy/sr"
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = "F1800W"
    path = tmp_path / "a_cal.fits"
    fits.HDUList([primary, image]).writeto(path)
    model = DisplayModel(session)
    session.show(path)
    session.background.wait()
    model.in_force(85.0, 95.0)
    yield model
    model.close()


def test_handles_stand_where_the_range_is(model):
    handles = RangeHandles(model)
    assert handles.known and (handles.black, handles.white, handles.unit) == (85.0, 95.0, "MJy/sr")
    model.in_force(float("nan"), float("nan"))
    assert not handles.known
    handles.close()


def test_a_movement_is_one_change_for_undo(model):
    handles, history = RangeHandles(model), model.session.history
    before = history.undo_label
    for black in (86.0, 87.0, 88.0):
        handles.vue_set_range([black, 95.0, False])
        assert model.fixed == (black, 95.0), "the image follows the handle"
        assert history.undo_label == before
    handles.vue_set_range([88.5, 95.0, True])
    assert model.fixed == (88.5, 95.0) and history.undo_label == "display range"
    history.undo()
    assert model.fixed is None and history.undo_label == before
    history.redo()
    assert model.fixed == (88.5, 95.0)
    handles.vue_set_range([80.0, 95.0, False])
    handles.vue_set_range([80.0, 95.0, True])
    history.undo()
    assert model.fixed == (88.5, 95.0)
    handles.vue_release()
    assert model.fixed is None
    handles.close()


@pytest.mark.parametrize("black", [95.0, 99.0, float("nan")])
def test_a_range_that_shows_nothing_is_not_taken_while_moving(model, black):
    handles = RangeHandles(model)
    handles.vue_set_range([88.0, 95.0, False])
    handles.vue_set_range([black, 95.0, False])
    assert model.fixed == (88.0, 95.0)
    handles.vue_set_range([black, 95.0, True])
    assert model.fixed == (88.0, 95.0) and "white above black" in model.sentence
    handles.close()


def test_the_axis_of_the_pixels_is_logarithmic_or_linear(model):
    session = model.session
    view = HistogramView(session, model)
    for _ in range(3):
        session.poll()
        session.background.wait()
    counts = session.measured[session.shown].histogram.counts
    assert view.line.y[:-1] == pytest.approx(np.log10(counts + 1.0)) and "log" in view.y_axis.label
    assert view.handles.low <= view.line.x[0] and view.handles.high >= view.line.x[-1]
    view.counts.value = "linear"
    assert session.page_layout.counts == "linear"
    assert view.line.y[:-1] == pytest.approx(counts) and view.y_axis.label == "pixels"
    view.close()
    session.page_layout.counts = "log"
    assert view.counts.value == "linear", "a closed view follows no more"
