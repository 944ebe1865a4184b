"""A stage of another package in a session and in the dashboard."""

from dataclasses import replace

from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.panels.correction import CorrectionPanel
from miri_widgets.steps.stages import STAGES, stage

from .stub_viewer import Viewer


def with_added(services):
    # named as one of ours, whose parameters the fake rooms declare
    added = replace(stage("stripes"), help="**Mine** <script>", code="abc", after="sky")
    stages = tuple(added if one.name == "stripes" else one for one in STAGES)
    return replace(services, stages=stages, stage_problems=("The stage 'other' is left out: it is wrong.",))


def test_it_has_the_panel_of_a_correction_and_problems_are_told(fakes, program):
    session = SessionModel(program, with_added(fakes.fake_services(program)))
    session.poll()
    assert session.messages.text == "The stage 'other' is left out: it is wrong."
    session.use_stage("stripes")
    session.poll()
    dashboard = Dashboard(session, viewer=Viewer())
    panel = dashboard._panel("stripes")
    assert isinstance(panel, CorrectionPanel)
    panel.close()
    dashboard.close()


def test_its_help_is_shown_as_text(monkeypatch, fakes, program):
    monkeypatch.setattr("miri_widgets.panels.stage.help_page", lambda name: "")
    session = SessionModel(program, with_added(fakes.fake_services(program)))
    session.poll()
    session.use_stage("stripes")
    panel = CorrectionPanel(session, "stripes")
    heading = panel._heading().value
    assert "<strong>Mine</strong>" in heading and "<script>" not in heading
    panel.close()
    session.close()
