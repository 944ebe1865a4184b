"""Before, after and difference in the viewer."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.dashboard import Dashboard
from miri_widgets.models import compare
from miri_widgets.models.comparison_partners import Partner, PartnerKind
from miri_widgets.panels.image_pane import COMPARED

from .stub_viewer import Viewer


@pytest.fixture
def dashboard(session, engine, tmp_path, monkeypatch):
    session.run_all()
    engine.finish()
    session.poll()
    board = Dashboard(session, viewer=Viewer())
    paths = []
    for name, value in (("a", 1.0), ("b", 3.0)):
        science = fits.ImageHDU(np.full((4, 4), value, np.float32), name="SCI")
        science.header["BUNIT"] = "MJy/sr"
        paths.append(tmp_path / f"{name}_cal.fits")
        fits.HDUList(
            [fits.PrimaryHDU(), science, fits.ImageHDU(np.zeros((4, 4), np.uint32), name="DQ")]
        ).writeto(paths[-1])
    step = Partner(PartnerKind.STEP, "Sky", "before Sky", paths[0])
    monkeypatch.setattr(compare, "stages_before", lambda s: [step] if s.shown == paths[1] else [])
    session.show(paths[1])
    yield board
    if board.comm is not None:
        board.close()


def front(board):
    return list(board.viewer.shown)[-1]


def test_the_bar_is_there_when_there_is_a_stage_before(dashboard):
    bar = dashboard.view.compare
    assert bar.buttons.can and bar.layout.display in (None, "")
    assert "mw-no-product" not in dashboard.view._frame._dom_classes
    dashboard.session.show(dashboard.session.stages["detector1"].products[0], extension="DQ")
    assert not bar.buttons.can and bar.layout.display in (None, ""), (
        "its place is kept: the image does not move"
    )


def test_keys_and_buttons_bring_the_three_images(dashboard):
    buttons = dashboard.view.compare.buttons
    buttons.vue_choose("toggle")
    assert front(dashboard) == COMPARED["before"]
    buttons.vue_choose("toggle")
    assert front(dashboard) == "b_cal.fits"
    buttons.vue_choose("difference")
    assert front(dashboard) == COMPARED["difference"]
    assert (dashboard.view.viewer.shown[COMPARED["difference"]] == 2.0).all()
    assert "no new flags" in dashboard.view.compare.status.value
    buttons.vue_choose("after")
    assert front(dashboard) == "b_cal.fits"
    buttons.vue_choose("nonsense")
    assert dashboard.view.compare.model.mode == "after"


def test_a_product_that_was_written_again_has_another_difference(dashboard):
    buttons = dashboard.view.compare.buttons
    buttons.vue_choose("difference")
    assert (dashboard.view.viewer.shown[COMPARED["difference"]] == 2.0).all()
    buttons.vue_choose("after")
    with fits.open(dashboard.session.shown, mode="update") as held:
        held["SCI"].data[:] = 8.0
    buttons.vue_choose("difference")
    assert (dashboard.view.compare.model.value.difference == 7.0).all()


def test_another_product_ends_the_comparison(dashboard):
    dashboard.view.compare.buttons.vue_choose("difference")
    dashboard.session.show(dashboard.session.stages["detector1"].products[0])
    assert not set(COMPARED.values()) & set(dashboard.view.viewer.labels)


def test_nothing_stays_alive(dashboard):
    buttons = dashboard.view.compare.buttons
    dashboard.close()
    assert buttons.comm is None
