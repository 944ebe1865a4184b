"""Shifts of a simulated five-tile program against the pointings that were put in, and the frame that they act in."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
import warnings
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from keys import Key

__all__ = ["KEYS", "crds_cache", "measure"]

SHARED = Path(__file__).parents[3] / "shared" / "data"

KEYS = (
    Key("shifts.frame_error_mas", "mas", at_most=0.1),
    Key("shifts.sip_error_mas", "mas", at_most=0.1),
    Key("shifts.group_rms_mas", "mas", at_most=5.0),
    Key("shifts.overlap_rms_mas", "mas", at_most=5.0),
    Key("shifts.overlap_before_mas", "mas"),
    Key("shifts.transfer_rms_mas", "mas", at_most=5.0),
)

REFERENCE, OTHERS = "F560W", ("F770W", "F1500W", "F2100W")
DITHERS = 4
TRANSFER_DITHERS = 10  # of the LMC field in each filter; fewer in the reference filter, to be quick
# arcsec along RA cos(Dec) and Dec: averages by visit of the LMC field, program 1040 (measured by tweakreg and Gaia);
# used where the file with the values of single exposures is absent
MEASURED = (
    (0.106376, -0.117682),
    (0.107007, -0.131080),
    (0.101639, -0.121522),
    (0.090654, -0.121449),
    (-0.975754, 1.045650),
)
ROLL_ERROR = 0.003  # degrees, standard deviation; of tiles aligned to Gaia


def measure(shared: Path = SHARED) -> tuple[dict[str, float | None], list[str]]:
    """Return the figures, and what they mean."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="miri-astrometry-") as folder:
        warnings.simplefilter("ignore")
        frame, frame_notes = _frame()
        with crds_cache(Path(folder)):
            tiles, tile_notes = _tiles(Path(folder), _real_offsets(shared))
    return frame | tiles, frame_notes + tile_notes


def _frame() -> tuple[dict[str, float | None], list[str]]:
    """The largest errors of a shift by 1.4 arcsec at several places and rolls."""
    from jwst.tweakreg.utils import adjust_wcs

    from miri_widgets.core.registration import sky_offset
    from miri_widgets.simulation.calibrated import calibrated_program
    from miri_widgets.simulation.calibrated_files import cal_model
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift
    from miri_widgets.steps.sip_keywords import check_points, sip_error_mas

    dx, dy = MEASURED[-1]
    own, official, sip = [], [], []
    for ra, dec, pa_v3 in (
        (0.0005, 0.0, 0.0),
        (159.2, -58.6, 112.0),
        (80.5, -69.5, 231.0),
        (200.0, 85.0, 340.0),
    ):
        program = calibrated_program("sparse", dithers=1, effects=("noise",), ra=ra, dec=dec, pa_v3=pa_v3)
        with cal_model(program[0]) as model:
            before, info = model.meta.wcs, model.meta.wcsinfo
            x, y = check_points(model.data.shape)
            at = before.invert(info.ra_ref, info.dec_ref, with_bounding_box=False)
            apply_shift(model, Shift(dx, dy))
            moved = sky_offset(*_at(model.meta.wcs, *at), *_at(before, *at))
            own.append(np.abs(np.ravel(moved) - (dx, dy)).max() * 1000)
            delta = dx / 3600 / np.cos(np.deg2rad(info.dec_ref)), dy / 3600
            theirs = adjust_wcs(before, delta_ra=delta[0], delta_dec=delta[1])
            apart = sky_offset(*_at(model.meta.wcs, x, y), *_at(theirs, x, y))
            official.append(np.abs(apart).max() * 1000)
            sip.append(sip_error_mas(model))
    notes = [
        f"shifts: frame error {max(own):.1e} mas at the reference point, {max(official):.1e} mas against adjust_wcs"
        " over the whole detector; Dec 0, -59, -70 and +85"
    ]
    return {
        "shifts.frame_error_mas": float(max(own + official)),
        "shifts.sip_error_mas": float(max(sip)),
    }, notes


