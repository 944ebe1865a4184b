"""The button that writes the report of a program, and its preview."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.models.background import BackgroundValue
from miri_widgets.models.session import SessionModel
from miri_widgets.panels.parts.base_view import Part
from miri_widgets.panels.parts.theme import button, escape, sentences, text
from miri_widgets.report.facts import ReportRequest
from miri_widgets.report.html import write_report_page
from miri_widgets.report.pdf import can_print, write_pdf

__all__ = ["ReportBar"]


class ReportBar(Part):
    """
    Writes the report of all complete runs of the current settings, and script and notebook of the same runs.

    Parameters
    ----------
    session : SessionModel
        The session.
    """

    def __init__(self, session: SessionModel) -> None:
        super().__init__("mw-report")
        self.session = session
        self.report = button("Report", tip="One HTML file for a paper's appendix: what was done, with images")
        self.pdf = button("Report as PDF", tip="The same, printed: to attach to a paper or a message")
        self.export = button("Script and notebook", tip="All runs as a .py and an .ipynb in the workspace")
        self.preview = button("Preview", tip="Show the report here, or hide it")
        self.status = text("")
        self.page = text("", "mw-report-page")
        self._writing = BackgroundValue(session.background)
        row = ipywidgets.HBox([self.report, self.preview, self.pdf, self.export])
        row.add_class("mw-row")
        self.children = (row, self.status, self.page)
        self.report.on_click(lambda _: self._write_report(write_report_page))
        self.pdf.on_click(lambda _: self._write_report(_write_as_pdf))
        self.pdf.layout.display = "" if can_print() else "none"
        self.export.on_click(lambda _: self._export())
        self.preview.on_click(lambda _: self._toggle_preview())
        self.watch(self._writing, self._update, "value", "sentence", "working")

    def _write_report(self, write: Callable[[ReportRequest], Path]) -> None:
        self.page.value = ""
        try:
            request = self.session.report_request()
        except MiriWidgetsError as error:
            self._writing.clear()
            self.status.value = sentences([str(error)], "bad")
            return
        self._writing.request(object(), write, request)

    def _export(self) -> None:
        try:
            paths = self.session.export()
        except (MiriWidgetsError, OSError) as error:
            self.status.value = sentences([str(error)], "bad")
        else:
            self.status.value = sentences([f"Written: `{path}`." for path in paths], "good")

    def _update(self, _: Any) -> None:
        path = self._writing.value
        self.preview.layout.display = "" if path else "none"
        self.report.disabled = self.pdf.disabled = self._writing.working
        if self._writing.working:
            self.status.value = sentences(["Writing the report …"], "calm")
        elif self._writing.sentence:
            self.status.value = sentences([self._writing.sentence], "bad")
        elif path:
            self.status.value = sentences([f"Written: `{path}`."], "good") + _download(path)

    def _toggle_preview(self) -> None:
        if self.page.value:
            self.page.value = ""
        elif self._writing.value:
            # the sandbox has no rights: no script, no form, no other page
            inner = escape(_read(self._writing.value.with_suffix(".html")))
            self.page.value = f'<iframe sandbox title="Preview of the report" srcdoc="{inner}"></iframe>'

    def close(self) -> None:
        """Close the view and the background task."""
        self._writing.close()
        super().close()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return "The report is not there any more: write it again."


def _write_as_pdf(request: ReportRequest) -> Path:
    return write_pdf(write_report_page(request))


def _download(path: Path) -> str:
    """Return a download link of the report, as the workspace is not served."""
    is_pdf = path.suffix == ".pdf"
    try:
        content = path.read_bytes()
    except OSError:
        return sentences(["The report is not there any more: write it again."], "bad")
    inner, name = base64.b64encode(content).decode("ascii"), escape(path.name)
    kind = "application/pdf" if is_pdf else "text/html;charset=utf-8"
    more = "" if is_pdf else ", or open it and print it"
    return f'<p class="mw-sentence"><a download="{name}" href="data:{kind};base64,{inner}">Save {name}</a>{more}.</p>'
