"""Neither the language nor the time zone of a machine changes a number or a date."""

import os
import shutil
import subprocess
import sys

import pytest

PROGRAM = """
import json, locale, sys, time
from pathlib import Path
if sys.argv[2]:
    locale.setlocale(locale.LC_ALL, sys.argv[2])
    assert locale.localeconv()["decimal_point"] == ","
from miri_widgets.products.dates import exposure_times, iso_mjd, julian_years, start_text
from miri_widgets.products.tables.measured_shifts import read_measured_shifts
from miri_widgets.products.tables.reference_catalogs import read_reference_catalog
from miri_widgets.products.tables.region_files import read_regions, write_regions
from miri_widgets.products.scan import scan
from astropy.io import fits
from astropy.wcs import WCS
folder = Path(sys.argv[1])
(folder / "again.reg").unlink(missing_ok=True)
regions = read_regions(folder / "a.reg")
write_regions(folder / "again.reg", regions)
one = scan([folder]).exposures[0]
shift = read_measured_shifts(folder / "shifts.csv").measurements[0]
catalog = read_reference_catalog(folder / "stars.csv", epoch=2024.5)
wcs = WCS(fits.getheader(one.path, "SCI"))
header = {"DATE-BEG": "2024-01-01T12:30:00.5", "EFFEXPTM": "86.4"}
print(json.dumps([
    catalog.ra.tolist(), catalog.dec.tolist(), shift.dx, shift.dy, (folder / "again.reg").read_text(),
    exposure_times(header), start_text({"EXPSTART": "60310.520839"}), iso_mjd("2024-01-01"), julian_years(["2024-07-01", "J2015.5"]).tolist(),
    one.start, one.start_mjd, one.ra, one.exposure_time, list(map(float, wcs.all_pix2world(10.5, 20.5, 0))), wcs.to_header_string(),
], default=float))
"""
NAMES = ("de_DE", "ru_RU")


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """Locales with decimal commas, made for these tests; nothing is installed."""
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef, which makes locales")
    folder = tmp_path_factory.mktemp("locales")
    for name in NAMES:
        subprocess.run(
            ["localedef", "-c", "-i", name, "-f", "UTF-8", folder / f"{name}.UTF-8"],
            check=False,
            capture_output=True,
        )
        if not (folder / f"{name}.UTF-8").is_dir():
            pytest.skip(f"localedef has no source for {name}")
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    import numpy as np
    from astropy.io import fits

    folder = tmp_path_factory.mktemp("data")
    (folder / "a.reg").write_text(
        'fk5\ncircle(83.812345,-5.391234,1.25")\nbox(83.8,-5.39,10.5",2.25",33.5)\n'
    )
    (folder / "stars.csv").write_text(
        "ra,dec,pmra,pmdec,ref_epoch\n83.812345,-5.391234,12.5,-3.25,2016.0\n5:35:15.5,-5:23:28.5,,,\n"
    )
    (folder / "shifts.csv").write_text("exposure;dx_mas;dy_mas\njw01234001001_02101_00001;104,25;-11,5\n")
    primary = fits.PrimaryHDU()
    primary.header.update(
        TELESCOP="JWST", INSTRUME="MIRI", DETECTOR="MIRIMAGE", EXP_TYPE="MIR_IMAGE", FILTER="F770W", SUBARRAY="SUB64",
        READPATT="FASTR1", NINTS=1, NGROUPS=5, EFFEXPTM="10.5", EXPSTART=60310.520839,
    )  # fmt: skip
    sci = fits.ImageHDU(np.zeros((64, 72), "f4"), name="SCI")
    sci.header.update(
        RA_REF=83.8125, DEC_REF=-5.3925, CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=83.8125, CRVAL2=-5.3925,
        CRPIX1=36.5, CRPIX2=32.5, CDELT1=-3.05e-5, CDELT2=3.05e-5, PC1_2=0.0875,
    )  # fmt: skip
    fits.HDUList([primary, sci]).writeto(folder / "jw01234001001_02101_00001_mirimage_rate.fits")
    return folder


def output(files, locale_name="", locales=None, zone="UTC"):
    environment = {**os.environ, "TZ": zone, "PYTHONUTF8": "1"}
    if locale_name:
        environment.update(LC_ALL=locale_name, LANG=locale_name, LOCPATH=str(locales))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(files), locale_name], env=environment, capture_output=True, text=True, check=False, timeout=300
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def plain(files):
    return output(files)


@pytest.mark.parametrize("name", NAMES)
def test_decimal_commas_of_a_language_change_nothing(files, plain, locales, name):
    assert output(files, f"{name}.UTF-8", locales) == plain


def test_time_zones_change_nothing(files, plain):
    assert output(files, zone="Pacific/Kiritimati") == plain


def test_no_module_asks_for_the_language_or_the_time_zone():
    from pathlib import Path

    import miri_widgets

    found = [
        f"{path.name}: {word}"
        for path in Path(miri_widgets.__file__).parent.rglob("*.py")
        for word in (
            "import locale",
            "time.localtime",
            "datetime.now()",
            ".fromtimestamp(",
            "utcnow",
            "time.ctime",
            ":n}",
            "%b",
            "%B %Y",
        )
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []
