"""Texts of a paper: no advice for a page, no folders, no long numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from miri_widgets.report.texts import count_text, short_numbers, without_advice, without_folders


def test_advice_for_a_page_is_left_out_of_a_paper():
    text = "nothing is here; expected a grid: press Make in the Program tab."
    assert without_advice(text) == "nothing is here; expected a grid."
    assert (
        without_advice("Pressure is no advice. Version 1.2 ran.") == "Pressure is no advice. Version 1.2 ran."
    )
    assert without_advice("Press Run.") == ""
    assert (
        count_text(1, 20, "exposure") == "1 of 20 exposures is"
        and count_text(2, 2, "run") == "2 of 2 runs are"
    )
    assert count_text(1, 1, "run") == "1 of 1 run is"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("/home/a b/work/runs/x_cal.fits", "runs/x_cal.fits"),
        ("read (/data/x/gaia.ecsv), then", "read (gaia.ecsv), then"),
        ("from '~/points.reg'.", "from 'points.reg'."),
        ("in C:\\Users\\me\\cat.ecsv and \\\\host\\share\\b.fits", "in cat.ecsv and b.fits"),
        ("/mnt/My Stars/gaia cat.ecsv", "gaia cat.ecsv"),
        (
            "12 MJy/sr, 1/f, N/A, https://doi.org/10.1/x and/or",
            "12 MJy/sr, 1/f, N/A, https://doi.org/10.1/x and/or",
        ),
        ("In /home/a b/work are files", "In work are files"),
    ],
)
def test_folders_of_a_machine_are_not_printed(text, printed):
    assert without_folders(text, (Path("/home/a b/work"),)) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0.30000000000000004 mas", "0.3 mas"),
        ("MJD 60310.123456789.", "MJD 60310.123."),
        ("rms 1.23456789012e-09", "rms 1.23457e-09"),
        ("0.12345678 of 60310.123", "0.12345678 of 60310.123"),
        (
            "jwst 1.20.3.dev12345678901 at 2024-01-02T00:00:00.1234567890",
            "jwst 1.20.3.dev12345678901 at 2024-01-02T00:00:00.1234567890",
        ),
    ],
)
def test_long_numbers_are_shortened(text, printed):
    assert short_numbers(text) == printed


@pytest.mark.parametrize(
    "text", ["Use dedicated background exposures.", "Do not use steps here.", "Take care with nebulae."]
)
def test_a_paper_gives_no_orders(text):
    assert without_advice(text) == ""
    assert without_advice(f"Faint emission is lost: {text[0].lower()}{text[1:]}") == "Faint emission is lost."
