"""The contact sheet's panel follows the tags, sends each picture once, and shows hostile text as text."""

import base64
import json
import re
from datetime import UTC, datetime

import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.panels.contact_sheet import ContactSheetPanel, show_contact_sheet
from miri_widgets.panels.parts.base_view import close_all
from miri_widgets.products.tags import ANOMALIES, read_tags
from tests.support.widgets import OPEN_WIDGETS

from .stub_viewer import Viewer

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)">\n=cmd()'


@pytest.fixture
def panel(session):
    session.tab = "contact_sheet"
    panel = ContactSheetPanel(session)
    yield panel
    panel.close()


def cards(panel):
    return {card["id"]: card for section in panel.grid.sections for card in section["cards"]}


def say(panel, root, n=1, **values):
    panel.grid.vue_tag({"id": root, "values": values, "n": n})


def test_pictures_are_sent_once_and_again_to_a_page_that_opens(panel, session, monkeypatch):
    sent = []
    monkeypatch.setattr(panel.grid, "send", lambda message, buffers=None: sent.append(message["args"][0]))
    first = next(iter(cards(panel)))
    say(panel, first, verdict="ok")
    panel.shown.value = "untagged"
    panel.shown.value = "all"
    assert not sent, "tags and choices cost no picture"
    panel.grid.vue_ready()
    (pictures,) = sent
    assert set(pictures) == set(cards(panel))
    assert all(url.startswith("data:image/png;base64,") for url in pictures.values())
    assert "iVBOR" not in json.dumps(panel.grid.get_state(), default=str), (
        "nothing of them is saved with a notebook"
    )


def test_keys_of_the_page_become_tags_and_tags_become_cards(panel, session):
    first, second, *_ = cards(panel)
    say(panel, first, 7, verdict="rejected")
    say(panel, second, 8, anomalies=["cosmic_ray_shower"], comment=EVIL)
    assert panel.grid.answered == 8
    assert session.tags.rejected == {first}
    found = cards(panel)
    assert found[first]["verdict"] == "rejected" and found[first]["seen"]
    assert found[second]["anomalies"] == ["cosmic_ray_shower"] and found[second]["comment"] == EVIL
    session.poll()
    assert read_tags(session.tags.path)[second].comment == EVIL
    assert "1 rejected" in panel.status.value
    say(panel, second, 9, verdict="great")
    assert "the tag &#x27;great&#x27;" in panel.notice.value
    say(panel, "jw_unknown", 10, verdict="ok")
    assert "jw_unknown" not in session.tags.tags


def test_anomalies_of_imaging_have_keys_and_no_key_has_two_meanings(panel):
    keys = [one["key"] for one in panel.grid.anomalies if one["key"]]
    assert len(keys) == len(set(keys)) == 11 and not set(keys) & set("osrc")
    assert [one["name"] for one in panel.grid.anomalies] == list(ANOMALIES)
    assert not any(one["key"] for one in panel.grid.anomalies if one["name"].startswith(("mrs", "lrs")))


def test_choices_narrow_the_sheet(panel):
    assert len(cards(panel)) == 4
    panel.choices["filter"].value = "F770W"
    assert len(cards(panel)) == 2 and [one["title"] for one in panel.grid.sections] == ["F770W"]
    panel.shown.value = "rejected"
    assert not cards(panel) and "No exposure is left" in panel.grid.empty
    assert panel.choices["tile"].layout.display == "none", "one tile is no choice"


def test_an_open_card_is_in_the_viewer_and_chosen(panel, session):
    root = list(cards(panel))[2]
    panel.grid.vue_open(root)
    assert session.shown == session.programs.find(root).path
    assert session.programs.selected == (root,) and panel.grid.pointed == root


def test_tags_are_saved_and_loaded(panel, session):
    first = next(iter(cards(panel)))
    say(panel, first, verdict="rejected", comment=EVIL)
    for kind in ("csv", "json"):
        panel.save[kind].click()
        (path,) = session.program.workspace.glob(f"*.{kind}") if kind == "csv" else [
            session.program.workspace / "tags_of_trial.json"
        ]  # fmt: skip
        assert path.name in panel.notice.value
        link = re.search('base64,([^"]+)', panel.notice.value)
        assert base64.b64decode(link[1]) == path.read_bytes()
        session.tags.change([first], verdict="", comment="")
        upload = {
            "name": path.name,
            "type": "",
            "size": 1,
            "content": path.read_bytes(),
            "last_modified": WHEN,
        }
        panel.load.value = (upload,)
        assert session.tags.of(first).comment == EVIL and session.tags.rejected == {first}
        assert panel.load.value == ()
    panel.load.value = ({**upload, "content": b"\xff\xfe"},)
    assert "no text in UTF-8" in panel.notice.value
    panel.load.value = ({**upload, "content": b"exposure,verdict\n<b>,great\n"},)
    assert "line 2" in panel.notice.value and "<b>" not in panel.notice.value


def test_it_sleeps_while_another_tab_is_in_front(panel, session):
    assert panel.model.awake
    session.tab = "program"
    assert not panel.model.awake


def test_the_dashboard_has_it_and_the_mosaic_says_what_it_leaves_out(session):
    board = Dashboard(session, viewer=Viewer())
    ids = [item["id"] for item in board.tabs.items]
    assert ids[:2] == ["program", "contact_sheet"]
    session.tab = "contact_sheet"
    panel = board.panels["contact_sheet"]
    assert board.body.children == (panel,)
    say(panel, next(iter(cards(panel))), verdict="rejected")
    assert board.tabs.items[1]["detail"] == "1 rejected"
    session.poll()
    session.tab = "image3"
    assert "leaves out 1 of 2 exposures, rejected" in board.panels["image3"].runbar.status.value
    states = [row["states"]["states"][-1] for row in board.panels["program"].table.rows]
    assert states[0] == "rejected" and "not run" in states[1]
    board.close()


def test_alone_it_opens_and_closes_its_session(session):
    panel = show_contact_sheet(session)
    assert panel.model.awake and len(cards(panel)) == 4
    session.messages.text = EVIL
    assert "<img" not in panel.trouble.value
    panel.close()
    assert not session.closed


def test_nothing_stays_behind(session):
    session.tab = "contact_sheet"
    before = set(OPEN_WIDGETS)
    panel = ContactSheetPanel(session)
    panel.close()
    close_all(panel)
    assert set(OPEN_WIDGETS) == before
