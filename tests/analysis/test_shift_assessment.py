"""A table of shifts from anywhere, as the charts take it: what is judged already, and what is judged now."""

import numpy as np
import pytest

from miri_widgets.analysis.shift_assessment import judge_shifts, read_any_shifts
from miri_widgets.core.shifts.measurements import Status
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.shift_tables import write_shift_table


@pytest.fixture
def table(tmp_path):
    """Two visits in two filters; the longer filter has lost the second visit."""
    rng = np.random.default_rng(3)
    lines = ["exposure,filter,dx_arcsec,dy_arcsec,guidestar"]
    for name, activity in (("F1500W", "04101"), ("F560W", "02101")):
        for visit, centre in enumerate(((0.1, -0.2), (-0.97, 1.05)), start=1):
            for number in range(1, 6):
                dx, dy = np.array(centre) + rng.normal(0, 0.004, 2)
                if name == "F1500W" and visit == 2:
                    dx = dy = np.nan
                lines.append(f"jw01040001{visit:03}_{activity}_{number:05},{name},{dx},{dy},S{visit}")
    path = tmp_path / "field.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_measured_shifts_are_judged_and_a_group_falls_back_on_the_shorter_filter(table):
    facts = read_any_shifts(table)
    rows = {(one.group.visit, one.filter): one for one in facts.table.shifts}
    assert rows["001", "F560W"].verdict == Verdict.PASS
    assert abs(rows["002", "F560W"].dx + 0.97) < 0.01
    lost = [one for one in facts.table.shifts if not one.own]
    assert lost and abs(lost[0].dx + 0.97) < 0.01 and "F560W" in lost[0].source
    assert next(iter(judge_shifts(table).runs)).endswith("F560W"), "the shortest filter first"


def test_charts_get_every_measurement_beside_the_shift_of_its_group(table):
    facts = read_any_shifts(table)
    usable = [one for one in facts.exposures if one.usable]
    assert len(usable) == 15 and len(facts.measured.exposures) == 20
    assert max(np.hypot(*one.after) for one in usable) < 0.03
    assert {one.tweakreg.status for one in facts.measured.exposures} == {Status.MEASURED, Status.FAILED}


def test_a_judged_table_is_shown_as_it_is(table, tmp_path):
    made = judge_shifts(table).table
    write_shift_table(made, tmp_path / "field_shifts.ecsv")
    again = read_any_shifts(tmp_path / "field_shifts.ecsv")
    assert [one.dx for one in again.table.shifts] == pytest.approx([one.dx for one in made.shifts])


def test_another_table_is_a_sentence(tmp_path):
    for name in ("x.csv", "x.ecsv"):
        (tmp_path / name).write_text("a,b\n1,2\n")
        with pytest.raises(BadTableError):
            read_any_shifts(tmp_path / name)
    with pytest.raises(MissingFileError):
        read_any_shifts(tmp_path / "none.csv")
