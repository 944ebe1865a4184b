"""What axe holds against a page, what a mouse can use and keys cannot, and a walk with the Tab key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

__all__ = ["FOCUSED", "darken", "findings", "go_to", "walk", "without_keys"]

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")

LEFT_OUT: dict[str, str] = {}
"""Selectors that are not checked, each with the reason."""

_LOOK = """async ([within, left_out]) => {
  // axe takes text beyond a parent that cuts for unseen; Voila's page is drawn beyond its body
  document.body.style.overflow = 'visible'
  const found = await axe.run({include: [within], exclude: left_out}, {resultTypes: ['violations', 'passes']})
  document.body.style.overflow = ''
  const told = found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 200)} | ${node.failureSummary.slice(0, 200)}`))
  const read = found.passes.filter(one => one.id === 'color-contrast').flatMap(one => one.nodes)
  return [told, read.filter(one => !/^<(input|select|textarea)/.test(one.html)).length]
}"""

FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one)
  return {
    tag: one.tagName, role: one.getAttribute('role') || '', id: one.dataset.tab || one.dataset.row || '',
    words: (one.getAttribute('aria-label') || one.matches('iframe') && one.title || (one.labels && one.labels[0] || one).textContent || '').trim(),
    // a frame does not know that what is in it has the focus, which has a mark of its own
    ours: Boolean(one.closest('.mw-app')), seen: one.matches('iframe') || style.outlineStyle !== 'none' || style.boxShadow !== 'none',
    within: ['mw-summary', 'mw-tabs-steps', 'mw-table', 'mw-form', 'mw-fold', 'mw-runbar', 'mw-row', 'mw-filters',
      'mw-viewer-strip', 'mw-tabs-plain'].filter(name => one.closest('.' + name)),
    html: one.outerHTML.slice(0, 160),
  }
}"""

_WITHOUT_KEYS = """within => {
  const stops = 'a[href], button, input, select, textarea, summary, label, option, [tabindex], th:has(button), iframe'
  const hand = node => getComputedStyle(node).cursor === 'pointer'
  return [...document.querySelectorAll(within + ' *')].filter(
    one => one.checkVisibility() && hand(one) && !hand(one.parentElement) && !one.closest(stops)
      && !one.closest('.bqplot')).map(one => one.outerHTML.slice(0, 160))
}"""


_DARK = """async url => {
  const style = document.createElement('style')
  style.textContent = await (await fetch(url)).text()
  document.head.append(style)
  document.body.dataset.jpThemeLight = 'false'
  document.body.style.background = '#111'
}"""


def findings(page: Page, within: str = "html") -> list[str]:
    """What axe holds against a page, or a part of it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    told, read = page.evaluate(_LOOK, [within, list(LEFT_OUT)])
    assert read or told, f"axe has read no text within {within}"
    return list(told)


def darken(page: Page, server: Any) -> None:
    """Put in the colours of JupyterLab's dark theme, which the pages of the server do not have."""
    page.evaluate(_DARK, server.url + "voila/static/theme-dark.css")


def without_keys(page: Page, within: str) -> list[str]:
    """What has a hand for the mouse, and can be reached by no key; charts are told in words and rows beside them."""
    return list(page.evaluate(_WITHOUT_KEYS, within))


def go_to(page: Page, wanted: Callable[[dict[str, Any]], bool], key: str = "Tab") -> dict[str, Any]:
    """Press a key until the focus is where it should be; nothing on the way may be without a mark."""
    for _ in range(120):
        page.keyboard.press(key)
        focused = dict(page.evaluate(FOCUSED))
        assert focused["seen"] or not focused["ours"], f"focus cannot be seen: {focused}"
        if wanted(focused):
            return focused
    raise AssertionError("not reached by the Tab key")


def walk(page: Page, most: int = 150) -> list[dict[str, Any]]:
    """Press the Tab key from where the focus is until it leaves the page; return where it stopped."""
    stops: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = dict(page.evaluate(FOCUSED))
        if focused["tag"] == "BODY" and stops:
            return stops
        stops.append(focused)
    raise AssertionError(f"the focus never leaves the page: {stops[-5:]}")
