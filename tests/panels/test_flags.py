"""Flags over the image, its range, and what the user does within the viewer."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.dashboard import Dashboard
from miri_widgets.models.in_view import Content, InView
from miri_widgets.panels.image_pane import COMPARED
from miri_widgets.panels.parts.flags import FLAG_COLOURS, colour_of
from miri_widgets.viewer import View

from .stub_viewer import Viewer


@pytest.fixture
def dashboard(session, engine):
    session.use_stage("areas")
    session.poll()
    session.run_all()
    engine.finish()
    session.poll()
    board = Dashboard(session, viewer=Viewer())
    product = session.stages["areas"].products[0]
    with fits.open(product, mode="update") as hdus:  # the stage has flagged some rows
        hdus["DQ"].data[:3] |= 1
    session.show(product)
    yield board
    if board.comm is not None:
        board.close()


def test_the_list_tells_names_counts_and_changes(dashboard):
    shown = dashboard.view.flags.list
    assert shown.rows == [] and dashboard.viewer.overlays == {}
    dashboard.view.tools.menus["flags"].opened = True
    assert shown.opened and [row["name"] for row in shown.rows] == ["DO_NOT_USE"]
    (row,) = shown.rows
    count = np.count_nonzero(dashboard.view.flags.model.value.mask("DO_NOT_USE"))
    assert row["count"] == str(count) and row["percent"] == f"{100 * count / 96**2:.3g} %"
    assert row["change"].startswith("+") and "Areas" in row["tip"]


def test_ticks_and_the_key_lay_flags_over_the_image(dashboard):
    shown, overlays = dashboard.view.flags.list, dashboard.viewer.overlays
    shown.vue_choose("DO_NOT_USE")
    mask, colour = overlays["DO_NOT_USE"]
    assert mask.shape == (96, 96) and colour == colour_of("DO_NOT_USE") and colour in FLAG_COLOURS
    shown.vue_set_only_gained(True)
    assert overlays["DO_NOT_USE"][0].sum() < mask.sum()
    shown.vue_toggle()
    assert overlays == {}
    shown.vue_toggle()
    assert set(overlays) == {"DO_NOT_USE"}
    shown.vue_choose("no flag")
    shown.vue_choose("DO_NOT_USE")
    assert overlays == {} and not shown.visible


def test_the_overlay_follows_the_product_and_yields_to_a_preview(dashboard):
    view, session = dashboard.view, dashboard.session
    view.flags.list.vue_choose("DO_NOT_USE")
    first = view.viewer.overlays["DO_NOT_USE"][0]
    session.show(session.stages["areas"].products[-1])
    assert (view.viewer.overlays["DO_NOT_USE"][0] != first).any()
    session.show(session.stages["image3"].products[0])
    assert view.viewer.overlays == {} and not view.flags.list.can and "no flags" in view.flags.list.none
    view.flags.list.vue_toggle()
    assert "has no flags" in view.flags.status.value, "no key is silent"
    session.show(session.stages["areas"].products[0])
    assert (view.viewer.overlays["DO_NOT_USE"][0] == first).all()
    assert "mw-no-product" not in view._frame._dom_classes
    session.displayed = InView(Content.PREVIEW, "Preview: after", pixels=np.ones((4, 4)))
    assert view.viewer.overlays == {}
    assert "mw-no-product" in view._frame._dom_classes, "bars about the product are away, too"


def test_flags_that_the_alignment_hides_are_told(dashboard):
    view, bar, name = dashboard.view, dashboard.view.flags, dashboard.session.shown.name
    view.viewer.viewed(View(name, 1.0, 2.0, by_pixels=False))
    assert bar.status.value == ""
    bar.list.vue_choose("DO_NOT_USE")
    assert "Flags are not seen" in bar.status.value and "Orientation" in bar.status.value
    view.viewer.viewed(View(name, 1.0, 2.0))
    assert bar.status.value == "" and bar.status.layout.display == "none"


def test_everything_is_about_the_image_that_the_user_blinks_to(dashboard):
    view, session = dashboard.view, dashboard.session
    cal, rate = session.shown, session.stages["detector1"].products[0]
    session.show(rate)
    view.viewer.viewed(View(cal.name, 1.0, 2.0))
    assert session.shown == cal and list(view.viewer.shown)[-1] == cal.name
    view.viewer.viewed(View("something else", 1.0, 2.0))
    assert session.shown == cal
    view.compare.buttons.vue_choose("before")
    view.compare.buttons.vue_choose("difference")
    view.viewer.viewed(View(COMPARED["before"], 1.0, 2.0))
    assert view.compare.model.mode == "before"
    view.viewer.viewed(View(cal.name, 1.0, 2.0))
    assert view.compare.model.mode == "after"


def test_a_range_that_shows_nothing_is_told_and_mended(dashboard):
    view, cal = dashboard.view, dashboard.session.shown
    bar = view.display
    assert bar.notice.layout.display == "none"
    view.viewer.viewed(View(cal.name, 1.0, 2.0))
    assert "plain white" in bar.status.value and "MJy/sr" in bar.status.value
    assert (bar.controls.black, bar.controls.white) == ("1", "2")
    bar.mend.click()
    black, white = view.viewer.ranges[cal.name]
    assert black < 21 < white and bar.controls.fixed
    view.viewer.viewed(View(cal.name, black, white))
    assert bar.notice.layout.display == "none"
    bar.controls.vue_release()
    assert view.viewer.ranges[cal.name] == (None, None)


def test_what_came_before_tells_its_range_too(dashboard):
    view, controls = dashboard.view, dashboard.view.display.controls
    for mode in ("before", "difference"):
        view.compare.buttons.vue_choose(mode)
    view.viewer.viewed(View(COMPARED["before"], 3.0, 60.0))
    assert (controls.black, controls.white) == ("3", "60")
    view.viewer.viewed(View(COMPARED["difference"], -1.0, 1.0))
    assert (controls.black, controls.white) == ("-1", "1"), "levels are those of the pixels in view"
    assert controls.ranges == [] and not controls.fixed, "a difference has no range of a product"


def test_curve_percentile_and_typed_ends_reach_the_viewer(dashboard):
    view, cal = dashboard.view, dashboard.session.shown
    view.viewer.viewed(View(cal.name, 10.0, 30.0))
    controls = view.display.controls
    controls.curve = "log"
    controls.vue_set_percentile("99")
    controls.vue_set_percentile("nonsense")
    assert view.viewer.curve == ("log", 99.0)
    controls.vue_set_white("55")
    assert view.viewer.ranges[cal.name] == (10.0, 55.0)
    controls.vue_set_black("80")
    assert "white above black" in view.display.status.value
    assert view.viewer.ranges[cal.name] == (10.0, 55.0)


def test_nothing_stays_alive(dashboard):
    parts = [dashboard.view.flags.list, dashboard.view.display.controls]
    dashboard.close()
    assert all(part.comm is None for part in parts)
