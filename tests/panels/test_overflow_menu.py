"""The menu at the end of a tool bar; what it holds is up to the width, see the browser tests."""

from miri_widgets.panels.parts.overflow_menu import OverflowMenu
from miri_widgets.panels.toolbar import ToolBar


def test_every_bar_ends_with_its_menu_and_closes_it():
    compare = OverflowMenu()  # any widget
    bar = ToolBar(compare, ())
    assert bar.children == (compare, bar.more) and isinstance(bar.more, OverflowMenu)
    bar.close()
    assert bar.more.comm is None and compare.comm is None
