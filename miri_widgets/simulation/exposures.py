"""Write the raw exposures and the truth of a simulated program."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from miri_widgets.products.atomic import new_file, os_errors_as_ours
from miri_widgets.simulation.headers import apply_header, exposure_header
from miri_widgets.simulation.plan import PlannedExposure, duration_seconds, planned_exposures
from miri_widgets.simulation.program import SimulatedProgram
from miri_widgets.simulation.ramp_artefacts import level_factor, ramp_artefacts
from miri_widgets.simulation.ramps import Ramps, expose
from miri_widgets.simulation.scene import Scene, build_catalog, render
from miri_widgets.simulation.truth import ExposureTruth, write_artefacts, write_table, write_truth

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["Simulated", "save_model", "simulate"]

# Starting a process (importing the data models) costs about as much as this many pixels read: ten seconds.
_PIXELS_WORTH_A_PROCESS = 60_000_000


@dataclass(frozen=True)
class Simulated:
    """
    What `simulate` wrote.

    Attributes
    ----------
    uncal : tuple of Path
        Raw exposures, in time order.
    truth : Path
        Truth file; read it with `load_truth`.
    catalog : Path
        Catalogue of the field, ECSV.
    program : SimulatedProgram
        The program.
    """

    uncal: tuple[Path, ...]
    truth: Path
    catalog: Path
    program: SimulatedProgram


def simulate(
    program: SimulatedProgram,
    folder: Path,
    *,
    processes: int = 2,
    progress: Callable[[int, int, str], None] | None = None,
    save_rates: bool = False,
) -> Simulated:
    """
    Write the raw exposures of a program and their truth.

    Parameters
    ----------
    program : SimulatedProgram
        What to simulate. Equal programs give equal pixels, whatever the number of processes.
    folder : Path
        Gets ``uncal/`` and ``truth/``. Files of the same names are replaced, each at once.
    processes : int
        Processes at the same time; small programs run in this one.
    progress : callable, optional
        Called as ``progress(done, total, file name)`` in this process.
    save_rates : bool
        Also write the noiseless rate of each exposure beside the truth.

    Raises
    ------
    NotWritableError, DiskFullError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    catalog = build_catalog(program)
    exposures = planned_exposures(program)
    jobs = [(program, exposure, catalog, folder, save_rates) for exposure in exposures]
    truths: dict[int, ExposureTruth] = {}
    for index, truth in _run(jobs, _useful_processes(program, processes, len(jobs))):
        truths[index] = truth
        if progress is not None:
            progress(len(truths), len(jobs), truth.filename)
    path = folder / "truth" / "truth.json"
    write_truth(path, program.to_dict(), catalog, tuple(truths[index] for index in sorted(truths)))
    uncal = tuple(folder / "uncal" / exposure.name.filename for exposure in exposures)
    return Simulated(uncal, path, path.parent / "catalog.ecsv", program)


_Job = tuple[SimulatedProgram, PlannedExposure, "Table", Path, bool]


def _run(jobs: list[_Job], processes: int) -> Iterator[tuple[int, ExposureTruth]]:
    if processes <= 1:
        for job in jobs:
            yield job[1].index, _simulate_exposure(job)
        return
    # spawn: forking a process that has threads (a notebook kernel, a dask worker) may hang the child
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(_simulate_exposure, job): job[1].index for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _useful_processes(program: SimulatedProgram, processes: int, jobs: int) -> int:
    if multiprocessing.current_process().daemon:
        return 1  # a daemon may not have children
    reads = max(setup.nints * setup.ngroups for setup in map(program.setup, program.filters))
    pixels = jobs * reads * int(np.prod(program.window.shape))
    return max(1, min(processes, jobs, pixels // _PIXELS_WORTH_A_PROCESS))


def _simulate_exposure(job: _Job) -> ExposureTruth:
    program, exposure, catalog, folder, save_rates = job
    factor = level_factor(program, exposure) * program.sky_factor(exposure.tile, exposure.filter)
    setup = program.setup(exposure.filter)
    scene = render(program, catalog, exposure.filter, exposure.true, sky_factor=factor)
    rng = np.random.default_rng([program.seed, 4, exposure.index])
    left = ramp_artefacts(program, exposure, catalog, scene)
    ramps = expose(scene.rate, program.window, setup.ngroups, setup.nints, program.effects, rng, left)
    _write_uncal(folder / "uncal" / exposure.name.filename, ramps, program, exposure)
    root, truth = exposure.name.root, folder / "truth"
    write_table(_sources(catalog, scene, exposure.filter, program), truth / f"{root}_sources.ecsv")
    if left is not None:
        write_artefacts(truth / f"{root}_artefacts.fits", left, duration_seconds(program, exposure.filter))
    if save_rates:
        _write_rate(truth / f"{root}_truerate.fits", scene)
    return ExposureTruth(
        filename=exposure.name.filename,
        filter=exposure.filter,
        visit=exposure.name.program + exposure.name.observation + exposure.name.visit,
        guide_star=exposure.tile.guide_star,
        pointing_error=exposure.pointing_error,
        guide_star_error=exposure.tile.guide_star_error if program.effects.pointing_error else (0.0, 0.0),
        roll_error=exposure.true.roll - exposure.planned.roll,
        velocity_aberration=exposure.planned.scale,
        sky=scene.sky,
        cosmic_ray_pixels=int(ramps.hits.sum()),
        saturated_pixels=ramps.saturated,
        sources=f"{root}_sources.ecsv",
        rate=f"{root}_truerate.fits" if save_rates else "",
        sky_factor=factor,
        showers=() if left is None else left.showers,
        artefacts="" if left is None else f"{root}_artefacts.fits",
    )


def _sources(catalog: Table, scene: Scene, filter_name: str, program: SimulatedProgram) -> Table:
    from astropy.table import Table

    ny, nx = program.window.shape
    seen = (scene.x > -0.5) & (scene.x < nx - 0.5) & (scene.y > -0.5) & (scene.y < ny - 0.5)
    table = Table({"id": catalog["id"][seen], "x": scene.x[seen], "y": scene.y[seen]})
    table["flux_ujy"] = catalog[f"flux_{filter_name}"][seen]
    table["type"], table["isolated"] = catalog["type"][seen], catalog["isolated"][seen]
    return table


def _write_uncal(path: Path, ramps: Ramps, program: SimulatedProgram, exposure: PlannedExposure) -> None:
    from stdatamodels.jwst.datamodels import Level1bModel

    with Level1bModel(data=ramps.data) as model:
        model.refout = ramps.reference_output
        apply_header(model, exposure_header(program, exposure))
        save_model(model, path)


def save_model(model: Any, path: Path) -> None:
    """
    Save a data model atomically, under its own name: a data model writes the name of its file into its header.

    Parameters
    ----------
    model : object
        The data model.
    path : Path
        Where to write.
    """
    with os_errors_as_ours(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=path.parent) as staging:
            model.save(str(Path(staging) / path.name))
            with new_file(path) as temporary:
                os.replace(Path(staging) / path.name, temporary)


def _write_rate(path: Path, scene: Scene) -> None:
    from astropy.io import fits

    hdu = fits.PrimaryHDU(scene.rate)
    hdu.header["BUNIT"] = "DN/s"
    with new_file(path) as temporary:
        hdu.writeto(temporary, overwrite=True)
