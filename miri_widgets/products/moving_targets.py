"""
Exposures that follow a moving target: what image3 does with them, and what it cannot do.

References
----------
jwst documentation, ``assign_mtwcs`` step: in place of tweakreg, the world coordinates of every exposure are moved by the mean
position of the target in all exposures of the association less that in this exposure (``MT_RA``, ``MT_DEC``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from miri_widgets.core.mosaic_grid import parse_footprint
from miri_widgets.errors import InputError, MixedExposuresError
from miri_widgets.products.exposure import Exposure

__all__ = ["mosaic_footprints", "moving_targets", "require_one_target"]

_NAMES = 3  # of files that a sentence names


def moving_targets(exposures: Iterable[Exposure]) -> tuple[str, ...]:
    """
    Return a sentence on the exposures that follow a moving target, and one on those that do not say where it was.

    Parameters
    ----------
    exposures : iterable of Exposure
        From a scan.
    """
    all_of_them = list(exposures)
    moving = [exposure for exposure in all_of_them if exposure.is_moving]
    if not moving:
        return ()
    count = (
        f"{len(moving)} exposure{'s follow' if len(moving) > 1 else ' follows'} a moving target (TARGTYPE)"
    )
    sentences = [
        f"{count}: image3 adds them up on the target, each filter at its mean position, and leaves tweakreg out; stars are "
        "drawn out, and regions and shifts on the sky hold for the stars, not for the target."
    ]
    if len(moving) < len(all_of_them):
        sentences.append(
            f"{len(all_of_them) - len(moving)} exposures of this program do not follow the moving target: image3 refuses to "
            "mix them within a filter; exclude either kind."
        )
    if lost := [exposure for exposure in moving if exposure.target_position is None]:
        sentences.append(
            f"{_names(lost)} of a moving target without its position (MT_RA, MT_DEC): image3 would draw the target out "
            "and refuses them; take the files as the archive gives them."
        )
    return tuple(sentences)


def require_one_target(exposures: Sequence[Exposure]) -> None:
    """
    Refuse exposures that image3 would add up to a mosaic that is drawn out, or at a wrong place.

    Parameters
    ----------
    exposures : sequence of Exposure
        Those of one mosaic.

    Raises
    ------
    MixedExposuresError
        If some follow a moving target and some do not.
    InputError
        If the position of a moving target is missing, or lies on both sides of RA 0.
    """
    moving = [exposure for exposure in exposures if exposure.is_moving]
    if not moving:
        return
    fixed = [exposure for exposure in exposures if not exposure.is_moving]
    if fixed:
        raise MixedExposuresError(
            f"{_names(moving)} following a moving target (TARGTYPE), {_names(fixed)} not",
            "exposures of one kind",
            "leave either of them out",
        )
    if lost := [exposure for exposure in moving if exposure.target_position is None]:
        raise InputError(
            f"{_names(lost)} of a moving target without its position (MT_RA, MT_DEC)",
            "the position in every exposure: the pipeline would add up the sky and draw the target out",
            "take the files as the archive gives them, or leave these out",
        )
    ras = [exposure.target_position[0] for exposure in moving if exposure.target_position]
    if max(ras) - min(ras) > 180:
        raise InputError(
            f"a moving target on both sides of RA 0 (MT_RA from {min(ras):.4f} to {max(ras):.4f})",
            "positions on one side: the pipeline takes the mean of the numbers, which lies on the other side of the sky",
            "reduce the exposures before and after RA 0 one by one",
        )


def mosaic_footprints(exposures: Iterable[Exposure]) -> Mapping[str, tuple[tuple[float, float], ...]]:
    """
    Return where image3 puts exposures: their footprints, those of a moving target moved with it.

    Parameters
    ----------
    exposures : iterable of Exposure
        Of any filters, each of which is a mosaic of its own.

    Returns
    -------
    dict of str to tuple of (float, float)
        Corners (RA, Dec) in degrees, by root, in the order of `exposures`.

    Raises
    ------
    InputError
        If an exposure has no footprint.
    """
    given = list(exposures)
    positions: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for exposure in given:
        if exposure.is_moving and exposure.target_position:
            positions[exposure.filter].append(exposure.target_position)
    footprints = {}
    for exposure in given:
        corners = parse_footprint(exposure.s_region)
        if exposure.is_moving and exposure.target_position:
            # as assign_mtwcs does: numbers of RA and Dec are added
            ras, decs = zip(*positions[exposure.filter], strict=True)
            east, north = fmean(ras) - exposure.target_position[0], fmean(decs) - exposure.target_position[1]
            corners = tuple((ra + east, dec + north) for ra, dec in corners)
        footprints[exposure.root] = corners
    return footprints


def _names(exposures: Sequence[Exposure]) -> str:
    roots = [exposure.root for exposure in exposures]
    more = f" and {len(roots) - _NAMES} more" if len(roots) > _NAMES else ""
    return ", ".join(roots[:_NAMES]) + more
