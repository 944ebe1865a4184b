"""Catalogues of any program give the same positions, in ICRS at the same epoch, or one sentence."""

import gzip
import math

import numpy as np
import pytest
from astropy.coordinates import (
    FK4,
    FK5,
    BarycentricMeanEcliptic,
    Galactic,
    GeocentricTrueEcliptic,
    SkyCoord,
    Supergalactic,
)
from astropy.io import fits
from astropy.table import Column, QTable, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miri_widgets.errors import BadTableError
from miri_widgets.products.tables.reference_catalogs import read_reference_catalog
from miri_widgets.products.tables.source_catalogs import read_catalog

RA, DEC = np.array([83.81, 83.825, 83.84]), np.array([-5.39, -0.385, -5.38])
SKY = SkyCoord(RA, DEC, unit="deg")
FRAMES = {
    "ra dec": ("icrs", ("ra", "dec")),
    "J2000": ("icrs", ("RAJ2000", "DEJ2000")),
    "brackets": ("icrs", ("RA (ICRS)", "Dec (ICRS)")),
    "CDS": ("icrs", ("RAdeg", "DEdeg")),
    "SExtractor": ("icrs", ("ALPHA_SKY", "DELTA_SKY")),
    "B1950": ("fk4", ("RAB1950", "DEB1950")),
    "B1950 in brackets": ("fk4", ("RA (B1950)", "Dec (B1950)")),
    "galactic": ("galactic", ("GLON", "GLAT")),
    "l b": ("galactic", ("l", "b")),
    "ecliptic": ("barycentricmeanecliptic", ("ELON", "ELAT")),
}
UNITS = {"deg": 1.0, "rad": math.pi / 180, "arcmin": 60.0, "arcsec": 3600.0, "mas": 3.6e6, "": 1.0}
MISSING = ("null", "N/A", "--", "INDEF", "NaN", "", "...", "\\N", "-999")
TABLES = {"t.fits": "fits", "t.ecsv": "ascii.ecsv", "t.vot": "votable", "t.txt": "ascii.mrt"}


def write(tmp_path, content, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, **options):
    found = read_reference_catalog(path, **options)
    return found.ra, found.dec, found.notes


def lines(names, *columns, head=""):
    return (
        head
        + ",".join(names)
        + "\n"
        + "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))
    )


def axes(frame):
    """Longitude and latitude of the stars in a frame, degrees."""
    data = SKY.transform_to(frame).spherical
    return data.lon.deg, data.lat.deg


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(FRAMES)),
    unit=st.sampled_from(sorted(UNITS)),
    separator=st.sampled_from([",", ";", "\t", "|", " "]),
    mark=st.sampled_from(MISSING),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    comma=st.booleans(),
    zipped=st.booleans(),
    pm_unit=st.sampled_from(["mas/yr", "arcsec/yr", "deg/yr", ""]),
)
def test_catalogue_law_of_text(tmp_path, kind, unit, separator, mark, encoding, ends, comma, zipped, pm_unit):
    frame, names = FRAMES[kind]
    if separator == " ":
        # spaces divide cells: none in names, and no empty cell
        names, mark = tuple(f'"{name}"' for name in names), mark or "null"
    if kind in ("brackets", "B1950 in brackets", "CDS") or separator == " ":
        unit = ""
    if unit:
        names = tuple(f"{name}[{unit}]" for name in names)
    if unit in ("arcmin", "arcsec", "mas") and mark == "-999":
        # a place on the sky
        mark = "null"
    lon, lat = (values * UNITS[unit] for values in axes(frame))
    motion = {"mas/yr": 2000.0, "arcsec/yr": 2.0, "deg/yr": 2 / 3600, "": 2000.0}[pm_unit]

    def number(value):
        text = repr(float(value))
        return text.replace(".", ",") if comma and separator != "," else text

    head = [*names, f"pmra[{pm_unit}]" if pm_unit else "pmra", "pmdec", "ref_epoch"]
    rows = [
        [number(x), number(y), number(motion), number(0.0), number(2016.0)]
        for x, y in zip(lon, lat, strict=True)
    ]
    rows.insert(1, [mark, number(lat[0]), mark, mark, number(2016.0)])
    text = ends.join(separator.join(row) for row in [head, *rows]) + ends
    content = text.encode(encoding)
    path = write(tmp_path, gzip.compress(content) if zipped else content, "t.csv.gz" if zipped else "t.csv")
    ra, dec, notes = read(path, epoch=2026.0)
    assert (ra - RA) * np.cos(np.deg2rad(DEC)) * 3600 == pytest.approx([20.0] * 3, abs=5e-3)
    assert dec == pytest.approx(DEC, abs=1e-6)
    assert any("1 of 4 rows have no position" in note for note in notes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["ra dec", "J2000", "CDS", "B1950", "galactic", "ecliptic"]),
    unit=st.sampled_from(sorted(UNITS)),
    file=st.sampled_from(
        ["t.fits", "t.fits.gz", "t.ecsv", "t.vot", "t.vot.gz", "binary.vot", "binary2.xml", "t.txt"]
    ),
)
def test_catalogue_law_of_tables_with_headers(tmp_path, kind, unit, file):
    frame, names = FRAMES[kind]
    unit = "" if kind == "CDS" else unit
    lon, lat = (np.append(values * UNITS[unit], np.nan) for values in axes(frame))
    columns = {
        name: Column(values, unit=unit or None) for name, values in zip(names, (lon, lat), strict=True)
    }
    form = TABLES[{"binary.vot": "t.vot", "binary2.xml": "t.vot"}.get(file, file.removesuffix(".gz"))]
    options = {"tabledata_format": file.split(".")[0]} if file.startswith("binary") else {}
    table = Table(columns)
    path = tmp_path / file.removesuffix(".gz")
    table[:3].write(path, format=form, overwrite=True) if form == "ascii.mrt" else table.write(
        path, format=form, overwrite=True, **options
    )
    if file.endswith(".gz"):
        path = write(tmp_path, gzip.compress(path.read_bytes()), file)
    ra, dec, _ = read(path)
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)


