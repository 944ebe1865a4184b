"""What is in view: one value, which title, levels, histogram, flags, marks and clicks follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from miri_widgets.products.fits_reader import shown_name

__all__ = [
    "COMPARED",
    "PAIR_MODES",
    "PREVIEWS",
    "Content",
    "InView",
    "product_in_view",
    "time_of_writing",
]

COMPARED = {"before": "Compared: before", "difference": "Compared: difference"}
"""Labels of the images beside a product."""

PREVIEWS = {"before": "Preview: before", "after": "Preview: after", "difference": "Preview: difference"}
"""Labels of the images of a preview."""


PAIR_MODES = ("blink", "side by side", "swipe")
"""How two images are in view at the same time."""


class Content(StrEnum):
    """What kind of pixels is in view."""

    NOTHING = "nothing"
    PRODUCT = "product"
    BEFORE = "before"
    DIFFERENCE = "difference"
    PAIR = "pair"
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
    mode : str
        Before, after or difference; blink, side by side or swipe of a pair, whose pixels are those after.
    other : Path or None
        The file with the image before, of a comparison; None for computed pixels.
    names : tuple of str
        What both images of a comparison are called, the one before first.
    offset : float
        Level of the pixels before relative to those after: the range after, moved so far, is theirs.
    shares_range : bool
        Whether both images of a comparison have one range; those of two filters have not.
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
    mode: str = "after"
    other: Path | None = None
    names: tuple[str, str] = ("", "")
    offset: float = 0.0
    shares_range: bool = True
    unit: str = ""
    filter: str = ""
    identity: int = 0
    pixels: NDArray[Any] | None = field(default=None, compare=False, repr=False)
    source: object = field(default=None, compare=False, repr=False)

    @property
    def about_product(self) -> bool:
        """Whether pixels are those of a product, or of the same exposure before its stage, or their difference."""
        return self.content in (Content.PRODUCT, Content.BEFORE, Content.DIFFERENCE, Content.PAIR)

    @property
    def is_pair(self) -> bool:
        """Whether two images are in view."""
        return self.mode in PAIR_MODES

    @property
    def is_difference(self) -> bool:
        """Whether values are differences, whose levels are those of no product."""
        return self.content is Content.GROUPS or self.mode == "difference"


def time_of_writing(path: Path) -> int:
    """
    Return when a file was written, ns; 0 when it is not there.

    Parameters
    ----------
    path : Path
        The file.
    """
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def product_in_view(path: Path, extension: str = "SCI") -> InView:
    """
    Return a product as it is on the disk now.

    Parameters
    ----------
    path : Path
        The product.
    extension : str
        Name of its image.
    """
    label = shown_name(path) if extension == "SCI" else f"{shown_name(path)} {extension}"
    return InView(Content.PRODUCT, label, path, path, extension, time_of_writing(path))
