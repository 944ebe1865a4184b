"""
Harm that a step did, as its record says, and whether somebody has accepted it.

The chain stops after a run that did harm: what needs its products is not started before a person has said so.
The acceptance lies in the workspace and belongs to that one run: other settings make another run, which is asked
about again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from miri_widgets.errors import HarmError
from miri_widgets.products.atomic import write_json
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.records import completed
from miri_widgets.run.workspace import Workspace

__all__ = ["accept_harm", "harm_in", "is_accepted", "require_accepted"]

_HARM = "harm"


def harm_in(report: Mapping[str, Any]) -> str:
    """
    Return the harm in a step's report, as one text; empty when there is none.

    Parameters
    ----------
    report : mapping
        ``facts["report"]`` of a record; may be empty.
    """
    validations = [report.get("proof"), *(report.get("proofs") or ())]
    harmful = [entry for entry in validations if entry and entry.get("verdict") == _HARM]
    return " ".join(dict.fromkeys(line for entry in harmful for line in entry.get("sentences", ())))


def is_accepted(workspace: Workspace, key: str) -> bool:
    """
    Return whether the harm of a run was accepted.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    key : str
        Key of the run.
    """
    return workspace.acceptance(key).is_file()


def accept_harm(workspace: Workspace, key: str, note: str = "") -> None:
    """
    Let the chain go on after a run that did harm.

    Parameters
    ----------
    workspace : Workspace
        Where the run is.
    key : str
        The run.
    note : str
        What harm it was, or why it is accepted; kept.
    """
    write_json(workspace.acceptance(key), {"key": key, "words": note, "time": time.time()})


def require_accepted(workspace: Workspace, plan: RunPlan) -> None:
    """
    Refuse a run that needs the products of one that did harm.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    plan : RunPlan
        The run.

    Raises
    ------
    HarmError
        If the record of a needed run reports harm that was not accepted.
    """
    stage_of = {run_input.run_key: run_input.stage for run_input in plan.inputs if run_input.run_key}
    for key in plan.depends:
        record = completed(workspace, key, stage_of.get(key, ""))
        harm = harm_in(record.facts.get("report", {})) if record else ""
        if record and harm and not is_accepted(workspace, key):
            raise HarmError(
                f"{record.stage} of {record.label} did harm. {harm}".rstrip("."),
                "a step that does none, or your word that it may go on",
                f"look at the stage {record.stage}: change its settings, leave it out, or accept it there",
            )
