"""The report as PDF: printed by a browser, short before its appendix, and refused in a sentence where nothing prints."""

import os
import sys

import pytest
from pypdf import PdfReader

from miri_widgets.errors import EngineError
from miri_widgets.report import pdf
from miri_widgets.report.html import write_report_page
from tests.support import fake_rooms

FILTERS = ("F770W", "F1000W", "F1280W", "F1500W", "F1800W", "F2100W")


@pytest.fixture
def browser():
    if not pdf.find_browser():
        pytest.skip("There is no Chromium: install one, or name it in MIRI_WIDGETS_CHROMIUM.")


def test_at_most_eight_pages_before_the_appendix(browser, tmp_path):
    """Six filters with nine dithers each and optional steps, as of a deep field."""
    from miri_widgets.models.session import SessionModel

    program = fake_rooms.fake_program(
        tmp_path, dithers=9, filters=FILTERS, stages=("sky", "areas", "level_match", "stripes")
    )
    session = SessionModel(program, fake_rooms.fake_services(program))
    session.poll()
    session.run_all()
    session.services.engine.finish()
    session.poll()
    page = write_report_page(session.report_request())
    session.close()
    made = pdf.write_pdf(page)
    assert (
        made == page.with_suffix(".pdf")
        and [path.name for path in page.parent.iterdir() if path.suffix == ".tmp"] == []
    )
    texts = [sheet.extract_text() for sheet in PdfReader(made).pages]
    first = next(number for number, text in enumerate(texts) if text.lstrip().startswith("Appendix"))
    assert 2 <= first <= 8, f"{first} pages before the appendix"
    body, appendix = "".join(texts[:first]), "".join(texts[first:])
    assert "Methods" in body and "References" in body and "We reduced 54 exposures" in " ".join(body.split())
    assert all(f"{name.lower()}" in body.lower() for name in FILTERS)
    assert "BibTeX" in appendix and "All exposures" in appendix


def test_nothing_that_prints_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "find_browser", lambda: "")
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda name: None)
    page = tmp_path / "report.html"
    page.write_text("<p>report</p>")
    assert not pdf.can_print()
    with pytest.raises(EngineError, match="install Chromium or"):
        pdf.write_pdf(page)
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the browser")
@pytest.mark.parametrize(("does", "words"), [("exit 1", "did not print"), ("exit 0", "printed no PDF")])
def test_a_browser_that_fails_leaves_what_was_there(tmp_path, monkeypatch, does, words):
    fake = tmp_path / "browser"
    fake.write_text(f"#!/bin/sh\n{does}\n")
    os.chmod(fake, 0o755)
    monkeypatch.setenv("MIRI_WIDGETS_CHROMIUM", str(fake))
    page, made = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text("<p>report</p>")
    made.write_bytes(b"of before")
    with pytest.raises(EngineError, match=words):
        pdf.write_pdf(page)
    assert made.read_bytes() == b"of before"
