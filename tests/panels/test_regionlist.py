"""The list of regions beside the viewer."""

from datetime import UTC, datetime

import pytest
from regions import CirclePixelRegion, PixCoord

from miri_widgets.dashboard import Dashboard

from .stub_viewer import Viewer


@pytest.fixture
def shown(session):
    session.use_stage("sky")
    session.poll()
    viewer = Viewer()
    dashboard = Dashboard(session, viewer=viewer)
    yield dashboard.view.regions, viewer, session
    dashboard.close()


def test_from_drawing_to_sky_mask_and_back(shown):
    view, viewer, session = shown
    assert view.apply.disabled and view.remove.disabled
    view.save_drawing.click()
    assert "no region is drawn" in view.status.value
    viewer.drawn = {"Subset 1": CirclePixelRegion(PixCoord(10.0, 12.0), 4.0)}
    session.show(session.programs.exposures[0].path)
    view.name.value = "bright <star>"
    view.save_drawing.click()
    (row,) = view.table.rows
    assert row["name"]["text"] == "bright_star" and "1 circle" in row["kind"]["text"]
    assert view.table.selected == [row["id"]] and not view.apply.disabled
    view.use.value = next(value for title, value in view.use.options if "sky mask" in title)
    view.apply.click()
    assert session.models["sky"].settings["exclude_file"] == row["id"]
    assert "sky mask" in view.table.rows[0]["use"] and "run it again" in view.status.value
    view.remove.click()
    assert "in use" in view.status.value and view.table.rows
    view.stop.click()
    view.remove.click()
    assert view.table.rows == [] and view.apply.disabled


def test_regions_are_shown_and_hidden_on_the_image(shown):
    view, viewer, session = shown
    session.regions.load_bytes("holes.reg", b'fk5\ncircle(80,-69,3")\npolygon(80,-69,80.01,-69,80,-68.99)\n')
    (row,) = view.table.rows
    view.table.vue_act(row["id"])
    ((label, regions),) = viewer.outlines.items()
    assert len(regions) == 2 and "holes" in label and view.table.rows[0]["show"] == "Hide"
    view.table.vue_act(row["id"])
    assert viewer.outlines == {}


def test_a_bad_upload_is_a_sentence_without_html(shown):
    view, _, _ = shown
    view.upload.value = (
        {
            "name": "<img src=x>.reg",
            "content": memoryview(b"nonsense"),
            "type": "",
            "size": 8,
            "last_modified": datetime.now(UTC),
        },
    )
    assert "cannot be read" in view.status.value and "<img" not in view.status.value
    assert view.upload.value == ()
    view.path.value = "/nowhere/x.reg"
    view.load.click()
    assert "no region file" in view.status.value


def test_a_polygon_is_drawn_by_clicks_and_no_pixel_is_told_meanwhile(shown):
    view, viewer, session = shown
    clicks = []
    session.observe(lambda event: clicks.append(event["new"]), "clicked", type="event")
    session.show(session.programs.exposures[0].path)
    view.polygon.value = True
    viewer.clicked(1.0, 1.0)
    viewer.clicked(9.0, 1.0)
    view.polygon.value = False
    assert "three corners" in view.status.value and viewer.given == ()
    view.polygon.value = True
    for corner in ((1.0, 1.0), (9.0, 1.0), (5.0, 8.0)):
        viewer.clicked(*corner)
    assert clicks == [] and len(viewer.outlines) == 1
    view.polygon.value = False
    (region,) = viewer.given
    assert region.shape == "polygon" and region.points == ((1.0, 1.0), (9.0, 1.0), (5.0, 8.0))
    assert viewer.outlines == {}
    viewer.clicked(2.0, 3.0)
    assert clicks == [(2.0, 3.0)]
