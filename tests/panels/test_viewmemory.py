"""A page that is opened again shows what was in view."""

import asyncio
import json

import pytest

from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel

from .stub_viewer import Viewer

PLACE = {"center": [80.0, -69.0], "width": 12.0, "sky": True}
TOLD = {"stretch": {"function": "log", "percentile": 99.0}, "position": PLACE, "regions": [], "levels": {}}


@pytest.fixture
def rates(session):
    session.run_all(upto="detector1")
    session.services.engine.finish()
    session.poll()
    return session.stages["detector1"].products


def visit(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    viewer = Viewer()
    dashboard = Dashboard(session, viewer=viewer)
    session.poll()
    return dashboard, session, viewer


def test_images_order_front_stretch_and_place_come_back(fakes, program, session, rates):
    session.close()
    dashboard, session, viewer = visit(fakes, program)
    for path in (rates[2], rates[0]):
        session.show(path)
    session.show(rates[0], extension="DQ")
    viewer.told = dict(TOLD)
    session.poll()
    session.poll()
    told = json.loads(session.memory_path.read_text())["view"]
    assert [one["extension"] for one in told["layers"]][-3:] == ["SCI", "SCI", "DQ"]
    # killed: nobody closes anything
    dashboard.session.attach_viewer(None)
    again, session, viewer = visit(fakes, program)
    names = [one["label"] for one in told["layers"]]
    assert session.extension == "DQ"
    assert set(names) <= set(viewer.labels)
    assert viewer.restored["position"] == PLACE and viewer.restored["stretch"] == TOLD["stretch"]
    assert viewer.restored["images"] == names
    assert viewer.restored["front"] == names[-1] == f"{rates[0].name} DQ"
    again.close()
    kept = json.loads(session.memory_path.read_text())["view"]["layers"]
    assert {one["label"] for one in kept} == set(names)


def test_closing_keeps_the_last_view(fakes, program, session, rates):
    session.close()
    dashboard, session, viewer = visit(fakes, program)
    session.show(rates[1])
    viewer.told = {**TOLD, "position": {**PLACE, "width": 3.0}}
    dashboard.close()
    assert json.loads(session.memory_path.read_text())["view"]["position"]["width"] == 3.0


def test_a_file_that_went_away_takes_its_place_along_but_not_the_others(fakes, program, session, rates):
    session.close()
    dashboard, session, viewer = visit(fakes, program)
    for path in rates[:3]:
        session.show(path)
    viewer.told = dict(TOLD)
    dashboard.close()
    rates[2].unlink()
    again, _, viewer = visit(fakes, program)
    assert rates[0].name in viewer.labels and rates[2].name not in viewer.labels
    assert viewer.restored["position"] is None and viewer.restored["stretch"] == TOLD["stretch"]
    again.close()


@pytest.mark.parametrize(
    "layers", [7, [3], [{"label": "a"}], [{"label": "a", "path": "\0", "extension": "SCI"}]]
)
def test_layers_that_make_no_sense_are_ignored(fakes, program, layers):
    program.workspace.mkdir(parents=True)
    (program.workspace / "session.json").write_text(json.dumps({"version": 1, "view": {"layers": layers}}))
    dashboard, session, viewer = visit(fakes, program)
    assert not session.messages.text and viewer.restored["images"] in ([], ["a"])
    dashboard.close()


def test_images_come_back_one_after_the_other_while_the_page_answers(fakes, program, session, rates):
    session.close()
    dashboard, session, viewer = visit(fakes, program)
    for path in rates[:4]:
        session.show(path)
    viewer.told = dict(TOLD)
    dashboard.close()

    async def scenario():
        session = SessionModel(program, fakes.fake_services(program))
        viewer = Viewer()
        dashboard = Dashboard(session, viewer=viewer)
        session.follow()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if viewer.labels:
                break
        assert viewer.restored is None and session.viewer.state() is None
        for _ in range(100):
            await asyncio.sleep(0.05)
            if viewer.restored:
                break
        assert set(viewer.labels) >= {path.name for path in rates[:4]}
        assert viewer.restored["front"] == rates[3].name
        dashboard.close()

    asyncio.run(scenario())
