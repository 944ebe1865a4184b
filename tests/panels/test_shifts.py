"""Panels of shifts and of the grid: what they show of 45 exposures, and what a click does."""

import math
import re
from dataclasses import replace

import ipywidgets
import numpy as np
import pytest

from miri_widgets.analysis.shift_files import read_shift_facts
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.models.exposure_map import ExposureMap
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels import stage_panel
from miri_widgets.panels.charts.footprints import Arrow, FootprintMap, Tile, angle_text, round_length
from miri_widgets.panels.grid import GridPanel, GridPreview
from miri_widgets.panels.parts.applied_shifts import AppliedShifts
from miri_widgets.panels.sections import Charts, sections_of
from miri_widgets.panels.shifts import ShiftsPanel, ShiftsView, show_shifts
from miri_widgets.panels.stage import StagePanel
from miri_widgets.panels.stage_panel import panel_class
from miri_widgets.steps.stages import stage
from tests.support import shift_files
from tests.support.widgets import OPEN_WIDGETS

EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def made():
    """The writer of tables with known values."""
    return shift_files


@pytest.fixture
def shown(made, tmp_path):
    """Open the view of some files."""
    views = []

    def show(files, *, report=True):
        shifts = ShiftsModel()
        paths = {path.name.rpartition("_")[0]: path for path in files.exposures}
        kept = files.report if report else {}
        shifts.request(str(files.table), lambda: read_shift_facts(files.table, files=paths, report=kept))
        views.append(ShiftsView(shifts))
        return views[-1]

    yield show
    for view in views:
        view.close()


def html_of(widget):
    """All HTML that a widget and what it holds would show."""
    texts = [widget.value] if isinstance(widget, ipywidgets.HTML) else []
    for child in getattr(widget, "children", ()):
        texts.append(html_of(child))
    return " ".join(texts)


def look(view, name):
    view.tabs.active = name
    return view.views[name]


def test_verdicts_are_listed_with_errors_source_and_reason(shown, made, tmp_path):
    shifts = (
        made.trusted(1, 3),
        replace(made.trusted(2, 3, Verdict.WEAK), used=2, reason="6 matches: few"),
        replace(made.trusted(3, 3, Verdict.FAIL, "group X, nearest in time"), dx_err=math.nan),
    )
    view = shown(made.write_shift_files(tmp_path, shifts, notes=("The zero point is <b>free</b>.",)))
    rows = view.verdicts.table.rows
    assert [row["verdict"]["text"] for row in rows] == ["PASS", "WEAK", "FAIL"]
    assert [row["verdict"]["tone"] for row in rows] == ["good", "warn", "bad"]
    assert rows[1]["dx"]["text"] == "+1400.0 ± 1.1" and rows[1]["used"]["text"] == "2 of 3"
    assert (
        rows[2]["dx"]["text"] == "-250.0 (no error)"
        and rows[2]["source"]["tip"] == "group X, nearest in time"
    )
    reasons = view.verdicts.reasons.value
    assert "2.1 is WEAK: 6 matches: few." in reasons and "3 exposures agree; it gets group X" in reasons
    assert "1 of 3 groups FAIL" in view.state.value and "gaia.ecsv" in view.verdicts.notes.value
    assert "&lt;b&gt;free" in view.verdicts.notes.value
    assert view.next_button.layout.display == "none", "a table alone has no chain to go on with"


