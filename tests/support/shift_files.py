"""Tables of shifts with known values, and small exposures with footprints, for tests and benchmarks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from miri_widgets.core.shifts.choices import TrustedShift
from miri_widgets.core.shifts.groups import Group
from miri_widgets.core.shifts.measurements import Measurement, Overlap, Status
from miri_widgets.core.shifts.verdicts import Verdict
from miri_widgets.products.tables.exposure_shifts import ExposureShift, ExposureShifts, write_exposure_shifts
from miri_widgets.products.tables.shift_tables import ShiftTable, write_shift_table

RA, DEC = 80.5, -69.5
FIELD = (112.0, 74.0)
"""Width and height of the imager, arcsec."""
TRUE = ((0.02, -0.01), (1.4, -0.3), (-0.25, 0.4), (0.1, 0.12), (0.0, -0.6))
"""Shift of each group, arcsec."""


@dataclass(frozen=True)
class ShiftFiles:
    """What was written."""

    table: Path
    measured: Path
    exposures: tuple[Path, ...]
    report: dict[str, Any]


def root_of(tile: int, number: int) -> str:
    """Name of an exposure of a tile."""
    return f"jw09999{tile:03d}001_02101_{number:05d}_mirimage"


def number_of(root: str) -> int:
    """Number of an exposure."""
    return int(root.split("_")[2])


def corners_of(tile: int, number: int) -> list[tuple[float, float]]:
    """Corners of an exposure: tiles go east, dithers by some arcsec."""
    east, north = 95.0 * (tile - 1) + 3 * math.cos(number), 4 * math.sin(2 * number)
    box = [(-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5)]
    wide = 3600 * math.cos(math.radians(DEC))
    return [(RA + (east + x * FIELD[0]) / wide, DEC + (north + y * FIELD[1]) / 3600) for x, y in box]


def write_cal(folder: Path, tile: int, number: int, filter_name: str = "F560W") -> Path:
    """Write a small calibrated exposure with a footprint."""
    primary = fits.PrimaryHDU()
    cards = {
        "TELESCOP": "JWST", "INSTRUME": "MIRI", "EXP_TYPE": "MIR_IMAGE", "DETECTOR": "MIRIMAGE",
        "FILTER": filter_name, "EXPSTART": 60000 + tile * 0.1 + number * 0.005, "GS_ID": f"S1AB{tile:06d}",
    }  # fmt: skip
    primary.header.update(cards)
    sci = fits.ImageHDU(np.zeros((8, 8), np.float32), name="SCI")
    numbers = " ".join(f"{value:.8f}" for corner in corners_of(tile, number) for value in corner)
    sci.header["S_REGION"] = f"POLYGON ICRS  {numbers}"
    path = folder / f"{root_of(tile, number)}_cal.fits"
    fits.HDUList([primary, sci]).writeto(path, overwrite=True)
    return path


def trusted(
    tile: int, each: int, verdict: Verdict = Verdict.PASS, source: str = "measured", first: int = 1
) -> TrustedShift:
    """The shift of a group, whose exposures are numbered from `first`."""
    star = f"S1AB{tile:06d}"
    numbers = range(first, first + each)
    group = Group(
        f"jw09999{tile:03d}001:{star}", tuple(root_of(tile, n) for n in numbers), "09999", f"{tile:03d}",
        "001",
        star, tuple(60000 + tile * 0.1 + n * 0.005 for n in numbers),
    )  # fmt: skip
    dx, dy = TRUE[(tile - 1) % len(TRUE)]
    return TrustedShift(
        group, "F560W", dx, dy, 0.0011, 0.0012, 0.0, 0.0, each, each, verdict,
        f"{each} of {each} exposures agree",
        source,
    )  # fmt: skip


def measured_exposure(one: TrustedShift, place: int, *, relative: bool = False) -> ExposureShift:
    """A measurement, off its group by 2 mas this way and that; relative ones by half an arcsec besides."""
    zero = 0.5 if relative else 0.0
    step = 0.002 * (-1) ** place
    root = one.group.roots[place]
    values = (root, one.group.name, one.dx + step + zero, one.dy - step + zero)
    return ExposureShift(
        Measurement(*values, 0.003, 40, 0.02, relative=relative),
        Measurement(*values, 0.003, 38, 0.02, relative=relative, significance=20.0 + place),
        stars=60,
        used=39,
        cal_step="COMPLETE",
    )


def fallback(one: TrustedShift, place: int) -> ExposureShift:
    """An exposure that carries only the shift of the run."""
    part = Measurement(one.group.roots[place], one.group.name, 0.9, 0.9, status=Status.SHARED)
    return ExposureShift(
        part, Measurement(part.root, part.group, math.nan, math.nan, status=Status.FAILED), 3
    )


def report_of(shifts: tuple[TrustedShift, ...]) -> dict[str, Any]:
    """The part of a step's report that is not in the files."""
    edges = np.linspace(-3, 3, 41)
    histograms, rows = {}, []
    for one in shifts:
        counts = np.ones((40, 40))
        counts[np.searchsorted(edges, one.dy) - 1, np.searchsorted(edges, one.dx) - 1] = 60
        histograms[one.group.name] = {
            "of": [one.group.roots[0], "gaia.ecsv"], "dx": one.dx, "dy": one.dy, "significance": 22.5,
            "counts": counts.tolist(), "edges": edges.tolist(),
        }  # fmt: skip
        tile = int(one.group.observation)
        for root in one.group.roots:
            ra, dec = np.mean(corners_of(tile, number_of(root)), axis=0)
            for star in range(5):
                values = (100.0 * star, 50.0 + star, ra + 0.01 * (star - 2), dec + 0.003 * (star - 2))
                rows.append((root, "", *map(float, values), one.dx, one.dy, 0.003, -0.002))
    names = ("root", "other", "x", "y", "ra", "dec", "dx_before", "dy_before", "dx", "dy")
    return {
        "histograms": histograms,
        "matches": {name: [row[place] for row in rows] for place, name in enumerate(names)},
    }


