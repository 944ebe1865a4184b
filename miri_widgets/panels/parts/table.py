"""A sortable, filterable table with selectable rows, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
      <span class="mw-muted" role="status">{{ shown.length }} of {{ rows.length }}</span>
    </div>
    <div class="mw-table-scroll" :style="{maxHeight: max_height}" v-if="rows.length" ref="scroll" @scroll="scrolled">
      <table role="grid" :aria-label="label || placeholder" :aria-rowcount="shown.length + 1"
          :aria-multiselectable="multiple ? 'true' : 'false'">
        <thead><tr aria-rowindex="1">
          <th v-if="multiple" class="mw-tick">
            <input type="checkbox" :checked="all_chosen" @change="choose_all" aria-label="choose all"/></th>
          <th v-for="c in columns" :key="c.key" :class="{'mw-right': c.right}" :title="c.tip || c.title"
              :aria-sort="order.key === c.key ? (order.down ? 'descending' : 'ascending') : 'none'"
              @click="c.title && sort_by(c.key)"><button type="button" class="mw-sort" v-if="c.title">{{ c.title }}<span
              class="mw-order" aria-hidden="true">{{ order.key === c.key ? (order.down ? '▾' : '▴') : '' }}</span></button
              ><span v-else class="mw-unseen">Action</span></th>
        </tr></thead>
        <tbody>
          <tr v-if="first > 0" class="mw-space" aria-hidden="true"><td :colspan="width" :style="{height: first * height + 'px'}"></td></tr>
          <tr v-for="(r, n) in drawn" :key="many ? n : r.id" :data-row="r.id" :aria-rowindex="first + n + 2"
              :class="{'mw-chosen': chosen[r.id], 'mw-dim': r.dim}" :aria-selected="chosen[r.id] ? 'true' : 'false'"
              :tabindex="r.id === stop ? 0 : -1" @focus="at = r.id" @click="pick(r.id)" @keydown="pressed($event, r.id)">
            <td v-if="multiple" class="mw-tick" @click.stop>
              <input type="checkbox" tabindex="-1" :checked="chosen[r.id]" @change="toggle(r.id)" :aria-label="'choose ' + r.id"/></td>
            <td v-for="c in columns" :key="c.key" :class="{'mw-right': c.right, 'mw-wide': c.wide}"
                :title="tip_of(r, c)">
              <template v-if="c.kind === 'state'"><span class="mw-chip" :class="'mw-' + r[c.key].tone">
                <span aria-hidden="true">{{ r[c.key].glyph }}</span> {{ r[c.key].text }}</span></template>
              <template v-else-if="c.kind === 'states'"><span role="img" :aria-label="told(r, c)"><span
                v-for="(s, k) in r[c.key].states" :class="mark(c, s)[1]" :title="c.names[k] + ': ' + (r[c.key].tips || r[c.key].states)[k]">{{
                mark(c, s)[0] }}</span></span></template>
              <template v-else-if="c.kind === 'bar'"><span class="mw-mini" v-if="r[c.key].fraction !== null"><span
                :style="{width: 100 * r[c.key].fraction + '%'}"></span></span>{{ r[c.key].text }}</template>
              <template v-else-if="c.kind === 'button'"><button type="button" class="mw-link" v-if="r[c.key]"
                :tabindex="r.id === stop ? 0 : -1" @click.stop="press(r.id, c.key)">{{ r[c.key] }}</button></template>
              <template v-else>{{ text_of(r, c) }}</template>
            </td>
          </tr>
          <tr v-if="last < shown.length" class="mw-space" aria-hidden="true"><td :colspan="width"
            :style="{height: (shown.length - last) * height + 'px'}"></td></tr>
        </tbody>
      </table>
    </div>
    <p v-else class="mw-muted mw-empty">{{ empty }}</p>
  </div>
</template>
<script>
// More rows than MANY are drawn only where they are seen, with SPARE rows above and below.
const MANY = 40, SPARE = 6, ORDER = new Intl.Collator()
module.exports = {
  data() { return {words: '', order: {key: '', down: false}, at: '', top: 0, height: 29, view: 600} },
  mounted() { this.measure() },
  updated() { this.measure() },
  watch: {
    words() { this.to_top() },
    order() { this.to_top() },
    selected(now, before) {
      // chosen elsewhere, as by a click on the image: the row comes into view; one that was clicked is there already
      if (now.length === 1 && now[0] !== before[0] && now[0] !== this.at) this.$nextTick(() => this.bring(now[0]))
    },
  },
  computed: {
    chosen() { const found = {}; this.selected.forEach(id => { found[id] = true }); return found },
    all_chosen() { return this.shown.length > 0 && this.shown.every(r => this.chosen[r.id]) },
    width() { return this.columns.length + (this.multiple ? 1 : 0) },
    texts() {
      const found = {}
      this.rows.forEach(r => { found[r.id] = this.columns.map(c => this.text_of(r, c)).join(' ').toLowerCase() })
      return found
    },
    shown() {
      const words = this.words.toLowerCase().split(/\\s+/).filter(w => w)
      const kept = this.rows.filter(r => words.every(w => this.texts[r.id].includes(w)))
      if (!this.order.key) return kept
      const key = this.order.key, sign = this.order.down ? -1 : 1
      return kept.sort((a, b) => {
        const x = this.rank(a[key]), y = this.rank(b[key])
        return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : ORDER.compare(String(x), String(y)))
      })
    },
    many() { return this.shown.length > MANY },
    first() {
      if (!this.many) return 0
      return Math.max(0, Math.min(Math.floor(this.top / this.height), this.shown.length - 1) - SPARE)
    },
    last() {
      if (!this.many) return this.shown.length
      return Math.min(this.shown.length, Math.ceil((this.top + this.view) / this.height) + SPARE)
    },
    drawn() { return this.shown.slice(this.first, this.last) },
    stop() {
      return this.drawn.some(r => r.id === this.at) ? this.at : this.drawn.length ? this.drawn[0].id : ''
    },
  },
  methods: {
    rank(v) { return v !== null && typeof v === 'object' ? (v.rank !== undefined ? v.rank : v.text) : v },
    text_of(r, c) {
      const v = r[c.key]
      if (v === null || typeof v !== 'object') return v === undefined ? '' : v
      return v.states ? v.states.join(' ') : v.text
    },
    tip_of(r, c) { const v = r[c.key]; return v !== null && typeof v === 'object' ? (v.tip || v.text) : String(v === undefined ? '' : v) },
    mark(c, state) { const [glyph, tone] = c.marks[state] || ['·', 'calm']; return [glyph, 'mw-mark mw-' + tone] },
    told(r, c) {
      const by = {}, words = r[c.key].tips || r[c.key].states
      words.forEach((s, k) => { (by[s] = by[s] || []).push(c.names[k]) })
      return Object.keys(by).map(s => s + ': ' + by[s].join(', ')).join('; ')
    },
    sort_by(key) { this.order = {key: key, down: this.order.key === key && !this.order.down} },
    toggle(id) { this.selected = this.chosen[id] ? this.selected.filter(s => s !== id) : this.selected.concat([id]) },
    choose_all() {
      const ids = this.shown.map(r => r.id)
      this.selected = this.all_chosen ? this.selected.filter(s => !ids.includes(s))
        : this.selected.concat(ids.filter(id => !this.chosen[id]))
    },
    pick(id) { this.at = id; if (this.multiple) { this.toggle(id) } else { this.selected = [id] } },
    press(id, key) { this.act([id, key]) },
    pressed(event, id) {
      if (event.target !== event.currentTarget) return
      const page = Math.max(1, Math.floor(this.view / this.height) - 1), end = this.shown.length
      const by = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -end, End: end}[event.key]
      if (by) { this.go(id, by) } else if (event.key === ' ' || event.key === 'Enter') { this.pick(id) } else return
      event.preventDefault()
    },
    bring(id) {
      const place = this.shown.findIndex(r => r.id === id), box = this.$refs.scroll
      if (place < 0 || !box) return
      const row = [...box.querySelectorAll('tr[data-row]')]
      const one = row.find(r => r.dataset.row === id), head = box.querySelector('thead').offsetHeight
      const y = one && !this.many ? one.offsetTop - head : place * this.height
      if (y < box.scrollTop) box.scrollTop = y
      else if (y + this.height > box.scrollTop + box.clientHeight - head) box.scrollTop = y + this.height + head - box.clientHeight
      this.top = box.scrollTop
      this.at = id
    },
    go(id, by) {
      const now = this.shown.findIndex(r => r.id === id)
      const next = Math.max(0, Math.min(this.shown.length - 1, now + by))
      this.bring(this.shown[next].id)
      this.$nextTick(() => {
        const row = [...this.$el.querySelectorAll('tr[data-row]')].find(one => one.dataset.row === this.at)
        if (row) row.focus({preventScroll: this.many})
      })
    },
    to_top() { if (this.$refs.scroll) this.$refs.scroll.scrollTop = 0; this.top = 0 },
    scrolled() { if (this.many && this.$refs.scroll) this.top = this.$refs.scroll.scrollTop },
    measure() {
      const box = this.$refs.scroll, row = this.many && box && box.querySelector('tr[data-row]')
      if (!row || !row.offsetHeight) return
      // only what differs is told: this runs after every drawing
      if (Math.abs(row.offsetHeight - this.height) > 1) this.height = row.offsetHeight
      if (Math.abs(box.clientHeight - this.view) > 1) this.view = box.clientHeight
    },
  },
}
</script>
"""


