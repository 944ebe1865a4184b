"""Planned runs as code: for reading, and as a script and a notebook that give the same products."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from miri_widgets.products.atomic import write_text

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["Exports"]


class Exports:
    """
    The runs of a session as code; `SessionModel` tells the use of each method.

    Parameters
    ----------
    session : SessionModel
        Whose plans are written.
    """

    def __init__(self, session: SessionModel) -> None:
        self.session = session

    def code(self, name: str) -> str:
        """Return the first run of a stage as Python; empty when it has none."""
        first = next((plan for plan in self.session.plans if plan.stage == name), None)
        return self.session.services.code(first) if first is not None else ""

    def script(self, upto: str | None) -> str:
        """Return all runs, up to and with a stage, as a Python program."""
        return self.session.services.script(self._plans(upto))

    def notebook(self, upto: str | None) -> str:
        """Return the same as a Jupyter notebook."""
        return self.session.services.notebook(self._plans(upto))

    def _plans(self, upto: str | None) -> list[Any]:
        """Return the runs as they would be submitted, without the accelerations that are switched off."""
        wanted = self.session.names_to(upto)
        plans = [plan for plan in self.session.plans if plan.stage in wanted]
        return self.session.acceleration.apply(plans)

    def write(self, upto: str | None) -> tuple[Path, Path]:
        """Write both into ``exports`` of the workspace; return their paths."""
        program = self.session.program
        stem = program.workspace / "exports" / "_".join(filter(None, (program.name, upto)))
        paths = stem.with_name(f"{stem.name}.py"), stem.with_name(f"{stem.name}.ipynb")
        for path, text in zip(paths, (self.script(upto), self.notebook(upto)), strict=True):
            write_text(path, text)
        return paths
