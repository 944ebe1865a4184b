"""What the user chose, as the text of the session file: a reload finds it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["memory_text", "read_memory"]

_VERSION = 1


def read_memory(path: Path) -> dict[str, Any]:
    """Return what a session file holds; nothing when there is none, or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and content.get("version") == _VERSION else {}


def memory_text(session: SessionModel) -> str:
    """Return the choices of a session as text."""
    values = {
        "version": _VERSION,
        "settings": {name: stage.settings.user for name, stage in session.models.items()},
        "chain": list(session.chain),
        "excluded": sorted(session.programs.excluded),
        "selected": list(session.programs.selected),
        "tab": session.tab,
        "shown": str(session.shown or ""),
        "picked": session.picked,
    }
    return json.dumps(values, indent=1, sort_keys=True) + "\n"
