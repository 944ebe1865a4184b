"""What made a product: it is never taken for one of the current settings."""

from miri_widgets.panels.parts.caption import origin_of


def test_a_product_is_of_its_stage_until_a_setting_changes(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    rate, mosaic = (session.stages[name].products[0] for name in ("detector1", "image3"))
    exposure = session.programs.exposures[0]
    assert origin_of(session, rate) == (f"Detector 1 · {exposure.label}", True)
    assert origin_of(session, mosaic) == ("Image 3 · trial_f770w", True)
    session.stages["detector1"].set({"jump.rejection_threshold": 7})
    session.poll()
    for path in (rate, mosaic):
        words, is_now = origin_of(session, path)
        assert "out of date" in words and not is_now


def test_files_of_the_programs_folders_belong_to_no_settings(session):
    folder = session.program.folders[0]
    assert origin_of(session, session.programs.exposures[0].path) == ("raw exposure", True)
    assert origin_of(session, folder / "theirs_i2d.fits") == ("mosaic in the program's folders", True)
