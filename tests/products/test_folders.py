"""Folders as a person types them: what is in them, completion, and a sentence for whatever else is typed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.products import folders
from miri_widgets.products.folders import complete_path, list_folder, typed_path


@pytest.fixture
def tree(tmp_path):
    for name in ("night one/uncal", "night two", ".hidden"):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        "night one/uncal/a_uncal.fits",
        "night one/b_uncal.fits.gz",
        "night one/c_rate.fits",
        "m.csv",
    ):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_tells_what_is_in_it_and_below(tree):
    found = list_folder(tree, (".csv",))
    assert (found.folders, found.files, dict(found.counts), found.whole) == (
        ("night one", "night two"),
        ("m.csv",),
        {"uncal": 2, "rate": 1},
        True,
    )
    assert list_folder(tree / "night two").counts == {}


def test_a_file_is_chosen_in_its_folder_when_it_is_of_the_kind(tree):
    found = list_folder(tree / "m.csv", (".csv",))
    assert (found.path, found.chosen) == (tree.resolve(), (tree / "m.csv").resolve())
    for suffixes in ((), (".ecsv",)):
        with pytest.raises(MiriWidgetsError, match=r"m\.csv is a file"):
            list_folder(tree / "m.csv", suffixes)


def test_a_disk_is_not_searched_to_its_end(tree, monkeypatch):
    monkeypatch.setattr(folders, "MOST_ENTRIES", 2)
    assert not list_folder(tree).whole


def test_links_that_go_round_end(tree):
    (tree / "round").symlink_to(tree / "round")
    (tree / "night two" / "up").symlink_to(tree)
    assert list_folder(tree).counts == {"uncal": 2, "rate": 1}
    with pytest.raises(MiriWidgetsError):
        list_folder(tree / "round")


def test_a_folder_that_may_not_be_read_says_so(tree, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "no", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(MiriWidgetsError, match="no permission to look into"):
        list_folder(tree)
    assert complete_path(str(tree)) == ()


@pytest.mark.parametrize(
    "text", ["", "  ", "data/1040", "/a\0b", "/a\nb", "~nobody_of_this_name/x", "/" + "a" * 5000]
)
def test_what_is_no_path_is_a_sentence(text):
    with pytest.raises(MiriWidgetsError):
        typed_path(text)
    assert complete_path(text) == ()


@given(text=st.text(max_size=40))
def test_any_text_gives_a_listing_or_a_sentence(text):
    try:
        found = list_folder(typed_path("/nowhere_of_this_name/" + text))
    except MiriWidgetsError:
        return
    assert found.path.is_dir()  # as "/nowhere/.." does


def test_what_is_typed_is_completed(tree):
    assert complete_path(str(tree / "nig")) == (str(tree / "night one"), str(tree / "night two"))
    assert complete_path(f"{tree / 'night one'}/") == (str(tree / "night one" / "uncal"),)
    assert complete_path(str(tree / ".h")) == (str(tree / ".hidden"),)
    assert complete_path(f"~{Path('/')}no such folder") == ()
