"""Citations lead to what they cite."""

from __future__ import annotations

from miri_widgets.report.citations import CITATIONS, bibtex


def test_every_citation_has_a_doi_or_a_journal_and_gives_bibtex():
    for one in CITATIONS.values():
        assert one.doi or one.journal
        assert one.short.split()[0].strip(",")
    text = bibtex(CITATIONS.values(), {"Bushouse": "3.0.0"})
    assert text.count("@article{") + text.count("@software{") == len(CITATIONS)
    assert text.count("{") == text.count("}") and "= {3.0.0}," in text
