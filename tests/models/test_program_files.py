"""The files of a program by kind."""

import pytest

from miri_widgets.errors import MissingFileError, ParameterError
from miri_widgets.models.program_files import KINDS, FilesModel
from miri_widgets.models.session import SessionModel
from miri_widgets.products.served_files import read_released
from tests.support import fake_rooms


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    program = fake_rooms.fake_program(tmp_path)
    session = SessionModel(program, fake_rooms.fake_services(program))
    session.poll()
    for name in session.stages:
        session.run(name)
        session.services.engine.finish()
        session.poll()
    for name in (
        "composites/a.png",
        "catalogues/a_sources.ecsv",
        "regions/a.reg",
        "reports/a.html",
        "exports/a.py",
    ):
        path = program.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = FilesModel(session)
    yield found
    found.close()
    session.close()


def test_each_product_has_one_kind(model):
    products = {
        path
        for stage in model.session.models.values()
        for row in stage.rows
        for path in row.products
        if path.is_file()
    }
    kinds = [set(model.files(kind)) & products for kind in ("mosaics", "catalogues", "exposures")]
    assert set().union(*kinds) == products and sum(map(len, kinds)) == len(products)
    assert kinds[0] and all(path.stem.endswith("_i2d") for path in kinds[0]) and kinds[2]


def test_what_was_saved_by_hand_has_its_kind(model):
    names = {kind: {path.name for path in model.files(kind)} for kind in KINDS}
    assert (
        "a.png" in names["pictures"]
        and "a.reg" in names["regions"]
        and "a_sources.ecsv" in names["catalogues"]
    )
    assert names["reports"] == {"a.html", "a.py"}
    count, size = model.sizes()["reports"]
    assert (count, size) == (2, 2)


def test_chosen_kinds_are_released_and_withdrawn_at_the_end(model):
    token = model.release(("pictures", "mosaics"))
    released = read_released(token)
    assert released.name == "trial_mosaics_pictures.zip"
    assert {entry.name for entry in released.files} >= {"composites/a.png"}
    model.close()
    assert read_released(token) is None


def test_nothing_chosen_and_nothing_there_are_sentences(model):
    with pytest.raises(ParameterError, match="choose what"):
        model.release(())
    for path in model.files("regions"):
        path.unlink()
    with pytest.raises(MissingFileError, match="no file to download"):
        model.release(("regions",))
