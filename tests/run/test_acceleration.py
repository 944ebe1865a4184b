"""What a run goes without comes from who submits it: it reaches the process of the run, and no key."""

import json
from dataclasses import replace

import pytest

from miri_widgets.run.launcher import service_environment
from miri_widgets.run.plan import RunPlan
from miri_widgets.steps.acceleration import SWITCH


def acting(shared, plans):
    """Return what the processes of the runs were told."""
    folders = [shared.workspace.run_folder(plan.stage, plan.key) for plan in plans]
    return [sorted((folder / "switch.txt").read_text().split(",")) for folder in folders]


def test_a_plan_carries_it_to_the_process_of_the_run(shared):
    plans = shared.plan(shared.exposures(2), tag="switch")
    without = [replace(plan, acceleration_off=("jump_medians",)) for plan in plans]
    assert [plan.key for plan in without] == [plan.key for plan in plans]
    shared.run(without)
    assert acting(shared, plans) == [["jump_medians"]] * 2


def test_the_environment_of_who_submits_counts_and_not_that_of_the_service(shared, monkeypatch):
    first = shared.plan(shared.exposures(1), tag="before")
    shared.run(first)  # the service is there, without the variable
    monkeypatch.setenv(SWITCH, "schema_loading")
    second = [
        replace(plan, acceleration_off=("jump_medians",))
        for plan in shared.plan(shared.exposures(1), tag="after")
    ]
    shared.run(second)
    assert acting(shared, first) == [[""]]
    assert acting(shared, second) == [["jump_medians", "schema_loading"]]
    assert SWITCH not in service_environment(2)


@pytest.mark.parametrize("off", [(), ("all",), ("jump_medians", "schema_loading")])
def test_a_plan_is_read_as_it_was_written(off):
    plan = RunPlan("k", "detector1", "x", ("x",), (), {}, {}, acceleration_off=off)
    values = json.loads(json.dumps(plan.to_dict()))
    assert RunPlan.from_dict(values) == plan
    del values["acceleration_off"]  # of an earlier version
    assert RunPlan.from_dict(values).acceleration_off == ()
