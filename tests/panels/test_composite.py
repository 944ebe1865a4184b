"""The panel of the colour composite: controls set the model, and show it; the picture is sent to the page."""

import pytest

from miri_widgets.core.composite import Method
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.composite import CompositePanel, composite_item
from miri_widgets.products.served_files import read_released
from tests.support import fake_rooms
from tests.support.composite_files import FILTERS, write_mosaics


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    program = fake_rooms.fake_program(tmp_path)
    write_mosaics(program.folders[0])
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    yield found
    found.close()


@pytest.fixture
def panel(session):
    found = CompositePanel(session)
    session.composite.awake = True
    session.background.wait()
    yield found
    found.close()


def test_controls_show_the_values_of_the_data(panel):
    model = panel.model
    assert list(panel.channels) == list(FILTERS) and panel.state.value == ""
    for channel in model.mapping.channels:
        controls = panel.channels[channel.filter]
        assert controls.range.value == pytest.approx((channel.black, channel.white))
        assert controls.weight.value == channel.weight
    assert [panel.channels[name].color.value for name in FILTERS] == ["#0000ff", "#00ff00", "#ff0000"]
    assert panel.sliders["stretch"].value == pytest.approx(model.mapping.stretch)
    assert model.mapping == model.images.start, "showing values changes none"


def test_controls_set_the_model(panel):
    model = panel.model
    panel.method.value = Method.CURVES
    panel.sliders["saturation"].value = 1.6
    controls = panel.channels["F770W"]
    controls.range.value = (4.5, 15.0)
    controls.weight.value = 0.5
    controls.color.value = "#ff00ff"
    channel = model.mapping.channels[0]
    assert (model.mapping.method, model.mapping.saturation) == (Method.CURVES, 1.6)
    assert (channel.black, channel.white) == pytest.approx((4.5, 15.0), abs=0.1)
    assert (channel.weight, channel.hue) == (0.5, 300.0)
    controls.color.value = "#ffffff"
    assert model.mapping.channels[0].hue == -1
    panel.reset.click()
    assert model.mapping == model.images.start and panel.method.value == Method.LUPTON
    panel.undo.click()
    assert model.mapping.method == Method.CURVES and controls.weight.value == 0.5


def test_controls_that_do_not_act_are_not_there(panel):
    assert (
        panel.channels["F770W"].curve.layout.display == "none"
        and panel.sliders["stretch"].layout.display == ""
    )
    panel.method.value = Method.CURVES
    assert (
        panel.channels["F770W"].curve.layout.display == ""
        and panel.sliders["stretch"].layout.display == "none"
    )


def test_nothing_in_the_picture_is_a_sentence(panel):
    for name in FILTERS:
        panel.channels[name].weight.value = 0.0
    assert "at least one filter" in panel.problem.value
    assert panel.channels["F1500W"].weight.value > 0, "the control shows what is so"
    panel.sliders["saturation"].value = 1.2
    assert panel.problem.value == ""


def test_one_click_saves_and_one_downloads(panel, session):
    panel.format.value = ".jpg"
    panel.marks["compass"].value = False
    panel.save.click()
    session.background.wait()
    picture = session.composite.saved[0]
    assert picture.suffix == ".jpg" and picture.name in panel.saved.value
    assert panel.download.paths == [str(path) for path in session.composite.saved]
    sent = []
    panel.download.send = sent.append
    panel.download.vue_request()
    released = read_released(sent[0]["args"][0])
    assert {entry.path for entry in released.files} == {
        str(path.resolve()) for path in session.composite.saved
    }
    panel.close()
    assert read_released(sent[0]["args"][0]) is None


def test_the_code_is_there_when_it_is_opened(panel):
    assert panel.code.value == ""
    panel.code_box.selected_index = 0
    assert "save_composite(" in panel.code.value
    panel.sliders["saturation"].value = 2.2
    assert "2.2" in panel.code.value


def test_the_dashboard_entry_counts_the_filters(session):
    assert composite_item(session.composite)["detail"] == "3 filters"


def test_colours_come_to_the_front_once_and_never_over_another_choice(session):
    from miri_widgets.dashboard import Dashboard
    from tests.panels.stub_viewer import Viewer

    dashboard = Dashboard(session, viewer=Viewer(), colour_when_done=True)
    assert session.tab == "program", "mosaics of the folder are no end of a reduction"
    for name in session.stages:
        session.run(name)
        session.services.engine.finish()
        session.poll()
    assert session.tab == "composite" and session.composite.awake
    session.tab = "program"
    session.composite.mosaics = session.composite.mosaics[:1]
    assert session.tab == "program"
    dashboard.close()
