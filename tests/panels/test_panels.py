"""Views follow their models, models follow their views, and nothing outlives close()."""

import re

import ipywidgets
import pytest

from miri_widgets.dashboard import Dashboard, show
from miri_widgets.models import SessionModel, StageState
from miri_widgets.panels import Detector1Panel, Image2Panel, Image3Panel, ProgramPanel
from miri_widgets.panels.charts.histogram import HistogramView
from miri_widgets.panels.charts.levels import LevelsView
from miri_widgets.panels.header import Header
from miri_widgets.panels.parts.base_view import close_all
from miri_widgets.panels.parts.form import Form
from miri_widgets.panels.parts.logview import LogView
from miri_widgets.panels.parts.parameter_control import ParameterField
from miri_widgets.panels.parts.products import Products
from miri_widgets.panels.parts.runbar import Runbar
from miri_widgets.panels.parts.runs import Runs
from tests.support.widgets import OPEN_WIDGETS

EVIL = '<img src=x onerror="alert(1)">'


class FakeViewer:
    """Ten lines that stand for jdaviz."""

    ready = False

    def __init__(self):
        self.widget = ipywidgets.Box()
        self.labels = ()
        self.blinked = 0
        self.marks = {}
        self.center = ()

    def front(self, label):
        return label in self.labels

    def show(self, image, *, label, extension="SCI", hints=None):
        self.labels = (*[name for name in self.labels if name != label], label)

    def remove(self, label):
        self.labels = tuple(name for name in self.labels if name != label)

    def blink(self):
        self.blinked += 1

    def on_click(self, callback):
        self.clicked = callback

    def on_cursor(self, callback):
        self.cursor_moved = callback

    def on_view(self, callback):
        self.viewed = callback

    def overlay(self, mask, *, label, color="", opacity=1.0):
        pass

    def clear_overlay(self, label):
        pass

    def set_range(self, label, black=None, white=None):
        pass

    def stretch(self, function="arcsinh", percentile=99.5, method="percentile"):
        pass

    def mark(self, positions, *, label, color=""):
        self.marks[label] = len(positions)

    def unmark(self, label):
        self.marks.pop(label, None)

    def center_on(self, position):
        self.center = position

    def regions(self):
        return {}

    def close(self):
        self.widget.layout.close()
        self.widget.close()


@pytest.fixture
def stage(session):
    return session.stages["detector1"]


def html_of(widget):
    """All HTML that a widget and what it holds would show."""
    texts = [widget.value] if isinstance(widget, ipywidgets.HTML | ipywidgets.HTMLMath) else []
    for child in getattr(widget, "children", ()):
        texts += html_of(child)
    return texts


def words_of(widget):
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", " ".join(html_of(widget)), flags=re.DOTALL)


def test_every_parameter_that_can_be_set_has_a_control(session):
    for stage in session.stages.values():
        form = Form(stage)
        form.unfold()
        shown = set(form.fields)
        for holder in form.by_step.children:
            shown |= {child.parameter.name for child in holder.children if isinstance(child, ParameterField)}
        declared = {parameter.name for parameter in stage.settings.declared}
        assert shown == declared - {"output_dir"}
        form.close()


def test_only_essential_controls_are_made_at_first(stage):
    form = Form(stage)
    assert set(form.fields) == set(stage.stage.essential)
    form.close()


def test_field_follows_model_and_model_follows_field(stage):
    form = Form(stage)
    field = form.fields["jump.rejection_threshold"]
    assert field.control.value == "4"
    assert "default" in field.badge.value
    assert field.reset.layout.visibility == "hidden"
    stage.set({"jump.rejection_threshold": 6.5})
    assert field.control.value == "6.5"
    assert "changed" in field.badge.value
    field.control.value = "7"
    assert stage.settings["jump.rejection_threshold"] == 7.0
    field.reset.click()
    assert stage.settings.user == {}
    assert field.control.value == "4"
    form.undo.click()
    assert field.control.value == "7"
    form.close()


