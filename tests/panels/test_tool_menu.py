"""A menu of the tool bar holds its controls from the start, and takes them along when it is closed."""

import ipywidgets

from miri_widgets.panels.parts.tool_menu import ToolMenu


def test_controls_live_as_long_as_the_menu():
    controls = ipywidgets.Text()
    menu = ToolMenu("range", "Stretch", controls, shortcut="r")
    assert menu.content is controls and menu.tip == "Stretch" and not menu.opened
    menu.close()
    assert controls.comm is None and menu.comm is None
