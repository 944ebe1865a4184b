"""Images that are computed and lie in no file, as what is in view: comparisons, previews, differences of groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from miri_widgets.analysis.comparison import Comparison
from miri_widgets.errors import WrongSuffixError
from miri_widgets.models.in_view import COMPARED, PREVIEWS, Content, InView, time_of_writing
from miri_widgets.models.session import SessionModel
from miri_widgets.products.names import ExposureName

__all__ = ["comparison_in_view", "groups_in_view", "preview_in_view"]


def comparison_in_view(session: SessionModel, value: Comparison, shown: str) -> InView:
    """Return the image before a stage, or the difference, of a comparison."""
    exposure = session.programs.find(_root_of(value.after))
    before = shown == "before"
    return InView(
        Content.BEFORE if before else Content.DIFFERENCE,
        COMPARED[shown],
        value.after,
        value.before if before else None,
        stage=value.title,
        root=_root_of(value.after),
        look=shown,
        unit=value.unit,
        filter=exposure.filter if exposure is not None else "",
        written=time_of_writing(value.before) if before else 0,
        identity=id(value),
        pixels=None if before else value.difference,
        source=value,
    )


def _root_of(path: Path) -> str:
    try:
        return ExposureName.parse(path).root
    except WrongSuffixError:
        return path.stem


def preview_in_view(session: SessionModel) -> InView | None:
    """Return what the preview has; None while it has nothing."""
    previews = session.previews
    pixels = previews.pixels()
    if pixels is None:
        return None
    result = previews.result
    arrays = result.before if previews.shown == "before" else result.after
    exposure = session.programs.find(previews.root)
    return InView(
        Content.PREVIEW,
        PREVIEWS[previews.shown],
        stage=previews.stage,
        root=previews.root,
        look=previews.shown,
        unit=arrays.unit,
        filter=arrays.filter or (exposure.filter if exposure is not None else ""),
        identity=id(result),
        pixels=np.where(arrays.good, pixels, np.nan),
        source=result,
    )


def groups_in_view(session: SessionModel) -> InView | None:
    """Return the difference of groups that is chosen; None when none is."""
    picture = session.showers.picture
    if picture is None:
        return None
    exposure = session.programs.find(picture.root)
    name = exposure.label if exposure is not None else picture.root
    return InView(
        Content.GROUPS,
        f"{picture.label} · {name}",
        root=picture.root,
        unit="DN",
        filter=exposure.filter if exposure is not None else "",
        identity=id(picture),
        pixels=picture.pixels,
        source=picture,
    )
