"""What a session remembers, and how it is brought back; the file is `miri_widgets.products.session_file`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["memory_of", "recall"]


def memory_of(session: SessionModel) -> dict[str, Any]:
    """Return the choices of a session as plain values."""
    return {
        "settings": {name: stage.settings.user for name, stage in session.models.items()},
        "chain": list(session.chain),
        "excluded": sorted(session.programs.excluded),
        "selected": list(session.programs.selected),
        "tab": session.tab,
        "shown": str(session.shown or ""),
        "extension": session.extension,
        "picked": session.picked,
        "view": session.in_view(),
        "accelerated": session.acceleration.wanted,
    }


def recall(session: SessionModel, found: Mapping[str, Any]) -> None:
    """
    Let a session be as it was; what is no longer there is left out.

    Parameters
    ----------
    session : SessionModel
        Its exposures are known. Settings are restored where they are laid out.
    found : mapping
        `SessionFile.values`.
    """
    if "chain" in found:
        session.recall_chain(found["chain"])
    programs = session.programs
    known = {exposure.root for exposure in programs.exposures}
    programs.excluded = frozenset(known & set(found.get("excluded", ())))
    programs.selected = tuple(root for root in found.get("selected", ()) if root in known)
    session.tab = found.get("tab", session.tab)  # the dashboard knows its tabs
    shown = found.get("shown", "")
    with contextlib.suppress(OSError, ValueError):  # a name that no file can have
        if shown and Path(shown).is_file():
            extension = found.get("extension", "SCI")
            session.show(Path(shown), picked=bool(found.get("picked")), extension=extension)
    session.recalled = found.get("view", {})
    session.acceleration.wanted = found.get("accelerated", True)
