"""The divider between the panels and the image, dragged with the mouse or moved by keys."""

from __future__ import annotations

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.page_layout import DEFAULT_SIDE, DEFAULT_TOP, PageLayout
from miri_widgets.models.subscriptions import Subscriptions

__all__ = ["NARROW", "Divider"]

NARROW = 1150
"""Width of the window below which the image is above the panels, CSS pixels; also in style.css."""

_TEMPLATE = """
<template>
  <div class="mw-divider" role="separator" tabindex="0" :aria-orientation="narrow ? 'horizontal' : 'vertical'"
    :aria-label="narrow ? 'Height of the image' : 'Width of the panels'" :aria-valuenow="Math.round(value)" aria-valuemin="20"
    aria-valuemax="80" :title="'Drag, or use the arrow keys; double click or Enter resets'" @pointerdown="grab" @dblclick="reset" @keydown="pressed"></div>
</template>
<script>
module.exports = {
  data() { return {narrow: false, dragging: false} },
  computed: { value() { return this.narrow ? this.top_share : this.side } },
  watch: { side() { this.apply() }, top_share() { this.apply() } },
  mounted() {
    this.fit = () => {
      this.narrow = window.innerWidth < this.limit
      const page = this.$el.closest('.mw-dashboard')
      if (!page) return
      // the height that a page has: that of the box that scrolls it, or of the window below our header
      let box = page.parentElement, high = 0
      for (; box && box !== document.body && !high; box = box.parentElement) {
        if (box.matches('#rendered_cells, .jp-WindowedPanel-outer, .jp-NotebookPanel-notebook')) high = box.clientHeight
      }
      const space = box && page.closest('.jp-NotebookPanel') ? 24 : 0
      if (high > 200) page.style.setProperty('--mw-window', Math.max(high - space, 420) + 'px')
      this.apply()
    }
    window.addEventListener('resize', this.fit)
    this.watcher = new ResizeObserver(this.fit)
    const shell = document.querySelector('#rendered_cells, .jp-WindowedPanel-outer')
    if (shell) this.watcher.observe(shell)
    this.$nextTick(this.fit)
    this.late = setTimeout(this.fit, 300)
  },
  beforeDestroy() {
    window.removeEventListener('resize', this.fit)
    clearTimeout(this.late)
    this.watcher.disconnect()
  },
  methods: {
    apply() {
      const columns = this.$el.closest('.mw-columns')
      if (!columns) return
      columns.style.setProperty('--mw-side', this.side + '%')
      columns.style.setProperty('--mw-top', this.top_share + '%')
    },
    set(value) {
      value = Math.round(10 * Math.min(80, Math.max(20, value))) / 10
      if (this.narrow) this.top_share = value
      else this.side = value
      this.apply()
    },
    grab(event) {
      if (event.button) return
      event.preventDefault()
      this.$el.focus()
      const columns = this.$el.closest('.mw-columns'), box = columns.getBoundingClientRect()
      const name = this.narrow ? '--mw-top' : '--mw-side'
      let value = this.value
      const move = at => {
        value = this.narrow ? 100 * (at.clientY - box.top) / box.height : 100 * (at.clientX - box.left) / box.width
        value = Math.min(80, Math.max(20, value))
        columns.style.setProperty(name, value + '%')  // the kernel hears of the end only
      }
      const drop = () => {
        this.$el.removeEventListener('pointermove', move)
        columns.classList.remove('mw-dragging')
        this.set(value)
        window.dispatchEvent(new Event('resize'))
      }
      columns.classList.add('mw-dragging')
      this.$el.setPointerCapture(event.pointerId)
      this.$el.addEventListener('pointermove', move)
      this.$el.addEventListener('lostpointercapture', drop, {once: true})
    },
    reset() { this.set(this.narrow ? this.first_top : this.first_side) },
    pressed(event) {
      const less = this.narrow ? 'ArrowUp' : 'ArrowLeft', more = this.narrow ? 'ArrowDown' : 'ArrowRight'
      const value = {[less]: this.value - 2, [more]: this.value + 2, Home: 20, End: 80,
        Enter: this.narrow ? this.first_top : this.first_side}[event.key]
      if (value === undefined) return
      event.preventDefault()
      this.set(value)
    },
  },
}
</script>
"""


class Divider(ipyvue.VueTemplate):
    """
    The divider of a page; it also gives the page the height of the window.

    Parameters
    ----------
    layout_model : PageLayout
        The division, changed by dragging and by the arrow keys.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    side = traitlets.Float(DEFAULT_SIDE).tag(sync=True)
    top_share = traitlets.Float(DEFAULT_TOP).tag(sync=True)
    first_side = traitlets.Float(DEFAULT_SIDE).tag(sync=True)
    first_top = traitlets.Float(DEFAULT_TOP).tag(sync=True)
    limit = traitlets.Int(NARROW).tag(sync=True)

    def __init__(self, layout_model: PageLayout) -> None:
        self._watches = Subscriptions()
        super().__init__(layout=ipywidgets.Layout(width="auto"))
        self.add_class("mw-divider-box")
        self._watches.link((layout_model, "side"), (self, "side"))
        self._watches.link((layout_model, "top"), (self, "top_share"))

    def close(self) -> None:
        """Close the widget and its links to the model."""
        self._watches.end()
        super().close()
