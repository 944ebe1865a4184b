"""The session file: what is damaged is left out with a sentence, and two pages do not undo each other."""

import json

import pytest

from miri_widgets.models import SessionModel
from tests.support.viewer_stand_in import ViewerStandIn


def opened(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    return session


def on_disk(session):
    return json.loads(session.memory_path.read_text())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged"),
        ("[1]", "no session file"),
        ("[" * 100_000, "damaged"),
        ('{"version": 0, "tab": "image2"}', "of version 0, not of version 1"),
        ('{"tab": "image2"}', "no session file"),
        ("\0" * 100, "damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(fakes, program, text, words):
    path = program.workspace / "session.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    session = opened(fakes, program)
    assert words in session.messages.text and session.tab == "program"
    session.close()
    assert on_disk(session)["version"] == 1
    assert not opened(fakes, program).messages.text


def test_a_damaged_field_does_not_take_the_others_along(fakes, program):
    path = program.workspace / "session.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    wrong = {
        "version": 1, "tab": "detector1", "chain": 7, "excluded": [["x"]], "selected": {"a": 1},
        "settings": {"detector1": 3}, "shown": "a\0b", "view": [1],
    }  # fmt: skip
    path.write_text(json.dumps(wrong))
    session = opened(fakes, program)
    assert session.tab == "detector1" and session.recalled == {} and session.shown is None
    assert (
        "chain" in session.messages.text
        and "view" in session.messages.text
        and "tab" not in session.messages.text
    )
    session.close()


def test_two_pages_keep_what_the_other_changed(fakes, program):
    first, second = opened(fakes, program), opened(fakes, program)
    root = first.programs.exposures[0].root
    first.attach_viewer(ViewerStandIn(state={"stretch": {"function": "log"}, "position": {"width": 3.0}}))
    first.tab = "detector1"
    first.poll()
    first.poll()
    second.programs.selected = (root,)
    second.models["detector1"].set({"jump.rejection_threshold": 7})
    second.attach_viewer(ViewerStandIn(state={"stretch": {"function": "sqrt"}}))
    second.poll()
    second.poll()
    first.models["image2"].set({"jump.three_group_threshold": 5})
    first.poll()
    found = on_disk(first)
    assert found["tab"] == "detector1" and found["selected"] == [root]
    assert found["view"] == {"stretch": {"function": "sqrt"}, "position": {"width": 3.0}}
    assert found["settings"]["detector1"] == {"jump.rejection_threshold": 7.0}
    assert found["settings"]["image2"] == {"jump.three_group_threshold": 5}
    first.close()
    second.close()
    assert on_disk(first) == found
