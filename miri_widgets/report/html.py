"""
The report of a reduction as one HTML file that asks nothing of the network.

The facts are gathered by `miri_widgets.report.report`; all that turns them into HTML is here and in the template.
"""

from __future__ import annotations

import base64
import math
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from miri_widgets.products.atomic import write_text
from miri_widgets.report.citations import CITATIONS, bibtex
from miri_widgets.report.facts import ReportRequest
from miri_widgets.report.methods_text import value_words
from miri_widgets.report.report import Report, default_path, gather
from miri_widgets.report.texts import number_words, places_of, short_numbers, without_folders

__all__ = ["make_report", "render"]

_VERDICTS = {"good": "no harm found", "doubtful": "doubtful", "harm": "harm", "told": "note"}
_SOFTWARE = {"Bushouse": "jwst", "Photutils": "photutils"}
_CITED = re.compile(r"\[([\w; ]+)\]")
_MOST_LETTERS = 400
_EMPTY = re.compile(r"(<t[dh]\b[^>]*>(?:<code>)?)\s*((?:</code>)?</t[dh]>)")
"""A cell of a table that shows nothing; texts of people are escaped, so that none can be meant by it."""


def make_report(request: ReportRequest, path: Path | None = None) -> Path:
    """
    Gather the facts and write the page, atomically: for a thread.

    Parameters
    ----------
    request : ReportRequest
        What is to be reported.
    path : Path, optional
        The file; in ``reports`` of the workspace by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    EngineError
        If no run is complete.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    place = Path(path) if path is not None else default_path(request.program)
    write_text(place, render(gather(request)))
    return place


def render(report: Report) -> str:
    """
    Return a report as HTML; every text of files, headers and users is escaped.

    Parameters
    ----------
    report : Report
        Its facts.
    """
    program = report.program
    works = [CITATIONS[key] for key in report.citations]
    software = {key: report.versions.get(package, "") for key, package in _SOFTWARE.items()}
    page = (
        _environment(places_of(program))
        .get_template("report.html.j2")
        .render(
            report=report,
            program=program,
            title=program.title or program.name,
            number=program.program.lstrip("0"),
            made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(report.made)),
            verdicts=_VERDICTS,
            works=works,
            software={key: version for key, version in software.items() if version},
            bibtex=_verbatim(bibtex(works, software)),
        )
    )
    return _EMPTY.sub(r"\1–\2", page)


def _environment(places: Sequence[Path]) -> jinja2.Environment:
    """Every value that the template shows, whatever it is, passes `printed`."""

    def printed(value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        if value is None:
            return "–"
        if isinstance(value, float):
            return number_words(value).replace("-", "\N{MINUS SIGN}")
        return short_numbers(without_folders(value, places)) if isinstance(value, str) else value

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=printed,
    )
    environment.filters |= {
        "base64": lambda png: Markup(base64.b64encode(png).decode("ascii")),
        "verbatim": _verbatim,
        "words": _shortened,
        "figure": _figure,
        "cited": lambda line: _cited(printed(line)),
    }
    return environment


def _verbatim(text: str) -> Markup:
    """Versions and works are no numbers."""
    return escape(text)


def _shortened(value: Any) -> str:
    text = value_words(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"


def _figure(value: Any, digits: int) -> str:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _cited(line: str) -> Markup:
    """Put authors and years into the places of keys in square brackets; other brackets stay as they are."""
    found, end = Markup(""), 0
    for match in _CITED.finditer(line):
        keys = match[1].split("; ")
        if all(key in CITATIONS for key in keys):
            works = Markup("; ").join(
                Markup('<a href="#ref-{}">{}</a>').format(key, CITATIONS[key].short) for key in keys
            )
            found += escape(line[end : match.start()]) + Markup("({})").format(works)
            end = match.end()
    return found + escape(line[end:])
