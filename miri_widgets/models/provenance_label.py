"""What made a product, for people: a stage with the settings of now, another hand, or settings of before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.products.names import suffix_of
from miri_widgets.products.program_schema import STARTS

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["origin_of"]


def origin_of(session: SessionModel, path: Path) -> tuple[str, bool]:
    """
    Return what a product is, and whether the settings of now made it.

    Parameters
    ----------
    session : SessionModel
        With its runs of now.
    path : Path
        A product of a run, or a file in the program's folders.

    Returns
    -------
    str
        A few words.
    bool
        False for a product of a run with other settings.
    """
    for stage in session.stages.values():
        for row in stage.rows:
            if path in row.products:
                exposure = session.programs.find(row.exposures[0]) if len(row.exposures) == 1 else None
                return f"{stage.stage.short} · {exposure.label if exposure else row.label}", True
    if path.is_relative_to(session.program.workspace / "runs"):
        return "↻ out of date: made with other settings", False
    if suffix_of(path) == "i2d":
        return "mosaic in the program's folders", True
    return STARTS[session.program.start].removesuffix("s"), True
