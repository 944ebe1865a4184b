"""Flags of the product in view, and what its stage did to them."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.analysis.product_flags import read_flags
from miri_widgets.core.dq import BITS
from miri_widgets.errors import NotJwstError
from miri_widgets.models.flags import FlagsModel


def write(path, flags):
    image = fits.ImageHDU(np.ones(np.shape(flags), np.float32), name="SCI")
    extra = [] if flags is None else [fits.ImageHDU(np.asarray(flags, np.uint32), name="DQ")]
    fits.HDUList([fits.PrimaryHDU(), image, *extra]).writeto(path, overwrite=True)
    return path


@settings(max_examples=20, deadline=None)
@given(old=st.lists(st.integers(0, 2**32 - 1), min_size=6, max_size=6), bit=st.sampled_from(sorted(BITS)))
def test_a_stage_that_sets_a_flag_has_gained_it_where_it_was_not(tmp_path_factory, old, bit):
    folder = tmp_path_factory.mktemp("flags")
    before = np.array(old, np.uint32).reshape(2, 3)
    after = before | np.uint32(1 << BITS[bit])
    found = read_flags(write(folder / "b.fits", after), write(folder / "a.fits", before), "Sky")
    row = next(one for one in found.rows if one.name == bit)
    new = (before >> BITS[bit] & 1) == 0
    assert (row.count, row.fraction, row.gained, row.lost) == (6, 1.0, int(new.sum()), 0)
    np.testing.assert_array_equal(found.mask(bit, only_gained=True), new)
    assert found.mask(bit).all()
    assert {one.name for one in found.rows} == {name for name, n in BITS.items() if (after >> n & 1).any()}
    back = read_flags(folder / "a.fits", folder / "b.fits", "Undone")
    assert sum(one.lost for one in back.rows) == int(new.sum()) and back.gained == ()


def test_without_a_product_before_nothing_is_gained(tmp_path):
    flags = np.array([[0, 5], [4, 0]])
    found = read_flags(write(tmp_path / "a.fits", flags))
    assert [(one.name, one.count, one.fraction) for one in found.rows] == [
        ("DO_NOT_USE", 1, 0.25),
        ("JUMP_DET", 2, 0.5),
    ]
    assert found.title == "" and found.gained == ()
    assert found.mask("JUMP_DET", only_gained=True).sum() == 2


def test_another_shape_is_left_aside_and_no_flags_are_a_sentence(tmp_path):
    found = read_flags(
        write(tmp_path / "a.fits", np.ones((4, 4), int)),
        write(tmp_path / "b.fits", np.ones((2, 2), int)),
        "Sky",
    )
    assert found.before is None and found.title == ""
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((4, 4)), name="SCI")]).writeto(tmp_path / "c.fits")
    with pytest.raises(NotJwstError, match="DQ"):
        read_flags(tmp_path / "c.fits")


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
