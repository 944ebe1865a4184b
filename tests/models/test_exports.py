"""Planned runs as code, for reading and as files."""


def test_code_of_a_stage_that_takes_no_exposure_is_empty(session):
    assert session.code("detector1") and session.code("sky") == ""


def test_a_script_and_a_notebook_of_the_runs_up_to_a_stage_are_written_and_replaced(session):
    paths = session.export("image2")
    assert [path.name for path in paths] == ["trial_image2.py", "trial_image2.ipynb"]
    assert paths[0].parent == session.program.workspace / "exports"
    assert session.script("image2") == paths[0].read_text() != session.script()
    assert session.notebook("image2") == paths[1].read_text() != session.notebook()
    assert session.export("image2") == paths
    assert [path.name for path in session.export()] == ["trial.py", "trial.ipynb"]
