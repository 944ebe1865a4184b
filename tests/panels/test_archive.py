"""The panels of the archive and of the reference files follow their models, and their models follow them."""

import json
import re

import ipywidgets
import pytest

from miri_widgets.models.archive import ArchiveModel
from miri_widgets.models.references import ReferencesModel
from miri_widgets.panels.archive import ArchivePanel, show_archive
from miri_widgets.panels.parts.downloadbar import progress_text
from miri_widgets.panels.references import ReferencesPanel, show_references
from miri_widgets.products.download.queue import DownloadProgress
from miri_widgets.products.download.retry_policy import RetryPolicy
from miri_widgets.products.observing_modes import ObservingMode
from miri_widgets.products.program import Program
from miri_widgets.steps.references import Reference, ReferenceNeeds
from tests.support.widgets import OPEN_WIDGETS

QUICK = RetryPolicy(retries=1, delay=0.01, longest=0.05, connect=2, read=2)
EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
def panel(mast, tmp_path, monkeypatch):
    monkeypatch.delenv("MAST_API_TOKEN", raising=False)
    mast.add_program("02736", rights="EXCLUSIVE_ACCESS", released=61500.0)
    for row in mast.products:
        if "001_02101" in row["productFilename"] and row["obsID"].endswith("1"):
            row["dataRights"] = "PUBLIC"
            mast.closed_to.discard(row["dataURI"])
    model = ArchiveModel(tmp_path / "raw", server=mast.address, retry_policy=QUICK)
    panel = ArchivePanel(model)
    panel.owns_model = True
    yield panel
    panel.close()


def html_of(widget):
    texts = [widget.value] if isinstance(widget, ipywidgets.HTML) else []
    for child in getattr(widget, "children", ()):
        texts += html_of(child)
    return texts


def words_of(widget):
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", " ".join(html_of(widget)), flags=re.DOTALL)


def test_from_a_number_to_files_by_clicks(panel, mast):
    panel.number.value = "2736"
    assert "14 files, 840.0 kB" in words_of(panel)
    assert [row["level"] for row in panel.table.rows] == ["uncal"] * 4
    assert [row["rights"]["text"] for row in panel.table.rows] == ["public"] * 2 + [
        "proprietary until 2027-04-05"
    ] * 2
    assert panel.download.start.disabled
    first = panel.checkbox_filters["filters"].boxes.children[0]
    assert first.description == "F770W"
    first.value = True
    assert panel.model.filters == ("F770W",) and len(panel.table.rows) == 2
    panel.all.click()
    assert len(panel.table.selected) == 2
    assert panel.download.start.description == "Download 2 files (120.0 kB)"
    panel.download.start.click()
    assert [row["state"]["text"] for row in panel.table.rows] == ["here", "here"]
    assert "2 files downloaded to" in words_of(panel)
    assert panel.table.selected == [] and panel.download.start.disabled


def test_rows_chosen_in_the_table_are_chosen_in_the_model(panel):
    panel.number.value = "2736"
    panel.table.selected = [panel.table.rows[1]["id"]]
    assert panel.model.chosen == (panel.table.rows[1]["id"],)
    panel.model.filters = ("F1500W",)
    assert "1 of them not shown" in words_of(panel)
    panel.none.click()
    assert panel.table.selected == [] and panel.model.chosen == ()


def below(widget, seen=None):
    """Every widget that the state of one names, itself first."""
    seen = {} if seen is None else seen
    if widget.model_id not in seen:
        seen[widget.model_id] = widget
        for name in re.findall(r"IPY_MODEL_(\w+)", json.dumps(widget.get_state(), default=repr)):
            below(OPEN_WIDGETS[name], seen)
    return list(seen.values())


def test_the_token_is_taken_away_from_the_field(panel, mast):
    panel.number.value = "2736"
    panel.table.selected = [panel.table.rows[3]["id"]]
    assert "make a token" in words_of(panel) and panel.download.start.disabled
    panel.token.value = mast.secret
    assert panel.token.value == "" and panel.model.has_token
    assert not panel.download.start.disabled and "in the memory of this page" in words_of(panel)
    # the page knows what hangs below the panel; tests before this one may have left widgets with closed children
    states = json.dumps([one.get_state() for one in below(panel)], default=repr)
    assert "mw-archive" in states and mast.secret not in states
    panel.download.start.click()
    assert "1 file downloaded" in words_of(panel)
    panel.forget.click()
    assert not panel.model.has_token


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (("status", 503), "down or overloaded"),
        (("page",), "no answer that can be understood"),
        (("cut",), "cannot be reached, or cut the connection"),
    ],
)
def test_faults_of_the_archive_are_sentences(panel, mast, fault, words):
    mast.faults["invoke"] = [("always", fault)]
    panel.number.value = "2736"
    assert words in words_of(panel) and panel.table.rows == []
    mast.faults.clear()
    panel.look_up.click()
    assert words not in words_of(panel) and len(panel.table.rows) == 4


