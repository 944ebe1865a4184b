"""Placeholder and notices of a viewer that is not ready or had to be replaced."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from ipywidgets import HTML, Box, Button, HBox, Layout, Widget

__all__ = ["Frame"]

_PLACEHOLDER = """<div class="mw-viewer-coming" role="status" style="display:flex;flex-direction:column;
align-items:center;justify-content:center;gap:10px;height:100%;width:100%;border-radius:10px;background:#101c2b;
color:#c9d6e4;font-size:15px;text-align:center;line-height:1.5"><div style="font-size:17px;color:#fff">{title}</div>
<div>{reason}</div></div>"""

_SENTENCE = """<div class="mw-viewer-notice-text" role="alert" style="line-height:1.35;overflow-wrap:anywhere">{}</div>"""
_NOTICE_HEIGHT = "64px"

Choice = tuple[str, Callable[[], object]]
"""The text of a button and its action."""


class Frame:
    """
    The box of a viewer: a placeholder or the viewer's content, and above it a notice with buttons if needed.

    Parameters
    ----------
    height : str
        Height of the content, a CSS length; a notice is added to it.
    """

    def __init__(self, height: str) -> None:
        self._height = height
        self._placeholder = HTML(layout=Layout(width="100%", height="100%"))
        self._placeholder.add_class("mw-viewer-placeholder")
        self._content: Widget = self._placeholder
        self._text = HTML(layout=Layout(flex="1 1 auto", min_width="0"))
        self._notice = HBox([self._text])
        self._notice.layout = Layout(
            width="100%",
            height=_NOTICE_HEIGHT,
            flex=f"0 0 {_NOTICE_HEIGHT}",
            align_items="center",
            overflow="auto",
        )
        self._notice.add_class("mw-viewer-notice")
        # Trap: jdaviz fills its box only if that has a height and may shrink.
        self.widget = Box([self._placeholder], layout=Layout(width="100%", height=height, min_width="0"))
        self.widget.add_class("mw-viewer")

    @property
    def waiting_text(self) -> str:
        """The text of the placeholder, HTML."""
        return str(self._placeholder.value)

    @property
    def sentence(self) -> str:
        """The text of the notice, HTML; empty if there is none."""
        return str(self._text.value)

    @property
    def buttons(self) -> dict[str, Button]:
        """The buttons of the notice by their texts."""
        return {button.description: button for button in self._notice.children[1:]}

    def wait(self, title: str, reason: str) -> None:
        """
        Set the text of the placeholder.

        Parameters
        ----------
        title : str
            First line.
        reason : str
            Second line.
        """
        self._placeholder.value = _PLACEHOLDER.format(title=html.escape(title), reason=html.escape(reason))

    def show_content(self, content: Widget | None) -> None:
        """
        Show the viewer's content, or the placeholder for None.

        Parameters
        ----------
        content : Widget or None
            The widget of the viewer.
        """
        self._content = self._placeholder if content is None else content
        self._arrange()

    def notify(self, sentence: str, choices: Sequence[Choice] = ()) -> None:
        """
        Show a notice with buttons above the viewer; an empty sentence removes it.

        Parameters
        ----------
        sentence : str
            Text of the notice.
        choices : sequence of (str, callable)
            Text and action of each button.
        """
        old = self._notice.children[1:]
        self._text.value = _SENTENCE.format(html.escape(sentence)) if sentence else ""
        self._notice.children = (self._text, *(_button(*item) for item in choices))
        for item in old:
            item.close()
        self._arrange()

    def close(self) -> None:
        """Free the widgets."""
        for widget in (*self._notice.children, self._notice, self._placeholder, self.widget):
            widget.close()

    def _arrange(self) -> None:
        layout = self.widget.layout
        layout.height = f"calc({self._height} + {_NOTICE_HEIGHT})" if self.sentence else self._height
        layout.flex_flow = "column-reverse" if self.sentence else "row"
        # the notice is second, so that the page keeps the content when the notice comes and goes
        children = (self._content, self._notice) if self.sentence else (self._content,)
        if self.widget.children != children:
            self.widget.children = children


def _button(text: str, action: Callable[[], object]) -> Button:
    button = Button(description=text, layout=Layout(width="auto", flex="0 0 auto"))
    button.on_click(lambda _: action())
    return button
