"""Choosing data by clicks: a folder becomes a dashboard, a table of shifts is judged, and nothing outlives close()."""

import ipywidgets
import numpy as np
import pytest

from miri_widgets.models.program_chooser import OpeningModel
from miri_widgets.panels.opener import Opener
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.shift_file import ShiftFilePanel
from miri_widgets.products.program import load_program
from tests.support.widgets import OPEN_WIDGETS

EVIL = "<img src=x onerror=alert(1)>"


class Page(Part):
    """What stands for a dashboard."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ended = path, False

    def close(self):
        self.ended = True
        super().close()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRI_WIDGETS_DATA", str(tmp_path / "root"))
    (tmp_path / "root" / EVIL / "uncal").mkdir(parents=True)
    (tmp_path / "root" / EVIL / "uncal" / "x_uncal.fits").touch()
    return tmp_path


@pytest.fixture
def opener(data):
    opener = Opener(Page)
    arrive(opener.folders)
    yield opener
    opener.close()


def arrive(model):
    """Where no event loop runs, the value is there when its request returns."""
    assert not model.working


def all_text(widget):
    """All HTML that is shown."""
    own = widget.value if isinstance(widget, ipywidgets.HTML) else ""
    return own + "".join(all_text(child) for child in getattr(widget, "children", ()))


def test_a_folder_is_chosen_opened_left_and_opened_again(opener, data):
    choice = opener.front.children[0]
    assert choice.open.disabled is False, "there is a raw exposure below"
    choice.chooser.table.vue_act(EVIL)
    arrive(opener.folders)
    assert "1 raw exposure here and below" in choice.chooser.status.value
    choice.title.value = f"Night {EVIL}"
    choice.open.click()
    page = opener.front.children[0]
    program = load_program(page.path)
    assert program.folders[0].name == EVIL and program.title == f"Night {EVIL}"
    assert EVIL not in all_text(opener), "names of folders are text"
    opener.change.click()
    assert page.ended and opener.front.children == (choice,)
    assert [row["title"]["text"] for row in choice.recent.rows] == [f"Night {EVIL}"]
    choice.recent.vue_act(str(page.path))
    assert opener.front.children[0].path == page.path


def test_hostile_paths_get_a_sentence_and_cannot_be_opened(opener):
    choice = opener.front.children[0]
    for typed in (f"/tmp/{EVIL}", "", "/a\0b", "relative/path", "/" + "x/" * 3000):
        choice.chooser.path.value = typed
        choice.chooser.go_button.click()
        arrive(opener.folders)
        assert "mw-bad" in choice.chooser.status.value and choice.open.disabled, typed
        assert EVIL not in choice.chooser.status.value


def test_a_folder_without_raw_exposures_cannot_be_opened(opener, data):
    (data / "empty").mkdir()
    opener.folders.go(str(data / "empty"))
    arrive(opener.folders)
    choice = opener.front.children[0]
    assert choice.open.disabled and "No exposures (uncal, rate, cal files)" in choice.chooser.status.value


def test_what_a_chain_begins_with_is_a_choice_where_there_is_one(opener, data):
    choice = opener.front.children[0]
    assert choice.start.layout.display == "none", "there is one kind"
    for name in ("a_cal.fits", "b_cal.fits", "a_rate.fits"):
        (data / "root" / EVIL / name).touch()
    opener.folders.go(str(data / "root"))
    arrive(opener.folders)
    assert (
        "1 raw exposure, 1 count-rate image, 2 calibrated images here and below"
        in choice.chooser.status.value
    )
    assert [value for _, value in choice.start.options] == ["uncal", "rate", "cal"]
    choice.start.value = "cal"
    choice.open.click()
    program = load_program(opener.front.children[0].path)
    assert (program.start, program.description[:21]) == ("cal", "Calibrated images in ")


def test_a_folder_of_calibrated_images_is_enough_for_shifts_and_too_little_for_masks(data):
    (data / "cals").mkdir()
    (data / "cals" / "a_cal.fits").touch()
    for chain, enough in ((["detector1", "image2", "shifts"], True), (["persistence", "detector1"], False)):
        small = data / "small.toml"
        small.write_text(f'title = "Small"\nsimulated = "small"\nchain = {chain}\n')
        opener = Opener(Page, OpeningModel(load_program(small)), small)
        opener.change.click()
        opener.folders.go(str(data / "cals"))
        arrive(opener.folders)
        choice = opener.front.children[0]
        assert choice.open.disabled is not enough
        assert ("begins with raw exposures" in choice.status.value) is not enough
        if enough:
            choice.open.click()
            program = load_program(opener.front.children[0].path)
            assert (program.start, program.chain) == ("cal", tuple(chain))
        opener.close()


def test_a_small_dashboard_begins_with_its_program_and_opens_others_with_its_stages(data):
    small = data / "small.toml"
    small.write_text('title = "Masks"\nsimulated = "small"\nchain = ["persistence", "detector1"]\n')
    opener = Opener(Page, OpeningModel(load_program(small)), small)
    assert opener.front.children[0].path == small and "Simulated" in opener.current.value
    opener.change.click()
    arrive(opener.folders)
    choice = opener.front.children[0]
    assert choice.preset.layout.display == "none", "its stages are fixed"
    choice.open.click()
    assert load_program(opener.front.children[0].path).chain == ("persistence", "detector1")
    opener.change.click()
    choice.back.click()
    assert opener.front.children[0].path == small
    opener.close()


def test_a_table_of_shifts_is_chosen_judged_and_saved(tmp_path):
    rng = np.random.default_rng(4)
    lines = ["exposure,dx_arcsec,dy_arcsec,guidestar"]
    for visit, centre in enumerate(((0.1, -0.2), (-0.97, 1.05)), start=1):
        for number in range(1, 6):
            dx, dy = centre + rng.normal(0, 0.004, 2)
            lines.append(f"jw01040001{visit:03}_02101_{number:05},{dx:.8f},{dy:.8f},S{visit}")
    (tmp_path / "field.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    panel = ShiftFilePanel(tmp_path)
    arrive(panel.folders)
    assert panel.view.layout.display == "none"
    panel.chooser.table.vue_act("field.csv")
    arrive(panel.folders)
    arrive(panel.shifts)
    assert [row["verdict"]["text"] for row in panel.view.verdicts.table.rows] == ["PASS", "PASS"]
    assert "save the table" in panel.view.state.value
    assert panel.view.name.value == str(tmp_path / "field_shifts.ecsv")
    panel.view.save.click()
    assert (tmp_path / "field_shifts.ecsv").is_file()
    beside_a_program = ShiftFilePanel(tmp_path, tmp_path / "workspace")
    arrive(beside_a_program.folders)
    beside_a_program.chooser.table.vue_act("field.csv")
    arrive(beside_a_program.folders)
    arrive(beside_a_program.shifts)
    beside_a_program.view.save.click()
    assert (tmp_path / "workspace" / "shifts" / "field_shifts.ecsv").is_file()
    beside_a_program.close()
    panel.chooser.table.vue_act("other.csv")
    arrive(panel.folders)
    arrive(panel.shifts)
    assert "mw-bad" in panel.view.state.value
    panel.close()


def test_nothing_outlives_close(data):
    before = set(OPEN_WIDGETS)
    opener = Opener(Page)
    arrive(opener.folders)
    opener.front.children[0].tabs.active = "archive"
    opener.front.children[0].open.click()
    opener.close()
    assert set(OPEN_WIDGETS) - before == set()
