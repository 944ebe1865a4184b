"""Panels of showers and of the check of rates, and the chart of after-images: views follow the models."""

import json
from pathlib import Path

import bqplot
import numpy as np
import pytest
from astropy.io import fits
from regions import EllipsePixelRegion, PixCoord

from miri_widgets.core.rates.rate_check import compare_rates, rate_from_integrations
from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.models.showers import PARAMETER
from miri_widgets.panels import stage_panel
from miri_widgets.panels.showers import ShowersPanel
from miri_widgets.products.tables.region_files import read_regions
from miri_widgets.run.records import Record, read_record, write_record

from .stub_viewer import Viewer

NY, NX = 64, 72
EVIL = '<img src=x onerror="alert(1)">'


def write_ramp(path):
    """A ramp of two integrations of five groups; a shower around (30, 20) in group 3 of the second."""
    rng = np.random.default_rng(3)
    ramp = np.arange(5)[None, :, None, None] * 50 + rng.normal(0, 3, (2, 5, NY, NX))
    rows, columns = np.indices((NY, NX))
    ramp[1, 2:] += 40 * np.exp(-((columns - 30) ** 2 + (rows - 20) ** 2) / (2 * 6.0**2))
    path.parent.mkdir(parents=True, exist_ok=True)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(ramp.astype(np.float32), name="SCI")]
    flags = np.zeros(ramp.shape, np.uint8)
    flags[0, 0] = 1
    hdus.append(fits.ImageHDU(flags, name="GROUPDQ"))
    fits.HDUList(hdus).writeto(path)


@pytest.fixture
def session(fakes, program):
    for path in program.folders[0].iterdir():
        with fits.open(path, mode="update") as hdus:
            hdus["SCI"].data = np.zeros((2, 5, NY, NX), np.uint16)
            hdus[0].header["NINTS"], hdus[0].header["NGROUPS"] = 2, 5
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    for name in ("persistence", "showers", "rates"):
        session.use_stage(name)
    session.poll()
    yield session
    session.close()


@pytest.fixture
def ramps(session):
    """Detector 1 has kept the ramps of two exposures."""
    session.run_all("detector1")
    session.services.engine.finish()
    plans = [plan for plan in session.plans if plan.stage == "showers"][:2]
    for plan in plans:
        write_ramp(session.services.inputs(plan)[0])
    session.poll()
    return tuple(plan.exposures[0] for plan in plans)


def test_without_ramps_the_panel_says_what_to_do(session):
    panel = ShowersPanel(session)
    assert "run Detector 1 first" in panel.groups.status.value
    assert (
        panel.groups.switch.disabled and panel.showers.use_drawn.disabled and panel.showers.suggest.disabled
    )
    panel.close()


def test_ramps_appear_as_choices_when_they_are_there(session, ramps):
    panel = ShowersPanel(session)
    assert [value for _, value in panel.groups.exposure.options] == list(ramps)
    assert not panel.groups.switch.disabled and not panel.showers.suggest.disabled
    panel.close()


def test_controls_and_model_follow_each_other(session, ramps):
    panel = ShowersPanel(session)
    groups = panel.groups
    groups.switch.value = True
    assert session.showers.on and session.showers.root == ramps[0]
    session.poll()
    assert (groups.integration.max, groups.group.max) == (2, 5)
    assert "Integration 1, group 3 minus group 2" in groups.status.value
    groups.group.value = 2
    session.poll()
    assert "Group 1 or 2 is not used at all" in groups.status.value
    groups.group.value = 4
    back, on = groups.children[2].children[1:]
    on.click()
    on.click()
    assert session.showers.group == groups.group.value == 5, "no step leads beyond the last group"
    back.click()
    assert session.showers.group == 4
    session.showers.integration = 2
    assert groups.integration.value == 2
    groups.exposure.value = ramps[1]
    assert session.showers.root == ramps[1]
    session.poll()
    assert session.showers.picture.root == ramps[1] and session.showers.picture.group == 4
    groups.typical.value = False
    assert not session.showers.typical
    groups.switch.value = False
    assert not session.showers.on and session.showers.picture is None
    panel.close()


def test_the_dashboard_shows_the_difference_and_goes_back(session, ramps):
    viewer = Viewer()
    dashboard = Dashboard(session, viewer=viewer)
    session.poll()
    before = dict(viewer.shown)
    assert before, "something was in view"
    dashboard.tabs.active = "showers"
    session.showers.show(ramps[0], 2, 3)
    session.poll()
    label = list(viewer.shown)[-1]
    assert "group 3 minus group 2" in label and "group 3 minus group 2" in dashboard.view.status.value
    assert np.mean(viewer.shown[label][18:23, 28:33]) > 20
    session.showers.group = 4
    session.poll()
    assert len(viewer.shown) == len(before) + 1 and "group 4" in list(viewer.shown)[-1], "one group at a time"
    dashboard.tabs.active = "detector1"
    assert set(viewer.shown) == set(before) and not session.showers.on
    assert "group 3" not in dashboard.view.status.value
    dashboard.close()