def test_vectors_lie_on_the_sky_with_one_stated_scale(shown, made, tmp_path):
    shifts = tuple(made.trusted(tile, 2) for tile in (1, 2, 3, 4))
    taken = made.trusted(5, 2, Verdict.FAIL, "zero: nothing was found to take")
    view = shown(made.write_shift_files(tmp_path, (*shifts, taken)))
    sky = look(view, "sky")
    lines = [mark for mark in sky.map.figure.marks if type(mark).__name__ == "Lines"]
    tiles, bar = lines[0], lines[-1]
    full, dashed, heads = lines[1:-1]
    assert tiles.x.shape == (10, 5) and heads.x.shape == (5, 3)
    assert (full.line_style, dashed.line_style, heads.line_style) == ("solid", "dashed", "solid")
    # x is east and grows to the left
    assert sky.map.x_axis.scale.reverse and tiles.x[0].mean() < tiles.x[-1].mean()
    length = float(np.ptp(bar.x))
    assert sky.map.scale == "1 arcsec" and "bar: 1 arcsec" in sky.map.status.value
    ends = [np.vstack([getattr(full, axis), getattr(dashed, axis)]) for axis in "xy"]
    steps = np.column_stack([end[:, 1] - end[:, 0] for end in ends]) / length
    assert steps == pytest.approx(np.array([(one.dx, one.dy) for one in (*shifts, taken)]), abs=1e-6)
    width = sky.map.x_axis.scale.max - sky.map.x_axis.scale.min
    height = sky.map.y_axis.scale.max - sky.map.y_axis.scale.min
    margin, layout = sky.map.figure.fig_margin, sky.map.figure.layout
    wide = int(layout.width[:-2]) - margin["left"] - margin["right"]
    tall = int(layout.height[:-2]) - margin["top"] - margin["bottom"]
    assert width / wide == pytest.approx(height / tall)
    stars = set(tiles.colors)
    sky.colour.value = "verdict"
    again = sky.map.figure.marks[0].colors
    assert len(stars) == 5 and len(set(again)) == 2 and again[-1] != again[0]


def test_times_mark_fall_backs_and_follow_the_guide_star(shown, made, tmp_path):
    view = shown(made.write_shift_files(tmp_path, groups=3, each=4, shared=1))
    times = look(view, "time")
    marks = times.figures[0].marks
    dots = [mark for mark in marks if type(mark).__name__ == "Scatter" and mark is not times.rings[0].mark]
    assert sorted(mark.marker for mark in dots) == ["circle", "circle", "circle", "cross"]
    assert sum(len(mark.x) for mark in dots) == 12
    assert len({mark.colors[0] for mark in dots}) == 3
    first = dots[0]
    assert first.x[1] - first.x[0] == pytest.approx(0.005 * 24)
    assert np.median(first.y) == pytest.approx(1000 * made.TRUE[0][0], abs=2.1)
    assert "1 fall-back:" in times.status.value
    lines = [mark for mark in marks if type(mark).__name__ == "Lines"]
    assert [mark.y[0] for mark in lines] == pytest.approx([1000 * dx for dx, _ in made.TRUE[:3]])
    times.what.value = "after"
    dots = [mark for mark in times.figures[0].marks if type(mark).__name__ == "Scatter" and len(mark.x)]
    assert max(np.abs(mark.y).max() for mark in dots if mark.marker == "circle") == pytest.approx(2)


def test_the_peak_lies_in_its_histogram(shown, made, tmp_path):
    view = shown(made.write_shift_files(tmp_path, groups=2, each=2))
    picture = look(view, "offsets")
    assert [name for name, _ in picture.choice.options] == [
        one.group.name for one in view.shifts.facts.table.shifts
    ]
    assert picture.figure in picture.children and "(+0.020, -0.010)" in picture.status.value
    picture.choice.value = 1
    heat, ring = picture.figure.marks
    row, column = np.unravel_index(heat.color.argmax(), heat.color.shape)
    assert (heat.x[column], heat.y[row]) == pytest.approx((1.4, -0.3), abs=0.08)
    assert (ring.x.mean(), ring.y.mean()) == pytest.approx((1.4, -0.3), abs=0.01)
    assert "22.5 sigma" in picture.status.value


def test_without_pictures_the_peaks_are_told_in_words(shown, made, tmp_path):
    view = shown(made.write_shift_files(tmp_path, groups=2, each=2), report=False)
    words = look(view, "offsets").status.value
    assert "21.0 sigma" in words and made.root_of(2, 2) in words and "+1.398" in words


