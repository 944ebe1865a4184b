"""Accessibility of third-party controls: roles, names and keys for accordions, sliders, toggles, figures."""

from __future__ import annotations

import ipyvue
import traitlets

__all__ = ["AccessibilityScript"]

_TEMPLATE = """
<template><span class="mw-mender"></span></template>
<script>
// Lumino's folds take clicks only; noUiSlider's handles, toggles and figures have no name or state of their own.
const PAUSE = 60, KEY = '__miriWidgetsMender'
const put = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value) }
const words = node => node ? node.textContent.trim().replace(/\\s+/g, ' ') : ''
const each = (selector, call) => document.querySelectorAll(selector).forEach(call)
function by_keys(event) {
  if (event.key !== 'Enter' && event.key !== ' ') return
  event.preventDefault()
  event.currentTarget.click()
}
function heading_of(node) {
  for (let up = node; up && !up.classList.contains('mw-app'); up = up.parentElement) {
    for (let one = up.previousElementSibling; one; one = one.previousElementSibling) {
      const found = one.matches('.mw-heading, .mw-chart-words') ? one : one.querySelector('.mw-heading')
      if (words(found)) return words(found)
    }
  }
  return ''
}
const TOOLS = {
  'jdaviz:homezoom': 'Whole image', 'jdaviz:boxzoom': 'Zoom into a box', 'jdaviz:imagepanzoom': 'Pan and zoom',
  'bqplot:truecircle': 'Draw a circle', 'bqplot:rectangle': 'Draw a rectangle', 'bqplot:ellipse': 'Draw an ellipse',
  'jdaviz:contrastbias': 'Contrast and bias', 'jdaviz:viewer_clone': 'One more viewer',
}
function tip_of(node) {
  for (let up = node, far = 0; up && far < 5; up = up.parentElement, far++) {
    for (let vue = up.__vue__, high = 0; vue && high < 4; vue = vue.$parent, high++) {
      // a document that is not shown runs nothing
      if (typeof vue.getTooltipHtml === 'function') {
        return words(new DOMParser().parseFromString(String(vue.getTooltipHtml() || ''), 'text/html').body)
      }
    }
  }
  return ''
}
function glyph_of(node) {
  if (node.classList.contains('suboptions-carrot')) return 'More of these tools'
  const icon = node.matches('.mdi') ? node : node.querySelector('.mdi')
  const name = icon && [...icon.classList].find(one => one.startsWith('mdi-'))
  return name ? name.slice(4).replace(/-/g, ' ') : (node.value || '').split(':').pop().replace(/_/g, ' ')
}
function mend() {
  each('.mw-app .jupyter-widget-Collapse-header', head => {
    put(head, 'role', 'button'); put(head, 'tabindex', '0')
    put(head, 'aria-expanded', String(head.parentElement.classList.contains('jupyter-widget-Collapse-open')))
    head.onkeydown = by_keys
  })
  each('.mw-app .noUi-handle', handle => {
    put(handle, 'aria-label', words(handle.closest('.jupyter-widgets').querySelector('.widget-label')) || 'value')
  })
  each('.mw-app .widget-colorpicker input[type=color]', one => {
    // its label belongs to the text field beside it
    put(one, 'aria-label', words(one.closest('.widget-colorpicker').querySelector('.widget-label')) || 'colour')
  })
  each('.mw-app .widget-toggle-button, .mw-app .widget-toggle-buttons button', one => {
    if (one.tagName === 'BUTTON') put(one, 'aria-pressed', String(one.classList.contains('mod-active')))
  })
  each('.mw-app .bqplot > svg.svg-figure, .mw-app .bqplot svg.svg-figure', drawing => {
    put(drawing, 'role', 'img'); put(drawing, 'aria-label', 'Chart. ' + heading_of(drawing.closest('.bqplot')))
  })
  each('.mw-body', body => {
    const tabs = body.previousElementSibling && body.previousElementSibling.querySelector('[role=tab][aria-selected=true]')
    if (tabs) { put(body, 'role', 'tabpanel'); put(body, 'aria-label', words(tabs.querySelector('.mw-tab-title'))) }
  })
  // jdaviz: its tools are icons, whose tips are made when a mouse comes
  each('.mw-viewer button:not([aria-label]), .mw-viewer span[role=button]:not([aria-label])', one => {
    const name = words(one) || tip_of(one) || TOOLS[one.value] || glyph_of(one)
    if (name) put(one, 'aria-label', name)
  })
  // the glyph of an icon font is no word of a name
  each('.mw-app i.fa', one => put(one, 'aria-hidden', 'true'))
  each('.mw-viewer img:not([alt])', one => put(one, 'alt', ''))
  each('.mw-app button:not([aria-label])', one => {
    // an icon alone, or a glyph: what its tip says
    if (!/\\p{L}/u.test(words(one)) && one.title) put(one, 'aria-label', one.title)
  })
}
module.exports = {
  mounted() {
    const shared = window[KEY] = window[KEY] || {users: 0}
    shared.users += 1
    if (shared.users > 1) return
    let timer = null
    const soon = () => { if (!timer) timer = setTimeout(() => { timer = null; mend() }, PAUSE) }
    shared.watch = new MutationObserver(soon)
    shared.watch.observe(document.body, {
      subtree: true, childList: true, attributes: true, attributeFilter: ['class', 'aria-selected'],
    })
    mend()
  },
  beforeDestroy() {
    const shared = window[KEY]
    shared.users -= 1
    if (shared.users === 0) shared.watch.disconnect()
  },
}
</script>
"""


class AccessibilityScript(ipyvue.VueTemplate):
    """
    Invisible; gives roles, names, states and keys to controls of other libraries inside the panels.

    A page may hold several; only one is active.
    """

    template = traitlets.Unicode(_TEMPLATE).tag(sync=True)
