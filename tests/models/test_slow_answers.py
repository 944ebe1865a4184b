"""What a session is asked once and answers later."""


def test_measurement(session):
    session.run("detector1")
    session.services.engine.finish()
    session.poll()
    path = session.stages["detector1"].products[0]
    session.ask_measure(path)
    session.poll()
    found = session.measured[path]
    assert found.unit == "DN/s"
    assert 19 < found.level.median < 25
    assert found.histogram.counts.sum() > 8000


def test_crds_values_come_in_without_changing_the_plan(session):
    stage = session.stages["detector1"]
    keys = [row.key for row in stage.rows]
    session.ask_crds("detector1")
    session.poll()
    assert stage.settings.effective("jump.rejection_threshold").value == 5.0
    assert not stage.can_undo
    session.poll()
    assert [row.key for row in stage.rows] == keys


def test_a_question_is_asked_once_and_a_failure_is_an_answer(session, tmp_path):
    told = []
    session.observe(told.append, "measured")
    missing = tmp_path / "gone_i2d.fits"
    session.ask_measure(missing)
    session.ask_measure(missing)
    session.poll()
    session.ask_measure(missing)
    session.poll()
    assert len(told) == 1
    assert "gone_i2d.fits" in session.measured[missing].sentence
    session.ask_catalog((missing,))
    session.poll()
    assert "gone_i2d.fits" in " ".join(session.catalogs[missing,].sentences)


def test_a_closed_session_asks_nothing(session, tmp_path):
    session.close()
    session.ask_measure(tmp_path / "gone_i2d.fits")
    session.ask_catalog((tmp_path / "gone_i2d.fits",))
    session.ask_crds("detector1")
    assert not session.stages["detector1"].asking
