"""The button that saves a figure of the image in view."""

import pytest

from miri_widgets.models.display import DisplayModel
from miri_widgets.models.figure_export import FigureModel
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.figurebar import FigureBar
from miri_widgets.products.served_files import read_released
from tests.support import fake_rooms
from tests.support.composite_files import write_mosaic


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    program = fake_rooms.fake_program(tmp_path)
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    yield found
    found.close()


def test_a_click_saves_and_another_downloads(session):
    bar = FigureBar(FigureModel(DisplayModel(session)))
    bar.save.click()
    assert "No image is in view" in bar.status.value and bar.download.disabled
    session.show(write_mosaic(session.program.workspace.parent, "F770W"))
    bar.format.value = ".png"
    bar.save.click()
    session.background.wait()
    assert bar.model.saved.suffix == ".png" and bar.model.saved.name in bar.status.value
    sent = []
    bar.download.send = sent.append
    bar.download.vue_request()
    released = read_released(sent[0]["args"][0])
    assert [entry.path for entry in released.files] == [str(bar.model.saved.resolve())]
    bar.close()
    assert read_released(sent[0]["args"][0]) is None
