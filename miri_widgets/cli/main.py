"""Parse the command line and run the requested command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from miri_widgets.errors import MiriWidgetsError
from miri_widgets.option_numbers import port_number, whole_number
from miri_widgets.serve.options import add_serving_options

__all__ = ["command_parser", "main"]

_DESCRIPTION = "Interactive reduction of JWST MIRI imaging around the official pipeline."

_EPILOG = """\
examples:
  miri-widgets demo                      simulate, reduce and show the demo program
  miri-widgets demo --no-serve           the same without a browser, with a summary
  miri-widgets demo --program lmc_1040   the simulated twin of an observed program
  miri-widgets serve                     serve the dashboards
  miri-widgets run program.toml          reduce a program without a browser
  miri-widgets report program.toml       what was done, as one HTML file for a paper
  miri-widgets composite program.toml    its mosaics as a colour picture
  miri-widgets simulate --help           all about simulated exposures
  miri-widgets shifts FILE.csv           judge a table of measured shifts
  miri-widgets doctor                    check this installation
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run one command; errors of the package become one sentence on stderr.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``miri-widgets``; by default those of the process.

    Returns
    -------
    int
        0 when all went well, 1 after an error, 130 after Ctrl-C.
    """
    options = command_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except MiriWidgetsError as error:
        print(f"miri-widgets: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of ``miri-widgets`` and its commands."""
    parser = argparse.ArgumentParser(
        prog="miri-widgets",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_serve(commands)
    _add_run(commands)
    _add_report(commands)
    _add_composite(commands)
    _add_simulation(commands)
    _add_shifts(commands)
    doctor = commands.add_parser("doctor", help="check this installation and say what to do")
    doctor.add_argument(
        "--port", type=port_number, default=8866, help="port that the dashboards are to use (default 8866)"
    )
    doctor.set_defaults(command=_doctor)
    return parser


def _add_demo(commands: argparse._SubParsersAction) -> None:
    demo = commands.add_parser(
        "demo",
        help="simulate, reduce and show the demo program",
        description="Simulate the demo program (once), start its reduction in the background and serve the dashboards.",
    )
    demo.add_argument(
        "--no-serve", action="store_true", help="wait for the mosaic and print a summary instead"
    )
    demo.add_argument(
        "--program", default="cluster", metavar="NAME", help="another simulated program (default cluster)"
    )
    demo.add_argument(
        "--full",
        action="store_true",
        help="the full twin of an observed program: every visit, dither and filter on the full detector",
    )
    _add_serving(demo, preheat=True)
    _add_engine(demo)
    demo.set_defaults(command=_demo)


def _add_serve(commands: argparse._SubParsersAction) -> None:
    serve = commands.add_parser("serve", help="serve the dashboards through Voila")
    _add_serving(serve)
    serve.set_defaults(command=_serve)


def _add_run(commands: argparse._SubParsersAction) -> None:
    run = commands.add_parser(
        "run",
        help="reduce a program without a browser",
        description="Run the stages of a program as its file says, with what is given here changed; what is finished "
        "already is not run again. What was chosen on the program's page does not act, unless --session is given, and "
        "nothing here changes that page. Exposures that were rejected on the contact sheet stay out of mosaics.",
    )
    run.add_argument("program", type=Path, help="the program's TOML file")
    run.add_argument("--stages", metavar="A,B", help="only these stages (default: all)")
    _add_changes(run)
    run.add_argument(
        "--accept-harm",
        action="store_true",
        help="go on after a step that did harm; what harm is said all the same",
    )
    run.add_argument(
        "--acceleration-off",
        default="",
        metavar="A,B",
        help="fast replacements of functions of the pipeline that are not to act in this run, or all; pixels and keys "
        "stay the same",
    )
    run.add_argument("--detach", action="store_true", help="start the job and return; it goes on by itself")
    _add_engine(run)
    run.set_defaults(command=_run)


def _add_changes(command: argparse.ArgumentParser) -> None:
    """Add what differs from the program's file."""
    command.add_argument("--also", metavar="A,B", help="take these optional stages into the chain")
    command.add_argument(
        "--session",
        action="store_true",
        help="begin with what was chosen on the program's page: settings, optional stages, excluded exposures",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="STAGE.STEP.PARAMETER=VALUE",
        help="change a parameter for this run; may be given several times",
    )
    command.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATH",
        help="leave out a file or folder of exposures, * and ? stand for letters; may be given several times",
    )


