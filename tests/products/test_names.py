"""The file-name grammar: taking apart and putting together are inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.errors import WrongSuffixError
from miri_widgets.products.names import (
    SUFFIXES,
    ExposureName,
    MosaicName,
    original_name,
    root_of,
    suffix_of,
)

digits = lambda n: st.integers(0, 10**n - 1).map(lambda number: f"{number:0{n}d}")  # noqa: E731

names = st.builds(
    ExposureName,
    program=digits(5),
    observation=digits(3),
    visit=digits(3),
    visit_group=digits(2),
    sequence=digits(1),
    activity=digits(2),
    exposure=digits(5),
    detector=st.just("mirimage"),
    suffix=st.sampled_from(SUFFIXES),
    segment=st.one_of(st.just(""), digits(3)),
)


@given(names)
def test_round_trip(name):
    assert ExposureName.parse(name.filename) == name
    assert suffix_of(name.filename) == name.suffix


def test_image3_name_of_a_crf():
    name = ExposureName.parse("jw01234001001_02101_00001_mirimage_a3001_crf.fits")
    assert name.root == "jw01234001001_02101_00001_mirimage"
    assert name.suffix == "crf"


@pytest.mark.parametrize(
    "name", ["x.fits", "jw1.fits", "<b>.fits", "jw01234001001_02101_00001_mirimage_uncal.txt"]
)
def test_other_names(name):
    with pytest.raises(WrongSuffixError, match="expected a JWST name"):
        ExposureName.parse(name)


@pytest.mark.parametrize("candidate", ["o001", "a3001", "c1000", "r0012", "O001"])
def test_o001_crf_letter_and_three_or_four_digits(candidate):
    name = ExposureName.parse(f"/data/jw01041001001_02101_00001_mirimage_{candidate}_crf.fits")
    assert (name.root, name.suffix, name.candidate) == (
        "jw01041001001_02101_00001_mirimage",
        "crf",
        candidate.lower(),
    )
    assert ExposureName.parse(name.filename) == name


@pytest.mark.parametrize("candidate", ["o01", "o00001", "001", "oo001"])
def test_other_words_before_the_suffix_are_no_candidate(candidate):
    with pytest.raises(WrongSuffixError):
        ExposureName.parse(f"jw01041001001_02101_00001_mirimage_{candidate}_crf.fits")


@given(names, st.sampled_from([".fits", ".fits.gz", ".FITS", ".FITS.GZ"]), st.booleans())
def test_root_and_suffix_of_any_spelling(name, ending, upper):
    spelt = name.filename.removesuffix(".fits")
    spelt = (spelt.upper() if upper else spelt) + ending
    assert root_of(spelt) == name.root
    assert suffix_of(spelt) == name.suffix


@pytest.mark.parametrize(
    ("name", "root"),
    [
        ("jw01040-o001_t001_miri_f560w-sub128_i2d.fits", "jw01040-o001_t001_miri_f560w-sub128"),
        ("jw01040-o001_t001_miri_f560w-sub128_i2d.fits.gz", "jw01040-o001_t001_miri_f560w-sub128"),
        ("demo_f770w_i2d.fits", "demo_f770w"),
        ("star.fits", "star"),
        ("", ""),
    ],
)
def test_root_of_mosaics_and_of_any_name(name, root):
    assert root_of(name) == root


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("jw01040-o001_t001_miri_f560w-sub128_i2d.fits", ("01040", "o001", "t001", "miri", "001")),
        ("jw02736-o002_t002_nircam_clear-f090w_i2d.fits.gz", ("02736", "o002", "t002", "nircam", "002")),
        ("JW02736-C1001_T001_MIRI_F770W_i2d.fits", ("02736", "c1001", "t001", "miri", "")),
        ("jw02736-a3001_t002-epoch1_miri_f770w_i2d.fits", ("02736", "a3001", "t002", "miri", "")),
    ],
)
def test_mosaic_names(name, parts):
    found = MosaicName.parse(name)
    assert (found.program, found.candidate, found.target, found.instrument, found.observation) == parts
    assert found.suffix == "i2d"


@pytest.mark.parametrize("name", ["demo_f770w_i2d.fits", "jw01040_f560w_i2d.fits", "jw01040-o001_i2d.fits"])
def test_our_own_mosaics_have_no_name_of_the_archive(name):
    assert MosaicName.parse(name) is None


@pytest.mark.parametrize(
    "end",
    [" (1).fits", "(2).fits", ".fits (1)", ".fits.1", " copy.fits", " - Copy (3).fits", " 2.fits", ".FITS"],
)
def test_second_copies_of_browsers_and_file_managers(end):
    root = "jw01041001001_02101_00001_mirimage"
    assert original_name(f"{root}_uncal{end}") == f"{root}_uncal.fits"


@pytest.mark.parametrize("name", ["image (1).fits", "jw01041001001_02101_00001_mirimage_uncal.txt", ""])
def test_other_names_are_no_copies(name):
    assert original_name(name) == ""
