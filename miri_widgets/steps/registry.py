"""Our steps as stpipe lists and finds them: ``stpipe list``, ``strun ALIAS``."""

from __future__ import annotations

from pathlib import Path

from miri_widgets.steps.source_declarations import read_aliases

__all__ = ["CLASSES", "get_steps"]

CLASSES: dict[str, str] = read_aliases(Path(__file__).parent, __package__ or "miri_widgets.steps")
"""Dotted class name by alias; a test holds it against the classes."""


def get_steps() -> list[tuple[str, str, bool]]:
    """
    Return class name, alias, and whether it is a pipeline, of every step of ours; none is imported.

    This is the entry point ``stpipe.steps`` of this package.
    """
    return [(dotted, alias, dotted.endswith("Pipeline")) for alias, dotted in CLASSES.items()]
