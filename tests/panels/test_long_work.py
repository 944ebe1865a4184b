"""Long work on the page: why runs wait, a cancel on each row, the log one click away, news for those who look away."""

from miri_widgets.panels.header import Header
from miri_widgets.panels.parts.runbar import Runbar
from miri_widgets.panels.parts.runs import Runs
from miri_widgets.panels.stage import StagePanel


def test_the_run_bar_says_why_the_next_run_waits(session, engine):
    stage = session.stages["detector1"]
    bar = Runbar(stage)
    session.run_all()
    session.poll()
    engine.step(stage.rows[0].key, 3)
    engine.step(stage.rows[1].key, 3)
    session.poll()
    assert "2 queued; next one waits for a free worker: 2 of 2 are at work" in bar.progress.value
    assert 'aria-label="Detector 1"' in bar.progress.value
    bar.close()


def test_a_row_cancels_its_run_only(session, engine):
    stage = session.stages["detector1"]
    runs = Runs(session, stage)
    assert [row["cancel"] for row in runs.table.rows] == [""] * 4
    stage.run()
    session.poll()
    assert [row["cancel"] for row in runs.table.rows] == ["Cancel"] * 4
    runs.table.vue_act([stage.rows[1].key, "cancel"])
    session.poll()
    assert [row["state"]["text"] for row in runs.table.rows] == ["waiting", "cancelled", "waiting", "waiting"]
    runs.close()


def test_the_log_of_a_failure_is_one_click_away(session, engine):
    stage = session.stages["detector1"]
    panel = StagePanel(session, "detector1")
    assert panel.runbar.show_log.layout.display == "none"
    stage.run()
    session.poll()
    engine.fail(stage.rows[2].key)
    engine.finish()
    session.poll()
    assert "look at the log" in panel.runbar.status.value and 'role="alert"' in panel.runbar.status.value
    assert panel.runbar.show_log.layout.display == ""
    panel.runbar.show_log.click()
    assert panel.tabs.active == "log" and stage.watched == stage.rows[2].key
    session.poll()
    assert stage.rows[2].key in panel.views["log"].lines.value
    panel.tabs.active = "runs"
    panel.views["runs"].table.vue_act([stage.rows[2].key, "log"])
    assert panel.tabs.active == "log", "asked for once more"
    panel.close()


def test_the_header_tells_the_news(session, engine):
    header = Header(session)
    message = header.announcer.message
    assert message.count == 0
    session.run_all()
    session.poll()
    assert message.text.startswith("Started: ") and message.tone == "" and message.mark.startswith("● ")
    engine.finish()
    session.poll()
    assert message.text.startswith("Finished: all ") and (message.tone, message.mark) == ("good", "✓ done")
    header.close()