def test_invalid_input_is_a_sentence_and_changes_nothing(stage):
    form = Form(stage)
    field = form.fields["jump.rejection_threshold"]
    before = stage.settings
    field.control.value = EVIL
    assert stage.settings is before
    assert "is not a number. Enter a number of at least 0 σ" in field.error.value
    assert "<img" not in field.error.value
    assert "mw-invalid" in field._dom_classes
    field.control.value = "8"
    assert field.error.value == ""
    assert "mw-invalid" not in field._dom_classes
    form.close()


def test_choice_switch_list_and_nothing(session):
    form = Form(session.stages["detector1"])
    form.fields["ramp_fit.algorithm"].control.value = "LIKELY"
    form.fields["jump.skip"].control.value = False
    assert session.stages["detector1"].settings.user == {"ramp_fit.algorithm": "LIKELY", "jump.skip": True}
    form.close()
    model = session.stages["image3"]
    form = Form(model)
    form.fields["resample.crval"].control.value = "80.5, -69.5"
    assert model.settings["resample.crval"] == (80.5, -69.5)
    form.fields["resample.crval"].control.value = ""
    assert model.settings["resample.crval"] is None
    form.fields["resample.output_shape"].control.value = "1, 2, 3"
    assert "with 2 items" in form.fields["resample.output_shape"].error.value
    form.close()


def test_search_finds_by_words(stage):
    form = Form(stage)
    form.all.selected_index = 0
    form.search.value = "four neighb"
    assert [child.parameter.name for child in form.matches.children] == ["jump.flag_4_neighbors"]
    form.search.value = "no such words"
    assert words_of(form.matches).strip() == "No parameter has these words."
    form.close()


def test_badges_tell_where_values_come_from(session, fakes, program):
    services = fakes.fake_services(
        program,
        presets=lambda stage, name: (
            {"tweakreg.kernel_fwhm": 2.4 if name == "F770W" else 4.4, "resample.pixfrac": 0.8}
            if stage == "image3"
            else {}
        ),
    )
    object.__setattr__(program, "settings", {"image3": {"tweakreg.minobj": 9.0}})
    other = SessionModel(program, services)
    other.poll()
    form = Form(other.stages["image3"])
    assert ">preset<" in form.fields["resample.pixfrac"].badge.value
    assert ">by filter<" in form.fields["tweakreg.kernel_fwhm"].badge.value
    assert "F770W 2.4, F1500W 4.4" in form.fields["tweakreg.kernel_fwhm"].badge.value
    assert ">program<" in form.fields["tweakreg.minobj"].badge.value
    other.ask_crds("detector1")
    other.poll()
    first = Form(other.stages["detector1"])
    assert ">CRDS<" in first.fields["jump.rejection_threshold"].badge.value
    assert first.fields["jump.rejection_threshold"].control.value == "5"
    for one in (form, first):
        one.close()
    other.close()


def test_run_bar(session, stage, engine):
    bar = Runbar(stage)
    assert not bar.run.disabled
    assert bar.cancel.layout.display == "none"
    bar.run.click()
    session.poll()
    assert stage.state == StageState.QUEUED
    assert bar.cancel.layout.display == ""
    engine.step(stage.rows[0].key, 12)
    session.poll()
    assert stage.state == StageState.RUNNING
    assert "jump 12 of 15" in bar.progress.value
    assert "about 40 s left" in bar.progress.value
    bar.cancel.click()
    session.poll()
    assert engine.cancelled == ["job1"]
    assert "cancelled" not in bar.progress.value
    bar.close()


def test_blockers_are_sentences_and_the_way_out_is_a_button(session):
    model = session.stages["image2"]
    bar = Runbar(model)
    assert bar.run.disabled
    assert "run it first" in bar.status.value
    assert bar.run_upto.layout.display == ""
    bar.run_upto.click()
    session.poll()
    assert {plan.stage for plan in session.services.engine.made["job1"].plans} == {"detector1", "image2"}
    bar.close()


