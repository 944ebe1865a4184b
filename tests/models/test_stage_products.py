"""A pixel from its groups to its last value."""

from __future__ import annotations


def test_nothing_is_asked_before_an_image_is_shown(session):
    assert session.pixel_request(session.shown, 1.0, 2.0) is None


def test_a_mosaic_has_one_chapter(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    mosaic = session.stages["image3"].products[0]
    session.show(mosaic)
    question = session.pixel_request(session.shown, 0.0, 0.0)
    assert question.images == (("", mosaic),) and question.ramps == ()
