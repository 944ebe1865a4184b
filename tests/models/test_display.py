"""The range that is fixed for a filter, and the word on a range that shows nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.models.display import DisplayModel, read_sample


def write(path, level, *, filter_name="F1800W", unit="MJy/sr"):
    rng = np.random.default_rng(1)
    image = fits.ImageHDU(rng.normal(level, 1.0, (40, 40)).astype(np.float32), name="SCI")
    image.header["BUNIT"] = unit
    flags = np.zeros((40, 40), np.uint32)
    flags[:, :5] = 1
    primary = fits.PrimaryHDU()
    primary.header["FILTER"] = filter_name
    fits.HDUList([primary, image, fits.ImageHDU(flags, name="DQ")]).writeto(path)
    return path


@pytest.fixture
def model(session):
    model = DisplayModel(session)
    yield model
    model.close()


def test_a_sample_leaves_out_what_does_not_count(tmp_path):
    sample = read_sample(write(tmp_path / "a_cal.fits", 89.0))
    assert (sample.unit, sample.filter) == ("MJy/sr", "F1800W")
    assert np.isnan(sample.pixels[:, :5]).all() and np.isfinite(sample.pixels[:, 5:]).all()


@pytest.mark.parametrize(("level", "plain", "limit"), [(89.0, "white", "45"), (1.0, "black", "12")])
def test_plain_white_and_plain_black_are_told_with_both_numbers(model, tmp_path, level, plain, limit):
    model.session.show(write(tmp_path / "a_cal.fits", level))
    assert model.sentence == ""
    model.in_force(12.0, 45.0)
    assert model.can_mend
    assert f"plain {plain}: the sky is " in model.sentence
    assert f"MJy/sr in F1800W and {plain} is {limit}" in model.sentence
    model.mend()
    black, white = model.fixed
    assert black < level < white
    model.in_force(black, white)
    assert model.sentence == "" and not model.can_mend


def test_a_range_belongs_to_its_filter_and_unit(model, tmp_path):
    cal, other = (
        write(tmp_path / "a_cal.fits", 89.0),
        write(tmp_path / "b_cal.fits", 5.0, filter_name="F770W"),
    )
    rate = write(tmp_path / "c_rate.fits", 900.0, unit="DN/s")
    model.session.show(cal)
    model.fix(80.0, 100.0)
    model.session.show(other)
    assert model.fixed is None
    model.session.show(rate)
    assert model.fixed is None
    model.session.show(cal)
    assert model.fixed == (80.0, 100.0)
    model.release()
    assert model.fixed is None


def test_the_ranges_of_the_program_are_offered_for_their_filter_and_unit(model, tmp_path):
    ranges = {"rate": (40.0, 100.0), "cal": (30.0, 100.0), "subtracted": (-0.1, 5.0)}
    session = model.session
    session.program = replace(session.program, display={"F1500W": ranges})
    session.show(write(tmp_path / "a_cal.fits", 40.0, filter_name="F1500W"))
    assert model.ranges == {"cal": (30.0, 100.0), "subtracted": (-0.1, 5.0)} and model.fixed is None
    model.take("subtracted")
    assert model.fixed == (-0.1, 5.0)
    model.in_force(-0.1, 5.0)
    assert "plain white: the sky is 40" in model.sentence and model.can_mend
    model.take("cal")
    model.in_force(30.0, 100.0)
    assert model.fixed == (30.0, 100.0) and model.sentence == ""
    session.show(write(tmp_path / "b_rate.fits", 60.0, filter_name="F1500W", unit="DN/s"))
    assert model.ranges == {"rate": (40.0, 100.0)} and model.fixed is None
    session.show(write(tmp_path / "c_cal.fits", 60.0))
    assert model.ranges == {}
    model.take("cal")
    assert model.fixed is None


def test_a_range_that_is_none_is_a_sentence(model, tmp_path):
    model.session.show(write(tmp_path / "a_cal.fits", 89.0))
    for black, white in ((5.0, 5.0), (9.0, 1.0), (float("nan"), 1.0)):
        model.fix(black, white)
        assert model.fixed is None and "white above black" in model.sentence


def test_another_image_is_judged_anew(model, tmp_path):
    model.session.show(write(tmp_path / "a_cal.fits", 89.0))
    model.in_force(3.0, 45.0)
    assert model.sentence
    model.session.show(write(tmp_path / "b_cal.fits", 20.0))
    assert model.sentence == "" and np.isnan(model.white)


def test_a_large_mosaic_is_measured_from_some_pixels_that_stand_for_all(tmp_path):
    from miri_widgets.analysis.image_statistics import measure

    rng = np.random.default_rng(4)
    image = rng.normal(30.0, 1.0, (2400, 2200)).astype(np.float32)
    path = tmp_path / "large_i2d.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(image, name="SCI")]).writeto(path)
    found = measure(path)
    assert found.shape == (2400, 2200)
    assert found.level.median == pytest.approx(30.0, abs=0.01)
    total = found.histogram.counts.sum() + found.histogram.below + found.histogram.above
    assert total == pytest.approx(image.size, rel=1e-3)


def test_why_a_range_was_refused_is_over_when_the_one_in_force_is_entered_again(model, tmp_path):
    model.session.show(write(tmp_path / "a_cal.fits", 4.0))
    model.fix(1.0, 9.0)
    model.in_force(1.0, 9.0)
    model.fix(9.0, 1.0)
    assert "white above black" in model.sentence and model.fixed == (1.0, 9.0)
    model.fix(1.0, 9.0)
    assert model.sentence == ""


def test_controls_say_the_stretch_that_is_brought_back(model):
    model.session.recalled = {"stretch": {"function": "sqrt", "percentile": 97.0}}
    assert (model.curve, model.percentile) == ("sqrt", 97.0)


@pytest.mark.parametrize(
    "stretch",
    [None, "sqrt", {}, {"function": "cubic", "percentile": 97.0}, {"function": "sqrt", "percentile": "much"},
     {"function": "sqrt", "percentile": 0.0}],
)  # fmt: skip
def test_a_stretch_that_is_none_changes_nothing(model, stretch):
    model.session.recalled = {"stretch": stretch}
    assert (model.curve, model.percentile) == ("arcsinh", 99.5)
