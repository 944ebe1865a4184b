"""The look: one stylesheet, escaped text, help pages."""

from __future__ import annotations

import html
from functools import lru_cache
from importlib import resources
from typing import Any

import ipywidgets
import mistune

__all__ = [
    "GLYPHS",
    "TONES",
    "button",
    "chip",
    "escape",
    "help_page",
    "help_text",
    "sentences",
    "stylesheet",
    "text",
]

GLYPHS = {
    "loading": "…",
    "blocked": "○",
    "ready": "○",
    "not run": "○",
    "waiting": "…",
    "running": "●",
    "done": "✓",
    "partly done": "◐",
    "out of date": "↻",
    "asks you": "?",
    "failed": "✗",
    "cancelled": "–",
}
"""A shape for every state, so that nothing is told by colour alone."""

TONES = {
    "running": "run",
    "waiting": "wait",
    "done": "good",
    "partly done": "run",
    "out of date": "warn",
    "asks you": "bad",
    "failed": "bad",
}
"""Colour class of the states that have one."""


def escape(value: object) -> str:
    """Return a value as text that is safe inside HTML: for everything from files, headers and users."""
    return html.escape(str(value), quote=True)


def text(value: str = "", *classes: str) -> ipywidgets.HTML:
    """Return a widget for HTML; what is put into it must be escaped already."""
    widget = ipywidgets.HTML(value)
    for name in ("mw-text", *classes):
        widget.add_class(name)
    return widget


def button(label: str, *classes: str, tip: str = "", icon: str = "") -> ipywidgets.Button:
    """Return a button in the look of the page."""
    widget = ipywidgets.Button(description=label, tooltip=tip or label, icon=icon)
    widget.layout.width = "auto"
    for name in ("mw-button", *classes):
        widget.add_class(name)
    return widget


def chip(state: Any, words: str = "") -> str:
    """Return HTML that shows a state: shape, word, colour."""
    name = str(state)
    return (
        f'<span class="mw-chip mw-{TONES.get(name, "calm")}">'
        f'<span aria-hidden="true">{GLYPHS.get(name, "")}</span> {escape(words or name)}</span>'
    )


def sentences(lines: list[str] | tuple[str, ...], tone: str) -> str:
    """Return HTML for some sentences; backquoted words are shown as code."""
    shown = []
    for line in lines:
        parts = escape(line).split("`")
        words = "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
        shown.append(f'<p class="mw-sentence mw-{tone}">{words}</p>')
    return "".join(shown)


def stylesheet() -> ipywidgets.HTML:
    """Return the widget that brings the stylesheet."""
    style = resources.files("miri_widgets.panels").joinpath("style.css").read_text(encoding="utf-8")
    widget = ipywidgets.HTML(f"<style>{style}</style>")
    widget.layout.display = "none"
    return widget


@lru_cache
def help_page(name: str) -> str:
    """Return a page of ``panels/help`` as HTML; empty when there is none."""
    page = resources.files("miri_widgets.panels").joinpath("help", f"{name}.md")
    if not page.is_file():
        return ""
    return help_text(page.read_text(encoding="utf-8"))


def help_text(markdown: str) -> str:
    """Return Markdown as HTML in the look of a help page; HTML inside is shown as text."""
    render = mistune.create_markdown(escape=True)
    return f'<div class="mw-help">{render(markdown)}</div>'
