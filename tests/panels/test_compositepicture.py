"""The picture of a composite on the page: the part that is seen, with what is drawn over it."""

import io

import numpy as np
import pytest
from PIL import Image

from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.compositepicture import CompositePicture
from tests.support import fake_rooms
from tests.support.composite_files import write_mosaics


@pytest.fixture
def session(tmp_path):
    program = fake_rooms.fake_program(tmp_path)
    write_mosaics(program.folders[0])
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    yield found
    found.close()


def test_the_page_gets_the_picture_of_the_part_that_it_shows(session):
    session.composite.awake = True
    view = CompositePicture(session.composite)
    view.frame.vue_see({"left": 0, "bottom": 0.5, "right": 0.5, "top": 1, "size": [400, 400]})
    session.background.wait()
    received = np.asarray(Image.open(io.BytesIO(view.frame.painted)))
    assert received.shape == (45, 60, 3)
    assert np.abs(received[::-1].astype(float) - session.composite.picture).mean() < 4
    assert view.frame.aspect == pytest.approx(120 / 90) and view.frame.arcsec == pytest.approx(120 * 0.11)
    assert len(view.frame.compass) == 2 and "F770W blue" in view.frame.attribution
    session.composite.compass = session.composite.attribution = False
    assert view.frame.compass == [] and view.frame.attribution == ""
    view.close()


def test_without_a_mosaic_the_page_says_what_to_do(tmp_path):
    program = fake_rooms.fake_program(tmp_path / "empty")
    session = SessionModel(program, fake_rooms.fake_services(program))
    session.poll()
    view = CompositePicture(session.composite)
    session.composite.awake = True
    assert "run Image 3" in view.frame.note and view.frame.painted == b""
    view.close()
    session.close()