def test_runs_products_and_log(session, stage, engine):
    runs, products, log = Runs(session, stage), Products(session, stage), LogView(session, stage)
    stage.run()
    engine.fail(stage.rows[1].key, found=f"jump raised {EVIL}")
    engine.finish()
    session.poll()
    row = runs.table.rows[1]
    assert row["state"]["text"] == "failed"
    runs.table.selected = [row["id"]]
    assert "jump raised &lt;img" in runs.sentence.value
    assert stage.watched == row["id"]
    session.poll()
    assert "line 299 &lt;b&gt;of&lt;/b&gt;" in log.lines.value
    assert len(products.table.rows) == 6
    products.table.vue_act(products.table.rows[2]["id"])
    assert str(session.shown) == products.table.rows[2]["id"]
    assert session.picked
    products.table.vue_act("/etc/passwd")
    assert str(session.shown) != "/etc/passwd"
    for part in (runs, products, log):
        part.close()


@pytest.mark.parametrize("panel", [Detector1Panel, Image2Panel, Image3Panel])
def test_panels_work_alone(session, panel):
    one = panel(session)
    for name in one.sections:
        one.tabs.active = name
        assert one.body.children == (one.views[name],)
    assert "What this stage does" in words_of(one)
    one.close()


def test_code_and_parameter_sets(session, stage):
    panel = Detector1Panel(session)
    panel.tabs.active = "code"
    view = panel.views["code"]
    assert "# strun detector1 jw09999" in view.lines.value
    view.name.value = "../../bad"
    view.save.click()
    assert "is no name for a set" in view.status.value
    stage.set({"jump.rejection_threshold": 6})
    view.name.value = "mine.asdf"
    view.save.click()
    stage.reset()
    view.load.click()
    assert stage.settings.user == {"jump.rejection_threshold": 6.0}
    panel.close()


def test_program_panel(session):
    panel = ProgramPanel(session)
    rows = panel.table.rows
    assert [row["filter"]["text"] for row in rows] == ["F770W", "F770W", "F1500W", "F1500W"]
    assert "subarray" not in {column["key"] for column in panel.table.columns}
    assert "subarray FULL" in panel.counts.value
    panel.table.selected = [rows[0]["id"]]
    assert session.programs.selected == (rows[0]["id"],)
    panel.exclude.click()
    assert len(session.programs.included) == 3
    assert panel.table.rows[0]["dim"]
    panel.filters.children[1].value = False
    assert {exposure.filter for exposure in session.programs.included} == {"F770W"}
    panel.include.click()
    panel.show.click()
    assert session.shown == session.programs.exposures[0].path
    session.programs.selected = ()
    assert panel.table.selected == []
    assert panel.show.disabled
    panel.close()


def test_hostile_headers_and_names_are_escaped(fakes, tmp_path):
    program = fakes.fake_program(tmp_path, title=EVIL, description=EVIL)
    fakes.write_uncal(tmp_path / "uncal", 1, TARGPROP="<b>evil</b>", GS_ID="<i>", SUBARRAY="<u>")
    (tmp_path / "uncal" / "<img src=x onerror=alert(1)>_uncal.fits").write_bytes(b"no")
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    dashboard = Dashboard(session, viewer=FakeViewer())
    for name in session.stages:
        session.tab = name
    session.run_all()
    session.services.engine.fail(session.stages["detector1"].rows[0].key, found=EVIL)
    session.poll()
    panels = list(dashboard.panels.values())
    everything = "".join(text for one in [dashboard, *panels] for text in html_of(one))
    assert "&lt;img src=x" in everything
    assert "<img" not in everything
    assert "<b>evil" not in everything
    assert "is not FITS" in everything
    dashboard.close()


def test_dashboard_from_first_look_to_mosaic(session, engine):
    viewer = FakeViewer()
    dashboard = Dashboard(session, viewer=viewer)
    assert list(dashboard.panels) == ["program"]
    dashboard.tabs.active = "detector1"
    assert session.tab == "detector1"
    assert list(dashboard.panels) == ["program", "detector1"]
    dashboard.header.run_all.click()
    session.poll()
    assert dashboard.header.run_all.disabled
    assert "0 % · " in dashboard.header.progress.value
    assert dashboard.panels["detector1"].tabs.active == "runs"
    engine.finish()
    session.poll()
    assert viewer.labels == ("trial_f1500w_i2d.fits",)
    assert [item.get("glyph") for item in dashboard.tabs.items[3:]] == ["✓", "✓", "✓", "◉"]
    session.poll()
    assert "MJy/sr" in dashboard.view.histogram.status.value
    assert dashboard.view.histogram.line.x.size == 101
    session.poll()
    assert sum(mark.x.size for mark in dashboard.view.levels.figure.marks) == 4
    assert "Image 3 · trial_f1500w" in dashboard.view.status.value
    session.show(session.shown)
    session.stages["image3"].set({"resample.pixfrac": 0.5})
    session.poll()
    assert "out of date: made with other settings" in dashboard.view.status.value
    dashboard.close()


