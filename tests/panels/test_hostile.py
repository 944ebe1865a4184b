"""Texts of strangers stay texts: no view makes an element of them. `tests/browser/test_hostile.py` lets a browser try."""

import html
from dataclasses import replace
from html.parser import HTMLParser

import ipywidgets
import pytest

from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.dashboard import Dashboard
from miri_widgets.models.archive import ArchiveModel
from miri_widgets.models.references import ReferencesModel
from miri_widgets.panels.archive import ArchivePanel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.runbar import bar
from miri_widgets.panels.parts.theme import button, chip, escape, sentences
from miri_widgets.panels.references import ReferencesPanel
from miri_widgets.panels.shifts import show_shifts
from tests.support import hostile, shift_files

from .stub_viewer import Viewer

OURS = {
    "b", "br", "code", "details", "div", "em", "h1", "h2", "h3", "i", "kbd", "li", "ol", "p", "pre", "small", "span", "strong",
    "style", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"aria-hidden", "aria-label", "aria-valuemax", "aria-valuemin", "aria-valuenow", "class", "colspan",
              "data-row", "role", "style", "tabindex", "title"}  # fmt: skip


class Reader(HTMLParser):
    """Refuses what is not ours, and collects what is to be read."""

    def __init__(self):
        super().__init__()
        self.foreign, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        if tag not in OURS or not names <= ATTRIBUTES:
            self.foreign.append((tag, attrs))
        self.text += "".join(str(value) for _, value in attrs)

    def handle_data(self, data):
        self.text += data


def every_html(widget, seen=None):
    """All HTML that a widget shows, whatever trait holds it."""
    seen = set() if seen is None else seen
    if id(widget) in seen:
        return
    seen.add(id(widget))
    if isinstance(widget, ipywidgets.HTML | ipywidgets.HTMLMath):
        yield widget.value
    if getattr(widget, "description_allow_html", False):
        yield widget.description
    for name in widget.trait_names(sync=True):
        value = getattr(widget, name)
        for item in (
            value.values()
            if isinstance(value, dict)
            else value
            if isinstance(value, list | tuple)
            else [value]
        ):
            if isinstance(item, ipywidgets.Widget) and not name.startswith("_"):
                yield from every_html(item, seen)


def read(widget):
    """Return all text; fail at an element that is not ours."""
    reader = Reader()
    for value in every_html(widget):
        if not value.startswith("<style>"):
            reader.feed(value)
    assert reader.foreign == []
    return reader.text


def walk(dashboard):
    """Open every view of every panel."""
    session = dashboard.session
    for name in ("program", "data", *session.stages):
        session.tab = name
        panel = dashboard.panels[name]
        for one in [panel, *getattr(panel, "views", {}).values()]:
            tabs = getattr(one, "tabs", None)
            for item in list(tabs.items) if tabs is not None else ():
                tabs.active = item["id"]
                yield panel
        if form := getattr(panel, "views", {}).get("settings"):
            for each in form.children if not hasattr(form, "unfold") else [form]:
                if hasattr(each, "unfold"):
                    each.unfold()
        yield panel


ALL = list(hostile.PAYLOADS.values())
"""Joined both ways round: a view may show the beginning of a text only."""


@pytest.mark.parametrize("text", [" ".join(ALL), " ".join(ALL[::-1])], ids=["forwards", "backwards"])
def test_every_view_of_a_hostile_program(fakes, tmp_path, text):
    session = hostile.session(fakes, tmp_path, text)
    dashboard = Dashboard(session, viewer=Viewer())
    views = 0
    said = read(dashboard)
    for panel in walk(dashboard):
        views += 1
        said += read(panel)
    assert views > 90
    assert said.count("<img src=x onerror=") > 30, "it is there, as text"
    session.show(session.programs.mosaics[0].path)
    read(dashboard)
    for product in session.stages["detector1"].products[:1]:
        session.show(product)
        session.click(3.0, 3.0)
    session.poll()
    read(dashboard)
    dashboard.close()


@pytest.mark.parametrize("text", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_archive_and_references(tmp_path, text):
    archive = ArchiveModel(tmp_path / "raw")
    panel = ArchivePanel(archive)
    archive.sentence = text
    archive.faults = (text,) * 8
    archive.success = text
    assert text.strip()[:8] in html.unescape(read(panel))
    panel.close()
    archive.close()
    references = ReferencesModel({"CRDS_PATH": str(tmp_path), "CRDS_CONTEXT": text[:100]}, list)
    panel = ReferencesPanel(references)
    for name in ("sentence", "faults"):
        if references.has_trait(name):
            setattr(references, name, (text,) if name == "faults" else text)
    read(panel)
    panel.close()
    references.close()


@pytest.mark.parametrize("text", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_a_table_of_shifts(tmp_path, text):
    made = shift_files
    plain = text.replace("\x00", "").replace("\n", " ").replace("\r", " ")
    shifts = []
    for tile in (1, 2):
        one = made.trusted(tile, 3, Verdict.WEAK, source=plain)
        shifts.append(replace(one, group=replace(one.group, guide_star=plain), reason=plain, filter=plain))
    written = made.write_shift_files(tmp_path, tuple(shifts), notes=(plain,))
    view = show_shifts(written.table)
    for item in list(view.tabs.items):
        view.tabs.active = item["id"]
        said = read(view)
    assert plain.strip()[:10] in said
    view.close()


@pytest.mark.parametrize("text", hostile.PAYLOADS.values(), ids=hostile.PAYLOADS)
def test_what_all_views_are_made_of(text):
    for made in (sentences([text], "bad"), chip(text, text), bar(0.3, text, text), f"<p>{escape(text)}</p>"):
        reader = Reader()
        reader.feed(made)
        assert reader.foreign == []
    one = button(text, tip=text)
    assert one.description == text and not getattr(one, "description_allow_html", False)
    one.close()


def test_the_reader_finds_what_is_foreign():
    part = Part()
    inner = ipywidgets.HTML("<p>fine</p>")
    part.children = (ipywidgets.Tab([inner]),)
    assert read(part) == "fine"
    inner.value = f"<p>{hostile.PAYLOADS['elements']}</p>"
    with pytest.raises(AssertionError):
        read(part)
    inner.value = f"<p onclick='{hostile.RUN}'>not ours</p>"
    with pytest.raises(AssertionError):
        read(part)
    part.close()
