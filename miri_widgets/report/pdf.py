"""The report as PDF, printed by a browser of this machine or by WeasyPrint."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from miri_widgets.errors import EngineError
from miri_widgets.products.atomic import new_file

__all__ = ["can_print", "find_browser", "write_pdf"]

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "chrome",
)
_SECONDS = 180.0
"""Of the browser at most; a report takes it 2 to 10."""

_OPTIONS = (
    "--headless",
    "--no-sandbox",  # needed in containers; the page is our own and has neither scripts nor links to load
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-pdf-header-footer",
)


def find_browser() -> str:
    """
    Return the path of a browser that prints.

    Returns
    -------
    str
        Named in ``MIRI_WIDGETS_CHROMIUM``, on the path, or of Playwright; empty where there is none.
    """
    named = os.environ.get("MIRI_WIDGETS_CHROMIUM", "")
    if named and shutil.which(named):
        return named
    for name in _BROWSERS:
        if path := shutil.which(name):
            return path
    root = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    patterns = (
        "chromium*/chrome-*/chrome",
        "chromium*/chrome-*/headless_shell",
        "chromium*/chrome-*/chrome-headless-shell",
    )
    downloaded = sorted(
        path for pattern in patterns for path in root.glob(pattern) if os.access(path, os.X_OK)
    )
    return str(downloaded[-1]) if downloaded else ""


def can_print() -> bool:
    """
    Return whether a PDF can be made here.

    Returns
    -------
    bool
        Whether there is a browser, or WeasyPrint.
    """
    return bool(find_browser()) or importlib.util.find_spec("weasyprint") is not None


def write_pdf(page: Path, path: Path | None = None) -> Path:
    """
    Print a report; may run in a thread.

    Parameters
    ----------
    page : Path
        The report, one HTML file.
    path : Path, optional
        The PDF; beside the page by default. Replaced when it is there.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    EngineError
        If nothing here prints, or the printing fails.
    NotWritableError, DiskFullError
        If it cannot be written.
    """
    output = Path(path) if path is not None else page.with_suffix(".pdf")
    browser = find_browser()
    with tempfile.TemporaryDirectory(prefix="miri_widgets_pdf_") as folder:
        printed = Path(folder) / "report.pdf"
        if browser:
            _print_by_browser(browser, page, printed, Path(folder) / "profile")
        elif importlib.util.find_spec("weasyprint") is not None:
            from weasyprint import HTML

            HTML(filename=str(page)).write_pdf(str(printed))
        else:
            raise EngineError(
                "a PDF of the report, for which there is neither Chromium, Chrome nor WeasyPrint",
                "one of them",
                "install Chromium or `pip install miri_widgets[pdf]`, or open the HTML file and print it as PDF",
            )
        content = printed.read_bytes()
    with new_file(output) as temporary:
        temporary.write_bytes(content)
    return output


def _print_by_browser(browser: str, page: Path, printed: Path, profile: Path) -> None:
    command = [
        browser, *_OPTIONS, f"--user-data-dir={profile}", f"--print-to-pdf={printed}", page.resolve().as_uri()
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(
            f"the browser {browser} that did not print the report ({type(error).__name__})",
            "a PDF",
            "open the HTML file and print it as PDF",
        ) from error
    if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
        raise EngineError(
            f"the browser {browser} that printed no PDF", "a PDF", "open the HTML file and print it as PDF"
        )
