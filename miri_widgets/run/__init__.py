"""Where and when: run keys, records, jobs, the detached engine, progress events and logs."""

from miri_widgets.run.chain_planning import PlannedChain, plan_chain, plan_stages
from miri_widgets.run.engine import Engine, EngineStatus
from miri_widgets.run.events import EventKind, JobEvent, read_events
from miri_widgets.run.groups import plan_groups
from miri_widgets.run.jobs import JobState, JobSummary, RunState, RunStatus, reduce_events
from miri_widgets.run.notebook import export_notebook
from miri_widgets.run.plan import RunInput, RunPlan, run_key
from miri_widgets.run.records import Record, completed, products, read_record
from miri_widgets.run.script import code_for, export_script
from miri_widgets.run.workspace import Workspace

__all__ = [
    "Engine",
    "EngineStatus",
    "EventKind",
    "JobEvent",
    "JobState",
    "JobSummary",
    "PlannedChain",
    "Record",
    "RunInput",
    "RunPlan",
    "RunState",
    "RunStatus",
    "Workspace",
    "code_for",
    "completed",
    "export_notebook",
    "export_script",
    "plan_chain",
    "plan_groups",
    "plan_stages",
    "products",
    "read_events",
    "read_record",
    "reduce_events",
    "run_key",
]
