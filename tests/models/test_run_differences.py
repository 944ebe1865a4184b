"""Which two runs or files are compared, and what is told of them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.analysis.comparable_runs import choice_of
from miri_widgets.models.run_differences import RunDifferencesModel
from miri_widgets.run.records import Record, write_record


def write_product(path, level=1.0, flags=0, shape=(6, 8), dq=True, **cards):
    path.parent.mkdir(parents=True, exist_ok=True)
    science = fits.ImageHDU(np.full(shape, level, np.float32), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    hdus = [
        primary,
        science,
        *([fits.ImageHDU(np.full(shape[-2:], flags, np.uint32), name="DQ")] if dq else []),
    ]
    fits.HDUList(hdus).writeto(path, overwrite=True)
    return path


def write_run(workspace, key, finished, *, stage="image2", label="x", level=1.0, name="x_cal.fits", **values):
    folder = workspace / "runs" / stage / key
    path = write_product(folder / name, level)
    made = {path.name: path.stat().st_size}
    write_record(folder, Record(key, stage, label, finished=finished, products=made, **values))
    return folder


def test_the_newest_is_compared_with_the_one_before(tmp_path):
    write_run(tmp_path, "a", 10.0, settings={"photom.skip": True})
    write_run(tmp_path, "b", 20.0, level=3.5, settings={"photom.skip": False})
    write_run(tmp_path, "c", 30.0, label="alone", name="alone_cal.fits")
    model = RunDifferencesModel(tmp_path)
    model.refresh()
    assert model.groups == ("image2 · x", "image2 · alone")
    assert (model.first.path.name, model.second.path.name) == ("a", "b")
    (change,) = model.value.changes
    assert (change.name, change.first, change.second) == ("photom.skip", "true", "false")
    (pair,) = model.value.pairs
    assert (pair.numbers.changed, pair.numbers.median, pair.unit) == (48, 2.5, "MJy/sr")
    assert "photom.skip true" in model.of_group("image2 · x")[1].title
    model.swap()
    assert model.value.pairs[0].numbers.median == -2.5
    model.choose_group("image2 · alone")
    assert model.value is None and "one run of it only" in model.sentence


def test_only_runs_of_the_stage_are_offered(tmp_path):
    write_run(tmp_path, "a", 10.0)
    write_run(tmp_path, "b", 20.0, stage="sky")
    model = RunDifferencesModel(tmp_path, "sky")
    model.refresh()
    assert [one.path.name for one in model.choices] == ["b"]


def test_a_run_that_ends_later_is_offered_and_the_choice_stays(tmp_path):
    write_run(tmp_path, "a", 10.0)
    write_run(tmp_path, "b", 20.0)
    model = RunDifferencesModel(tmp_path)
    model.refresh(mark=1)
    write_run(tmp_path, "c", 30.0)
    model.refresh(mark=1)
    assert len(model.choices) == 2
    model.refresh(mark=2)
    assert len(model.choices) == 3
    assert model.second.path.name == "b"


def test_two_files_without_a_record(tmp_path):
    first = write_product(
        tmp_path / "one" / "x_cal.fits", CAL_VER="1.9", S_FLAT="COMPLETE", R_FLAT="crds://f1.fits"
    )
    second = write_product(
        tmp_path / "two" / "y_cal.fits", flags=4, CAL_VER="2.0", S_FLAT="SKIPPED", R_FLAT="crds://f2.fits"
    )  # fmt: skip
    model = RunDifferencesModel()
    model.choose(first, second)
    told = {(one.kind, one.name): (one.first, one.second) for one in model.value.changes}
    assert told["step", "flat"] == ("COMPLETE", "SKIPPED")
    assert told["version", "jwst"] == ("1.9", "2.0")
    assert told["reference file", "flat"] == ("f1.fits", "f2.fits")
    assert dict(model.value.pairs[0].numbers.gained) == {"JUMP_DET": 48}
    assert "their headers are compared" in model.value.notes[0]


@pytest.mark.parametrize("shape", [(5, 8), (2, 6, 8)])
def test_other_shapes_are_a_sentence_and_the_facts_are_told(tmp_path, shape):
    first = write_product(tmp_path / "a_cal.fits", CAL_VER="1")
    second = write_product(tmp_path / "b_cal.fits", shape=shape, dq=False, CAL_VER="2")
    model = RunDifferencesModel()
    model.choose(first, second)
    assert model.value.changes
    assert "two images of one shape and unit" in model.value.pairs[0].sentence


def test_a_cube_is_compared_in_all_integrations(tmp_path):
    paths = [write_product(tmp_path / f"{name}_rateints.fits", shape=(2, 6, 8), dq=False) for name in "ab"]
    with fits.open(paths[1], mode="update") as hdus:
        hdus["SCI"].data[0, 2, 3] = 7
    model = RunDifferencesModel()
    model.choose(*paths)
    assert model.value.pairs[0].numbers.changed == 1


@pytest.mark.parametrize("bad", ["missing.fits", "text.fits", "folder"])
def test_what_cannot_be_compared_is_a_sentence(tmp_path, bad):
    (tmp_path / "text.fits").write_text("no FITS")
    (tmp_path / "folder").mkdir()
    good = write_product(tmp_path / "a_cal.fits")
    model = RunDifferencesModel()
    model.choose(good, tmp_path / bad)
    assert model.value is None and model.sentence.endswith(".")
    model.choose(good, good)
    assert "same" in model.sentence


def test_the_folder_of_a_run_can_be_named(tmp_path):
    folder = write_run(tmp_path, "a", 10.0)
    assert choice_of(folder).run.record.key == "a"


def test_products_of_other_names_pair_by_their_kind(tmp_path):
    first = write_run(tmp_path, "a", 1.0, name="old_cal.fits")
    second = write_run(tmp_path, "b", 2.0, name="new_cal.fits")
    model = RunDifferencesModel()
    model.choose(first, second)
    assert [(one.first.name, one.second.name) for one in model.value.pairs] == [
        ("old_cal.fits", "new_cal.fits")
    ]


def test_what_was_wrong_with_a_choice_is_over_with_the_next(tmp_path):
    one, other = (
        write_product(tmp_path / f"{name}_cal.fits", level) for name, level in (("a", 1.0), ("b", 2.0))
    )
    model = RunDifferencesModel()
    model.choose(one, other)
    assert model.value is not None
    model.choose_entered("", str(other))
    assert model.sentence == "Name two files: A and B."
    model.choose_entered(str(one), str(other))
    assert model.sentence == "" and model.value is not None
    model.look_into("https://example.org")
    assert model.sentence
    model.look_into(str(tmp_path))
    assert model.sentence == "" and model.value is not None


def test_a_file_that_was_written_again_is_compared_again(tmp_path):
    first, second = write_product(tmp_path / "a_cal.fits", 1.0), write_product(tmp_path / "b_cal.fits", 2.0)
    model = RunDifferencesModel()
    model.choose(first, second)
    assert model.value.pairs[0].numbers.median == 1.0
    write_product(second, 5.0)
    model.choose(first, second)
    assert model.value.pairs[0].numbers.median == 4.0


def test_times_of_runs_are_in_utc(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        folder = write_run(tmp_path, "a", 1_700_000_000.0)
        assert choice_of(folder).title == "2023-11-14 22:13:20 UTC"
    finally:
        monkeypatch.undo()
        time.tzset()
