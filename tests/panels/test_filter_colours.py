"""One filter has one colour: on every chart, map and key of a page, whatever else is drawn, and whoever draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import bqplot
import pytest
from ipywidgets import HTML

import miri_widgets
from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.models.exposure_map import COLOURINGS
from miri_widgets.panels.charts.chart import COLOURS, INK
from miri_widgets.panels.charts.exposuremap import painted
from miri_widgets.panels.charts.levels import LevelsView
from miri_widgets.panels.charts.timeline import Timeline
from miri_widgets.products.exposure import FILTERS
from miri_widgets.products.filter_colours import FILTER_COLOURS, filter_colour
from tests.support.widgets import OPEN_WIDGETS

from .stub_viewer import Viewer

PACKAGE = Path(miri_widgets.__file__).parent
KEY = re.compile(r'<i style="background:([^"]+)"></i>\s*([^<]+)<')


def test_every_filter_has_a_colour_that_no_other_thing_has():
    assert set(FILTER_COLOURS) == set(FILTERS)
    assert len(set(FILTER_COLOURS.values())) == len(FILTERS)
    assert not set(FILTER_COLOURS.values()) & {*COLOURS, INK}


@pytest.mark.parametrize("filters", [FILTERS, FILTERS[::-1], FILTERS[3:5], ("F1065C", "F770W", "F2300C")])
def test_the_map_colours_filters_whatever_the_choice_and_order(filters):
    paint, legend = painted(COLOURINGS["filter"], {f"root{n}": name for n, name in enumerate(filters)})
    assert paint == {f"root{n}": filter_colour(name) for n, name in enumerate(filters)}
    assert all(legend[name] == filter_colour(name) for name in filters)


@pytest.fixture(params=[("F560W", "F1500W", "F2550W"), ("F2550W", "F560W")])
def dashboard(fakes, tmp_path, request):
    """A whole dashboard with every stage, all of which have run, on exposures in several filters."""
    before = set(OPEN_WIDGETS)
    stages = tuple(stage.name for stage in fakes.stages.STAGES if stage.optional)
    program = fakes.fake_program(tmp_path, dithers=1, filters=request.param, stages=stages)
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    roots = [one.root for one in session.programs.exposures]
    session.services.engine.reports["sky"] = {"exposures": {root: {"level": 1.0} for root in roots}}
    session.run_all()
    session.services.engine.finish()
    for _ in range(3):
        session.poll()
    made = Dashboard(session, viewer=Viewer())
    for name in session.stages:
        session.tab = name
        session.poll()
    yield SimpleNamespace(session=session, filters=request.param, page=made, before=before)
    made.close()


def test_every_key_of_every_panel_gives_a_filter_its_colour(dashboard):
    session = dashboard.session
    session.tab = "detector1"
    views = [LevelsView(session), Timeline(session, session.stages["sky"], "level", "sky", "MJy/sr")]
    for row in session.stages["detector1"].rows:
        session.ask_measure(row.products[0])
    for _ in range(200):
        session.poll()
        if len(session.measured) >= len(dashboard.filters):
            break
    seen = {}
    for text in [
        each.value
        for key, each in OPEN_WIDGETS.items()
        if isinstance(each, HTML) and key not in dashboard.before
    ]:
        for colour, name in KEY.findall(text):
            if name.strip() in {*FILTERS, *dashboard.filters}:
                seen.setdefault(name.strip(), set()).add(colour)
    assert set(seen) == set(dashboard.filters), "the charts have keys"
    assert seen == {name: {filter_colour(name)} for name in dashboard.filters}
    for view in views:
        drawn = [mark for mark in view.figure.marks if mark is not view.ring.mark]
        assert len(drawn) == len(dashboard.filters) and all(isinstance(one, bqplot.Scatter) for one in drawn)
        for mark in drawn:
            label = str(mark.names[0]).partition(" ")[0]
            assert list(mark.colors) == [filter_colour(label)]
    for view in views:
        view.close()


def _colours_by_filter(path: Path) -> bool:
    """Tell whether a module draws with bqplot or on the map, and sorts what it draws by `.filter` of an exposure."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    draws = "import bqplot" in path.read_text() or imported & {"Tile", "dots"}
    return "filter" in names and bool(draws)


DRAW = sorted(
    path.relative_to(PACKAGE) for path in (PACKAGE / "panels").rglob("*.py") if _colours_by_filter(path)
)


@pytest.mark.parametrize("path", DRAW, ids=str)
def test_whatever_draws_by_filter_uses_the_one_table_of_colours(path):
    assert "filter_colour(" in (PACKAGE / path).read_text(encoding="utf-8")


def test_there_is_no_other_table_of_colours_by_filter():
    """A filter's name beside a colour anywhere else would be a second table."""
    assert len(DRAW) >= 4
    pattern = re.compile(r"F(560|770|1000|1130|1280|1500|1800|2100|2550)W\"?'?\s*:\s*[\"']#")
    found = [str(path) for path in PACKAGE.rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == []
