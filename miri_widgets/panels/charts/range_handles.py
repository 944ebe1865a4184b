"""Black and white as two handles over the histogram, dragged with the mouse or moved by keys."""

from __future__ import annotations

import math
from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.models.display import DisplayModel
from miri_widgets.models.subscriptions import Subscriptions

__all__ = ["RangeHandles"]

_TEMPLATE = """
<template>
  <div class="mw-range-handles" v-show="known">
    <div class="mw-range-out" :style="{left: 0, width: 100 * place('black') + '%'}"></div>
    <div class="mw-range-out" :style="{left: 100 * place('white') + '%', right: 0}"></div>
    <div v-for="end in ['black', 'white']" :key="end" :class="['mw-range-handle', 'mw-range-' + end, {'mw-range-beyond': beyond(end)}]" role="slider"
      tabindex="0" aria-orientation="horizontal" :aria-label="end === 'black' ? 'Black' : 'White'" :aria-valuemin="low" :aria-valuemax="high"
      :aria-valuenow="now[end]" :aria-valuetext="text(end)" :data-end="end" :style="{left: 100 * place(end) + '%'}"
      :title="(end === 'black' ? 'Black ' : 'White ') + text(end) + '. Drag, or use the arrow keys; double click or Delete: automatic'"
      @pointerdown="grab(end, $event)" @keydown="pressed(end, $event)" @keyup="released" @blur="released" @dblclick="release"></div>
  </div>
</template>
<script>
module.exports = {
  data() { return {moved: null, sent: 0, keyed: false} },
  computed: { now() { return this.moved || {black: this.black, white: this.white} } },
  // the kernel has taken what was moved
  watch: { black() { if (!this.holds) this.moved = null }, white() { if (!this.holds) this.moved = null } },
  methods: {
    place(end) { return Math.min(1, Math.max(0, (this.now[end] - this.low) / (this.high - this.low))) },
    beyond(end) { return this.now[end] < this.low || this.now[end] > this.high },
    text(end) { return Number(this.now[end].toPrecision(4)) + (this.unit ? ' ' + this.unit : '') },
    move(end, value, done) {
      const least = (this.high - this.low) / 500, now = {...this.now}
      now[end] = end === 'black' ? Math.min(value, now.white - least) : Math.max(value, now.black + least)
      this.moved = now
      this.send(done)
    },
    send(done) {
      // a picture takes longer than a movement of the mouse: at most ten a second are asked for, and the last
      clearTimeout(this.later)
      const wait = this.sent + 100 - performance.now()
      if (!done && wait > 0) { this.later = setTimeout(() => this.send(false), wait); return }
      this.sent = performance.now()
      this.set_range([this.moved.black, this.moved.white, done])
    },
    grab(end, event) {
      if (event.button) return
      event.preventDefault()
      const handle = event.currentTarget, box = this.$el.getBoundingClientRect()
      handle.focus()
      let moves = false
      this.holds = true
      const move = at => {
        moves = true
        this.move(end, this.low + (this.high - this.low) * Math.min(1, Math.max(0, (at.clientX - box.left) / box.width)), false)
      }
      const drop = () => {
        handle.removeEventListener('pointermove', move)
        this.holds = false
        if (moves) this.send(true)
      }
      handle.setPointerCapture(event.pointerId)
      handle.addEventListener('pointermove', move)
      handle.addEventListener('lostpointercapture', drop, {once: true})
    },
    pressed(end, event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const step = (this.high - this.low) / 100 * (event.shiftKey ? 10 : 1), now = this.now[end]
      const value = {ArrowLeft: now - step, ArrowDown: now - step, ArrowRight: now + step, ArrowUp: now + step,
        PageDown: now - 10 * step, PageUp: now + 10 * step, Home: this.low, End: this.high}[event.key]
      if (event.key === 'Delete' || event.key === 'Backspace') { event.preventDefault(); this.release() }
      if (value === undefined) return
      event.preventDefault()
      event.stopPropagation()
      this.holds = this.keyed = true
      this.move(end, value, false)
    },
    released() {
      if (!this.keyed) return
      this.holds = this.keyed = false
      this.send(true)
    },
  },
  beforeDestroy() { clearTimeout(this.later) },
}
</script>
"""


class RangeHandles(ipyvue.VueTemplate):
    """
    Two handles for black and white, laid over the plot of a histogram.

    Parameters
    ----------
    model : DisplayModel
        The display range; moves are one change for Undo when the handle is let go.

    Attributes
    ----------
    low, high : float
        Ends of the axis below the handles, in the unit of the image.
    known : bool
        Whether there is a range.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    low = traitlets.Float(0.0).tag(sync=True)
    high = traitlets.Float(1.0).tag(sync=True)
    black = traitlets.Float(0.0).tag(sync=True)
    white = traitlets.Float(1.0).tag(sync=True)
    unit = traitlets.Unicode("").tag(sync=True)
    known = traitlets.Bool(False).tag(sync=True)

    def __init__(self, model: DisplayModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))
        self.add_class("mw-range-layer")
        self._watches = Subscriptions()
        self._watches.add(model, self._update, "black", "white", "unit")
        self._update(None)

    def vue_set_range(self, values: Any) -> None:
        """
        Take what a handle was moved to.

        Parameters
        ----------
        values : list
            Black, white, and whether the handle was let go.
        """
        black, white, done = float(values[0]), float(values[1]), bool(values[2])
        if done:
            self._model.fix(black, white)
        else:
            self._model.drag(black, white)

    def vue_release(self, *_: Any) -> None:
        """Find the range automatically again."""
        self._model.release()

    def _update(self, _: Any) -> None:
        model = self._model
        known = math.isfinite(model.black) and math.isfinite(model.white) and model.white > model.black
        with self.hold_sync():
            self.known = known
            if known:
                self.black, self.white = model.black, model.white
            self.unit = model.unit.replace(" / ", "/")

    def close(self) -> None:
        """Close the widget and stop watching."""
        if hasattr(self, "_watches"):
            self._watches.end()
        super().close()
