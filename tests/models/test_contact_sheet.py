"""The contact sheet: what is shown, what is said of it, and what that does to the mosaic."""

import json
import os
import threading
import time
from dataclasses import replace

import pytest
from astropy.io import fits

from miri_widgets.errors import BadTableError, EngineError, ParameterError
from miri_widgets.models import SessionModel
from miri_widgets.models.contact_sheet import ContactSheetModel
from miri_widgets.products.tags import ExposureVerdict, Tag, change_tags, read_tags


@pytest.fixture
def sheet(session):
    model = ContactSheetModel(session)
    yield model
    model.close()


def roots(sheet):
    return [card.root for section in sheet.sections for card in section.cards]


def run_all(session, engine):
    session.run_all()
    engine.finish()
    session.poll()


def image3(session):
    return {row.label: row for row in session.stages["image3"].rows}


def test_raw_exposures_are_shown_first_and_say_so(sheet, session):
    assert [section.filter for section in sheet.sections] == ["F770W", "F1500W"]
    assert [card.label for card in sheet.sections[0].cards] == ["tile 1 · dither 1", "tile 1 · dither 2"]
    assert {card.suffix for section in sheet.sections for card in section.cards} == {"uncal"}
    assert sheet.sections[0].text.startswith("uncal, last group: ")
    assert "(black) to" in sheet.sections[0].text
    assert sheet.sections[0].text.endswith(" DN (white), asinh")
    for section in sheet.sections:
        for card in section.cards:
            assert sheet.picture(card).startswith(b"\x89PNG") and not sheet.failure(card)
    assert len(list(sheet.cache.glob("*.npz"))) == 4


def test_tiles_and_dithers_come_in_order_whatever_the_order_of_the_files(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, filters=(), tiles=0)
    for number, (tile, dither) in enumerate([(2, 2), (1, 3), (2, 1), (1, 1), (1, 2)], 1):
        fakes.write_uncal(program.folders[0], number, tile=tile, PATT_NUM=dither)
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    sheet = ContactSheetModel(session)
    labels = [card.label for card in sheet.sections[0].cards]
    assert labels == [
        f"tile {tile} · dither {dither}" for tile, dither in ((1, 1), (1, 2), (1, 3), (2, 1), (2, 2))
    ]
    sheet.tile = 2
    assert len(roots(sheet)) == 2
    assert sheet.choices("tile") == (1, 2) and sheet.choices("observation") == ("001", "002")
    sheet.tile, sheet.observation = 0, "001"
    assert len(roots(sheet)) == 3
    sheet.close()
    session.close()


def test_the_newest_product_is_shown_or_the_one_that_is_chosen(sheet, session, engine):
    raw = {root: sheet.picture(sheet.card(root)) for root in roots(sheet)}
    run_all(session, engine)
    assert {card.suffix for section in sheet.sections for card in section.cards} == {"cal"}
    assert sheet.sections[0].text.startswith("cal: ") and " MJy/sr (white), asinh" in sheet.sections[0].text
    assert all(sheet.picture(sheet.card(root)) not in (b"", picture) for root, picture in raw.items())
    card = sheet.card(roots(sheet)[0])
    assert not sheet.picture(replace(card, path=card.path.parent / "other_cal.fits")), (
        "never that of other settings"
    )
    sheet.product = "rate"
    assert " DN/s (white), asinh" in sheet.sections[0].text
    session.stages["detector1"].set({"jump.rejection_threshold": 7.0})
    session.poll()
    assert all(sheet.card(root).path is None for root in roots(sheet)), "what is out of date is not shown"
    assert sheet.failure(sheet.card(roots(sheet)[0])).startswith("There is no rate product")
    sheet.product = "newest"
    assert {card.suffix for section in sheet.sections for card in section.cards} == {"uncal"}


def test_a_raw_file_that_is_replaced_gets_another_picture(sheet, session, fakes):
    root = roots(sheet)[0]
    exposure = session.programs.find(root)
    before = sheet.picture(sheet.card(root))
    with fits.open(exposure.path, mode="update") as hdus:
        hdus["SCI"].data[..., :4, :] = 900
    os.utime(exposure.path, ns=(1, 1))
    session.rescan()
    session.poll()
    assert sheet.picture(sheet.card(root)) not in (b"", before)


