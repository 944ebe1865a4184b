"""The request of a report about a reduction without a page."""

from __future__ import annotations

from miri_widgets.report.facts import ReportRequest
from miri_widgets.run.reduction import Reduction
from miri_widgets.run.setting_layers import checked_layer, common_preset
from miri_widgets.settings import Settings, Source
from miri_widgets.steps import stages

__all__ = ["report_request"]


def report_request(reduction: Reduction) -> ReportRequest:
    """
    Return what is to be reported about a reduction.

    Parameters
    ----------
    reduction : Reduction
        A program with its overrides.

    Returns
    -------
    ReportRequest
        Its plans, settings, exposures and tags.

    Raises
    ------
    MissingFileError
        If no exposure takes part.
    MiriWidgetsError
        If nothing can be planned.
    """
    planned = reduction.planned
    excluded = reduction.overrides.excluded
    return ReportRequest(
        reduction.program,
        reduction.runs,
        tuple(planned.plans),
        {name: str(error) for name, error in planned.refused.items()},
        tuple((stages.stage(name), _with_presets(reduction, name)) for name in reduction.chain),
        tuple((exposure, exposure.root not in excluded) for exposure in reduction.scanned.exposures),
        reduction.contradictions,
        dict(reduction.tags),
        tuple(str(problem.error) for problem in reduction.scanned.problems),
    )


def _with_presets(reduction: Reduction, name: str) -> Settings:
    """Return the settings of a stage with what the presets of all filters agree in."""
    settings = reduction.settings[name]
    filters = dict.fromkeys(exposure.filter for exposure in reduction.scanned.exposures)
    presets = {filter_name: reduction.runs.preset(name, filter_name) for filter_name in filters}
    return settings.with_layer(Source.PRESET, checked_layer(settings.declared, common_preset(presets), []))
