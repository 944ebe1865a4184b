"""A stage of a temporary package is found everywhere: form, preview, proof, charts, script, docs, report, README check."""

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from miri_widgets.models import SessionModel
from miri_widgets.panels import stage_panel
from miri_widgets.panels.charts.timeline import Timeline
from miri_widgets.panels.correction import CorrectionPanel
from miri_widgets.panels.parts.drawn import DrawnRegions
from miri_widgets.run.estimates import estimate
from miri_widgets.run.script import code_for, export_script
from miri_widgets.simulation.calibrated import calibrated_program
from miri_widgets.simulation.calibrated_files import write_cal
from miri_widgets.steps.acting import acting_in_chain
from miri_widgets.steps.declarations import declared
from miri_widgets.steps.execute import execute
from miri_widgets.steps.previews import preview
from miri_widgets.steps.stages import STAGES, all_stages, stage
from tests.support.added_package import installed_package

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))
package_pages = importlib.import_module("package_pages")
stage_table = importlib.import_module("stage_table")


@pytest.fixture
def package(tmp_path, monkeypatch):
    with installed_package(tmp_path, monkeypatch) as home:
        yield home


@pytest.fixture
def session(package, fakes, program):
    """A session with the added stage in its chain; its parameters are those of its spec."""
    services = fakes.fake_services(
        program, declare=lambda name: declared(name) if name == "pedestal" else fakes.declared(name)
    )
    session = SessionModel(program, replace(services, stages=all_stages()))
    session.poll()
    session.use_stage("pedestal")
    session.poll()
    yield session
    session.close()


def test_it_is_on_the_page_with_form_charts_proof_and_regions(session):
    assert session.messages.text == "" and "pedestal" in session.chain
    panel = stage_panel(session, "pedestal")
    assert isinstance(panel, CorrectionPanel)
    assert list(panel.sections) == ["settings", "charts", "proof", "runs", "products", "log", "code"]
    panel.tabs.active = "settings"
    panel._show_view("settings")
    form = panel.views["settings"]
    assert "nsigma" in form.fields
    assert {"nsigma", "clip", "exclude_file", "prove"} <= set(panel.model.settings)
    with pytest.raises(Exception, match="1 to 10"):
        panel.model.set({"nsigma": 50})
    panel._show_view("charts")
    (chart,) = panel.views["charts"].children
    assert isinstance(chart, Timeline) and chart.children[0].value == "Level taken off"
    assert any(isinstance(one, DrawnRegions) for one in panel.children)
    assert ("pedestal", "exclude_file") in {
        (one.stage, one.parameter) for one in session.regions.possible_uses()
    }
    assert "<strong>Pedestal</strong> subtracts" in panel._heading().value
    panel.close()


def test_its_rules_act(package):
    of = stage("pedestal")
    from miri_widgets.settings import Settings

    settings = Settings(declared("pedestal")).replace({"clip": False, "prove": False})
    assert {"nsigma", "proof_sources"} <= acting_in_chain(of, settings, [of]).inactive.keys()


def test_it_is_planned_forecast_and_exported(session):
    plans = [plan for plan in session.plans if plan.stage == "pedestal"]
    exposures = session.programs.included
    assert len(plans) == len(exposures) and all(plan.stage_code for plan in plans)
    assert estimate("pedestal", exposures[:1], ()).seconds > 0
    code = code_for(plans[0], session.program.workspace)
    assert "from added_package.step import PedestalStep" in code and "PedestalStep.call(" in code
    assert "strun" in code
    script = export_script(session.plans, session.program.workspace)
    assert '"pedestal"' in script or "'pedestal'" in script


def test_a_run_has_the_pixels_of_its_preview_and_a_proof(package, tmp_path):
    made = calibrated_program("sparse", "F560W", dithers=2, shape="SUB256", effects=("noise",))
    cals = [write_cal(one, tmp_path / "cals") for one in made]
    from astropy.io import fits

    result = execute("pedestal", cals[:1], {}, tmp_path / "out")
    proof = result.facts["report"]["proof"]
    assert proof["exposures"] == 1 and proof["sentences"]
    (path,) = [tmp_path / "out" / one for one in result.products if one.endswith("_cal.fits")]
    values = {one.name: one.default for one in declared("pedestal")}
    root = cals[0].name.removesuffix("_cal.fits")
    shown = preview("pedestal", cals[:1], {name: values[name] for name in ("nsigma", "clip")}, root)
    np.testing.assert_allclose(shown.after.sci, fits.getdata(path, "SCI"), rtol=1e-5, atol=1e-6)
    assert shown.facts["pedestal"]["level"] == pytest.approx(float(np.nanmedian(shown.before.sci)))


def test_the_docs_and_the_check_of_the_readme_have_it(package):
    page = package_pages.stage_page(stage("pedestal"), {})
    assert page.startswith("# Pedestal: of each exposure") and "**Pedestal** subtracts one number." in page
    assert re.search(r"\n\| `nsigma` \| [^|]*1 to 10[^|]* \| `3\.0` \| sigma \|", page)
    assert "strun added_package.step.PedestalStep" in page
    table = stage_table.stage_table(all_stages())
    assert "\n| `pedestal` | Subtracts the level of each exposure. | cal | cal | optional |\n" in table
    assert table.replace(
        "| `pedestal` | Subtracts the level of each exposure. | cal | cal | optional |\n", ""
    ) == stage_table.stage_table(STAGES)