def test_faults_of_a_download_are_sentences(panel, mast):
    panel.number.value = "2736"
    uri = next(one.uri for one in panel.model.shown())
    mast.files[uri] = mast.files[uri][:-1]
    panel.table.selected = [panel.table.rows[0]["id"]]
    panel.download.start.click()
    assert "gives 59999 bytes" in words_of(panel) and panel.table.rows[0]["state"]["text"] == "failed"


def test_what_the_archive_says_is_text(panel, mast):
    for row in mast.observations:
        row["target_name"] = row["filters"] = EVIL
    mast.faults["invoke"] = []
    panel.number.value = "2736"
    assert panel.table.rows[0]["target"] == EVIL
    panel.number.value = EVIL
    assert "no number of a program" in words_of(panel)
    assert not any("<img" in one for one in html_of(panel))


def test_progress_is_told_in_words():
    progress = DownloadProgress("x.fits", 2, 5, 10, 100, 2_000_000, 10_000_000, 1e6, 8.0)
    assert progress_text(progress) == "file 2 of 5: x.fits · 2.0 MB of 10.0 MB · 1.0 MB/s · about 8 s left"
    waits = DownloadProgress("x.fits", 1, 1, 0, 0, 0, 0, text="trying again in 2 s")
    assert progress_text(waits) == "file 1 of 1: x.fits · 0 Bytes · trying again in 2 s"


def test_cancel_is_there_while_files_come(panel):
    model = panel.model
    assert panel.download.cancel.layout.display == "none"
    model.downloading = True
    model.progress = DownloadProgress("x.fits", 1, 2, 10, 100, 50, 200)
    assert panel.download.cancel.layout.display == "" and panel.download.start.layout.display == "none"
    assert 'aria-valuenow="25"' in panel.download.progress.value and panel.folder.disabled
    model.stopping = True
    assert panel.download.cancel.disabled and "stopping" in panel.download.progress.value
    model.downloading = model.stopping = False


@pytest.fixture
def references(tmp_path):
    found = [
        Reference(
            ("flat",), "jwst_miri_flat_0177.fits", ("F770W",), tmp_path / "a", False, 0, 50_000, "http://x/a"
        ),
        Reference(
            ("dark", "reset"), "jwst_miri_dark_0100.fits", ("F770W", "F560W"), tmp_path / "b", True, 7_000
        ),
        Reference(("gain",), EVIL, ("F770W",), tmp_path / "c", True, 7, 9, "http://x/c"),
    ]
    needs = ReferenceNeeds("jwst_1464.pmap", tuple(found), ("flat for F2550W",), "the CRDS server is away")
    model = ReferencesModel(
        {"CRDS_PATH": "/data/crds"},
        lambda: (ObservingMode("F770W"),),
        needed=lambda modes, environment: needs,
    )
    panel = ReferencesPanel(model)
    panel.owns_model = True
    yield panel
    panel.close()


def test_references_missing_come_first(references):
    assert references.table.rows == [] and references.download.layout.display == "none"
    references.check.click()
    assert [row["state"]["text"] for row in references.table.rows] == ["damaged", "missing", "here"]
    assert references.table.rows[2]["kind"] == "dark, reset"
    assert references.download.start.description == "Fetch 2 missing (50.0 kB)"
    words = words_of(references)
    assert "Context jwst_1464.pmap" in words and "/data/crds" in words
    assert "2 of the 3 reference files" in words and "The CRDS server is away" in words
    assert "another size than CRDS lists" in words and "no flat for F2550W" in words
    assert not any("<img" in one for one in html_of(references))


def test_references_of_a_program_without_exposures(tmp_path):
    panel = show_references(Program("empty", (tmp_path,), tmp_path / "workspace", crds_path=str(tmp_path)))
    assert "no exposures are known yet" in words_of(panel)
    panel.close()


@pytest.mark.parametrize("kind", ["archive", "references"])
def test_nothing_outlives_close(kind, mast, tmp_path):
    mast.add_program("02736")
    before = set(OPEN_WIDGETS)
    if kind == "archive":
        panel = show_archive("2736", tmp_path, server=mast.address)
        panel.model.levels = ()
        panel.model.levels = ("uncal",)
    else:
        needs = ReferenceNeeds("jwst_1464.pmap", ())
        model = ReferencesModel({}, lambda: (ObservingMode("F770W"),), needed=lambda *_: needs)
        panel = ReferencesPanel(model)
        panel.owns_model = True
        model.request()
    panel.close()
    assert [type(OPEN_WIDGETS[key]).__name__ for key in set(OPEN_WIDGETS) - before] == []
    assert not any(panel.model._trait_notifiers.values())
