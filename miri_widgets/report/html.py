"""
The report of a reduction as one HTML file that needs no network.

`miri_widgets.report.report` gathers the facts; this module and the template turn them into HTML.
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
from miri_widgets.report.methods_text import value_text
from miri_widgets.report.report import Report, default_path, gather
from miri_widgets.report.texts import number_text, program_folders, short_numbers, without_folders

__all__ = ["render", "write_report_page"]

_VERDICTS = {"good": "no harm found", "doubtful": "doubtful", "harm": "harm", "note": "note"}
_SOFTWARE = {"Bushouse": "jwst", "Photutils": "photutils"}
_CITED = re.compile(r"\[([\w; ]+)\]")
_MAX_LETTERS = 400
_EMPTY = re.compile(r"(<t[dh]\b[^>]*>(?:<code>)?)\s*((?:</code>)?</t[dh]>)")
"""An empty table cell; user texts are escaped, so that none can match."""


def write_report_page(request: ReportRequest, path: Path | None = None) -> Path:
    """
    Gather the facts and write the page atomically; may run in a thread.

    Parameters
    ----------
    request : ReportRequest
        The state of the session.
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
    output = Path(path) if path is not None else default_path(request.program)
    write_text(output, render(gather(request)))
    return output


def render(report: Report) -> str:
    """
    Render a report as HTML; texts from files, headers and users are escaped.

    Parameters
    ----------
    report : Report
        Its facts.

    Returns
    -------
    str
        The page.
    """
    program = report.program
    works = [CITATIONS[key] for key in report.citations]
    software = {key: report.versions.get(package, "") for key, package in _SOFTWARE.items()}
    page = (
        _environment(program_folders(program))
        .get_template("report.html.j2")
        .render(
            report=report,
            program=program,
            title=program.title or program.name,
            number=program.program.lstrip("0"),
            made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(report.created)),
            verdicts=_VERDICTS,
            works=works,
            software={key: version for key, version in software.items() if version},
            bibtex=_verbatim(bibtex(works, software)),
        )
    )
    return _EMPTY.sub(r"\1–\2", page)


def _environment(folders: Sequence[Path]) -> jinja2.Environment:
    """Return the template environment; every value shown passes `printed`."""

    def printed(value: Any) -> Any:
        if isinstance(value, Markup):
            return value
        if value is None:
            return "–"
        if isinstance(value, float):
            return number_text(value).replace("-", "\N{MINUS SIGN}")
        return short_numbers(without_folders(value, folders)) if isinstance(value, str) else value

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
        "value_text": _shortened,
        "figure": _figure,
        "cited": lambda line: _cited(printed(line)),
    }
    return environment


def _verbatim(text: str) -> Markup:
    """Escape versions and works, whose digits must not be rounded."""
    return escape(text)


def _shortened(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= _MAX_LETTERS else f"{text[:_MAX_LETTERS]}…"


def _figure(value: Any, digits: int) -> str:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _cited(line: str) -> Markup:
    """Replace citation keys in square brackets by authors and years; other brackets stay."""
    result, end = Markup(""), 0
    for match in _CITED.finditer(line):
        keys = match[1].split("; ")
        if all(key in CITATIONS for key in keys):
            works = Markup("; ").join(
                Markup('<a href="#ref-{}">{}</a>').format(key, CITATIONS[key].short) for key in keys
            )
            result += escape(line[end : match.start()]) + Markup("({})").format(works)
            end = match.end()
    return result + escape(line[end:])