def write_shift_files(
    folder: Path,
    shifts: tuple[TrustedShift, ...] | None = None,
    *,
    groups: int = 5,
    each: int = 9,
    relative: bool = False,
    shared: int = 0,
    name: str = "jw09999",
    notes: tuple[str, ...] = (),
) -> ShiftFiles:
    """
    Write the two tables and the exposures.

    Parameters
    ----------
    folder : Path
        Where to.
    shifts : tuple of TrustedShift, optional
        The groups; by default `groups` that all pass, of `each` exposures.
    relative : bool
        Whether the measurements share an unknown zero point.
    shared : int
        So many exposures of the last group carry only the common shift of the run.
    """
    shifts = shifts or tuple(trusted(tile, each) for tile in range(1, groups + 1))
    measured = [
        fallback(one, place)
        if one is shifts[-1] and place < shared
        else measured_exposure(one, place, relative=relative)
        for one in shifts
        for place in range(len(one.group))
    ]
    overlaps = tuple(
        Overlap(a.group.roots[0], b.group.roots[0], a.dx - b.dx + 0.004, a.dy - b.dy - 0.003, 0.002, 12)
        for a, b in pairwise(shifts)
    )
    table, beside = folder / f"{name}_shifts.ecsv", folder / f"{name}_shifts_measured.ecsv"
    catalog = "" if relative else "gaia.ecsv"
    write_shift_table(ShiftTable(shifts, "09999", catalog, "a test", {}, notes), table)
    write_exposure_shifts(ExposureShifts("F560W", catalog, "", tuple(measured), overlaps), beside)
    exposures = tuple(
        write_cal(folder, int(one.group.observation), number_of(root))
        for one in shifts
        for root in one.group.roots
    )
    return ShiftFiles(table, beside, exposures, report_of(shifts))


def finish_stage(session: Any, name: str, products: tuple[Path, ...], report: dict[str, Any]) -> None:
    """End the run of a stage of the whole program well, with products and a report."""
    from miri_widgets.run.records import Record, write_record

    plan = next(one for one in session.plans if one.stage == name)
    folder = session.services.engine.workspace.run_folder(name, plan.key)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for path in products:
        (folder / path.name).write_bytes(path.read_bytes())
        sizes[path.name] = path.stat().st_size
    write_record(folder, Record(plan.key, name, plan.label, products=sizes, facts={"report": report}))
    session.touch()
    session.poll()


def field_session(
    fakes: Any, folder: Path, *, tiles: int = 5, each: int = 9, stages: tuple[str, ...] = ("shifts",)
) -> Any:
    """A session with one tile per guide star, whose exposures are calibrated."""
    from miri_widgets.models.session import SessionModel
    from miri_widgets.products.program import Program
    from miri_widgets.run.records import read_record, write_record
    from miri_widgets.settings import Kind, Parameter

    raw = folder / "uncal"
    raw.mkdir(parents=True)
    for tile in range(1, tiles + 1):
        for number in range((tile - 1) * each + 1, tile * each + 1):
            fakes.write_uncal(raw, number, tile=tile, filter_name="F560W", GS_ID=f"S1AB{tile:06d}")
    own = {
        "regroup": Parameter("regroup", Kind.LIST, ()),
        "reference_filter": Parameter("reference_filter", Kind.STRING, ""),
        "shift_table": Parameter("shift_table", Kind.STRING, ""),
        "tightest": Parameter("tightest", Kind.BOOLEAN, False),
        "rotation": Parameter("rotation", Kind.FLOAT, 0.0, low=-360, high=360),
        "pixel_scale": Parameter("pixel_scale", Kind.FLOAT, 0.11, low=0.01, high=5.0),
        "margin": Parameter("margin", Kind.INTEGER, 20, low=0, high=10000),
        "centre": Parameter("centre", Kind.FLOAT_LIST, None, optional=True, minimum_items=2, maximum_items=2),
        "size": Parameter("size", Kind.INTEGER_LIST, None, optional=True, minimum_items=2, maximum_items=2),
    }

    def declared(stage: str) -> tuple[Parameter, ...]:
        return tuple(own.get(one.name, one) for one in fakes.declared(stage))

    program = Program(
        name="field", folders=(raw,), workspace=folder / "workspace", title="Field", program="09999"
    )
    session = SessionModel(program, fakes.fake_services(program, declare=declared))
    session.poll()
    for name in stages:
        session.use_stage(name)
    session.poll()
    session.run("detector1", "image2")
    session.services.engine.finish()
    for plan in session.plans:  # the fake engine's products have no footprint
        if plan.stage == "image2":
            folder = session.services.engine.workspace.run_folder("image2", plan.key)
            path = write_cal(folder, int(plan.label[7:10]), number_of(plan.label))
            record = read_record(folder)
            sizes = {**record.products, path.name: path.stat().st_size}
            write_record(folder, replace(record, products=sizes))
    session.touch()
    session.poll()
    return session
