"""Dates come from whatever keyword has them, and are never 0."""

import math
import os
import subprocess
import sys

import pytest

from miri_widgets.products.dates import exposure_times, iso_mjd, julian_years, start_text

START = 59774.5


@pytest.mark.parametrize(
    "header",
    [
        {"EXPSTART": START, "EXPEND": START + 0.001},
        {"EXPSTART": 0.0, "MJD-BEG": START},
        {"EXPSTART": "", "DATE-BEG": "2022-07-14T12:00:00.000"},
        {"DATE-OBS": "2022-07-14", "TIME-OBS": "12:00:00.000"},
        {"EXPMID": START + 50 / 86400, "EFFEXPTM": 100.0},
    ],
)
def test_epoch_1858_never_happens(header):
    start, end = exposure_times(header)
    assert start == pytest.approx(START, abs=1e-8) and end >= start


def test_no_date_is_nan_and_no_text():
    assert all(math.isnan(one) for one in exposure_times({"EXPSTART": 0.0, "EFFEXPTM": 10.0}))
    assert start_text({}) == ""
    assert math.isnan(iso_mjd("2022-13-45"))


def test_epochs_in_every_form():
    years = julian_years(
        ["2016.0", "J2015.5", "57388.5", "2457389.0", "2016-01-01T12:00:00", "B1950", "", "x"]
    )
    assert years[:6] == pytest.approx([2016, 2015.5, 2016, 2016, 2016, 1949.99979], abs=1e-3)
    assert all(math.isnan(year) for year in years[6:])


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_time_zones_and_languages_change_nothing(zone):
    code = "from miri_widgets.products.dates import iso_mjd; print(iso_mjd('2022-07-14T12:00:00'))"
    environment = {**os.environ, "TZ": zone, "LC_ALL": "de_DE.UTF-8"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert float(told.stdout) == START
