"""A run is complete when its record and all its products are."""

import json
from types import SimpleNamespace

import pytest

from miri_widgets.errors import BadTableError, DiskFullError
from miri_widgets.run import Record, Workspace, completed, read_record
from miri_widgets.run.records import RECORD, write_record


@pytest.fixture
def run(tmp_path):
    workspace = Workspace(tmp_path)
    folder = workspace.run_folder("image3", "k")
    folder.mkdir(parents=True)
    (folder / "z_i2d.fits").write_text("12345")
    (folder / "a_cat.ecsv").write_text("1")
    record = Record(
        key="k",
        stage="image3",
        exposures=("a", "b"),
        inputs=({"kind": "raw"},),
        settings={"resample.pixfrac": 1.0},
        products={"z_i2d.fits": 5, "a_cat.ecsv": 1},
        warnings=("w",),
    )
    write_record(folder, record)
    return SimpleNamespace(workspace=workspace, folder=folder, record=record)


def test_round_trip_keeps_the_main_product_first(run):
    again = read_record(run.folder)
    assert again == run.record and list(again.products) == ["z_i2d.fits", "a_cat.ecsv"]
    assert completed(run.workspace, "k") == completed(run.workspace.root, "k", "image3") == run.record


def test_fields_of_a_newer_version_are_left_out(run):
    path = run.folder / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colour": "red"}))
    assert read_record(run.folder) == run.record


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"stage": 1}', '{"key": "k", "stage": "image3", "products": 5}']
)
def test_a_damaged_record_is_no_record(run, text):
    (run.folder / RECORD).write_text(text)
    with pytest.raises(BadTableError):
        read_record(run.folder)
    assert completed(run.workspace, "k") is None


def test_a_product_that_is_gone_or_cut_or_partial_is_not_complete(run):
    assert completed(run.workspace, "k.partial") is None
    (run.folder / "a_cat.ecsv").write_text("")
    assert completed(run.workspace, "k") is None
    (run.folder / "a_cat.ecsv").unlink()
    assert completed(run.workspace, "k") is None
    assert completed(run.workspace, "unknown") is None


def test_a_full_disk_is_told_before_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=3e8))
    Workspace(tmp_path).prepare(1e7)
    with pytest.raises(DiskFullError, match=r"300\.0 MB free"):
        Workspace(tmp_path).prepare(2e8)
