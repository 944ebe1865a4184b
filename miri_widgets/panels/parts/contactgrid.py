"""The grid of the contact sheet: thumbnails, tags and comments, by mouse and by keys, as one widget."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import ipyvue
import ipywidgets
import traitlets

from miri_widgets.products.tags import ANOMALIES

__all__ = ["ContactGrid"]

_KEYS = "1234567890d"
"""Keys of the anomalies of imaging, in their order."""


def _template() -> str:
    return (
        resources.files("miri_widgets.panels.parts").joinpath("contactgrid.vue").read_text(encoding="utf-8")
    )


class ContactGrid(ipyvue.VueTemplate):
    """
    The grid.

    Pictures are sent to the page as messages, once each: not as traits, so that a change of a tag sends a few bytes and
    notebooks do not save them. A page opened later requests them (``ready``).

    Parameters
    ----------
    on_tag : callable
        Called with the root of an exposure and the changed attributes of its tag.
    on_open : callable
        Called with the root of a clicked exposure.

    Attributes
    ----------
    sections : list of dict
        ``title``, ``words`` and ``cards``: dicts with ``id``, ``label``, ``short``, ``name``, ``tip``, ``verdict``, ``anomalies``,
        ``comment``, ``seen``, ``excluded`` and ``note``. All of them are text, never HTML: the browser escapes it.
    anomalies : list of dict
        ``name``, ``title``, ``key``: those that make sense for images first; the others without a key.
    answered : int
        Number of the last message of the page that `sections` include.
    pointed : str
        The exposure chosen elsewhere.
    """

    template = traitlets.Unicode().tag(sync=True)
    sections: traitlets.List[Any] = traitlets.List().tag(sync=True)
    anomalies: traitlets.List[Any] = traitlets.List().tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    pointed = traitlets.Unicode("").tag(sync=True)
    empty = traitlets.Unicode("No exposures yet.").tag(sync=True)

    def __init__(
        self, on_tag: Callable[[str, dict[str, Any]], None], on_open: Callable[[str], None], **values: Any
    ) -> None:
        self._on_tag = on_tag
        self._on_open = on_open
        self._pictures: dict[str, bytes] = {}
        named = [
            {"name": name, "title": title, "key": _KEYS[number] if number < len(_KEYS) else ""}
            for number, (name, title) in enumerate(ANOMALIES.items())
        ]
        super().__init__(
            template=_template(), anomalies=named, layout=ipywidgets.Layout(width="100%"), **values
        )

    @property
    def pictures(self) -> Mapping[str, bytes]:
        """PNG by exposure on the page."""
        return self._pictures

    def set_pictures(self, pictures: Mapping[str, bytes]) -> None:
        """
        Show pictures, sending only new ones to the page.

        Parameters
        ----------
        pictures : mapping of str to bytes
            PNG by exposure.
        """
        new = {root: png for root, png in pictures.items() if self._pictures.get(root) != png}
        self._pictures = dict(pictures)
        self._send_pictures(new)

    def _send_pictures(self, pictures: Mapping[str, bytes]) -> None:
        if pictures:
            urls = {
                root: "data:image/png;base64," + base64.b64encode(png).decode() if png else ""
                for root, png in pictures.items()
            }
            self.send({"method": "take", "args": [urls]})

    def vue_ready(self, _: Any = None) -> None:
        """Send all pictures to a page that has opened."""
        self._send_pictures(self._pictures)

    def vue_tag(self, message: Any) -> None:
        """
        Handle a tag set on the page.

        Parameters
        ----------
        message : dict
            ``id``, ``values`` and ``n``.
        """
        self._on_tag(str(message["id"]), dict(message["values"]))
        self.answered = int(message["n"])

    def vue_open(self, identity: Any) -> None:
        """
        Handle a click or Enter on an exposure.

        Parameters
        ----------
        identity : str
            Root of the exposure.
        """
        self._on_open(str(identity))
