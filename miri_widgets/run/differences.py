"""
What was done otherwise in one of two runs: settings, inputs, references, context and versions.

A run of a workspace is described by its record, a file from elsewhere by its headers (`products.header_facts`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError
from miri_widgets.products.fits_reader import shown_name
from miri_widgets.run.records import RECORD, Record, read_record
from miri_widgets.run.workspace import PARTIAL, Workspace

__all__ = ["RunChange", "StoredRun", "changes", "record_facts", "run_of_file", "stored_runs"]

Facts = Mapping[str, Mapping[str, Any]]

KINDS = (
    "setting",
    "resolved parameter",
    "input",
    "reference file",
    "context",
    "version",
    "environment",
    "step",
    "exposure",
)
"""Kinds of facts, what a user decides first."""


@dataclass(frozen=True)
class RunChange:
    """
    One thing that differs.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        Of the parameter, input, reference type, package ...
    first, second : str
        The two values; empty where one has none.
    """

    kind: str
    name: str
    first: str
    second: str


@dataclass(frozen=True)
class StoredRun:
    """
    A complete run on the disk.

    Attributes
    ----------
    folder : Path
        Of the run.
    record : Record
        What was done.
    """

    folder: Path
    record: Record

    @property
    def products(self) -> tuple[Path, ...]:
        """The products, main one first."""
        return tuple(self.folder / name for name in self.record.products)


def stored_runs(workspace: Workspace | Path, stage: str = "") -> tuple[StoredRun, ...]:
    """
    Find the complete runs of a workspace, those of earlier settings among them.

    Parameters
    ----------
    workspace : Workspace or Path
        Where to look.
    stage : str
        The stage; all of them when empty.

    Returns
    -------
    tuple of StoredRun
        The newest first.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    runs = []
    for path in space.runs.glob(f"{stage or '*'}/*/{RECORD}"):
        if not path.parent.name.endswith(PARTIAL):
            try:
                runs.append(StoredRun(path.parent, read_record(path.parent)))
            except BadTableError:
                continue  # a damaged record makes its run incomplete
    return tuple(sorted(runs, key=lambda stored: (-stored.record.finished, stored.record.key)))


def run_of_file(path: Path) -> StoredRun | None:
    """
    Return the run that a product belongs to, or None when its folder has no record that lists it.

    Parameters
    ----------
    path : Path
        A product.
    """
    folder = Path(path).resolve().parent
    if not (folder / RECORD).is_file():
        return None
    try:
        record = read_record(folder)
    except BadTableError:
        return None
    return StoredRun(folder, record) if Path(path).name in record.products else None


def record_facts(run: StoredRun) -> dict[str, dict[str, Any]]:
    """
    Return the facts of a run's record, by kind and name.

    Settings and parameters of the runs that made its inputs are included, as ``stage: parameter``: a mosaic is
    another one because of them.

    Parameters
    ----------
    run : StoredRun
        The run.
    """
    record = run.record
    inputs = {_input_name(run_input): _input_text(run_input) for run_input in record.inputs}
    settings: dict[str, Any] = dict(record.settings)
    resolved = {name: value for name, value in record.resolved.items() if name not in record.settings}
    for stage, earlier in _earlier(run).items():
        for name in sorted({name for record in earlier for name in (*record.resolved, *record.settings)}):
            values = [_text(record.settings.get(name, record.resolved.get(name))) for record in earlier]
            text = values[0] if len(set(values)) == 1 else " | ".join(sorted(set(values)))
            target = settings if any(name in record.settings for record in earlier) else resolved
            target[f"{stage}: {name}"] = text
    return {
        "setting": settings,
        "resolved parameter": resolved,
        "input": inputs,
        "reference file": dict(record.references),
        "context": {"CRDS context": record.crds_context},
        "version": {**record.versions, f"stage {record.stage}": record.stage_version},
        "environment": dict(record.environment),
        "step": {str(step.get("name")): step.get("cal_step") or step.get("state") for step in record.steps},
    }


def _earlier(run: StoredRun) -> dict[str, list[Record]]:
    """Return the records of all runs before one, by stage."""
    records: dict[str, dict[str, Record]] = {}
    waiting = list(run.record.inputs)
    while waiting:
        run_input = waiting.pop()
        stage, key = str(run_input.get("stage") or ""), str(run_input.get("run_key") or "")
        path = run.folder.parents[1] / stage / key / RECORD
        if not key or key in records.get(stage, {}) or not path.is_file():
            continue
        try:
            record = _remembered(path, path.stat().st_mtime_ns)
        except (BadTableError, OSError):
            continue
        records.setdefault(stage, {})[key] = record
        waiting += record.inputs
    return {stage: list(records.values()) for stage, records in sorted(records.items())}


@lru_cache(maxsize=4096)
def _remembered(path: Path, mtime_ns: int) -> Record:
    """A mosaic of many exposures asks for the same records again and again."""
    return read_record(path.parent)


def changes(first: Facts, second: Facts) -> tuple[RunChange, ...]:
    """
    List what differs between two runs.

    A parameter that was set in one and acted by itself in the other with the same value is no difference.

    Parameters
    ----------
    first, second : mapping of str to mapping
        As `record_facts`, or `header_facts` of a product, give them. Kinds that only one has are left out.

    Returns
    -------
    tuple of Change
        In the order of `KINDS`, then by name.
    """
    listed = []
    first, second = _acting(first, second), _acting(second, first)
    for kind in KINDS:
        if kind not in first or kind not in second:
            continue
        before, other = first[kind], second[kind]
        # which CRDS variables are set without a need differs from process to process
        names = {*before} & {*other} if kind == "environment" else {*before, *other}
        for name in sorted(names):
            texts = [_text(side[name]) if name in side else "" for side in (before, other)]
            if texts[0] != texts[1]:
                listed.append(RunChange(kind, name, *texts))
    return tuple(listed)


def _acting(facts: Facts, other: Facts) -> dict[str, dict[str, Any]]:
    """Give a parameter that was set in the other run only the value with which it acted here, as a setting."""
    result = {kind: dict(values) for kind, values in facts.items()}
    resolved = result.get("resolved parameter", {})
    for name in other.get("setting", {}):
        if name in resolved:
            result.setdefault("setting", {})[name] = resolved.pop(name)
    return result


def _input_name(entry: Mapping[str, Any]) -> str:
    name = shown_name(str(entry.get("product") or entry.get("path") or entry.get("identity")))
    return f"{entry['parameter']}: {name}" if entry.get("parameter") else name


def _input_text(entry: Mapping[str, Any]) -> str:
    if entry.get("run_key"):
        return f"{entry.get('stage')} run {str(entry['run_key'])[:8]}"
    return f"file with hash {str(entry.get('identity', ''))[:8]}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, tuple) else value, default=str)
