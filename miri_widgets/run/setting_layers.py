"""Settings of a stage, laid out of what the spec, CRDS, presets, the program and the user say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.exposure import Exposure
from miri_widgets.settings import Parameter, Settings, Source

__all__ = ["checked_layer", "common_preset", "differing_preset", "setting_layers", "settings_per_filter"]


def common_preset(presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """
    Return the values that are the same in the presets of all filters.

    Parameters
    ----------
    presets : mapping of str to mapping
        Values by full name, for each filter.
    """
    each = list(presets.values())
    if not each:
        return {}
    return {
        name: value for name, value in each[0].items() if all(other.get(name) == value for other in each[1:])
    }


def differing_preset(presets: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """
    Return the value of a parameter per filter where presets differ; empty where they agree.

    Parameters
    ----------
    presets : mapping of str to mapping
        Values by full name, for each filter.
    name : str
        Full name of the parameter.
    """
    matching = {key: values[name] for key, values in presets.items() if name in values}
    return matching if len({str(value) for value in matching.values()}) > 1 else {}


def checked_layer(
    declared: Iterable[Parameter], values: Mapping[str, Any], problems: list[str]
) -> dict[str, Any]:
    """
    Return the values that may be used; a sentence for each of the others is added to `problems`.

    Parameters
    ----------
    declared : iterable of Parameter
        The parameters that the stage has.
    values : mapping of str to object
        Values by full name.
    problems : list of str
        Modified: gains sentences.
    """
    known = {parameter.name: parameter for parameter in declared}
    kept = {}
    for name, value in values.items():
        if name not in known:
            problems.append(
                f"The parameter {name[:80]} is not known to this version of the pipeline: left out."
            )
            continue
        try:
            kept[name] = known[name].check(value)
        except ParameterError as error:
            problems.append(f"Left out: {error}")
    return kept


def setting_layers(
    declared: Iterable[Parameter],
    presets: Mapping[str, Mapping[str, Any]],
    program: Mapping[str, Any],
    problems: list[str],
) -> dict[Source, dict[str, Any]]:
    """
    Return the layers of a stage's settings that nobody chooses at present.

    Parameters
    ----------
    declared : iterable of Parameter
        The parameters that the stage has.
    presets : mapping of str to mapping
        Values by full name, per filter of the exposures.
    program : mapping of str to object
        What the program's file sets.
    problems : list of str
        Modified: gains a sentence for each value that cannot be used.

    Returns
    -------
    dict
        ``Source.PRESET``: what the presets of all filters agree in; ``Source.PROGRAM``.
    """
    parameters = tuple(declared)
    return {
        Source.PRESET: checked_layer(parameters, common_preset(presets), problems),
        Source.PROGRAM: checked_layer(parameters, program, problems),
    }


def settings_per_filter(
    settings: Mapping[str, Settings], preset: Callable[[str, str], Mapping[str, Any]]
) -> Callable[[str, Exposure], Settings]:
    """
    Return a callable that gives the settings of a stage for an exposure: presets differ from filter to filter.

    Parameters
    ----------
    settings : mapping of str to Settings
        Per stage.
    preset : callable
        The preset of a stage in a filter, by their names.
    """
    made: dict[tuple[str, str], Settings] = {}

    def settings_of(name: str, exposure: Exposure) -> Settings:
        key = name, exposure.filter
        if key not in made:
            made[key] = settings[name].with_layer(Source.PRESET, preset(name, exposure.filter))
        return made[key]

    return settings_of
