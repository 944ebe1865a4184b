"""Write the report of a program without a browser."""

from __future__ import annotations

import argparse

from miri_widgets.products.program import load_program

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
    from miri_widgets.models import open_session
    from miri_widgets.models.report_request import request_of
    from miri_widgets.report.html import write_report_page

    session = open_session(load_program(options.program))
    try:
        session.poll()
        print(f"written to {write_report_page(request_of(session), options.output)}")
    finally:
        session.close()
    return 0
