"""A folder becomes a program file, which is found again."""

import os
from dataclasses import replace

import pytest

from miri_widgets.products.program import Program, load_program, save_program
from miri_widgets.products.recent_programs import open_folder, opened_programs, touch_opened


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "Night <b>1</b>" / "uncal"
    folder.mkdir(parents=True)
    return folder


def test_a_folder_becomes_a_program_with_a_workspace_in_the_data_folder(folder, root):
    path = open_folder(folder, number="2736", stages=("sky",))
    program = load_program(path)
    assert path.parent == root / "programs" and path.stem.startswith("b_")
    assert program.folders == (folder.resolve(),) and program.stages == ("sky",)
    assert (program.program == "02736" and program.title == "b>") or program.title
    assert program.workspace.is_relative_to(root.resolve()) and list(folder.iterdir()) == []
    assert open_folder(folder, stages=("sky",)) == path, "the same choice finds the same program"
    assert open_folder(folder) != path, "another choice is another program"


def test_what_a_person_edited_in_the_file_is_kept(folder):
    path = open_folder(folder)
    save_program(replace(load_program(path), settings={"image3": {"tweakreg.skip": True}}), path)
    assert open_folder(folder, title="My night") == path
    assert load_program(path).title == "My night"
    assert load_program(path).settings == {"image3": {"tweakreg.skip": True}}


def test_programs_are_listed_the_latest_first_for_the_dashboard_that_asks(folder, tmp_path):
    small = Program("p", (), tmp_path, chain=("persistence", "detector1"))
    first, second = open_folder(folder), open_folder(folder, stages=("sky",))
    third = open_folder(folder, like=small)
    for number, path in enumerate((first, second, third)):
        os.utime(path, (1000 + number, 1000 + number))
    assert [one.path for one in opened_programs()] == [second, first]
    assert [one.path for one in opened_programs(small.chain)] == [third]
    touch_opened(first)
    second.write_text("title = ")
    assert [one.path for one in opened_programs()] == [first], "an unreadable file is left out"


def test_the_exposures_of_a_twin_keep_its_references(root):
    folder = root / "small" / "uncal"
    folder.mkdir(parents=True)
    (root / "small" / "twin.json").touch()
    program = load_program(open_folder(folder.parent))
    assert program.simulated == "small" and program.folders == (folder.parent.resolve(),)
    assert program.crds_path == str((root / "crds").resolve())
    assert program.workspace.parent == (root / "programs").resolve()
