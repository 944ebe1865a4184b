"""The colour composite as the page has it, without widgets."""

import json

import numpy as np
import pytest
from PIL import Image

from miri_widgets.analysis.composite_images import Viewport
from miri_widgets.core.composite import CompositeMapping, Method, composite_rgb
from miri_widgets.errors import ParameterError
from miri_widgets.models.composite import CompositeModel
from miri_widgets.models.history import UserChange
from miri_widgets.models.session import SessionModel
from tests.support import fake_rooms
from tests.support.composite_files import FILTERS, write_mosaic, write_mosaics


@pytest.fixture
def session(tmp_path):
    """A session whose folder holds the mosaics of three filters."""
    program = fake_rooms.fake_program(tmp_path)
    write_mosaics(program.folders[0])
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    yield found
    found.close()


@pytest.fixture
def model(session):
    session.composite.awake = True
    session.composite.session.background.wait()
    return session.composite


def test_mosaics_are_read_only_while_somebody_sees_them(session):
    model = session.composite
    assert len(model.mosaics) == 3 and model.images is None
    model.awake = True
    session.background.wait()
    assert model.images.filters == FILTERS and model.mapping == model.images.start
    assert not model.working and model.sentence == ""


def test_the_picture_is_that_of_the_mapping_at_the_resolution_of_the_screen(model):
    expected = composite_rgb(model.images.images, model.mapping)
    assert model.picture.dtype == np.uint8 and np.abs(model.picture / 255 - expected).max() <= 0.51 / 255
    model.show_part(0.0, 0.0, 1.0, 1.0, (45, 60))
    model.session.background.wait()
    assert model.picture.shape == (45, 60, 3) and model.area == Viewport()
    model.show_part(0.5, 0.5, 0.75, 1.0, (45, 60))
    model.session.background.wait()
    assert model.picture.shape == (45, 30, 3) and model.area == Viewport(0.5, 0.5, 0.75, 1.0)
    model.show_part(0.9, 0.0, 0.1, 1.0, (45, 60))
    assert model.viewport == Viewport()


def test_a_change_is_painted_and_taken_back(model):
    before, start = model.picture.copy(), model.mapping
    model.set_channel("F770W", weight=0.0)
    model.session.background.wait()
    assert (model.picture[..., 2] == 0).all() and not np.array_equal(before, model.picture)
    model.set_mapping(method=Method.CURVES, saturation=2.0)
    model.undo()
    model.undo()
    model.session.background.wait()
    assert model.mapping == start and np.array_equal(before, model.picture)
    model.undo()
    model.set_mapping(saturation=0.0)
    model.reset()
    assert model.mapping == start
    model.undo()
    assert model.mapping.saturation == 0.0


def test_a_slider_that_is_dragged_is_one_change(model, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("miri_widgets.models.composite.time.monotonic", lambda: now[0])
    start = model.mapping
    for step in range(10):
        now[0] += 0.05
        model.set_mapping(saturation=1.1 + step / 10)
    now[0] += 5
    model.set_mapping(saturation=2.5)
    model.set_channel("F770W", weight=0.5)
    model.undo()
    assert model.mapping.saturation == 2.5
    model.undo()
    assert model.mapping.saturation == 2.0
    model.undo()
    assert model.mapping == start


def test_the_undo_of_the_page_reaches_the_colours(model, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("miri_widgets.models.composite.time.monotonic", lambda: now[0])
    history, start = model.session.history, model.mapping
    for step in range(5):
        now[0] += 0.05
        model.set_mapping(saturation=1.1 + step / 10)
    now[0] += 5
    model.set_channel("F770W", weight=0.5)
    changed = model.mapping
    assert history.undo_label == "colour composite"
    history.undo()
    assert model.mapping.saturation == 1.5 and model.mapping.channels == start.channels
    history.redo()
    assert model.mapping == changed
    history.undo()
    history.undo()
    assert model.mapping == start and history.undo_label == ""
    model.set_mapping(saturation=2.5)
    model.undo()
    assert model.mapping == start and history.undo_label == "", "one change, whoever takes it back"
    model.set_mapping(saturation=2.5)
    history.add(UserChange("another", ("another",), 0, 1, lambda _: None))
    model.undo()
    assert model.mapping == start and history.undo_label == "another", "what came later stays"


def test_what_is_not_allowed_changes_nothing(model):
    before = model.mapping
    with pytest.raises(ParameterError, match="black below white"):
        model.set_channel("F770W", black=1e9)
    with pytest.raises(ParameterError, match="one of F770W, F1000W, F1500W"):
        model.set_channel("F2550W", weight=1.0)
    with pytest.raises(ParameterError, match="saturation"):
        model.set_mapping(saturation=-1.0)
    assert model.mapping is before


def test_a_picture_is_saved_into_the_workspace_with_its_record(model):
    model.suffix, model.attribution = ".jpg", False
    model.set_channel("F1000W", weight=0.7)
    model.save()
    model.session.background.wait()
    picture, record = model.saved
    assert (
        picture
        == model.session.program.workspace
        / "composites"
        / f"{model.session.program.name}_f770w_f1000w_f1500w.jpg"
    )
    assert Image.open(picture).size == (120, 90)
    assert CompositeMapping.from_dict(json.loads(record.read_text())["mapping"]) == model.mapping
    assert model.save_sentence == "" and not model.saving
    model.save_moc()
    model.session.background.wait()
    assert model.saved[0].name.endswith("_moc.fits") and model.saved[0].is_file()


def test_the_choices_come_back(session, model):
    model.set_mapping(saturation=1.7)
    model.scale_bar, model.suffix = False, ".tif"
    kept = json.loads(json.dumps(session.choices()["composite"]))
    other = CompositeModel(session)
    other.recall(kept)
    other.awake = True
    session.background.wait()
    assert other.mapping == model.mapping and not other.scale_bar and other.suffix == ".tif"
    other.recall({"suffix": ".gif", "mapping": 3})
    assert other.suffix == ".tif"
    other.close()


def test_the_exported_code_writes_the_same_picture(session, model):
    model.set_mapping(saturation=0.5)
    code = session.code_beside_runs()
    assert "WORKSPACE / 'composites/" in code.replace('"', "'")
    workspace = session.program.workspace
    exec(compile(code, "exported", "exec"), {"WORKSPACE": workspace})
    picture = np.asarray(Image.open(workspace / "composites" / model.output.name))[::-1]
    expected = composite_rgb(model.images.images, model.mapping)
    quiet = slice(60, 90)  # above the annotations
    assert np.abs(picture[quiet] / 255 - expected[quiet]).max() <= 0.51 / 255


def test_mosaics_that_do_not_fit_are_a_sentence(session, tmp_path):
    write_mosaic(session.program.folders[0], "F1130W", unit="DN/s")
    session.rescan()
    session.poll()
    session.composite.awake = True
    session.background.wait()
    assert "is in DN/s" in session.composite.sentence and session.composite.picture is None
    session.composite.save()
    assert "is in DN/s" in session.composite.save_sentence


def test_without_a_mosaic_it_says_what_to_do(tmp_path):
    program = fake_rooms.fake_program(tmp_path)
    session = SessionModel(program, fake_rooms.fake_services(program))
    session.poll()
    session.composite.awake = True
    assert "run Image 3" in session.composite.sentence
    session.close()
