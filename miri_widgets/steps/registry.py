"""Our steps as stpipe lists and finds them: ``stpipe list``, ``strun ALIAS``."""

from __future__ import annotations

from miri_widgets.steps.stages import STAGES

__all__ = ["get_steps"]


def get_steps() -> list[tuple[str, str | None, bool]]:
    """
    Return class name, alias, and whether it is a pipeline, of every step of ours; none is imported.

    This is the entry point ``stpipe.steps`` of this package.
    """
    return [
        (stage.pipeline, stage.alias or None, stage.pipeline.endswith("Pipeline"))
        for stage in STAGES
        if stage.is_own
    ]
