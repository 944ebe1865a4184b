"""Before and after a stage."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from miri_widgets.analysis.comparison import compared
from miri_widgets.errors import InputError
from miri_widgets.models import compare
from miri_widgets.models.compare import CompareModel
from miri_widgets.models.comparison_partners import Partner, PartnerKind


def write(path, image, flags, unit="MJy/sr"):
    science = fits.ImageHDU(np.asarray(image, np.float32), name="SCI")
    science.header["BUNIT"] = unit
    fits.HDUList(
        [fits.PrimaryHDU(), science, fits.ImageHDU(np.asarray(flags, np.uint32), name="DQ")]
    ).writeto(path, overwrite=True)
    return path


@settings(max_examples=20, deadline=None)
@given(change=st.floats(-5, 5, width=32), bad=st.integers(0, 24))
def test_the_difference_is_what_was_added(tmp_path_factory, change, bad):
    folder = tmp_path_factory.mktemp("pair")
    image = np.arange(25.0).reshape(5, 5)
    before = np.zeros((5, 5), int)
    before.flat[bad] = 1
    after = before.copy()
    after[2, 2] |= 16
    found = compared(
        write(folder / "a.fits", image, before),
        write(folder / "b.fits", image + np.float32(change), after),
        "Sky",
    )
    assert np.isnan(found.difference.flat[bad]) and np.isnan(found.difference).sum() == 1
    np.testing.assert_allclose(np.nan_to_num(found.difference, nan=change), np.float32(change), atol=2e-6)
    assert dict(found.numbers.gained) == {"OUTLIER": 1}
    assert "+1 OUTLIER" in found.phrase()


def test_nothing_changed_is_told(tmp_path):
    image, flags = np.ones((4, 4)), np.zeros((4, 4), int)
    found = compared(
        write(tmp_path / "a.fits", image, flags), write(tmp_path / "b.fits", image, flags), "Areas"
    )
    assert found.phrase() == "Areas: nothing changed. All 16 pixels are equal, and all flags."
    assert found.is_unchanged


def test_other_units_are_a_sentence(tmp_path):
    image, flags = np.ones((4, 4)), np.zeros((4, 4), int)
    one = write(tmp_path / "a.fits", image, flags, "DN/s")
    with pytest.raises(InputError, match="one shape and unit"):
        compared(one, write(tmp_path / "b.fits", image, flags), "Image 2")


def kinds(model):
    return {partner.kind for partner in model.partners}


def test_the_model_follows_the_product_in_view(session, engine, tmp_path, monkeypatch):
    session.run_all()
    engine.finish()
    session.poll()
    model = CompareModel(session)
    session.show(session.stages["image2"].products[0])
    assert kinds(model) == {PartnerKind.FILTER}, "a rate has another unit than a cal"
    session.show(session.stages["image2"].products[0], extension="DQ")
    assert not model.can and model.partners == ()
    model.request_mode("before")
    assert model.mode == "after" and "only SCI is compared" in model.sentence
    image, flags = np.ones((4, 4)), np.zeros((4, 4), int)
    before = write(tmp_path / "a_cal.fits", image, flags)
    shown = write(tmp_path / "b_cal.fits", image + 1, flags)
    step = Partner(PartnerKind.STEP, "Sky", "before Sky", before)
    monkeypatch.setattr(compare, "stages_before", lambda _: [step])
    session.show(shown)
    assert model.can and model.value is None
    model.toggle()
    assert model.mode == "before" and model.value.title == "Sky"
    model.toggle()
    assert model.mode == "after"
    model.request_mode("difference")
    monkeypatch.setattr(compare, "stages_before", lambda _: [])
    session.show(session.stages["image2"].products[1])
    assert model.mode == "after" and model.value is None
    assert not any(partner.name.startswith("before") for partner in model.partners)
    model.close()
    assert not session.has_trait("nothing")


def test_the_stage_before_in_the_chain_is_the_partner(session, engine):
    """Rates of another stage: the rate that detector1 made is what came before."""
    session.run_all()
    engine.finish()
    session.poll()
    rate = session.stages["detector1"].products[0]
    session.show(rate)
    asked = session.pixel_request(session.shown, 0, 0)
    assert asked.images[0][1] == rate
    assert compare.stages_before(session) == [], "the first image of the chain has none before it"
