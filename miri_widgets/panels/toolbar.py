"""The bars above the image: comparison and menus that act on it; charts, viewer menus and full screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.page_layout import CHART_POSITIONS, PageLayout
from miri_widgets.models.subscriptions import Subscriptions
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.overflow_menu import OverflowMenu
from miri_widgets.panels.parts.tool_menu import ToolLink, ToolMenu

__all__ = ["ToolBar", "WindowTools"]

_TEMPLATE = """
<template>
  <div class="mw-window-tools" role="group" aria-label="Window">
    <span class="mw-charts-choice" role="group" aria-label="Charts"><button v-for="c in positions" :key="c" type="button" class="mw-tool-button"
      :data-charts="c" :aria-pressed="c === charts ? 'true' : 'false'" :aria-label="'Charts ' + c" :class="{'mw-active': c === charts}"
      :title="'Charts ' + c + (c === 'hidden' ? '' : ' the image')" @click="charts = c"><svg viewBox="0 0 14 12" aria-hidden="true"><rect x="1" y="1" width="12" height="10"
      rx="1.5"/><path :d="{below: 'M1 8h12', beside: 'M9.5 1v10', hidden: ''}[c]"/></svg></button></span>
    <button type="button" class="mw-tool-button" data-tool="viewer-bars" :aria-pressed="viewer_bars ? 'true' : 'false'"
      :class="{'mw-active': viewer_bars}" title="Menus of the image viewer itself (jdaviz): data, plugins, export"
      @click="viewer_bars = !viewer_bars">jdaviz</button>
    <button type="button" class="mw-tool-button" data-tool="full-screen" :aria-pressed="full ? 'true' : 'false'" :class="{'mw-active': full}"
      :aria-label="full ? 'Leave full screen' : 'Full screen'" :title="full ? 'Leave full screen; key F or Esc' : 'Image in full screen; key F'"
      @click="toggle"><svg viewBox="0 0 12 12" aria-hidden="true"><path d="M1 4V1h3M8 1h3v3M11 8v3H8M4 11H1V8"/></svg><kbd>F</kbd></button>
  </div>
</template>
<script>
module.exports = {
  data() { return {full: false} },
  watch: { charts() { this.resized() }, viewer_bars() { this.resized() } },
  mounted() {
    this.hear = event => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
      if ((typing && event.target.type !== 'checkbox') || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'F') { event.preventDefault(); this.toggle() }
      if (event.key === 'Escape' && this.full && !document.fullscreenElement) this.set(false)
    }
    this.changed = () => this.set(document.fullscreenElement === this.frame())
    window.addEventListener('keydown', this.hear)
    document.addEventListener('fullscreenchange', this.changed)
  },
  beforeDestroy() {
    window.removeEventListener('keydown', this.hear)
    document.removeEventListener('fullscreenchange', this.changed)
  },
  methods: {
    frame() { return this.$el.closest('.mw-frame') },
    resized() { setTimeout(() => window.dispatchEvent(new Event('resize')), 80) },
    set(full) {
      this.full = full
      this.frame().classList.toggle('mw-full', full)
      this.resized()
    },
    toggle() {
      if (document.fullscreenElement) document.exitFullscreen()
      else if (this.full) this.set(false)
      // a frame of another page may not be allowed to fill the screen: the image fills the page then
      else this.frame().requestFullscreen().catch(() => this.set(true))
    },
  },
}
</script>
"""


class WindowTools(ipyvue.VueTemplate):
    """
    Where the charts are, the bars of the viewer itself, and full screen (key F).

    Parameters
    ----------
    model : PageLayout
        The division of the page.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    positions: traitlets.List[Any] = traitlets.List(list(CHART_POSITIONS)).tag(sync=True)
    charts = traitlets.Unicode("below").tag(sync=True)
    viewer_bars = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: PageLayout) -> None:
        self._watches = Subscriptions()
        super().__init__(layout=ipywidgets.Layout(width="auto"))
        self._watches.link((model, "charts"), (self, "charts"))
        self._watches.link((model, "viewer_bars"), (self, "viewer_bars"))

    def close(self) -> None:
        """Close the widget and its links to the model."""
        self._watches.end()
        super().close()


class ToolBar(Part):
    """
    What people use at the image, in one row: the comparison, menus, and links to other places of the page.

    What the width does not hold is in a menu at the end.

    Parameters
    ----------
    compare : Widget
        The comparison.
    tools : sequence of ToolMenu or ToolLink
        Tools, from left to right; those at the right leave a narrow bar first.

    Attributes
    ----------
    menus : dict of str to ToolMenu
        The menus by name.
    """

    def __init__(self, compare: ipywidgets.Widget, tools: Sequence[ToolMenu | ToolLink]) -> None:
        super().__init__("mw-toolbar")
        self.menus = {tool.name: tool for tool in tools if isinstance(tool, ToolMenu)}
        self.more = OverflowMenu()
        self.children = (compare, *tools, self.more)
        for menu in self.menus.values():
            menu.observe(self._opened, "opened")

    def add(self, menu: ToolMenu) -> None:
        """
        Add a menu, behind those that are there.

        Parameters
        ----------
        menu : ToolMenu
            The menu, closed with the bar.
        """
        self.menus[menu.name] = menu
        self.children = (*self.children[:-1], menu, self.more)
        menu.observe(self._opened, "opened")

    def _opened(self, change: dict[str, Any]) -> None:
        """Close the other menus."""
        if change["new"]:
            for menu in self.menus.values():
                if menu is not change["owner"]:
                    menu.opened = False
