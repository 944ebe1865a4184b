"""The live preview: what the stage in front would do to one exposure with the settings of now."""

from __future__ import annotations

from functools import partial
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundTask
from miri_widgets.models.capabilities import HasPlans
from miri_widgets.models.in_view import PAIR_MODES
from miri_widgets.models.stage import StageModel

__all__ = ["PreviewModel"]


class PreviewModel(traitlets.HasTraits):
    """
    One preview at a time; computed in a thread, again whenever a setting changes, written nowhere.

    Parameters
    ----------
    session : HasPlans
        The session that it belongs to; it calls `update`.
    """

    stage = traitlets.Unicode("", help="the stage that is previewed; empty when none is")
    root = traitlets.Unicode("", help="the exposure that is shown")
    working = traitlets.Bool(False, help="whether one is being computed")
    sentence = traitlets.Unicode("", help="why there is none")
    result = traitlets.Any(None, help="the latest `Preview`, or None")
    fresh = traitlets.Bool(False, help="whether `result` belongs to the settings of now")
    shown = traitlets.Enum(
        ("before", "after", "difference", *PAIR_MODES), "after", help="which image is in the viewer, or both"
    )

    def __init__(self, session: HasPlans) -> None:
        super().__init__()
        self.session = session
        self._task: BackgroundTask | None = None
        self._mark: Any = None
        self._done_for: Any = None

    def start(self, stage: str, root: str = "") -> None:
        """
        Preview a stage on one exposure; on the first that has its inputs when none is named.

        Parameters
        ----------
        stage : str
            Name of the stage.
        root : str
            Name of the exposure without suffix.
        """
        roots = self.roots(stage)
        with self.hold_trait_notifications():
            self.stage = stage
            self.root = (
                root if root in roots else (self.root if self.root in roots else next(iter(roots), ""))
            )
            self.result, self.fresh, self.sentence = None, False, ""
        self._mark = None
        self.update()

    def stop(self) -> None:
        """End the preview; one that is being computed is thrown away."""
        if self._task is not None:
            self._task.cancel()
        self._task, self._mark = None, None
        with self.hold_trait_notifications():
            self.stage, self.sentence = "", ""
            self.result, self.fresh, self.working = None, False, False

    def roots(self, stage: str) -> tuple[str, ...]:
        """
        Return the exposures that can be previewed: those whose inputs are there.

        Parameters
        ----------
        stage : str
            Name of the stage.
        """
        roots_ = []
        for plan in self.session.plans:
            if plan.stage == stage and all(path.is_file() for path in self.session.services.inputs(plan)):
                roots_ += list(plan.exposures)
        return tuple(roots_)

    def update(self) -> None:
        """Compute it again when settings have changed; one at a time."""
        if not self.stage:
            return
        model = self.session.models[self.stage]
        plan = self._plan()
        mark = (plan.key, self.root) if plan is not None and model.loaded else None
        self.fresh = self.result is not None and mark == self._done_for and not model.planning
        wanted = mark is not None and mark != self._mark and not model.planning
        if wanted and not self._is_busy:
            self._begin(model, plan, mark)

    @property
    def _is_busy(self) -> bool:
        return self._task is not None and self._task.pending

    def _plan(self) -> Any:
        return next(
            (plan for plan in self.session.plans if plan.stage == self.stage and self.root in plan.exposures),
            None,
        )

    def _begin(self, model: StageModel, plan: Any, mark: Any) -> None:
        """Compute it, unless its inputs are not there yet: the next `update` looks again."""
        files = self.session.services.inputs(plan)
        if not all(path.is_file() for path in files):
            self.sentence = "The stage before has not run with its present settings: run it first."
            return
        self._mark = mark
        values = {
            name: model.settings[name] for name in model.settings if not self.session.services.owned(name)
        }
        self.working, self.sentence = True, ""
        end = partial(self._end, self.stage, mark)
        self._task = self.session.background.start(
            self.session.services.preview, self.stage, files, values, self.root,
            done=end, failed=partial(end, None),
        )  # fmt: skip

    def _end(self, stage: str, mark: Any, result: Any, error: MiriWidgetsError | None = None) -> None:
        with self.hold_trait_notifications():
            self.working = False
            if (stage, mark[1]) == (self.stage, self.root):  # else pixels of another exposure or stage
                self.result = result
                self.sentence = "" if error is None else str(error)
                if error is None:
                    self._done_for = mark
        self.update()

    def pixels(self) -> Any:
        """Return the image that is to be shown, shape (ny, nx), or None."""
        if self.result is None:
            return None
        if self.shown == "difference":
            return self.result.difference
        # of both, in view at the same time, the one after tells levels and histogram
        return (self.result.before if self.shown == "before" else self.result.after).sci