def _tiles(folder: Path, offsets: list[tuple[float, float]]) -> tuple[dict[str, float | None], list[str]]:
    from miri_widgets.core.shifts.solution import solve_shifts
    from miri_widgets.products.tables.reference_catalogs import ReferenceCatalog, write_reference_catalog
    from miri_widgets.simulation.calibrated_files import write_cal
    from miri_widgets.steps.measure_shifts import measure_shifts, star_positions

    program = _program(REFERENCE, offsets)
    files = [write_cal(exposure, folder) for exposure in program]
    catalog = program.catalog[program.catalog["type"] == "star"]
    rng = np.random.default_rng(40)
    listed = catalog[(catalog["flux_ujy"] > 30) & (rng.random(len(catalog)) < 0.6)]
    error = rng.normal(0, 0.001 / 3600, (2, len(listed)))
    ra = listed["ra"] + error[0] / np.cos(np.deg2rad(listed["dec"]))
    write_reference_catalog(
        ReferenceCatalog("gaia", np.array(ra), np.array(listed["dec"] + error[1]), None, 0),
        folder / "gaia.ecsv",
    )
    measured = measure_shifts(files, catalog=str(folder / "gaia.ecsv"))
    notes, results = [], {}
    for estimate in ("tweakreg", "histogram"):
        solution = solve_shifts(measured.measurements(estimate), measured.overlaps, rotation=True)
        results[estimate] = _group_errors(program, measured, solution)
        notes.append(
            f"shifts: {estimate}: group errors [mas] "
            + ", ".join(f"({east:+.2f}, {north:+.2f})" for east, north in results[estimate])
        )
    solution = solve_shifts(measured.measurements("histogram"), measured.overlaps, rotation=True)
    transfer = {
        name: _transfer(_program(name, offsets, seed, TRANSFER_DITHERS), solution, measured)
        for seed, name in enumerate(OTHERS, start=7)
    }
    positions = star_positions(files)
    before, after = (_star_to_star(files, positions, measured, one) for one in (None, solution))
    notes += [
        "shifts: pointing errors left by filter, scatter of the dithers included [mas rms over groups] "
        + ", ".join(f"{name} {value:.2f}" for name, value in transfer.items()),
        f"shifts: star to star between tiles {after[0]:.2f} mas (mean by pair of tiles), single stars {after[1]:.1f} mas",
        f"shifts: {len(files)} exposures, {len(measured.overlaps)} overlaps, {len(listed)} stars with 1 mas in the"
        f" catalogue; dithers scatter by 2 to 9 mas, tiles are turned by {ROLL_ERROR} degrees",
        *measured.notes,
    ]
    return {
        "shifts.group_rms_mas": _rms(results["histogram"]),
        "shifts.overlap_rms_mas": after[0],
        "shifts.overlap_before_mas": before[0],
        "shifts.transfer_rms_mas": max(transfer[name] for name in OTHERS),
    }, notes


def _program(
    filter_name: str, offsets: list[tuple[float, float]], seed: int | None = None, dithers: int = DITHERS
):
    """Five tiles in a crowded field with measured errors; a seed of its own for the errors of the dithers."""
    from dataclasses import replace

    from miri_widgets.simulation.calibrated import CalibratedProgram, calibrated_program
    from miri_widgets.simulation.plan import planned_exposures

    effects = ("noise", "bad_pixels", "coronagraphs", "sky_pattern", "drift", "pointing_error")
    made = calibrated_program("crowded", filter_name, dithers=dithers, tiles=len(offsets), effects=effects)
    rng = np.random.default_rng(41)
    tiles = tuple(
        replace(tile, guide_star_error=(float(dx), float(dy)), roll_error=float(rng.normal(0, ROLL_ERROR)))
        for tile, (dx, dy) in zip(made.program.tiles, offsets, strict=True)
    )
    program = made.program.replace(tiles=tiles)
    changed = CalibratedProgram(made.kind, program, made.corner, made.shape, effects, "measured", {})
    if seed is not None:
        changed.plan = planned_exposures(program.replace(seed=seed))
    return changed


