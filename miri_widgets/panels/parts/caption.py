"""The title of what is in view: what it is, and whether the current settings made it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from miri_widgets.models.in_view import Content, InView, time_of_writing
from miri_widgets.models.session import SessionModel
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import suffix_of
from miri_widgets.products.program_schema import STARTS

__all__ = ["Caption", "caption_of", "origin_of"]


@dataclass(frozen=True)
class Caption:
    """
    The title of what is in view.

    Attributes
    ----------
    title, detail : str
        Plain text.
    warns : bool
        Whether `detail` is a warning.
    """

    title: str
    detail: str
    warns: bool = False


def caption_of(session: SessionModel) -> Caption:
    """Return the title of what is in view now; what was made with other settings, or is gone, is named so."""
    view = session.displayed
    if view.content is Content.NOTHING:
        return Caption("Viewer", "The newest product appears here by itself.")
    exposure = session.programs.find(view.root)
    name = exposure.label if exposure is not None else view.root
    if view.content is Content.PREVIEW:
        short = session.models[view.stage].stage.short if view.stage in session.models else view.stage
        again = "" if session.previews.fresh else "of the settings before: being computed again · "
        both = f"{_pair_text(view)} · " if view.is_pair else ""
        return Caption(view.label, f"{both}{short} · {name} · {again}nothing is written")
    if view.content is Content.GROUPS:
        return Caption(view.label, "DN · nothing is written")
    if view.content is Content.PAIR:
        now = time_of_writing(view.file) if view.file is not None else 0
        gone = "" if now == view.written else " · a file was written again since, or is gone"
        return Caption(view.label, f"{view.stage} · {_pair_text(view)}{gone}", warns=bool(gone))
    if view.content is not Content.PRODUCT:
        product = shown_name(view.product) if view.product is not None else ""
        return Caption(view.label, " · ".join(part for part in (view.stage, product) if part))
    assert view.file is not None
    detail, is_now = origin_of(session, view.file)
    now = time_of_writing(view.file)
    if not now:
        return Caption(view.label, f"{detail} · the file is no longer there", warns=True)
    if now != view.written:
        return Caption(view.label, f"{detail} · the file was written again since", warns=True)
    return Caption(view.label, detail, warns=not is_now)


def _pair_text(view: InView) -> str:
    """Return how two images are in view, and what they are called."""
    return f"{view.mode}: {view.names[0]} | {view.names[1]}"


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
