"""The view of what changed between two runs, in a stage panel and alone."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from miri_widgets.models.run_differences import RunChange, RunDifferencesModel
from miri_widgets.panels.compare import DifferencesPanel, show_differences
from miri_widgets.panels.parts.runs import Runs

from .stub_viewer import Viewer


def write(path, level, **cards):
    science = fits.ImageHDU(np.full((6, 8), level, np.float32), name="SCI")
    science.header["BUNIT"] = "MJy/sr"
    primary = fits.PrimaryHDU()
    primary.header.update(cards)
    fits.HDUList([primary, science]).writeto(path)
    return path


@pytest.fixture
def pair(tmp_path):
    return write(tmp_path / "a_cal.fits", 1.0, CAL_VER="1"), write(
        tmp_path / "b_cal.fits", 2.0, CAL_VER="<b>2"
    )


def test_two_files_alone(pair):
    panel = DifferencesPanel(RunDifferencesModel(), Viewer())
    panel.first.value, panel.second.value = map(str, pair)
    panel.compare.click()
    (row,) = panel.view.changes.rows
    assert (row["kind"], row["first"], row["second"]) == ("version", "1", "<b>2")
    (product,) = panel.view.pairs.rows
    assert product["changed"]["text"] == "48 (100 %)" and product["median"]["text"] == "1"
    panel.view.pairs.vue_act(product["id"])
    assert panel.viewer.labels == ("A · a_cal.fits", "B · b_cal.fits")
    assert panel.shown.value == "B · b_cal.fits"
    panel.blink.click()
    assert panel.viewer.labels[-1] == "A · a_cal.fits" and panel.shown.value.startswith("A")
    panel.close()


def test_the_difference_is_shown_when_it_is_asked_for(pair):
    panel = DifferencesPanel(RunDifferencesModel(), Viewer())
    assert panel.subtract.disabled
    panel.first.value, panel.second.value = map(str, pair)
    panel.compare.click()
    panel.view.pairs.vue_act(panel.view.pairs.rows[0]["id"])
    panel.subtract.click()
    label = panel.viewer.labels[-1]
    np.testing.assert_array_equal(panel.viewer.shown[label], np.ones((6, 8), np.float32))
    assert panel.shown.value == f"{label} [MJy/sr]"
    panel.blink.click()
    panel.subtract.click()
    assert panel.viewer.labels[-1] == label, "what is there is brought to the front"
    panel.view.pairs.vue_act(panel.view.pairs.rows[0]["id"])
    assert label not in panel.viewer.labels, "another pair has another difference"
    panel.close()


def shown_pair(pair, viewer=None):
    panel = DifferencesPanel(RunDifferencesModel(), viewer or Viewer())
    panel.first.value, panel.second.value = map(str, pair)
    panel.compare.click()
    panel.view.pairs.vue_act(panel.view.pairs.rows[0]["id"])
    return panel


@pytest.mark.parametrize("change", ["swap", "another", "one less"])
def test_images_of_another_choice_are_not_in_view_under_its_letters(pair, tmp_path, change):
    panel = shown_pair(pair)
    panel.subtract.click()
    if change == "swap":
        panel.view.swap.click()
    elif change == "another":
        panel.model.choose(pair[0], write(tmp_path / "c_cal.fits", 9.0))
    else:
        panel.view.first.value = None
    assert panel.viewer.labels == () and panel.blink.disabled and panel.subtract.disabled
    assert panel.shown.value.startswith("Blink, beside a product")
    if change == "swap":
        panel.view.pairs.vue_act(panel.view.pairs.rows[0]["id"])
        assert panel.shown.value == "B · a_cal.fits"
        panel.subtract.click()
        label = panel.viewer.labels[-1]
        np.testing.assert_array_equal(panel.viewer.shown[label], -np.ones((6, 8), np.float32))
    panel.close()


def test_the_same_choice_again_keeps_what_is_in_view(pair):
    panel = shown_pair(pair)
    panel.model.choose(panel.model.first, panel.model.second)
    assert panel.shown.value == "B · b_cal.fits" and not panel.blink.disabled
    panel.close()


def test_an_image_that_left_the_viewer_is_not_said_to_be_in_view(pair):
    panel = shown_pair(pair)
    panel.viewer.remove("A · a_cal.fits")
    panel.blink.click()
    assert panel.shown.value == "A · a_cal.fits is not in the viewer."
    panel.close()


def test_of_integrations_the_difference_says_which(tmp_path):
    paths = []
    for name, value in (("a", 1.0), ("b", 3.0)):
        science = fits.ImageHDU(np.full((4, 6, 8), value, np.float32), name="SCI")
        science.header["BUNIT"] = "DN/s"
        paths.append(tmp_path / f"{name}_rateints.fits")
        fits.HDUList([fits.PrimaryHDU(), science]).writeto(paths[-1])
    panel = shown_pair(paths)
    for _ in range(2):
        panel.subtract.click()
        assert panel.shown.value.endswith("A [DN/s], integration 1 of 4")
        panel.blink.click()
    panel.close()


def test_workspaces_are_offered_and_one_that_is_picked_is_listed(pair, tmp_path):
    (tmp_path / "empty").mkdir()
    panel = show_differences(workspaces=(tmp_path / "empty", pair[0].parent), viewer=Viewer())
    assert panel.model.folder == tmp_path / "empty" and not panel.first.options
    panel.folder.value = str(pair[0].parent)
    assert set(panel.first.options) == {str(path) for path in pair}
    panel.close()


def test_a_folder_offers_its_files(pair):
    panel = show_differences(folder=pair[0].parent, viewer=Viewer())
    assert set(panel.first.options) == {str(path) for path in pair}
    assert panel.view.changes.rows and panel.view.first.value is not None
    panel.folder.value = "/no/such/folder"
    panel.list_button.click()
    assert "no folder folder" in panel.view.model.sentence
    panel.close()


def test_without_arguments_it_waits_for_a_choice():
    panel = show_differences(viewer=Viewer())
    assert repr(panel).startswith(
        "DifferencesPanel("
    )  # what a notebook asks for; no method of the base is hidden
    panel.compare.click()
    assert "Name two files" in panel.view.status.value
    panel.close()


def test_a_stage_compares_its_runs(session, engine):
    stage = session.stages["detector1"]
    for threshold in (4.0, 6.0):
        stage.set({"jump.rejection_threshold": threshold})
        session.poll()
        stage.run()
        engine.finish()
        session.poll()
    runs = Runs(session, stage)
    runs.compare.click()
    view = runs.differences
    assert len(view.group.options) == 4 and len(view.first.options) == 3
    row = view.pairs.rows[0]
    seen = set()
    for _ in range(2):
        view.pairs.vue_act(row["id"])
        seen.add(str(session.shown))
    pair = view.model.value.pairs[0]
    assert seen == {str(pair.first), str(pair.second)} and pair.first.name == pair.second.name
    runs.compare.click()
    assert runs.differences is None and view not in runs.children
    runs.close()


def test_many_inputs_share_one_row(session, engine):
    for threshold in (4.0, 6.0):
        session.stages["detector1"].set({"jump.rejection_threshold": threshold})
        session.poll()
        session.run_all()
        engine.finish()
        session.poll()
    runs = Runs(session, session.stages["image3"])
    runs.compare.click()
    # the records of this engine tell no inputs: those of a real one do
    value = runs.differences.model.value
    changes = [RunChange("input", f"{n}_cal.fits", f"image2 run a{n}", f"image2 run b{n}") for n in range(3)]
    runs.differences.model.value = replace(
        value, changes=(RunChange("setting", "x", "1", "2"), *changes, RunChange("version", "jwst", "1", "2"))
    )
    rows = runs.differences.changes.rows
    assert [row["kind"] for row in rows] == ["setting", "input", "version"]
    assert rows[1]["name"]["text"] == "3 inputs" and rows[1]["second"]["text"] == "image2 run b0 …"
    assert rows[1]["first"]["tip"].count("image2 run a") == 3
    runs.close()
