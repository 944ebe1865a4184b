"""Measured shifts survive the disk, and a person can read them."""

import math

import pytest

from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.errors import BadTableError, MissingFileError
from miri_widgets.products.tables.exposure_shifts import (
    ExposureShift,
    ExposureShifts,
    read_exposure_shifts,
    write_exposure_shifts,
)

FIRST = ExposureShift(
    Measurement("a", "g", 0.1, -0.2, 0.001, 30, 0.02, relative=True),
    Measurement("a", "g", 0.104, -0.203, 1 / 3, 28, 0.02, relative=True, significance=20.5),
    stars=55,
    used=29,
    cal_step="COMPLETE",
)
SECOND = ExposureShift(
    Measurement("b", "g", math.nan, math.nan, status=Status.FAILED, relative=True),
    Measurement("b", "g", 0.1, -0.2, status=Status.MEASURED),
    stars=3,
)
MEASURED = ExposureShifts(
    "F560W", "", "g", (FIRST, SECOND), (Overlap("a", "b", 0.1, 1 / 7, 0.002, 12),), ("a note",)
)


def test_there_and_back(tmp_path):
    path = tmp_path / "shifts.ecsv"
    write_exposure_shifts(MEASURED, path)
    # NaN is not equal to itself, its name is
    assert repr(read_exposure_shifts(path)) == repr(MEASURED)
    assert "unit: arcsec" in path.read_text()
    empty = ExposureShifts("F560W", "gaia.csv", "", ())
    write_exposure_shifts(empty, path)
    assert read_exposure_shifts(path) == empty


def test_estimates_side_by_side():
    assert [one.dx for one in MEASURED.measurements("histogram")] == [0.104, 0.1]
    assert FIRST.disagreement == pytest.approx(0.005)
    assert math.isnan(SECOND.disagreement)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match="measure the shifts again"):
        read_exposure_shifts(tmp_path / "none.ecsv")
    (tmp_path / "other.ecsv").write_text("a b\n1 2\n")
    with pytest.raises(BadTableError, match="expected an ECSV file with measured shifts"):
        read_exposure_shifts(tmp_path / "other.ecsv")
