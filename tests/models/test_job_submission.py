"""What is to run: chosen, put off, taken back, cancelled."""

import pytest

from miri_widgets.errors import EngineError
from miri_widgets.models import RowState, open_session


def test_cancel(session, engine):
    stage = session.stages["detector1"]
    stage.run()
    session.poll()
    stage.cancel()
    session.poll()
    assert engine.cancelled == ["job1"]
    assert [row.state for row in stage.rows] == [RowState.CANCELLED] * 4
    assert stage.blockers() == []


def test_an_order_means_the_change_before_it(session, engine):
    before = {plan.key for plan in session.plans}
    session.stages["detector1"].set({"jump.rejection_threshold": 9.0})
    with pytest.raises(EngineError, match="being compared"):
        session.run_all()
    session.run_when_planned(session.run_all)
    assert session.pending_run and not engine.jobs()
    session.poll()
    assert not session.pending_run
    (job,) = engine.jobs()
    submitted = {run.key for run in engine.state(job.job).runs}
    assert submitted == {plan.key for plan in session.plans}
    assert not submitted & before


def test_an_order_can_be_taken_back_and_tells_what_keeps_it(session, engine):
    session.touch()
    session.run_when_planned(session.run_all)
    session.cancel()
    session.poll()
    assert not session.pending_run and not engine.jobs()
    session.run_all()
    engine.finish()
    session.poll()
    session.touch()
    session.run_when_planned(session.run_all)
    session.poll()
    assert "everything is complete already" in session.messages.text
    with pytest.raises(EngineError, match="complete already"):
        session.run_when_planned(session.run_all)


def test_an_order_of_a_step_that_is_left_out_meanwhile(fakes, program):
    session = open_session(program, fakes.fake_services(program))
    name = next(name for name, model in session.models.items() if model.stage.optional)
    session.use_stage(name)
    session.run_when_planned(session.models[name].run)
    session.use_stage(name, use=False)
    session.poll()
    assert "left out of the chain" in session.messages.text
    session.close()
