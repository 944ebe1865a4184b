"""What is in view: one value, which title, levels, histogram, flags, marks and clicks follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.errors import WrongSuffixError
from miri_widgets.models.provenance_label import origin_of
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.products.names import ExposureName

if TYPE_CHECKING:
    from miri_widgets.analysis.comparison import Comparison
    from miri_widgets.models.session import SessionModel

__all__ = [
    "COMPARED",
    "PREVIEWS",
    "Caption",
    "Content",
    "InView",
    "caption_of",
    "comparison_in_view",
    "groups_in_view",
    "preview_in_view",
    "product_in_view",
    "time_of_writing",
]

COMPARED = {"before": "Compared: before", "difference": "Compared: difference"}
"""Labels of the images beside a product."""

PREVIEWS = {"before": "Preview: before", "after": "Preview: after", "difference": "Preview: difference"}
"""Labels of the images of a preview."""


class Content(StrEnum):
    """What kind of pixels is in view."""

    NOTHING = "nothing"
    PRODUCT = "product"
    BEFORE = "before"
    DIFFERENCE = "difference"
    PREVIEW = "preview"
    GROUPS = "groups"


@dataclass(frozen=True)
class InView:
    """
    What the viewer shows: made where the pixels are handed to it, and never without them.

    Attributes
    ----------
    content : Content
        The kind.
    label : str
        Of the image in the viewer.
    product : Path or None
        The product that it is about; None for a preview and a difference of groups.
    file : Path or None
        The file that holds these pixels; None for computed ones.
    extension : str
        Of `file`.
    written : int
        When `file` was written, ns; 0 for computed pixels.
    stage, root : str
        Stage of the preview or comparison (its title), and exposure.
    look : str
        Before, after or difference.
    unit, filter : str
        Of computed pixels; a file has its own.
    identity : int
        Tells values apart that were computed one after the other.
    pixels : ndarray, shape (ny, nx), or None
        Computed pixels, NaN where one does not count.
    source : object
        What they belong to; kept so that `identity` stays its own.
    """

    content: Content = Content.NOTHING
    label: str = ""
    product: Path | None = None
    file: Path | None = None
    extension: str = "SCI"
    written: int = 0
    stage: str = ""
    root: str = ""
    look: str = "after"
    unit: str = ""
    filter: str = ""
    identity: int = 0
    pixels: NDArray[Any] | None = field(default=None, compare=False, repr=False)
    source: object = field(default=None, compare=False, repr=False)

    @property
    def about_product(self) -> bool:
        """Whether pixels are those of a product, or of the same exposure before its stage, or their difference."""
        return self.content in (Content.PRODUCT, Content.BEFORE, Content.DIFFERENCE)

    @property
    def is_difference(self) -> bool:
        """Whether values are differences, whose levels are those of no product."""
        return self.content is Content.GROUPS or self.look == "difference"


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


def time_of_writing(path: Path) -> int:
    """Return when a file was written, ns; 0 when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def product_in_view(path: Path, extension: str = "SCI") -> InView:
    """Return a product as it is on the disk now."""
    label = shown_name(path) if extension == "SCI" else f"{shown_name(path)} {extension}"
    return InView(Content.PRODUCT, label, path, path, extension, time_of_writing(path))


def comparison_in_view(session: SessionModel, value: Comparison, look: str) -> InView:
    """Return the image before a stage, or the difference, of a comparison."""
    exposure = session.programs.find(_root_of(value.after))
    before = look == "before"
    return InView(
        Content.BEFORE if before else Content.DIFFERENCE,
        COMPARED[look],
        value.after,
        value.before if before else None,
        stage=value.title,
        root=_root_of(value.after),
        look=look,
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
    planes = result.before if previews.shown == "before" else result.after
    exposure = session.programs.find(previews.root)
    return InView(
        Content.PREVIEW,
        PREVIEWS[previews.shown],
        stage=previews.stage,
        root=previews.root,
        look=previews.shown,
        unit=planes.unit,
        filter=planes.filter or (exposure.filter if exposure is not None else ""),
        identity=id(result),
        pixels=np.where(planes.good, pixels, np.nan),
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
        return Caption(view.label, f"{short} · {name} · {again}nothing is written")
    if view.content is Content.GROUPS:
        return Caption(view.label, "DN · nothing is written")
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
