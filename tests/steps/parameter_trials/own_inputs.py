"""Small exposures, tables and regions on which the parameters of our stages are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["FILES", "INPUTS"]

ROOT = "jw01041001001_02101_00001_mirimage"
SHAPE = (96, 160)
CORNER = (261, 801)
"""(x, y) of the first pixel, from 1: columns of the Lyot coronagraph on the left, of the imager on the right."""
FIELD: dict[str, Any] = {"shape": (200, 200), "dithers": 2, "tiles": 3}


def raw_exposures(folder: Path) -> list[Path]:
    """Two raw exposures in SUB64; the first has pixels that saturate at once, and others that do later."""
    from astropy.io import fits

    from miri_widgets.simulation import PROGRAMS, simulate

    files = list(simulate(PROGRAMS["sub64"].replace(ngroups=8, nints=1), folder / "raw", processes=1).uncal)
    with fits.open(files[0], mode="update") as hdus:
        hdus["SCI"].data[:, :, 20:23, 30:33] = 65000
        hdus["SCI"].data[:, 5:, 40:43, 30:33] = 65000
    return files


def ramp(folder: Path) -> list[Path]:
    """One ramp after the first steps, with pixels that saturate in their second group."""
    from jwst.dq_init import DQInitStep
    from jwst.saturation import SaturationStep
    from stdatamodels.jwst import datamodels

    source = raw_exposures(folder)[1]
    with datamodels.RampModel(str(source)) as raw:
        made = SaturationStep.call(DQInitStep.call(raw, configure_log=False), configure_log=False)
        made.groupdq[:, 1:, 50:55, 40:45] |= np.uint8(2)
        made.meta.cal_step.jump = "COMPLETE"
        made.save(str(folder / source.name.replace("_uncal", "_ramp")))
    return [folder / source.name.replace("_uncal", "_ramp")]


def _cube(seed: int) -> tuple[np.ndarray, ...]:
    """Three integrations with stripes, a wide gradient and a star; the variances of two kinds."""
    rng = np.random.default_rng(seed)
    ny, nx = SHAPE
    y, x = np.mgrid[:ny, :nx]
    stripes = rng.normal(0, 0.5, (3, 1, nx)) + rng.normal(0, 0.5, (3, ny, 1))
    sky = 20 + 3 * np.sin(x / 18) + 2 * np.cos(y / 15) + 60 * np.exp(-((x - 130) ** 2 + (y - 50) ** 2) / 18)
    err = np.broadcast_to(np.array([0.4, 0.4, 0.8])[:, None, None], (3, ny, nx))
    poisson = 0.5 * err**2 * (1 + (x % 7) / 7)
    sci = sky + stripes + rng.normal(0, 1, err.shape) * err
    dq = np.zeros(sci.shape, np.uint32)
    dq[1, 40:60] = 1
    return sci.astype("f4"), err.astype("f4"), dq, poisson.astype("f4"), (err**2 - poisson).astype("f4")


def _write_cube(path: Path, seed: int) -> None:
    from stdatamodels.jwst import datamodels

    sci, err, dq, poisson, rnoise = _cube(seed)
    cube = datamodels.CubeModel(data=sci, err=err, dq=dq, var_poisson=poisson, var_rnoise=rnoise)
    _describe(cube, path)


def _describe(model: Any, path: Path) -> None:
    model.meta.filename, model.meta.telescope, model.meta.bunit_data = path.name, "JWST", "DN/s"
    model.meta.instrument.name, model.meta.instrument.detector = "MIRI", "MIRIMAGE"
    model.meta.instrument.filter, model.meta.exposure.type = "F560W", "MIR_IMAGE"
    model.meta.subarray.name = "SUB256"
    model.meta.subarray.xstart, model.meta.subarray.ystart = CORNER
    model.save(path)


def rate(folder: Path) -> list[Path]:
    """A rate, and its integrations beside it; at some pixels the rate is off by a part of its error."""
    from stdatamodels.jwst import datamodels

    sci, _, dq, poisson, rnoise = _cube(3)
    # the weights of the fit: the noise of the readout
    weight = np.where(dq == 0, 1 / rnoise, 0)
    mean = (weight * sci).sum(axis=0) / weight.sum(axis=0)
    parts = [(weight**2 * part).sum(axis=0) / weight.sum(axis=0) ** 2 for part in (poisson, rnoise)]
    mean[::9, ::7] += 0.3 * np.sqrt(sum(parts))[::9, ::7]
    model = datamodels.ImageModel(
        data=mean.astype("f4"),
        err=np.sqrt(sum(parts)).astype("f4"),
        dq=np.zeros(SHAPE, np.uint32),
        var_poisson=parts[0].astype("f4"),
        var_rnoise=parts[1].astype("f4"),
    )
    _describe(model, folder / f"{ROOT}_rate.fits")
    _write_cube(folder / f"{ROOT}_rateints.fits", 3)
    return [folder / f"{ROOT}_rate.fits"]


def calibrated(folder: Path) -> list[Path]:
    """Three tiles of a crowded field in two filters; the third shows noise alone."""
    from astropy.table import Table

    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal

    files, rng = [], np.random.default_rng(5)
    for number, name in enumerate(("F560W", "F770W")):
        program = calibrated_program("crowded", name, effects=("noise", "pointing_error"), **FIELD)
        program.plan = tuple(
            replace(one, name=replace(one.name, activity=f"{2 * number + 1:02d}")) for one in program.plan
        )
        last = program.plan[-1].name.root[:13]
        for exposure in program:
            planes = exposure.arrays
            if exposure.plan.name.root.startswith(last):
                level = float(np.median(planes.sci))
                planes = replace(planes, sci=rng.normal(level, 0.02 * level, planes.shape).astype("f4"))
            files.append(write_cal(exposure, folder, arrays=planes))
    stars = program.catalog[(program.catalog["type"] == "star") & (program.catalog["flux_ujy"] > 10)]
    moving = {"pmra": np.full(len(stars), 20.0), "pmdec": np.full(len(stars), -20.0)}
    Table({"ra": stars["ra"], "dec": stars["dec"]}).write(folder / "stars.csv")
    Table({"ra": stars["ra"], "dec": stars["dec"], **moving}).write(folder / "moving.csv")
    return files


def shifted(folder: Path) -> list[Path]:
    """One calibrated exposure that was shifted before."""
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps.apply_shift import ApplyShiftStep

    program = calibrated_program("sparse", "F560W", dithers=1, shape=(120, 160), effects=("noise",))
    path = write_cal(program[0], folder / "before")
    ApplyShiftStep(dx=0.4, dy=0.1, save_results=True, output_dir=str(folder)).run(str(path))
    return [folder / path.name]


INPUTS: dict[str, tuple[Callable[[Path], list[Path]], Callable[[list[Path]], list[Path]]]] = {
    "persistence": (raw_exposures, lambda files: files),
    "showers": (ramp, lambda files: files),
    "rates": (rate, lambda files: files),
    "rate_stripes": (rate, lambda files: files),
    "grid": (calibrated, lambda files: files[:4]),
    "shifts": (calibrated, lambda files: files),
    "apply_shift": (shifted, lambda files: files),
}
"""By stage: what makes its exposures, and which of them go in."""


# -- files that parameters name -----------------------------------------------


def _pixels(path: Path, source: list[Path]) -> None:
    from astropy.io import fits

    header = fits.getheader(source[0])
    x, y = header["SUBSTRT1"] + 30, header["SUBSTRT2"] + 25
    path.write_text(f"x y\n{x} {y}\n{x + 1} {y}\n")


def _mask(path: Path, source: list[Path]) -> None:
    from astropy.io import fits

    header = fits.getheader(source[0])
    x, y = header["SUBSTRT1"] + 30, header["SUBSTRT2"] + 25
    image = np.zeros((1024, 1032), np.uint8)
    image[y : y + 3, x : x + 3] = 1
    fits.PrimaryHDU(image).writeto(path)


def _drawn(path: Path, source: list[Path]) -> None:
    from miri_widgets.core.regions import Region
    from miri_widgets.products.tables.region_files import write_regions

    write_regions(path, [Region("circle", ((35.0, 30.0),), (12.0,), text="int=1 group=4")])


def _integrations(path: Path, source: list[Path]) -> None:
    _write_cube(path, 8)


def _catalog(path: Path, source: list[Path]) -> None:
    path.write_bytes((source[0].parent / path.name).read_bytes())


def _table(path: Path, source: list[Path]) -> None:
    from miri_widgets.core.shifts.choices import TrustedShift
    from miri_widgets.core.shifts.groups import group_exposures
    from miri_widgets.core.shifts.verdicts import Verdict
    from miri_widgets.products.exposure_headers import read_exposure
    from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table

    (group,) = group_exposures([read_exposure(source[0], suffix="cal")])
    row = TrustedShift(group, "F560W", -0.3, 0.7, 0.001, 0.001, 0.0, 0.0, 1, 1, Verdict.PASS, "")
    write_shift_table(ShiftTable((row,)), path)


FILES: dict[str, Callable[[Path, list[Path]], None]] = {
    "pixels.txt": _pixels,
    "mask.fits": _mask,
    "drawn.reg": _drawn,
    "other_rateints.fits": _integrations,
    "stars.csv": _catalog,
    "moving.csv": _catalog,
    "shifts.ecsv": _table,
}
