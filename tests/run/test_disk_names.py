"""What lies in a workspace is data: no job file names code, a folder elsewhere, or a variable that is none of CRDS."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from miri_widgets.errors import BadTableError, EngineError, NotWritableError
from miri_widgets.run import Engine, plan_stages
from miri_widgets.run.disk_names import checked_environment, checked_product, checked_run_key, checked_stage
from miri_widgets.run.job_files import read_job
from miri_widgets.run.locks import RunLock
from miri_widgets.run.plan import RunPlan
from miri_widgets.run.workspace import TRUST_VARIABLE, Workspace

from .conftest import ENVIRONMENT, PATIENCE, make_exposure

OUTWARDS = (
    "../../../../victim",
    "..",
    ".",
    "",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "~",
    "~root",
    ".hidden",
    "-rf",
    "a\0b",
    "a\nb",
    " a",
    "a ",
    "é",
    "x" * 300,
    None,
    3,
    1.5,
    True,
    ["a"],
    {"a": 1},
)


@pytest.fixture
def plan(tmp_path):
    exposure = make_exposure(tmp_path / "data", 1)
    return plan_stages(tmp_path / "work", [exposure], ["detector1"], {}, ENVIRONMENT)[0]


@pytest.mark.parametrize(
    ("check", "value"),
    [(check, value) for check in (checked_run_key, checked_stage, checked_product) for value in OUTWARDS
     if (check, value) != (checked_product, "é")],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)  # fmt: skip
def test_a_name_is_one_component_of_a_path(check, value):
    with pytest.raises(ValueError, match=" as the "):
        check(value)


def test_names_of_real_runs_pass(plan):
    assert RunPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    name = "jw01040-o001_t001_miri_f770w-brightsky_i2d.fits"
    assert checked_product(name) == name
    assert checked_product("", empty=True) == ""


@pytest.mark.parametrize(
    "name", ["ngc 628_f770w", "étoile_f560w", "30 dor, west_f770w", "x(1)_f770w", "m&m", "a'b"]
)
def test_mosaics_are_called_as_people_call_their_programs(plan, name):
    assert checked_product(name) == name
    named = replace(plan, product_name=name)
    named.require_readable()
    assert RunPlan.from_dict(named.to_dict()) == named


def test_a_plan_that_the_service_would_refuse_is_refused_when_it_is_submitted(plan, tmp_path):
    """Not written and then waited for without an end."""
    workspace = Workspace(tmp_path / "work")
    for bad in (replace(plan, product_name="../x"), replace(plan, product_name=".._f770w")):
        with pytest.raises(EngineError, match="cannot be submitted"):
            Engine(workspace).submit([bad])
    assert not workspace.jobs.exists()


@pytest.mark.parametrize(
    "variables",
    [
        {"MIRI_WIDGETS_EXECUTOR": "evil:run"},
        {"PYTHONPATH": "/tmp"},
        {"LD_PRELOAD": "x.so"},
        {"crds_path": "x"},
        {"CRDS_PATH": 3},
        {"CRDS_PATH": "a\0b"},
    ],
)
def test_only_variables_of_crds_come_from_a_plan(variables):
    with pytest.raises(ValueError):
        checked_environment(variables)


FIELDS = [
    ("key", "../../../../victim"),
    ("stage", "../.."),
    ("product_name", "../../x"),
    ("environment", {"MIRI_WIDGETS_EXECUTOR": "evil:run"}),
    ("settings", ["a"]),
    ("predicted_mb", float("inf")),
    ("predicted_mb", "much"),
    ("predicted_bytes", -1),
    ("depends", [3]),
    ("exposures", 5),
    ("label", None),
    ("inputs", [{"kind": "derived", "identity": "i", "stage": "..", "run_key": "..", "product": "x"}]),
    ("inputs", [{"kind": "derived", "identity": "i", "stage": "s", "run_key": "k", "product": "../../x"}]),
    ("inputs", [{"kind": "other", "identity": "i"}]),
    ("inputs", [{"kind": "raw", "identity": "i", "path": 4}]),
    ("inputs", [{"kind": "raw", "identity": "i", "surprise": "x"}]),
    ("inputs", 7),
]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=lambda value: str(value)[:40])
def test_a_job_file_that_was_tampered_with_is_refused_with_a_sentence(plan, tmp_path, field, value):
    workspace = Workspace(tmp_path / "work")
    write(workspace, "20260101T000000000-abcdef", [plan.to_dict() | {field: value}])
    with pytest.raises(BadTableError, match="submit the job again"):
        read_job(workspace, "20260101T000000000-abcdef")
    assert Engine(workspace).active() == ()


def write(workspace, folder_name, plans, job=None):
    folder = workspace.job_folder(folder_name)
    folder.mkdir(parents=True)
    values = {"job": job or folder_name, "created": 1.0, "plans": plans}
    workspace.job_file(folder_name).write_text(json.dumps(values))
    return folder


def test_a_job_names_its_own_folder(plan, tmp_path):
    workspace = Workspace(tmp_path / "work")
    write(workspace, "a1", [plan.to_dict()], job="../../elsewhere")
    with pytest.raises(BadTableError, match="id of a job"):
        read_job(workspace, "a1")
    write(workspace, "a2", [plan.to_dict()], job="a1")
    with pytest.raises(BadTableError, match="folder of another"):
        read_job(workspace, "a2")


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "null", '{"plans": 3}', "[" * 100_000, '{"job":"a","plans":[null]}']
)
def test_damaged_job_files_are_a_sentence(tmp_path, text):
    workspace = Workspace(tmp_path / "work")
    workspace.job_folder("a").mkdir(parents=True)
    workspace.job_file("a").write_text(text)
    with pytest.raises(BadTableError):
        read_job(workspace, "a")


def test_a_hostile_workspace_runs_no_code_and_loses_no_folder(plan, tmp_path):
    """A module beside the data, an executor and a key that leads out: the next job of its owner goes its way."""
    workspace = Workspace(tmp_path / "work")
    workspace.prepare()
    victim = tmp_path / "victim.partial"
    victim.mkdir()
    (victim / "thesis.txt").write_text("years of work")
    proof = tmp_path / "proof"
    for name in ("psutil", "numpy", "dask", "evil", "sitecustomize", "json"):
        (workspace.root / f"{name}.py").write_text(
            f"open({str(proof)!r}, 'w').write('{name}')\ndef run(*a, **k): ...\n"
        )
    hostile = plan.to_dict() | {"key": "../../../victim", "stage": "detector1"}
    write(workspace, "20250101T000000000-aaaaaa", [hostile])
    variable = plan.to_dict() | {"environment": {"MIRI_WIDGETS_EXECUTOR": "evil:run"}}
    write(workspace, "20250101T000000000-bbbbbb", [variable])
    engine = Engine(workspace, idle_minutes=0.05)
    try:
        state = engine.wait(engine.submit([plan]), timeout=PATIENCE)
    finally:
        engine.shutdown()
    assert [str(run.status) for run in state.runs] == ["done"]
    assert (victim / "thesis.txt").read_text() == "years of work"
    assert not proof.exists()
    log = workspace.service_log.read_text()
    assert "victim" in log
    assert "MIRI_WIDGETS_EXECUTOR" in log  # refused with a sentence each


def test_a_workspace_of_another_user_is_refused(plan, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "work")
    workspace.root.mkdir(exist_ok=True)
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(NotWritableError, match="belongs to another user"):
        Engine(workspace).submit([plan])
    assert not workspace.jobs.exists()
    monkeypatch.setenv(TRUST_VARIABLE, "1")
    workspace.prepare()


def test_other_users_cannot_open_locks(tmp_path):
    workspace = Workspace(tmp_path / "work")
    workspace.engine.mkdir(parents=True, mode=0o755)
    workspace.prepare()
    for folder in (workspace.engine, workspace.jobs, workspace.runs):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_a_lock_without_a_heartbeat_is_a_sentence(plan, tmp_path, monkeypatch):
    workspace = Workspace(tmp_path / "work")
    workspace.prepare()
    lock = RunLock(workspace.service_lock)
    assert lock.acquire()
    workspace.heartbeat.touch()
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    engine = Engine(workspace)
    engine.submit([plan])
    clock[0] += 100
    assert not engine.recover()  # slow, not dead
    workspace.heartbeat.touch()
    os.utime(workspace.heartbeat, (5.0, 5.0))
    clock[0] += 100
    assert not engine.recover()  # a beat in between, whatever the clock of the day says
    clock[0] += 121
    with pytest.raises(EngineError, match="no sign of life for 121 s"):
        engine.recover()
    lock.close()


def test_every_process_of_ours_starts_without_the_working_directory_in_its_path():
    """``python -m`` imports from the folder in which it is called, which may be full of somebody's files."""
    package = Path(__file__).parents[2] / "miri_widgets"
    for path in package.rglob("*.py"):
        text = "".join(path.read_text().split())
        assert 'sys.executable,"-m"' not in text, path
        assert 'sys.executable,"-c"' not in text, path
