"""A result that was made with steps left out says so wherever a state is shown: stage, runs, exposures, map, report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.models.exposure_map import COLOURINGS, ExposureMap
from miri_widgets.panels.charts.chart import COLOURS
from miri_widgets.panels.parts.logview import LogView
from miri_widgets.panels.parts.runbar import Runbar
from miri_widgets.panels.parts.runs import Runs
from miri_widgets.panels.parts.theme import GLYPHS, TONES
from miri_widgets.panels.program import ProgramPanel
from miri_widgets.report.report import gather
from miri_widgets.run.status_rows import (
    STEPS_LEFT_OUT,
    ExposureRow,
    RowState,
    RunRow,
    StageState,
    status_text,
)
from miri_widgets.steps.left_out import left_out_text

from .stub_viewer import Viewer

FACTS = [
    {"step": "rscd", "reason": "too few groups", "usual": ""},
    {"step": "jump", "reason": "too few usable groups", "usual": ""},
]
WORDS = "rscd (too few groups); jump (too few usable groups)"


@pytest.fixture
def session(fakes, program):
    """A session whose first exposure has ramps of so few groups that Detector 1 leaves steps out."""
    services = fakes.fake_services(program)
    real = services.record

    def record(plan):
        found = real(plan)
        few = plan.stage == "detector1" and plan.label.startswith("jw09999001001_02101_00001_")
        return replace(found, facts={**found.facts, "left_out": FACTS}) if found and few else found

    def left_out(plan):
        found = record(plan)
        return left_out_text(found.facts.get("left_out") or ()) if found else ""

    session = SessionModel(program, replace(services, record=record, left_out=left_out))
    session.poll()
    session.run("detector1")
    session.services.engine.finish()
    session.poll()
    yield session
    session.close()


def test_the_state_of_an_exposure_and_of_its_stage_say_it(session):
    first, *others = session.programs.rows()
    assert first.statuses["detector1"] == STEPS_LEFT_OUT and dict(first.left_out) == {"detector1": WORDS}
    assert first.statuses["image2"] == "not run"
    assert [one.statuses["detector1"] for one in others] == ["done"] * len(others)
    stage = session.stages["detector1"]
    assert stage.state == StageState.DONE and stage.status == STEPS_LEFT_OUT
    assert session.stages["image2"].status == str(session.stages["image2"].state)


def test_only_what_is_done_can_have_steps_left_out():
    for state in (*RowState, *StageState):
        words = status_text(state, WORDS)
        assert words == (STEPS_LEFT_OUT if str(state) == "done" else str(state))
        assert words in GLYPHS, "a shape for every state"
        assert status_text(state, "") == str(state)
    assert GLYPHS[STEPS_LEFT_OUT] != GLYPHS["done"] and TONES[STEPS_LEFT_OUT] == "warn"
    assert RunRow("k", "jw1", state=RowState.DONE, left_out=WORDS).status == STEPS_LEFT_OUT
    assert "left_out" in ExposureRow.__dataclass_fields__


def test_the_table_of_exposures_marks_it_and_names_the_steps(session):
    panel = ProgramPanel(session)
    first, *others = panel.table.rows
    assert first["states"]["states"][0] == STEPS_LEFT_OUT
    assert first["states"]["tips"][0] == f"{STEPS_LEFT_OUT}: {WORDS}"
    assert {one["states"]["states"][0] for one in others} == {"done"}
    column = next(one for one in panel.table.columns if one["key"] == "states")
    assert column["marks"][STEPS_LEFT_OUT] == ("!", "warn")
    assert first["states"]["rank"] == others[0]["states"]["rank"] == 1, "it is done all the same"
    panel.close()


def test_runs_log_runbar_and_tab_say_it(session):
    model = session.stages["detector1"]
    runs, log, bar = Runs(session, model), LogView(session, model), Runbar(model)
    state = runs.table.rows[0]["state"]
    assert (state["text"], state["glyph"], state["tone"]) == (STEPS_LEFT_OUT, "!", "warn")
    assert WORDS in state["tip"]
    assert log.choice.options[0][0].endswith(f"({STEPS_LEFT_OUT})")
    assert STEPS_LEFT_OUT in bar.state.value and "mw-warn" in bar.state.value
    assert WORDS in bar.status.value, "the note of the stage names steps and reason"
    for view in (runs, log, bar):
        view.close()
    dashboard = Dashboard(session, viewer=Viewer())
    tab = next(one for one in dashboard.tabs.items if one["id"] == "detector1")
    assert (tab["detail"], tab["glyph"], tab["tone"]) == ("steps left out", "!", "warn")
    assert STEPS_LEFT_OUT in tab["tip"]
    dashboard.close()


def test_the_map_of_exposures_has_a_word_and_a_colour_of_its_own_for_it(session):
    engine = session.services.engine
    session.run_all()
    engine.finish()
    session.poll()
    mapped = ExposureMap(session)
    mapped.by = "state"
    words = list(mapped.colours().values())
    assert words.count(STEPS_LEFT_OUT) == 1 and words.count("done") == len(words) - 1
    order = COLOURINGS["state"].order
    assert len(order) == len(set(order)) <= len(COLOURS), "every state has a colour of its own"
    mapped.close()


def test_the_report_says_it_in_the_state_of_the_stage_and_as_a_sentence(session):
    report = gather(session.report_request())
    stage = next(one for one in report.stages if one.name == "detector1")
    assert stage.status == "complete, 1 of 4 runs with steps left out"
    assert any(
        "left steps of detector1 out of 1 of 4 runs" in line and WORDS in line for line in report.missing
    )
