"""The state of a viewer as plain values; invalid parts, for example from a file, are left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from miri_widgets.core.regions import Region
from miri_widgets.errors import ParameterError
from miri_widgets.products.tables.region_files import from_astropy
from miri_widgets.viewer.brightness import check_stretch
from miri_widgets.viewer.view_position import is_view_position

__all__ = ["checked_state", "ordered_labels", "plain_regions", "regions_in"]

_MOST = 200  # regions, images


def checked_state(state: Any) -> dict[str, Any]:
    """
    Return the valid parts of a state.

    Parameters
    ----------
    state : object
        A result of `ImageViewer.state`, perhaps from a file.

    Returns
    -------
    dict
        The valid keys of `ImageViewer.state`.
    """
    checked: dict[str, Any] = {}
    if not isinstance(state, Mapping):
        return checked
    images = state.get("images")
    if isinstance(images, list | tuple):
        checked["images"] = [str(label) for label in images[:_MOST]]
    if isinstance(state.get("front"), str):
        checked["front"] = state["front"]
    if _is_stretch(state.get("stretch")):
        checked["stretch"] = {"method": "percentile", **state["stretch"]}
    levels = state.get("levels")
    if isinstance(levels, Mapping):
        checked["levels"] = {str(label): dict(level) for label, level in levels.items() if _is_level(level)}
    if is_view_position(state.get("position")):
        checked["position"] = dict(state["position"])
    if isinstance(state.get("regions"), list | tuple):
        checked["regions"] = [region.to_dict() for region in regions_in(state)]
    return checked


def regions_in(state: Mapping[str, Any]) -> tuple[Region, ...]:
    """
    Return the readable regions of a state.

    Parameters
    ----------
    state : mapping
        The state.

    Returns
    -------
    tuple of Region
        The regions.
    """
    regions = []
    for values in state.get("regions", ())[:_MOST]:
        try:
            regions.append(Region.from_dict(values))
        except (ParameterError, TypeError, AttributeError, ValueError):
            continue
    return tuple(regions)


def plain_regions(shapes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Return shapes of the package `regions` as plain values; unsupported kinds are left out.

    Parameters
    ----------
    shapes : mapping of str to regions.Region
        Shapes by name.

    Returns
    -------
    list of dict
        One dict per region.
    """
    values = []
    for _, shape in sorted(shapes.items()):
        try:
            values.append(from_astropy(shape).to_dict())
        except (ValueError, AttributeError, ParameterError):
            continue
    return values


def ordered_labels(present: Iterable[str], preferred: Iterable[str]) -> list[str]:
    """
    Sort the labels that are present: preferred ones first, in their order, then the others.

    Parameters
    ----------
    present : iterable of str
        Labels that are present.
    preferred : iterable of str
        Labels in the preferred order.

    Returns
    -------
    list of str
        The labels that are present.
    """
    available = list(present)
    first = [label for label in dict.fromkeys(preferred) if label in available]
    return first + [label for label in available if label not in first]


def _is_stretch(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    try:
        check_stretch(value["function"], value["percentile"], value.get("method", "percentile"))
    except (ParameterError, TypeError, KeyError):
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
