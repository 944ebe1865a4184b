"""A button of the tool bar that opens a menu of controls over the image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipyvue
import ipywidgets
import traitlets
from ipywidgets import widget_serialization

from miri_widgets.panels.parts.base_view import close_all

__all__ = ["ToolLink", "ToolMenu"]

_TEMPLATE = """
<template>
  <div class="mw-tool" :class="{'mw-open': opened}" :data-tool="name" @keydown.esc.capture.stop="close">
    <button type="button" class="mw-tool-button" ref="button" :aria-expanded="opened ? 'true' : 'false'" :title="tip"
      :class="{'mw-active': active}" @click="opened = !opened">{{ title }}<span class="mw-tool-detail" v-if="detail">{{ detail }}</span><kbd
      v-if="shortcut">{{ shortcut }}</kbd><span aria-hidden="true" class="mw-tool-arrow">▾</span></button>
    <div class="mw-tool-content" v-show="opened" role="group" :aria-label="title"><jupyter-widget v-if="content" :widget="content" :key="content"/></div>
  </div>
</template>
<script>
module.exports = {
  watch: { opened() { if (this.opened) this.$nextTick(this.place) } },
  mounted() {
    this.outside = event => {
      if (this.opened && !this.$el.contains(event.target) && event.target.closest('.mw-tool')) this.opened = false
    }
    document.addEventListener('pointerdown', this.outside, true)
    if (this.opened) this.$nextTick(this.place)
  },
  beforeDestroy() { document.removeEventListener('pointerdown', this.outside, true) },
  methods: {
    close() { if (this.opened) { this.opened = false; this.handle().focus() } },
    // the button, or that of the menu which it is in where the bar is too narrow
    handle() {
      if (this.$refs.button.checkVisibility()) return this.$refs.button
      const bar = this.$el.closest('.mw-toolbar'), more = bar && bar.querySelector('.mw-more > .mw-tool-button')
      return more || this.$refs.button
    },
    place() {
      // a menu at the right end of the bar opens to the left, so that nothing is cut
      const frame = this.$el.closest('.mw-frame'), menu = this.$el.querySelector('.mw-tool-content')
      if (!frame) return
      const box = frame.getBoundingClientRect(), own = this.$el.getBoundingClientRect()
      menu.style.maxWidth = Math.min(460, box.width - 12) + 'px'
      menu.style.left = Math.min(0, box.right - 8 - own.left - menu.offsetWidth) + 'px'
      if (own.left + parseFloat(menu.style.left) < box.left + 4) menu.style.left = (box.left + 4 - own.left) + 'px'
    },
  },
}
</script>
"""


class ToolMenu(ipyvue.VueTemplate):
    """
    A button and the controls that it opens.

    Parameters
    ----------
    name : str
        Name of the tool, as `data-tool` of its element.
    title : str
        Text of the button.
    content : Widget
        The controls.
    tip : str
        Tooltip.
    shortcut : str
        Key that acts on the tool; handled by its controls.

    Attributes
    ----------
    opened : bool
        Whether the controls are open.
    detail : str
        Current value, beside the title.
    active : bool
        Whether the tool changes what is in view.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    tip = traitlets.Unicode("").tag(sync=True)
    shortcut = traitlets.Unicode("").tag(sync=True)
    detail = traitlets.Unicode("").tag(sync=True)
    opened = traitlets.Bool(False).tag(sync=True)
    active = traitlets.Bool(False).tag(sync=True)
    content = traitlets.Any(None, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(
        self,
        name: str,
        title: str,
        content: ipywidgets.Widget,
        *,
        tip: str = "",
        shortcut: str = "",
    ) -> None:
        super().__init__(
            name=name,
            title=title,
            content=content,
            tip=tip or title,
            shortcut=shortcut,
            layout=ipywidgets.Layout(width="auto", flex="0 0 auto"),
        )

    def close(self) -> None:
        """Close the button and its controls."""
        content = self.content
        super().close()
        if content is not None:
            close_all(content)


_LINK = """
<template>
  <div class="mw-tool" :data-tool="name"><button type="button" class="mw-tool-button" :title="tip" @click="press">{{ title }}</button></div>
</template>
"""


class ToolLink(ipyvue.VueTemplate):
    """
    A button of the tool bar that leads to another place of the page.

    Parameters
    ----------
    name : str
        Name of the tool, as `data-tool` of its element.
    title : str
        Text of the button.
    on_click : callable
        Called without arguments.
    tip : str
        Tooltip.
    """

    template = traitlets.Unicode(_LINK).tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    tip = traitlets.Unicode("").tag(sync=True)

    def __init__(self, name: str, title: str, on_click: Callable[[], object], *, tip: str = "") -> None:
        self._on_click = on_click
        super().__init__(
            name=name,
            title=title,
            tip=tip or title,
            layout=ipywidgets.Layout(width="auto", flex="0 0 auto"),
        )

    def vue_press(self, *_: Any) -> None:
        """Handle a click."""
        self._on_click()
