"""What the first page tells of a program, from files alone."""

import json
import os
import time

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.serve.dashboard_list import list_dashboards
from miri_widgets.serve.states import read_state


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    path = tmp_path / "one.toml"
    path.write_text(
        'title = "One <b>"\ndescription = "For it."\nfolders = ["data"]\nworkspace = "work"\ntwin = "small"\npitfalls = ["Mind."]\n'
    )
    return path


def raw(folder):
    folder.mkdir(parents=True)
    (folder / "jw01041001001_02101_00001_mirimage_uncal.fits").touch()


def run(workspace, stage, key):
    (workspace / "runs" / stage / key).mkdir(parents=True)
    (workspace / "runs" / stage / key / "record.json").write_text("{}")


def job(workspace, name, *kinds):
    (workspace / "jobs" / name).mkdir(parents=True)
    lines = "".join(json.dumps({"kind": kind, "time": 1.0, "job": name}) + "\n" for kind in kinds)
    (workspace / "jobs" / name / "events.jsonl").write_text(lines)


def test_data_are_there_or_a_twin_stands_in(path, tmp_path):
    state = read_state(path)
    assert (state.data, state.simulated, state.progress) == (
        "simulated twin, not made yet",
        True,
        "nothing run",
    )
    raw(tmp_path / "root/small/uncal")
    assert read_state(path).data == "simulated twin"
    raw(tmp_path / "data")
    state = read_state(path)
    assert (state.data, state.simulated) == ("data there", False)
    assert (state.title, state.description, state.pitfalls) == ("One <b>", "For it.", ("Mind.",))


def test_progress_follows_runs_and_jobs(path, tmp_path):
    raw(tmp_path / "data")
    work = tmp_path / "work"
    job(work, "20260101T000000000-a", "submitted", "done", "failed", "job_done")
    run(work, "detector1", "a" * 20)
    state = read_state(path, current_time=time.time() + 7200)
    assert (state.progress, state.detail) == ("partly done", "1 run · 0 mosaics · last run 2 hours ago")
    (work / "runs/image3/b.partial").mkdir(parents=True)
    (work / "runs/image3/b.partial/record.json").touch()
    assert read_state(path).progress == "partly done"
    run(work, "image3", "c" * 20)
    assert read_state(path).progress == "partly done", "the newest job failed"
    job(work, "20260102T000000000-a", "submitted", "reused", "done", "job_done")
    assert read_state(path).progress == "done"
    job(work, "20260103T000000000-a", "submitted", "done")
    assert read_state(path).progress == "partly done", "its service does not live"
    (work / "engine").mkdir()
    (work / "engine/heartbeat").touch()
    assert read_state(path).progress == "at work"


def test_a_program_file_that_cannot_be_read_says_so(path):
    path.write_text("title = ")
    assert "one.toml" in read_state(path).data and read_state(path).progress == ""


def test_dashboards_take_their_words_from_the_program_file(path, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.ipynb").write_text(
            '{"metadata": {"miri_widgets": {"title": "Old"}}, "cells": []}'
        )
    old, one = list_dashboards(tmp_path, states=True)
    assert (one.title, one.description, one.state.progress) == ("One <b>", "For it.", "nothing run")
    assert (old.title, old.state) == ("Old", None)
    assert all(each.state is None for each in list_dashboards(tmp_path))


def test_the_states_of_all_dashboards_are_read_quickly(repository):
    began = time.thread_time()  # what others do meanwhile does not count
    found = list_dashboards(repository / "dashboards", states=True)
    assert time.thread_time() - began < 1.0
    assert sum(each.state is not None for each in found) >= 9


def test_where_a_program_stands_and_what_it_shows(path, tmp_path):
    assert read_state(path).section == "programs", "its twin stands for a real program"
    own = path.read_text()
    path.write_text(own.replace('folders = ["data"]\n', "").replace('twin = "small"', 'simulated = "small"'))
    assert read_state(path).section == "demonstrations"
    path.write_text(path.read_text() + 'chain = ["detector1", "image2"]\n')
    assert read_state(path).section == "tools"
    path.write_text(own + "[display]\nF1500W = { rate = [1, 2] }\nF770W = { rate = [1, 2] }\n")
    state = read_state(path)
    assert (state.filters, state.wavelengths, state.mosaic) == (("F770W", "F1500W"), "7.7, 15 µm", None)


@pytest.mark.parametrize(
    ("name", "wavelengths"),
    [
        ("lmc_1040", "5.6, 7.7, 10, 11.3, 12.8, 15, 18, 21, 25.5 µm"),
        ("carina_2731", "7.7, 11.3, 12.8, 18 µm"),
        ("cluster", "7.7, 10, 15 µm"),
    ],
)
def test_a_program_without_mosaics_shows_the_filters_that_were_observed(name, wavelengths, repository):
    assert read_state(repository / "dashboards" / f"{name}.toml").wavelengths == wavelengths


def test_the_newest_mosaic_names_object_and_filters(path, tmp_path):
    raw(tmp_path / "data")
    for age, (key, name) in enumerate((("c" * 20, "one_f1500w_i2d.fits"), ("d" * 20, "one_f560w_i2d.fits"))):
        run(tmp_path / "work", "image3", key)
        mosaic = tmp_path / "work/runs/image3" / key / name
        write_mosaic(mosaic)
        os.utime(mosaic, (1000 - age, 1000 - age))
    (tmp_path / "work/runs/image3/e.partial").mkdir()
    write_mosaic(tmp_path / "work/runs/image3/e.partial/one_f770w_i2d.fits")
    state = read_state(path)
    assert state.mosaic.name == "one_f1500w_i2d.fits" and state.mosaic_time == 1000 * 10**9
    assert (state.target, state.filters, state.wavelengths) == ("LMC", ("F560W", "F1500W"), "5.6, 15 µm")
    state.mosaic.write_text("no FITS")
    assert read_state(path).target == ""


def write_mosaic(path):
    primary = fits.PrimaryHDU()
    primary.header["TARGPROP"] = "LMC"
    science = fits.ImageHDU(np.random.default_rng(1).normal(5, 1, (60, 80)).astype(np.float32), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    fits.HDUList([primary, science]).writeto(path, overwrite=True)
