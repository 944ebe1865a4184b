"""Any keyword of an exposure's header may be missing, blank or of the wrong type: a scan, or whole sentences."""

import re

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from miri_widgets.products.asdf_extension import asdf_fault
from miri_widgets.products.checks import program_contradictions
from miri_widgets.products.header_values import header_integer, header_number, header_text
from miri_widgets.products.scan import scan

KEYS = (
    *("TELESCOP", "INSTRUME", "DETECTOR", "EXP_TYPE", "FILTER", "SUBARRAY", "READPATT", "NINTS", "NGROUPS", "EFFEXPTM"),
    *("DATE-BEG", "DATE-OBS", "TIME-OBS", "DATE-END", "EXPSTART", "EXPMID", "EXPEND", "DATE"),
    *("PATT_NUM", "NUMDTHPT", "EXPOSURE", "GDSTARID", "GS_ID", "TARGPROP", "TARGNAME", "TARG_RA", "TARG_DEC"),
    *("PROGRAM", "OBSERVTN", "VISIT", "DATAMODL", "CAL_VER", "CRDS_CTX", "EXSEGNUM", "EXSEGTOT", "FILENAME"),
    *("SUBSTRT1", "SUBSTRT2", "SUBSIZE1", "SUBSIZE2", "BUNIT", "S_WCS", "NFRAMES", "TGROUP"),
)  # fmt: skip
IMAGE_KEYS = ("RA_REF", "DEC_REF", "S_REGION", "EXTNAME", "BUNIT", "EXTVER", "CTYPE1", "CRVAL1")
STRUCTURE = ("NAXIS", "NAXIS1", "NAXIS2", "BITPIX", "PCOUNT", "GCOUNT")
REMOVED, UNDEFINED = "removed", "undefined"
VALUES = st.one_of(
    st.just(REMOVED), st.just(UNDEFINED), st.just(""), st.just("   "), st.booleans(),
    st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["nan", "inf", "-1", "5.5", "1e400", "abc", "N/A", "2022-13-45", "T", "<b>&", "a'b", "x" * 60]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)  # fmt: skip
HOLES = re.compile(r"None|\bnan\b|''|\"\"|\(\)|\( |  | ;| ,|\bis ;|\bis $| of ;|Undefined|object at|Error\b")


class Products(dict):
    """Name and bytes by suffix; a failing example need not print them."""

    def __repr__(self):
        return "products"


@pytest.fixture(scope="module")
def bytes_of(tmp_path_factory):
    """Give name and bytes of a simulated product of any suffix, as a data model writes it."""
    from stdatamodels.jwst import datamodels

    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import cal_model

    folder = tmp_path_factory.mktemp("products")
    (exposure, *_) = calibrated_program("sparse", dithers=1, shape=(16, 24), effects=("noise",))
    with cal_model(exposure) as cal:
        products = {
            "uncal": datamodels.Level1bModel(data=np.zeros((2, 8, 16, 24), "u2")),
            "rate": datamodels.ImageModel(data=np.zeros((16, 24), "f4")),
            "cal": cal,
        }
        made = Products()
        for suffix, model in products.items():
            name = exposure.plan.name.with_suffix(suffix).filename
            if model is not cal:
                model.update(cal)
            model.meta.exposure.ngroups, model.meta.exposure.nints = 8, 2
            model.save(folder / name)
            made[suffix] = (name, (folder / name).read_bytes())
    return made


def write_changed(content, path, changes):
    """Change keywords byte by byte, as no FITS library would allow."""
    path.write_bytes(content)
    with fits.open(path, mode="update", output_verify="ignore") as hdus:
        for (extension, key), value in changes.items():
            header = hdus[extension].header
            if value == REMOVED:
                header.remove(key, ignore_missing=True)
            else:
                header[key] = fits.card.UNDEFINED if value == UNDEFINED else value


def check(folder, suffix):
    """Scan, and return all that a person reads."""
    found = scan([folder], suffix=suffix, index=folder / "index.json")
    again = scan([folder], suffix=suffix, index=folder / "index.json")
    assert repr(again) == repr(found)
    assert len(found.exposures) + len(found.problems) == 1
    words = [str(problem.error) for problem in found.problems]
    words += program_contradictions("01050", found.exposures, found.mosaics)
    for exposure in found.exposures:
        assert exposure.ngroups >= 1 and exposure.nints >= 1 and exposure.nx == 24 and exposure.ny == 16
        assert exposure.start != "T" and HOLES.search(exposure.label) is None
    return words


