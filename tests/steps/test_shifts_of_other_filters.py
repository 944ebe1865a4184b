"""A group that shows no stars in the reference filter takes its shift from a shorter one, to the table and beyond."""

from dataclasses import replace

import numpy as np
import pytest

from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.tables.shift_tables import read_shift_table


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Two tiles in two filters; the second tile of the longer filter is noise alone."""
    from astropy.table import Table

    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    folder = tmp_path_factory.mktemp("two")
    files, true, rng = [], {}, np.random.default_rng(5)
    for number, name in enumerate(("F560W", "F770W")):
        effects = ("noise", "pointing_error")
        program = calibrated_program("crowded", name, dithers=2, tiles=2, shape=(260, 260), effects=effects)
        program.plan = tuple(
            replace(one, name=replace(one.name, activity=f"{2 * number + 1:02d}")) for one in program.plan
        )
        for exposure in program:
            planes = exposure.arrays
            root = exposure.plan.name.root
            if number == 1 and root[:13] == program.plan[-1].name.root[:13]:
                level = float(np.median(planes.sci))
                noise = rng.normal(level, 0.02 * level, planes.sci.shape)
                planes = replace(planes, sci=noise.astype(planes.sci.dtype))
            files.append(write_cal(exposure, folder, arrays=planes))
            true.setdefault(root[:13], []).append(exposure.plan.pointing_error)
        stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    Table({"ra": stars["ra"], "dec": stars["dec"]}).write(folder / "gaia.csv")
    return files, {name: np.mean(some, axis=0) for name, some in true.items()}, folder / "gaia.csv"


def run(files, folder, monkeypatch, **named):
    from miri_widgets.steps import measure_shifts
    from miri_widgets.steps.shifts import ShiftsStep

    # the offset histograms alone: the official step needs reference files
    monkeypatch.setattr(measure_shifts, "run_tweakreg", lambda *arguments, **more: {})
    step = ShiftsStep(reference_filter="F770W", save_results=True, output_dir=str(folder), **named)
    step.run([str(one) for one in files])
    (table,) = folder.glob("*_shifts.ecsv")
    return step.report, read_shift_table(table)


def test_a_tile_without_stars_takes_the_shift_of_the_shorter_filter(field, tmp_path, monkeypatch):
    files, true, catalog = field
    report, table = run(files, tmp_path, monkeypatch, catalog=str(catalog))
    good, lost = table.shifts
    assert good.own and (good.filter, lost.filter) == ("F770W", "F770W")
    assert lost.verdict is Verdict.FAIL and lost.source.startswith("filter F560W, where it is ")
    wanted = true[lost.group.name[:13]]
    assert np.hypot(lost.dx - wanted[0], lost.dy - wanted[1]) < 0.012
    assert np.hypot(*wanted) > 0.1, "zero would not pass"
    assert any("is FAIL" in line and "it gets filter F560W" in line for line in report["warnings"])
    assert {path.name for path in tmp_path.glob("*measured*")} == {
        "jw01050_shifts_measured.ecsv",
        "jw01050_shifts_measured_f560w.ecsv",
    }


def test_without_a_catalogue_the_shorter_filter_stands_for_a_filter_in_which_nothing_overlaps(
    field, tmp_path, monkeypatch
):
    files, true, _ = field
    _, table = run(files, tmp_path, monkeypatch)
    first, second = table.shifts
    assert {one.source for one in table.shifts} == {"filter F560W, where it is WEAK"}
    apart = np.subtract((second.dx, second.dy), (first.dx, first.dy))
    wanted = true[second.group.name[:13]] - true[first.group.name[:13]]
    assert np.hypot(*(apart - wanted)) < 0.012 and np.hypot(*wanted) > 0.1


def test_other_filters_are_not_measured_without_need(field, tmp_path, monkeypatch):
    files, true, catalog = field
    keep = [path for path in files if path.name[:13] == min(true)]
    _, table = run(keep, tmp_path, monkeypatch, catalog=str(catalog))
    assert [one.source for one in table.shifts] == ["measured"]
    assert [path.name for path in tmp_path.glob("*measured*")] == ["jw01050_shifts_measured.ecsv"]


def test_a_visit_that_only_another_filter_saw_is_measured_there(field, tmp_path, monkeypatch):
    files, true, catalog = field
    last = max(true)
    keep = [path for path in files if not (path.name[:13] == last and "_02103_" in path.name)]
    _, table = run(keep, tmp_path, monkeypatch, catalog=str(catalog))
    one = table.shifts[-1]
    assert one.verdict is not Verdict.FAIL and "not measured in this filter; in F560W" in one.reason
    assert np.hypot(*np.subtract((one.dx, one.dy), true[last])) < 0.012
