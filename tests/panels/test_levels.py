"""Levels of exposures in percent of their filter, or in their unit."""

from types import SimpleNamespace

import numpy as np
import pytest

from miri_widgets.panels.charts.levels import LevelsView


def drawn(view, levels):
    """Draw exposures of (filter, level) and return their values in order."""
    points = [
        (
            SimpleNamespace(
                root=f"jw{number}", label=f"exposure {number}", filter=name, tile=1, order=(60000.0 + number, 0),
                start_mjd=60000.0 + number,
            ),
            SimpleNamespace(level=SimpleNamespace(median=level), unit="MJy/sr"),
        )
        for number, (name, level) in enumerate(levels)
    ]  # fmt: skip
    view.draw(points)
    marks = [mark for mark in view.figure.marks if mark is not view.ring.mark]
    values = {x: y for mark in marks for x, y in zip(mark.x, mark.y, strict=True)}
    return [values[hour] for hour in sorted(values)]


@pytest.fixture
def view(session):
    made = LevelsView(session)
    yield made
    made.close()


def test_filters_share_an_axis_in_percent(view):
    found = drawn(
        view, [("F770W", 9.0), ("F770W", 10.0), ("F770W", 12.0), ("F2100W", 200.0), ("F2100W", 202.0)]
    )
    assert found == pytest.approx([-10.0, 0.0, 20.0, -100 / 201, 100 / 201])
    assert (
        "%" in view.y_axis.label
        and "F770W 10 MJy/sr" in view.status.value
        and "F2100W 201" in view.status.value
    )


def test_levels_in_their_unit_by_choice(view):
    view.levels.value = "brightness"
    assert view.session.page_layout.levels == "brightness"
    assert drawn(view, [("F770W", 9.0), ("F770W", 12.0)]) == pytest.approx([9.0, 12.0])
    assert view.y_axis.label == "MJy/sr"


def test_levels_about_zero_have_no_percent(view):
    assert drawn(view, [("F770W", -0.2), ("F770W", 0.1)]) == pytest.approx([-0.2, 0.1])
    assert np.isfinite(view.y_axis.scale.min) and view.y_axis.label == "MJy/sr"
