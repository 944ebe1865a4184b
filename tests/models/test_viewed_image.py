"""The newest product comes to the viewer by itself."""


def test_only_images_of_the_sky_come_to_the_viewer_by_themselves(session, engine):
    for name in ("persistence", "rates", "shifts", "grid"):
        session.use_stage(name)
    session.poll()
    session.run("persistence", "detector1", "rates", "image2", "grid", "shifts")
    engine.finish()
    session.poll()
    assert session.shown is not None and session.shown.name.endswith("_cal.fits")


def test_what_the_user_picked_stays_until_the_next_run(session, engine):
    session.run("detector1")
    engine.finish()
    session.poll()
    picked = session.stages["detector1"].products[0]
    session.show(picked)
    for stage in ("image2", "image3"):
        session.run(stage)
        session.show(picked)
        engine.finish()
        session.poll()
        assert session.shown == picked and session.stages[stage].products
    session.stages["image3"].set({"resample.pixfrac": 0.7})
    session.poll()
    session.run_all()
    engine.finish()
    session.poll()
    assert session.shown.name.endswith("_i2d.fits") and not session.picked


def test_to_follow_the_newest_is_a_switch(session, engine):
    session.run("detector1")
    engine.finish()
    session.poll()
    picked = session.stages["detector1"].products[0]
    session.show(picked)
    session.run("image2")
    session.follow_latest(False)
    engine.finish()
    session.poll()
    assert session.shown == picked, "off: the image in view stays"
    session.follow_latest(True)
    assert session.shown.name.endswith("_cal.fits") and not session.picked
    session.follow_latest(False)
    assert session.picked and session.shown.name.endswith("_cal.fits")
