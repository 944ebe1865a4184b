"""The command that judges a table of shifts, through the real command line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from miri_widgets.products.tables.shift_tables import read_shift_table

COMMAND = str(Path(sys.executable).parent / "miri-widgets")


def shifts(*arguments):
    return subprocess.run(
        [COMMAND, "shifts", *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def field(tmp_path):
    """Two visits measured, one of them with an exposure gone astray; a third with the common shift alone."""
    rng = np.random.default_rng(4)
    lines = ["exposure,dx_arcsec,dy_arcsec,guidestar"]
    for visit, centre in enumerate(((0.1, -0.2), (-0.97, 1.05), (0.4, -1.2)), start=1):
        for number in range(1, 5):
            dx, dy = centre + (
                rng.normal(0, 0.004, 2) if visit < 3 else np.array([3e-5 * number, 1e-5 * number])
            )
            dx += 1.5 * (visit == 1 and number == 2)
            lines.append(f"jw01040001{visit:03}_02101_{number:05},{dx:.8f},{dy:.8f},S{visit}")
    path = tmp_path / "field.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_groups_shifts_fallbacks_and_verdicts(field):
    result = shifts(field)
    assert result.returncode == 0, result.stderr
    assert "jw01040001001_02101_00002, which disagrees with the others" in result.stdout
    lines = [line.split() for line in result.stdout.splitlines() if line.startswith("  jw")]
    rows = {line[0]: line for line in lines if line[1] != "takes"}
    one, two, three = (rows[f"jw0104000100{visit}:S{visit}"] for visit in (1, 2, 3))
    assert one[1] == "3/4" and abs(float(one[2]) - 0.1) < 0.01 and abs(float(one[5]) - 0.475) < 0.01
    assert two[1] == "4/4" and two[7] == "PASS"
    assert three[1] == "0/4" and "FAIL" in three
    assert "4 exposures with one shared shift (+0.4001, -1.2000)" in result.stdout
    assert "jw01040001003:S3 takes" in result.stdout and "from the common shift of the run" in result.stdout
    # the two other guide stars are 1.6 arcsec apart
    assert "2 groups on other guide stars disagree" in result.stdout
    assert "3 groups: 2 PASS, 0 WEAK, 1 FAIL; 4 exposures are fall-backs" in result.stdout


def test_the_table_is_written_and_an_edited_sign_is_told(field, tmp_path):
    assert shifts(field, "--out", tmp_path / "shifts.ecsv").returncode == 0
    table = read_shift_table(tmp_path / "shifts.ecsv")
    assert [str(one.verdict) for one in table.shifts] == ["PASS", "PASS", "FAIL"]
    assert table.program == "01040" and any("shared shift" in note for note in table.notes)
    edited = (tmp_path / "shifts.ecsv").read_text().replace(" -0.9", " 0.9")
    (tmp_path / "edited.ecsv").write_text(edited)
    assert "the sign of dx was lost" in shifts(field, "--compare", tmp_path / "edited.ecsv").stdout


def test_every_exposure_on_request(field):
    assert "jw01040001003_02101_00004" not in shifts(field).stdout
    listed = shifts(field, "--exposures").stdout
    assert [line.split()[-1] for line in listed.splitlines() if "03_02101_00004" in line] == ["shared"]


def test_a_file_of_something_else_is_one_sentence(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("name,flux\na,1\n")
    result = shifts(path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "no column dx_arcsec nor dy_arcsec" in result.stderr


def test_real_fields(shared_data):
    result = shifts(shared_data / "tables" / "measured_tweakreg_shifts.csv")
    assert result.returncode == 0
    fields = result.stdout.split("\n\n")[1:4]
    assert ["fall-back: none" in one for one in fields] == [True, True, False]
    assert "10 exposures with one shared shift" in fields[2]
    # the nearest group in time is one of 30 Doradus
    assert "jw02736002001 takes (+0.005978, -1.639751) from the common shift of the run" in fields[2]
    assert "02729" not in fields[2]
    assert "-0.975754314" in fields[0] and "-1.639751348" in fields[2]


def several_fields(path, *, rows_of_lost="0.30000000,0.20000000"):
    """Two programs on different skies, of which the second has a group that was not measured."""
    lines = ["field,exposure,dx_arcsec,dy_arcsec,guidestar,mjd"]
    for program, field, visit, centre, mjd in (
        ("02729", "30dor", 1, (0.2, -0.9), 59700.0),
        ("02736", "smacs", 1, (0.050, -0.1), 59600.0),
        ("02736", "smacs", 2, (0.060, -0.1), 59601.0),
        ("02736", "smacs", 3, None, 59700.1),
    ):
        for number in range(1, 5):
            shift = (
                f"{centre[0] + 0.003 * (number % 2):.5f},{centre[1] - 0.002 * number:.5f}" if centre else ","
            )
            lines.append(
                f"{field},jw{program}001{visit:03}_02101_{number:05},{shift},S{program}{visit},{mjd}"
            )
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_failed_group_never_takes_the_shift_of_another_program(tmp_path):
    path, out = several_fields(tmp_path / "fields.csv"), tmp_path / "shifts.ecsv"
    assert shifts(path, "--out", out).returncode == 0
    *_, lost = read_shift_table(out).shifts
    assert (lost.dx, lost.dy, str(lost.verdict)) == (0, 0, "FAIL")
    assert "2 groups on other guide stars agree" in lost.source
    assert shifts(path, "--out", out, "--other-guide-stars").returncode == 0
    *_, lost = read_shift_table(out).shifts
    assert abs(lost.dx - 0.0565) < 0.003 and abs(lost.dy + 0.105) < 0.003 and str(lost.verdict) == "FAIL"
    assert 0.005 < lost.dx_err < 0.010


def test_groups_of_one_name_in_two_fields_are_two_groups(tmp_path):
    path = several_fields(tmp_path / "fields.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0] + ",group", *(line + ",1.1" for line in lines[1:9])]) + "\n")
    result = shifts(path, "--out", tmp_path / "shifts.ecsv")
    assert result.returncode == 0, result.stderr
    table = read_shift_table(tmp_path / "shifts.ecsv").shifts
    assert [one.group.name for one in table] == ["30dor 1.1", "smacs 1.1"]
    assert [round(one.dx, 2) for one in table] == [0.2, 0.05]


def test_a_longer_filter_that_fails_takes_the_shift_of_the_shorter(tmp_path):
    lines = ["filter,exposure,dx_arcsec,dy_arcsec,matches"]
    for sequence, (filter_name, matches) in enumerate((("F2100W", 2), ("F560W", 60)), start=2):
        for number in range(1, 5):
            dx = 0.2 + 0.004 * (number % 2) + 0.3 * number * (matches == 2)
            lines.append(
                f"{filter_name},jw01040001001_0{sequence}101_{number:05},{dx:.5f},0.1{number}0,{matches}"
            )
    path = tmp_path / "filters.csv"
    path.write_text("\n".join(lines) + "\n")
    assert shifts(path, "--out", tmp_path / "shifts.ecsv").returncode == 0
    short, long = read_shift_table(tmp_path / "shifts.ecsv").shifts
    assert (short.filter, str(short.verdict)) == ("F560W", "PASS")
    assert (long.filter, str(long.verdict), long.source) == (
        "F2100W",
        "FAIL",
        "filter F560W, where it is PASS",
    )
    assert long.dx == short.dx
