"""Differences of groups, and showers in them, from a ramp file: what runs in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.analysis.shower_list import pixel_count
from miri_widgets.core.regions import Region
from miri_widgets.core.showers.search import find_showers, group_differences
from miri_widgets.core.showers.showers import ShowerMask
from miri_widgets.errors import ParameterError
from miri_widgets.products.ramps import open_ramp

__all__ = ["GroupDifferenceImage", "difference_of", "require_inside", "showers_in"]


@dataclass(frozen=True, eq=False)
class GroupDifferenceImage:
    """
    One difference of groups.

    Attributes
    ----------
    pixels : ndarray of float32, shape (ny, nx)
        DN.
    root : str
        The exposure.
    integration, group : int
        What is shown, from 1: this group minus the one before.
    integrations, groups : int
        How many there are.
    """

    pixels: NDArray[Any]
    root: str
    integration: int
    group: int
    integrations: int
    groups: int

    @property
    def label(self) -> str:
        """What is shown, in words."""
        return f"Integration {self.integration}, group {self.group} minus group {self.group - 1}"

    @property
    def is_empty(self) -> bool:
        """Whether no pixel has a value: the first and the last group are not used in most MIRI ramps."""
        return not bool(np.isfinite(self.pixels).any())


def difference_of(path: Path, integration: int, group: int, typical: bool, root: str) -> GroupDifferenceImage:
    """
    Return a difference of groups of a ramp file.

    Parameters
    ----------
    path : Path
        The ramp.
    integration, group : int
        From 1; the group is at least 2.
    typical : bool
        Whether what each pixel gains in its other groups is subtracted.
    root : str
        The exposure.

    Raises
    ------
    MissingFileError, NotFitsError, NotJwstError, ParameterError
        If the file cannot be used, or has no such group.
    """
    ramp = open_ramp(path)
    pixels = group_differences(ramp.sci, ramp.groupdq, integration - 1, group - 1, typical=typical)
    return GroupDifferenceImage(pixels, root, integration, group, ramp.integrations, ramp.groups)


def showers_in(path: Path, threshold: float) -> tuple[ShowerMask, ...]:
    """
    Suggest showers in a ramp file, see `miri_widgets.core.showers.search.find_showers`.

    Parameters
    ----------
    path : Path
        The ramp.
    threshold : float
        Least excess, in standard deviations of its noise.
    """
    ramp = open_ramp(path)
    return find_showers(ramp.sci, ramp.groupdq, threshold=threshold)


def require_inside(region: Region, shape: tuple[int, ...]) -> None:
    """
    Refuse a drawn shape that no group of an exposure could lose.

    Parameters
    ----------
    region : Region
        The shape.
    shape : tuple of int
        (ny, nx) of the exposure.

    Raises
    ------
    ParameterError
        If it is on the sky or covers no pixel.
    """
    if region.sky:
        raise ParameterError(
            "a shape drawn on the sky, but a ramp has no WCS",
            "a shape in pixels of the exposure",
            "align the images of the viewer by pixels, and draw it again",
        )
    if pixel_count(region, (shape[0], shape[1])) == 0:
        raise ParameterError(
            f"a drawn {region.shape} that covers no pixel of the exposure",
            f"a shape inside {shape[1]} x {shape[0]} pixels",
            "draw it again on the group difference",
        )