def _real_offsets(shared: Path) -> list[tuple[float, float]]:
    """Median shift of each visit of the LMC field."""
    path = shared / "tables" / "measured_tweakreg_shifts.csv"
    if not path.is_file():
        return list(MEASURED)
    visits = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["field"].startswith("LMC"):
                visits[row["exposure"].partition("_")[0]].append(
                    (float(row["dx_arcsec"]), float(row["dy_arcsec"]))
                )
    return [tuple(np.median(rows, axis=0)) for _, rows in sorted(visits.items())]


def _group_errors(program, measured, solution) -> list[tuple[float, float]]:
    """Solved shift minus the mean pointing error of each group, mas."""
    errors = defaultdict(list)
    groups = {one.root: one.group for one in measured.exposures}
    for plan in program.plan:
        errors[groups[plan.name.root]].append(plan.pointing_error)
    return [
        tuple(
            (np.array([solution.shifts[group].dx, solution.shifts[group].dy]) - np.mean(rows, axis=0)) * 1000
        )
        for group, rows in sorted(errors.items())
    ]


def _shifted(model, solution, group: str) -> None:
    from miri_widgets.steps.shifted_wcs import Shift, apply_shift

    if solution is not None:
        one = solution.shifts[group]
        apply_shift(model, Shift(one.dx, one.dy, float(np.nan_to_num(one.rotation))))


def _transfer(program, solution, measured) -> float:
    """Position error over the detector that is left in another filter, averaged over each group; rms, mas."""
    from miri_widgets.core.registration import sky_offset
    from miri_widgets.simulation.calibrated_files import cal_model
    from miri_widgets.steps.sip_keywords import check_points

    groups = {one.root[:13]: one.group for one in measured.exposures}
    blank = program[0].arrays
    left = defaultdict(list)
    for index, plan in enumerate(program.plan):
        group = groups[plan.name.root[:13]]
        with cal_model(program[index], arrays=blank) as model:
            _shifted(model, solution, group)
            x, y = check_points(model.data.shape)
            error = sky_offset(*_at(model.meta.wcs, x, y), *program.skymap(index).to_sky(x, y))
            left[group].append(np.mean(error, axis=1) * 1000)
    return _rms([np.mean(rows, axis=0) for rows in left.values()])


def _star_to_star(files, positions, measured, solution) -> tuple[float, float]:
    """Rms over pairs of tiles of the mean residual of stars that both see, and rms of single stars; mas."""
    from stdatamodels.jwst import datamodels

    from miri_widgets.core.shifts.matches import match_pairs

    groups, radius = {one.root: one.group for one in measured.exposures}, 0.1 if solution else 3.0
    stars = defaultdict(list)
    for path, found in zip(sorted(files), positions, strict=True):
        with datamodels.open(path) as model:
            _shifted(model, solution, groups[found.root])
            stars[groups[found.root]].append(
                np.array(model.meta.wcs(found.x, found.y, with_bounding_box=False))
            )
    means, singles = [], []
    names = sorted(stars)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            residuals = [
                (found.dx, found.dy)
                for a in stars[first]
                for b in stars[second]
                if len(found := match_pairs(*a, *b, radius=radius)) > 10
            ]
            if residuals:
                joined = np.concatenate(residuals, axis=1) * 1000
                means.append(np.mean(joined, axis=1))
                singles.append(joined)
    every = np.concatenate(singles, axis=1)
    return _rms(means), float(np.sqrt(np.mean(every**2)))


def _rms(vectors) -> float:
    return float(np.sqrt(np.mean(np.sum(np.square(vectors), axis=1))))


def _at(wcs, x, y):
    return wcs(np.atleast_1d(x), np.atleast_1d(y), with_bounding_box=False)


@contextmanager
def crds_cache(folder: Path, filters: tuple[str, ...] = (REFERENCE,)):
    """Parameters of steps from a cache of our own; no network."""
    from miri_widgets.simulation import write_reference_cache

    cache = write_reference_cache(folder / "crds", filters=filters, subarrays=("SUB64",))
    before = dict(os.environ)
    os.environ.update(cache.environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> int:
    """Print the table; exit with 1 when a bound is missed."""
    from tables import write

    return int(bool(write("astrometry_science", KEYS, *measure())))


if __name__ == "__main__":
    raise SystemExit(main())
