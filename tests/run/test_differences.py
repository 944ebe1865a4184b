"""What was done otherwise in one of two runs."""

from __future__ import annotations

from dataclasses import replace

from miri_widgets.run.differences import RunChange, StoredRun, changes, record_facts, run_of_file, stored_runs
from miri_widgets.run.records import Record, write_record

RAW = {"kind": "raw", "identity": "f" * 64, "path": "/data/x_uncal.fits"}


def record(key="a1", stage="detector1", **values):
    return Record(key, stage, "x", products={"x_rate.fits": 1}, inputs=(RAW,), **values)


def write(workspace, one):
    folder = workspace / "runs" / one.stage / one.key
    folder.mkdir(parents=True)
    write_record(folder, one)
    return StoredRun(folder, one)


def test_a_run_does_not_differ_from_itself(tmp_path):
    run = write(tmp_path, record(settings={"jump.skip": True}, crds_context="jwst_1.pmap"))
    assert changes(record_facts(run), record_facts(run)) == ()


def test_settings_references_context_versions_and_inputs(tmp_path):
    first = record(
        settings={"jump.rejection_threshold": 4.0}, references={"dark": "d1.fits"}, crds_context="jwst_1.pmap",
        versions={"jwst": "3.0.0"}, environment={"CRDS_PATH": "/a", "CRDS_MODE": "auto"},
    )  # fmt: skip
    second = replace(
        first, key="b2", settings={"jump.rejection_threshold": 5.0}, references={"dark": "d2.fits", "flat": "f.fits"},
        crds_context="jwst_2.pmap", versions={"jwst": "3.0.1"}, environment={"CRDS_PATH": "/b"},
        inputs=({**RAW, "identity": "e" * 64},),
    )  # fmt: skip
    facts = [record_facts(write(tmp_path, one)) for one in (first, second)]
    assert changes(*facts) == (
        RunChange("setting", "jump.rejection_threshold", "4.0", "5.0"),
        RunChange("input", "x_uncal.fits", "file with hash ffffffff", "file with hash eeeeeeee"),
        RunChange("reference file", "dark", "d1.fits", "d2.fits"),
        RunChange("reference file", "flat", "", "f.fits"),
        RunChange("context", "CRDS context", "jwst_1.pmap", "jwst_2.pmap"),
        RunChange("version", "jwst", "3.0.0", "3.0.1"),
        RunChange("environment", "CRDS_PATH", "/a", "/b"),
    )


def test_a_value_that_acted_by_itself_is_no_difference(tmp_path):
    by_crds = record(resolved={"jump.rejection_threshold": 5.0, "jump.skip": False})
    by_user = record(
        "b2", settings={"jump.rejection_threshold": 5.0}, resolved={"jump.rejection_threshold": 5.0, "jump.skip": False}
    )  # fmt: skip
    facts = [record_facts(write(tmp_path, one)) for one in (by_crds, by_user)]
    assert changes(*facts) == ()
    other = record(
        "c3", settings={"jump.rejection_threshold": 6.0}, resolved={"jump.rejection_threshold": 6.0}
    )
    told = changes(facts[0], record_facts(write(tmp_path, other)))
    assert told[0] == RunChange("setting", "jump.rejection_threshold", "5.0", "6.0")


def test_settings_of_earlier_stages_are_told(tmp_path):
    found = []
    for key, threshold in (("a", 4.0), ("b", 7.0)):
        write(tmp_path, record(f"rate{key}", settings={"jump.rejection_threshold": threshold}))
        derived = {"kind": "derived", "stage": "detector1", "run_key": f"rate{key}", "product": "x_rate.fits"}
        found.append(write(tmp_path, replace(record(f"cal{key}", "image2"), inputs=(derived,))))
    told = changes(*map(record_facts, found))
    assert told[0] == RunChange("setting", "detector1: jump.rejection_threshold", "4.0", "7.0")
    assert told[1] == RunChange("input", "x_rate.fits", "detector1 run ratea", "detector1 run rateb")


def test_runs_are_found_newest_first_and_half_ones_are_not(tmp_path):
    for key, finished in (("a", 10.0), ("b", 30.0), ("c", 20.0)):
        write(tmp_path, record(key, finished=finished))
    write(tmp_path, record("d", "image2", finished=40.0))
    (tmp_path / "runs" / "detector1" / "e.partial").mkdir()
    (tmp_path / "runs" / "detector1" / "e.partial" / "record.json").write_text("{}")
    (tmp_path / "runs" / "detector1" / "f").mkdir()
    (tmp_path / "runs" / "detector1" / "f" / "record.json").write_text("damaged")
    assert [one.record.key for one in stored_runs(tmp_path, "detector1")] == ["b", "c", "a"]
    assert [one.record.key for one in stored_runs(tmp_path)] == ["d", "b", "c", "a"]
    assert stored_runs(tmp_path / "nowhere") == ()


def test_the_run_of_a_product(tmp_path):
    run = write(tmp_path, record())
    found = run_of_file(run.folder / "x_rate.fits")
    assert found is not None and found.record.key == "a1"
    assert run_of_file(run.folder / "other.fits") is None
    assert run_of_file(tmp_path / "x.fits") is None
