"""
Cosmic-ray showers: extended, faint excesses that a hit leaves from one group on, masked until the integration ends.

The official ``jump`` step finds round showers by itself. What it leaves is seen in the difference of two groups
(`miri_widgets.core.showers.search`), drawn as a region, and masked here before the ramp is fitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS, has
from miri_widgets.core.exposure_arrays import ExposureArrays
from miri_widgets.core.regions import Region
from miri_widgets.errors import MixedExposuresError, ParameterError

__all__ = [
    "ShowerMask",
    "blank_exposure",
    "mask_showers",
    "shower_of",
    "showers_of",
]

_NUMBER = re.compile(r"\b(int|integration|group)\s*=\s*(\d+)\b", re.IGNORECASE)


@dataclass(frozen=True)
class ShowerMask:
    """
    One shower: where it is and from when on.

    Attributes
    ----------
    shape : Region
        Its outline, any shape of `miri_widgets.core.regions`.
    integration : int
        The integration that it falls into, 0-based.
    first_group : int
        The first group that shows it, 0-based; at least 1, since nothing remains of an integration without groups.
    """

    shape: Region
    integration: int
    first_group: int

    def __post_init__(self) -> None:
        if self.integration < 0 or self.first_group < 1:
            raise ParameterError(
                f"a shower in integration {self.integration + 1} from group {self.first_group + 1} on",
                "an integration from 1 on and a group from 2 on",
                "mask the pixels in dq_init instead, if no group of the integration is good",
            )


def shower_of(region: Region) -> ShowerMask:
    """
    Read a shower from a region whose text says when, such as ``int=1 group=5``.

    Parameters
    ----------
    region : Region
        Its text counts integrations and groups from 1, as DS9 and the JWST headers do. Without ``int`` it is the
        first.

    Raises
    ------
    ParameterError
        If the text names no group.
    """
    numbers = {key.lower()[:3]: int(number) for key, number in _NUMBER.findall(region.text)}
    if "gro" not in numbers:
        raise ParameterError(
            f"a region with the text {region.text[:60]!r}",
            "the first group of the shower, such as int=1 group=5, counted from 1",
            "write it as the text of the region",
        )
    return ShowerMask(region, numbers.get("int", 1) - 1, numbers["gro"] - 1)


def showers_of(regions: Iterable[Region], root: str = "") -> tuple[ShowerMask, ...]:
    """
    Read the showers of one exposure from regions, see `shower_of`.

    Parameters
    ----------
    regions : iterable of Region
        A region whose text names an exposure (``jw...``, or the beginning of its name) is for that one alone.
    root : str
        Name of the exposure, without suffix.

    Raises
    ------
    ParameterError
        If the text of one of them names no group.
    """
    showers = []
    for region in regions:
        names = [text for text in region.tokens if text.startswith("jw")]
        if not names or any(root.lower().startswith(name) for name in names):
            showers.append(shower_of(region))
    return tuple(showers)


def mask_showers(
    groupdq: NDArray[np.integer], showers: Sequence[ShowerMask], exposure: ExposureArrays | None = None
) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """
    Take the groups of showers out of the ramps, from their first group to the end of their integration.

    Parameters
    ----------
    groupdq : ndarray of int, shape (nints, ngroups, ny, nx)
        Flags of groups. Not modified.
    showers : sequence of ShowerMask
        Their order does not matter.
    exposure : ExposureArrays, optional
        An exposure of the same (ny, nx) with a WCS, for outlines on the sky.

    Returns
    -------
    groupdq : ndarray of uint8, shape (nints, ngroups, ny, nx)
        A copy with JUMP_DET at the first group and DO_NOT_USE from it on. Flags are only added.
    facts : list of dict
        Per shower: ``integration`` and ``first_group`` from 1, ``pixels``, and ``groups`` that were taken out.

    Raises
    ------
    MixedExposuresError
        If a shower lies outside of the groups or covers no pixel.

    Notes
    -----
    DO_NOT_USE alone is what makes the ramp fit use the groups before the shower and nothing after. JUMP_DET, where
    the slope breaks, tells in the rate why a pixel has fewer groups. Groups after the shower are not used as a
    second segment, as after a plain jump, because a shower goes on glowing for a minute.
    """
    groups = np.array(groupdq, np.uint8)
    if groups.ndim != 4:
        raise MixedExposuresError(
            f"flags of groups with {groups.ndim} axes", "(integrations, groups, rows, columns)", "give a ramp"
        )
    where = exposure if exposure is not None else blank_exposure(groups.shape[2:])
    facts = []
    for shower in showers:
        _require_inside(shower, groups.shape)
        mask = shower.shape.mask(where)
        if mask.shape != groups.shape[2:] or not mask.any():
            raise MixedExposuresError(
                f"a shower ({shower.shape.shape}) that covers no pixel of the exposure",
                f"a region inside {groups.shape[3]} x {groups.shape[2]} pixels",
                "draw it again on this exposure",
            )
        part = groups[shower.integration, shower.first_group :]
        taken = int(np.count_nonzero(~has(part[:, mask], "DO_NOT_USE")))
        part[:, mask] |= np.uint8(1 << BITS["DO_NOT_USE"])
        part[0][mask] |= np.uint8(1 << BITS["JUMP_DET"])
        facts.append(
            {
                "integration": shower.integration + 1,
                "first_group": shower.first_group + 1,
                "pixels": int(mask.sum()),
                "groups": taken,
            }
        )
    return groups, facts


def blank_exposure(shape: tuple[int, ...]) -> ExposureArrays:
    """
    Return an exposure of zeros without a WCS, for shapes in pixels.

    Parameters
    ----------
    shape : tuple of int
        (ny, nx).
    """
    zero = np.zeros(shape, np.float32)
    return ExposureArrays(zero, zero, np.zeros(shape, np.uint32))


def _require_inside(shower: ShowerMask, shape: tuple[int, ...]) -> None:
    if shower.integration >= shape[0] or shower.first_group >= shape[1]:
        raise MixedExposuresError(
            f"a shower in integration {shower.integration + 1} from group {shower.first_group + 1} on",
            f"at most {shape[0]} integrations and {shape[1]} groups",
            "correct the text of the region (int=, group=, counted from 1)",
        )
