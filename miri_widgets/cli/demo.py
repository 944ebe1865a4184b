"""The demo: simulate once, start the reduction, serve the dashboards."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

from miri_widgets.cli.dashboard_folder import dashboards_folder
from miri_widgets.cli.headless import wait_for_job
from miri_widgets.errors import InputError
from miri_widgets.products.program import Program, as_simulated, load_program
from miri_widgets.run.reduction import Reduction
from miri_widgets.serve.launcher import serve
from miri_widgets.serve.options import serving_options
from miri_widgets.simulation.observed import FULL
from miri_widgets.simulation.programs import PROGRAMS
from miri_widgets.simulation.twins import ensure_twin

__all__ = ["run_demo", "serve_dashboards", "twin_program"]


def run_demo(options: argparse.Namespace) -> int:
    """
    Simulate, submit and then either serve or wait for the mosaic.

    Parameters
    ----------
    options : Namespace
        Parsed options of ``miri-widgets demo``.

    Returns
    -------
    int
        Exit status: 0 if every run succeeded.
    """
    start = time.monotonic()

    def print_line(line: str) -> None:
        print(f"[{time.monotonic() - start:5.0f} s] {line}", flush=True)

    if options.full:
        os.environ["MIRI_WIDGETS_TWINS"] = "full"  # for the kernels of the pages, too
    program = twin_program(options.program, dashboards_folder(options.dashboards), full=options.full)
    twin = ensure_twin(program.simulated, processes=options.workers, notify=print_line)
    print_line(f"{len(twin.uncal)} simulated exposures in {twin.folder / 'uncal'}")
    reduction = Reduction(program, workers=options.workers, scheduler=options.scheduler)
    job = reduction.submit()
    if job:
        print_line(f"reduction started as job {job}; products go to {program.workspace}")
    if not options.no_serve:
        return serve_dashboards(options, page=f"{options.program}.ipynb")
    succeeded = wait_for_job(reduction, job, print_line)
    print(reduction.summary().text())
    return int(not succeeded)


def twin_program(name: str, dashboards: Path, *, full: bool = False) -> Program:
    """
    Return the program of a simulated twin.

    Its TOML file in the dashboards folder is used if it exists; the twin
    replaces real exposures, if there are any.

    Parameters
    ----------
    name : str
        A simulated program.
    dashboards : Path
        Folder of dashboard notebooks.
    full : bool
        Whether to take the full twin of an observed program.

    Returns
    -------
    Program
        The program, with the simulated exposures as its data.

    Raises
    ------
    InputError
        If the program has no full twin.
    """
    path = dashboards / f"{name}.toml"
    if path.is_file():
        program = load_program(path)
        if program.twin:
            return as_simulated(program, program.twin + FULL * full)
        if not full:
            return program
    if full:
        raise InputError(
            f"no full twin of {name[:60]!r}",
            "one of "
            + ", ".join(sorted(known.removesuffix(FULL) for known in PROGRAMS if known.endswith(FULL))),
            "choose one of them, or leave --full out",
        )
    program = load_program(dashboards / "demo.toml")
    twin = program.workspace.parent.parent / name
    return replace(
        program,
        name=name,
        title=f"Simulated program {name}",
        simulated=name,
        folders=(twin / "uncal",),
        workspace=twin / "workspace",
    )


def serve_dashboards(options: argparse.Namespace, *, page: str = "") -> int:
    """
    Serve the dashboards until interrupted.

    Parameters
    ----------
    options : Namespace
        Parsed options of ``demo`` or ``serve``.
    page : str
        Notebook whose address is printed, if the folder has it.

    Returns
    -------
    int
        Exit status, 0.
    """
    folder = dashboards_folder(options.dashboards)
    print(f"Serving the dashboards of {folder}; Ctrl-C stops serving, jobs go on.", flush=True)
    serve(folder, page=page if (folder / page).is_file() else "", **serving_options(options))
    return 0