def test_what_was_drawn_is_taken_listed_removed_and_undone(session, ramps):
    viewer = Viewer()
    dashboard = Dashboard(session, viewer=viewer)
    dashboard.tabs.active = "showers"
    panel = dashboard.panels["showers"]
    session.showers.show(ramps[0], 2, 3)
    session.poll()
    panel.showers.use_drawn.click()
    assert "no region is drawn" in panel.showers.error.value
    viewer.drawn = {"Subset 1": EllipsePixelRegion(PixCoord(30.0, 20.0), 20.0, 14.0)}
    panel.showers.use_drawn.click()
    assert "1 shower from group 3 of integration 2 on" in panel.showers.error.value
    (row,) = panel.showers.table.rows
    assert (row["integration"]["text"], row["group"]["text"], row["shape"]) == ("2", "3", "ellipse")
    # an ellipse of semi-axes 10 and 7
    assert abs(row["pixels"]["rank"] - np.pi * 70) < 12
    (region,) = read_regions(Path(session.models["showers"].settings[PARAMETER]))
    assert region.text == f"int=2 group=3 {ramps[0]}" and region.sizes == (10.0, 7.0)
    panel.showers.table.vue_act(row["id"])
    assert panel.showers.table.rows == []
    panel.showers.undo.click()
    assert len(panel.showers.table.rows) == 1
    session.showers.group = 5
    panel.showers.table.selected = ["0"]
    assert session.showers.group == 3, "a chosen row brings its group into view"
    dashboard.close()


def test_suggestions_are_looked_at_and_taken(session, ramps):
    dashboard = Dashboard(session, viewer=Viewer())
    dashboard.tabs.active = "showers"
    panel = dashboard.panels["showers"]
    assert panel.showers.candidates.layout.display == "none"
    panel.showers.suggest.click()
    assert "Searching" in panel.showers.candidate_status.value and panel.showers.suggest.disabled
    session.poll()
    first = panel.showers.candidates.rows[0]
    assert (first["integration"]["text"], first["group"]["text"]) == ("2", "3")
    panel.showers.candidates.selected = [first["id"]]
    assert (session.showers.integration, session.showers.group) == (2, 3)
    assert np.hypot(dashboard.view.viewer.center[0] - 30, dashboard.view.viewer.center[1] - 20) < 4
    count = len(panel.showers.candidates.rows)
    panel.showers.candidates.vue_act(first["id"])
    assert len(panel.showers.table.rows) == 1 and len(panel.showers.candidates.rows) == count - 1
    panel.showers.undo.click()
    assert len(panel.showers.candidates.rows) == count
    dashboard.close()


def test_a_file_that_cannot_be_read_is_a_sentence_in_the_panel(session, ramps, tmp_path):
    panel = ShowersPanel(session)
    path = tmp_path / "<b>.reg"
    path.write_text(f"image;circle(9,9,3) # text={{{EVIL}}}\n")
    session.models["showers"].set({PARAMETER: str(path)})
    assert "first group of the shower" in panel.showers.state.value
    assert "<b>.reg" not in panel.showers.state.value and EVIL not in panel.showers.state.value
    session.models["showers"].set({PARAMETER: str(tmp_path / "gone.reg")})
    assert "no region file gone.reg" in panel.showers.state.value
    panel.close()


def test_closing_the_panel_ends_the_picture(session, ramps):
    panel = ShowersPanel(session)
    session.showers.show(ramps[0])
    panel.close()
    assert not session.showers.on
    session.showers.show(ramps[1])
    session.poll()
    assert session.showers.picture is not None, "the model lives on without the panel"


# -- rates ------------------------------------------------------------------


def checked(spoiled):
    """The facts that the step tells of a rate, of which some pixels are spoiled."""
    rng = np.random.default_rng(5)
    sci = rng.normal(10, 0.1, (2, 8, 9))
    variance = np.full(sci.shape, 0.01)
    dq = np.zeros(sci.shape, np.uint32)
    dq[0, 0, 0] = 1
    found = {}
    for key, weighting in (("fit", "read noise"), ("plain_mean", "none")):
        mean = rate_from_integrations(sci, variance, variance, dq, weighting=weighting)
        rate = mean.sci.copy()
        rate[3, 4 : 4 + spoiled] += 1.0
        flags = np.zeros(rate.shape, np.uint32)
        found[key] = compare_rates(rate, flags, mean.err, mean)
    told = {key: {**one.facts, "words": list(one.sentences)} for key, one in found.items()}
    return json.loads(json.dumps({"integrations": 2, **told}))


