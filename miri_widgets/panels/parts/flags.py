"""The flags of the product in the viewer, as overlays on the image; key f."""

from __future__ import annotations

from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.core.dq import BITS
from miri_widgets.models.flags import FlagsModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import sentences, text

__all__ = ["FLAG_COLOURS", "FlagBar", "colour_of"]

FLAG_COLOURS = ("#d55e00", "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2")
"""Okabe and Ito (2008), without black: distinct for colour-blind readers, and visible on grey and black."""

_FREQUENT = ("DO_NOT_USE", "JUMP_DET", "SATURATED", "NON_SCIENCE", "OUTLIER", "DEAD", "HOT")

_HIDDEN = "Flags are not seen while the viewer aligns images by the sky (WCS): in its plugin Orientation, align by Pixels."

_NONE = "The image in view has no flags of its own: show an exposure. A mosaic has weights instead."

_TEMPLATE = """
<template>
  <div class="mw-flags" role="group" aria-label="Data quality flags">
    <div class="mw-flags-head" v-if="can">
      <button type="button" class="mw-button" :aria-pressed="visible ? 'true' : 'false'" @click="toggle()"
        :class="{'mw-active': visible}" title="Lay the ticked flags over the image, or take them away; key f">{{
        visible ? 'Hide flags' : 'Show flags' }} <kbd>f</kbd></button>
      <label v-if="title" class="mw-flag-only"><input type="checkbox" :checked="only_gained"
        @change="set_only_gained($event.target.checked)"/> only those gained by {{ title }}</label>
    </div>
    <p v-if="!can" class="mw-muted">{{ none }}</p>
    <div class="mw-flag-list" v-if="opened && can">
      <label v-for="r in rows" :key="r.name" class="mw-flag" :title="r.tip">
        <input type="checkbox" :checked="chosen.includes(r.name)" @change="choose(r.name)"/>
        <i :style="{background: r.colour}"></i><span class="mw-flag-name">{{ r.name }}</span>
        <span class="mw-flag-count">{{ r.count }} <small>{{ r.percent }}</small></span>
        <span class="mw-flag-change">{{ r.change }}</span></label>
      <p v-if="!rows.length" class="mw-muted">{{ waits }}</p>
    </div>
  </div>
</template>
<script>
module.exports = {
  mounted() {
    this.hear = event => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable
      if ((typing && event.target.type !== 'checkbox') || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'f') this.toggle()
    }
    window.addEventListener('keydown', this.hear)
  },
  beforeDestroy() { window.removeEventListener('keydown', this.hear) },
}
</script>
"""


class _Flags(ipyvue.VueTemplate):
    """The list, and the key f."""

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    chosen: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Bool(False).tag(sync=True)
    visible = traitlets.Bool(False).tag(sync=True)
    only_gained = traitlets.Bool(False).tag(sync=True)
    can = traitlets.Bool(False).tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)
    waits = traitlets.Unicode("").tag(sync=True)
    none = traitlets.Unicode(_NONE).tag(sync=True)

    def __init__(self, model: FlagsModel) -> None:
        self._model = model
        super().__init__(layout=ipywidgets.Layout(width="auto"))

    def vue_toggle(self, *_: Any) -> None:
        """Turn the overlay on or off."""
        self._model.toggle()

    def vue_choose(self, name: Any) -> None:
        """Select or deselect a flag."""
        if name in BITS:
            self._model.choose(tuple(set(self._model.chosen) ^ {name}))

    def vue_set_only_gained(self, only: Any) -> None:
        """Show only flags set by the stage."""
        self._model.only_gained = bool(only)


class FlagBar(Part):
    """
    The flags of the product, and those overlaid on it.

    Parameters
    ----------
    model : FlagsModel
        The model, closed with the bar.
    """

    def __init__(self, model: FlagsModel) -> None:
        super().__init__("mw-flag-bar")
        self.model = model
        self.list = _Flags(model)
        self.status = text("")
        self.children = (self.list, self.status)
        self.watch(
            model, self._update, "can", "opened", "value", "sentence", "chosen", "only_gained", "visible",
            "hidden",
        )  # fmt: skip

    def _update(self, _: Any) -> None:
        model, shown = self.model, self.list
        value = model.value
        with shown.hold_sync():
            shown.can, shown.opened, shown.visible = model.can, model.opened, model.visible
            shown.chosen, shown.only_gained = list(model.chosen), model.only_gained
            shown.title = value.title if value is not None else ""
            shown.rows = [_row(row, value.title) for row in value.rows] if value is not None else []
            shown.waits = "No pixel carries a flag." if value is not None else "Reading the flags …"
        messages = [(model.sentence, "bad"), (_HIDDEN if model.hidden and model.visible else "", "warn")]
        self.status.value = "".join(sentences([message], tone) for message, tone in messages if message)
        self.status.layout.display = "" if self.status.value else "none"

    def close(self) -> None:
        """Close the view and the model."""
        super().close()
        self.model.close()


def colour_of(name: str) -> str:
    """
    Return the colour of a flag: the same on every product, distinct for the frequent flags of MIRI.

    Parameters
    ----------
    name : str
        Name of the flag.

    Returns
    -------
    str
        The colour, as in CSS.
    """
    index = _FREQUENT.index(name) if name in _FREQUENT else BITS[name]
    return FLAG_COLOURS[index % len(FLAG_COLOURS)]


def _row(row: Any, title: str) -> dict[str, Any]:
    changes = [f"{sign}{count}" for sign, count in (("+", row.gained), ("−", row.lost)) if count]
    change = " ".join(changes)
    return {
        "name": row.name,
        "colour": colour_of(row.name),
        "count": f"{row.count:,}".replace(",", "\u202f"),
        "percent": f"{100 * row.fraction:.3g} %",
        "change": change,
        "tip": f"{row.name}: {row.count} pixels, {100 * row.fraction:.3g} percent of the detector"
        + (f"; {title}: {change}" if change else f"; unchanged by {title}" if title else ""),
    }