class Table(ipyvue.VueTemplate):
    """
    A table.

    Every cell is text, never HTML: the browser escapes it. One row is a Tab stop; arrows, Page and
    Home keys go from row to row, Space and Enter choose it.

    Parameters
    ----------
    on_act : callable or mapping of str to callable, optional
        Actions of the buttons of a row by key of their column, or one action for all; called with the row's id.
    **values
        Initial values of attributes.

    Attributes
    ----------
    columns : list of dict
        ``key``, ``title``; optional ``tip``, ``right`` (numbers), ``kind``
        (state, states, bar, button). One of states has ``names``, what each of them
        is about, and ``marks``, glyph and tone of each word.
    rows : list of dict
        ``id`` and a value per column: text, a number, or a dict with
        ``text``, ``tip`` and ``rank`` (what sorts it).
    selected : list of str
        Ids of the chosen rows.
    multiple : bool
        Whether several rows can be chosen.
    label : str
        Accessible name; the placeholder by default.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
    columns: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rows: traitlets.List[Any] = traitlets.List().tag(sync=True)
    selected: traitlets.List[Any] = traitlets.List().tag(sync=True)
    multiple = traitlets.Bool(False).tag(sync=True)
    searchable = traitlets.Bool(True).tag(sync=True)
    placeholder = traitlets.Unicode("Filter rows").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    empty = traitlets.Unicode("Nothing here yet.").tag(sync=True)
    max_height = traitlets.Unicode("320px").tag(sync=True)

    def __init__(
        self,
        on_act: Callable[[str], None] | Mapping[str, Callable[[str], None]] | None = None,
        **values: Any,
    ) -> None:
        self._on_act = on_act
        super().__init__(layout=ipywidgets.Layout(width="100%"), **values)

    def vue_act(self, message: list[str] | str) -> None:
        """
        Handle a click on a button of a row.

        Parameters
        ----------
        message : list of str or str
            Id of the row, and key of the column.
        """
        identity, key = (message, "") if isinstance(message, str) else message
        act = self._on_act.get(key) if isinstance(self._on_act, Mapping) else self._on_act
        if act is not None and any(row["id"] == identity for row in self.rows):
            act(identity)
