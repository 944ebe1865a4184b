"""
A session: one program, its stages, its jobs, and what the user has chosen.

The disk is the state. A session reads it four times a second and writes what
it finds into the models; closing it loses nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.errors import EngineError, MiriWidgetsError
from miri_widgets.models.background import Background
from miri_widgets.models.composite import CompositeModel
from miri_widgets.models.crds_parameters import CrdsParameters
from miri_widgets.models.history import History, UserChange
from miri_widgets.models.job_submission import JobSubmission
from miri_widgets.models.messages import Subject
from miri_widgets.models.page_layout import PageLayout
from miri_widgets.models.poller import Poller
from miri_widgets.models.preview import PreviewModel
from miri_widgets.models.product_measurements import ProductMeasurements
from miri_widgets.models.regions import RegionsModel
from miri_widgets.models.showers import ShowerModel
from miri_widgets.models.stage import PLANNING
from miri_widgets.models.stage_products import StageProducts
from miri_widgets.models.stage_settings import SettingsInput
from miri_widgets.models.tags import TagsModel
from miri_widgets.models.twin import TwinModel
from miri_widgets.models.viewed_image import ViewedImage, latest_image
from miri_widgets.products.program import Program
from miri_widgets.products.session_file import SessionFile, session_file_of
from miri_widgets.report.facts import ReportRequest
from miri_widgets.run import status_reduction
from miri_widgets.run.service_wiring import real_services
from miri_widgets.run.services import Services
from miri_widgets.run.snapshot import Declared, Request, Snapshot, SnapshotReader

__all__ = ["SessionModel"]


class SessionModel(JobSubmission, StageProducts, ProductMeasurements, ViewedImage):
    """
    Observable state of a whole program.

    Parameters
    ----------
    program : Program
        What it is about.
    services : Services, optional
        The rooms below; the real ones by default.

    Notes
    -----
    Threads: models are written in the thread that calls `poll` or runs the
    event loop of `follow`, and nowhere else. Whatever takes time goes through
    `background`; see the contract in `miri_widgets.models.background`.
    """

    engine_state = traitlets.Unicode("", help="the job engine, in a few words")
    tab = traitlets.Unicode("program", help="the panel in front")

    def __init__(self, program: Program, services: Services | None = None) -> None:
        super().__init__(program, services or real_services(program))
        self.closed = False
        self.background = Background("miri-session", threads=3)
        """Where slow work of all models and views of the session is done."""
        self.previews = PreviewModel(self)
        self.showers = ShowerModel(self)
        self.composite = CompositeModel(self)
        self.twin = TwinModel(self)
        self.tags = TagsModel(self)
        self.regions = RegionsModel(self)
        self.page_layout = PageLayout()
        self.history = History()
        """What was set on the page, for Undo."""
        self._memory = SessionFile(self.memory_path)
        self._restored = False  # whether the choices of last time are there
        self._declared: Mapping[str, Declared] = {}
        self._looker = SnapshotReader(self.services, self._memory, self.tags.path)
        self._rescan = True
        self._poller = Poller(self, self._looker.read, self._update)
        self._crds = CrdsParameters(self)
        self._follow_changes()
        self.observe(self._leave_tab, "chain")
        self.observe(self._unpick, "jobs_submitted")
        self.twin.observe(self._follow_twin, "working")

    @property
    def memory_path(self) -> Path:
        """The file that remembers the user's choices; a small dashboard beside a full one has its own."""
        return session_file_of(self.program)

    def _follow_changes(self) -> None:
        """Remember what a person sets, of all parts."""
        history = self.history
        history.follow(self, "chain", "optional steps")
        history.follow(self.programs, "excluded", "excluded exposures")
        history.follow(self.acceleration, "wanted", "acceleration")
        self.tags.on_change = lambda before, after: history.add(
            UserChange("tags of exposures", ("tags",), before, after, self.tags.merge)
        )
        for stage in self.models.values():
            history.follow(
                stage,
                "settings",
                f"settings of {stage.stage.short}",
                value=lambda settings: settings.user,
                apply=stage.restore_user,
            )

    def _leave_tab(self, change: Mapping[str, Any]) -> None:
        if self.tab in change["old"] and self.tab not in change["new"]:
            self.tab = "program"

    def _unpick(self, _: Any) -> None:
        self.picked = False  # products of the new job come to the viewer by themselves

    def _follow_twin(self, _: Any) -> None:
        self.programs.simulating = self.twin.working
        if not self.twin.working:
            self.rescan()

    # -- following the disk ---------------------------------------------------

    def rescan(self) -> None:
        """Look through the program's folders again."""
        self._rescan = True

    def request(self) -> Request:
        """Return what has to be looked at now."""
        loaded = self._restored and all(stage.loaded for stage in self.models.values())
        logs = []
        for stage in self.stages.values():
            if stage.watched and (row := stage.row(stage.watched)):
                logs.append((stage.name, row.key, row.job))
        return Request(
            generation=self.generation,
            exposures=self.programs.included if self.programs.scanned else None,
            rescan=self._rescan,
            stages=self.chain,
            settings={name: stage.settings for name, stage in self.stages.items()} if loaded else {},
            logs=tuple(logs),
            memory=self.choices() if loaded else {},
            rejected=self.tags.rejected,
            tags_epoch=self.tags.epoch,
        )

    def snapshot(self) -> Snapshot:
        """Return what disk, engine and planner say now, for the settings of now; nothing is changed."""
        return self._looker.read(self.request())

    def poll(self) -> None:
        """Look once and take what is found: for scripts and tests; a dashboard follows by itself."""
        self.tags.wait()
        for _ in range(4):
            self.apply(self.snapshot())
            if not self.planning:
                break
        self._update()
        self.background.wait()
        self.tags.wait()

    async def settled(self, timeout: float = 120.0) -> None:
        """
        Wait until all is read and planned for the settings of now: between the cells of a notebook.

        Parameters
        ----------
        timeout : float
            Seconds after which it comes back all the same; `trouble` may say why.
        """
        await self._poller.settled(timeout)

    def follow(self) -> None:
        """Keep looking as long as the session is open; needs a running event loop."""
        self._poller.start()

    def apply(self, facts: Snapshot) -> None:
        """
        Take what was found: the only writer of the models' facts.

        Parameters
        ----------
        facts : Snapshot
            What the poller read from disk, engine and planner.
        """
        self.tags.take(facts.tags, facts.tags_epoch)
        if facts.scan is not None:
            self._rescan = False
            self.programs.take(facts.scan)
            self.twin.refresh()
            self.touch()
        self._apply_settings(facts)
        self.trouble = facts.error
        self.engine_state = status_reduction.engine_text(facts.engine)
        if facts.plans is not None and facts.generation == self.generation:
            self._take_plans(facts, facts.plans)
        self.follow_jobs(facts.jobs)
        for stage in self.stages.values():
            stage.log = facts.logs.get(stage.watched, stage.log if stage.watched else "")

    def _take_plans(self, facts: Snapshot, plans: tuple[Any, ...]) -> None:
        self.plans = plans
        self.refused = dict(facts.refused)
        self.messages.follow_plans(self.refused)
        rows = status_reduction.rows(facts)
        blockers = self.programs.blockers()
        for stage in self.stages.values():
            stage.apply(status_reduction.stage_values(stage.stage, rows, facts, blockers))
        self.programs.left_out = status_reduction.left_out_steps(rows)
        self.programs.states = status_reduction.exposure_states(rows)
        self.note_running(bool(facts.jobs))
        self.show_latest(latest_image(self.stages.values()), running=self.running)
        self.start_pending_run()

    def _apply_settings(self, facts: Snapshot) -> None:
        """Lay the settings out anew if `facts` bring exposures or declarations, and both are known."""
        self._declared = facts.declared or self._declared
        new = bool(facts.declared) or facts.scan is not None
        if new and self._declared and self.programs.scanned:
            with self.history.pause():
                self._apply_layers()

    def _apply_layers(self) -> None:
        refused, forgotten = list[str](), list[str]()
        remembered = {} if self._restored else self._memory.values.get("settings", {})
        for name, stage in self.models.items():
            sentences = stage.apply_layers(
                SettingsInput(
                    self._declared[name],
                    {
                        filter_name: self.services.preset(name, filter_name)
                        for filter_name in self.programs.filters
                    },
                    self.program.settings.get(name, {}),
                    None if self._restored else remembered.get(name, {}),
                )
            )
            refused += sentences[0]
            forgotten += sentences[1]
        if not self._restored:
            self._recall(self._memory.values)
            self._restored = True
            forgotten += [self._memory.sentence] if self._memory.sentence else []
            self.messages.put(Subject.MEMORY, " ".join(forgotten))
        self.messages.put(Subject.SETTINGS, " ".join(refused))
        self.touch()

    # -- choosing -------------------------------------------------------------

    def choose(self, roots: Iterable[str], *, show: bool = False) -> None:
        """
        Choose exposures everywhere; unknown names are left out.

        Parameters
        ----------
        roots : iterable of str
            Exposures by name without suffix.
        show : bool
            Whether to show the newest product of the first one.
        """
        chosen = self.programs.choose(roots)
        if show and chosen:
            path = self.latest_product(chosen[0])
            if path is not None:
                self.show(path)

    def choices(self) -> dict[str, Any]:
        """Return the choices of the user as plain values, for the session file."""
        return {
            "settings": {name: stage.settings.user for name, stage in self.models.items()},
            "chain": list(self.chain),
            "excluded": sorted(self.programs.excluded),
            "selected": list(self.programs.selected),
            "tab": self.tab,
            "shown": str(self.shown or ""),
            "extension": self.extension,
            "picked": self.picked,
            "view": self.view_state(),
            "accelerated": self.acceleration.wanted,
            "layout": self.page_layout.state(),
            "composite": self.composite.choices(),
        }

    def _recall(self, choices: Mapping[str, Any]) -> None:
        """Take the choices of a session file; what is no longer there is left out."""
        if "chain" in choices:
            self.recall_chain(choices["chain"])
        known = {exposure.root for exposure in self.programs.exposures}
        self.programs.excluded = frozenset(known & set(choices.get("excluded", ())))
        self.programs.choose(choices.get("selected", ()))
        self.tab = choices.get("tab", self.tab)  # the dashboard knows its tabs
        shown = choices.get("shown", "")
        with contextlib.suppress(OSError, ValueError):  # a name that no file can have
            if shown and Path(shown).is_file():
                extension = choices.get("extension", "SCI")
                self.show(Path(shown), picked=bool(choices.get("picked")), extension=extension)
        self.recalled = choices.get("view", {})
        self.acceleration.wanted = choices.get("accelerated", True)
        self.page_layout.restore(choices.get("layout", {}))
        self.composite.recall(choices.get("composite", {}))

    def code_beside_runs(self) -> str:
        """Return code that an exported script or notebook runs after its runs: the colour composite of the page."""
        return self.composite.code(self.program.workspace)

    def report_request(self) -> ReportRequest:
        """
        Return what is to be reported, as values; for another thread.

        Raises
        ------
        EngineError
            If the plans are not those of the current settings, or there is none.
        """
        if self.planning:
            raise EngineError(
                "no report can be made now", "plans of the settings of now", PLANNING.rstrip(".")
            )
        blockers = self.programs.blockers()
        if blockers or not self.plans:
            reason = " ".join(blockers) or self.trouble or "run a stage first"
            raise EngineError("nothing to report", "exposures with planned runs", reason.rstrip("."))
        programs = self.programs
        return ReportRequest(
            self.program,
            self.services,
            tuple(self.plans),
            dict(self.refused),
            tuple((model.stage, model.settings) for model in self.stages.values()),
            tuple((exposure, exposure.root not in programs.excluded) for exposure in programs.exposures),
            tuple(programs.warnings),
            dict(self.tags.tags),
            tuple(str(problem.error) for problem in programs.problems),
        )

    # -- slow answers -------------------------------------------------------

    def ask_crds(self, name: str) -> None:
        """
        Have the CRDS values of a stage looked up; its settings get them.

        Parameters
        ----------
        name : str
            Name of the stage.
        """
        self._crds.request(self.models[name])

    def _update(self) -> None:
        """Let what is computed live follow the settings and files of now."""
        self.previews.update()
        self.showers.update()

    def close(self) -> None:
        """Stop looking and let go of everything; jobs go on."""
        self.closed = True
        self._poller.stop()
        with contextlib.suppress(OSError, MiriWidgetsError):
            if self._restored:
                self._looker.remember(self.request(), now=True)
        self.background.close()
        self.history.close()
        self.previews.stop()
        self.showers.stop()
        self.tags.stop()
        self.regions.close()
        self.composite.close()
        parts = (
            self.previews, self.showers, self.twin, self.tags, self.programs, self.acceleration, self.page_layout,
        )  # fmt: skip
        for model in (self, *parts, *self.models.values()):
            model.unobserve_all()
