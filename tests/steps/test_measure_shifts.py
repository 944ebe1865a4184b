"""Shifts of two small tiles measured by the real tweakreg and by the offset histogram, against the truth."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from miri_widgets.core.shifts.measurements import Status
from miri_widgets.core.shifts.solution import solve_shifts
from miri_widgets.products.tables.exposure_shifts import read_exposure_shifts

# No network: a connection to anywhere ends the process.
_MEASURE = """
import json, sys
def audit(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"network: {args}")
sys.addaudithook(audit)
from miri_widgets.steps.measure_shifts import MeasureShiftsStep
from miri_widgets.errors import MiriWidgetsError
for arguments in json.loads(sys.argv[1]):
    association = arguments.pop("association")
    try:
        MeasureShiftsStep.call(association, save_results=True, **arguments)
    except MiriWidgetsError as error:
        print("ERROR", error)
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Two tiles of two exposures: measured to each other, to a catalogue, and to one of another field."""
    from astropy.table import Table

    from miri_widgets.products.association import level3_association, write_association
    from miri_widgets.simulation import write_reference_cache
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    folder = tmp_path_factory.mktemp("shifts")
    effects = ("noise", "bad_pixels", "pointing_error")
    program = calibrated_program("crowded", "F560W", dithers=2, tiles=2, shape=(400, 400), effects=effects)
    files = [write_cal(one, folder) for one in program]
    write_association(level3_association(files, product_name="x", program="01050"), folder / "asn.json")
    stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    Table({"ra": stars["ra"], "dec": stars["dec"]}).write(folder / "gaia.csv")
    Table({"ra": [10.0], "dec": [41.0]}).write(folder / "m31.csv")
    members = [{"expname": str(path), "exptype": "science"} for path in files[:2]]
    members += [{"expname": str(path), "exptype": "BACKGROUND"} for path in files[2:]]
    mixed = {"asn_type": "image3", "asn_id": "o001", "products": [{"name": "mixed", "members": members}]}
    (folder / "mixed_asn.json").write_text(json.dumps(mixed))
    cache = write_reference_cache(folder / "crds", filters=("F560W",), subarrays=("SUB64",))
    association = str(folder / "asn.json")
    runs = [
        {"association": association, "output_dir": str(folder), "suffix": "relative"},
        {
            "association": association,
            "output_dir": str(folder),
            "suffix": "absolute",
            "catalog": str(folder / "gaia.csv"),
        },
        {
            "association": association,
            "output_dir": str(folder),
            "suffix": "wrong",
            "catalog": str(folder / "m31.csv"),
        },
        {
            "association": str(folder / "mixed_asn.json"),
            "output_dir": str(folder),
            "suffix": "science",
            "catalog": str(folder / "gaia.csv"),
        },
    ]
    result = subprocess.run(
        [sys.executable, "-c", _MEASURE, json.dumps(runs)],
        env={**os.environ, **cache.environment()},
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return program, folder, result.stdout


def groups(program):
    truth = {}
    for plan in program.plan:
        truth.setdefault(plan.name.root[:13], []).append(plan.pointing_error)
    return [np.mean(rows, axis=0) for _, rows in sorted(truth.items())]


def solved(found, estimate):
    shifts = solve_shifts(found.measurements(estimate), found.overlaps, rotation=True).shifts
    return [np.array([one.dx, one.dy]) for _, one in sorted(shifts.items())]


@pytest.mark.pipeline
@pytest.mark.parametrize("estimate", ["tweakreg", "histogram"])
def test_shifts_to_each_other_are_the_true_ones(measured, estimate):
    program, folder, _ = measured
    found = read_exposure_shifts(folder / "jw01050_f560w_relative.ecsv")
    true, solution = groups(program), solved(found, estimate)
    assert np.subtract(solution[1] - solution[0], true[1] - true[0]) == pytest.approx([0, 0], abs=0.008)
    assert found.catalog == ""
    assert len(found.overlaps) >= 2
    states = [one.tweakreg.status for one in found.exposures]
    assert sorted(states) == [Status.MEASURED] * 2 + [Status.REFERENCE] * 2
    assert all(one.cal_step == "COMPLETE" for one in found.exposures)


@pytest.mark.pipeline
@pytest.mark.parametrize("estimate", ["tweakreg", "histogram"])
def test_shifts_to_a_catalogue_are_the_true_ones(measured, estimate):
    program, folder, _ = measured
    found = read_exposure_shifts(folder / "jw01050_f560w_absolute.ecsv")
    for true, shift in zip(groups(program), solved(found, estimate), strict=True):
        assert shift == pytest.approx(true, abs=0.005)
    assert found.catalog == "gaia.csv"
    for one in found.exposures:
        assert one.histogram.significance > 10
        assert one.disagreement < 0.01
        assert one.tweakreg.matches > 20


@pytest.mark.pipeline
def test_catalogue_of_another_field_is_said(measured):
    _, folder, output = measured
    assert "nearest source of m31.csv is" in output
    assert not (folder / "jw01050_f560w_wrong.ecsv").exists()


def test_histograms_stand_alone_when_tweakreg_fails(tmp_path, monkeypatch):
    from astropy.table import Table

    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps import tweakreg_shifts
    from miri_widgets.steps.measure_shifts import measure_shifts

    effects = ("noise", "pointing_error")
    program = calibrated_program("crowded", "F560W", dithers=1, tiles=2, shape=(250, 250), effects=effects)
    files = [write_cal(one, tmp_path) for one in program]
    stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    Table({"ra": stars["ra"], "dec": stars["dec"]}).write(tmp_path / "gaia.csv")

    class Failing:
        error: Exception = IndexError("no sources")

        @classmethod
        def call(cls, *arguments, **named):
            raise cls.error

    monkeypatch.setattr(tweakreg_shifts, "TweakRegStep", Failing)
    found = measure_shifts(files, catalog=str(tmp_path / "gaia.csv"))
    assert "tweakreg stopped (no sources)" in found.notes[0]
    assert [one.tweakreg.status for one in found.exposures] == [Status.FAILED] * 2
    for one, true in zip(found.exposures, groups(program), strict=True):
        assert (one.histogram.dx, one.histogram.dy) == pytest.approx(true, abs=0.005)


@pytest.mark.pipeline
def test_asn_exptype_background_members_are_not_measured(measured):
    """Of two science and two background exposures two are measured."""
    program, folder, _ = measured
    found = read_exposure_shifts(folder / "jw01050_f560w_science.ecsv")
    science = {plan.name.root for plan in program.plan[:2]}
    assert {one.root for one in found.measurements("histogram")} == science
    assert len(read_exposure_shifts(folder / "jw01050_f560w_absolute.ecsv").measurements("histogram")) == 4
