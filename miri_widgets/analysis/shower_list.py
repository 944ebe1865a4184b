"""Showers as they stand in a DS9 file: what each says, and which pixels it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from miri_widgets.core.regions import Region
from miri_widgets.core.showers.showers import ShowerMask, blank_exposure, shower_of
from miri_widgets.errors import ParameterError

__all__ = ["ShowerRow", "dated", "is_same_region", "pixel_count", "shower_rows", "without_known"]


@dataclass(frozen=True)
class ShowerRow:
    """
    One shower of a file.

    Attributes
    ----------
    number : int
        Its place in the file, from 0.
    region : Region
        Its outline.
    names : tuple of str
        Beginnings of the names of its exposures; empty when it is for all of them.
    integration, first_group : int
        From 1; 0 when `sentence` says why they cannot be read.
    sentence : str
        Why it cannot be used; empty when it can.
    """

    number: int
    region: Region
    names: tuple[str, ...] = ()
    integration: int = 0
    first_group: int = 0
    sentence: str = ""

    def is_in(self, root: str) -> bool:
        """
        Tell whether it belongs to an exposure.

        Parameters
        ----------
        root : str
            Root of the exposure.
        """
        return not self.names or any(root.lower().startswith(name) for name in self.names)


def shower_rows(regions: Sequence[Region]) -> tuple[ShowerRow, ...]:
    """
    Return what the regions of a showers file say, in their order; one that cannot be read says why.

    Parameters
    ----------
    regions : sequence of Region
        Regions of a showers file.
    """
    rows = []
    for number, region in enumerate(regions):
        names = tuple(sorted(text for text in region.tokens if text.startswith("jw")))
        try:
            shower = shower_of(region)
        except ParameterError as error:
            rows.append(ShowerRow(number, region, names, sentence=str(error)))
        else:
            rows.append(ShowerRow(number, region, names, shower.integration + 1, shower.first_group + 1))
    return tuple(rows)


def dated(region: Region, root: str, integration: int, first_group: int) -> Region:
    """
    Return a region as a shower of one exposure.

    Parameters
    ----------
    region : Region
        Its outline.
    root : str
        Name of the exposure.
    integration, first_group : int
        When, from 1.

    Raises
    ------
    ParameterError
        If no good group would remain before it.
    """
    ShowerMask(region, integration - 1, first_group - 1)
    # the exposure's name stands alone: it is a word of the text that begins with jw
    return replace(region, text=f"int={integration} group={first_group} {root}")


def is_same_region(region: Region, other: Region) -> bool:
    """
    Tell whether two outlines are the same within what a DS9 file keeps, whatever their texts.

    Parameters
    ----------
    region : Region
        One outline.
    other : Region
        The other outline.
    """
    if (region.shape, region.sky, len(region.points)) != (other.shape, other.sky, len(other.points)):
        return False
    pairs = zip(
        (*region.sizes, region.angle, *(value for point in region.points for value in point)),
        (*other.sizes, other.angle, *(value for point in other.points for value in point)),
        strict=True,
    )
    return all(abs(a - b) <= 1e-6 * max(1.0, abs(a)) for a, b in pairs)


def without_known(regions: Iterable[Region], rows: Sequence[ShowerRow]) -> tuple[Region, ...]:
    """
    Return the outlines that are no showers yet.

    A shape stays in the viewer after it was taken; at the next group it is not meant again.

    Parameters
    ----------
    regions : iterable of Region
        Outlines.
    rows : sequence of ShowerRow
        Showers that are listed already.
    """
    return tuple(region for region in regions if not any(is_same_region(region, row.region) for row in rows))


@lru_cache(maxsize=512)
def pixel_count(region: Region, shape: tuple[int, int]) -> int:
    """
    Return how many pixels an outline in pixels covers of an exposure.

    Parameters
    ----------
    region : Region
        Not on the sky.
    shape : tuple of int
        (ny, nx) of the exposure.
    """
    return int(region.mask(blank_exposure(shape)).sum())
