"""What has to be read for the history of a pixel: the products of its exposure, stage by stage."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from miri_widgets.analysis.pixel_history import PixelRequest
from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.names import ExposureName, suffix_of

if TYPE_CHECKING:
    from miri_widgets.models.session import SessionModel

__all__ = ["question_of"]

_RAMPS = ("ramp", "uncal")
_IMAGES = ("rate", "cal", "crf", "i2d")


def question_of(session: SessionModel, x: float, y: float) -> PixelRequest | None:
    """
    Return what has to be read for a place of the image in the viewer; None when nothing is shown.

    Parameters
    ----------
    session : SessionModel
        The session.
    x, y : float
        0-based pixels.
    """
    shown = session.shown
    if shown is None:
        return None
    column, row = math.floor(x + 0.5), math.floor(y + 0.5)
    try:
        root = ExposureName.parse(shown).root
    except WrongSuffixError:
        return PixelRequest(shown.name, column, row, images=(("", Path(shown)),))
    exposure = session.programs.find(root)
    images, ramps = [], [exposure.path] if exposure is not None else []
    for stage in session.stages.values():
        title = stage.stage.title.partition(":")[0]
        runs = (run for run in stage.rows if root in run.exposures)
        for path in _own(root, (path for run in runs for path in run.products)):
            if suffix_of(path) in _IMAGES:
                images.append((title, path))
            elif suffix_of(path) in _RAMPS:
                ramps.insert(0, path)
    if not images and suffix_of(shown) in _IMAGES:
        images = [("", Path(shown))]
    return PixelRequest(
        exposure.label if exposure is not None else root, column, row, tuple(ramps), tuple(images)
    )


def _own(root: str, paths: Iterable[Path]) -> list[Path]:
    """The products of one exposure, each once."""
    found = []
    for path in dict.fromkeys(paths):
        # a single exposure's own mosaic has other pixels
        if suffix_of(path) == "i2d":
            continue
        with contextlib.suppress(WrongSuffixError):
            if ExposureName.parse(path).root == root:
                found.append(path)
    return found
