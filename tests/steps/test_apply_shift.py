"""The step that shifts: numbers or a table in, the same exposure elsewhere out."""

import numpy as np
import pytest

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.errors import BadTableError, NotWritableError
from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table


@pytest.fixture(scope="module")
def cals(tmp_path_factory):
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    folder = tmp_path_factory.mktemp("cals")
    program = calibrated_program(
        "sparse", dithers=1, tiles=2, shape=(120, 160), effects=("noise", "pointing_error")
    )
    return [write_cal(one, folder) for one in program]


@pytest.fixture
def table(cals, tmp_path):
    """Shifts of the first visit (believed) and of the second (a guess)."""

    def row(path, dx, dy, verdict):
        name = path.name
        group = Group(
            name[:13],
            (),
            program=name[2:7],
            observation=name[7:10],
            visit=name[10:13],
            guide_star=guide_star(path),
        )
        return TrustedShift(group, "F560W", dx, dy, 0.001, 0.001, 0.0, 0.0, 1, 1, verdict, "few stars")

    rows = (row(cals[0], 0.25, -0.75, Verdict.PASS), row(cals[1], -1.5, 0.5, Verdict.WEAK))
    path = tmp_path / "shifts.ecsv"
    write_shift_table(ShiftTable(rows), path)
    return path


def guide_star(path):
    from miri_widgets.products.exposure_headers import read_exposure

    return read_exposure(path).guide_star


def run(*arguments, **named):
    from miri_widgets.steps.apply_shift import ApplyShiftStep

    step = ApplyShiftStep(**named)
    return step, step.run(*arguments)


def moved(result, path):
    from stdatamodels.jwst import datamodels

    from miri_widgets.steps.shifted_wcs import shift_between

    with datamodels.open(path) as before:
        return shift_between(before, result.meta.wcs).values


def test_numbers(cals, tmp_path):
    step, result = run(str(cals[0]), dx=0.2, dy=-0.3, save_results=True, output_dir=str(tmp_path))
    assert moved(result, cals[0]) == pytest.approx((0.2, -0.3, 0.0), abs=1e-7)
    (facts,) = step.report["exposures"].values()
    assert facts["changed"]
    assert facts["sip_error_mas"] < 0.1
    again, same = run(str(tmp_path / cals[0].name), dx=0.2, dy=-0.3)
    assert moved(same, cals[0]) == pytest.approx((0.2, -0.3, 0.0), abs=1e-7)
    assert not next(iter(again.report["exposures"].values()))["changed"]
    undone, back = run(str(tmp_path / cals[0].name), undo=True)
    assert moved(back, cals[0]) == pytest.approx((0, 0, 0), abs=1e-12)
    assert next(iter(undone.report["exposures"].values()))["changed"]


def test_table_is_used_by_visit_and_told_when_weak(cals, table):
    step, library = run([str(path) for path in cals], shift_table=str(table))
    with library:
        found = []
        for model, path in zip(library, cals, strict=True):
            found.append(moved(model, path)[:2])
            library.shelve(model, modify=False)
    assert np.allclose(found, [(0.25, -0.75), (-1.5, 0.5)], atol=1e-7)
    (warning,) = step.report["warnings"]
    assert cals[1].name[:13] in warning
    assert "few stars" in warning


def test_models_are_not_modified_and_inputs_not_overwritten(cals):
    from stdatamodels.jwst import datamodels

    with datamodels.open(cals[0]) as model:
        run(model, dx=1.0)
        assert moved(model, cals[0]) == (0, 0, 0)
    with pytest.raises(NotWritableError, match="written over"):
        run(str(cals[0]), dx=1.0, save_results=True, output_dir=str(cals[0].parent))


def test_exposure_that_the_table_does_not_know(cals, table):
    text = table.read_text().replace("001001", "777001").replace(guide_star(cals[0]), "NOSTAR")
    table.write_text(text)
    with pytest.raises(BadTableError, match="no shift for jw"):
        run(str(cals[0]), shift_table=str(table))


def test_a_sign_that_was_lost_in_the_table_is_told(cals, table):
    from dataclasses import replace

    from miri_widgets.products.tables.shift_tables import read_shift_table

    good, other = read_shift_table(table).shifts
    # the second visit on the star of the first, its shift copied without a sign
    lost = replace(good, group=replace(other.group, guide_star=good.group.guide_star), dy=0.75)
    write_shift_table(ShiftTable((good, lost)), table)
    step, _ = run(str(cals[0]), shift_table=str(table))
    (warning,) = step.report["warnings"]
    assert "dy of" in warning and "lost its sign" in warning


def test_an_exposure_with_wrong_world_coordinates_leaves_the_mosaics(cals, tmp_path):
    from miri_widgets.core.shifts.choices import TrustedShift
    from miri_widgets.core.shifts.groups import Group
    from miri_widgets.core.shifts.verdicts import Verdict
    from miri_widgets.products.names import root_of
    from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table

    root = root_of(cals[0])
    group = Group("g/displaced", (root,), root[2:7], displaced=True)
    nan = float("nan")
    row = TrustedShift(group, "F770W", 0.0, 0.0, nan, nan, nan, 0.0, 1, 0, Verdict.FAIL, "wrong", "nothing")
    write_shift_table(ShiftTable((row,), root[2:7]), tmp_path / "shifts.ecsv")
    step, result = run(str(cals[0]), shift_table=str(tmp_path / "shifts.ecsv"))
    assert np.all(np.asarray(result.dq) & 1)
    assert step.report["exposures"][root]["leaves_mosaics"]
    (warning,) = step.report["warnings"]
    assert "leaves the mosaics" in warning
