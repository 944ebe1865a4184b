"""The history of a pixel: its ramp, and its value and flags after every stage."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.pixels import PixelRamp, PixelValue, read_pixel, read_pixel_ramp

__all__ = ["PixelAfterStage", "PixelHistory", "PixelRequest", "read_pixel_history"]


@dataclass(frozen=True)
class PixelRequest:
    """
    What is asked: one pixel, and where it is found.

    Attributes
    ----------
    label : str
        The exposure, for people; or the file.
    x, y : int
        0-based column and row.
    ramps : tuple of Path
        Ramps of the exposure, the one with most flags first.
    images : tuple of (str, Path)
        Title of the stage, and product, in the order of the chain.
    """

    label: str
    x: int
    y: int
    ramps: tuple[Path, ...] = ()
    images: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class PixelAfterStage:
    """
    A pixel after one stage.

    Attributes
    ----------
    title : str
        Of the stage.
    path : Path
        The product.
    pixel : PixelValue or None
        What it holds.
    gained : tuple of str
        Flags that it has and the product before had not.
    error : MiriWidgetsError or None
        Why it cannot be read.
    """

    title: str
    path: Path
    pixel: PixelValue | None
    gained: tuple[str, ...] = ()
    error: MiriWidgetsError | None = None


@dataclass(frozen=True, eq=False)
class PixelHistory:
    """
    A pixel from its first group to the mosaic.

    Attributes
    ----------
    question : PixelRequest
        What was asked.
    ramp : PixelRamp or None
        Its groups.
    ramp_name : str
        The file that they come from.
    chapters : tuple of PixelAfterStage
        After every stage that has run.
    slope : float
        Count rate of the first image, DN/s; NaN when there is none.
    """

    question: PixelRequest
    ramp: PixelRamp | None
    ramp_name: str
    chapters: tuple[PixelAfterStage, ...]
    slope: float

    def fit(self) -> tuple[float, ...]:
        """
        Return counts of the fitted slope at the times of the groups, one tuple for all integrations.

        Notes
        -----
        Through the middle of the groups: the zero point of a raw ramp is arbitrary, and what makes raw groups bend
        (reset, non-linearity, jumps) is what the pipeline takes out.
        """
        if self.ramp is None or not math.isfinite(self.slope):
            return ()
        line = self.slope * self.ramp.times
        return tuple((line + np.nanmedian(self.ramp.counts - line)).tolist())


def read_pixel_history(question: PixelRequest) -> PixelHistory:
    """
    Read the history of a pixel.

    Parameters
    ----------
    question : PixelRequest
        Which pixel, in which products.

    Raises
    ------
    MiriWidgetsError
        If no file can be read, or none has such a pixel.
    """
    ramp, name = _ramp(question.ramps, question.x, question.y)
    chapters = _chapters(question.images, question.x, question.y)
    failed = [chapter.error for chapter in chapters if chapter.error is not None]
    if ramp is None and failed and len(failed) == len(chapters):
        raise failed[0]
    first = next(
        (chapter.pixel for chapter in chapters if chapter.pixel and "DN" in chapter.pixel.unit), None
    )
    return PixelHistory(question, ramp, name, chapters, first.value if first is not None else math.nan)


def _ramp(paths: Sequence[Path], x: int, y: int) -> tuple[PixelRamp | None, str]:
    for path in paths:
        with contextlib.suppress(MiriWidgetsError):
            return read_pixel_ramp(path, x, y), path.name
    return None, ""


def _chapters(images: Sequence[tuple[str, Path]], x: int, y: int) -> tuple[PixelAfterStage, ...]:
    chapters: list[PixelAfterStage] = []
    known: set[str] = set()
    for title, path in images:
        try:
            pixel = read_pixel(path, x, y)
        except MiriWidgetsError as error:
            chapters.append(PixelAfterStage(title, path, None, error=error))
            continue
        gained = tuple(flag for flag in pixel.flags if flag not in known) if chapters else ()
        known |= set(pixel.flags)
        chapters.append(PixelAfterStage(title, path, pixel, gained))
    return tuple(chapters)
