"""One choice of exposures for all tables, charts and the map of a page."""

from types import SimpleNamespace

import numpy as np
import pytest

from miri_widgets.core.tangent_plane import to_plane
from miri_widgets.dashboard import Dashboard
from miri_widgets.models.exposure_map import COLOURINGS, Colouring
from miri_widgets.panels.charts.afterimages import AfterImages
from miri_widgets.panels.charts.chart import COLOURS
from miri_widgets.panels.charts.exposuremap import painted
from miri_widgets.panels.charts.levels import LevelsView
from miri_widgets.panels.charts.shiftplots import ShiftTimes
from miri_widgets.panels.parts.runs import Runs

from .stub_viewer import Viewer


@pytest.fixture
def done(placed):
    placed.run_all(upto="image2")
    placed.services.engine.finish()
    placed.poll()
    return placed


EAST = 0.021 / np.cos(np.radians(-69.0))
"""Where only the last of the exposures lies, degrees of RA."""


def click(view, ra, dec):
    x, y = (float(part) / 60 for part in to_plane(ra, dec, view.map.centre))
    view.map._on_mouse(None, {"event": "click", "domain": {"x": x, "y": y}}, None)


def test_a_click_on_the_map_chooses_everywhere(done):
    dashboard = Dashboard(done, viewer=Viewer())
    panel = dashboard.panels["program"]
    root = done.programs.exposures[3].root
    ra = (359.999 + EAST) % 360
    click(panel.map, ra, -69.0)
    assert done.programs.selected == (root,)
    assert panel.table.selected == [root]
    assert done.shown.name == f"{root}_cal.fits"
    assert panel.map.map._chosen is not None and "filter" in panel.map.status.value
    runs = Runs(done, done.models["image2"])
    row = next(row for row in done.models["image2"].rows if row.exposures == (root,))
    assert runs.table.selected == [row.key] and done.models["image2"].watched == row.key
    click(panel.map, ra, -68.0)
    assert done.programs.selected == () and panel.map.map._chosen is None
    runs.close()
    dashboard.close()


def test_a_row_of_any_table_lays_the_line_around_its_footprint(done):
    dashboard = Dashboard(done, viewer=Viewer())
    mapped = dashboard.panels["program"].map
    runs = Runs(done, done.models["detector1"])
    row = done.models["detector1"].rows[2]
    runs.table.selected = [row.key]
    assert done.programs.selected == row.exposures
    assert np.atleast_2d(mapped.map._chosen.x).shape == (1, 5)
    dashboard.panels["program"].table.selected = [one.root for one in done.programs.exposures[:2]]
    assert np.atleast_2d(mapped.map._chosen.x).shape == (2, 5) and "2 exposures" in mapped.status.value
    assert len(runs.table.selected) == 2
    runs.close()
    dashboard.close()


def test_the_levels_ring_what_is_chosen_and_choose_what_is_clicked(done):
    view = LevelsView(done)
    done.poll()
    root = done.programs.exposures[1].root
    done.programs.selected = (root,)
    assert len(view.ring.mark.x) == 1
    marks = [mark for mark in view.figure.marks if mark is not view.ring.mark]
    assert sum(len(mark.x) for mark in marks) == 4
    seen = set()
    for mark in marks:
        for index in range(len(mark.x)):
            mark._handle_custom_msgs(mark, {"event": "element_click", "data": {"index": index}})
            (other,) = done.programs.selected
            assert done.shown.name == f"{other}_cal.fits"
            assert (view.ring.mark.x[0], view.ring.mark.y[0]) == (mark.x[index], mark.y[index])
            seen.add(other)
    assert len(seen) == 4
    done.programs.selected = ()
    assert len(view.ring.mark.x) == 0
    view.close()


@pytest.mark.parametrize("name", COLOURINGS)
def test_every_choice_of_colour_has_a_legend(done, name):
    dashboard = Dashboard(done, viewer=Viewer())
    mapped = dashboard.panels["program"].map
    mapped.colour.value = name
    done.poll()
    assert "mw-key" in mapped.map.status.value
    assert len(mapped.map.figure.marks) >= 1
    dashboard.close()