def tell(session, stage, report_of):
    """Give every complete run of a stage a report."""
    for row in session.stages[stage].rows:
        folder = session.services.engine.workspace.run_folder(stage, row.key)
        record = read_record(folder)
        facts = {"report": report_of(row)}
        write_record(folder, Record(record.key, stage, record.label, products=record.products, facts=facts))
    session.touch()
    session.poll()


def test_rates_are_told_per_exposure_by_reason_and_in_words(session):
    panel = stage_panel(session, "rates")
    panel.tabs.active = "check"
    view = panel.views["check"]
    assert view.table.rows == [] and view.status.value == ""
    session.run_all("rates")
    session.services.engine.finish()
    session.poll()
    rows = session.stages["rates"].rows
    tell(
        session,
        "rates",
        lambda row: {"exposures": {row.exposures[0]: checked(3 if row.key == rows[0].key else 0)}},
    )
    assert len(view.table.rows) == 4
    found = {row["id"]: row for row in view.table.rows}
    bad, good = found[rows[0].exposures[0]], found[rows[1].exposures[0]]
    assert bad["differ"]["rank"] == 3 and good["differ"]["rank"] == 0
    assert bad["other"]["text"] == "3"
    # 1 DN/s over an error of sqrt((0.01 + 0.01) / 2)
    assert bad["sigma"]["rank"] == pytest.approx(10, rel=1e-3)
    assert bad["largest"]["rank"] == pytest.approx(1, rel=1e-3)
    titles = [column["title"] for column in view.table.columns]
    assert "Unexplained" in titles and "Saturated" not in titles, "only reasons that were found"
    assert "1 of 4 exposures" in view.status.value
    view.table.selected = [bad["id"]]
    assert "nothing in the integrations explains it" in view.details.value
    view.table.selected = [good["id"]]
    assert "The rate is what its integrations give" in view.details.value
    panel.close()


def test_good_rates_are_one_sentence(session):
    session.run_all("rates")
    session.services.engine.finish()
    session.poll()
    tell(session, "rates", lambda row: {"exposures": {row.exposures[0]: checked(0)}})
    panel = stage_panel(session, "rates")
    panel.tabs.active = "check"
    assert "In all 4 exposures the rate is what its integrations give" in panel.views["check"].status.value
    panel.close()


# -- persistence ------------------------------------------------------------


def test_after_images_are_drawn_by_cause_and_filter_with_the_time_that_is_masked(session):
    session.run_all("persistence")
    session.services.engine.finish()
    session.poll()
    exposures = session.programs.exposures
    told = {
        one.root: {
            "positive": 10 * number,
            "negative": 0,
            "user": 5,
            "masked": 1,
            "saturated": 9 * (number == 0),
        }
        for number, one in enumerate(exposures)
    }
    panel = stage_panel(session, "persistence")
    panel.tabs.active = "charts"
    view = panel.views["charts"].children[0]
    assert view.children == (view.heading, view.status), "no chart without a run"
    tell(session, "persistence", lambda row: {"exposures": told})
    bars = [mark for mark in view.figure.marks if isinstance(mark, bqplot.Lines)]
    points = [
        mark for mark in view.figure.marks if isinstance(mark, bqplot.Scatter) and mark is not view.ring.mark
    ]
    assert {mark.marker for mark in points} == {"circle", "square"}, "causes that occur"
    assert len(points) == 2 * len({one.filter for one in exposures})
    heights = sorted(float(y) for mark in points if mark.marker == "circle" for y in mark.y)
    assert heights == [0, 10, 20, 30]
    ends = 24 * (exposures[0].end_mjd - min(one.start_mjd for one in exposures))
    (bar,) = bars
    minutes = session.models["persistence"].settings["positive_minutes"]
    assert bar.x == pytest.approx([ends, ends + minutes / 60])
    session.models["persistence"].set({"positive_minutes": 60.0})
    (bar,) = [mark for mark in view.figure.marks if isinstance(mark, bqplot.Lines)]
    assert bar.x[1] - bar.x[0] == pytest.approx(1.0), "the bar follows the setting"
    assert "60 min after 1 exposure with" in view.status.value
    panel.close()


@pytest.mark.parametrize("name", ["showers", "rates", "persistence"])
def test_every_panel_opens_all_its_sections_and_has_a_help_page(session, name):
    session.poll()
    dashboard = Dashboard(session, viewer=Viewer())
    panel = dashboard._panel(name)
    for section in panel.sections:
        panel.tabs.active = section
    assert set(panel.views) == set(panel.sections)
    assert "mw-help" in panel.children[1].value
    panel.close()
    dashboard.close()