def _add_report(commands: argparse._SubParsersAction) -> None:
    report = commands.add_parser(
        "report",
        help="write what was done as one HTML file or as PDF",
        description="Write the report of all complete runs of a program: methods, images, parameters, versions, "
        "references. Runs count whose settings are those of its file, with what is given here changed; what was chosen "
        "on the program's page counts with --session.",
    )
    report.add_argument("program", type=Path, help="the program's TOML file")
    report.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the file, .html, or .pdf where Chromium or WeasyPrint is installed (default: an HTML file in reports/ of the workspace)",
    )
    _add_changes(report)
    report.set_defaults(command=_report)


def _add_composite(commands: argparse._SubParsersAction) -> None:
    from miri_widgets.cli.composite import add_composite_arguments

    composite = commands.add_parser(
        "composite",
        help="make a colour picture of mosaics",
        description="Make a colour composite of the mosaics of a program, with the settings of its page, or of one mosaic "
        "per filter. The picture carries its position on the sky (AVM), and a JSON file beside it all settings.",
    )
    add_composite_arguments(composite)
    composite.set_defaults(command=_composite)


def _add_simulation(commands: argparse._SubParsersAction) -> None:
    from miri_widgets.simulation import command

    simulate = commands.add_parser("simulate", help="make simulated exposures with known truth")
    command.add_simulate_arguments(simulate)
    simulate.set_defaults(command=command.run_simulate)
    importer = commands.add_parser("import", help="make laboratory ramps ready for the pipeline")
    command.add_import_arguments(importer)
    importer.set_defaults(command=command.run_import)


def _add_shifts(commands: argparse._SubParsersAction) -> None:
    shifts = commands.add_parser(
        "shifts",
        help="judge a table of measured shifts: groups, fall-backs, verdicts",
        description="Solve one shift per visit and guide star from a table of shifts by exposure, "
        "and say which of them to believe.",
    )
    shifts.add_argument(
        "file", type=Path, help="CSV or ECSV: exposure, dx_arcsec, dy_arcsec [, guidestar ...]"
    )
    shifts.add_argument("--out", type=Path, metavar="FILE.ecsv", help="write the shifts to apply")
    shifts.add_argument(
        "--compare", type=Path, metavar="FILE.ecsv", help="tell how another table of shifts differs"
    )
    shifts.add_argument("--exposures", action="store_true", help="also list every exposure")
    shifts.add_argument(
        "--other-guide-stars",
        action="store_true",
        help="give a group without a believed shift the mean of those on other guide stars, if they agree",
    )
    shifts.set_defaults(command=_shifts)


def _add_serving(parser: argparse.ArgumentParser, *, preheat: bool = False) -> None:
    parser.add_argument("--dashboards", type=Path, metavar="FOLDER", help="folder of dashboard notebooks")
    add_serving_options(parser, preheat=preheat)


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers",
        type=whole_number("a number of workers", 1, 1000, 2),
        default=2,
        help="exposures at a time (default 2)",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask scheduler to use instead of a local one"
    )


def _demo(options: argparse.Namespace) -> int:
    from miri_widgets.cli.demo import run_demo

    return run_demo(options)


def _serve(options: argparse.Namespace) -> int:
    from miri_widgets.cli.demo import serve_dashboards

    return serve_dashboards(options)


def _run(options: argparse.Namespace) -> int:
    from miri_widgets.cli.headless import run_program

    return run_program(options)


def _shifts(options: argparse.Namespace) -> int:
    from miri_widgets.cli.shifts import run_shifts

    return run_shifts(options)


def _report(options: argparse.Namespace) -> int:
    from miri_widgets.cli.report import write_report

    return write_report(options)


def _composite(options: argparse.Namespace) -> int:
    from miri_widgets.cli.composite import make_composite

    return make_composite(options)


def _doctor(options: argparse.Namespace) -> int:
    from miri_widgets.cli.doctor import CheckState, examine, report

    checks = examine(port=options.port)
    print(report(checks))
    return int(any(check.state == CheckState.FAILED for check in checks))