@pytest.mark.parametrize("report", [True, False], ids=["stars", "exposures"])
def test_residuals_shrink_after_the_shifts(shown, made, tmp_path, report):
    view = shown(made.write_shift_files(tmp_path, groups=2, each=2), report=report)
    residuals = look(view, "residuals")

    def rms():
        return float(re.search(r"rms ([\d.]+) mas", residuals.map.status.value)[1])

    before, scale = rms(), residuals.map.scale
    residuals.when.value = "after"
    assert before > 500 and rms() < 4 and scale == "1 arcsec" and residuals.map.scale == "2 mas"
    assert ("matched stars" in residuals.map.status.value) is report
    assert "1 overlaps" in residuals.status.value


def test_a_click_on_a_star_shows_it(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=2, each=2)
    files = made.write_shift_files(
        tmp_path, tuple(made.trusted(tile, 2, first=2 * tile - 1) for tile in (1, 2))
    )
    made.finish_stage(session, "shifts", (files.table, files.measured), files.report)
    panel = ShiftsPanel(session)
    assert panel.tabs.active == "shifts", "what was measured is shown first"
    view = panel.views["shifts"]
    stars, centered = look(view, "stars"), []
    session.observe(lambda event: centered.append(event["new"]), "centered", type="event")
    stars.table.selected = ["7"]
    star = view.shifts.facts.matches[7]
    assert session.shown.name == f"{star.root}_cal.fits" and centered == [(star.x, star.y)]
    assert len(session.marks) == 5 and (star.x, star.y) in session.marks
    panel.close()
    session.close()


def test_a_star_without_its_file_is_a_sentence(shown, made, tmp_path):
    stars = look(shown(made.write_shift_files(tmp_path, groups=2, each=2)), "stars")
    stars.table.selected = ["0"]
    assert "not at hand" in stars.status.value


def test_the_button_takes_the_shifts_into_the_chain(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=2, each=2)
    panel = ShiftsPanel(session)
    panel.tabs.active = "shifts"
    view = panel.views["shifts"]
    assert view.next_button.layout.display == "none" and view.verdicts.table.rows == []
    files = made.write_shift_files(
        tmp_path, tuple(made.trusted(tile, 2, first=2 * tile - 1) for tile in (1, 2))
    )
    made.finish_stage(session, "shifts", (files.table, files.measured), files.report)
    assert "All 2 groups PASS" in view.state.value and view.next_button.description == "Apply these shifts"
    view.next_button.click()
    assert "apply_shift" in session.chain and session.tab == "apply_shift"
    assert view.next_button.description == "Go to Apply shifts"
    view.name.value = str(tmp_path / "mine.ecsv")
    view.save.click()
    assert (tmp_path / "mine.ecsv").read_bytes() and "Saved as" in view.notice.value
    view.save.click()
    assert "there already" in view.notice.value
    panel.close()
    session.close()


def test_groups_are_merged_and_split_by_hand(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=2, each=2)
    view = ShiftsView(ShiftsModel(session))
    groups = look(view, "groups")
    names = [value for _, value in groups.groups.options]
    groups.merge.click()
    assert "two or more" in groups.error.value and groups.back.disabled
    groups.groups.value = tuple(names)
    groups.merge.click()
    assert groups.error.value == "" and len(groups.groups.options) == 1 and "merge" in groups.status.value
    groups.back.click()
    groups.groups.value = (names[0],)
    assert groups.members.options == tuple(made.root_of(1, number) for number in (1, 2))
    groups.members.value = (made.root_of(1, 2),)
    groups.split.click()
    assert [value for _, value in groups.groups.options] == [f"{names[0]}/1", f"{names[0]}/2", names[1]]
    view.close()
    session.close()


def test_controls_that_would_do_nothing_are_hidden(shown, made, tmp_path, session):
    view = shown(made.write_shift_files(tmp_path, groups=2, each=2))
    assert "groups" not in [item["id"] for item in view.tabs.items]


