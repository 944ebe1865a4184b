"""The catalogue alone: viewer and table follow each other."""

from __future__ import annotations

import pytest

from miri_widgets.panels.catalog import show_catalog
from tests.support.catalog_files import write

from .stub_viewer import Viewer


@pytest.fixture
def panel(tmp_path):
    paths = write(tmp_path, "F560W"), write(tmp_path, "F1500W", colour=0.5, listed=(0, 2, 4))
    panel = show_catalog(paths, tmp_path, Viewer())
    yield panel
    if panel.comm is not None:
        panel.close()


def test_the_sharpest_filter_is_in_front(panel):
    assert list(panel.viewer.shown) == ["field_f1500w_i2d.fits", "field_f560w_i2d.fits"]
    assert len(panel.view.table.rows) == 5


def test_a_row_brings_the_source_and_a_click_brings_the_row(panel):
    panel.view.table.selected = ["2"]
    source = panel.catalog.value.find(2)
    assert panel.viewer.center == source.pixels[0]
    panel.viewer.clicked(*panel.catalog.value.find(4).pixels[0])
    assert panel.view.table.selected == ["4"]
    assert panel.view.diagram.ring.x.tolist() == [panel.catalog.value.find(4).colours[0][0]]


def test_marks_are_of_what_is_listed(panel):
    marks = {}
    panel.viewer.mark = lambda positions, *, label, color: marks.update({label: len(positions)})
    panel.viewer.unmark = lambda label: marks.pop(label, None)
    panel.view.mark.value = True
    counts = {kind: number for kind, number in panel.catalog.counts().items() if number and kind != "all"}
    assert marks == {f"sources: {kind}": number for kind, number in counts.items()}
    panel.view.kind.value = "extended"
    assert marks == {"sources: extended": 1}


def test_saving_says_where(panel, tmp_path):
    panel.view.save.click()
    assert "Saved as" in panel.view.notice.value
    assert (tmp_path / f"{tmp_path.name}_sources.reg").is_file()


def test_nothing_stays_alive(panel):
    before = [panel.view.table, panel.view.diagram.figure, panel.view.diagram.ring]
    panel.close()
    assert all(widget.comm is None for widget in before)


def test_no_mosaic_is_a_sentence(tmp_path):
    panel = show_catalog([tmp_path / "none_i2d.fits"], tmp_path, Viewer())
    assert "none_i2d.fits" in panel.view.notice.value
    assert panel.view.table.rows == []
    panel.close()