def assert_whole(words, changes):
    given_texts = [str(value) for value in changes.values()]
    for sentence in words:
        # what a person wrote may hold anything; the rest must be whole
        for text in sorted(given_texts, key=len, reverse=True):
            short = " ".join(text.split())[:20]
            if short:
                sentence = sentence.replace(short, "WRITTEN")
        assert HOLES.search(sentence) is None, sentence
        assert sentence.endswith("."), sentence


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    suffix=st.sampled_from(["uncal", "rate", "cal"]),
    changes=st.dictionaries(
        st.one_of(
            st.tuples(st.just(0), st.sampled_from(KEYS)),
            st.tuples(st.just(1), st.sampled_from(IMAGE_KEYS)),
        ),
        VALUES,
        min_size=1,
        max_size=4,
    ),
)
@example(suffix="cal", changes={(0, "EXP_TYPE"): REMOVED})
@example(suffix="cal", changes={(0, "PROGRAM"): 1050})
@example(suffix="uncal", changes={(0, "NGROUPS"): "inf"})
@example(suffix="uncal", changes={(0, "NINTS"): -3, (0, "NGROUPS"): REMOVED})
@example(suffix="rate", changes={(0, "DATE-BEG"): REMOVED, (0, "DATE-OBS"): UNDEFINED, (0, "TIME-OBS"): ""})
@example(suffix="rate", changes={(0, "EXPSTART"): REMOVED, (0, "EXPEND"): REMOVED})
@example(suffix="cal", changes={(0, "GDSTARID"): 7, (0, "VISIT"): True, (0, "TARGPROP"): 3.5})
def test_any_header_gives_a_scan_or_whole_sentences(bytes_of, tmp_path_factory, suffix, changes):
    name, content = bytes_of[suffix]
    folder = tmp_path_factory.mktemp("changed")
    write_changed(content, folder / name, changes)
    assert_whole(check(folder, suffix), changes)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    key=st.sampled_from([*KEYS, *IMAGE_KEYS, *STRUCTURE, "XTENSION", "SIMPLE", "END"]),
    card=st.one_of(
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=70),
        st.sampled_from(["= ", "= '", "= /", "=   T F"]),
    ),
    suffix=st.sampled_from(["uncal", "rate", "cal"]),
)
def test_any_card_gives_a_scan_or_a_sentence(bytes_of, tmp_path_factory, key, card, suffix):
    """Cards as an editor of bytes may leave them."""
    name, content = bytes_of[suffix]
    place = next((p for p in range(0, 100_000, 80) if content[p : p + 8] == key.ljust(8).encode()), None)
    if place is None:
        return
    folder = tmp_path_factory.mktemp("cards")
    changed = content[: place + 8] + card.ljust(72).encode()[:72] + content[place + 80 :]
    (folder / name).write_bytes(changed)
    found = scan([folder], suffix=suffix)
    assert len(found.exposures) + len(found.problems) == 1
    for problem in found.problems:
        assert str(problem.error).endswith(".") and "object at" not in str(problem.error)


@pytest.mark.parametrize("key", ["SUBARRAY", "READPATT", "NGROUPS", "NINTS", "EFFEXPTM"])
@pytest.mark.parametrize("value", [REMOVED, UNDEFINED, ""])
def test_keywords_that_reference_files_need_are_told_when_they_are_missing(bytes_of, tmp_path, key, value):
    name, content = bytes_of["uncal"]
    write_changed(content, tmp_path / name, {(0, key): value})
    (sentence,) = check(tmp_path, "uncal")
    assert sentence.startswith(f"{key} is missing in the header of {name}: ")


def test_groups_are_those_of_the_data(bytes_of, tmp_path):
    name, content = bytes_of["uncal"]
    write_changed(content, tmp_path / name, {(0, "NGROUPS"): 5})
    (exposure,) = scan([tmp_path], suffix="uncal").exposures
    assert (exposure.ngroups, exposure.nints) == (8, 2)
    (sentence,) = check(tmp_path, "uncal")
    assert "NGROUPS is 5 while the data have 8 groups" in sentence


@pytest.mark.parametrize(
    ("value", "text", "number", "integer"),
    [
        (REMOVED, "", -1.0, -1), (UNDEFINED, "", -1.0, -1), ("", "", -1.0, -1), (True, "True", -1.0, -1),
        (5, "5", 5.0, 5), (" 7 ", "7", 7.0, 7), ("2.5", "2.5", 2.5, -1), ("nan", "nan", -1.0, -1),
        ("1e400", "1e400", -1.0, -1), (10**12, "1000000000000", 1e12, -1), ("a  b", "a b", -1.0, -1),
    ],
)  # fmt: skip
def test_values_of_any_kind(value, text, number, integer):
    header = fits.Header()
    if value != REMOVED:
        header["KEY"] = fits.card.UNDEFINED if value == UNDEFINED else value
    assert (header_text(header, "KEY"), header_number(header, "KEY", -1.0)) == (text, number)
    assert header_integer(header, "KEY", -1) == integer


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_in_place_of_a_tree_give_words(content, needs_wcs):
    for raw in (content, b"#ASDF 1.0.0\n" + content, b"#ASDF 1.0.0\n--- {}\n...\n" + content):
        assert isinstance(asdf_fault(["ASDF"], raw, needs_wcs=needs_wcs), str)
