"""The history of a pixel through the products of its exposure."""

from __future__ import annotations

import pytest

from miri_widgets.analysis.pixel_history import PixelRequest, read_pixel_history
from miri_widgets.errors import MiriWidgetsError


def test_the_story_of_an_exposure(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    cal = session.stages["image2"].products[0]
    session.show(cal)
    question = session.pixel_request(session.shown, 3.4, 1.6)
    assert (question.x, question.y) == (3, 2)
    assert [title for title, _ in question.images] == ["Detector 1", "Image 2"]
    assert question.ramps[-1].name.endswith("_uncal.fits")
    story = read_pixel_history(question)
    assert [one.pixel is not None for one in story.chapters] == [True, True]
    assert story.chapters[0].pixel.unit == "DN/s" and story.slope == story.chapters[0].pixel.value
    # another exposure has another story
    session.show(session.stages["image2"].products[-1])
    assert session.pixel_request(session.shown, 3.4, 1.6) != question


def test_outside_of_the_image_is_a_sentence(session, engine):
    session.run_all()
    engine.finish()
    session.poll()
    session.show(session.stages["image2"].products[0])
    question = session.pixel_request(session.shown, 5000.0, 2.0)
    bare = PixelRequest(question.label, question.x, question.y, (), question.images)
    with pytest.raises(MiriWidgetsError, match="pixel \\(5000, 2\\)"):
        read_pixel_history(bare)


def test_flags_that_a_stage_adds_are_told(tmp_path):
    import numpy as np
    from astropy.io import fits

    paths = []
    for name, flag in (("rate", 4), ("cal", 4 | 1 << 30)):
        flags = np.full((4, 4), flag, np.uint32)
        image = fits.ImageHDU(np.ones((4, 4), np.float32), name="SCI")
        image.header["BUNIT"] = "DN/s" if name == "rate" else "MJy/sr"
        paths.append(tmp_path / f"{name}.fits")
        fits.HDUList([fits.PrimaryHDU(), image, fits.ImageHDU(flags, name="DQ")]).writeto(paths[-1])
    story = read_pixel_history(PixelRequest("x", 1, 1, (), (("Detector 1", paths[0]), ("Sky", paths[1]))))
    assert story.chapters[0].gained == ()
    assert story.chapters[1].gained == ("OTHER_BAD_PIXEL",)
    assert story.fit() == ()