@pytest.mark.parametrize("form", ["t.ecsv", "t.fits"])
@pytest.mark.parametrize(
    "frame", [FK5(equinox="J1975"), FK4(equinox="B1900"), FK4(), Galactic(), BarycentricMeanEcliptic(equinox="J2015"),
              GeocentricTrueEcliptic(equinox="J2010"), Supergalactic()], ids=lambda frame: frame.name,
)  # fmt: skip
def test_skycoord_columns_of_any_frame_and_equinox(tmp_path, form, frame):
    QTable({"star": SKY.transform_to(frame), "n": [1, 2, 3]}).write(tmp_path / form)
    ra, dec, _ = read(tmp_path / form)
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)


@pytest.mark.parametrize("head", ["# equinox = B1950\n", "# RADESYS: FK4\n", "# coordinate system: FK4\n", "# Equinox 1950\n", "! B1950\n",
                                  "# COOSYS: eq_FK4\n", "# system = FK4\n# equinox = 1950.0\n"])  # fmt: skip
def test_a_frame_that_the_header_states_counts_and_is_noted(tmp_path, head):
    ra, dec, notes = read(write(tmp_path, lines(("ra", "dec"), *axes("fk4"), head=head)))
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)
    assert any("from FK4 B1950 to ICRS" in note for note in notes)


@pytest.mark.parametrize(
    "head",
    ["# equinox = J2000\n", "# epoch = 1950.0\n", "# observed at epoch B1950, ICRS\n", "# frame: fk5\n"],
)
def test_epochs_and_j2000_move_nothing(tmp_path, head):
    ra, _, notes = read(write(tmp_path, lines(("ra", "dec"), RA, DEC, head=head)))
    assert ra == pytest.approx(RA, abs=1e-9) and notes == ()


def test_an_equinox_of_fk5_counts_in_fits_headers(tmp_path):
    lon, lat = axes(FK5(equinox="J1975"))
    table = fits.BinTableHDU(Table({"RA": lon, "DEC": lat}))
    table.header["RADESYS"], table.header["EQUINOX"] = "FK5", 1975.0
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "t.fits")
    ra, dec, notes = read(tmp_path / "t.fits")
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)
    assert any("FK5 J1975" in note for note in notes)


def test_a_coordinate_system_of_a_votable_counts(tmp_path):
    lon, lat = axes("fk4")
    Table({"ra": Column(lon, unit="deg"), "dec": Column(lat, unit="deg")}).write(
        tmp_path / "t.vot", format="votable"
    )
    text = (tmp_path / "t.vot").read_text()
    text = text.replace(
        '<RESOURCE type="results">',
        '<COOSYS ID="old" system="eq_FK4" equinox="B1950"/>\n<RESOURCE type="results">',
    )
    text = text.replace('name="ra"', 'name="ra" ref="old"').replace('name="dec"', 'name="dec" ref="old"')
    assert "COOSYS" in text
    ra, dec, _ = read(write(tmp_path, text, "t.vot"))
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)


