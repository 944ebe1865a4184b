"""Tables of any program give the same numbers, or one sentence."""

import math

import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError
from miri_widgets.products.tables import read_table
from miri_widgets.products.tables.measured_shifts import read_measured_shifts
from miri_widgets.products.tables.reference_catalogs import read_reference_catalog

ROOT = "jw01041001001_02101_0000{}"
ARCSEC = {"arcsec": 1.0, "mas": 1e3, "deg": 1 / 3600, "arcmin": 1 / 60, "rad": math.pi / 648000, "uas": 1e6}
MISSING = ("null", "NULL", "N/A", "n/a", "--", "INDEF", "NaN", "None", "", "...", "\\N")


def write(tmp_path, text, name="table.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    unit=st.sampled_from(sorted(ARCSEC)),
    style=st.sampled_from(["{} [{}]", "{} ({})", "{}_{}"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    mark=st.sampled_from(MISSING),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    ends=st.sampled_from(["\n", "\r\n"]),
    comma=st.booleans(),
    shift=st.floats(-2, 2).map(lambda value: round(value, 6)),
)
def test_table_law(tmp_path, unit, style, separator, mark, encoding, ends, comma, shift):
    def number(value):
        text = repr(value * ARCSEC[unit])
        return text.replace(".", ",") if comma and separator != "," else text

    names = ["exposure", style.format("dx", unit), style.format("dy", unit)]
    rows = [[ROOT.format(1), number(shift), number(-0.25)], [ROOT.format(2), mark, number(0.5)]]
    text = ends.join(separator.join(row) for row in [names, *rows]) + ends
    found = read_measured_shifts(write(tmp_path, text, encoding=encoding)).measurements
    assert (found[0].dx, found[0].dy) == pytest.approx((shift, -0.25), abs=1e-9)
    assert math.isnan(found[1].dx) and found[1].dy == pytest.approx(0.5)


def test_ecsv_units_give_the_same_numbers_and_pixels_are_refused(tmp_path):
    def table(unit, factor):
        columns = {"exposure": [ROOT.format(1)], "dx": [0.1 * factor] * unit, "dy": [-0.11 * factor] * unit}
        QTable(columns).write(tmp_path / "m.ecsv", overwrite=True)
        return read_measured_shifts(tmp_path / "m.ecsv").measurements[0]

    for name, factor in ARCSEC.items():
        one = table(units.Unit(name), factor)
        assert (one.dx, one.dy) == pytest.approx((0.1, -0.11), abs=1e-12), name
    with pytest.raises(BadTableError, match="gives dx in pix"):
        table(units.pix, 1)


def test_gaia_null_keeps_the_position(tmp_path):
    text = "source_id,ref_epoch,ra,dec,pmra,pmdec\n1,2016.0,83.81,-5.39,1.5,-2.0\n2,2016.0,83.82,-5.38,null,null\n"
    found = read_reference_catalog(write(tmp_path, text), epoch=2022.0)
    assert len(found) == 2 and found.moving == 1
    assert (found.ra[1], found.dec[1]) == (83.82, -5.38)


def test_one_bad_cell_costs_one_row_which_is_named(tmp_path):
    found = read_reference_catalog(write(tmp_path, "ra,dec\n5.0,1.0\n5.1,oops\n5.2,n/a\n5.3,1.3\n"))
    assert list(found.ra) == [5.0, 5.3]
    assert any("line 3" in note and "oops" in note for note in found.notes)
    assert any("2 of 4 rows have no position" in note for note in found.notes)


def test_vizier_rows_of_units_and_dashes(tmp_path):
    text = (
        "#RESOURCE=yCat_1355\n#Name: I/355/gaiadr3\n#Column\tRA_ICRS\t(F15.11)\tRight ascension\n"
        "RA_ICRS\tDE_ICRS\tpmRA\tpmDE\tEpoch\ndeg\tdeg\tmas/yr\tmas/yr\tyr\n"
        "---------------\t---------------\t---------\t---------\t------\n"
        " 83.81000000000\t -05.39000000000\t    1.500\t   -2.000\t2016.0\n"
        " 83.82000000000\t -05.38000000000\t         \t         \t2016.0\n"
    )
    found = read_reference_catalog(write(tmp_path, text, "vizier.tsv"), epoch=2016.0)
    assert found.ra == pytest.approx([83.81, 83.82]) and found.moving == 1 and found.notes == ()


@pytest.mark.parametrize("frame", ["icrs", "galactic", "fk5"])
def test_skycoord_columns_as_jwst_writes_them(tmp_path, frame):
    sky = SkyCoord([83.81, 83.82], [-5.39, -5.38], unit="deg")
    QTable({"label": [1, 2], "sky_centroid": getattr(sky, frame)}).write(tmp_path / "image3_cat.ecsv")
    found = read_reference_catalog(tmp_path / "image3_cat.ecsv")
    assert found.ra == pytest.approx([83.81, 83.82], abs=1e-5)
    assert found.dec == pytest.approx([-5.39, -5.38], abs=1e-5)


@pytest.mark.parametrize(
    "text",
    ["RA [hourangle],dec\n5.0,1.0\n", "ra_rad,dec_rad\n1.3089969389957472,0.017453292519943295\n",
     "ra,dec\n05:00:00,+01:00:00\n", "ra;dec\n75,0;1,0\n", "# ra dec\n75.0 1.0\n", "| ra|dec|\n| double|double|\n 75 1.0 \n"],
)  # fmt: skip
def test_one_position_in_many_forms(tmp_path, text):
    found = read_reference_catalog(write(tmp_path, text, "stars.txt"))
    assert (found.ra[0], found.dec[0]) == pytest.approx((75.0, 1.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ra,RA,dec\n1,2,3\n", "columns ra and RA"),
        ("ra,dec\n", "no lines below its header"),
        ("ra,dec\n1,2,3\n4,5,6\n", "has 3 cells, the header has 2"),
        ("1.0,2.0\n3.0,4.0\n", "no line with the names"),
        ("ra;dec\n1,5;1\n2.5;1\n", "decimal points or decimal commas"),
        ("ra [pix],dec\n1,2\n", "gives ra [pix] in pix"),
    ],
)
def test_what_is_no_table_is_one_sentence(tmp_path, text, words):
    with pytest.raises(BadTableError) as caught:
        read_reference_catalog(write(tmp_path, text))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_fortran_exponents_and_unicode_minus(tmp_path):
    table = read_table(write(tmp_path, "a,b\n1.5D-3,\u22122.5\n99.99,1\n"))
    assert list(table.numbers(0)) == [0.0015, 99.99] and list(table.numbers(1)) == [-2.5, 1]
