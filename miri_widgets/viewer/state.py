"""What a viewer shows, as plain values; from a file they may be anything, and what does not fit is left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from miri_widgets.core.regions import Region
from miri_widgets.errors import ParameterError
from miri_widgets.products.tables.region_files import from_astropy
from miri_widgets.viewer.brightness import check_stretch
from miri_widgets.viewer.view_position import is_place

__all__ = ["checked_state", "in_order", "plain_regions", "regions_in"]

_MOST = 200  # regions, images


def checked_state(state: Any) -> dict[str, Any]:
    """
    Return the parts of a state that a viewer can be brought into.

    Parameters
    ----------
    state : object
        What `ImageViewer.state` gave once, perhaps from a file.

    Returns
    -------
    dict
        With some of the keys that `ImageViewer.state` describes.
    """
    found: dict[str, Any] = {}
    if not isinstance(state, Mapping):
        return found
    images = state.get("images")
    if isinstance(images, list | tuple):
        found["images"] = [str(label) for label in images[:_MOST]]
    if isinstance(state.get("front"), str):
        found["front"] = state["front"]
    if _is_stretch(state.get("stretch")):
        found["stretch"] = dict(state["stretch"])
    levels = state.get("levels")
    if isinstance(levels, Mapping):
        found["levels"] = {str(label): dict(one) for label, one in levels.items() if _is_level(one)}
    if is_place(state.get("position")):
        found["position"] = dict(state["position"])
    if isinstance(state.get("regions"), list | tuple):
        found["regions"] = [region.to_dict() for region in regions_in(state)]
    return found


def regions_in(state: Mapping[str, Any]) -> tuple[Region, ...]:
    """Return the regions of a state; those that cannot be read are left out."""
    found = []
    for values in state.get("regions", ())[:_MOST]:
        try:
            found.append(Region.from_dict(values))
        except (ParameterError, TypeError, AttributeError, ValueError):
            continue
    return tuple(found)


def plain_regions(shapes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return drawn shapes, objects of the package `regions`, as plain values; kinds that we have not are left out."""
    found = []
    for _, shape in sorted(shapes.items()):
        try:
            found.append(from_astropy(shape).to_dict())
        except (ValueError, AttributeError, ParameterError):
            continue
    return found


def in_order(present: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return the labels that are present: first those that are wanted, in that order, then the others in theirs."""
    there = list(present)
    first = [label for label in dict.fromkeys(wanted) if label in there]
    return first + [label for label in there if label not in first]


def _is_stretch(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    try:
        check_stretch(value.get("function"), value.get("percentile"))  # type: ignore[arg-type]
    except (ParameterError, TypeError):
        return False
    return True


def _is_level(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    black, white = value.get("black"), value.get("white")
    if not (isinstance(black, int | float) and isinstance(white, int | float)):
        return False
    return (
        math.isfinite(black)
        and math.isfinite(white)
        and white > black
        and _is_stretch({**value, "percentile": 99})
    )
