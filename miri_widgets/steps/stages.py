"""The stages, of this package and of others: found by name, in order, with their presets per filter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from miri_widgets.errors import ParameterError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.steps.added_stages import put_in_order, stage_entry_points
from miri_widgets.steps.stage import ChainPreset, RegionParameter, RunCost, Scope, Stage
from miri_widgets.steps.stage_list import STAGES

__all__ = [
    "STAGES",
    "ChainPreset",
    "RegionParameter",
    "RunCost",
    "Scope",
    "Stage",
    "all_stages",
    "chain_presets",
    "forget_stages",
    "preset",
    "problems_of_added",
    "stage",
    "stages_from",
]


def all_stages() -> tuple[Stage, ...]:
    """Return the stages of this package and those that other packages add, in order; read once per process."""
    return _all_stages()[0]


def problems_of_added() -> tuple[str, ...]:
    """Return what is wrong with stages of other packages that were left out, as sentences."""
    return _all_stages()[1]


@lru_cache(maxsize=1)
def _all_stages() -> tuple[tuple[Stage, ...], tuple[str, ...]]:
    return put_in_order(STAGES, stage_entry_points())


def forget_stages() -> None:
    """Read the stages of other packages again when they are next needed."""
    _all_stages.cache_clear()


def stage(name: str) -> Stage:
    """
    Return the stage called `name`.

    Parameters
    ----------
    name : str
        Name of the stage.

    Raises
    ------
    ParameterError
        If there is none.
    """
    for candidate in all_stages():
        if candidate.name == name:
            return candidate
    raise ParameterError(
        f"the stage {str(name)[:60]!r}",
        "one of " + ", ".join(candidate.name for candidate in all_stages()),
        "correct the name",
    )


def stages_from(start: str, stages: Sequence[Stage]) -> tuple[str, ...]:
    """
    Return the names of the stages that can take part when a chain begins with products of other hands.

    Parameters
    ----------
    start : str
        Suffix of the products that are there: "uncal", "rate" or "cal".
    stages : sequence
        Stages, in running order.
    """
    there, reached = {start}, []
    for stage in stages:
        # what an earlier stage gives on demand, as its ramps, is told by `needs`
        if stage.takes in there or any(other in reached for other, _, _ in stage.needs):
            there.update(stage.gives)
            reached.append(stage.name)
    return tuple(reached)


def chain_presets() -> dict[str, tuple[str, ...]]:
    """Return the optional stages of each choice that a program can begin with, by its title; stages declare theirs."""
    return {
        str(chain_preset): tuple(stage.name for stage in all_stages() if chain_preset in stage.chain_presets)
        for chain_preset in ChainPreset
    }


def preset(stage_name: str, filter_name: str) -> dict[str, Any]:
    """
    Return the values that this package gives a stage in one MIRI filter.

    Parameters
    ----------
    stage_name : str
        A stage.
    filter_name : str
        A MIRI imaging filter; an unknown one has no preset.

    Returns
    -------
    dict
        Values by full name, for ``Source.PRESET``.

    Notes
    -----
    Stages declare theirs. A preset outweighs CRDS, so it holds only what CRDS does not decide better:

    * ``resample.pixel_scale``: 0.11 arcsec, the mean scale of the imager, so
      that mosaics of all filters share one grid and can be blinked. Without
      it the scale follows the first exposure's own, and differs by filter.

    Widths of source finders, fit geometries, showers and EMI are kept in
    CRDS per filter and subarray by the instrument team; a copy here would
    grow old and hide theirs.
    """
    values = dict(stage(stage_name).preset)
    return values if filter_name in FILTERS else {}