def test_minus_zero_degrees_in_columns_of_parts(tmp_path):
    text = "RAh RAm RAs DEd DEm DEs\n05 00 00.0 -00 30 00\n05 00 00.0 -05 30 00\n05 00 00.0 +00 30 00\n"
    ra, dec, _ = read(write(tmp_path, text, "t.txt"))
    assert list(ra) == [75.0] * 3 and list(dec) == [-0.5, -5.5, 0.5]
    text = "ra_h,ra_m,ra_s,dec_sign,dec_d,dec_m,dec_s\n5,0,0,-,0,30,0\n5,0,0,+,5,30,0\n"
    assert list(read(write(tmp_path, text))[1]) == [-0.5, 5.5]


def test_degrees_in_three_parts_above_24_are_no_hours(tmp_path):
    ra, dec, _ = read(write(tmp_path, "ra,dec\n83:48:36,-05:23:24\n10:00:00,-05:23:24\n"))
    assert ra == pytest.approx([83.81, 10.0]) and dec == pytest.approx([-5.39] * 2)


@pytest.mark.parametrize("name", ["coord", "coordinates", "coord1 (ICRS,J2000/2000)", "RADec"])
@pytest.mark.parametrize("separators", [":", " ", "hms"])
def test_both_angles_in_one_cell(tmp_path, name, separators):
    cells = SKY.to_string("hmsdms", precision=6, **({} if separators == "hms" else {"sep": separators}))
    ra, dec, _ = read(write(tmp_path, f'"{name}";mag\n' + "".join(f'"{cell}";1\n' for cell in cells)))
    assert ra == pytest.approx(RA, abs=1e-7) and dec == pytest.approx(DEC, abs=1e-7)


@pytest.mark.parametrize(
    "text",
    [
        "# ra dec name\n83.81 -5.39 \"A B\"\n83.825 -0.385 C\n83.84 -5.38 D\n",
        "#   1 NUMBER  Running object number\n#   2 FLUX_APER  Fluxes [count]\n#   4 ALPHA_J2000  Right ascension (J2000)  [deg]\n"
        "#   5 DELTA_J2000  Declination (J2000)  [deg]\n1 1 2 83.81 -5.39\n2 1 2 83.825 -0.385\n3 1 2 83.84 -5.38\n",
        "+------+------+\n| ra | dec |\n+------+------+\n| 83.81 | -5.39 |\n| 83.825 | -0.385 |\n| 83.84 | -5.38 |\n+------+-----+\n",
        "| ra | dec |\n|----|-----|\n| 83.81 | -5.39 |\n| 83.825 | -0.385 |\n| 83.84 | -5.38 |\n",
        "sep=;\nra;dec\n83,81;-5,39\n83,825;-0,385\n83,84;-5,38\n",
        "ra\tdec\nN\tN\n83.81\t-5.39\n83.825\t-0.385\n83.84\t-5.38\n",
        "My stars in Orion\nra,dec\n83.81,-5.39\n83.825,-0.385\n83.84,-5.38\n",
        "// from a colleague\nra,dec\n83.81,-5.39\n83.825,-0.385\n83.84,-5.38\n",
        "! from IRAF\nra dec\n83.81 -5.39 # the bright one\n83.825 -0.385\n83.84 -5.38\n",
        "#|ra|dec\n1|83.81|-5.39\n2|83.825|-0.385\n3|83.84|-5.38\n",
    ],
)  # fmt: skip
def test_layouts_of_other_programs(tmp_path, text):
    ra, dec, notes = read(write(tmp_path, text, "t.txt"))
    assert ra == pytest.approx(RA) and dec == pytest.approx(DEC) and notes == ()


def test_an_empty_line_at_the_end_of_a_cds_table_is_no_row(tmp_path):
    Table({"RAdeg": RA, "DEdeg": DEC}).write(tmp_path / "t.txt", format="ascii.mrt")
    assert read(write(tmp_path, (tmp_path / "t.txt").read_text() + "\n\n", "t.txt"))[2] == ()


def test_a_filling_off_the_sky_costs_its_row(tmp_path):
    ra, _, notes = read(write(tmp_path, "ra,dec\n83.81,-5.39\n-999,-999\n83.84,-5.38\n"))
    assert list(ra) == [83.81, 83.84]
    assert any("line 3" in note and "no place on the sky" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ra,dec\n05:00:00,-00h30m00s\n", "no angle"),
        (lines(("ra", "dec"), RA, DEC, head="# frame: galactic\n"), "frame is galactic"),
        ("lon,lat\n83.81,-5.39\n", "does not say what frame"),
        ("ra\tdec\n1,234\t2,345\n", "may be 1.234 or 1234"),
        ("gaia_ra,gaia_dec,star_ra,star_dec\n1,1,1,1\n", "one pair of columns"),
        ("<!DOCTYPE html>\n<html><body>Log in</body></html>\n", "a page of HTML"),
        (b"PK\x03\x04" + bytes(200), "a workbook"),
        (b"PAR1" + bytes(200), "a Parquet file"),
    ],
)
def test_what_cannot_be_read_safely_is_one_sentence(tmp_path, text, words):
    with pytest.raises(BadTableError) as caught:
        read(write(tmp_path, text))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_single_precision_is_noted(tmp_path):
    Table({"ra": RA.astype("f4"), "dec": DEC.astype("f4")}).write(tmp_path / "t.fits")
    assert any("steps of 0.027 arcsec" in note for note in read(tmp_path / "t.fits")[2])


