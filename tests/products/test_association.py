"""Associations: what members are for is read once, and a mistake is a sentence."""

import json

import pytest

from miri_widgets.errors import BadTableError, InputError, MissingFileError, MixedExposuresError
from miri_widgets.products.association import (
    background_members,
    check_members,
    read_association,
    read_members,
    science_members,
)

NAMES = [f"jw01041001001_02101_0000{number}_mirimage_cal.fits" for number in (1, 2, 3, 4)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cal").mkdir()
    for name in NAMES:
        (tmp_path / "cal" / name).write_bytes(b"SIMPLE")
    return tmp_path


def member(number, exptype="science", **more):
    return {"expname": f"cal/{NAMES[number]}", "exptype": exptype, **more}


def written(folder, *products, encoding="utf-8"):
    path = folder / "asn.json"
    content = {"asn_type": "image3", "products": [{"name": "x", "members": list(one)} for one in products]}
    path.write_text(json.dumps(content), encoding=encoding)
    return path


def test_asn_exptype_science_and_background_are_told_apart(folder):
    path = written(
        folder, [member(0), member(1, "SCIENCE"), member(2, "background"), member(3, "Background")]
    )
    assert [one.path.name for one in science_members(path)] == NAMES[:2]
    assert [one.path.name for one in background_members(path)] == NAMES[2:]
    assert len(check_members(path)) == 4


@pytest.mark.parametrize(
    "exptype", ["imprint", "selfcal", "target_acquisition", "psf", "sourcecat", "segmap"]
)
def test_other_members_take_no_part_and_may_be_elsewhere(folder, exptype):
    other = {"expname": "not_here.fits", "exptype": exptype}
    path = written(folder, [member(0), other])
    assert [one.path.name for one in science_members(path)] == NAMES[:1]
    assert background_members(path) == ()


def test_members_of_several_products_count_once_and_science_comes_first(folder):
    path = written(
        folder,
        [member(0), member(1, "background")],
        [member(1), member(0, "background"), member(2, "background")],
    )
    assert [one.path.name for one in science_members(path)] == NAMES[:2]
    assert [one.path.name for one in background_members(path)] == NAMES[2:3]


def test_a_member_twice_counts_once_and_two_products_of_one_exposure_do_not(folder):
    assert len(science_members(written(folder, [member(0), member(0)]))) == 1
    (folder / NAMES[0]).write_bytes(b"SIMPLE")
    path = written(folder, [member(0), {"expname": NAMES[0], "exptype": "science"}])
    with pytest.raises(MixedExposuresError, match="twice"):
        science_members(path)


def test_absolute_places_and_what_else_a_member_says(folder):
    entry = {"expname": str(folder / "cal" / NAMES[0]), "exptype": "science", "group_id": "a"}
    (found,) = science_members(written(folder, [entry]))
    assert found.path == folder / "cal" / NAMES[0] and found.entry["group_id"] == "a"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_boms_and_notepad(folder, encoding):
    assert len(science_members(written(folder, [member(0)], encoding=encoding))) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no association"),
        ("3", "no association"),
        ('{"products": {}}', "no association"),
        ('{"products": [1]}', "no association"),
        ('{"products": []}', "has no members"),
        ('{"products": [{}]}', "has no members"),
        ('{"products": [{"members": []}]}', "has no members"),
        ('{"products": [{"members": {}}]}', "members of a product are no list"),
        ('{"products": [{"members": ["a.fits"]}]}', "has no expname"),
        ('{"products": [{"members": [{"expname": 3}]}]}', "has no expname"),
        ('{"products": [{"members": [{"expname": " "}]}]}', "has no expname"),
        (
            '{"products": [{"members": [{"expname": "a.fits"}]}]}',
            "a.fits has no exptype; expected one of science",
        ),
        ('{"products": [{"members": [{"expname": "a.fits", "exptype": null}]}]}', "no exptype"),
        ('{"products": [{"members": [{"expname": "a.fits", "exptype": "scienc"}]}]}', "expected science[?]"),
        ('{"products": [{"members": [{"expname": "a\\u0000.fits", "exptype": "science"}]}]}', "is gone"),
        ('{"products": [{"members": [{"expname": "a.fits", "exptype": "science"}]}]}', "a.fits is gone"),
        ('{"products": [{"members": [{"expname": "a.fits", "exptype": "background"}]}]}', "a.fits is gone"),
        ('{"products": [{"members": [{"expname": "a.fits", "exptype": "psf"}]}]}', "members of psf only"),
    ],
)
def test_mistakes_are_sentences(tmp_path, content, words):
    path = tmp_path / "asn.json"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        science_members(path)


def test_a_folder_and_a_name_that_is_not_there(tmp_path):
    with pytest.raises(BadTableError, match="is a folder"):
        read_association(tmp_path)
    with pytest.raises(MissingFileError, match=r"no file asn\.json"):
        read_members(tmp_path / "asn.json")
