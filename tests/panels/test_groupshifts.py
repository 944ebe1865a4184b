"""dx and dy of every group with errors stand where other dashboards have their image."""

import math
from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.dashboard import Dashboard
from miri_widgets.models import SessionModel
from miri_widgets.models.shifts import ShiftsModel
from miri_widgets.panels.charts.groupshifts import GroupShifts
from miri_widgets.panels.charts.shiftplots import VERDICT_COLOURS
from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table
from tests.support import shift_files

from .stub_viewer import Viewer


@pytest.fixture
def drawn(tmp_path):
    good, poor, lost = (shift_files.trusted(tile, 3, first=3 * tile - 2) for tile in (1, 2, 3))
    poor = replace(poor, verdict=Verdict.WEAK, dx_err=math.nan)
    lost = replace(lost, verdict=Verdict.FAIL, dx=math.nan, dy=math.nan)
    table = tmp_path / "shifts.ecsv"
    write_shift_table(ShiftTable((good, poor, lost), "09999", "gaia.ecsv", "a test", {}, ()), table)
    model = ShiftsModel()
    view = GroupShifts(model)
    assert view.figures[0] not in view.children and "as soon as" in view.status.value
    model.open(table)
    yield view, (good, poor)
    view.close()
    model.close()


def test_values_errors_and_verdicts_are_those_of_the_table(drawn):
    view, known = drawn
    for index, chart in enumerate(view.figures):
        assert chart in view.children
        _, bars, points = chart.marks
        values = [1000 * (shift.dx, shift.dy)[index] for shift in known]
        assert np.allclose(points.y, values) and list(points.x) == [1, 2]
        assert list(points.colors) == [VERDICT_COLOURS[shift.verdict] for shift in known]
        low, high = np.transpose(bars.y)
        errors = np.nan_to_num([1000 * (shift.dx_err, shift.dy_err)[index] for shift in known])
        assert np.allclose((high - low) / 2, errors), "an error that is not known has no bar"
        scale = view.y_axes[index].scale
        assert scale.min < min(values) and scale.max > max(values)
        assert list(view.x_axes[index].tick_labels) == ["1", "2"]
    assert "without a shift: 1 group" in view.status.value


def test_it_stands_in_place_of_the_image(fakes, tmp_path):
    program = replace(fakes.fake_program(tmp_path), chain=("detector1", "image2", "shifts"))
    session = SessionModel(program, fakes.fake_services(program))
    session.poll()
    board = Dashboard(session, viewer=Viewer())
    assert board.shifts_chart is None and board.view.layout.display is None
    session.tab = "table"
    assert board.shifts_chart.shifts is board.panels["table"].shifts
    assert board.view.layout.display == "none" and board.shifts_chart.layout.display is None
    session.tab = "program"
    assert board.view.layout.display is None and board.shifts_chart.layout.display == "none"
    chart = board.shifts_chart
    board.close()
    assert chart.comm is None and chart.figures[0].comm is None
