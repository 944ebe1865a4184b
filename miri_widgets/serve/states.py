"""How far a program is, from the names of files alone: quick enough for the first page."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products.program import Program, has_raw_exposures, load_program

__all__ = ["ProgramState", "read_state"]

_MOSAIC_STAGE = "image3"
_RECORD = "record.json"


@dataclass(frozen=True)
class ProgramState:
    """
    What the first page tells of a program.

    Attributes
    ----------
    data : str
        Real, simulated, or not there yet.
    simulated : bool
        Whether the exposures are, or will be, simulated.
    progress : str
        "nothing run", "partly done", "done" or "at work"; empty when the program's file cannot be read.
    detail : str
        How many runs and mosaics there are, and when the last run ended.
    title, description : str
        From the program's file.
    pitfalls : tuple of str
        Likewise.
    """

    data: str
    simulated: bool = False
    progress: str = ""
    detail: str = ""
    title: str = ""
    description: str = ""
    pitfalls: tuple[str, ...] = ()


def read_state(path: Path, now: float | None = None) -> ProgramState:
    """
    Return the state of the program that a TOML file describes; what cannot be read is said.

    Parameters
    ----------
    path : Path
        The file.
    now : float, optional
        Seconds since the epoch.
    """
    try:
        program = load_program(path)
    except MiriWidgetsError as error:
        return ProgramState(str(error))
    runs = _runs(program.workspace)
    last = max((when for found in runs.values() for when in found), default=0.0)
    mosaics = len(runs.get(_MOSAIC_STAGE, ()))
    count = sum(map(len, runs.values()))
    ended, good = _newest_job(program.workspace)
    if not count and (ended or not _is_alive(program.workspace)):
        progress = "nothing run"
    elif not ended and _is_alive(program.workspace):
        progress = "at work"
    else:
        progress = "done" if mosaics and ended and good else "partly done"
    words = [f"{count} run{'' if count == 1 else 's'}", f"{mosaics} mosaic{'' if mosaics == 1 else 's'}"]
    if last:
        words.append(f"last run {_ago((time.time() if now is None else now) - last)}")
    return ProgramState(
        data=_data(program),
        simulated=bool(program.simulated),
        progress=progress,
        detail=" · ".join(words) if count else "",
        title=program.title,
        description=program.description,
        pitfalls=program.pitfalls,
    )


def _data(program: Program) -> str:
    there = has_raw_exposures(program.folders)
    if program.awaited:
        return "simulated twin" + ("" if there else ", not made yet")
    if program.simulated:
        return "simulated" if there else "simulated, not made yet"
    return "data there" if there else "no data yet"


def _runs(workspace: Path) -> dict[str, list[float]]:
    """Return when each complete run ended, by stage: the times of their records."""
    found: dict[str, list[float]] = {}
    for record in workspace.glob(f"runs/*/*/{_RECORD}"):
        if "." not in record.parent.name:
            try:
                found.setdefault(record.parts[-3], []).append(record.stat().st_mtime)
            except OSError:
                continue
    return found


def _newest_job(workspace: Path) -> tuple[bool, bool]:
    """Return whether the newest job has ended, and whether all of its runs did well; (True, True) when there is none."""
    jobs = sorted(one.name for one in workspace.glob("jobs/*") if not one.name.startswith("."))
    if not jobs:
        return True, True
    try:
        lines = (workspace / "jobs" / jobs[-1] / "events.jsonl").read_bytes().splitlines()
    except OSError:
        return True, False
    kinds = {_kind(line) for line in lines}
    bad = {"failed", "cancelled", "upstream_failed"}
    return "job_done" in kinds, not kinds & bad


def _is_alive(workspace: Path) -> bool:
    """Say whether the job service gave a sign within the last minute: a job whose service died is not at work."""
    try:
        return time.time() - (workspace / "engine" / "heartbeat").stat().st_mtime < 60
    except OSError:
        return False


def _kind(line: bytes) -> str:
    try:
        return str(json.loads(line).get("kind", ""))
    except (ValueError, AttributeError):
        return ""


def _ago(seconds: float) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"