def test_files_cannot_bring_code_into_the_page(shown, made, tmp_path):
    one = made.trusted(1, 2)
    group = replace(one.group, guide_star=EVIL, name=f"g:{EVIL}", observation="")
    evil = replace(one, group=group, reason=EVIL, source=EVIL, filter=EVIL, verdict=Verdict.FAIL)
    view = shown(made.write_shift_files(tmp_path, (made.trusted(2, 2),), notes=(EVIL,)))
    facts = view.shifts.facts
    every = (*facts.table.shifts, evil)
    view.shifts.value = replace(facts, table=replace(facts.table, shifts=every), sentence=EVIL)
    for name in [item["id"] for item in view.tabs.items]:
        look(view, name)
        assert "<img" not in html_of(view), name


def test_45_exposures_and_nothing_stays_alive(made, tmp_path):
    files = made.write_shift_files(tmp_path)
    before = set(OPEN_WIDGETS)
    view = show_shifts(files.table, exposures=files.exposures)
    assert len(view.verdicts.table.rows) == 5 and "jw09999_shifts.ecsv" in html_of(view)
    sky = look(view, "sky")
    assert sky.map.figure.marks[0].x.shape == (45, 5)
    for name in [item["id"] for item in view.tabs.items]:
        look(view, name)
    sky.colour.value = "verdict"
    view.close()
    left = [OPEN_WIDGETS[key] for key in set(OPEN_WIDGETS) - before]
    assert left == []


def test_nothing_yet_is_said_in_words(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=1, each=2)
    view = ShiftsView(ShiftsModel(session))
    for name in ("sky", "time", "offsets", "residuals"):
        look(view, name)
        assert "After a run" in html_of(view), name
    assert "run this stage" in view.verdicts.table.empty
    view.close()
    session.close()


def test_the_grid_is_previewed_before_it_is_made(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=3, each=2, stages=("grid",))
    panel = GridPanel(session)
    preview, stage = panel.preview, session.models["grid"]
    assert stage.count_done == 0
    size = re.search(r"(\d+) x (\d+) pixels of 0.11 arcsec: ([\d.]+) x ([\d.]+) arcmin", preview.state.value)
    wide, tall = int(size[1]), int(size[2])
    assert wide * 0.11 == pytest.approx(2 * 95 + 112, abs=12) and tall * 0.11 == pytest.approx(74, abs=16)
    assert (float(size[3]), float(size[4])) == pytest.approx((wide * 0.11 / 60, tall * 0.11 / 60), abs=0.006)
    tiles, outline = preview.map.figure.marks[:2]
    assert tiles.x.shape == (6, 5)
    assert outline.x.min() < tiles.x.min() and outline.x.max() > tiles.x.max()
    assert outline.y.min() < tiles.y.min() and outline.y.max() > tiles.y.max()
    stage.set({"pixel_scale": 0.22})
    coarse = re.search(r"(\d+) x (\d+) pixels of 0.22", preview.state.value)
    # the margin is counted in pixels
    assert int(coarse[1]) == pytest.approx((wide - 40) / 2 + 40, abs=2)
    stage.set({"size": [100, 100]})
    assert "100 x 100 pixels" in preview.state.value and "partly outside" in preview.state.value
    stage.set({"pixel_scale": 0.01, "size": None})
    stage.set({"margin": 10000, "size": [70000, 10]})
    assert "at most 60000 a side" in preview.state.value
    panel.close()
    session.close()


def test_a_grid_without_footprints_says_what_to_run(session):
    session.use_stage("grid")
    session.poll()
    preview = GridPreview(session, session.models["grid"])
    assert "Footprints appear after Image 2" in html_of(preview)
    preview.close()


