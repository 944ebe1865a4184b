"""The session file is written whole, once a view rests."""

import json

import pytest

from miri_widgets.products.session_file import SessionFile


def test_a_view_that_moves_waits_until_it_rests(tmp_path):
    file = SessionFile(tmp_path / "session.json")
    for width in range(5):
        file.write({"view": {"width": width}})
        assert not file.path.exists()
    file.write({"view": {"width": 4}})
    assert json.loads(file.path.read_text())["view"] == {"width": 4}
    file.write({"view": {"width": 5}}, immediately=True)
    assert json.loads(file.path.read_text())["view"] == {"width": 5}
    file.write({"view": {"width": 6}, "tab": "x"})
    assert json.loads(file.path.read_text())["tab"] == "x"


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = SessionFile(tmp_path / "session.json")
    file.write({"tab": "one"})
    before = file.path.read_bytes()

    def die(*_):
        raise OSError("the disk went away")

    monkeypatch.setattr("miri_widgets.products.atomic.publish", die)
    with pytest.raises(OSError, match="went away"):
        file.write({"tab": "two"})
    assert file.path.read_bytes() == before
    monkeypatch.undo()
    file.write({"tab": "two"})
    assert json.loads(file.path.read_text())["tab"] == "two", "what failed is tried again"
