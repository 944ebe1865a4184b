"""
The settings of a run as its key sees them: equal effective values give equal keys, whoever set them.

Left out are values that would act anyway (of the declaration or of the CRDS parameter files) and values that do not
act at all with the others; numbers, flags, texts and lists have one form.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from miri_widgets.errors import MiriWidgetsError, ParameterError
from miri_widgets.products.exposure import Exposure
from miri_widgets.run.plan import RunPlan
from miri_widgets.settings import Kind, Parameter
from miri_widgets.steps.acting import inactive
from miri_widgets.steps.crds_parameters import crds_layers, has_context
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import Stage, preset, stage

__all__ = ["KeySettings", "canonical", "did_not_act", "with_whole_paths"]

_FILES = (
    "_file",
    "_mask",
    "_flat",
    "_dq",
    "_reffile",
    "_catalog",
    "catfile",
    "skylist",
    "_wcs",
    "_refcat",
    "_table",
)
"""Endings of the names of parameters that take a file."""


class KeySettings:
    """
    Brings the settings of runs into the one form that keys are made of.

    Parameters
    ----------
    environment : mapping of str to str
        CRDS_* variables, with the context by its name.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._layers: dict[tuple[str, tuple[str, ...]], Mapping[str, Any] | None] = {}

    def prepare(self, of: Stage, exposures: Sequence[Exposure]) -> None:
        """
        Look up what CRDS sets for some exposures, all at once.

        Parameters
        ----------
        of : Stage
            The stage.
        exposures : sequence of Exposure
            The exposures.
        """
        if of.is_own:
            return
        missing = {
            _mode(exposure): exposure
            for exposure in exposures
            if (of.name, _mode(exposure)) not in self._layers
        }
        if not missing:
            return
        layers: Sequence[Mapping[str, Any] | None] = [None] * len(missing)
        if has_context(self._environment):
            try:
                layers = crds_layers(of.name, list(missing.values()), self._environment)
            except (MiriWidgetsError, OSError):
                # unknown: nothing is left out then, so that no two different runs share a key
                layers = [None] * len(missing)
        for mode, layer in zip(missing, layers, strict=True):
            self._layers[of.name, mode] = layer

    def form(
        self,
        of: Stage,
        exposure: Exposure,
        settings: Mapping[str, Any],
        given: Mapping[str, str],
    ) -> dict[str, Any]:
        """
        Return the settings as the key of a run sees them.

        Parameters
        ----------
        of : Stage
            The stage.
        exposure : Exposure
            The first that goes in; it selects the CRDS parameter files.
        settings : mapping
            What is handed to the pipeline, by full name.
        given : mapping of str to str
            Parameters that an earlier stage gives, with its name.
        """
        usual = preset(of.name, exposure.filter)
        if all(name in usual and usual[name] == value for name, value in settings.items()):
            return dict(settings)  # nothing that a person set
        parameters = declared(of.name)
        known = {parameter.name: parameter for parameter in parameters}
        own = {name: canonical(known.get(name), value) for name, value in settings.items()}
        self.prepare(of, [exposure])
        crds = {} if of.is_own else self._layers[of.name, _mode(exposure)]
        if crds is None:
            return own
        anyway = {parameter.name: parameter.default for parameter in parameters} | dict(crds)
        # rules that products prove; a mistake in another must cost a run, no more
        idle = inactive(of, parameters, anyway | own, given, proven=True)
        same = {
            name
            for name, value in own.items()
            if name in anyway
            and value == canonical(known[name], anyway[name])
            # a preset outweighs CRDS: its own value stays
            and not (name in usual and value == usual[name])
        }
        return {name: value for name, value in own.items() if name not in idle and name not in same}


def did_not_act(plan: RunPlan, resolved: Mapping[str, Any]) -> dict[str, str]:
    """
    Return what was handed to a run and did not act, each with the reason.

    Parameters
    ----------
    plan : RunPlan
        The run.
    resolved : mapping
        Every parameter as it acted, by full name; as far as known.
    """
    try:
        parameters = declared(plan.stage)
    except MiriWidgetsError:
        return {}  # without the declarations nothing can be said
    given = {item.parameter: stage(item.stage).short for item in plan.inputs if item.parameter and item.stage}
    idle = inactive(stage(plan.stage), parameters, {**plan.settings, **resolved}, given)
    return {name: reason for name, reason in idle.items() if name in plan.settings}


def _mode(exposure: Exposure) -> tuple[str, ...]:
    return exposure.filter, exposure.subarray, exposure.readpatt, exposure.start[:10]


def canonical(parameter: Parameter | None, value: Any) -> Any:
    """
    Return a value in the one form that its parameter's equal values share.

    Parameters
    ----------
    parameter : Parameter or None
        Its declaration; a value without one is returned as it is.
    value : object
        A value as a form, a file or Python gives it.

    Returns
    -------
    object
        Numbers in the declared kind, lists as lists, empty texts and lists as None, texts of numbers with the numbers
        in one form; a value that is not allowed as it is.
    """
    if parameter is None:
        return value
    try:
        value = parameter.check(value)
    except ParameterError:
        return value
    if isinstance(value, str) and parameter.kind == Kind.STRING:
        value = value.strip()
        return None if value in ("", "None") else _numbers(value)
    if isinstance(value, tuple):
        return [list(entry) if isinstance(entry, tuple) else entry for entry in value] or None
    return value


def _numbers(text: str) -> str:
    """Return a text of numbers ("5 4.0") with each of them in one form; any other text as it is."""
    try:
        numbers = [float(text) for text in text.split()]
    except ValueError:
        return text
    return " ".join(repr(number) if math.isfinite(number) else str(number) for number in numbers)


def with_whole_paths(settings: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return settings in which files are named by their whole path: a run works in a folder of its own.

    Parameters
    ----------
    settings : mapping
        Values by full name.
    """
    return {name: _whole(value) if _takes_file(name) else value for name, value in settings.items()}


def _takes_file(name: str) -> bool:
    label = name.rpartition(".")[2]
    return label.startswith("override_") or label in ("catalog", "bkg_list") or label.endswith(_FILES)


def _whole(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_whole(entry) for entry in value]
    if not isinstance(value, str) or not value.strip():
        return value
    path = Path(value.strip()).expanduser()
    return os.path.abspath(path) if _differs(path, value) and path.is_file() else value


def _differs(path: Path, value: str) -> bool:
    """Whether a path is written otherwise than in whole: relative, with ``~`` or with ``..``."""
    return not value.startswith("/") or ".." in path.parts or str(path) != value
