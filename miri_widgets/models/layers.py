"""Layers of settings that come from elsewhere: presets of several filters, programs, old sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.settings import Parameter

__all__ = ["checked_layer", "common_preset", "differing_preset"]


def common_preset(presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values that are the same in the presets of all filters."""
    each = list(presets.values())
    if not each:
        return {}
    return {
        name: value for name, value in each[0].items() if all(other.get(name) == value for other in each[1:])
    }


def differing_preset(presets: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return the value of a parameter per filter where presets differ; empty where they agree."""
    found = {key: values[name] for key, values in presets.items() if name in values}
    return found if len({str(value) for value in found.values()}) > 1 else {}


def checked_layer(
    declared: Iterable[Parameter], values: Mapping[str, Any], told: list[str]
) -> dict[str, Any]:
    """
    Return the values that may be used; a sentence for each of the others is added to `told`.

    Parameters
    ----------
    declared : iterable of Parameter
        The parameters that the stage has.
    values : mapping of str to object
        Values by full name.
    told : list of str
        Modified: gains sentences.
    """
    known = {parameter.name: parameter for parameter in declared}
    kept = {}
    for name, value in values.items():
        if name not in known:
            told.append(f"The parameter {name[:80]} is not known to this version of the pipeline: left out.")
            continue
        try:
            kept[name] = known[name].check(value)
        except ParameterError as error:
            told.append(f"Left out: {error}")
    return kept
