"""How the page is divided: kept within the window, kept with the program, and not taken from a damaged file."""

import json

import pytest

from miri_widgets.models import SessionModel
from miri_widgets.models.page_layout import DEFAULT_SIDE, DEFAULT_TOP, PageLayout


def test_neither_side_can_be_lost():
    layout = PageLayout()
    assert (layout.side, layout.top) == (DEFAULT_SIDE, DEFAULT_TOP)
    layout.side, layout.top = 1.0, 400.0
    assert (layout.side, layout.top) == (20.0, 80.0)
    layout.reset()
    assert (layout.side, layout.top) == (DEFAULT_SIDE, DEFAULT_TOP)


def test_values_come_back():
    layout, other = PageLayout(), PageLayout()
    layout.side, layout.top, layout.charts, layout.viewer_bars = 51.5, 44.0, "beside", True
    layout.counts, layout.levels = "linear", "brightness"
    other.restore(json.loads(json.dumps(layout.state())))
    assert other.state() == layout.state() != PageLayout().state()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"side": "wide"},
        {"side": True},
        {"side": float("nan")},
        {"charts": "elsewhere"},
        {"charts": ["below"]},
        {"viewer_bars": 1},
        {"counts": "square"},
        {"levels": ["percent"]},
        {"unknown": 3},
    ],
)
def test_what_cannot_be_used_is_left_as_it_is(values):
    layout = PageLayout()
    layout.restore(values)
    assert layout.state() == PageLayout().state()


def test_it_is_kept_with_the_program(fakes, program):
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    session.page_layout.side, session.page_layout.charts = 47.0, "hidden"
    session.close()
    assert json.loads(session.memory_path.read_text())["layout"]["side"] == 47.0
    again = SessionModel(program, fakes.fake_services(program))
    again.poll()
    assert again.page_layout.side == 47.0 and again.page_layout.charts == "hidden"
    again.close()
