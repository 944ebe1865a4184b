"""The look: one stylesheet, escaped text, help pages."""

from __future__ import annotations

import html
from functools import lru_cache
from importlib import resources
from typing import Any, TypeVar

import ipywidgets
import mistune

from miri_widgets.panels.parts.accessibility import Mender

__all__ = [
    "GLYPHS",
    "TONES",
    "button",
    "chip",
    "counted",
    "escape",
    "help_page",
    "help_text",
    "named",
    "sentences",
    "stylesheet",
    "text",
]

_Control = TypeVar("_Control", bound=ipywidgets.DOMWidget)

GLYPHS = {
    "loading": "…",
    "blocked": "○",
    "ready": "○",
    "not run": "○",
    "waiting": "…",
    "queued": "…",
    "running": "●",
    "done": "✓",
    "done, with steps left out": "!",
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
    "queued": "wait",
    "done": "good",
    "done, with steps left out": "warn",
    "out of date": "warn",
    "asks you": "bad",
    "failed": "bad",
}
"""Colour class of the states that have one."""


def escape(value: object) -> str:
    """Return a value as text that is safe inside HTML: for everything from files, headers and users."""
    return html.escape(str(value), quote=True)


def counted(number: int, noun: str) -> str:
    """Return a number and what is counted: "1 exposure", "5 exposures"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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


def named(control: _Control, name: str) -> _Control:
    """Give a control a name for those who hear the page; others see what it is from what stands beside it."""
    control.description = name
    control.add_class("mw-named")
    return control


def chip(state: Any, words: str = "") -> str:
    """Return HTML that shows a state: shape, word, colour."""
    name = str(state)
    return (
        f'<span class="mw-chip mw-{TONES.get(name, "calm")}">'
        f'<span aria-hidden="true">{GLYPHS.get(name, "")}</span> {escape(words or name)}</span>'
    )


def sentences(lines: list[str] | tuple[str, ...], tone: str) -> str:
    """Return HTML for some sentences; backquoted words are shown as code. Bad news are read out when they come."""
    role = ' role="alert"' if tone == "bad" else ""
    shown = []
    for line in lines:
        parts = escape(line).split("`")
        words = "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
        shown.append(f'<p class="mw-sentence mw-{tone}"{role}>{words}</p>')
    return "".join(shown)


def stylesheet() -> ipywidgets.Box:
    """Return the widget that brings the stylesheet, and what mends the controls of others for keys and ears."""
    style = resources.files("miri_widgets.panels").joinpath("style.css").read_text(encoding="utf-8")
    widget = ipywidgets.Box([ipywidgets.HTML(f"<style>{style}</style>"), Mender()])
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
