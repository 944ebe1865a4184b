"""The record of a run: what went in, what acted, what came out. It makes a run complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from miri_widgets.errors import BadTableError
from miri_widgets.products.atomic import write_json
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.workspace import PARTIAL, Workspace
from miri_widgets.serialization import Serializable
from miri_widgets.steps.left_out import left_out_text

__all__ = ["LOG", "RECORD", "Record", "completed", "products", "read_record", "write_record"]

RECORD = "record.json"
LOG = "log.txt"


@dataclass(frozen=True)
class Record(Serializable):
    """
    Provenance of one run.

    Attributes
    ----------
    key, stage, label : str
        Which run; label is the exposure or the filter product.
    stage_version : int
        Version of the stage that made it.
    exposures : tuple of str
        Roots of the exposures that went in.
    inputs : tuple of dict
        As `RunInput`; with identities.
    settings : dict
        What was handed to the pipeline, by full name.
    resolved : dict
        Every parameter as it acted, after CRDS parameter files.
    inactive : dict of str to str
        What was handed over and did not act, each with the reason.
    references : dict
        Reference file per reference type.
    crds_context : str
        Resolved context.
    versions : dict
        Version per package.
    environment : dict
        CRDS_* variables of the run.
    steps : tuple of dict
        name, state, seconds of each step.
    warnings : tuple of str
        Warnings of the pipeline.
    facts : dict
        Small numbers that the stage reports.
    accelerations : dict
        State of each exact replacement of a slow function of the pipeline, by name.
    products : dict of str to int
        Bytes per file name; the main product comes first.
    peak_rss_mb : float
        Peak of resident memory of the run's process.
    started, finished : float
        Seconds since the epoch.
    seconds, cpu_seconds : float
        Time in the pipeline, on the clock and of the processor.
    """

    key: str
    stage: str
    label: str = ""
    stage_version: int = 0
    exposures: tuple[str, ...] = ()
    inputs: tuple[dict[str, Any], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    resolved: dict[str, Any] = field(default_factory=dict)
    inactive: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    crds_context: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    product_name: str = ""
    steps: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    accelerations: dict[str, str] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    peak_rss_mb: float = 0.0
    started: float = 0.0
    finished: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def report(self) -> dict[str, Any]:
        """The report of a step of this package; empty without one."""
        return dict(self.facts.get("report", {}))

    @property
    def left_out(self) -> str:
        """The steps that the pipeline left out, with the reason; empty when none."""
        return left_out_text(self.facts.get("left_out") or ())

    def paths(self, workspace: Workspace) -> tuple[Path, ...]:
        """
        Return the products of the run, main one first.

        Parameters
        ----------
        workspace : Workspace
            The workspace.
        """
        folder = workspace.run_folder(self.stage, self.key)
        return tuple(folder / name for name in self.products)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON; products as pairs, whose order JSON objects would lose."""
        return super().to_dict() | {"products": [list(pair) for pair in self.products.items()]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Record:
        """
        Return the record of plain data; fields of newer versions are left out.

        Parameters
        ----------
        values : mapping
            Plain values, as a record's file holds them.
        """
        return super().from_dict({**values, "products": dict(values.get("products", ()))})


def write_record(folder: Path, record: Record) -> None:
    """
    Write the record of a run into its folder, atomically.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    record : Record
        The record.
    """
    write_json(Path(folder) / RECORD, record.to_dict())


def read_record(folder: Path) -> Record:
    """
    Read the record of a run.

    Parameters
    ----------
    folder : Path
        Folder of the run.

    Raises
    ------
    BadTableError
        If there is none, or it is damaged.
    """
    path = Path(folder) / RECORD
    try:
        return Record.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadTableError(
            f"{path} cannot be read ({type(error).__name__})",
            "the record of a complete run",
            "run this stage again",
        ) from error


def completed(workspace: Workspace | Path, key: str, stage: str = "") -> Record | None:
    """
    Return the record of a complete run, or None.

    A run is complete when its record can be read and every product that it
    lists is there with its size.

    Parameters
    ----------
    workspace : Workspace or Path
        Where to look.
    key : str
        The run.
    stage : str
        Its stage; all stages are searched when empty.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    folders = [space.run_folder(stage, key)] if stage else sorted(space.runs.glob(f"*/{key}"))
    for folder in folders:
        if folder.name.endswith(PARTIAL) or not (folder / RECORD).is_file():
            continue
        try:
            record = read_record(folder)
        except BadTableError:
            continue
        if record.key == key and record.products and _all_there(folder, record):
            return record
    return None


def _all_there(folder: Path, record: Record) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in record.products.items())
    except OSError:
        return False


def products(workspace: Workspace | Path, plan: RunPlan) -> tuple[Path, ...]:
    """
    Return the products of a plan's run, main one first; empty before it is complete.

    Parameters
    ----------
    workspace : Workspace or Path
        The workspace.
    plan : RunPlan
        The run.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    record = completed(space, plan.key, plan.stage)
    if record is None:
        return ()
    return record.paths(space)
