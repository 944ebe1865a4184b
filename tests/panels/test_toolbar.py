"""The bars above the image: one menu at a time, charts where they are wanted, and the viewer's own bars folded away."""

import ipywidgets
import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.models.page_layout import PageLayout
from miri_widgets.panels.parts.tool_menu import ToolMenu
from miri_widgets.panels.toolbar import ToolBar, WindowTools

from .stub_viewer import Viewer


@pytest.fixture
def dashboard(session):
    board = Dashboard(session, viewer=Viewer())
    yield board
    board.close()


def test_one_menu_is_open_at_a_time():
    menus = [ToolMenu(name, name.title(), ipywidgets.Label()) for name in ("range", "flags")]
    bar = ToolBar(ipywidgets.Label("compare"), menus)
    added = ToolMenu("colour", "Colour", ipywidgets.Label())
    bar.add(added)
    assert list(bar.menus) == ["range", "flags", "colour"] and bar.children[-2:] == (added, bar.more)
    menus[0].opened = True
    added.opened = True
    assert [menu.opened for menu in bar.menus.values()] == [False, False, True]
    bar.close()
    assert added.comm is None and bar.more.comm is None


def test_window_tools_and_the_model_follow_each_other():
    model = PageLayout()
    tools = WindowTools(model)
    tools.charts, tools.viewer_bars = "beside", True
    assert model.charts == "beside" and model.viewer_bars
    model.charts = "hidden"
    assert tools.charts == "hidden"
    tools.close()
    model.charts = "below"
    assert tools.charts == "hidden"


def test_the_page_follows_the_division(dashboard):
    model, classes = dashboard.session.page_layout, lambda: dashboard.view._dom_classes
    assert "mw-folded-bars" in classes() and "mw-charts-below" in classes()
    model.charts, model.viewer_bars = "beside", True
    assert "mw-charts-beside" in classes() and "mw-charts-below" not in classes()
    assert "mw-folded-bars" not in classes()


def test_flags_are_read_when_their_menu_opens(dashboard):
    menu = dashboard.view.tools.menus["flags"]
    assert not dashboard.view.flags.model.opened and not menu.active
    menu.opened = True
    assert dashboard.view.flags.model.opened
    dashboard.view.tools.menus["range"].opened = True
    assert not menu.opened and not dashboard.view.flags.model.opened
    dashboard.view.flags.model.choose(("DO_NOT_USE",))
    assert menu.active and menu.detail == "1"
    dashboard.view.flags.model.choose(())
    assert not menu.active and menu.detail == ""


def test_to_follow_the_newest_image_is_a_switch(dashboard):
    session, follow = dashboard.session, dashboard.view.follow
    assert follow.value and not session.picked
    follow.value = False
    assert session.picked
    session.picked = False
    assert follow.value


def test_colour_is_a_click_away(dashboard):
    link = next(tool for tool in dashboard.view.tools.children if getattr(tool, "name", "") == "colour")
    link.vue_press()
    assert dashboard.session.tab == "composite"


@pytest.mark.parametrize("stages", [None, ["detector1"]])
def test_colour_is_offered_where_its_panel_is_and_nowhere_else(session, stages):
    board = Dashboard(session, stages=stages, viewer=Viewer())
    has_panel = any(item["id"] == "composite" for item in board.tabs.items)
    links = [tool for tool in board.view.tools.children if getattr(tool, "name", "") == "colour"]
    assert has_panel == (stages is None) == bool(links)
    session.tab = "composite"
    assert board.tabs.active == ("composite" if has_panel else "program"), "no panel that is not listed"
    board.close()
