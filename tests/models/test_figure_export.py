"""A figure of what is in view."""

import numpy as np
import pytest
from pypdf import PdfReader

from miri_widgets.models.display import DisplayModel
from miri_widgets.models.figure_export import FigureModel, figure_of
from miri_widgets.models.in_view import Content, InView
from miri_widgets.models.session import SessionModel
from tests.support import fake_rooms
from tests.support.composite_files import write_mosaic


@pytest.fixture
def session(tmp_path):
    program = fake_rooms.fake_program(tmp_path)
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    yield found
    found.close()


@pytest.fixture
def model(session):
    display = DisplayModel(session)
    found = FigureModel(display)
    yield found
    found.close()
    display.close()


def test_nothing_in_view_is_a_sentence(model):
    model.save()
    assert "No image is in view" in model.sentence and model.saved is None


def test_a_mosaic_is_drawn_in_the_range_of_the_viewer_with_sky_axes(model, session):
    path = write_mosaic(session.program.workspace.parent, "F1000W")
    session.show(path)
    session.background.wait()
    model.display.in_force(11.0, 20.0)
    figure = figure_of(session.displayed, (11.0, 20.0), "sqrt")
    assert (figure.low, figure.high, figure.unit, figure.curve) == (11.0, 20.0, "MJy/sr", "sqrt")
    assert figure.wcs.has_celestial and not figure.diverging
    model.save()
    session.background.wait()
    assert model.saved == session.program.workspace / "figures" / f"{path.stem}.pdf" and model.sentence == ""
    assert "RA (ICRS)" in PdfReader(model.saved).pages[0].extract_text()


def test_computed_pixels_are_drawn_as_differences(model, session):
    session.displayed = InView(
        Content.DIFFERENCE,
        "Compared: difference",
        mode="difference",
        unit="MJy/sr",
        pixels=np.eye(20),
        root="jw1",
    )
    figure = figure_of(session.displayed, (np.nan, np.nan), "arcsinh")
    assert figure.diverging and figure.low < figure.high and figure.wcs is None
    model.suffix = ".png"
    model.save()
    session.background.wait()
    assert model.saved.name == "jw1_compared_difference.png" and model.saved.is_file()
