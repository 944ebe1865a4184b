"""Panels of our steps: preview, consent, chain, drawn regions; the views follow the models."""

from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.panels import stage_panel
from miri_widgets.panels.charts.profiles import medians
from miri_widgets.panels.correction import CorrectionPanel
from miri_widgets.panels.image_pane import PREVIEWS
from miri_widgets.panels.parts.chain import ChainView
from miri_widgets.run.records import Record, read_record, write_record
from miri_widgets.steps.previews import Preview
from miri_widgets.steps.stages import STAGES

from .stub_viewer import Viewer


@pytest.fixture
def session(fakes, program):
    def preview(stage, files, values, root):
        return Preview(
            root,
            fakes.flat_planes(5.0),
            fakes.flat_planes(2.0),
            warnings=("Mind <b>the</b> gap.",),
            new_flags={"WARM": 3},
        )

    session = SessionModel(program, replace(fakes.fake_services(program), preview=preview))
    session.poll()
    session.use_stage("sky")
    session.poll()
    session.run("detector1", "image2")
    session.services.engine.finish()
    session.poll()
    yield session
    session.close()


def test_the_preview_bar_starts_follows_and_stops(session):
    panel = stage_panel(session, "sky")
    bar = panel.preview
    assert len(bar.exposure.options) == 4 and bar.choice.layout.display == "none"
    bar.switch.value = True
    assert session.previews.stage == "sky"
    session.poll()
    assert "3 WARM" in bar.status.value and "&lt;b&gt;the" in bar.status.value
    assert "nothing is written" in bar.status.value
    bar.choice.value = "before"
    assert session.previews.shown == "before"
    bar.switch.value = False
    assert session.previews.stage == "" and bar.status.value == ""
    panel.close()


def test_the_dashboard_shows_the_preview_and_goes_back(session):
    viewer = Viewer()
    dashboard = Dashboard(session, viewer=viewer)
    session.poll()
    shown = list(viewer.shown)
    session.previews.start("sky")
    session.poll()
    assert np.all(viewer.shown[PREVIEWS["after"]] == 2.0)
    session.previews.shown = "difference"
    assert np.all(viewer.shown[PREVIEWS["difference"]] == -3.0), "after less before"
    session.previews.stop()
    assert set(viewer.shown) == set(shown), "a preview leaves nothing behind"
    dashboard.close()


def test_leaving_the_tab_ends_the_preview(session):
    dashboard = Dashboard(session, viewer=Viewer())
    dashboard.tabs.active = "sky"
    session.previews.start("sky")
    dashboard.tabs.active = "image3"
    assert session.previews.stage == ""
    dashboard.close()


def test_the_chain_view_takes_stages_in_and_out(session):
    view = ChainView(session)
    optional = {stage.name for stage in STAGES if stage.optional}
    assert set(view.boxes) == optional
    assert view.boxes["sky"].value and not view.boxes["stripes"].value
    view.boxes["stripes"].value = True
    assert "stripes" in session.chain
    session.use_stage("sky", False)
    assert not view.boxes["sky"].value
    view.close()


def test_tabs_follow_the_chain(session):
    dashboard = Dashboard(session, viewer=Viewer())
    assert [item["id"] for item in dashboard.tabs.items] == [
        "program",
        "contact_sheet",
        "data",
        "detector1",
        "image2",
        "sky",
        "image3",
        "composite",
    ]
    session.use_stage("sky", False)
    assert "sky" not in [item["id"] for item in dashboard.tabs.items]
    dashboard.close()


def test_consent_is_asked_for_only_after_harm(session):
    panel = stage_panel(session, "sky")
    assert panel.harm_confirmation.layout.display == "none"
    session.run("sky")
    session.services.engine.finish()
    session.poll()
    assert panel.harm_confirmation.layout.display == "none"
    for row in session.stages["sky"].rows:
        folder = session.services.engine.workspace.run_folder("sky", row.key)
        record = read_record(folder)
        proof = {"verdict": "harm", "sentences": ["Half <i>of it</i> is gone."]}
        facts = {"report": {"proof": proof}}
        write_record(folder, Record(record.key, "sky", record.label, products=record.products, facts=facts))
    session.touch()
    session.poll()
    assert (
        panel.harm_confirmation.layout.display == ""
        and "&lt;i&gt;of it" in panel.harm_confirmation.status.value
    )
    panel.harm_confirmation.accept.click()
    session.poll()
    assert panel.harm_confirmation.layout.display == "none"
    panel.close()


def test_what_is_not_drawn_is_a_sentence(session):
    panel = stage_panel(session, "sky")
    regions = next(part for part in panel.children if type(part).__name__ == "DrawnRegions")
    regions.use_drawn.click()
    assert "no region is drawn" in regions.error.value
    panel.close()


@pytest.mark.parametrize("name", [stage.name for stage in STAGES if stage.correction])
def test_every_correction_has_a_panel_that_opens_all_its_sections_and_closes(session, name):
    session.use_stage(name)
    session.poll()
    dashboard = Dashboard(session, viewer=Viewer())
    panel = dashboard._panel(name)
    assert isinstance(panel, CorrectionPanel)
    for section in panel.sections:
        panel.tabs.active = section
    panel.close()
    dashboard.close()


def test_medians_do_not_count_bad_pixels():
    image = np.tile(np.arange(8.0), (6, 1))
    good = np.ones((6, 8), bool)
    good[2:, 3] = False
    spoiled = np.where(good, image, 1e9)
    assert np.allclose(medians(spoiled, good, 0), medians(image, good, 0))
    good[:, 3] = False
    assert np.isnan(medians(image, good, 0)[3])


def test_the_preview_follows_the_chosen_exposure_and_the_other_way_round(session):
    panel = stage_panel(session, "sky")
    bar = panel.preview
    roots = [root for _, root in bar.exposure.options]
    session.programs.selected = (roots[2],)
    assert bar.exposure.value == roots[2] and session.previews.stage == ""
    bar.switch.value = True
    assert session.previews.root == roots[2]
    session.programs.selected = (roots[1],)
    assert session.previews.root == roots[1]
    bar.exposure.value = roots[3]
    assert session.programs.selected == (roots[3],) and session.previews.root == roots[3]
    panel.close()
