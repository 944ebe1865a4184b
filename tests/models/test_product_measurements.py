"""What is measured once for all views of a session."""


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


def test_a_closed_session_measures_nothing(session, tmp_path):
    session.close()
    session.ask_measure(tmp_path / "gone_i2d.fits")
    session.ask_catalog((tmp_path / "gone_i2d.fits",))
    assert not session.background.tasks and not session.measured and not session.catalogs
