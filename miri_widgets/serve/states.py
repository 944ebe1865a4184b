"""The progress of a program from file names alone: fast enough for the first page."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.fits_reader import read_headers
from miri_widgets.products.program import Program, load_program
from miri_widgets.run.events import EventKind, JobEvent, read_events
from miri_widgets.run.job_files import job_ids
from miri_widgets.run.records import RECORD
from miri_widgets.run.workspace import Workspace
from miri_widgets.simulation import PROGRAMS
from miri_widgets.steps.stages import STAGES

__all__ = ["ProgramState", "read_state"]

_MOSAIC_STAGE = "image3"


@dataclass(frozen=True)
class ProgramState:
    """
    State of a program on the first page.

    Attributes
    ----------
    data : str
        Real, simulated, or not there yet.
    simulated : bool
        Whether the exposures are, or will be, simulated.
    progress : str
        "nothing run", "partly done", "done" or "at work"; empty when the program's file cannot be read.
    detail : str
        Number of runs and mosaics, and when the last run ended.
    title, description : str
        From the program's file.
    pitfalls : tuple of str
        Pitfalls from the program's file.
    section : str
        Where it stands on the first page: "programs", "tools" or "demonstrations".
    target : str
        The object, as the header of the newest mosaic names it.
    filters : tuple of str
        Filters of the mosaics, or without any those of the observed program, by wavelength.
    mosaic : Path, optional
        The newest mosaic.
    """

    data: str
    simulated: bool = False
    progress: str = ""
    detail: str = ""
    title: str = ""
    description: str = ""
    pitfalls: tuple[str, ...] = ()
    section: str = "programs"
    target: str = ""
    filters: tuple[str, ...] = ()
    mosaic: Path | None = None

    @property
    def mosaic_time(self) -> int:
        """When the newest mosaic was written, ns since the epoch; 0 when there is none."""
        with suppress(OSError):
            return self.mosaic.stat().st_mtime_ns if self.mosaic is not None else 0
        return 0

    @property
    def wavelengths(self) -> str:
        """The wavelengths as text, such as "5.6, 7.7, 15 µm"; empty when they are not known."""
        numbers = [f"{int(''.join(filter(str.isdigit, name))) / 100:g}" for name in self.filters]
        return f"{', '.join(dict.fromkeys(numbers))} µm" if numbers else ""


def read_state(path: Path, current_time: float | None = None) -> ProgramState:
    """
    Return the state of the program that a TOML file describes; a problem with the file becomes its text.

    Parameters
    ----------
    path : Path
        The TOML file.
    current_time : float, optional
        Seconds since the epoch.

    Returns
    -------
    ProgramState
        The state.
    """
    try:
        program = load_program(path)
    except MiriWidgetsError as error:
        return ProgramState(str(error))
    workspace = Workspace(program.workspace)
    runs = _runs(workspace, program.chain)
    last_stage = [*STAGES[-1:], *(stage for stage in STAGES if stage.name in program.chain)][-1]
    last = max((end for ends in runs.values() for end in ends), default=0.0)
    finished = len(runs.get(last_stage.name, ()))
    count = sum(map(len, runs.values()))
    ended, good = _latest_job(workspace)
    if not ended and _is_alive(workspace):
        progress = "at work"
    elif not count:
        progress = "nothing run"
    else:
        progress = "done" if finished and ended and good else "partly done"
    mosaics = _mosaics(workspace)
    named = {_filter_of(mosaic) for mosaic in mosaics} or _filters_of(program)
    unit = (
        f"mosaic{'' if finished == 1 else 's'}"
        if last_stage.name == _MOSAIC_STAGE
        else f"of {last_stage.short}"
    )
    details = [f"{count} run{'' if count == 1 else 's'}", f"{finished} {unit}"]
    if last:
        details.append(f"last run {_ago((time.time() if current_time is None else current_time) - last)}")
    return ProgramState(
        data=_data(program),
        simulated=bool(program.simulated),
        progress=progress,
        detail=" · ".join(details) if count else "",
        title=program.title,
        description=program.description,
        pitfalls=program.pitfalls,
        section=_section(program),
        target=_target(mosaics[-1]) if mosaics else "",
        filters=tuple(name for name in FILTERS if name in named),
        mosaic=mosaics[-1] if mosaics else None,
    )


def _filters_of(program: Program) -> set[str]:
    """Return the filters of a program without mosaics: the observed program's, else what its file names, else the twin's."""
    named = {*program.display, *program.filters}
    observed, twin = PROGRAMS.get(f"{program.simulated}_full"), PROGRAMS.get(program.simulated)
    if observed is not None:
        return named | set(observed.filters)
    return named or (set(twin.filters) if twin is not None else named)


def _section(program: Program) -> str:
    """Return where a program stands on the first page: what is simulated and stands for no real one shows the tools."""
    if not program.simulated or program.awaited:
        return "programs"
    return "tools" if program.chain else "demonstrations"


def _mosaics(workspace: Workspace) -> list[Path]:
    """Return the mosaics of complete runs, the newest last."""
    dated: list[tuple[float, Path]] = []
    for path in workspace.runs.glob(f"{_MOSAIC_STAGE}/*/*_i2d.fits"):
        if "." not in path.parent.name and (path.parent / RECORD).is_file():
            with suppress(OSError):
                dated.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(dated)]


def _filter_of(mosaic: Path) -> str:
    """Return the filter that the name of a mosaic ends with, before its suffix; empty if there is none."""
    parts = mosaic.stem.upper().split("_")
    return next((part for part in reversed(parts) if part in FILTERS), "")


def _target(mosaic: Path) -> str:
    """Return the object of a mosaic by its header; empty when it cannot be read."""
    with suppress(MiriWidgetsError, OSError, ValueError):
        header = read_headers(mosaic)[0]
        return str(header.get("TARGPROP") or header.get("TARGNAME") or "").strip()[:60]
    return ""


def _data(program: Program) -> str:
    has_data = program.has_exposures()
    if program.awaited:
        return "simulated twin" + ("" if has_data else ", not made yet")
    if program.simulated:
        return "simulated" if has_data else "simulated, not made yet"
    return "data there" if has_data else "no data yet"


def _runs(workspace: Workspace, chain: tuple[str, ...]) -> dict[str, list[float]]:
    """Return the end times of complete runs by stage, from the times of their records."""
    ended: dict[str, list[float]] = {}
    for record in workspace.runs.glob(f"*/*/{RECORD}"):
        if "." not in record.parent.name and (not chain or record.parts[-3] in chain):
            with suppress(OSError):
                ended.setdefault(record.parts[-3], []).append(record.stat().st_mtime)
    return ended


def _latest_job(workspace: Workspace) -> tuple[bool, bool]:
    """Return whether the latest job has ended, and whether all of its runs succeeded; (True, True) without jobs."""
    events: list[JobEvent] = []
    with suppress(OSError):
        jobs = job_ids(workspace)
        if not jobs:
            return True, True
        events, _ = read_events(workspace.events_file(jobs[-1]))
    kinds = {event.kind for event in events}
    bad = {EventKind.FAILED, EventKind.CANCELLED, EventKind.UPSTREAM_FAILED}
    return not kinds or EventKind.JOB_DONE in kinds, bool(kinds) and not kinds & bad


def _is_alive(workspace: Workspace) -> bool:
    """Return whether the job service wrote its heartbeat within the last minute: a job whose service died is not running."""
    try:
        return time.time() - workspace.heartbeat.stat().st_mtime < 60
    except OSError:
        return False


def _ago(seconds: float) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
