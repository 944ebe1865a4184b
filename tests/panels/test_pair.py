"""Both images over the viewer: read at one place, each in its own range."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.core.display_range import find_range
from miri_widgets.models.display import DisplayModel
from miri_widgets.models.in_view import Content, InView
from miri_widgets.panels.parts.pair import PairView

from .stub_viewer import Viewer

RNG = np.random.default_rng(5)
AFTER = RNG.normal(0.3, 0.03, (40, 50)).astype(np.float32)


def write(path, pixels):
    science = fits.ImageHDU(np.asarray(pixels, np.float32), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    fits.HDUList([fits.PrimaryHDU(), science]).writeto(path)
    return path


@pytest.fixture
def pair(session, tmp_path):
    """A pair over a viewer, whose first image is 5 MJy/sr brighter."""
    display = DisplayModel(session)
    failures = []
    made = PairView(session, Viewer(), display, failures.append)
    made.failures = failures
    before, after = write(tmp_path / "a_cal.fits", AFTER + 5), write(tmp_path / "b_cal.fits", AFTER)

    def show(**values):
        session.displayed = InView(
            Content.PAIR,
            "b_cal.fits",
            after,
            after,
            mode="swipe",
            other=before,
            names=("Before", "After"),
            **values,
        )
        display.in_force(*find_range(AFTER))

    made.bring = show
    yield made
    made.close()
    display.close()


def test_levels_are_drawn_with_equal_width_around_each_median(pair):
    pair.bring(offset=5.0)
    before, after = pair.canvas.layers
    assert np.abs(before.astype(int) - after).max() <= 1, "the same picture at another level"
    pair.bring(offset=0.0)
    before, after = pair.canvas.layers
    assert (before == 255).all() and after.std() > 10, "in the range after, the image before is white"


def test_two_filters_have_a_range_each(pair):
    pair.bring(shares_range=False)
    before, after = pair.canvas.layers
    assert np.abs(before.astype(int) - after).max() <= 1


def test_both_values_are_read_at_one_place(pair):
    pair.bring(offset=5.0)
    assert (
        pair.text(3.2, 7.4)
        == f"Before: {AFTER[7, 3] + 5:.3f} MJy/sr   After: {AFTER[7, 3]:.3f} MJy/sr   x 3 y 7"
    )
    assert pair.text(-3.0, 7.0) == ""


def test_a_file_that_is_gone_is_a_sentence_and_no_picture(pair, session, tmp_path):
    (tmp_path / "a_cal.fits").unlink()
    pair.bring()
    assert pair.failures and "a_cal.fits" in pair.failures[0]
    assert not pair.canvas.visible and pair.images is None


def test_the_part_in_view_goes_over_to_the_viewer(pair, session):
    pair.bring(offset=5.0)
    pair.canvas.vue_aim({"x": 20, "y": 10, "width": 12})
    session.displayed = InView()
    assert pair.viewer.restored == {"position": {"center": [20.0, 10.0], "width": 12.0, "sky": False}}
    assert not pair.canvas.visible
