"""What the page says while its viewer is not there, or is not the one that was wanted."""

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
"""The text of a button and what it does."""


class Frame:
    """
    The box of a viewer: a placeholder, then what draws, and above either a sentence with buttons when there is need.

    Parameters
    ----------
    height : str
        Height of what draws, a CSS length; a sentence comes on top of it.
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
        """What the placeholder says, HTML."""
        return str(self._placeholder.value)

    @property
    def sentence(self) -> str:
        """What the notice says, HTML; empty when there is none."""
        return str(self._text.value)

    @property
    def buttons(self) -> dict[str, Button]:
        """The buttons of the notice, by their texts."""
        return {each.description: each for each in self._notice.children[1:]}

    def wait(self, title: str, reason: str) -> None:
        """Write into the placeholder."""
        self._placeholder.value = _PLACEHOLDER.format(title=html.escape(title), reason=html.escape(reason))

    def hold(self, content: Widget | None) -> None:
        """Show what draws; None brings the placeholder back."""
        self._content = self._placeholder if content is None else content
        self._arrange()

    def notify(self, sentence: str, choices: Sequence[Choice] = ()) -> None:
        """Show a sentence with buttons above the viewer; an empty one takes it away."""
        old = self._notice.children[1:]
        self._text.value = _SENTENCE.format(html.escape(sentence)) if sentence else ""
        self._notice.children = (self._text, *(_button(*each) for each in choices))
        for each in old:
            each.close()
        self._arrange()

    def close(self) -> None:
        """Free the widgets."""
        for each in (*self._notice.children, self._notice, self._placeholder, self.widget):
            each.close()

    def _arrange(self) -> None:
        layout = self.widget.layout
        layout.height = f"calc({self._height} + {_NOTICE_HEIGHT})" if self.sentence else self._height
        layout.flex_flow = "column-reverse" if self.sentence else "row"
        # the notice is the second: the page keeps what draws as it is when the notice comes and goes
        wanted = (self._content, self._notice) if self.sentence else (self._content,)
        if self.widget.children != wanted:
            self.widget.children = wanted


def _button(text: str, action: Callable[[], object]) -> Button:
    made = Button(description=text, layout=Layout(width="auto", flex="0 0 auto"))
    made.on_click(lambda _: action())
    return made
