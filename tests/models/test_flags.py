"""Flags of the product in view, and what its stage did to them."""

from __future__ import annotations

import pytest

from miri_widgets.models.flags import FlagsModel


@pytest.fixture
def model(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    session.show(session.stages["image2"].products[0])
    model = FlagsModel(session)
    yield model
    model.close()


def test_nothing_is_read_until_it_is_asked_for(model):
    assert model.can and model.value is None and model.masks == {}
    model.open(True)
    assert model.value.path == model.session.shown
    assert model.masks == {}, "an open list lays nothing over the image"


def test_the_key_shows_what_the_stage_gained_then_hides_it(model, monkeypatch):
    model.toggle()
    assert model.visible and set(model.masks) == set(model.chosen)
    assert model.only_gained == bool(model.value.gained)
    chosen = model.chosen
    model.toggle()
    assert not model.visible and model.masks == {} and model.chosen == chosen
    model.toggle()
    assert model.visible


def test_what_is_ticked_means_the_flags_of_the_product_in_view(model):
    model.choose(["DO_NOT_USE", "HOT"])
    assert model.chosen == ("DO_NOT_USE", "HOT")
    first = model.masks["DO_NOT_USE"]
    assert set(model.masks) == {"DO_NOT_USE"}, "no pixel is hot"
    seen = []
    model.observe(lambda change: seen.append(model.masks), ["value"])
    other = [path for path in model.session.stages["image2"].products if "_cal" in path.name][-1]
    model.session.show(other)
    assert seen[0] == {}, "flags of the product before are gone at once"
    assert (model.masks["DO_NOT_USE"] != first).any()
    model.session.show(model.session.stages["image3"].products[0])
    assert not model.can and model.masks == {}, "a mosaic has weights instead"
    model.toggle()
    assert model.value is None
    model.session.show(model.session.stages["image2"].products[0])
    assert (model.masks["DO_NOT_USE"] == first).all()


def test_why_the_key_did_nothing_is_over_with_the_view_that_it_was_about(session, engine, model):
    mosaic = session.stages["image3"].products[0]
    session.show(mosaic)
    model.toggle()
    assert f"{mosaic.name} has no flags" in model.sentence
    session.show(mosaic, extension="WHT")
    assert model.sentence == ""
    session.shown = None
    model.toggle()
    assert "No product is in view" in model.sentence
    session.show(mosaic)
    assert model.sentence == ""
