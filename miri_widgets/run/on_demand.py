"""Products that a stage makes only when a parameter asks for them, such as the ramps of detector1 and the i2d of image2."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.stages import Stage, all_stages

__all__ = ["asked_for", "require_asked_for"]


def asked_for(stage: Stage, settings: Mapping[str, Any]) -> list[str]:
    """
    Return the suffixes of the products that a run makes because its settings ask for them.

    Parameters
    ----------
    stage : Stage
        The stage.
    settings : mapping
        What is handed to the pipeline, by full name; what is missing has the value of its declaration.
    """
    return [
        suffix
        for suffix, parameter, value in stage.on_demand
        if (settings[parameter] if parameter in settings else _default(stage.name, parameter)) == value
    ]


def _default(stage_name: str, parameter: str) -> Any:
    return next(known.default for known in declared(stage_name) if known.name == parameter)


def require_asked_for(stage: Stage, before: Collection[str]) -> None:
    """
    Refuse a stage that takes what an earlier one makes on demand only, while nobody asks for it.

    Parameters
    ----------
    stage : Stage
        A stage whose inputs no run makes.
    before : collection of str
        Names of the stages that are planned already.

    Raises
    ------
    ParameterError
        With the parameter that asks for the product.
    """
    for maker in all_stages():
        for suffix, parameter, value in maker.on_demand:
            if suffix == stage.takes and maker.name in before:
                raise ParameterError(
                    f"{stage.name} takes {suffix} products, which {maker.name} makes on demand only",
                    f"{parameter} = {str(value).lower()} in {maker.name}",
                    f"set it, or leave {stage.name} out",
                )
