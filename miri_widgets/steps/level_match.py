"""The step that matches the levels of overlapping tiles."""

from __future__ import annotations

from miri_widgets.core.levels.level_match import match_levels
from miri_widgets.steps.miri_step import CorrectionStep
from miri_widgets.steps.stage import Chart, RunCost, Scope, Stage, TimelineChart

__all__ = ["STAGE", "LevelMatchStep"]

STAGE = Stage(
    name="level_match",
    title="Level match: overlapping tiles",
    summary="Brings overlapping tiles to one level, measured on the sky that they share.",
    methods="Overlapping tiles were brought to one level, measured on the sky that they shared.",
    version=4,
    pipeline="miri_widgets.steps.level_match.LevelMatchStep",
    scope=Scope.FILTER,
    takes="cal",
    gives=("cal",),
    main="cal",
    steps=("miri_level_match",),
    essential=("model", "group", "reference", "box", "plane_sigma"),
    optional=True,
    changes_level=True,
    of_field=True,
    each=True,
    correction="miri_widgets.core.levels.level_match:match_levels",
    after="stripes",
    charts=(
        TimelineChart("level_match.level", "level taken off", "MJy/sr"),
        TimelineChart("level_match.level_err", "its error", "MJy/sr"),
        Chart.PROFILES,
    ),
    cost=RunCost(1.0, 1.4, 0.9, 0.0),
)


class LevelMatchStep(CorrectionStep):
    """Bring overlapping tiles to one level, by a constant or a plane."""

    class_alias = "miri_level_match"
    operation = staticmethod(match_levels)
    together = True

    spec = """
        model = option('constant', 'plane', default='constant')  # A number for each group, or also a tilted plane for groups that have one.
        group = option('tile', 'exposure', default='tile')  # What shares one correction: exposures of one visit that point near each other, or each by itself.
        reference = option('mean', 'lowest', default='mean')  # The mean correction is zero, or all come down to the lowest.
        box = integer(min=4, max=256, default=16)  # Side of the cells of sky that are compared. [pixels]
        min_cells = integer(min=1, max=10000, default=10)  # Exposures hang together when they share so many cells.
        plane_sigma = float(min=1, max=100, default=5.0)  # A group has a plane when its slopes differ from zero by this. [sigma]
        own_shapes = boolean(default=True)  # Where tiles show planes or a pattern of the detector, also use the level and slope of each tile's own dark sky; else overlaps alone.
    """
