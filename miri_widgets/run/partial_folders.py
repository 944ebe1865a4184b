"""The folder that a run works in: made empty, renamed with the complete run, or removed but for its log."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from miri_widgets.products.atomic import os_errors_as_ours
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import LOG
from miri_widgets.run.workspace import Workspace

__all__ = ["commit_partial", "make_partial", "remove_partial"]


def make_partial(workspace: Workspace, plan: RunPlan) -> Path:
    """
    Make the empty folder that a run works in.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    plan : RunPlan
        The run.

    Raises
    ------
    NotWritableError, DiskFullError
        If it cannot be made, or there is no room for the products.
    """
    partial = workspace.partial_folder(plan.stage, plan.key)
    workspace.require_space(plan.predicted_bytes)
    with os_errors_as_ours(partial.parent):
        if partial.exists():
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
    return partial


def commit_partial(workspace: Workspace, plan: RunPlan) -> None:
    """
    Rename the folder of a run that is complete.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    plan : RunPlan
        The run.

    Raises
    ------
    NotWritableError, DiskFullError
        If it cannot be renamed.
    """
    final = workspace.run_folder(plan.stage, plan.key)
    with os_errors_as_ours(final.parent):
        if final.exists():
            shutil.rmtree(final)  # not complete, or it would have been reused
        workspace.partial_folder(plan.stage, plan.key).rename(final)
        _sync_folder(final.parent)


def remove_partial(workspace: Workspace, plan: RunPlan, job: str) -> None:
    """
    Keep the log of a run that did not end well, and nothing else.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    plan : RunPlan
        The run; nothing happens when it is complete.
    job : str
        The job, with which the log is kept.
    """
    partial = workspace.partial_folder(plan.stage, plan.key)
    if not partial.exists():
        return
    kept = workspace.kept_log(job, plan.key)
    kept.parent.mkdir(parents=True, exist_ok=True)
    if (partial / LOG).exists():
        shutil.copyfile(partial / LOG, kept)
    shutil.rmtree(partial, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
