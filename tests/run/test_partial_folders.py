"""The folder that a run works in: made empty, renamed when the run is complete, else removed but for its log."""

import pytest

from miri_widgets.errors import DiskFullError
from miri_widgets.run import Workspace, plan_stages
from miri_widgets.run.partial_folders import commit_partial, make_partial, remove_partial
from tests.run.conftest import ENVIRONMENT, make_exposure


@pytest.fixture
def run(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.prepare(0)
    (plan,) = plan_stages(workspace, [make_exposure(tmp_path / "raw", 1)], ("detector1",), {}, ENVIRONMENT)
    return workspace, plan


def test_a_folder_is_empty_whatever_was_left_of_an_earlier_try(run):
    (make_partial(*run) / "half.fits").write_text("left")
    assert list(make_partial(*run).iterdir()) == []


def test_a_complete_run_takes_the_place_of_one_that_was_not(run):
    workspace, plan = run
    final = workspace.run_folder(plan.stage, plan.key)
    final.mkdir(parents=True)
    (final / "cut.fits").write_text("old")
    partial = make_partial(workspace, plan)
    (partial / "rate.fits").write_text("new")
    commit_partial(workspace, plan)
    assert [path.name for path in final.iterdir()] == ["rate.fits"] and not partial.exists()
    remove_partial(workspace, plan, "job")
    assert final.exists() and not workspace.kept_log("job", plan.key).exists()


def test_of_a_run_that_ended_badly_the_log_stays(run):
    workspace, plan = run
    partial = make_partial(workspace, plan)
    (partial / "log.txt").write_text("why")
    (partial / "half.fits").write_text("left")
    remove_partial(workspace, plan, "job")
    assert workspace.kept_log("job", plan.key).read_text() == "why" and not partial.exists()


def test_no_folder_is_made_where_there_is_no_room(run, monkeypatch):
    workspace, plan = run

    def full(self, needed):
        raise DiskFullError("1 MB free", "room for the products", "make room")

    monkeypatch.setattr(Workspace, "require_space", full)
    with pytest.raises(DiskFullError):
        make_partial(workspace, plan)
    assert not workspace.partial_folder(plan.stage, plan.key).exists()
