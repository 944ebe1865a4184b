"""Buttons that fetch files with the browser, and the files of a program by kind."""

import pytest

from miri_widgets.errors import ParameterError
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.downloads import DownloadButton, FilesView
from miri_widgets.panels.parts.products import Products
from miri_widgets.products.served_files import read_released
from tests.support import fake_rooms


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    program = fake_rooms.fake_program(tmp_path)
    found = SessionModel(program, fake_rooms.fake_services(program))
    found.poll()
    found.run("detector1")
    found.services.engine.finish()
    found.poll()
    yield found
    found.close()


def pressed(button):
    """Press a button as the page does, and return what it is told."""
    sent = []
    button.send = sent.append
    button.vue_request()
    return sent


def test_a_button_tells_the_page_a_token_or_a_sentence():
    assert pressed(DownloadButton(lambda: "abc")) == [{"method": "save", "args": ["abc"]}]

    def refuse():
        raise ParameterError("no file", "one", "choose one")

    (answer,) = pressed(DownloadButton(refuse))
    assert answer["method"] == "refuse" and "choose one" in answer["args"][0]


def test_products_are_fetched_whole_or_chosen(session):
    view = Products(session, session.stages["detector1"])
    every = read_released(pressed(view.download)[0]["args"][0])
    assert {entry.path for entry in every.files} == {row["id"] for row in view.table.rows} and every.zipped
    assert view.download.label == "Download all" and view.download.paths == [
        row["id"] for row in view.table.rows
    ]
    first = view.table.rows[0]["id"]
    view.table.selected = [first]
    one = read_released(pressed(view.download)[0]["args"][0])
    assert [entry.path for entry in one.files] == [first] and not one.zipped
    assert view.download.label == "Download 1 chosen" and view.download.paths == [first]
    view.close()
    assert read_released(pressed(DownloadButton(lambda: "x"))[0]["args"][0]) is None


def test_files_of_a_program_are_counted_and_fetched_by_kind(session):
    view = FilesView(session)
    assert "(0)" in view.kinds["mosaics"].description and view.kinds["mosaics"].disabled
    assert view.download.disabled and "No file" in view.state.value
    view.kinds["exposures"].value = True
    count = view.model.sizes()["exposures"][0]
    assert count == sum(len(row.products) for row in session.stages["detector1"].rows) > 3
    assert view.state.value.startswith(f"{count} files") and not view.download.disabled
    released = read_released(pressed(view.download)[0]["args"][0])
    assert len(released.files) == count
    view.close()
