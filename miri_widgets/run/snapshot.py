"""
Look at the disk: what the session wants to know, read in one call.

`SnapshotReader.read` takes a frozen `Request` and gives frozen `Snapshot`. It runs in a
thread of its own and touches no model: the session applies what comes back.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.scan import ScanResult
from miri_widgets.products.session_file import SessionFile
from miri_widgets.products.tags import Tag, TagFile
from miri_widgets.run.services import Services
from miri_widgets.run.setting_layers import settings_per_filter
from miri_widgets.settings import Parameter, Settings

__all__ = ["Declared", "Request", "Snapshot", "SnapshotReader", "tail"]

LOG_BYTES = 48_000
LOG_LINES = 200
JOBS_KEPT = 40


@dataclass(frozen=True)
class Request:
    """
    What the session wants to know.

    Attributes
    ----------
    generation : int
        Counts changes of what plans depend on.
    exposures : tuple of Exposure or None
        What takes part; None before the first scan.
    rescan : bool
        Whether to look through the folders.
    stages : tuple of str
        The chain: stages that take part, in order.
    settings : mapping of str to Settings
        Per stage; empty before the declarations are known.
    logs : tuple of (str, str, str)
        Stage, key and job of the logs to follow.
    memory : mapping
        What the user chose, to be written when it changed; empty before it is known.
    rejected : frozenset of str
        Roots of exposures that mosaics leave out.
    tags_epoch : int
        Counts changes of tags in this session.
    """

    generation: int
    exposures: tuple[Exposure, ...] | None = None
    rescan: bool = False
    stages: tuple[str, ...] = ()
    settings: Mapping[str, Settings] = field(default_factory=dict)
    logs: tuple[tuple[str, str, str], ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)
    rejected: frozenset[str] = frozenset()
    tags_epoch: int = 0


@dataclass(frozen=True)
class Declared:
    """Parameters and per-step sentences of one stage."""

    parameters: tuple[Parameter, ...]
    step_docs: Mapping[str, str]


@dataclass(frozen=True)
class Snapshot:
    """
    What was found.

    Attributes
    ----------
    generation : int
        Of the request.
    scan : ScanResult or None
        When it was asked for.
    declared : mapping of str to Declared
        Per stage, the first time; else empty.
    plans : tuple of RunPlan or None
        For the settings of `generation`; None while they cannot be made.
    refused : mapping of str to str
        Sentence per stage that could not be planned.
    products : mapping of str to tuple of Path
        Per key of a complete run.
    reports : mapping of str to mapping
        Reports of steps of this package, per key of a complete run.
    harms : mapping of str to str
        Harm that was not accepted, per key.
    left_out : mapping of str to str
        Steps that the pipeline left out of a complete run, with the reason, per key.
    runs : mapping of str to (str, RunState)
        Job and state per key, from the newest job that has it.
    finished : frozenset of (str, str)
        Stage and label of what was complete once, with whatever settings.
    jobs : tuple of JobState
        Those that are at work.
    engine : EngineStatus or None
        The job engine.
    logs : mapping of str to str
        End of the log per key.
    error : str
        A sentence, when something cannot be had.
    notes : mapping of str to tuple of str
        Sentences about what the runs of a stage leave out.
    tags : mapping of str to Tag, or None
        Tags of exposures by root; None when they cannot be read.
    tags_epoch : int
        Of the request.
    """

    generation: int
    scan: ScanResult | None = None
    declared: Mapping[str, Declared] = field(default_factory=dict)
    plans: tuple[Any, ...] | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    harms: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    finished: frozenset[tuple[str, str]] = frozenset()
    jobs: tuple[Any, ...] = ()
    engine: Any = None
    logs: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, Tag] | None = None
    tags_epoch: int = 0


class SnapshotReader:
    """
    Answers requests; keeps what cannot change between them.

    Parameters
    ----------
    services : Services
        The rooms below.
    memory : SessionFile
        The session file.
    tags_path : Path
        The file of tags.
    """

    def __init__(self, services: Services, memory: SessionFile, tags_path: Path) -> None:
        self._tag_file = TagFile(tags_path)
        self._tagged = False
        self._notes: dict[str, tuple[str, ...]] = {}
        self._services = services
        self._memory = memory
        self._declared = False
        self._plans: tuple[Any, ...] | None = None
        self._refused: dict[str, str] = {}
        self._planned = -1
        self._plan_error = ""
        self._products: dict[str, tuple[Path, ...]] = {}
        self._reports: dict[str, Mapping[str, Any]] = {}
        self._harmed: dict[str, str] = {}
        self._left_out: dict[str, str] = {}
        self._own = {stage.name for stage in services.stages if stage.is_own}
        self._ended: dict[str, Any] = {}
        self._lock = threading.Lock()

    def read(self, request: Request) -> Snapshot:
        """
        Return what is true now; never raises one of our errors.

        Parameters
        ----------
        request : Request
            What the page shows and what is chosen in it.
        """
        with self._lock:
            errors: list[str] = []
            scan = self._services.scan() if request.rescan else None
            declared = self._attempt(errors, self._declare) or {}
            self._attempt(errors, self.remember, request)
            tags = self._attempt(errors, self._tag_file.read)
            if tags is not None and not self._tagged:
                self._tagged, self._planned = True, -1
            self._plan(request, errors)
            jobs = self._attempt(errors, self._job_states) or ()
            runs, finished = _by_key(jobs)
            products = self._find_products(runs)
            self._find_reports(products)
            return Snapshot(
                generation=request.generation,
                scan=scan,
                declared=declared,
                plans=self._plans if self._planned == request.generation else None,
                refused=dict(self._refused),
                products=products,
                reports={key: report for key, report in self._reports.items() if key in products},
                harms=self._harms(products),
                left_out={key: text for key, text in self._left_out.items() if text and key in products},
                runs=runs,
                finished=finished,
                jobs=tuple(job for job in jobs if job.active),
                engine=self._attempt(errors, self._services.engine.status),
                logs={key: self._log(stage, key, job) for stage, key, job in request.logs},
                notes=dict(self._notes),
                tags=tags,
                tags_epoch=request.tags_epoch,
                error=" ".join(dict.fromkeys(errors)),
            )

    @staticmethod
    def _attempt(errors: list[str], call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except MiriWidgetsError as error:
            errors.append(str(error))
        except OSError as error:
            errors.append(f"The workspace cannot be used: {error}. Check the disk and its permissions.")
        return None

    def _declare(self) -> dict[str, Declared]:
        if self._declared:
            return {}
        declared = {
            stage.name: Declared(
                self._services.declared(stage.name), dict(self._services.step_docs(stage.name))
            )
            for stage in self._services.stages
        }
        self._declared = True
        return declared

    def remember(self, request: Request, *, now: bool = False) -> None:
        """
        Write the session file when it changed; see `SessionFile.write`.

        Parameters
        ----------
        request : Request
            What the page shows and what is chosen in it.
        now : bool
            Write what is still changing, too.
        """
        if request.memory:
            self._memory.write(request.memory, immediately=now)

    def _plan(self, request: Request, errors: list[str]) -> None:
        if request.exposures is None or not request.settings:
            return
        if self._planned != request.generation:
            self._plan_error = ""
            self._plans, self._refused, self._notes = (), {}, {}
            try:
                self._plan_chain(request)
            except MiriWidgetsError as error:
                self._plan_error = str(error)
            except OSError as error:
                self._plan_error = f"An exposure cannot be read: {error}. Check the disk and its permissions."
            self._planned = request.generation
            # a product may have been deleted by hand since: look again
            self._products.clear()
            self._reports.clear()
            self._harmed.clear()
            self._left_out.clear()
        if self._plan_error:
            errors.append(self._plan_error)

    def _plan_chain(self, request: Request) -> None:
        """Presets differ from filter to filter: every run gets those of its exposures."""
        settings = settings_per_filter(request.settings, self._services.preset)
        if not self._tagged:
            self._tag_file.read()  # raises: a mosaic must not take in what may have been rejected
        if request.exposures:
            planned = self._services.plan(
                request.exposures, request.stages, settings, rejected=request.rejected
            )
            self._plans = tuple(planned.plans)
            self._refused = {name: str(error) for name, error in planned.refused.items()}
            self._notes = dict(planned.notes)

    def _job_states(self) -> tuple[Any, ...]:
        states = []
        for summary in list(self._services.engine.jobs())[:JOBS_KEPT]:
            state = self._ended.get(summary.job)
            if state is None:
                state = self._services.engine.state(summary.job)
                if not state.active:
                    self._ended[summary.job] = state
            states.append(state)
        return tuple(states)

    def _find_products(self, runs: Mapping[str, tuple[str, Any]]) -> dict[str, tuple[Path, ...]]:
        """Ask the disk again only about runs that were not complete."""
        for plan in self._plans or ():
            products = self._products.get(plan.key)
            if products is None or (not products and plan.key in runs):
                self._products[plan.key] = self._services.products(plan)
        return {key: paths for key, paths in self._products.items() if paths}

    def _find_reports(self, products: Mapping[str, tuple[Path, ...]]) -> None:
        """Read the report of a step of this package, and what the pipeline left out, once."""
        for plan in self._plans or ():
            if plan.key in products and plan.key not in self._left_out:
                self._left_out[plan.key] = self._services.left_out(plan)
            if plan.stage in self._own and plan.key in products and plan.key not in self._reports:
                self._reports[plan.key] = self._services.report(plan)
                if text := self._services.harm(self._reports[plan.key]):
                    self._harmed[plan.key] = text

    def _harms(self, products: Mapping[str, tuple[Path, ...]]) -> dict[str, str]:
        return {
            key: text
            for key, text in self._harmed.items()
            if key in products and not self._services.accepted(key)
        }

    def _log(self, stage: str, key: str, job: str) -> str:
        done = self._products.get(key)
        paths = [done[0].parent / "log.txt"] if done else []
        if job:
            paths.append(self._services.engine.log_path(job, key))
        return next((text for path in paths if (text := tail(path))), "")


def _by_key(jobs: tuple[Any, ...]) -> tuple[dict[str, tuple[str, Any]], frozenset[tuple[str, str]]]:
    runs: dict[str, tuple[str, Any]] = {}
    finished = set()
    for job in jobs:
        for run in job.runs:
            runs.setdefault(run.key, (job.job, run))
            if str(run.status) in ("done", "reused"):
                finished.add((run.stage, run.label))
    return runs, frozenset(finished)


def tail(path: Path, lines: int = LOG_LINES) -> str:
    """
    Return the last lines of a text file; empty when there is none.

    Parameters
    ----------
    path : Path
        The log.
    lines : int
        Most lines to return.
    """
    try:
        with Path(path).open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - LOG_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
