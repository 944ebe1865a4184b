"""What is in view beside products, as values: comparisons, previews, differences of groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from miri_widgets.analysis.comparison import Comparison
from miri_widgets.core.display_range import middle_of
from miri_widgets.errors import WrongSuffixError
from miri_widgets.models.compare import CompareModel
from miri_widgets.models.comparison_partners import PartnerKind
from miri_widgets.models.in_view import (
    COMPARED,
    PAIR_MODES,
    PREVIEWS,
    Content,
    InView,
    product_in_view,
    time_of_writing,
)
from miri_widgets.models.session import SessionModel
from miri_widgets.products.names import ExposureName, suffix_of
from miri_widgets.viewer.protocol import Hints

__all__ = ["comparison_in_view", "groups_in_view", "hints_of", "preview_in_view"]


def comparison_in_view(session: SessionModel, compare: CompareModel, value: Comparison) -> InView:
    """Return the image before, the difference, or both images of a comparison."""
    shown = compare.mode
    shares = compare.partner is None or compare.partner.kind is not PartnerKind.FILTER
    moves = value.is_level_far or (compare.partner is not None and compare.partner.changes_level)
    offset = value.offset if shares and moves else 0.0
    if shown in PAIR_MODES:
        product = product_in_view(value.after)
        return InView(
            Content.PAIR, product.label, value.after, value.after, written=product.written, stage=value.title,
            root=_root_of(value.after), mode=shown, other=value.before, names=compare.names,
            offset=offset, shares_range=shares, identity=id(value), source=value,
        )  # fmt: skip
    exposure = session.programs.find(_root_of(value.after))
    before = shown == "before"
    difference = value.difference if value.difference.ndim == 2 else value.difference[-1]
    return InView(
        Content.BEFORE if before else Content.DIFFERENCE,
        COMPARED[shown],
        value.after,
        value.before if before else None,
        stage=value.title,
        root=_root_of(value.after),
        mode=shown,
        unit=value.unit,
        filter=exposure.filter if exposure is not None else "",
        written=time_of_writing(value.before) if before else 0,
        other=value.before,
        names=compare.names,
        offset=offset if before else 0.0,
        shares_range=shares,
        identity=id(value),
        pixels=None if before else difference,
        source=value,
    )


def _root_of(path: Path) -> str:
    try:
        return ExposureName.parse(path).root
    except WrongSuffixError:
        return path.stem


def preview_in_view(session: SessionModel, kind: str = "") -> InView | None:
    """
    Return what the preview has; None while it has nothing.

    Parameters
    ----------
    session : SessionModel
        With its preview.
    kind : str
        Before, after or difference, or how both are in view; by default what is chosen.
    """
    previews, result = session.previews, session.previews.result
    if result is None:
        return None
    kind = kind or previews.shown
    arrays = result.before if kind == "before" else result.after
    pixels = result.difference if kind == "difference" else arrays.sci
    exposure = session.programs.find(previews.root)
    offset = 0.0
    changes_level = previews.stage in session.models and session.models[previews.stage].stage.changes_level
    if changes_level and kind in ("before", *PAIR_MODES):
        levels = [middle_of(np.where(made.good, made.sci, np.nan)) for made in (result.before, result.after)]
        offset = float(np.nan_to_num(levels[0] - levels[1]))
    return InView(
        Content.PREVIEW,
        PREVIEWS["after" if kind in PAIR_MODES else kind],
        stage=previews.stage,
        root=previews.root,
        mode=kind,
        unit=arrays.unit,
        filter=arrays.filter or (exposure.filter if exposure is not None else ""),
        names=("Before", "After"),
        offset=offset,
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


def hints_of(session: SessionModel, view: InView) -> Hints:
    """
    Return how an image is to be drawn.

    Parameters
    ----------
    session : SessionModel
        With the products that have the world coordinates of computed pixels.
    view : InView
        What comes into view.
    """
    if view.content is Content.BEFORE and view.product is not None:
        like = product_in_view(view.product).label if view.shares_range else ""
        return Hints(like=like, offset=view.offset)
    if view.content is Content.DIFFERENCE:
        return Hints(difference=True, unit=view.unit, sky=view.product)
    if view.content is Content.PREVIEW:
        like = PREVIEWS["after"] if view.mode == "before" else ""
        sky = session.inputs_of(view.stage).get(view.root)
        return Hints(like, view.offset, view.mode == "difference", view.unit, sky)
    if view.content is Content.GROUPS:
        sky = session.latest_product(view.root)
        return Hints(
            unit=view.unit, sky=sky if sky is not None and suffix_of(sky) in ("rate", "cal") else None
        )
    return Hints()
