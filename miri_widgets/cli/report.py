"""Write the report of a program without a browser."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from miri_widgets.cli import headless

__all__ = ["write_report"]


def write_report(options: argparse.Namespace) -> int:
    """
    Run the command ``miri-widgets report``.

    Parameters
    ----------
    options : Namespace
        Parsed options of the command.

    Returns
    -------
    int
        0 when the report is written.

    Raises
    ------
    MiriWidgetsError
        If nothing is complete, or the file cannot be written.
    """
    from miri_widgets.report.html import write_report_page
    from miri_widgets.report.pdf import write_pdf
    from miri_widgets.report.request import report_request

    reduction = headless.reduction_of(options)
    output = options.output
    if output is not None and output.suffix.lower() == ".pdf":
        with tempfile.TemporaryDirectory(prefix="miri_widgets_report_") as folder:
            page = write_report_page(report_request(reduction), Path(folder) / "report.html")
            print(f"written to {write_pdf(page, output)}")
    else:
        print(f"written to {write_report_page(report_request(reduction), output)}")
    return 0
