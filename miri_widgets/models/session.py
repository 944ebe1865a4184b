"""
A session: one program, its stages, its jobs, and what the user has chosen.

The disk is the state. A session reads it four times a second and writes what
it finds into the models; closing it loses nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import traitlets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.acceleration import AccelerationModel
from miri_widgets.models.auto_display import AutoDisplay
from miri_widgets.models.background import Background
from miri_widgets.models.crds_parameters import CrdsParameters
from miri_widgets.models.exports import Exports
from miri_widgets.models.in_view import InView, product_in_view
from miri_widgets.models.job_submission import JobSubmission
from miri_widgets.models.messages import Messages, Subject
from miri_widgets.models.poller import Poller
from miri_widgets.models.preview import PreviewModel
from miri_widgets.models.product_measurements import ProductMeasurements
from miri_widgets.models.program import ProgramModel
from miri_widgets.models.regions import RegionsModel
from miri_widgets.models.session_memory import memory_of
from miri_widgets.models.settings_layers import SettingsLayers
from miri_widgets.models.showers import ShowerModel
from miri_widgets.models.stage import StageModel
from miri_widgets.models.stage_choice import ChainChoice
from miri_widgets.models.tags import TagsModel
from miri_widgets.models.twin import TwinModel
from miri_widgets.products.program import Program, load_program
from miri_widgets.products.session_file import SessionFile, session_file_of
from miri_widgets.products.tables.drawn_regions import Drawn
from miri_widgets.run import status_reduction as fold
from miri_widgets.run.progress import JobsInProgress, Progress
from miri_widgets.run.service_wiring import real_services
from miri_widgets.run.services import Services
from miri_widgets.run.snapshot import Request, Snapshot, SnapshotReader
from miri_widgets.run.status_rows import RunRow

__all__ = ["SessionModel", "open_session"]


class SessionModel(traitlets.HasTraits):
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

    message = traitlets.Unicode("", help="what went wrong and still counts, as sentences; see `Messages`")
    trouble = traitlets.Unicode("", help="what cannot be had now (engine, disk, CRDS), as a sentence")
    engine_state = traitlets.Unicode("", help="the job engine, in a few words")
    running = traitlets.Bool(False)
    fraction = traitlets.Float(0.0, help="of all jobs at work")
    eta = traitlets.Float(None, allow_none=True)
    progress = traitlets.Instance(Progress, args=(), help="of all jobs in progress")
    shown = traitlets.Instance(Path, allow_none=True, help="the product in the viewer")
    extension = traitlets.Unicode("SCI", help="the extension of `shown` that is in the viewer")
    picked = traitlets.Bool(False, help="whether the user chose `shown`")
    jobs_ordered = traitlets.Int(0, help="counts the jobs that were submitted from here")
    requests = traitlets.Int(0, help="counts calls of `show`: the same product can be asked for again")
    displayed = traitlets.Instance(
        InView, (), help="what the viewer shows; of who draws, or of `show` where nobody does"
    )
    not_displayed = traitlets.Unicode("", help="why the product asked for last is not in view, a sentence")
    tab = traitlets.Unicode("program", help="the panel in front")
    measured: traitlets.Dict[Any, Any] = traitlets.Dict(help="Path -> Measurement")
    catalogs: traitlets.Dict[Any, Any] = traitlets.Dict(help="tuple of paths of mosaics -> ProgramCatalog")
    marks: Any = traitlets.Tuple(help="(x, y, kind) of the marks, 0-based pixels")
    clicked: Any = traitlets.Tuple(help="(x, y) of the last click on `shown`, 0-based pixels; see click")
    center: Any = traitlets.Tuple(help="(x, y) to be centred, 0-based pixels")
    plans = traitlets.Tuple(help="RunPlan of every run, for the settings of now")
    refused: traitlets.Dict[str, str] = traitlets.Dict(
        help="stage -> why it could not be planned, a sentence"
    )
    chain = traitlets.Tuple(help="names of the stages that take part, in order; see use_stage")
    ordered: Any = traitlets.Any(None, help="what runs as soon as the plans are those of now; see order")
    recalled: traitlets.Dict[str, Any] = traitlets.Dict(
        help="what the viewer showed last time, plain values; see `panels.parts.viewmemory`"
    )

    def __init__(self, program: Program, services: Services | None = None) -> None:
        super().__init__()
        self.program = program
        self.services = services or real_services(program)
        self.background = Background("miri-session", threads=3)
        """Where slow work of all models and views of the session is done."""
        self.messages = Messages(self)
        self.programs = ProgramModel(program, self)
        self.models = {stage.name: StageModel(stage, self) for stage in self.services.stages}
        self._choice = ChainChoice(self)
        self.acceleration = AccelerationModel(self)
        unknown = (*self.services.stage_problems, self._choice.unknown(), self.acceleration.unknown)
        self.messages.put(Subject.START, " ".join(filter(None, unknown)))
        self.previews = PreviewModel(self)
        self.showers = ShowerModel(self)
        self.twin = TwinModel(self)
        self.tags = TagsModel(self)
        self.regions = RegionsModel(self)
        self._memory = SessionFile(self.memory_path)
        self._layers = SettingsLayers(self, self._memory)
        self._looker = SnapshotReader(self.services, self._memory, self.tags.path)
        self._jobs = JobsInProgress()
        self._generation = 0
        self._rescan = True
        self._following = Poller(self, self._looker.read, self._update)
        self._measurements = ProductMeasurements(self)
        self._crds = CrdsParameters(self)
        self._orders = JobSubmission(self)
        self._exports = Exports(self)
        self._newest = AutoDisplay(self)
        self.closed = False
        self.is_drawn = False
        """Whether a viewer draws what is shown, and writes `displayed`."""
        self.drawn: Drawn = dict
        """Gives what is drawn in the viewer; who has the viewer sets it."""
        self.viewing: Callable[[], Mapping[str, Any] | None] = lambda: None
        """Gives what the viewer shows, as plain values, or None while that is not known; who has the viewer sets it."""

    @property
    def stages(self) -> dict[str, StageModel]:
        """The stages of the chain, by name, in order; `models` has those that are left out, too."""
        return {name: self.models[name] for name in self.chain}

    @property
    def possible(self) -> dict[str, StageModel]:
        """The stages that can take part, by name, in order: those behind the inputs; of a small dashboard, its own."""
        return self._choice.possible

    def names_to(self, upto: str | None) -> tuple[str, ...]:
        """Return the names of the stages of the chain, in order; up to and with `upto` when it is given."""
        return self.chain if upto is None else self.chain[: self.chain.index(upto) + 1]

    def use_stage(self, name: str, use: bool = True) -> None:
        """
        Take an optional stage into the chain, or leave it out.

        Its settings and its runs are kept. Only stages behind it depend on it.

        Raises
        ------
        ParameterError
            If there is no such stage, the dashboard is not about it, or the chain cannot do without it.
        """
        self._choice.use(name, use)

    def accept(self, key: str) -> None:
        """Let the chain go on after a run that did harm; other settings are asked about again."""
        row = next((found for stage in self.models.values() if (found := stage.row(key)) is not None), None)
        self.services.accept(key, row.harm if row is not None else "")

    @property
    def memory_path(self) -> Path:
        """The file that remembers the user's choices; a small dashboard beside a full one has its own."""
        return session_file_of(self.program)

    # -- looking ------------------------------------------------------------

    def touch(self) -> None:
        """Say that plans depend on something that changed."""
        self._generation += 1
        self.messages.drop(Subject.ACTION)  # what kept an action from being done may be over
        for stage in self.stages.values():
            stage.planning = True

    def rescan(self) -> None:
        """Look through the program's folders again."""
        self._rescan = True

    def request(self) -> Request:
        """Return what has to be looked at now."""
        loaded = self._layers.restored and all(stage.loaded for stage in self.models.values())
        logs = []
        for stage in self.stages.values():
            if stage.watched and (row := stage.row(stage.watched)):
                logs.append((stage.name, row.key, row.job))
        return Request(
            generation=self._generation,
            exposures=self.programs.included if self.programs.scanned else None,
            rescan=self._rescan,
            stages=self.chain,
            settings={name: stage.settings for name, stage in self.stages.items()} if loaded else {},
            logs=tuple(logs),
            memory=memory_of(self) if loaded else {},
            rejected=self.tags.rejected,
            tags_epoch=self.tags.epoch,
        )

    def poll(self) -> None:
        """Look once and take what is found: for scripts and tests; a dashboard follows by itself."""
        self.tags.wait()
        for _ in range(4):
            self.apply(self._looker.read(self.request()))
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
        await self._following.settled(timeout)

    def follow(self) -> None:
        """Keep looking as long as the session is open; needs a running event loop."""
        self._following.start()

    def apply(self, facts: Snapshot) -> None:
        """Take what was found: the only writer of the models' facts."""
        self.tags.take(facts.tags, facts.tags_epoch)
        if facts.scan is not None:
            self._rescan = False
            self.programs.take(facts.scan)
            self.twin.look()
            self.touch()
        self._layers.take(facts)
        self.trouble = facts.error
        self.engine_state = fold.engine_text(facts.engine)
        if facts.plans is not None and facts.generation == self._generation:
            self.plans = facts.plans
            self.refused = dict(facts.refused)
            self.messages.follow_plans()
            rows = fold.rows(facts)
            for stage in self.stages.values():
                stage.apply(fold.stage_values(stage.stage, rows, facts, self.programs.blockers()))
            self.programs.left_out = fold.left_out_steps(rows)
            self.programs.states = fold.exposure_states(rows)
            self._note_running(bool(facts.jobs))
            self._newest.bring_up()
            self._orders.carry_out()
        self._note_running(bool(facts.jobs))
        self.progress = self._jobs.take(facts.jobs)
        self.fraction, self.eta = self.progress.fraction, self.progress.eta
        for stage in self.stages.values():
            stage.log = facts.logs.get(stage.watched, stage.log if stage.watched else "")

    def _note_running(self, running: bool) -> None:
        if self.running and not running:
            self.messages.drop(Subject.ACTION)  # "a run is in progress" is not true any more
        self.running = running

    # -- acting -------------------------------------------------------------

    def run(self, *names: str) -> str:
        """
        Submit what is not complete of some stages; return the job's id.

        Raises
        ------
        MiriWidgetsError
            If a stage has blockers, or the engine cannot take the job.
        """
        return self._orders.run(names)

    def run_all(self, upto: str | None = None) -> str:
        """
        Submit every stage, in one job; up to and with `upto` when it is given.

        Raises
        ------
        MiriWidgetsError
            As `run`.
        """
        return self.run(*self.names_to(upto))

    @property
    def planning(self) -> bool:
        """Whether the plans belong to earlier settings still."""
        return any(stage.planning for stage in self.stages.values())

    def order(self, run: Callable[[], Any]) -> None:
        """
        Run, now or as soon as the plans belong to the settings of now: what a button does.

        Parameters
        ----------
        run : callable
            `run_all`, or `StageModel.run`. What keeps it from running later is told in `message`.

        Raises
        ------
        MiriWidgetsError
            As `run`, when it runs at once.
        """
        self._orders.order(run)

    def cancel(self, jobs: Iterable[str] | None = None) -> None:
        """Ask jobs to stop, and forget what is ordered; all that are at work when none is named."""
        self._orders.cancel(jobs)

    def cancel_runs(self, rows: Iterable[RunRow]) -> None:
        """Ask some runs to stop; the rest of their jobs goes on, but for what needs them."""
        self._orders.cancel_runs(rows)

    def code(self, name: str) -> str:
        """Return the first run of a stage as Python that needs the pipeline only, with its ``strun`` line."""
        return self._exports.code(name)

    def script(self, upto: str | None = None) -> str:
        """Return all runs, up to and with a stage, as a Python program that gives the same keys."""
        return self._exports.script(upto)

    def notebook(self, upto: str | None = None) -> str:
        """Return the same as a Jupyter notebook."""
        return self._exports.notebook(upto)

    def export(self, upto: str | None = None) -> tuple[Path, Path]:
        """
        Write script and notebook of all runs, up to and with a stage, into ``exports`` of the workspace.

        Returns
        -------
        (Path, Path)
            The script and the notebook; earlier ones of the same stages are replaced.

        Raises
        ------
        EngineError
            If nothing is planned.
        NotWritableError, DiskFullError
            If they cannot be written.
        """
        return self._exports.write(upto)

    def show(self, path: Path, *, picked: bool = True, extension: str = "SCI") -> None:
        """Choose the product in the viewer, and which of its images."""
        self.picked = picked
        if self.shown != Path(path):
            self.marks = ()
        with self.hold_trait_notifications():
            self.shown, self.extension = Path(path), extension
            self.requests += 1
            if not self.is_drawn:
                self.displayed = product_in_view(Path(path), extension)

    def click(self, x: float, y: float) -> None:
        """Take a click on the image `shown`, 0-based pixels; the same place can be clicked again."""
        self.clicked = ()
        self.clicked = (x, y)

    # -- slow answers -------------------------------------------------------

    def ask_measure(self, path: Path) -> None:
        """Have a product measured; `measured` gets the answer."""
        self._measurements.measure(path)

    def ask_catalog(self, mosaics: tuple[Path, ...]) -> None:
        """Have a catalogue made of some mosaics; `catalogs` gets the answer."""
        self._measurements.catalog(mosaics)

    def ask_crds(self, name: str) -> None:
        """Have the CRDS values of a stage looked up; its settings get them."""
        self._crds.request(self.models[name])

    def _update(self) -> None:
        """Let what is computed live follow the settings and files of now."""
        self.previews.update()
        self.showers.update()

    # -- remembering --------------------------------------------------------

    def in_view(self) -> dict[str, Any]:
        """Return what the viewer shows, as plain values: that of last time as long as it is on its way."""
        told = self.viewing()
        return dict(self.recalled if told is None else told)

    def recall_chain(self, names: Iterable[str]) -> None:
        """Take the stages of last time, unless the user has chosen since."""
        self._choice.recall(names)

    def close(self) -> None:
        """Stop looking and let go of everything; jobs go on."""
        self.closed = True
        self._following.stop()
        with contextlib.suppress(OSError, MiriWidgetsError):
            if self._layers.restored:
                self._looker.remember(self.request(), now=True)
        self.background.close()
        self.previews.stop()
        self.showers.stop()
        self.tags.stop()
        self.regions.close()
        parts = (self.previews, self.showers, self.twin, self.tags, self.programs, self.acceleration)
        for model in (self, *parts, *self.models.values()):
            model.unobserve_all()


def open_session(
    program: Program | Path | str,
    services: Services | None = None,
    *,
    workers: int = 2,
    scheduler: str | None = None,
) -> SessionModel:
    """
    Open a program; follow it when an event loop is running, else look once.

    Parameters
    ----------
    program : Program or path
        The program, or its TOML file.
    services : Services, optional
        The rooms below; the real ones by default.
    workers : int
        Exposures at a time, for the real engine.
    scheduler : str, optional
        Address of a Dask scheduler for the real engine; one of its own by default.
    """
    chosen = program if isinstance(program, Program) else load_program(Path(program))
    rooms = services or real_services(chosen, workers=workers, scheduler=scheduler)
    session = SessionModel(chosen, rooms)
    try:
        session.follow()
    except RuntimeError:  # no running loop: a script or a test
        session.poll()
    return session