def test_a_fits_file_of_several_tables_says_which_is_used(tmp_path):
    head = fits.BinTableHDU(Table({"Field Header Card": ["x"]}), name="LDAC_IMHEAD")
    stars = fits.BinTableHDU(Table({"ALPHA_J2000": RA, "DELTA_J2000": DEC}), name="LDAC_OBJECTS")
    other = fits.BinTableHDU(Table({"ra": [1.0], "dec": [2.0]}), name="OTHER")
    fits.HDUList([fits.PrimaryHDU(), head, stars]).writeto(tmp_path / "ldac.fits")
    assert read(tmp_path / "ldac.fits")[2] == ()
    fits.HDUList([fits.PrimaryHDU(), head, stars, other]).writeto(tmp_path / "two.fits")
    ra, _, notes = read(tmp_path / "two.fits")
    assert list(ra) == list(RA) and any(
        "2 tables: the first (LDAC_OBJECTS) is used" in note for note in notes
    )


@pytest.mark.parametrize(
    ("columns", "years"),
    [
        (("source_id", "ra", "dec"), 10.0),
        (("Source", "RAJ2000", "DEJ2000"), 26.0),
        (("source_id", "ra_epoch2000", "dec_epoch2000"), 26.0),
        (("designation", "ra", "dec"), 10.5),
    ],
)
def test_epochs_of_gaia_without_ref_epoch(tmp_path, columns, years):
    stars = ["Gaia DR2 1", "Gaia DR2 2", "Gaia DR2 3"]
    text = lines((*columns, "pmra", "pmdec"), stars, RA, DEC, [0] * 3, [1000.0] * 3)
    _, dec, notes = read(
        write(tmp_path, text if years == 10.5 else text.replace("Gaia DR2 ", "")), epoch=2026.0
    )
    assert (dec - DEC) * 3600 == pytest.approx([years] * 3, abs=1e-6)
    assert (years in (10.0, 10.5)) == any("does not say the epoch" in note for note in notes)


def test_motions_that_are_not_used_are_told(tmp_path):
    text = lines(("l", "b", "pm_l", "pm_b"), *axes("galactic"), [1] * 3, [1] * 3)
    assert any("pm_l, pm_b are not read" in note for note in read(write(tmp_path, text), epoch=2026.0)[2])
    text = lines(("ra", "dec", "pmra", "pmdec", "epoch"), RA, DEC, [1, 1e20, 1], [1, 1e20, 1], [2000] * 3)
    ra, _, notes = read(write(tmp_path, text), epoch=2026.0)
    assert ra[1] == RA[1] and any("none of a star" in note for note in notes)


def test_a_catalogue_of_the_source_catalog_step_of_jwst(tmp_path):
    helpers = pytest.importorskip("jwst.source_catalog.tests.helpers")
    from jwst.source_catalog import SourceCatalogStep
    from stdatamodels.jwst.datamodels import ABVegaOffsetModel

    offsets = ABVegaOffsetModel()
    offsets.abvega_offset = Table({"filter": ["F444W"], "pupil": ["CLEAR"], "abvega_offset": [3.2]})
    step = SourceCatalogStep(
        snr_threshold=0.5, npixels=5, bkg_boxsize=50, kernel_fwhm=2.0, save_results=False
    )
    step.override_apcorr, step.override_abvegaoffset = helpers.mock_apcorr(), offsets
    made = step.run(helpers.make_nircam_model())
    made.write(tmp_path / "image3_cat.ecsv", format="ascii.ecsv")
    assert {"sky_bbox_ll", "sky_centroid"} <= set(made.colnames)
    ra, dec, notes = read(tmp_path / "image3_cat.ecsv")
    # the corners of each source stand first in the header, by the alphabet
    assert ra == pytest.approx(made["sky_centroid"].ra.deg, abs=1e-9) and notes == ()
    assert dec == pytest.approx(made["sky_centroid"].dec.deg, abs=1e-9)
    sources = {source.number: source for source in read_catalog(tmp_path / "image3_cat.ecsv")}
    for row in made:
        source = sources[int(row["label"])]
        assert (source.x, source.y) == pytest.approx((row["xcentroid"], row["ycentroid"]))
        assert source.flux == pytest.approx(row["aper_total_flux"].to_value("uJy"), nan_ok=True)