def test_numbers_get_a_ramp_and_many_words_say_so():
    paint, legend = painted(Colouring("level", dict, "MJy/sr"), {str(n): float(n) for n in range(11)})
    assert len(set(paint.values())) == 5 and list(legend)[-1] == "8.0 to 10.0 MJy/sr"
    assert painted(Colouring("level", dict), {"a": 2.0, "b": 2.0})[1] == {"2": paint["5"]}
    _, legend = painted(Colouring("tile", dict), {str(n): f"tile {n}" for n in range(30)})
    assert len(legend) == len(COLOURS) + 1 and "20 more" in list(legend)[-1]
    assert painted(Colouring("x", dict), {}) == ({}, {})
    fixed = painted(COLOURINGS["verdict"], {"a": "FAIL"})[0]["a"]
    assert fixed == painted(COLOURINGS["verdict"], {"a": "FAIL", "b": "PASS"})[0]["a"]


def click_on(mark, index):
    mark._handle_custom_msgs(mark, {"event": "element_click", "data": {"index": index}})


def test_after_images_ring_every_point_of_what_is_chosen(done):
    first, second = (exposure.root for exposure in done.programs.exposures[:2])
    row = SimpleNamespace(
        report={
            "exposures": {
                first: {"positive": 5, "user": 2, "saturated": 3, "masked": 7},
                second: {"positive": 9},
            }
        }
    )
    model = SimpleNamespace(
        rows=(row,),
        loaded=False,
        settings={},
        observe=lambda *_, **__: None,
        unobserve=lambda *_, **__: None,
    )
    view = AfterImages(done, model)
    done.programs.selected = (first,)
    assert sorted(zip(view.ring.mark.x, view.ring.mark.y, strict=True)) == [(0.0, 2.0), (0.0, 5.0)]
    points = [
        mark for mark in view.figure.marks if type(mark).__name__ == "Scatter" and mark is not view.ring.mark
    ]
    (mark,) = [one for one in points if 9.0 in one.y]
    click_on(mark, list(mark.y).index(9.0))
    assert done.programs.selected == (second,) and 9.0 in view.ring.mark.y
    view.close()


def test_times_of_shifts_ring_the_chosen_exposure_in_both_directions(done):
    roots = [exposure.root for exposure in done.programs.exposures[:3]]
    group = SimpleNamespace(
        times=(60000.0, 60000.2), mjd=60000.1, guide_star="S1", name="T1", roots=tuple(roots)
    )
    exposures = [
        SimpleNamespace(root=root, mjd=60000.0 + 0.1 * number, before=(0.1 * number, -0.2), after=(0.0, 0.0),
                        guide_star="S1", usable=number < 2, group=group)
        for number, root in enumerate(roots)
    ]  # fmt: skip
    table = SimpleNamespace(shifts=(SimpleNamespace(group=group, dx=0.1, dy=-0.2, own=True, known=True),))
    facts = SimpleNamespace(table=table, exposures=exposures, guide_stars=("S1",), measured=True, sentence="")
    shifts = SimpleNamespace(
        facts=facts,
        session=done,
        observe=lambda *_, **__: None,
        unobserve=lambda *_, **__: None,
    )
    view = ShiftTimes(shifts)
    done.programs.selected = (roots[1],)
    found = [(ring.mark.x.tolist(), ring.mark.y.tolist()) for ring in view.rings]
    assert found == [
        (pytest.approx([2.4]), pytest.approx([100.0])),
        (pytest.approx([2.4]), pytest.approx([-200.0])),
    ]
    cross = next(mark for mark in view.figures[0].marks if getattr(mark, "marker", "") == "cross")
    click_on(cross, 0)
    assert done.programs.selected == (roots[2],)
    assert view.rings[1].mark.x == pytest.approx([4.8])
    view.what.value = "after"
    assert view.rings[0].mark.y == pytest.approx([0.0])
    view.close()
