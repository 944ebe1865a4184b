"""The filter in which the shifts of a program are measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from miri_widgets.core.shifts.groups import Pointed, group_exposures
from miri_widgets.errors import ParameterError

__all__ = ["FilteredExposure", "choose_reference_filter", "exposures_for_shifts"]


class FilteredExposure(Pointed, Protocol):
    """What the choice needs to know of an exposure; header facts have it."""

    @property
    def filter(self) -> str:
        """Filter."""


_Exposure = TypeVar("_Exposure", bound=FilteredExposure)


def choose_reference_filter(
    exposures: Iterable[FilteredExposure], filters: Sequence[str], wanted: str = ""
) -> str:
    """
    Return the filter in which shifts are measured.

    Parameters
    ----------
    exposures : iterable of FilteredExposure
        Of all filters, in any order.
    filters : sequence of str
        All filters by wavelength.
    wanted : str
        What the user chose; empty to choose here.

    Returns
    -------
    str
        The filter with exposures on most guide stars; of several the shortest.

    Raises
    ------
    ParameterError
        If there are no exposures, or none in the wanted filter.

    Notes
    -----
    The shortest: the PSF is narrowest and the sky darkest there, and stars are bluer than both, so that a field has
    its most stars and their best positions in it.
    """
    listed = list(exposures)
    present = sorted({exposure.filter for exposure in listed}, key=filters.index)
    if wanted and wanted in present:
        return wanted
    if wanted or not present:
        raise ParameterError(
            f"the reference filter {wanted[:40]!r} of shifts"
            if wanted
            else "no exposures to measure shifts on",
            f"one of {', '.join(present)}, in which there are exposures"
            if present
            else "calibrated exposures",
            "choose one of them, or none to take the shortest" if present else "take exposures in",
        )
    counts = {
        name: len(group_exposures(exposure for exposure in listed if exposure.filter == name))
        for name in present
    }
    return max(present, key=lambda name: (counts[name], -present.index(name)))


def exposures_for_shifts(
    exposures: Iterable[_Exposure], reference: str, filters: Sequence[str]
) -> tuple[_Exposure, ...]:
    """
    Return the exposures that shifts of a program are made of.

    Parameters
    ----------
    exposures : iterable of FilteredExposure
        Of all filters, in any order.
    reference : str
        Of `choose_reference_filter`.
    filters : sequence of str
        All filters by wavelength.

    Returns
    -------
    tuple of FilteredExposure
        Those in the reference filter; those in shorter ones, in which stars are more and sharper: they are measured for
        the groups that fail; and, for each visit and guide star that none of these saw, all in the shortest filter
        that did: so that the group is known, and has groups in common with the others.
    """
    listed = sorted(exposures, key=lambda exposure: exposure.root)
    filter_of = {exposure.root: exposure.filter for exposure in listed}
    order = {name: filters.index(name) for name in set(filter_of.values())}
    wanted = {name for name in order if order[name] <= order[reference]}
    for group in group_exposures(listed):
        seen_in = {filter_of[root] for root in group.roots}
        if not wanted & seen_in:
            wanted.add(min(seen_in, key=lambda name: order[name]))
    return tuple(exposure for exposure in listed if exposure.filter in wanted)
