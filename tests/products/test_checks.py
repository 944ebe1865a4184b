"""Contradictions within a program, told as sentences; and silence where there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.checks import (
    filter_folders,
    program_contradictions,
    program_numbers,
    segmented_exposures,
    shift_signs,
    unmatched_exclusions,
)
from miri_widgets.products.exposure import Exposure
from miri_widgets.products.names import ExposureName
from miri_widgets.products.scan import scan
from miri_widgets.products.tables.shift_tables import ShiftTable


def exposure(folder="/data/F1130W/stage0", filter_name="F1130W", program="02729", header="02729", number=1):
    name = ExposureName.parse(f"jw{program}002001_02105_{number:05d}_mirimage_uncal.fits")
    return Exposure(
        path=Path(folder) / name.filename, name=name, filter=filter_name, subarray="FULL", readpatt="FASTR1", nints=1,
        ngroups=8, nx=1032, ny=1024, dither=number, dithers=10, start="", start_mjd=0.0, end_mjd=0.0,
        exposure_time=1.0, guide_star="", target="", ra=0.0, dec=0.0, s_region="", size=1, mtime_ns=1,
        header_program=header,
    )  # fmt: skip


def test_a_folder_that_names_another_filter_is_told_once_for_all_its_exposures():
    wrong = [exposure("/data/F1280W/stage0", number=number) for number in range(1, 21)]
    (line,) = filter_folders(wrong)
    assert line.startswith(
        "20 exposures in /data/F1280W are F1130W by the header, while the folder says F1280W"
    )


@pytest.mark.parametrize(
    "folder", ["/data/F1130W", "/data/30Dor_f1130w/stage0", "/data/raw", "/F1280W/a/b/c/d"]
)
def test_folders_that_agree_or_say_nothing_are_no_contradiction(folder):
    assert filter_folders([exposure(folder)]) == ()


def test_the_nearest_folder_counts():
    assert filter_folders([exposure("/data/F1280W/F1130W")]) == ()
    assert filter_folders([exposure("/data/F1130W/F1280W")])


def test_a_wrong_program_number_is_told():
    assert program_numbers("02729", [exposure()]) == program_numbers("2729", [exposure(header="2729")]) == ()
    assert program_numbers("", [exposure()]) == ()
    (line,) = program_numbers("02732", [exposure(program="02727", header="02727")])
    assert "1 exposure is of program 02727 by the header, while this program is 02732" in line
    (line,) = program_numbers("02732", [exposure(program="02727", header="02732")])
    assert "named as of program 02727, while the header says 02732" in line


@pytest.mark.parametrize(
    "keys",
    [{"CD1_2": 2.6e-5, "CD2_2": 1.5e-5}, {"PC1_2": 0.866, "PC2_2": 0.5, "CDELT1": 3e-5, "CDELT2": 3e-5}],
)
def test_grids_are_read_from_headers(tmp_path, keys):
    for number, crval in enumerate((10.0, 10.0, 10.5)):
        primary = fits.PrimaryHDU()
        primary.header.update(TELESCOP="JWST", FILTER="F770W", PROGRAM="02732")
        sci = fits.ImageHDU([[0.0] * 5] * 4, name="SCI")
        sci.header.update(CRVAL1=crval, CRVAL2=1.0, CRPIX1=2.5, CRPIX2=2.0, **keys)
        fits.HDUList([primary, sci]).writeto(tmp_path / f"m{number}_i2d.fits")
    found = scan([tmp_path], index=tmp_path / "index.json").mosaics
    assert found[0].angle == pytest.approx(60.0, abs=0.1)
    assert scan([tmp_path], index=tmp_path / "index.json").mosaics == found
    assert len(program_contradictions("", (), found)) == 1
    assert program_contradictions("", (), found[:2]) == ()


def table(*values, star="S1HP093172"):
    return ShiftTable(
        tuple(
            TrustedShift(
                Group(f"T{number}", (), "02107", "039", f"{number:03d}", star, ()),
                "F770W",
                dx,
                dy,
                0.005,
                0.005,
                0.0,
                0.0,
                4,
                4,
                Verdict.PASS,
                "",
            )
            for number, (dx, dy) in enumerate(values, start=1)
        )
    )


def test_a_lost_sign_is_told():
    good = [(-0.2523, -0.3152), (-0.2510, -0.3149), (-0.2530, -0.3160)]
    assert shift_signs(table(*good)) == ()
    (line,) = shift_signs(table(good[0], (0.2510, -0.3149), good[2]))
    assert line.startswith("dx of T2 is +0.2510 arcsec") and "sign was probably lost" in line
    (line,) = shift_signs(table(good[0], (0.2523, -0.3149)))
    assert line.startswith("dx of T1 and T2") and "one of them" in line


def test_an_outlier_is_told_and_small_or_lone_shifts_are_not():
    (line,) = shift_signs(table((0.4, 0.1), (0.41, 0.1), (1.2, 0.1)))
    assert line.startswith("dx of T3 is +1.2000 arcsec") and "measure it again" in line
    assert shift_signs(table((0.01, 0.0), (-0.01, 0.0), (0.01, 0.0))) == ()
    assert shift_signs(table((0.1, 0.1))) == ()
    assert shift_signs(table((-0.25, 0.1), (0.25, 0.1), (0.25, 0.1), star="")) == ()


def test_the_measured_shifts_of_the_lmc_field_are_no_contradiction():
    measured = table((0.1016, -0.1215), (0.0907, -0.1214))
    assert shift_signs(measured) == ()
    flipped = replace(measured.shifts[1], dy=0.1214)
    assert len(shift_signs(replace(measured, shifts=(measured.shifts[0], flipped)))) == 1


def segment(number, total=0, order=1):
    name = ExposureName.parse(f"jw01041001001_02101_{order:05d}-seg{number:03d}_mirimage_uncal.fits")
    return replace(exposure(), name=name, path=Path("/data") / name.filename, segments=total)


def test_segments_are_told_with_what_is_done_with_them():
    (sentence,) = segmented_exposures([segment(1, 2), segment(2, 2)])
    assert "1 exposure is in segments" in sentence
    assert "jw01041001001_02101_00001_mirimage (2 segments)" in sentence
    assert "Each segment is calibrated by itself and enters the mosaic" in sentence
    assert segmented_exposures([exposure()]) == ()


@pytest.mark.parametrize(
    ("there", "total", "missing"),
    [((1, 3), 0, "seg002 of 3 segments"), ((1,), 3, "seg002, seg003 of 3 segments"), ((2, 3), 3, "seg001 of 3 segments"),
     ((1,), 9, "seg002, seg003, seg004 and 5 more of 9 segments")],
)  # fmt: skip
def test_missing_segments_are_told_by_name_or_by_the_header(there, total, missing):
    first, second = segmented_exposures(
        [*(segment(number, total) for number in there), segment(1, 2, order=2), segment(2, 2, order=2)]
    )
    assert "2 exposures are in segments" in first
    assert second.startswith(
        f"jw01041001001_02101_00001_mirimage lacks {missing}: its integrations are missing"
    )


def test_the_number_of_segments_is_read_from_the_header(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header.update(
        TELESCOP="JWST", INSTRUME="MIRI", DETECTOR="MIRIMAGE", EXP_TYPE="MIR_IMAGE", FILTER="F770W", SUBARRAY="FULL",
        READPATT="FASTR1", NINTS=9, NGROUPS=5, EFFEXPTM=10.0, EXSEGNUM=1, EXSEGTOT=3,
    )  # fmt: skip
    path = tmp_path / "jw01041001001_02101_00001-seg001_mirimage_uncal.fits"
    fits.HDUList([primary, fits.ImageHDU(np.zeros((3, 5, 4, 4), "u2"), name="SCI")]).writeto(path)
    found = scan([tmp_path], suffix="uncal")
    told = program_contradictions("01041", found.exposures)
    assert any("lacks seg002, seg003 of 3 segments" in line for line in told), told


def test_exclusions_that_name_nothing_are_told(tmp_path):
    (tmp_path / "a_uncal.fits").touch()
    there = [tmp_path, tmp_path / "a_uncal.fits", tmp_path / "*_uncal.fits"]
    assert unmatched_exclusions(there) == ()
    (sentence,) = unmatched_exclusions([*there, tmp_path / "b_uncal.fits"])
    assert "b_uncal.fits, and nothing there has that name: correct or remove it." in sentence