def test_what_the_user_picked_stays(session, engine):
    session.run_all()
    engine.finish(*[row.key for row in session.stages["detector1"].rows])
    session.poll()
    first = session.stages["detector1"].rows[0].products[0]
    session.show(first)
    engine.finish()
    session.poll()
    assert session.shown == first


def test_few_images_are_kept(session, engine):
    viewer = FakeViewer()
    dashboard = Dashboard(session, viewer=viewer)
    session.run_all()
    engine.finish()
    session.poll()
    for path in [path for one in session.stages.values() for path in one.products if path.suffix == ".fits"]:
        session.show(path)
    assert len(viewer.labels) == 8
    dashboard.close()


def test_show_takes_an_open_session(session):
    dashboard = show(session, stages=["image2"], viewer=FakeViewer())
    assert [item["id"] for item in dashboard.tabs.items] == ["program", "image2"]
    dashboard.close()


@pytest.mark.parametrize(
    "view",
    [
        lambda session: ProgramPanel(session),
        lambda session: Image3Panel(session),
        lambda session: Header(session),
        lambda session: HistogramView(session),
        lambda session: LevelsView(session),
        lambda session: Dashboard(session, viewer=FakeViewer()),
    ],
)
def test_close_leaves_nothing(fakes, program, view):
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    close_all(ProgramPanel(session))  # what ipyvue keeps for good is there now
    before, observers = set(OPEN_WIDGETS), count_observers(session)
    part = view(session)
    for panel in [part, *getattr(part, "panels", {}).values()]:
        for name in getattr(panel, "sections", {}):
            panel.tabs.active = name
    session.run_all()
    session.services.engine.finish()
    session.poll()
    session.poll()
    part.close()
    left = [type(OPEN_WIDGETS[key]).__name__ for key in set(OPEN_WIDGETS) - before]
    assert left == []
    assert count_observers(session) <= observers
    session.close()


def count_observers(session):
    models = (session, session.programs, *session.stages.values())
    return sum(
        len(handlers)
        for model in models
        for kinds in model._trait_notifiers.values()
        for handlers in kinds.values()
    )


def test_sources_are_listed_marked_and_centred(session, tmp_path):
    from miri_widgets.analysis.catalog_sources import CatalogSource, FilterFlux, ProgramCatalog
    from miri_widgets.panels.charts.sources import Sources

    mosaics = (tmp_path / "<b>_i2d.fits",)
    fluxes = (FilterFlux(12.5, 0.1, "measured"), FilterFlux(3.0, 0.2, "forced"))
    stars = tuple(
        CatalogSource(
            n, 80.5, -69.4, ((10.0 * n, 20.0), (10.0, 20.0)), fluxes, 125.0, kind, ((1.5, 0.1),), (n, 0)
        )
        for n, kind in ((1, "point"), (2, "extended"), (3, "point"))
    )
    catalog = ProgramCatalog(
        (*mosaics, tmp_path / "o_i2d.fits"), ("F560W", "F770W"), stars, ((0, 1),), ("<i>told</i>",)
    )
    viewer = FakeViewer()
    dashboard = Dashboard(session, viewer=viewer)
    session.catalogs = {mosaics: catalog}
    view = Sources(session, session.stages["image3"])
    session.shown = mosaics[0]
    assert view.table.rows[0]["flux0"]["text"] == "12.5"
    assert view.table.rows[0]["flux1"]["text"] == "[3]"
    assert view.table.rows[0]["colour0"]["text"] == "+1.50"
    assert "<i>" not in view.status.value
    view.mark.value = True
    assert viewer.marks == {"sources: point": 2, "sources: extended": 1}
    view.kind.value = "extended"
    assert viewer.marks == {"sources: extended": 1}
    assert [row["id"] for row in view.table.rows] == ["2"]
    view.table.selected = ["2"]
    assert viewer.center == (20.0, 20.0)
    dashboard.view._shown = mosaics[0]  # the file is not there to be shown
    dashboard.view._refused = False
    viewer.clicked(31.0, 21.0)
    assert view.catalog.chosen == 3
    assert view.kind.value == "all"
    assert view.table.selected == ["3"]
    viewer.clicked(500.0, 21.0)
    assert view.catalog.chosen == 3
    view.diagram._clicker("extended")(None, {"data": {"index": 0}})
    assert view.table.selected == ["2"]
    view.save.click()
    assert "Saved as" in view.notice.value
    saved = sorted(path.name for path in (session.program.workspace / "catalogues").iterdir())
    assert [name.rpartition("_")[2] for name in saved] == ["sources.ecsv", "sources.reg"]
    view.mark.value = False
    assert viewer.marks == {"sources: chosen": 1}
    view.catalog.chosen = 0
    assert viewer.marks == {}
    view.close()
    dashboard.close()


