"""Our steps as stpipe lists and finds them: ``stpipe list``, ``strun ALIAS``."""

from __future__ import annotations

__all__ = ["CLASSES", "get_steps"]

CLASSES: dict[str, str] = {
    "miri_persistence": "miri_widgets.steps.persistence.PersistenceMaskStep",
    "miri_showers": "miri_widgets.steps.showers.ShowerMaskStep",
    "miri_fit_without_showers": "miri_widgets.steps.showers_pipeline.ShowersPipeline",
    "miri_rates": "miri_widgets.steps.rates.RateCheckStep",
    "miri_grid": "miri_widgets.steps.grid.MosaicGridStep",
    "miri_areas": "miri_widgets.steps.areas.AreasStep",
    "miri_warm_pixels": "miri_widgets.steps.warm_pixels.WarmPixelsStep",
    "miri_sky": "miri_widgets.steps.sky.SkyStep",
    "miri_stripes": "miri_widgets.steps.stripes.StripesStep",
    "miri_pullupdown": "miri_widgets.steps.pullupdown.PullUpDownStep",
    "miri_level_match": "miri_widgets.steps.level_match.LevelMatchStep",
    "miri_measure_shifts": "miri_widgets.steps.measure_shifts.MeasureShiftsStep",
    "miri_shifts": "miri_widgets.steps.shifts.ShiftsStep",
    "miri_apply_shift": "miri_widgets.steps.apply_shift.ApplyShiftStep",
}
"""Dotted class name by alias, in running order; a test holds it against the classes."""


def get_steps() -> list[tuple[str, str, bool]]:
    """
    Return class name, alias, and whether it is a pipeline, of every step of ours; none is imported.

    This is the entry point ``stpipe.steps`` of this package.
    """
    return [(dotted, alias, dotted.endswith("Pipeline")) for alias, dotted in CLASSES.items()]
