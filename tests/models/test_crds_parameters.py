"""What CRDS says of the parameters of a stage comes in once, as a layer of its settings."""


def test_crds_values_come_in_without_changing_the_plan(session):
    stage = session.stages["detector1"]
    keys = [row.key for row in stage.rows]
    session.ask_crds("detector1")
    session.poll()
    assert stage.settings.effective("jump.rejection_threshold").value == 5.0
    assert not stage.can_undo
    session.poll()
    assert [row.key for row in stage.rows] == keys


def test_a_closed_session_asks_nothing(session):
    session.close()
    session.ask_crds("detector1")
    assert not session.stages["detector1"].asking
