"""The menu at the end of a tool bar, with what the width of the bar does not hold."""

from __future__ import annotations

import ipyvue
import ipywidgets
import traitlets

__all__ = ["OverflowMenu"]

_TEMPLATE = """
<template>
  <div class="mw-tool mw-more" :class="{'mw-open': opened}" data-tool="more" @keydown.esc.capture.stop="close" @focusout="left">
    <button type="button" class="mw-tool-button" ref="button" :aria-expanded="opened ? 'true' : 'false'" title="Tools for which the bar is too narrow"
      :class="{'mw-active': items.some(i => i.active)}" @click="opened = !opened">More<span aria-hidden="true" class="mw-tool-arrow">▾</span></button>
    <div class="mw-tool-content mw-more-list" v-show="opened" role="group" aria-label="More tools"><button v-for="(i, n) in items" :key="i.title" type="button"
      :class="['mw-tool-button', {'mw-active': i.active}]" :aria-pressed="i.active ? 'true' : 'false'" :data-more-item="i.name" @click="choose(n)">{{ i.title }}
      <span class="mw-tool-detail" v-if="i.detail">{{ i.detail }}</span><kbd v-if="i.key">{{ i.key }}</kbd></button></div>
  </div>
</template>
<script>
module.exports = {
  data() { return {opened: false, items: []} },
  watch: { opened() { if (this.opened) this.$nextTick(this.place) } },
  mounted() {
    this.hidden = []
    this.$el.style.display = 'none'
    this.$nextTick(() => {
      this.bar = this.$el.closest('.mw-toolbar')
      if (!this.bar) return
      this.sizes = new ResizeObserver(this.soon)
      this.sizes.observe(this.bar)
      this.changes = new MutationObserver(records => {
        if (records.some(r => !(r.target.closest ? r.target : r.target.parentElement || this.$el).closest('.mw-tool-content'))) this.soon()
      })
      this.watch_bar()
      if (document.fonts) document.fonts.ready.then(this.soon)
      this.soon()
    })
    this.outside = event => { if (this.opened && !this.$el.contains(event.target)) this.opened = false }
    document.addEventListener('pointerdown', this.outside, true)
  },
  beforeDestroy() {
    document.removeEventListener('pointerdown', this.outside, true)
    cancelAnimationFrame(this.waits)
    if (this.sizes) { this.sizes.disconnect(); this.changes.disconnect() }
  },
  methods: {
    watch_bar() {
      this.changes.observe(this.bar, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class', 'style', 'aria-pressed']})
    },
    soon() { cancelAnimationFrame(this.waits); this.waits = requestAnimationFrame(this.fit) },
    // in the order in which they leave the bar: menus from the right, then the ways to compare
    parts() {
      const tools = [...this.bar.querySelectorAll('.mw-tool')].filter(one => one !== this.$el)
      return [...tools.reverse(), ...[...this.bar.querySelectorAll('.mw-look')].reverse()]
    },
    fits() {
      const box = this.bar.getBoundingClientRect(), padding = parseFloat(getComputedStyle(this.bar).paddingRight)
      const ends = [...this.bar.children].map(one => one.getBoundingClientRect()).filter(own => own.width > 0).map(own => own.right)
      return Math.max(...ends) <= box.right - padding + 0.5
    },
    fit() {
      if (!this.bar.offsetWidth) return
      this.bar.closest('.mw-frame').toggleAttribute('data-narrow', this.bar.offsetWidth < 360)
      const parts = this.parts(), hidden = []
      for (const one of parts) one.removeAttribute('data-more')
      const shown = this.$el.style
      shown.position = 'absolute'  // out of the row, but not away: it may have the focus
      this.bar.removeAttribute('data-tight')
      for (const tight of ['some', 'most']) if (!this.fits()) this.bar.setAttribute('data-tight', tight)
      if (!this.fits()) {
        shown.position = shown.display = ''
        for (const one of parts) {
          if (this.fits()) break
          one.setAttribute('data-more', '')
          hidden.push(one)
        }
      }
      shown.position = ''
      shown.display = hidden.length ? '' : 'none'
      this.hidden = hidden.reverse()
      const items = this.hidden.map(this.item)
      if (JSON.stringify(items) !== JSON.stringify(this.items)) this.items = items
      if (!items.length) this.opened = false
      this.changes.takeRecords()  // what was changed here
    },
    item(one) {
      const button = one.matches('.mw-look') ? one : one.querySelector('.mw-tool-button')
      const key = button.querySelector('kbd'), detail = button.querySelector('.mw-tool-detail')
      return {
        name: one.dataset.tool || '', title: button.firstChild.textContent.trim(), key: key ? key.textContent : '',
        detail: detail ? detail.textContent : '', active: button.classList.contains('mw-active') || one.classList.contains('mw-open'),
      }
    },
    choose(number) {
      const one = this.hidden[number]
      this.opened = false
      if (one.matches('.mw-look')) { one.click(); this.$refs.button.focus(); return }
      one.querySelector('.mw-tool-button').click()
      setTimeout(() => {
        const first = one.querySelector('.mw-tool-content :is(button, select, input)')
        if (first && first.checkVisibility()) first.focus()
      }, 60)
    },
    close() { if (this.opened) { this.opened = false; this.$refs.button.focus() } },
    left(event) { if (event.relatedTarget && !this.$el.contains(event.relatedTarget)) this.opened = false },
    place() {
      const frame = this.$el.closest('.mw-frame'), menu = this.$el.querySelector('.mw-tool-content')
      if (!frame) return
      const box = frame.getBoundingClientRect(), own = this.$el.getBoundingClientRect()
      menu.style.maxWidth = Math.min(460, box.width - 12) + 'px'
      menu.style.left = Math.min(0, box.right - 8 - own.left - menu.offsetWidth) + 'px'
    },
  },
}
</script>
"""


class OverflowMenu(ipyvue.VueTemplate):
    """
    A menu of those buttons of its tool bar for which there is no room; away while all of them fit.

    The buttons stay where they are in the document and keep their menus: what is chosen here is pressed there.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)

    def __init__(self) -> None:
        super().__init__(layout=ipywidgets.Layout(width="auto", flex="0 0 auto"))