def test_nothing_is_read_while_nobody_looks(session, engine, monkeypatch):
    sheet = ContactSheetModel(session)
    sheet.awake = False
    monkeypatch.setattr("miri_widgets.models.contact_sheet.make_sheet", lambda *args: pytest.fail("read"))
    run_all(session, engine)
    monkeypatch.undo()
    sheet.awake = True
    assert sheet.picture(sheet.card(roots(sheet)[0]))
    sheet.close()


def test_a_tag_acts_at_once_and_a_new_page_finds_it(sheet, session, fakes):
    first, second, *_ = roots(sheet)
    sheet.tag(first, verdict="ok")
    sheet.tag(second, comment="<b>=1+1</b>", anomalies=["tree_rings"])
    assert sheet.card(first).tag == Tag(ExposureVerdict.OK, seen=True)
    sheet.shown = "untagged"
    assert first not in roots(sheet) and second in roots(sheet)
    sheet.shown = "unseen"
    assert len(roots(sheet)) == 2
    assert sheet.counts == {"all": 4, "untagged": 3, "suspect": 0, "rejected": 0, "unseen": 2}
    session.close()
    other = SessionModel(session.program, fakes.fake_services(session.program))
    other.poll()
    assert other.tags.of(second) == Tag(ExposureVerdict.NONE, ("tree_rings",), "<b>=1+1</b>", True)
    other.close()


def test_a_killed_kernel_has_kept_what_was_tagged_before(sheet, session):
    sheet.tag(roots(sheet)[0], verdict="suspect")
    end = time.monotonic() + 600
    while not read_tags(session.tags.path):  # nobody polls, nothing is closed
        assert time.monotonic() < end
        time.sleep(0.01)


def test_rejecting_changes_the_mosaic_only_and_the_panel_says_so(sheet, session, engine):
    run_all(session, engine)
    before = {row.key for stage in session.stages.values() for row in stage.rows}
    root = roots(sheet)[0]
    sheet.tag(root, verdict="rejected")
    assert session.stages["image3"].planning, "no mosaic of before may pass for one of now"
    session.poll()
    rows = {row.key: row for stage in session.stages.values() for row in stage.rows}
    (new,) = set(rows) - before
    assert rows[new].label == "trial_f770w" and root not in rows[new].exposures
    (note,) = session.stages["image3"].notes
    assert note == (
        "The mosaic of F770W leaves out 1 of 2 exposures, rejected on the contact sheet: tile 1 dither 1."
    )
    assert not session.stages["image2"].notes
    sheet.tag(root, verdict="")
    session.poll()
    assert {row.key for stage in session.stages.values() for row in stage.rows} == before
    assert not session.stages["image3"].notes


def test_a_filter_without_exposures_has_no_mosaic_and_says_so(sheet, session, engine):
    for card in sheet.sections[0].cards:
        sheet.tag(card.root, verdict="rejected")
    session.poll()
    assert list(image3(session)) == ["trial_f1500w"]
    (note,) = session.stages["image3"].notes
    assert note == "All 2 exposures of F770W are rejected on the contact sheet: this filter has no mosaic."
    run_all(session, engine)
    assert session.stages["image3"].notes == (note,), "also when everything is complete"
    for card in sheet.sections[1].cards:
        sheet.tag(card.root, verdict="rejected")
    session.poll()
    assert not image3(session) and len(session.stages["image3"].notes) == 2


def test_a_session_plans_with_the_tags_of_before_from_its_first_plan_on(sheet, session, fakes):
    sheet.tag(roots(sheet)[0], verdict="rejected")
    session.close()
    seen = []
    services = fakes.fake_services(session.program)
    plan = services.plan
    object.__setattr__(
        services, "plan", lambda *args, **more: seen.append(more["rejected"]) or plan(*args, **more)
    )
    other = SessionModel(session.program, services)
    other.poll()
    assert set(seen) == {frozenset(roots(sheet)[:1])}
    other.close()


