"""The fields of a stage's help page, which is the panel's own: one source for both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FIELDS", "HELP", "Help", "parse_help", "read_help"]

HELP = Path(__file__).parents[2] / "miri_widgets" / "panels" / "help"
FIELDS = {
    "when": "When to use it",
    "never": "When not to use it",
    "good": "How good it is",
    "source": "Source",
}
"""Headings of the fields, in their order; what comes before them is what the stage does."""


@dataclass(frozen=True)
class Help:
    """What a help page says: each field as Markdown."""

    what: str
    when: str
    never: str
    good: str
    source: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of figures that the page names."""
        return tuple(dict.fromkeys(re.findall(r"`([a-z0-9_]+(?:\.[a-z0-9_]+)+)`", self.good)))

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts of ``science.py`` that measure them."""
        found = re.search(r"`science\.py ([\w ]+)`", self.good)
        return tuple(found.group(1).split()) if found else ()


def read_help(name: str) -> Help:
    """
    Read the help page of a stage.

    Raises
    ------
    ValueError
        If a field is missing, empty, or out of order.
    """
    return parse_help((HELP / f"{name}.md").read_text(encoding="utf-8"), name)


def parse_help(text: str, name: str) -> Help:
    """
    Return the fields of a help page.

    Parameters
    ----------
    text : str
        The page, as Markdown.
    name : str
        The stage, for the sentence of an error.

    Raises
    ------
    ValueError
        If a field is missing, empty, or out of order.
    """
    what, *parts = re.split(r"^### (.+)$\n", text, flags=re.MULTILINE)
    titles, bodies = parts[::2], [body.strip() for body in parts[1::2]]
    if titles != list(FIELDS.values()) or not what.strip() or not all(bodies):
        raise ValueError(f"{name}.md has the fields {titles}, not {list(FIELDS.values())}, each with words")
    return Help(what.strip(), *bodies)
