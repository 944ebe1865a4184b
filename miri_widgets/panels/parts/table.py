"""A table that sorts, filters and lets rows be chosen; for exposures, runs and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipyvue
import ipywidgets
import traitlets

__all__ = ["Table"]

_TEMPLATE = """
<template>
  <div class="mw-table">
    <div class="mw-table-bar" v-if="searchable && rows.length > 6">
      <input class="mw-search" type="search" v-model="words" :placeholder="placeholder" :aria-label="placeholder"/>
      <span class="mw-muted">{{ shown.length }} of {{ rows.length }}</span>
    </div>
    <div class="mw-table-scroll" :style="{maxHeight: max_height}" v-if="rows.length">
      <table>
        <thead><tr>
          <th v-if="multiple" class="mw-tick">
            <input type="checkbox" :checked="all_chosen" @change="choose_all" aria-label="choose all"/></th>
          <th v-for="c in columns" :key="c.key" :class="{'mw-right': c.right}" :title="c.tip || c.title"
              :aria-sort="order.key === c.key ? (order.down ? 'descending' : 'ascending') : 'none'"
              tabindex="0" @click="sort_by(c.key)" @keyup.enter="sort_by(c.key)">{{ c.title }}<span
              class="mw-order">{{ order.key === c.key ? (order.down ? '▾' : '▴') : '' }}</span></th>
        </tr></thead>
        <tbody>
          <tr v-for="r in shown" :key="r.id" :class="{'mw-chosen': chosen[r.id], 'mw-dim': r.dim}"
              @click="pick(r.id)">
            <td v-if="multiple" class="mw-tick" @click.stop>
              <input type="checkbox" :checked="chosen[r.id]" @change="toggle(r.id)" :aria-label="'choose ' + r.id"/></td>
            <td v-for="c in columns" :key="c.key" :class="{'mw-right': c.right, 'mw-wide': c.wide}"
                :title="tip_of(r, c)">
              <template v-if="c.kind === 'state'"><span class="mw-chip" :class="'mw-' + r[c.key].tone">
                <span aria-hidden="true">{{ r[c.key].glyph }}</span> {{ r[c.key].text }}</span></template>
              <template v-else-if="c.kind === 'states'"><span v-for="s in r[c.key].list" class="mw-mark"
                :class="'mw-' + s.tone" :title="s.tip" role="img" :aria-label="s.tip">{{ s.glyph }}</span></template>
              <template v-else-if="c.kind === 'bar'"><span class="mw-mini" v-if="r[c.key].fraction !== null"><span
                :style="{width: 100 * r[c.key].fraction + '%'}"></span></span>{{ r[c.key].text }}</template>
              <template v-else-if="c.kind === 'button'"><button type="button" class="mw-link" v-if="r[c.key]"
                @click.stop="act(r.id)">{{ r[c.key] }}</button></template>
              <template v-else>{{ text_of(r, c) }}</template>
            </td>
          </tr>
        </tbody>
      </table>
    </div>
    <p v-else class="mw-muted mw-empty">{{ empty }}</p>
  </div>
</template>
<script>
module.exports = {
  data() { return {words: '', order: {key: '', down: false}} },
  computed: {
    chosen() { const found = {}; this.selected.forEach(id => { found[id] = true }); return found },
    all_chosen() { return this.shown.length > 0 && this.shown.every(r => this.chosen[r.id]) },
    shown() {
      const words = this.words.toLowerCase().split(/\\s+/).filter(w => w)
      const kept = this.rows.filter(r => {
        const text = this.columns.map(c => this.text_of(r, c)).join(' ').toLowerCase()
        return words.every(w => text.includes(w))
      })
      if (!this.order.key) return kept
      const key = this.order.key, sign = this.order.down ? -1 : 1
      return kept.sort((a, b) => {
        const x = this.rank(a[key]), y = this.rank(b[key])
        return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)))
      })
    },
  },
  methods: {
    rank(v) { return v !== null && typeof v === 'object' ? (v.rank !== undefined ? v.rank : v.text) : v },
    text_of(r, c) { const v = r[c.key]; return v !== null && typeof v === 'object' ? v.text : (v === undefined ? '' : v) },
    tip_of(r, c) { const v = r[c.key]; return v !== null && typeof v === 'object' ? (v.tip || v.text) : String(v === undefined ? '' : v) },
    sort_by(key) { this.order = {key: key, down: this.order.key === key && !this.order.down} },
    toggle(id) { this.selected = this.chosen[id] ? this.selected.filter(s => s !== id) : this.selected.concat([id]) },
    choose_all() {
      const ids = this.shown.map(r => r.id)
      this.selected = this.all_chosen ? this.selected.filter(s => !ids.includes(s))
        : this.selected.concat(ids.filter(id => !this.chosen[id]))
    },
    pick(id) { if (this.multiple) { this.toggle(id) } else { this.selected = [id] } },
  },
}
</script>
"""


class Table(ipyvue.VueTemplate):
    """
    A table.

    Every cell is text, never HTML: the browser escapes it.

    Attributes
    ----------
    columns : list of dict
        ``key``, ``title``; optional ``tip``, ``right`` (numbers), ``kind``
        (state, states, bar, button).
    rows : list of dict
        ``id`` and a value per column: text, a number, or a dict with
        ``text``, ``tip`` and ``rank`` (what sorts it).
    selected : list of str
        Ids of the chosen rows.
    multiple : bool
        Whether several rows can be chosen.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    selected: traitlets.List[Any] = traitlets.List().tag(sync=True)
    multiple = traitlets.Bool(False).tag(sync=True)
    searchable = traitlets.Bool(True).tag(sync=True)
    placeholder = traitlets.Unicode("Filter rows").tag(sync=True)
    empty = traitlets.Unicode("Nothing here yet.").tag(sync=True)
    max_height = traitlets.Unicode("320px").tag(sync=True)

    def __init__(self, on_act: Callable[[str], None] | None = None, **values: Any) -> None:
        self._on_act = on_act
        super().__init__(layout=ipywidgets.Layout(width="100%"), **values)

    def vue_act(self, identity: str) -> None:
        """Answer the click on a row's button."""
        if self._on_act is not None and any(row["id"] == identity for row in self.rows):
            self._on_act(identity)