def test_mosaics_in_the_folders_can_be_shown(session, tmp_path):
    from miri_widgets.products.scan import Mosaic

    panel = ProgramPanel(session)
    assert panel.mosaics.layout.display == "none"
    path = tmp_path / "orion_i2d.fits"
    session.programs.mosaics = (Mosaic(path, "F770W", "01288", "ORIBAR", "MJy/sr", 137, 129, 1, 1),)
    assert panel.mosaics.rows[0]["pixels"]["text"] == "137 × 129"
    panel.mosaics.vue_act(str(path))
    assert session.shown == path
    panel.close()


def test_the_origin_of_simulated_exposures_is_always_said(fakes, program):
    import dataclasses

    from miri_widgets.models import SessionModel
    from miri_widgets.panels import ProgramPanel
    from miri_widgets.panels.header import Header

    twin = dataclasses.replace(
        program,
        simulated="small",
        twin="small",
        awaited=(program.folders[0] / "<b>",),
        folders=(program.workspace / "none",),
        pitfalls=("Mind <i>this</i>.",),
    )
    session = SessionModel(twin, fakes.fake_services(twin))
    panel, header = ProgramPanel(session), Header(session)
    assert "simulated twin" in header.title.value and "<b>&quot;" not in header.title.value
    assert "Simulated twin: there are no raw exposures" in panel.twin.origin.value
    assert "&lt;b&gt;" in panel.twin.origin.value
    assert panel.twin.make_button.layout.display == ""
    session.twin.working, session.twin.sentence, session.twin.fraction = True, "exposure 1 of 2", 0.5
    assert panel.twin.make_button.layout.display == "none" and "width:50%" in panel.twin.status.value
    assert "Mind &lt;i&gt;this" in panel.children[1].value
    session.programs.warnings = ("Two <grids>.",)
    assert "Two &lt;grids&gt;." in panel.warnings.value
    panel.close(), header.close(), session.close()

    real = SessionModel(program, fakes.fake_services(program))
    panel, header = ProgramPanel(real), Header(real)
    assert "twin" not in header.title.value
    assert panel.twin.layout.display == "none"
    panel.close(), header.close(), real.close()


def test_data_can_be_got_from_the_dashboard(session):
    from miri_widgets.products.observing_modes import modes_of

    dashboard = Dashboard(session, viewer=FakeViewer())
    assert "data" not in dashboard.panels
    session.tab = "data"
    panel = dashboard.panels["data"]
    assert panel.archive.folder == session.program.folders[0].absolute()
    panel.tabs.active = "references"
    assert set(panel.views) == {"archive", "references"}
    assert list(panel.references.modes()) == list(modes_of(session.programs.included))
    looked = []
    session.rescan = lambda: looked.append(True)
    panel.archive.fetched = 2
    assert looked
    inner = [panel.views["archive"], panel.views["references"]]
    dashboard.close()
    assert all(view.comm is None for view in inner)
