"""Style of the page: stylesheet, escaped text, help pages."""

from __future__ import annotations

import html
from functools import lru_cache
from importlib import resources
from typing import Any, TypeVar

import ipywidgets
import mistune

from miri_widgets.panels.parts.accessibility import AccessibilityScript

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
"""A glyph for every state, so that nothing depends on colour alone."""

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
    """
    Escape a value from files, headers or users for HTML.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    str
        Safe text.
    """
    return html.escape(str(value), quote=True)


def counted(number: int, noun: str) -> str:
    """
    Format a number with its noun: "1 exposure", "5 exposures".

    Parameters
    ----------
    number : int
        The number.
    noun : str
        The noun, in the singular.

    Returns
    -------
    str
        The text.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def text(value: str = "", *classes: str) -> ipywidgets.HTML:
    """
    Return a widget for HTML.

    Parameters
    ----------
    value : str
        HTML, already escaped.
    *classes
        CSS classes.

    Returns
    -------
    ipywidgets.HTML
        The widget.
    """
    widget = ipywidgets.HTML(value)
    for name in ("mw-text", *classes):
        widget.add_class(name)
    return widget


def button(label: str, *classes: str, tip: str = "", icon: str = "") -> ipywidgets.Button:
    """
    Return a button in the style of the page.

    Parameters
    ----------
    label : str
        Text of the button.
    *classes
        CSS classes.
    tip : str
        Tooltip; the label by default.
    icon : str
        Name of an icon.

    Returns
    -------
    ipywidgets.Button
        The button.
    """
    widget = ipywidgets.Button(description=label, tooltip=tip or label, icon=icon)
    widget.layout.width = "auto"
    for name in ("mw-button", *classes):
        widget.add_class(name)
    return widget


def named(control: _Control, name: str) -> _Control:
    """
    Give a control an accessible name; others see its label beside it.

    Parameters
    ----------
    control : DOMWidget
        The control.
    name : str
        The name.

    Returns
    -------
    DOMWidget
        The control.
    """
    control.description = name
    control.add_class("mw-named")
    return control


def chip(state: Any, label: str = "") -> str:
    """
    Return the HTML of a state: glyph, text, colour.

    Parameters
    ----------
    state : str
        The state.
    label : str
        Text to show; the state by default.

    Returns
    -------
    str
        HTML.
    """
    name = str(state)
    return (
        f'<span class="mw-chip mw-{TONES.get(name, "calm")}">'
        f'<span aria-hidden="true">{GLYPHS.get(name, "")}</span> {escape(label or name)}</span>'
    )


def sentences(lines: list[str] | tuple[str, ...], tone: str) -> str:
    """
    Return sentences as HTML; text in backquotes is shown as code, and bad news are announced to screen readers.

    Parameters
    ----------
    lines : list of str or tuple of str
        The sentences.
    tone : str
        CSS tone, such as "good", "warn" or "bad".

    Returns
    -------
    str
        HTML.
    """
    role = ' role="alert"' if tone == "bad" else ""
    shown = []
    for line in lines:
        pieces = escape(line).split("`")
        content = "".join(
            f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces)
        )
        shown.append(f'<p class="mw-sentence mw-{tone}"{role}>{content}</p>')
    return "".join(shown)


def stylesheet() -> ipywidgets.Box:
    """
    Return the hidden widget with the stylesheet and the accessibility script.

    Returns
    -------
    ipywidgets.Box
        The widget.
    """
    style = resources.files("miri_widgets.panels").joinpath("style.css").read_text(encoding="utf-8")
    widget = ipywidgets.Box([ipywidgets.HTML(f"<style>{style}</style>"), AccessibilityScript()])
    widget.layout.display = "none"
    return widget


@lru_cache
def help_page(name: str) -> str:
    """
    Return a page of ``panels/help`` as HTML.

    Parameters
    ----------
    name : str
        Name of the page.

    Returns
    -------
    str
        HTML; empty without such a page.
    """
    page = resources.files("miri_widgets.panels").joinpath("help", f"{name}.md")
    if not page.is_file():
        return ""
    return help_text(page.read_text(encoding="utf-8"))


def help_text(markdown: str) -> str:
    """
    Render Markdown as a help page; HTML inside is shown as text.

    Parameters
    ----------
    markdown : str
        The page.

    Returns
    -------
    str
        HTML.
    """
    render = mistune.create_markdown(escape=True)
    return f'<div class="mw-help">{render(markdown)}</div>'
