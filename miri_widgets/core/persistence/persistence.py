"""
Persistence from one exposure to the next: pixels that a bright source has filled show an after-image later.

An exposure becomes a short list of pixels (`miri_widgets.core.persistence.saturated_pixels`); `persistence_masks` turns the
lists of all exposures, of any filter, into one mask per exposure. Only masks: nothing is subtracted.

The ``persistence`` step of the official pipeline does the rest of the work. It flags groups of the exposure that
it is given, from the moment of saturation on, and so belongs within an exposure; what it knows of others must be
handed over file by file, in time order. Here whole pixels of *later* exposures are masked, whatever the order of
the files and the filter, and, when asked, only where saturation came early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from miri_widgets.core.dq import BITS
from miri_widgets.core.persistence.saturated_pixels import FULL_SHAPE, SaturationMap, Target
from miri_widgets.errors import ParameterError

__all__ = [
    "CAUSES",
    "TRIGGERS",
    "PersistenceMask",
    "filter_thresholds",
    "persistence_masks",
]

CAUSES = ("positive", "negative", "user")
"""Why a pixel is masked: a fresh after-image, a long-lived one, or a mask of the user."""
TRIGGERS = ("dose", "saturation")
"""What makes an after-image: the charge that a pixel collected, or how early it saturated."""

_SECONDS = 86400.0


@dataclass(frozen=True, eq=False)
class PersistenceMask:
    """
    The masked pixels of one exposure, by cause.

    Attributes
    ----------
    target : Target
        The exposure.
    pixels : mapping of str to ndarray of int32
        For each of `CAUSES`, indices into its flattened array, ascending; a pixel may have several causes.
    causes : tuple of str
        Roots of the exposures whose after-images it shows, in time order.
    """

    target: Target
    pixels: Mapping[str, NDArray[np.int32]]
    causes: tuple[str, ...] = ()

    def dq(self, *, do_not_use: bool = True) -> NDArray[np.uint32]:
        """
        Return the mask as flags, shape (ny, nx): PERSISTENCE, OTHER_BAD_PIXEL where only the user says so.

        Parameters
        ----------
        do_not_use : bool
            Also flag after-images DO_NOT_USE; pixels of the user's mask always are.
        """
        bad = 1 << BITS["DO_NOT_USE"]
        flags = np.zeros(self.target.shape[0] * self.target.shape[1], np.uint32)
        for cause in ("positive", "negative"):
            flags[self.pixels[cause]] |= 1 << BITS["PERSISTENCE"] | bad * do_not_use
        flags[self.pixels["user"]] |= 1 << BITS["OTHER_BAD_PIXEL"] | bad
        return flags.reshape(self.target.shape)

    @property
    def count(self) -> int:
        """Number of masked pixels."""
        return int(np.unique(np.concatenate([self.pixels[cause] for cause in CAUSES])).size)

    @property
    def facts(self) -> dict[str, Any]:
        """Plain numbers: when, how many pixels by cause, the fraction, and from which exposures."""
        ny, nx = self.target.shape
        return {
            "start_mjd": self.target.start_mjd,
            "filter": self.target.filter,
            **{cause: int(self.pixels[cause].size) for cause in CAUSES},
            "masked": self.count,
            "fraction": self.count / (ny * nx),
            "from": list(self.causes),
        }


def filter_thresholds(entries: Iterable[str]) -> dict[str, int]:
    """
    Read numbers of groups by filter from words such as ``F1500W=5``.

    Parameters
    ----------
    entries : iterable of str
        One ``FILTER=number`` each.

    Raises
    ------
    ParameterError
        If a word is something else.
    """
    result = {}
    for entry in entries:
        name, equals, number = (part.strip() for part in str(entry).partition("="))
        if not (name and equals and number.isdecimal()):
            raise ParameterError(
                f"{str(entry)[:60]!r} as a number of groups of a filter", "FILTER=GROUPS", "write F1500W=5"
            )
        result[name.upper()] = int(number)
    return result


@dataclass
class _MaskedPixels:
    """Pixels of one exposure while they are collected, on the full detector."""

    positive: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(FULL_SHAPE, bool))
    negative: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(FULL_SHAPE, bool))


def persistence_masks(
    events: Sequence[SaturationMap],
    targets: Sequence[Target],
    *,
    trigger: str = "saturation",
    dose: float = 0.5,
    negative_dose: float = 1.2,
    unsaturated_groups: int = 1000,
    groups_by_filter: Mapping[str, int] | None = None,
    positive_minutes: float = 30.0,
    negative_hours: float = 24.0,
    negative_groups: int = 0,
    user: NDArray[np.bool_] | None = None,
) -> tuple[PersistenceMask, ...]:
    """
    Mask the after-images of saturated pixels in all later exposures.

    Parameters
    ----------
    events : sequence of SaturationMap
        Saturated pixels of exposures of any filter and subarray, in any order.
    targets : sequence of Target
        The exposures to mask, in any order.
    trigger : str
        Of `TRIGGERS`. "dose": pixels that collected `dose` full wells above the sky, whether they saturated or not.
        "saturation": those that saturated, limited by numbers of groups.
    dose : float
        Least charge that leaves a positive after-image, full wells.
    negative_dose : float
        The same for a long-lived negative one.
    unsaturated_groups : int
        With "saturation": a saturated pixel leaves an after-image when at most so many of its groups were unsaturated; by default
        every one does.
    groups_by_filter : mapping of str to int, optional
        Other numbers for saturation in some filters.
    positive_minutes : float
        Mask exposures that begin within this time after the saturated integrations have ended, minutes.
    negative_hours : float
        The same for pixels that saturated so early that they respond less for long, hours. 0 for none.
    negative_groups : int
        With "saturation": at most so many unsaturated groups of those; never more than `unsaturated_groups` of their filter.
    user : ndarray of bool, optional
        Pixels to mask in every exposure: shape of the full detector, or of the exposures, which then are all of
        this shape. Not modified.

    Returns
    -------
    tuple of PersistenceMask
        In the order of `targets`.

    Notes
    -----
    An exposure is masked when it starts within the window, whole: a mask of an exposure has no time axis. Positive
    after-images of MIRI fade within minutes, negative ones last tens of hours; both survive resets, dithers and
    changes of filter. Both grow with the charge that a pixel collected: a part of them comes from pixels that never
    saturated, and pixels that saturate late in a long ramp have collected as much as those that saturate at once.

    References
    ----------
    Dicken et al. (2024), A&A 689, A5: MIRI imaging in flight, "Persistence".
    """
    if trigger not in TRIGGERS:
        raise ParameterError(f"trigger = {trigger!r}", "one of " + ", ".join(TRIGGERS), "choose one of them")
    limits = {name.upper(): count for name, count in (groups_by_filter or {}).items()}
    masks = []
    for target in targets:
        result, causes = _MaskedPixels(), set()
        for event in events:
            if not _is_earlier(event, target):
                continue
            limit = limits.get(event.target.filter.upper(), unsaturated_groups)
            age = (target.start_mjd - event.released_mjd) * _SECONDS
            if trigger == "dose":
                early, deep = event.wells >= dose, event.wells >= negative_dose
            else:
                early = (event.unsaturated <= limit) & (event.unsaturated < max(event.ngroups, 1))
                deep = early & (event.unsaturated <= negative_groups)
            fresh = early & (age <= positive_minutes * 60)
            lasting = deep & (age <= negative_hours * 3600) & (negative_hours > 0)
            result.positive[event.rows[fresh], event.columns[fresh]] = True
            result.negative[event.rows[lasting], event.columns[lasting]] = True
            if _falls_into(target, event, fresh | lasting):
                causes.add((event.target.start_mjd, event.target.root))
        masks.append(_mask(target, result, user, causes))
    return tuple(masks)


def _is_earlier(event: SaturationMap, target: Target) -> bool:
    """True for another exposure that began before; by time alone, whatever the names."""
    if len(event) == 0 or event.target.root == target.root:
        return False
    return event.target.start_mjd < target.start_mjd


def _falls_into(target: Target, event: SaturationMap, chosen: NDArray[np.bool_]) -> bool:
    rows, columns = target.window
    inside = (event.rows >= rows.start) & (event.rows < rows.stop)
    inside &= (event.columns >= columns.start) & (event.columns < columns.stop)
    return bool((inside & chosen).any())


def _mask(
    target: Target, result: _MaskedPixels, user: NDArray[np.bool_] | None, causes: set[tuple[float, str]]
) -> PersistenceMask:
    pixels = {
        cause: np.flatnonzero(getattr(result, cause)[target.window]).astype(np.int32)
        for cause in ("positive", "negative")
    }
    pixels["user"] = np.flatnonzero(_user_part(target, user)).astype(np.int32)
    return PersistenceMask(target, pixels, tuple(root for _, root in sorted(causes)))


def _user_part(target: Target, user: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    if user is None:
        return np.zeros(target.shape, bool)
    if user.shape == FULL_SHAPE:
        return np.asarray(user[target.window], bool)
    if user.shape == target.shape:
        return np.asarray(user, bool)
    raise ParameterError(
        f"a mask of {user.shape} (rows, columns) for {target.root or 'an exposure'} of {target.shape}",
        f"{FULL_SHAPE} or {target.shape}",
        "transpose it" if user.shape in (FULL_SHAPE[::-1], target.shape[::-1]) else "choose another mask",
    )