def test_applied_shifts_are_listed(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=1, each=2, stages=())
    session.models["apply_shift"].set({"dx": 1.0})
    session.use_stage("apply_shift")
    session.poll()
    root = made.root_of(1, 1)
    facts = {"dx": 1.4, "dy": -0.3, "rotation": 0.0, "changed": True, "sip_degree": 4, "sip_error_mas": 0.02}
    report = {"exposures": {root: facts}, "warnings": [f"{root}: its shift is WEAK ({EVIL})"]}
    made.finish_stage(session, "apply_shift", (made.write_cal(tmp_path, 1, 1),), report)
    panel = stage_panel(session, "apply_shift")
    applied = AppliedShifts(session, session.models["apply_shift"])
    (row,) = applied.table.rows
    assert (row["dx"]["text"], row["dy"]["text"], row["changed"]) == ("+1400.0", "-300.0", "yes")
    assert row["sip"]["text"] == "0.020 (degree 4)"
    assert "is WEAK" in applied.status.value and "<img" not in applied.status.value
    panel.tabs.active = "applied"
    applied.close()
    panel.close()
    session.close()


def test_the_dashboard_knows_the_panels():
    assert (panel_class(stage("shifts")), panel_class(stage("grid"))) == (ShiftsPanel, GridPanel)
    assert panel_class(stage("apply_shift")) is StagePanel
    assert sections_of(stage("apply_shift"))["applied"] == ("Applied", Charts)


def test_a_map_draws_what_it_is_given_and_says_when_there_is_nothing():
    sky = FootprintMap()
    sky.draw((), empty="Nothing <i>here</i>.")
    assert sky.status.value == "Nothing <i>here</i>." and len(sky.children) == 1
    square = ((359.99, 0.0), (0.01, 0.0), (0.01, 0.02), (359.99, 0.02))
    sky.draw([Tile(square, "#000000", "1.1")], [Arrow(0.0, 0.01, 0.03, 0.04)], outline=square)
    # RA 0 is no edge of the sky
    assert np.ptp(sky.figure.marks[0].x) == pytest.approx(1.2, abs=1e-3)
    assert sky.scale == "50 mas"
    sky.draw([Tile(square)], [Arrow(0.0, 0.01, 0.0, 0.0)])
    assert sky.scale == "" and len(sky.figure.marks) == 1
    sky.close()


@pytest.mark.parametrize(
    ("longest", "words"),
    [(0.0499, "20 mas"), (0.05, "50 mas"), (1.4, "1 arcsec"), (0.0004, "0.2 mas"), (37, "20 arcsec")],
)
def test_bars_have_round_lengths(longest, words):
    assert angle_text(round_length(longest)) == words


def test_verdicts_offsets_and_the_map_follow_the_chosen_exposure(fakes, made, tmp_path):
    session = made.field_session(fakes, tmp_path / "field", tiles=2, each=2)
    files = made.write_shift_files(
        tmp_path, tuple(made.trusted(tile, 2, first=2 * tile - 1) for tile in (1, 2))
    )
    made.finish_stage(session, "shifts", (files.table, files.measured), files.report)
    panel = ShiftsPanel(session)
    view = panel.views["shifts"]
    groups = [one.group for one in view.shifts.facts.table.shifts]
    offsets = look(view, "offsets")
    for place in (1, 0):
        session.programs.selected = groups[place].roots[:1]
        assert view.verdicts.table.selected == [str(place)]
        assert view.shifts.facts.histograms[offsets.choice.value].group == groups[place].name
    view.verdicts.table.selected = ["1"]
    assert session.programs.selected == groups[1].roots
    session.programs.selected = ()
    assert view.verdicts.table.selected == []
    drawn = ExposureMap(session)
    drawn.by = "shift"
    sizes = drawn.colours()
    assert len(sizes) == 4 and sizes[groups[0].roots[0]] == pytest.approx(1000 * math.hypot(*made.TRUE[0]))
    drawn.by = "verdict"
    assert set(drawn.colours().values()) == {"PASS"}
    drawn.close()
    panel.close()
    session.close()