def test_what_another_page_says_appears_and_neither_loses_its_own(sheet, session):
    first, second, third, _ = roots(sheet)
    change_tags(session.tags.path, {first: {"verdict": "rejected"}, third: {"comment": "theirs"}})
    sheet.tag(second, verdict="suspect")
    sheet.tag(third, verdict="ok")
    session.poll()
    assert session.tags.rejected == {first}
    assert session.tags.of(third) == Tag(ExposureVerdict.OK, (), "theirs", True)
    assert {row.exposures for row in session.stages["image3"].rows if row.label == "trial_f770w"} == {
        (second,)
    }


def test_an_old_look_does_not_bring_an_old_tag_back(sheet, session, monkeypatch):
    root = roots(sheet)[0]
    old = session.snapshot()
    held = threading.Event()
    real = change_tags

    def slow(path, changes):
        held.wait(20)
        return real(path, changes)

    monkeypatch.setattr("miri_widgets.models.tags.change_tags", slow)
    sheet.tag(root, verdict="suspect")
    during = session.snapshot()
    sheet.tag(root, verdict="rejected")
    for facts in (old, during):
        session.apply(facts)
        assert session.tags.of(root).verdict == "rejected"
    held.set()
    session.poll()
    session.apply(old)
    assert session.tags.of(root).verdict == "rejected"
    assert read_tags(session.tags.path)[root].verdict == "rejected"


def test_tags_that_cannot_be_kept_are_told_and_taken_back(sheet, session):
    session.tags.path.write_text("{")
    sheet.tag(roots(sheet)[0], verdict="ok")
    session.poll()
    assert "tags.json cannot be read" in session.messages.text
    assert "tags.json cannot be read" in session.trouble
    assert not session.tags.tags and session.plans


def test_nothing_is_planned_before_it_is_known_what_is_rejected(session, fakes):
    session.close()
    session.tags.path.write_text("{")
    later = SessionModel(session.program, fakes.fake_services(session.program))
    later.poll()
    assert not later.plans and "tags.json cannot be read" in later.trouble
    with pytest.raises(EngineError, match="tags"):
        later.run_all()
    session.tags.path.unlink()
    change_tags(session.tags.path, {session.programs.exposures[0].root: {"verdict": "rejected"}})
    later.poll()
    assert not later.trouble
    assert {len(row.exposures) for row in later.stages["image3"].rows} == {1, 2}
    later.close()


def test_what_is_not_allowed_changes_nothing(sheet, session):
    with pytest.raises(ParameterError):
        sheet.tag(roots(sheet)[0], verdict="great")
    sheet.tag("jw_unknown", verdict="ok")
    sheet.open("jw_unknown")
    assert not session.tags.tags and session.shown is None


def test_opening_shows_the_exposure_and_chooses_it_everywhere(sheet, session, engine):
    run_all(session, engine)
    root = roots(sheet)[1]
    sheet.open(root)
    assert session.shown.name == f"{root}_cal.fits" and session.picked
    assert session.programs.selected == (root,)
    assert sheet.card(root).tag.seen


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_tags_go_out_and_come_back(sheet, session, kind):
    first, second, *_ = roots(sheet)
    sheet.tag(first, verdict="rejected", comment="=cmd()\n2nd line")
    sheet.tag(second, anomalies=["persistence"])
    tags = dict(session.tags.tags)
    text = sheet.export(kind).read_text()
    session.tags.change([first, second], verdict="", comment="", anomalies=[], seen=False)
    assert not session.tags.tags
    assert sheet.load(text) == 4
    assert session.tags.tags == tags
    assert sheet.load(json.dumps([{"exposure": "jw_of_another_program", "verdict": "ok"}])) == 0
    with pytest.raises(BadTableError):
        sheet.load("exposure,verdict\nx,great\n")


def test_nothing_watches_after_close(session):
    sheet = ContactSheetModel(session)
    sheet.close()
    sheet.close()
    before = sheet.sections
    session.tags.change([session.programs.exposures[0].root], verdict="ok")
    assert sheet.sections is before
